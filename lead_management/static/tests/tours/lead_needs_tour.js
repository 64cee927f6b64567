import { registry } from "@web/core/registry";
import { boardIsOpen, card, column, isInStage } from "./lead_tour_utils";

const TITLE = "Bathroom Huber";

registry.category("web_tour.tours").add("lead_management_needs", {
    steps: () => [
        boardIsOpen(),
        {
            content: "drag the lead to a stage that needs a city",
            trigger: `.o_kanban_record.o_draggable:contains("${TITLE}")`,
            run: `drag_and_drop (${column("Offer Made")})`,
        },
        {
            content: "the refusal names what is missing",
            trigger: ".modal:contains('City')",
        },
        {
            content: "the card is back where it was",
            trigger: card(TITLE, "Opened"),
        },
        {
            content: "fill it in",
            trigger: ".modal button:contains('Fill In')",
            run: "click",
        },
        {
            content: "type the city",
            trigger: ".modal .o_lead_needs_form .o_field_widget[name=city] input",
            run: "edit Graz",
        },
        {
            content: "save and move",
            trigger: ".modal button[name=action_enter_needed_stage]",
            run: "click",
        },
        boardIsOpen(),
        isInStage(TITLE, "Offer Made"),
    ],
});
