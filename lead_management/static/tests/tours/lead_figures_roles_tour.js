import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const FOREIGN = "Colleague's Lead";
/** Of the colleague's lead, alone and together with the own one. */
const FOREIGN_AMOUNTS = ["77,777", "78,888"];
const INVOICING = { app: "account.menu_finance", section: "account.menu_finance_reports" };
const CRM = { app: "crm.crm_menu_root", section: "crm.crm_menu_report" };

/** The entries that both menus have, by the end of their id, and what the title begins with. */
const PIVOTS = [
    { entry: "pipeline_report", title: "Pipeline by Quarter" },
    { entry: "liquidity", title: "Liquidity Outlook", graphFirst: true },
    { entry: "movement_report", title: "Movements", dialog: true },
    { entry: "snapshot_report", title: "Pipeline on", dialog: true },
    { entry: "forecast_report", title: "Forecast and Actual" },
    { entry: "presales_report", title: "Presales Cost", hours: true },
];

function assert(condition, message) {
    if (!condition) {
        throw new Error(message);
    }
}

function openApp({ app }) {
    return [
        stepUtils.showAppsMenuItem(),
        {
            content: `open the app ${app}`,
            trigger: `.o_app[data-menu-xmlid="${app}"]`,
            run: "click",
        },
    ];
}

function clickEntry({ app, section }, entry) {
    const prefix = app.split(".")[0];
    return [
        {
            content: "open Reporting",
            trigger: `body:not(.modal-open) .o_menu_sections [data-menu-xmlid="${section}"]`,
            run: "click",
        },
        {
            content: `choose ${entry}`,
            trigger: `.o-dropdown--menu [data-menu-xmlid="lead_management.${prefix}_menu_${entry}"]`,
            run: "click",
        },
    ];
}

/** Opens a report by the menu, confirms its dialog if it has one, and waits for its title. */
function openReport(place, { entry, title, dialog }) {
    const confirm = {
        content: "show the days that the dialog proposes",
        trigger: ".modal button[name=action_open]",
        run: "click",
    };
    return [
        ...clickEntry(place, entry),
        ...(dialog ? [confirm] : []),
        {
            content: `${title} is open, nothing lies over it`,
            trigger: `body:not(.modal-open) .o_last_breadcrumb_item:contains("${title}")`,
        },
    ];
}

function switchTo(view) {
    return {
        content: `switch to ${view}`,
        trigger: `.o_control_panel .o_switch_view.o_${view}`,
        run: "click",
    };
}

/** The print dialog opens; nothing is printed. */
function openPrintDialog(place) {
    return [
        ...clickEntry(place, "pipeline_print"),
        {
            content: "the dialog asks for the quarters",
            trigger: ".modal .o_field_widget[name=quarters] input:value('4')",
        },
        {
            content: "discard",
            trigger: ".modal footer button[special=cancel], .modal footer button.btn-secondary",
            run: "click",
        },
        { trigger: "body:not(.modal-open)" },
    ];
}

function clickRow(selector, message) {
    return [
        {
            content: "click the row",
            trigger: selector,
            run: "click",
        },
        {
            content: "a message instead of the lead",
            trigger: `body:not(.modal-open):has(.o_list_view) .o_notification:contains("${message}")`,
        },
        {
            content: "close it",
            trigger: ".o_notification .o_notification_close",
            run: "click",
        },
        { trigger: "body:not(:has(.o_notification))" },
    ];
}

function seesNothingForeign(content, trigger) {
    return {
        content,
        trigger,
        run() {
            const text = document.body.textContent;
            for (const secret of [FOREIGN, ...FOREIGN_AMOUNTS]) {
                assert(!text.includes(secret), `${content}: "${secret}" is on the screen`);
            }
        },
    };
}

/** What an accountant without rights on leads does: all figures, from the total to the row. */
function readAsAccountant(report) {
    const amount = report.hours ? "3" : "77,777.00";
    return [
        ...openReport(INVOICING, report),
        ...(report.graphFirst
            ? [{ trigger: ".o_graph_renderer canvas" }, switchTo("pivot")]
            : []),
        {
            content: `${report.title}: click the total`,
            trigger: `.o_pivot tbody tr:first .o_pivot_cell_value:contains("${amount}"):first`,
            run: "click",
        },
        {
            content: "the list has the amount",
            trigger: ".o_list_view .o_data_row .o_data_cell:contains('77,777.00')",
        },
        {
            content: "click the row",
            trigger: `.o_list_view .o_data_row .o_data_cell[name=lead_id]:contains("${FOREIGN}")`,
            run: "click",
        },
        {
            content: "a page of the lead without contact data",
            trigger: `body:not(:has(.o_lead_opportunity_form, .o_field_widget[name=contact_name])) .o_form_view .o_field_widget[name=display_name]:contains("${FOREIGN}")`,
        },
    ];
}

registry.category("web_tour.tours").add("lead_management_figures_accountant", {
    url: "/odoo",
    steps: () => [
        ...openApp(INVOICING),
        ...PIVOTS.flatMap(readAsAccountant),
        ...openPrintDialog(INVOICING),
        ...openReport(INVOICING, { entry: "stage_calibration", title: "Phase Calibration" }),
        ...clickRow(
            ".o_list_view .o_data_row:has(.o_data_cell[name=decided]:contains('1')) .o_data_cell[name=decided]",
            "You may read the figures, not the leads themselves."
        ),
        {
            content: "no lead was opened, no error was shown",
            trigger: "body:not(:has(.o_error_dialog, .o_lead_opportunity_form)) .o_list_view",
        },
    ],
});

registry.category("web_tour.tours").add("lead_management_figures_salesperson", {
    url: "/odoo",
    steps: () => [
        ...openApp(CRM),
        ...PIVOTS.flatMap((report) => [
            ...openReport(CRM, report),
            ...(report.graphFirst
                ? [{ trigger: ".o_graph_renderer canvas" }, switchTo("pivot")]
                : []),
            seesNothingForeign(
                `${report.title}: the own amount in the pivot`,
                `.o_pivot tbody tr:first .o_pivot_cell_value:contains("${report.hours ? "2" : "1,111.00"}")`
            ),
            switchTo("list"),
            seesNothingForeign(
                `${report.title}: the own lead in the list`,
                ".o_list_view .o_data_row:has(.o_data_cell[name=lead_id]:contains('Own Lead')) .o_data_cell:contains('1,111.00')"
            ),
        ]),
        ...openReport(CRM, { entry: "lead_history", title: "History of Leads" }),
        seesNothingForeign(
            "History of Leads: the own lead in the list",
            ".o_list_view .o_data_row:contains('Own Lead')"
        ),
        ...openPrintDialog(CRM),
    ],
});

/** Nothing is there, neither in the report's own view nor in the list. */
function isEmpty(place, report) {
    return [
        ...openReport(place, report),
        seesNothingForeign(
            `${report.title}: empty`,
            ".o_content:not(:has(.o_pivot_cell_value:contains('.'))):has(.o_nocontent_help)"
        ),
        switchTo("list"),
        seesNothingForeign(
            `${report.title}: an empty list`,
            ".o_list_view:not(:has(.o_data_row .o_data_cell:contains('.'))):has(.o_nocontent_help)"
        ),
    ];
}

function readInOtherCompany(place) {
    return [
        ...openApp(place),
        ...PIVOTS.flatMap((report) => isEmpty(place, report)),
        ...openReport(place, { entry: "stage_calibration", title: "Phase Calibration" }),
        {
            content: "no case in any phase",
            trigger: ".o_list_view .o_data_row",
            run() {
                const cells = [...document.querySelectorAll(".o_data_cell[name=decided]")];
                assert(cells.length, "no phases");
                assert(
                    cells.every((cell) => cell.textContent === "0"),
                    "cases of another company"
                );
            },
        },
        ...openPrintDialog(place),
    ];
}

registry.category("web_tour.tours").add("lead_management_figures_accountant_b", {
    url: "/odoo",
    steps: () => readInOtherCompany(INVOICING),
});

registry.category("web_tour.tours").add("lead_management_figures_manager_b", {
    url: "/odoo",
    steps: () => [
        ...readInOtherCompany(CRM),
        ...openReport(CRM, { entry: "lead_history", title: "History of Leads" }),
        seesNothingForeign(
            "History of Leads: empty",
            ".o_list_view:not(:has(.o_data_row)), .o_nocontent_help"
        ),
    ],
});
