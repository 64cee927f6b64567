"""Every foreign key that PostgreSQL follows by itself is handled, or harmless with a reason."""

from odoo.tests import tagged

from .common import LeadManagementCommon

# The tables that a stored field of ours, or the history, is made of.
SOURCES = (
    "account_analytic_line",
    "crm_lead",
    "crm_lead_handover",
    "crm_lead_history",
    "crm_lead_payment",
    "mail_activity",
    "project_task",
    "sale_order",
    "sale_order_line",
)
# Stored fields are made of these, too, but no figure is.
NO_SOURCES = {"res_company": "its time zone is proposed from its working hours"}
DEPENDS = "a field of ours depends on a field of what is deleted: the ORM computes it anew"
HANDLED = {
    # by crm.lead.reference.mixin
    "crm_lead.team_id": "noted in the history",
    "crm_lead.user_id": "noted in the history",
    "crm_lead_history.category_id": "keeps the name",
    "crm_lead_history.salesperson_id": "keeps the name",
    "crm_lead_history.stage_id": "keeps the name",
    "crm_lead_history.team_id": "keeps the name",
    "crm_lead_history.user_id": "keeps the name",
    "mail_activity.calendar_event_id": "follow-ups go by the ORM before",
    "mail_activity.user_id": "follow-ups go by the ORM before",
    # by res.company
    "crm_lead.company_id": "a company with leads is not deleted",
    # by crm.lead and project.project
    "crm_lead_history.lead_id": "noted as removed; the number stays",
    "crm_lead.won_project_id": "emptied by the ORM before",
    "account_analytic_line.lead_id": "a lead with hours is not deleted",
    "project_task.lead_id": "tickets without hours are archived before; one stays presales",
    "crm_lead.main_order_id": DEPENDS,
    "crm_lead.service_task_id": DEPENDS,
    "sale_order_line.order_id": DEPENDS,
    "sale_order_line.linked_line_id": "the order's total is computed from the lines that are left",
    "project_task.parent_id": DEPENDS,
}
NO_FIGURE = "in no stored figure and not in the history"
WITH_LEAD = "goes with its lead, and so do the figures"
HARMLESS = {
    "crm_lead_handover.lead_id": WITH_LEAD,
    "crm_lead_payment.lead_id": WITH_LEAD,
    "crm_lead_handover.project_id": "what there was in a project that is gone is not undone",
    "crm_lead_payment.term_line_id": "the payment stays where it was planned",
    "mail_activity.res_model_id": "only when a module with the model is uninstalled",
    "account_analytic_line.move_line_id": "hours have no journal item",
    "account_analytic_line.task_id": "hours keep their lead without a ticket",
    "account_analytic_line.project_id": "a project with hours is not deleted",
    "project_task.project_id": "a ticket keeps its lead wherever it is",
    "sale_order.opportunity_id": "a lead's offers go free with it; figures are the lead's",
    **dict.fromkeys(
        [
            "account_analytic_line.currency_id",
            "account_analytic_line.department_id",
            "account_analytic_line.employee_id",
            "account_analytic_line.journal_id",
            "account_analytic_line.manager_id",
            "account_analytic_line.order_id",
            "account_analytic_line.parent_task_id",
            "account_analytic_line.partner_id",
            "account_analytic_line.product_id",
            "account_analytic_line.product_uom_id",
            "account_analytic_line.so_line",
            "account_analytic_line.timesheet_invoice_id",
            "account_analytic_line.user_id",
            "crm_lead.campaign_id",
            "crm_lead.country_id",
            "crm_lead.lang_id",
            "crm_lead.lead_mining_request_id",
            "crm_lead.medium_id",
            "crm_lead.partner_id",
            "crm_lead.recurring_plan",
            "crm_lead.source_id",
            "crm_lead.state_id",
            "mail_activity.lead_plan_id",
            "mail_activity.previous_activity_type_id",
            "mail_activity.recommended_activity_type_id",
            "project_task.company_id",
            "project_task.displayed_image_id",
            "project_task.milestone_id",
            "project_task.partner_id",
            "project_task.recurrence_id",
            "project_task.sale_line_id",
            "project_task.sale_order_id",
            "project_task.sold_with_line_id",
            "sale_order.campaign_id",
            "sale_order.fiscal_position_id",
            "sale_order.journal_id",
            "sale_order.medium_id",
            "sale_order.payment_term_id",
            "sale_order.pending_email_template_id",
            "sale_order.preferred_payment_method_line_id",
            "sale_order.pricelist_id",
            "sale_order.project_id",
            "sale_order.sale_order_template_id",
            "sale_order.source_id",
            "sale_order.team_id",
            "sale_order.user_id",
            "sale_order_line.combo_item_id",
            "sale_order_line.company_id",
            "sale_order_line.currency_id",
            "sale_order_line.order_partner_id",
            "sale_order_line.project_id",
            "sale_order_line.salesman_id",
            "sale_order_line.task_id",
        ],
        NO_FIGURE,
    ),
}
# Cascades into what is referred to above: what goes along was deleted by no method either.
CASCADES = {
    "calendar_event.res_model_id": "only when a module with the model is uninstalled",
}
FOREIGN_KEYS = """
    WITH RECURSIVE keys AS (
        SELECT conrelid::regclass::text AS place, attname::text AS name,
               confrelid::regclass::text AS target, confdeltype::text AS kind
          FROM pg_constraint
          JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
         WHERE contype = 'f' AND confdeltype IN ('c', 'n')
           AND attname NOT IN ('create_uid', 'write_uid')
    ), found AS (
        SELECT keys.* FROM keys WHERE place = ANY(%(sources)s)
         UNION
        SELECT keys.* FROM keys
          JOIN found ON keys.place = found.target AND keys.kind = 'c'
                    AND found.place || '.' || found.name = ANY(%(handled)s)
    )
    SELECT place || '.' || name, place = ANY(%(sources)s) FROM found
"""


@tagged("post_install", "-at_install")
class TestForeignKeys(LeadManagementCommon):
    def find_keys(self):
        """What PostgreSQL deletes or empties by itself: of the sources, and into those."""
        self.env.cr.execute(FOREIGN_KEYS, {"sources": list(SOURCES), "handled": list(HANDLED)})
        found = dict(self.env.cr.fetchall())
        sources = {key for key, is_source in found.items() if is_source}
        return sources, found.keys() - sources

    def test_every_foreign_key_is_handled_or_harmless(self):
        """A key that is not listed: settle it in ``crm.lead.reference.mixin``, or say why not."""
        sources, cascades = self.find_keys()
        self.assertEqual(sources, HANDLED.keys() | HARMLESS.keys())
        self.assertEqual(cascades, CASCADES.keys())
        self.assertFalse(HANDLED.keys() & HARMLESS.keys())

    def test_a_new_key_is_found(self):
        """One of a figure's own table, and one into what is deleted by a cascade."""
        before, cascades = self.find_keys()
        self.env.cr.execute(
            """
            ALTER TABLE crm_lead ADD COLUMN test_partner_id int4
                REFERENCES res_partner ON DELETE SET NULL;
            ALTER TABLE calendar_event ADD COLUMN test_room_id int4
                REFERENCES res_country ON DELETE CASCADE
            """
        )
        sources, later = self.find_keys()
        self.assertEqual(sources - before, {"crm_lead.test_partner_id"})
        self.assertEqual(later - cascades, {"calendar_event.test_room_id"})

    def find_tables(self, model, path, found, seen):
        """The tables that a field of ``model`` is computed from, into ``found``."""
        for name in path.split("."):
            field = model._fields[name]
            if model._auto and not model._transient:
                found.setdefault(model._table, f"{model._name}.{name}")
            if field.compute and not field.store and field not in seen:
                seen.add(field)
                for inner in self.registry.field_depends[field]:
                    self.find_tables(model, inner, found, seen)
            if field.relational:
                model = self.env[field.comodel_name]

    def test_sources_are_all_tables_that_stored_figures_are_made_of(self):
        found = {}
        for model in self.env.values():
            is_kept = not (model._transient or model._abstract)
            for field in model._fields.values():
                ours = "lead_management" in field._modules and is_kept
                if ours and field.store and field.compute:
                    for path in self.registry.field_depends[field]:
                        self.find_tables(model, path, found, set())
        self.assertFalse(found.keys() - {*SOURCES, *NO_SOURCES}, found)
