import { registry } from "@web/core/registry";
import { counted } from "./lead_tour_utils";

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
        ...counted("snooze many", [
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
        ...counted("done and next", [
            {
                content: "done, by key",
                trigger: ".o_lead_my_day .o_data_row:first button[name=action_done_and_next][data-hotkey=w]",
                run: "press alt+w",
            },
            {
                content: "how it went",
                trigger: ".modal .o_field_widget[name=feedback] textarea",
                run: "edit Wants blue ones",
            },
            {
                content: "with the next step that is proposed",
                trigger: ".modal button[name=action_done_and_plan]",
                run: "click",
            },
        ]),
        {
            content: "it is gone, the next one is not due yet",
            trigger: "body:not(.modal-open) .o_lead_my_day .o_data_row:first:contains('Later')",
        },
        ...counted("snooze", [
            {
                content: "snooze the other one by key",
                trigger: ".o_lead_my_day .o_data_row:first button[name=action_snooze_day][data-hotkey=y]",
                run: "press alt+y",
            },
        ]),
        {
            content: "the empty screen says the next step",
            trigger: ".o_view_nocontent:contains('Nothing is due')",
        },
    ],
});
