import { registry } from "@web/core/registry";

const TITLE = "Dachausbau Wagner";

/** Nobody finds what is right of the edge of a phone. */
function fits(content, trigger, container) {
    return {
        content: `${content}: nothing is cut off at the right`,
        trigger,
        run() {
            const { scrollWidth, clientWidth } = this.anchor.closest(container);
            if (scrollWidth > clientWidth) {
                throw new Error(`${scrollWidth} px wide on a screen of ${clientWidth} px`);
            }
        },
    };
}

function isOnScreen(content, trigger) {
    return {
        content: `${content} is on the screen`,
        trigger,
        run() {
            const { left, right, top, bottom } = this.anchor.getBoundingClientRect();
            if (left < 0 || top < 0 || right > window.innerWidth || bottom > window.innerHeight) {
                throw new Error(`${content} is not on the screen`);
            }
        },
    };
}

function openTab(name, content) {
    return [
        {
            content: `open the tab ${name}`,
            trigger: `.o_notebook_headers a[name=${name}]`,
            run: "click",
        },
        fits(`tab ${name}`, `.o_notebook:has(a[name=${name}].active) ${content}`, ".o_content"),
    ];
}

/**
 * The same screens in German on a phone. Elements are found by their field, not by the words
 * on them: how ours are translated is no matter of this tour.
 */
registry.category("web_tour.tours").add("lead_management_small_screen", {
    url: "/odoo/lead-board",
    steps: () => [
        {
            content: "the board is open, in German",
            trigger: ".o_control_panel .o-kanban-button-new:contains('Neu')",
        },
        {
            content: "the lead is on the board",
            trigger: `.o_lead_board .o_kanban_group .o_kanban_record:contains("${TITLE}")`,
        },
        {
            content: "open the choice of views",
            trigger: ".o_control_panel .o_cp_switch_buttons button",
            run: "click",
        },
        {
            content: "as a list",
            trigger: ".o_cp_switch_buttons .dropdown-item:has(.oi-view-list)",
            run: "click",
        },
        {
            content: "the list is open: open the lead",
            trigger: `.o_list_view .o_data_row .o_data_cell:contains("${TITLE}")`,
            run: "click",
        },
        fits(
            "form",
            `.o_lead_opportunity_form .o_field_widget[name=name] textarea:value("${TITLE}")`,
            ".o_content"
        ),
        ...openTab("follow_ups", ".o_kanban_record:contains('Dach ansehen')"),
        ...openTab("offers", ".o_kanban_record:contains('1.200,00')"),
        ...openTab("timesheets", ".o_kanban_record:contains('01:30')"),
        ...openTab("documents", ".o_field_widget[name=document_ids] button[name=action_send]"),
        ...openTab("lead", ".tab-pane.active"),
        {
            content: "Won is at hand: no need to open a menu first",
            trigger: ".o_statusbar_buttons button[name=action_won]",
            run: "click",
        },
        fits(
            "Won dialog",
            `.modal .o_field_widget[name=project_name] input:value("${TITLE}")`,
            ".modal-body"
        ),
        isOnScreen("the dialog's main button", ".modal footer button.btn-primary[name=action_convert]"),
        {
            content: "not now",
            trigger: ".modal footer button.btn-secondary",
            run: "click",
        },
        {
            content: "back on the form",
            trigger: "body:not(.modal-open) .o_lead_opportunity_form",
        },
    ],
});
