import { markup } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const QUICK = ".o_lead_board .o_kanban_quick_create";
const CARD = ".o_lead_board .o_kanban_group .o_kanban_record:contains('Bathroom, new tiles')";

/** From the first lead to the project: core shows it to who sets up a database without demo data. */
registry.category("web_tour.tours").add("lead_management_onboarding", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            trigger: '.o_app[data-menu-xmlid="crm.crm_menu_root"]',
            content: markup(
                _t("From the first call to the project: let's take a <b>lead</b> all the way.")
            ),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: "button[data-menu-xmlid='crm.crm_menu_sales']",
            content: _t("“My Day” lists what is due. Your leads are in this menu, too."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: "a[data-menu-xmlid='lead_management.crm_menu_lead_board']",
            content: markup(_t("Open the <b>Lead Board</b>: a column for each phase.")),
            tooltipPosition: "right",
            run: "click",
        },
        {
            trigger: ".o_lead_board .o_kanban_renderer",
        },
        {
            trigger: ".o_lead_board .o-kanban-button-new, .o_control_panel .o-kanban-button-new",
            content: markup(_t("The phone rings: press <b>New</b>.")),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: `${QUICK} .o_field_widget[name=name] input`,
            content: _t("What is it about? Nothing else is required."),
            tooltipPosition: "right",
            run: "edit Bathroom, new tiles",
        },
        {
            trigger: `${QUICK} .o_field_widget[name=contact_name] input`,
            content: _t("Who is calling? The address book stays clean until there is an order."),
            tooltipPosition: "right",
            run: "edit Maria Huber",
        },
        {
            trigger: `${QUICK} .o_field_widget[name=first_step] input`,
            content: markup(
                _t("What comes next? It is planned for tomorrow, and due in <b>My Day</b> then.")
            ),
            tooltipPosition: "right",
            run: "edit Send samples",
        },
        {
            trigger: `${QUICK} .o_kanban_add`,
            content: _t("Add the lead to the board."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: CARD,
        },
        {
            trigger: `${QUICK} .o_kanban_cancel`,
            content: _t("One is enough for now."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".o_lead_board .o_kanban_renderer:not(:has(.o_kanban_quick_create))",
        },
        {
            trigger: CARD,
            content: markup(
                _t("Progress? <b>Drag the card</b> to the next phase: its probability follows.")
            ),
            tooltipPosition: "right",
            run: "drag_and_drop(.o_lead_board .o_kanban_group:eq(1))",
        },
        {
            trigger: `.o_lead_board .o_kanban_group:eq(1) .o_kanban_record.o_draggable`,
        },
        {
            trigger: CARD,
            content: _t("Open the lead: what comes next is on top, all that is known below."),
            tooltipPosition: "right",
            run: "click",
        },
        {
            trigger: ".o_lead_opportunity_form .o_lead_next_step",
        },
        {
            trigger: ".o_lead_opportunity_form button[name=action_won]:not(.d-none)",
            content: markup(_t("The customer says yes: press <b>Won</b>.")),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".modal footer button.btn-primary[name=action_convert]",
            content: markup(
                _t("It says what will happen. One press <b>creates the project</b> and the contact.")
            ),
            tooltipPosition: "top",
            run: "click",
        },
        {
            trigger: "body:not(.modal-open) .o_form_view .o-form-buttonbox button[name=action_view_leads]",
            content: _t("The project. Its lead, with notes and messages, is one click away."),
            tooltipPosition: "bottom",
            run: "click",
        },
    ],
});
