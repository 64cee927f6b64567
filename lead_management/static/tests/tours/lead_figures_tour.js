/* global Chart */
import { registry } from "@web/core/registry";
import { leadIsOpen, openTab, save } from "./lead_tour_utils";

const TITLE = "Bathroom Huber";
const NO_BREAK_SPACE = /\u00a0/g;

function assert(condition, message) {
    if (!condition) {
        throw new Error(message);
    }
}

/** What a chart says to those who cannot see it matches; it comes with the picture. */
function chartSays(content, selector, pattern) {
    return {
        content,
        trigger: `${selector} canvas[aria-label]`,
        async run() {
            const getText = () =>
                (this.anchor.getAttribute("aria-label") || "").replace(NO_BREAK_SPACE, " ");
            // new figures are drawn and told in the same element
            for (let attempt = 0; attempt < 50 && !pattern.test(getText()); attempt++) {
                await new Promise((resolve) => setTimeout(resolve, 100));
            }
            assert(pattern.test(getText()), `the chart says "${getText()}", not ${pattern}`);
        },
    };
}

function isDrawn(content, selector) {
    return {
        content,
        trigger: `${selector} canvas`,
        run() {
            const { width, height } = this.anchor;
            const pixels = this.anchor.getContext("2d").getImageData(0, 0, width, height).data;
            assert(pixels.some(Boolean), "the canvas is empty");
        },
    };
}

function fits(content, trigger) {
    return {
        content: `${content}: nothing is cut off at the right`,
        trigger,
        run() {
            const { scrollWidth, clientWidth } = document.querySelector(".o_content");
            assert(scrollWidth <= clientWidth, `${scrollWidth} px wide, not ${clientWidth}`);
        },
    };
}

/** From a cell of the pivot to its rows, from a row to the lead, to the lead's history. */
registry.category("web_tour.tours").add("lead_management_figures", {
    url: "/odoo/lead-pipeline",
    steps: () => [
        {
            content: "what has no date is not left out",
            trigger: ".o_pivot tbody th:contains('Undated')",
        },
        {
            content: "amounts of one currency need no words",
            trigger: ".o_lead_figures .o_lead_currency_note:contains('Days end at midnight')",
        },
        {
            content: "click the amount of what has a date",
            trigger:
                ".o_pivot tbody tr:has(th:contains('Dated')) .o_pivot_cell_value:contains('10,000.00')",
            run: "click",
        },
        {
            content: "only the rows behind it are there: click one",
            trigger: `.o_list_view:not(:contains('Without Date')) .o_data_row .o_data_cell[name=lead_id]:contains('${TITLE}')`,
            run: "click",
        },
        leadIsOpen(TITLE, "Opened"),
        ...openTab("history"),
        chartSays(
            "the chart tells how value and probability went",
            ".o_lead_history_chart",
            /^Value from \$ 8,000\.00 to \$ 10,000\.00, probability from 5 % to 50 %$/
        ),
        isDrawn("it is drawn", ".o_lead_history_chart"),
        {
            content: "the newest change is on top",
            trigger:
                ".o_field_widget[name=history_ids] .o_data_row:first:contains('Opened'):contains('10,000.00')",
        },
        {
            content: "back to the rows",
            trigger: ".o_breadcrumb .o_back_button",
            run: "click",
        },
        {
            content: "choose all rows",
            trigger: ".o_list_view thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "open their leads",
            trigger: ".o_control_panel button[name=action_open_leads]",
            run: "click",
        },
        {
            content: "the list of leads is open, with this one only",
            trigger: `.o_list_view:not(:has(.o_data_row:eq(1))) .o_data_row .o_data_cell[name=name]:contains('${TITLE}')`,
        },
    ],
});

/** The tab is there before there is a history, and follows it. */
registry.category("web_tour.tours").add("lead_management_history_new", {
    url: "/odoo/lead-board/new",
    steps: () => [
        ...openTab("history"),
        {
            content: "nothing yet",
            trigger: ".o_lead_history:not(:has(canvas, .o_list_renderer)) p",
        },
        {
            content: "type a title",
            trigger: ".o_field_widget[name=name] textarea",
            run: `edit ${TITLE}`,
        },
        ...save(),
        {
            content: "one row is no chart",
            trigger: ".o_lead_history:not(:has(canvas)):has(.o_data_row) .o_lead_history_note",
        },
        {
            content: "enter a value",
            trigger: ".o_field_widget[name=expected_revenue] input",
            run: "edit 5000",
        },
        ...save(),
        chartSays(
            "two rows are one",
            ".o_lead_history:has(.o_data_row:eq(1)) .o_lead_history_chart",
            /^Value from \$ 0\.00 to \$ 5,000\.00/
        ),
        {
            content: "enter another value",
            trigger: ".o_field_widget[name=expected_revenue] input",
            run: "edit 7000",
        },
        ...save(),
        chartSays("the chart follows", ".o_lead_history_chart", /to \$ 7,000\.00/),
    ],
});

const WATERFALL = new RegExp(
    [
        "^Opening: \\$ 13,000\\.00",
        "New: \\+\\$ 3,000\\.00",
        "Grown: \\+\\$ 2,000\\.00",
        "Declined: \\$ -4,000\\.00",
        "Closing: \\$ 14,000\\.00$",
    ].join("; ")
);

/** The movements from the opening to the closing total; any other grouping is core's graph. */
registry.category("web_tour.tours").add("lead_management_waterfall", {
    url: "/odoo/lead-movements?view_type=graph",
    steps: () => [
        chartSays("the kinds in their order, none without amount", ".o_graph_renderer", WATERFALL),
        isDrawn("it is drawn", ".o_graph_renderer"),
        {
            content: "bars float from total to total; nothing to stack or sort",
            trigger: ".o_graph_renderer:not(:has(.fa-database, .fa-sort-amount-desc)) canvas",
            run() {
                const { data, options } = Chart.getChart(this.anchor);
                assert(options.indexAxis === "x", "the bars do not stand");
                assert(
                    JSON.stringify(data.datasets[0].data) ===
                        "[[0,13000],[13000,16000],[16000,18000],[18000,14000],[0,14000]]",
                    JSON.stringify(data.datasets[0].data)
                );
                const colors = data.datasets[0].backgroundColor;
                assert(colors[0] === colors[4], "opening and closing are not alike");
                assert(colors[1] === colors[2], "increases are not alike");
                assert(new Set(colors).size === 3, `colours ${colors}`);
                assert(
                    !JSON.stringify(data.datasets[0].domains[4]).includes('"=","closing"'),
                    "the filter leaves the closing rows out: behind their sum are the others"
                );
            },
        },
        {
            content: "choose another measure",
            trigger: ".o_graph_renderer button:contains('Measures')",
            run: "click",
        },
        {
            content: "Weighted",
            trigger: ".o-dropdown--menu .o_menu_item:contains(/^Weighted$/)",
            run: "click",
        },
        chartSays("weighted", ".o_graph_renderer", /^Opening: \$ 6,500\.00; .*Closing: \$ 7,000\.00$/),
        {
            content: "Count: rows do not make a waterfall",
            trigger: ".o-dropdown--menu .o_menu_item:contains(/^Count$/)",
            run: "click",
        },
        {
            content: "core's graph, which can be sorted",
            trigger: ".o_graph_renderer:has(.fa-sort-amount-desc) canvas:not([aria-label])",
        },
        {
            content: "back to the amount",
            trigger: ".o-dropdown--menu .o_menu_item:contains(/^Unweighted$/)",
            run: "click",
        },
        chartSays("the waterfall is back", ".o_graph_renderer", WATERFALL),
        {
            content: "lines",
            trigger: ".o_graph_renderer button[data-mode=line]",
            run: "click",
        },
        {
            content: "are no waterfall either",
            trigger: ".o_graph_renderer canvas:not([aria-label])",
        },
        {
            content: "bars",
            trigger: ".o_graph_renderer button[data-mode=bar]",
            run: "click",
        },
        {
            content: "click the bar New",
            trigger: ".o_graph_renderer canvas[aria-label]",
            run() {
                const bar = Chart.getChart(this.anchor).getDatasetMeta(0).data[1];
                const { x, y } = bar.getCenterPoint(true);
                const { left, top } = this.anchor.getBoundingClientRect();
                // where the bar stands when it has stopped moving
                Chart.getChart(this.anchor).update("none");
                this.anchor.dispatchEvent(
                    new MouseEvent("click", { clientX: left + x, clientY: top + y, bubbles: true })
                );
            },
        },
        {
            content: "the list of what is new, and nothing else",
            trigger:
                ".o_list_view:not(:has(.o_data_row:eq(1))) .o_data_row .o_data_cell[name=lead_id]:contains('New Lead')",
        },
    ],
});

/** Nothing moved for somebody without leads. */
registry.category("web_tour.tours").add("lead_management_waterfall_empty", {
    url: "/odoo/lead-movements?view_type=graph",
    steps: () => [
        {
            content: "it is said that there is nothing",
            trigger: ".o_graph_view:not(:has(canvas)) .o_nocontent_help p",
        },
    ],
});

/** On a phone the bars lie on their side. */
registry.category("web_tour.tours").add("lead_management_figures_small_screen", {
    url: "/odoo/lead-movements?view_type=graph",
    steps: () => [
        {
            content: "the bars lie",
            trigger: ".o_graph_renderer canvas[aria-label*='14.000,00']",
            run() {
                assert(Chart.getChart(this.anchor).options.indexAxis === "y", "the bars stand");
            },
        },
        isDrawn("waterfall", ".o_graph_renderer"),
        fits("waterfall", ".o_graph_renderer"),
    ],
});

registry.category("web_tour.tours").add("lead_management_history_small_screen", {
    steps: () => [
        {
            content: "open the history",
            trigger: ".o_notebook_headers a[name=history]",
            run: "click",
        },
        isDrawn("history", ".o_lead_history_chart"),
        fits("history", ".o_lead_history .o_kanban_record:contains('10.000,00')"),
    ],
});

/** Several companies, two currencies. */
registry.category("web_tour.tours").add("lead_management_figures_companies", {
    url: "/odoo/lead-pipeline",
    steps: () => [
        {
            content: "the pivot says the currency and the day of the rates",
            trigger: ".o_pivot_view .o_lead_currency_note:contains('Amounts in')",
        },
        {
            content: "as a graph",
            trigger: ".o_control_panel .o_switch_view.o_graph",
            run: "click",
        },
        {
            content: "the graph does",
            trigger: ".o_graph_view .o_lead_currency_note:contains('Amounts in')",
        },
    ],
});
