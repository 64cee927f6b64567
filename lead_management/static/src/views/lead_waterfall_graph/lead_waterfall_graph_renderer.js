import { cookie } from "@web/core/browser/cookie";
import { getCustomColor } from "@web/core/colors/colors";
import { _t } from "@web/core/l10n/translation";
import { formatMonetary } from "@web/views/fields/formatters";
import { GraphRenderer } from "@web/views/graph/graph_renderer";
import { wrapLabel } from "./lead_waterfall";
import { waterfallPlugin } from "./lead_waterfall_plugin";

const colorScheme = cookie.get("color_scheme");
const COLORS = {
    total: getCustomColor(colorScheme, "#6c757d", "#9aa0ac"),
    increase: getCustomColor(colorScheme, "#1e8e4e", "#3fb874"),
    decrease: getCustomColor(colorScheme, "#d0384a", "#f0707e"),
    text: getCustomColor(colorScheme, "#111827", "#E4E4E4"),
    line: getCustomColor(colorScheme, "rgba(0,0,0,.45)", "rgba(255,255,255,.5)"),
};
/** Bars narrower than this lie on their side: their labels would not fit under them. */
const MIN_BAR_WIDTH = 78;
const LABEL_WIDTH = 15;

/**
 * Draws the movements of the pipeline as a waterfall, from the opening to the closing total.
 * Grouped in any other way, it is the graph of core.
 */
export class LeadWaterfallGraphRenderer extends GraphRenderer {
    get isWaterfall() {
        return this.model.isWaterfall;
    }

    isTooNarrow() {
        const width = this.containerRef.el?.clientWidth || 0;
        return width / (this.bars.length + 1) < MIN_BAR_WIDTH;
    }

    /**
     * @override
     */
    getChartConfig() {
        if (!this.isWaterfall) {
            return super.getChartConfig();
        }
        this.bars = this.model.waterfallBars;
        this.isHorizontal = this.isTooNarrow();
        const config = super.getChartConfig();
        config.options.indexAxis = this.isHorizontal ? "y" : "x";
        config.plugins = [waterfallPlugin(this.bars, this.bars.map(this.getShortAmount, this), COLORS)];
        return config;
    }

    /**
     * @override
     */
    renderChart() {
        super.renderChart();
        const canvas = this.canvasRef.el;
        if (!canvas) {
            return;
        }
        if (this.isWaterfall) {
            // What the picture says, for those who cannot see it.
            canvas.setAttribute("role", "img");
            canvas.setAttribute(
                "aria-label",
                this.bars.map((bar) => `${bar.label}: ${this.getAmount(bar)}`).join("; ")
            );
        } else {
            canvas.removeAttribute("role");
            canvas.removeAttribute("aria-label");
        }
    }

    /**
     * @override
     */
    getBarChartData() {
        if (!this.isWaterfall) {
            return super.getBarChartData();
        }
        return {
            labels: this.bars.map((bar) => bar.label),
            datasets: [
                {
                    label: this.model.metaData.measures[this.model.metaData.measure].string,
                    data: this.bars.map((bar) => [bar.from, bar.to]),
                    domains: this.bars.map((bar) => this.getDomain(bar)),
                    backgroundColor: this.bars.map((bar) => this.getBarColor(bar)),
                    borderRadius: 2,
                    borderSkipped: false,
                    categoryPercentage: 0.9,
                    barPercentage: 0.8,
                    maxBarThickness: this.isHorizontal ? 32 : 120,
                    borderWidth: 0,
                    minBarLength: 3,
                },
            ],
        };
    }

    getBarColor({ isTotal, value }) {
        return isTotal ? COLORS.total : value < 0 ? COLORS.decrease : COLORS.increase;
    }

    /** The rows behind a bar: all of them, where the bar is the sum of the others. */
    getDomain({ kind, value, point }) {
        const { domain } = this.model.metaData;
        return point?.domain || (value ? domain : [...domain, ["kind", "=", kind]]);
    }

    /** All rows are in the currency of the company the user works in. */
    get currencyId() {
        return this.model.dataPoints[0]?.currencyId;
    }

    /** The exact amount; movements with their sign. */
    getAmount({ isTotal, value }) {
        const amount = formatMonetary(value, { currencyId: this.currencyId });
        return !isTotal && value > 0 ? `+${amount}` : amount;
    }

    /** The amount in three figures, as it stands beside the bar. */
    getShortAmount({ isTotal, value }) {
        return `${isTotal || value < 0 ? "" : "+"}${this.formatShort(value)}`;
    }

    formatShort(value) {
        const absolute = Math.abs(value);
        const magnitude = absolute < 1 ? 0 : Math.floor(Math.log10(absolute));
        const decimals = magnitude < 3 ? 0 : 2 - (magnitude % 3);
        const amount = formatMonetary(absolute, {
            currencyId: this.currencyId,
            digits: [16, decimals],
            humanReadable: true,
        });
        return value < 0 ? `-${amount}` : amount;
    }

    /**
     * @override
     */
    getScaleOptions() {
        const scales = super.getScaleOptions();
        if (!this.isWaterfall) {
            return scales;
        }
        const { x: kindScale, y: valueScale } = scales;
        const labels = this.bars.map((bar) => wrapLabel(bar.label, LABEL_WIDTH));
        Object.assign(kindScale.ticks, {
            callback: (_value, index) => labels[index],
            autoSkip: false,
            maxRotation: 0,
        });
        valueScale.ticks.callback = (value) => this.formatShort(value);
        // room for the amounts beside the bars
        valueScale.grace = this.isHorizontal ? "25%" : "8%";
        if (this.isHorizontal) {
            valueScale.ticks.maxTicksLimit = 4;
            return { x: valueScale, y: kindScale };
        }
        return scales;
    }

    /**
     * @override
     */
    getLegendOptions() {
        return this.isWaterfall ? { display: false } : super.getLegendOptions();
    }

    /**
     * @override
     */
    getTooltipItems(data, metaData, tooltipModel) {
        if (!this.isWaterfall) {
            return super.getTooltipItems(...arguments);
        }
        const bar = this.bars[tooltipModel.dataPoints[0].dataIndex];
        const items = [
            { label: bar.label, value: this.getAmount(bar), boxColor: this.getBarColor(bar) },
        ];
        if (bar.point) {
            items.push({
                label: _t("Number of leads"),
                value: `${bar.point.leadCount}`,
                boxColor: "transparent",
            });
        }
        return items;
    }

    /**
     * @override
     */
    resizeChart(context) {
        super.resizeChart(context);
        if (this.isWaterfall && this.isTooNarrow() !== this.isHorizontal) {
            // not while Chart.js is still resizing the chart that this replaces
            requestAnimationFrame(() => this.renderChart());
        }
    }
}
