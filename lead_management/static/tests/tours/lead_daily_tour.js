import { registry } from "@web/core/registry";
import {
    boardIsOpen,
    card,
    chooseMany2one,
    column,
    counted,
    goBack,
    isInStage,
    LOADED,
    openLead,
    openTab,
    panelCounts,
} from "./lead_tour_utils";

const TITLE = "Bathroom Huber";
const QUICK = ".o_kanban_quick_create";
const DIALOG = ".modal:not(.o_inactive_modal)";

function type(trigger, text) {
    return { content: `type "${text}"`, trigger, run: `edit ${text}` };
}

/** Somebody calls: who, what about, what comes next. */
function writeDownTheCall() {
    return [
        ...counted("phone call", [
            {
                content: "a new card",
                trigger: `${column("New")} .o_kanban_quick_add`,
                run: "click",
            },
            type(`${QUICK} .o_field_widget[name=name] input`, "Heat pump Maier"),
            type(`${QUICK} .o_field_widget[name=contact_name] input`, "Anna Maier"),
            type(`${QUICK} .o_field_widget[name=phone] input`, "+43 1 987 65 43"),
            ...chooseMany2one("category_id", "Bathroom", QUICK),
            type(`${QUICK} .o_field_widget[name=first_step] input`, "Call back"),
            {
                content: "save it",
                trigger: `${QUICK} .o_kanban_add`,
                run: "click",
            },
        ]),
        {
            content: "the card says what comes next, and when",
            trigger: `${card("Heat pump Maier", "New")}:has(.o_lead_card_follow_up.text-success) .o_lead_card_step:contains("Call back")`,
        },
        panelCounts("New", 1),
        {
            content: "core offers the next card: no, thanks",
            trigger: `${QUICK} .o_kanban_cancel`,
            run: "click",
        },
    ];
}

/** What is due is put off on the card, and done on the form. */
function goThroughTheFollowUps() {
    return [
        {
            content: "the card says what is next",
            trigger: `${card(TITLE)} .o_lead_card_step:contains("Call: Tiles")`,
        },
        ...counted("snooze", [
            {
                content: "open the card's menu",
                trigger: card(TITLE),
                run: `hover && click ${card(TITLE)} .o_dropdown_kanban button`,
            },
            {
                content: "snooze a day",
                trigger: ".o-dropdown--menu [name=action_snooze_day]",
                run: "click",
            },
        ]),
        {
            content: "it is said where the follow-up is now",
            trigger: ".o_notification:contains('moved to')",
        },
        {
            content: "it is not overdue any more",
            trigger: `${card(TITLE)} .o_lead_card_follow_up.text-success`,
        },
        ...openLead(TITLE),
        ...counted("done and next", [
            {
                content: "done: the next step is the first thing in the form",
                trigger: ".o_lead_next_step:contains('Call: Tiles') button[name=action_next_step_done]",
                run: "click",
            },
            type(`${DIALOG} .o_field_widget[name=feedback] textarea`, "Wants blue ones"),
            {
                content: "save, with the next step that is proposed",
                trigger: `${DIALOG} button[name=action_done_and_plan]`,
                run: "click",
            },
        ]),
        {
            content: "the next one is there",
            trigger: "body:not(.modal-open) .o_lead_next_step:contains('Call'):not(:contains('Tiles'))",
        },
        ...openTab("follow_ups"),
        {
            content: "the done one can be read",
            trigger: ".o_field_widget[name=done_activity_ids] .o_data_row:contains('Wants blue ones')",
        },
        goBack(),
        boardIsOpen(),
    ];
}

/** A stage needs something: the drag is refused, it is filled in, the lead moves. */
function passTheGate() {
    return [
        {
            content: "the card can be dragged",
            trigger: `.o_kanban_record.o_draggable:contains("${TITLE}")`,
        },
        ...counted("gate", [
            {
                content: "drag the lead to a stage that needs a city",
                trigger: `.o_kanban_record.o_draggable:contains("${TITLE}")`,
                run: `drag_and_drop (${column("Offer Made")})`,
            },
            {
                content: "the refusal names what is missing: fill it in",
                trigger: `${DIALOG}:contains('City') button:contains('Fill In')`,
                run: "click",
            },
            type(`${DIALOG} .o_lead_needs_form .o_field_widget[name=city] input`, "Graz"),
            {
                content: "save and move",
                trigger: `${DIALOG} button[name=action_enter_needed_stage]`,
                run: "click",
            },
        ]),
        boardIsOpen(),
        isInStage(TITLE, "Offer Made"),
    ];
}

/** A tap drips: no lead, a task. */
function sendAServiceRequest() {
    return [
        ...counted("service request", [
            {
                content: "begin on the board",
                trigger: ".o_control_panel button:contains('Service Request')",
                run: "click",
            },
            type(`${DIALOG} .o_field_widget[name=contact_name] input`, "Eva Moser"),
            type(`${DIALOG} .o_field_widget[name=phone] input`, "+43 1 555 66 77"),
            type(`${DIALOG} .o_field_widget[name=name] input`, "Tap drips"),
            type(`${DIALOG} .o_field_widget[name=street] input`, "Main Street 1"),
            type(`${DIALOG} .o_field_widget[name=city] input`, "Graz"),
            {
                content: "the task is there",
                trigger: `${DIALOG} button[name=action_convert]`,
                run: "click",
            },
        ]),
        {
            content: "who has no project rights is shown the lead",
            trigger: `body:not(.modal-open) .o_lead_opportunity_form${LOADED} .o_field_widget[name=name] textarea:value("Tap drips")`,
        },
    ];
}

/** What a salesperson does fifty times a day. */
registry.category("web_tour.tours").add("lead_management_daily", {
    steps: () => [
        boardIsOpen(),
        ...writeDownTheCall(),
        ...goThroughTheFollowUps(),
        ...passTheGate(),
        ...sendAServiceRequest(),
    ],
});
