import { registry } from "@web/core/registry";
import { boardIsOpen, column } from "./lead_tour_utils";

const QUICK = ".o_kanban_quick_create";

registry.category("web_tour.tours").add("lead_management_capture", {
    steps: () => [
        boardIsOpen(),
        {
            content: "a service request begins on the board",
            trigger: ".o_control_panel button:contains('Service Request')",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer button:contains('Discard')",
            run: "click",
        },
        boardIsOpen(),
        {
            trigger: `${column("New")} .o_kanban_quick_add`,
            run: "click",
        },
        {
            trigger: `${QUICK} .o_field_widget[name=name] input`,
            run: "edit Heat pump",
        },
        {
            trigger: `${QUICK} .o_field_widget[name=phone] input`,
            run: "edit 01 5811111 && press Tab",
        },
        {
            trigger: `${QUICK} .o_field_widget[name=contact_name] input`,
            run: "edit Tina Tenant && press Tab",
        },
        {
            content: "the open lead of the caller shows",
            trigger: `${QUICK} .o_lead_similar_line[data-model='crm.lead']:contains("Bathroom Huber")`,
        },
        {
            content: "and the contact, to link",
            trigger: `${QUICK} .o_lead_similar_line[data-model='res.partner'] .o_lead_similar_link`,
            run: "click",
        },
        {
            trigger: `${QUICK} .o_field_widget[name=partner_id] input:value("Maria Huber")`,
        },
        {
            content: "the caller who is not the contact is kept",
            trigger: `${QUICK} .o_field_widget[name=description]:contains("Tina Tenant")`,
        },
        {
            content: "what is refused is told, and nothing typed is lost",
            trigger: `${QUICK} .o_field_widget[name=expected_revenue] input`,
            run: "edit 99999999999999999999",
        },
        {
            trigger: `${QUICK} .o_kanban_add`,
            run: "click",
        },
        {
            trigger: ".modal:contains('too large') .modal-footer button:contains('Close')",
            run: "click",
        },
        {
            trigger: `body:not(.modal-open) ${QUICK} .o_field_widget[name=expected_revenue] input`,
            run: "edit 100",
        },
        {
            content: "a task instead takes over what was typed",
            trigger: `${QUICK} .o_lead_service_request`,
            run: "click",
        },
        {
            trigger:
                ".modal:has(.o_field_widget[name=description]:contains('Tina Tenant')) .o_field_widget[name=name] input:value('Heat pump')",
        },
        {
            trigger: ".modal .modal-footer button:contains('Discard')",
            run: "click",
        },
        {
            content: "the known lead is opened instead",
            trigger: `body:not(.modal-open) ${QUICK} .o_lead_similar_open:last`,
            run: "click",
        },
        {
            content: "which gives up what was typed: that is asked",
            trigger: ".modal .modal-footer button:contains('Go on here')",
            run: "click",
        },
        {
            trigger: `body:not(.modal-open) ${QUICK} .o_field_widget[name=name] input:value('Heat pump')`,
        },
        {
            trigger: `${QUICK} .o_lead_similar_open:last`,
            run: "click",
        },
        {
            trigger: ".modal .modal-footer button:contains('Open it')",
            run: "click",
        },
        {
            trigger:
                ".o_lead_opportunity_form:has(.o-mail-Chatter .o-mail-Followers-counter) .o_field_widget[name=name] textarea:value('Bathroom Huber')",
        },
    ],
});

registry.category("web_tour.tours").add("lead_management_service_list", {
    steps: () => [
        {
            content: "one is done, one is not: the average is of the first",
            trigger: ".o_list_view:has(.o_data_row:nth-child(2)) .o_list_footer td:contains(/^\\s*4\\.00\\s*$/)",
        },
        {
            content: "what is not done has no hours yet",
            trigger: ".o_data_row:not(:has(.o_data_cell[name=service_hours]:contains(/\\d/)))",
        },
    ],
});
