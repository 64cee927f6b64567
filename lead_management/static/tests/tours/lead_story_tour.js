import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";
import {
    addProduct,
    boardIsOpen,
    card,
    chooseMany2one,
    clickButton,
    column,
    dragTo,
    goBack,
    isInStage,
    leadIsOpen,
    openLead,
    openTab,
    panelCounts,
    projectIsOpen,
    save,
} from "./lead_tour_utils";

const TITLE = "Bathroom Huber";

/** The call comes in: written down on the board while it lasts. */
function writeDownTheCall() {
    return [
        ...stepUtils.goToAppSteps("crm.crm_menu_root", "open the CRM app"),
        {
            content: "open the menu Sales",
            trigger: "button[data-menu-xmlid='crm.crm_menu_sales']",
            run: "click",
        },
        {
            content: "open the board",
            trigger: "a[data-menu-xmlid='lead_management.crm_menu_lead_board']",
            run: "click",
        },
        boardIsOpen(),
        {
            content: "every stage is a column, with its default probability",
            trigger: `.o_lead_board ${column("Needs Analysis")} .o_lead_board_probability:contains("20")`,
        },
        {
            content: "add a card to the column New",
            trigger: `${column("New")} .o_kanban_quick_add`,
            run: "click",
        },
        {
            trigger: ".o_kanban_quick_create .o_field_widget[name=name] input",
            run: `edit ${TITLE}`,
        },
        {
            trigger: ".o_kanban_quick_create .o_field_widget[name=contact_name] input",
            run: "edit Maria Huber",
        },
        {
            trigger: ".o_kanban_quick_create .o_field_widget[name=phone] input",
            run: "edit +43 1 234 56 78",
        },
        {
            trigger: ".o_kanban_quick_create .o_field_widget[name=email_from] input",
            run: "edit maria.huber@example.com",
        },
        ...chooseMany2one("category_id", "Bathroom", ".o_kanban_quick_create"),
        {
            content: "add the card",
            trigger: ".o_kanban_quick_create .o_kanban_add",
            run: "click",
        },
        {
            content: "the card says who and what",
            trigger: `${card(TITLE, "New")}:contains("Maria Huber"):contains("Bathroom")`,
        },
        {
            content: "core offers the next card: no, thanks",
            trigger: ".o_kanban_quick_create .o_kanban_cancel",
            run: "click",
        },
        {
            trigger: ".o_kanban_renderer:not(:has(.o_kanban_quick_create))",
        },
    ];
}

/** When to call back, and what the customer said. */
function planTheFollowUp() {
    return [
        ...openLead(TITLE),
        ...openTab("internal_notes"),
        {
            content: "write a note",
            trigger: ".o_field_widget[name=description] .odoo-editor-editable",
            run: "editor Wants a walk-in shower",
        },
        ...openTab("follow_ups"),
        {
            content: "add a follow-up",
            trigger: ".o_field_widget[name=activity_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        ...chooseMany2one("activity_type_id", "To-Do", ".o_selected_row"),
        {
            trigger: ".o_selected_row .o_field_widget[name=summary] input",
            run: "edit Measure the bathroom",
        },
        ...save(),
        {
            content: "the follow-up is there, for me",
            trigger:
                ".o_field_widget[name=activity_ids] .o_data_row:contains('Measure the bathroom')",
        },
        ...chooseMany2one("category_id", "Renovation", ".o_lead_opportunity_form"),
        ...save(),
        goBack(),
        boardIsOpen(),
        {
            content: "the card has the other category",
            trigger: `${card(TITLE, "New")}:contains("Renovation")`,
        },
    ];
}

/** Progress: the card moves on, across the line between lead and opportunity. */
function moveAlong() {
    return [
        ...dragTo(TITLE, "Needs Analysis"),
        {
            content: "with the stage's probability",
            trigger: `${card(TITLE, "Needs Analysis")} .o_lead_card_probability:contains("20")`,
        },
        ...dragTo(TITLE, "Converted"),
        ...dragTo(TITLE, "Offer Made"),
        {
            trigger: `${card(TITLE, "Offer Made")} .o_lead_card_probability:contains("75")`,
        },
    ];
}

/** Two and a half hours were spent on it: one line. */
function recordHours() {
    return [
        ...openLead(TITLE, "Offer Made"),
        ...openTab("timesheets"),
        {
            content: "add hours",
            trigger: ".o_field_widget[name=timesheet_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            trigger: ".o_selected_row .o_field_widget[name=name] input",
            run: "edit Measured the bathroom",
        },
        {
            trigger: ".o_selected_row .o_field_widget[name=unit_amount] input",
            run: "edit 2:30",
        },
        ...save(),
        {
            content: "the hours are there",
            trigger:
                ".o_field_widget[name=timesheet_ids] .o_data_row:contains('Measured the bathroom'):contains('2:30')",
        },
        {
            content: "the lead shows its hours",
            trigger: ".o-form-buttonbox button[name=action_view_timesheets]:contains('2:30')",
        },
    ];
}

/** The offer: core asks for the contact, there is none yet. */
function makeTheOffer() {
    return [
        clickButton("action_new_offer"),
        {
            content: "there is no such contact: create it",
            trigger: ".modal .o_field_widget[name=action] input[data-value=create]:checked",
        },
        {
            content: "that is fine",
            trigger: ".modal footer button[name=action_apply]",
            run: "click",
        },
        {
            content: "the offer is for the new contact",
            trigger:
                ".o_form_view.o_sale_order .o_field_widget[name=partner_id] :value('Maria Huber')",
        },
        ...addProduct("Fitting a bathroom", "1,000.00"),
        ...addProduct("Wash basin", "500.00"),
        ...save(),
        {
            content: "the offer has its total",
            trigger: ".o_field_widget[name=tax_totals]:contains('1,500.00')",
        },
        goBack(),
        leadIsOpen(TITLE),
        {
            content: "the only offer is the main offer",
            trigger: ".o_field_widget[name=main_order_id] input:not(:value(''))",
        },
        clickButton("action_take_over_offer", ".o_lead_opportunity_form"),
        {
            content: "the value is the offer's",
            trigger: ".o_field_widget[name=expected_revenue] input:value('1,500.00')",
        },
        {
            content: "weighted by 75 %",
            trigger: ".o_lead_weighted:contains('1,125.00')",
        },
    ];
}

/** The customer's yes. */
function winIt() {
    return [
        clickButton("action_won"),
        {
            content: "the dialog says what will happen",
            trigger: ".modal .o_field_widget[name=contact_text]:contains('Maria Huber')",
        },
        {
            trigger: ".modal .o_field_widget[name=order_text]:contains('1,500.00')",
        },
        {
            trigger: ".modal .o_field_widget[name=hours_text]:contains('02:30')",
        },
        {
            content: "nothing speaks against it",
            trigger: ".modal .o_form_view:not(:has(.alert-danger))",
        },
        {
            trigger: `.modal .o_field_widget[name=project_name] input:value("${TITLE}")`,
        },
        {
            content: "win and create the project",
            trigger: ".modal footer button:contains('Win and create project')",
            run: "click",
        },
        ...projectIsOpen("Maria Huber"),
    ];
}

/** Later, in the project: what was it again that the customer wanted? */
function findTheNotes() {
    return [
        {
            content: "open the project's leads",
            trigger: ".o-form-buttonbox button[name=action_view_leads]",
            run: "click",
        },
        leadIsOpen(TITLE),
        ...openTab("internal_notes"),
        {
            content: "the notes are there",
            trigger: ".o_field_widget[name=description]:contains('Wants a walk-in shower')",
        },
        {
            content: "the lead knows its project",
            trigger: ".o-form-buttonbox button[name=action_view_project]",
        },
    ];
}

registry.category("web_tour.tours").add("lead_management_story", {
    url: "/odoo",
    steps: () => [
        ...writeDownTheCall(),
        ...planTheFollowUp(),
        ...moveAlong(),
        ...recordHours(),
        ...makeTheOffer(),
        ...winIt(),
        ...findTheNotes(),
    ],
});

registry.category("web_tour.tours").add("lead_management_won_existing", {
    url: "/odoo/lead-board",
    steps: () => [
        boardIsOpen(),
        ...openLead("Terrace Gruber"),
        clickButton("action_won"),
        {
            content: "into an existing project",
            trigger: ".modal .o_field_widget[name=target] label:contains('Existing project')",
            run: "click",
        },
        {
            content: "the dialog says what is missing",
            trigger: ".modal .alert-danger:contains('Choose the project')",
        },
        ...chooseMany2one("project_id", "House Gruber", ".modal"),
        {
            trigger: ".modal .o_form_view:not(:has(.alert-danger))",
        },
        {
            trigger: ".modal .o_field_widget[name=hours_text]:contains('04:00')",
        },
        {
            content: "win and add to the project",
            trigger: ".modal footer button:contains('Win and add to project')",
            run: "click",
        },
        ...projectIsOpen("Franz Gruber"),
        {
            trigger: ".o_last_breadcrumb_item:contains('House Gruber')",
        },
    ],
});

registry.category("web_tour.tours").add("lead_management_decline", {
    url: "/odoo/lead-board",
    steps: () => [
        boardIsOpen(),
        ...openLead("Kitchen Moser"),
        clickButton("action_decline"),
        {
            content: "say why",
            trigger: ".modal .o_field_widget[name=lost_reason_id] :contains('Too expensive')",
            run: "click .modal .o_field_widget[name=lost_reason_id] .o_selection_badge:contains('Too expensive')",
        },
        {
            trigger: ".modal .o_field_widget[name=lost_reason_id] .active:contains('Too expensive')",
        },
        {
            content: "decline",
            trigger: ".modal footer button[name=action_lost_reason_apply]",
            run: "click",
        },
        {
            content: "the lead is declined",
            trigger: "body:not(.modal-open) .o_lead_opportunity_form .ribbon:contains('Declined')",
        },
        {
            content: "and says why",
            trigger: ".o_field_widget[name=lost_reason_id] input:value('Too expensive')",
        },
        {
            content: "what is declined cannot be won",
            trigger: ".o_form_statusbar:not(:has(button[name=action_won]))",
        },
    ],
});

registry.category("web_tour.tours").add("lead_management_restore", {
    url: "/odoo/lead-board",
    steps: () => [
        boardIsOpen(),
        {
            content: "a declined lead is not on the board",
            trigger: ".o_kanban_renderer:not(:contains('Kitchen Moser'))",
        },
        {
            content: "open the filters",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            content: "only those that are open or won",
            trigger: ".o_filter_menu .o_menu_item:contains('Open and Recently Won').selected",
            run: "click",
        },
        {
            content: "now the declined ones",
            trigger: ".o_filter_menu .o_menu_item:contains('Declined')",
            run: "click",
        },
        {
            trigger: ".o_searchview_facet:contains('Declined')",
        },
        {
            content: "close the filters",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        ...openLead("Kitchen Moser"),
        clickButton("action_restore"),
        {
            content: "the lead is open again",
            trigger: ".o_form_statusbar button[name=action_won]",
        },
        {
            trigger: ".o_lead_opportunity_form:not(:has(.ribbon))",
        },
    ],
});

registry.category("web_tour.tours").add("lead_management_drag_to_won", {
    url: "/odoo/lead-board",
    steps: () => [
        boardIsOpen(),
        panelCounts("Negotiation", 1),
        panelCounts("Won", 0),
        {
            content: "drag to Won",
            trigger: ".o_kanban_record.o_draggable:contains('Garage Bauer')",
            run: `drag_and_drop (${column("Won")})`,
        },
        {
            content: "the board asks for the project",
            trigger: ".modal .o_field_widget[name=project_name] input:value('Garage Bauer')",
        },
        {
            content: "not now",
            trigger: ".modal footer button:contains('Discard')",
            run: "click",
        },
        {
            content: "the lead is won, its project pending",
            trigger: `body:not(.modal-open) ${card("Garage Bauer", "Won")}:contains("Project pending")`,
        },
        isInStage("Garage Bauer", "Won"),
        panelCounts("Negotiation", 0),
        panelCounts("Won", 1),
        {
            content: "open the filters",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            content: "filter what is pending",
            trigger: ".o_filter_menu .o_menu_item:contains('Project Pending')",
            run: "click",
        },
        {
            trigger: ".o_searchview_facet:contains('Project Pending')",
        },
        {
            content: "close the filters",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            content: "only this one is left",
            trigger:
                ".o_kanban_renderer:contains('Garage Bauer'):not(:contains('Open Lead'))",
        },
        ...openLead("Garage Bauer"),
        {
            content: "the form says so, too, and offers the dialog",
            trigger: ".o_lead_opportunity_form .alert button[name=action_won]",
        },
    ],
});
