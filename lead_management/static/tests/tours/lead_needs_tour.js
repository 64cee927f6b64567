import { registry } from "@web/core/registry";
import {
    boardIsOpen,
    chooseMany2one,
    goBack,
    leadIsOpen,
    openLead,
    panelCounts,
} from "./lead_tour_utils";

const DIALOG = ".modal:not(.o_inactive_modal)";
const FORM = ".o_lead_needs_form";

/** The refusal names the city alone; the form has its field alone, and goes on. */
function fillIn(lead) {
    return [
        {
            content: "the refusal says what is missing: fill it in",
            trigger: `${DIALOG}:contains('City') button:contains('Fill In')`,
            run: "click",
        },
        {
            content: "nothing but what is missing can be filled in",
            trigger: `${DIALOG} ${FORM}:contains("${lead}") .o_field_widget[name=city] input`,
            run() {
                const fields = [...document.querySelectorAll(`${FORM} .o_inner_group .o_field_widget`)];
                const names = fields.map((field) => field.getAttribute("name")).join();
                if (names !== "city") {
                    throw new Error(`asked for ${names}`);
                }
            },
        },
        ...typeCity(),
    ];
}

function typeCity() {
    return [
        {
            content: "type the city",
            trigger: `${DIALOG} ${FORM} .o_field_widget[name=city] input`,
            run: "edit Graz",
        },
        {
            content: "save and move",
            trigger: `${DIALOG} button[name=action_enter_needed_stage]`,
            run: "click",
        },
    ];
}

function byStatusBar() {
    const chooseStage = {
        content: "choose the phase in the status bar",
        trigger: "body:not(.modal-open) .o_arrow_button:not(.d-none):contains('Offer Made')",
        run: "click",
    };
    return [
        ...openLead("By status bar"),
        chooseStage,
        {
            content: "not now",
            trigger: `${DIALOG}:contains('City') .modal-footer .btn-secondary`,
            run: "click",
        },
        {
            content: "the lead is where it was, nothing is left to be saved",
            trigger:
                "body:not(.modal-open) .o_form_view:has(.o_form_status_indicator_buttons.invisible) .o_arrow_button_current:contains('Opened')",
        },
        chooseStage,
        ...fillIn("By status bar"),
        leadIsOpen("By status bar", "Offer Made"),
        goBack(),
        boardIsOpen(),
    ];
}

function byConversion() {
    return [
        ...openLead("By conversion"),
        {
            content: "convert to an opportunity",
            trigger: ".o_lead_opportunity_form button:contains('Convert to Opportunity')",
            run: "click",
        },
        {
            content: "with core's dialog",
            trigger: `${DIALOG} button[name=action_apply]`,
            run: "click",
        },
        ...fillIn("By conversion"),
        leadIsOpen("By conversion", "Converted"),
        goBack(),
        boardIsOpen(),
    ];
}

function choose(title) {
    return {
        content: `choose "${title}"`,
        trigger: `.o_data_row:contains("${title}") .o_list_record_selector input`,
        run: "click",
    };
}

/** A row of the leads that lack something: fill it in, the lead moves. */
function fillInRow(title) {
    const row = `body:not(.modal-open) .o_list_view .o_data_row:contains("${title}")`;
    return [
        {
            content: `what "${title}" lacks stands beside`,
            trigger: `${row}:contains('City') button[name=action_fill_in_needs]`,
            run: "click",
        },
        ...typeCity(),
        {
            content: `nothing is missing any more for "${title}"`,
            trigger: `${row}:contains('Offer Made'):not(:contains('City'))`,
        },
    ];
}

function byMultiEdit() {
    return [
        panelCounts("Offer Made", 1),
        {
            content: "show the list",
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        choose("In the list 0"),
        choose("In the list 1"),
        {
            content: "edit the phase of both",
            trigger: ".o_data_row:contains('In the list 0') .o_data_cell[name=stage_id]",
            run: "click",
        },
        ...chooseMany2one("stage_id", "Offer Made", ".o_selected_row"),
        {
            content: "of both",
            trigger: `${DIALOG} .modal-footer .btn-primary`,
            run: "click",
        },
        {
            content: "both are named",
            trigger: `${DIALOG}:contains('In the list 0: City'):contains('In the list 1: City') button:contains('Show the Leads')`,
            run: "click",
        },
        ...fillInRow("In the list 0"),
        ...fillInRow("In the list 1"),
    ];
}

/** What a stage needs is asked for on every way into it. The way by drag is in the daily tour. */
registry.category("web_tour.tours").add("lead_management_needs", {
    steps: () => [
        boardIsOpen(),
        panelCounts("Offer Made", 0),
        ...byStatusBar(),
        ...byConversion(),
        ...byMultiEdit(),
    ],
});
