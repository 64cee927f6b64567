import { Component, onWillStart, onWillUpdateProps, useEffect, useRef, useState } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { cookie } from "@web/core/browser/cookie";
import { getCustomColor } from "@web/core/colors/colors";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { formatFloat } from "@web/core/utils/numbers";
import { useService } from "@web/core/utils/hooks";
import { formatDateTime, formatMonetary } from "@web/views/fields/formatters";

const { DateTime } = luxon;

const FIELDS = [
    "currency_id",
    "date",
    "expected_revenue",
    "is_open",
    "probability",
    "prorated_revenue",
    "stage_id",
    "user_id",
    "won_status",
];
/** More changes than a chart of this size can show: the newest ones are drawn. */
const LIMIT = 500;
/** Room that a date below the chart needs. */
const TICK_WIDTH = 110;

const colorScheme = cookie.get("color_scheme");
const COLORS = {
    value: getCustomColor(colorScheme, "#1d6fb8", "#4ea7f2"),
    probability: getCustomColor(colorScheme, "#c0620c", "#f4a261"),
    text: getCustomColor(colorScheme, "#111827", "#E4E4E4"),
    grid: getCustomColor(colorScheme, "rgba(0,0,0,.1)", "rgba(255,255,255,.15)"),
};

/**
 * A lead's value and probability over time, as steps: they hold until the next change. Reads
 * all changes itself, since the list under it has them by pages.
 */
export class LeadHistoryChart extends Component {
    static template = "lead_management.LeadHistoryChart";
    static props = {
        leadId: Number,
        // changes with the rows of the lead's history
        revision: String,
        statuses: Object,
    };

    setup() {
        this.orm = useService("orm");
        this.canvasRef = useRef("canvas");
        this.state = useState({ rows: [] });
        onWillStart(() => Promise.all([loadBundle("web.chartjs_lib"), this.load(this.props)]));
        onWillUpdateProps(async (nextProps) => {
            if (
                nextProps.leadId !== this.props.leadId ||
                nextProps.revision !== this.props.revision
            ) {
                await this.load(nextProps);
            }
        });
        useEffect(
            (canvas, rows) => {
                if (!canvas) {
                    return;
                }
                const chart = new Chart(canvas, this.getConfig(rows));
                return () => chart.destroy();
            },
            () => [this.canvasRef.el, this.state.rows]
        );
    }

    async load({ leadId }) {
        const rows = await this.orm.searchRead(
            "crm.lead.history",
            [["lead_id", "=", leadId]],
            FIELDS,
            { limit: LIMIT, order: "date desc, id desc" }
        );
        this.state.rows = rows.reverse();
    }

    /** What the picture says, for those who cannot see it. */
    get description() {
        const { rows } = this.state;
        if (!rows.length) {
            return "";
        }
        return _t("Value from %(first)s to %(last)s, probability from %(from)s to %(to)s", {
            first: this.formatValue(rows[0].expected_revenue),
            last: this.formatValue(rows.at(-1).expected_revenue),
            from: this.formatPercent(rows[0].probability),
            to: this.formatPercent(rows.at(-1).probability),
        });
    }

    formatValue(value, options = {}) {
        const currencyId = this.state.rows[0]?.currency_id?.[0];
        return formatMonetary(value, { currencyId, ...options });
    }

    formatTime(date) {
        return formatDateTime(deserializeDateTime(date), { showSeconds: false });
    }

    formatPercent(value) {
        const probability = formatFloat(value, { digits: [16, 2], trailingZeros: false });
        return _t("%(probability)s %", { probability });
    }

    getConfig(rows) {
        const times = rows.map((row) => deserializeDateTime(row.date).toMillis());
        const last = rows.at(-1);
        const getPoints = (name) => {
            const points = rows.map((row, index) => ({ x: times[index], y: row[name] }));
            if (last?.is_open) {
                // what holds now; no change, so no mark
                points.push({ x: Math.max(DateTime.now().toMillis(), times.at(-1)), y: last[name] });
            }
            return points;
        };
        const marks = { pointRadius: [...rows.map(() => 4), 0], pointHoverRadius: 6 };
        return {
            type: "line",
            data: {
                datasets: [
                    {
                        label: _t("Value"),
                        data: getPoints("expected_revenue"),
                        yAxisID: "value",
                        borderColor: COLORS.value,
                        backgroundColor: COLORS.value,
                        borderWidth: 2,
                        stepped: true,
                        ...marks,
                    },
                    {
                        label: _t("Probability (%)"),
                        data: getPoints("probability"),
                        yAxisID: "probability",
                        borderColor: COLORS.probability,
                        backgroundColor: COLORS.probability,
                        borderDash: [5, 3],
                        borderWidth: 2,
                        pointStyle: "rectRot",
                        stepped: true,
                        ...marks,
                    },
                ],
            },
            options: this.getOptions(rows),
        };
    }

    getOptions(rows) {
        return {
            animation: false,
            maintainAspectRatio: false,
            interaction: { mode: "index", intersect: false },
            scales: this.getScales(),
            plugins: {
                legend: {
                    align: "end",
                    labels: { color: COLORS.text, usePointStyle: true, boxHeight: 7 },
                },
                tooltip: {
                    filter: ({ dataIndex }) => dataIndex < rows.length,
                    callbacks: {
                        title: ([item]) =>
                            item ? this.formatTime(rows[item.dataIndex].date) : "",
                        label: ({ dataset, parsed }) =>
                            dataset.yAxisID === "value"
                                ? ` ${this.formatValue(parsed.y)}`
                                : ` ${this.formatPercent(parsed.y)}`,
                        afterBody: ([item]) => (item ? this.getDetails(rows[item.dataIndex]) : []),
                    },
                },
            },
        };
    }

    getScales() {
        const axis = (position, format, options = {}) => ({
            position,
            beginAtZero: true,
            border: { display: false },
            grid: { color: COLORS.grid, drawOnChartArea: position === "left" },
            ticks: { color: COLORS.text, maxTicksLimit: 5, callback: format },
            ...options,
        });
        return {
            x: {
                type: "time",
                border: { display: false },
                grid: { display: false },
                ticks: {
                    color: COLORS.text,
                    maxRotation: 0,
                    maxTicksLimit: ({ chart }) => Math.max(2, Math.floor(chart.width / TICK_WIDTH)),
                },
            },
            value: axis("left", (value) =>
                this.formatValue(value, { humanReadable: true, digits: [16, value % 1000 ? 1 : 0] })
            ),
            probability: axis("right", (value) => this.formatPercent(value), { min: 0, max: 100 }),
        };
    }

    /** Lines of the tooltip under the figures: phase, status, who changed it. */
    getDetails({ stage_id, won_status, user_id }) {
        return [
            stage_id && stage_id[1],
            this.props.statuses[won_status],
            user_id && user_id[1],
        ].filter(Boolean);
    }
}
