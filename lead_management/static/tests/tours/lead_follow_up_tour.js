import { registry } from "@web/core/registry";
import { boardIsOpen, card, openLead, openTab } from "./lead_tour_utils";

const TITLE = "Bathroom Huber";

/** Clicks and typing, counted: what a step takes is asserted, not only that it works. */
function counted(limit, steps) {
    const count = steps.filter((step) => step.run).length;
    if (count > limit) {
        throw new Error(`${count} interactions instead of ${limit}`);
    }
    return steps;
}

registry.category("web_tour.tours").add("lead_management_follow_up_board", {
    steps: () => [
        boardIsOpen(),
        {
            content: "the card says what is next",
            trigger: `${card(TITLE)} .o_lead_card_step:contains("Call: Tiles")`,
        },
        ...counted(2, [
            {
                content: "open the card's menu",
                trigger: card(TITLE),
                run: "hover && click .o_kanban_record .o_dropdown_kanban button",
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
        ...openTab("follow_ups"),
        ...counted(3, [
            {
                content: "done",
                trigger: ".o_field_widget[name=activity_ids] button[name=action_done_and_next]",
                run: "click",
            },
            {
                content: "how it went",
                trigger: ".modal .o_field_widget[name=feedback] textarea",
                run: "edit Wants blue ones",
            },
            {
                content: "save, with the next step that is proposed",
                trigger: ".modal button[name=action_done_and_plan]",
                run: "click",
            },
        ]),
        {
            content: "the done one can be read",
            trigger:
                "body:not(.modal-open) .o_field_widget[name=done_activity_ids] .o_data_row:contains('Wants blue ones')",
        },
        {
            content: "the next one is there",
            trigger: ".o_field_widget[name=activity_ids] .o_data_row:contains('Call')",
        },
    ],
});

registry.category("web_tour.tours").add("lead_management_follow_up_list", {
    steps: () => [
        {
            content: "show the list",
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        {
            content: "the row says what is next",
            trigger: ".o_list_view .o_data_row:contains('Call: Tiles')",
        },
        {
            content: "choose all",
            trigger: ".o_list_view thead .o_list_record_selector input",
            run: "click",
        },
        ...counted(1, [
            {
                content: "snooze a week",
                trigger: ".o_control_panel button[name=action_snooze_week]",
                run: "click",
            },
        ]),
        {
            content: "it is said how many",
            trigger: ".o_notification:contains('2 follow-ups moved to')",
        },
    ],
});

registry.category("web_tour.tours").add("lead_management_my_day", {
    steps: () => [
        {
            content: "the soonest is first, with whom to call",
            trigger:
                ".o_lead_my_day .o_data_row:first:contains('Tiles') a.o_lead_call[href='tel:+4312345678']",
        },
        ...counted(2, [
            {
                content: "done, by key",
                trigger: ".o_lead_my_day .o_data_row:first button[name=action_done_and_next][data-hotkey=w]",
                run: "press alt+w",
            },
            {
                content: "nothing next",
                trigger: ".modal button[name=action_done]",
                run: "click",
            },
        ]),
        {
            content: "it is gone",
            trigger: "body:not(.modal-open) .o_lead_my_day .o_data_row:first:contains('Later')",
        },
        {
            content: "snooze the other one by key",
            trigger: ".o_lead_my_day .o_data_row:first button[name=action_snooze_day][data-hotkey=y]",
            run: "press alt+y",
        },
        {
            content: "the empty screen says the next step",
            trigger: ".o_view_nocontent:contains('Nothing is due')",
        },
    ],
});
