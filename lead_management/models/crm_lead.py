from odoo import api, fields, models
from odoo.exceptions import UserError

from .crm_lead_needs import NEEDS_SETTLED


class CrmLead(models.Model):
    _inherit = "crm.lead"

    won_status = fields.Selection(
        selection=[("won", "Won"), ("lost", "Declined"), ("pending", "Open")],
        string="Status",
        help="The customer's decision. An archived lead that nobody declined is still open.",
    )
    category_id = fields.Many2one(
        "crm.lead.category",
        index="btree_not_null",
        tracking=True,
        check_company=True,
        ondelete="restrict",
        help="The topic of the lead. One per lead; use tags for everything else.",
    )
    attachment_ids = fields.One2many(
        "ir.attachment",
        "res_id",
        "Documents",
        domain=[("res_model", "=", "crm.lead"), ("res_field", "=", False)],
        help="The documents attached to the lead.",
    )
    is_customer = fields.Boolean(
        compute="_compute_is_customer",
        help="Whether the linked contact, or its company, is a customer already.",
    )

    @api.depends("partner_id.is_customer")
    def _compute_is_customer(self):
        for lead in self:
            lead.is_customer = lead.partner_id.is_customer

    def action_activate_customer(self):
        """Make the linked contact's commercial entity a customer.

        :raises UserError: when no contact is linked
        """
        self.check_access("write")
        if not all(lead.partner_id for lead in self):
            raise UserError(self.env._("Link or create the contact first."))
        return self.partner_id.action_activate_customer()

    # ------------------------------------------------------------
    # Merge and removal
    # ------------------------------------------------------------

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), "category_id", "won_project_id"]

    def _merge_opportunity(self, user_id=False, team_id=False, **kwargs):
        """Core's merge; leads whose orders run in different projects stay apart.

        :raises AccessError: when the user may not change one of the leads
        :raises UserError: when the leads run in different projects
        """
        self.check_access("write")
        # sudo: the projects' names are told to who may not open them
        projects = self.sudo().won_project_id
        if len(projects) > 1:
            raise UserError(
                self.env._(
                    "These leads run in different projects and cannot be merged: %(projects)s",
                    projects=", ".join(projects.mapped("name")),
                )
            )
        # the stage of the merged lead is chosen by a rule, whatever it needs
        leads = self.with_context(lead_needs=NEEDS_SETTLED, lead_merge_team_id=team_id)
        merged = super(CrmLead, leads)._merge_opportunity(
            user_id=user_id, team_id=team_id, **kwargs
        )
        return merged.with_env(self.env)

    def _merge_dependences(self, opportunities):
        """Core's hook: the merged lead takes over the tickets, all hours, offers and the project.
        Core leaves colleagues' offers behind."""
        res = super()._merge_dependences(opportunities)
        # sudo: tickets and hours of colleagues may be out of reach for a salesperson; that the
        # leads may be merged was checked by core
        for model in ("project.task", "account.analytic.line"):
            records = self.env[model].sudo().with_context(active_test=False)
            records.search([("lead_id", "in", opportunities.ids)]).write({"lead_id": self.id})
        orders = self.env["sale.order"].sudo()
        orders.search([("opportunity_id", "in", opportunities.ids)]).opportunity_id = self
        handovers = self.env["crm.lead.handover"].sudo()
        handovers.search([("lead_id", "in", opportunities.ids)]).write({"lead_id": self.id})
        # core has collected what the merged lead gets, and deletes the others next
        opportunities.sudo().write({"won_project_id": False})
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_hours(self):
        """Refuse to delete what would lose recorded work; empty tickets are archived."""
        # sudo: hours of colleagues count too
        lines = self.env["account.analytic.line"].sudo()
        hours = lines.search([("lead_id", "in", self.ids)])
        leads = self.filtered("won_project_id") | hours.lead_id
        if leads:
            raise UserError(
                self.env._(
                    "These leads have recorded hours or a project and cannot be deleted. "
                    "Archive or decline them instead: %(leads)s",
                    leads=", ".join(leads.mapped("name")),
                )
            )
        # sudo: salespeople have no project rights; these tickets hold no hours
        tickets = self.env["project.task"].sudo().search([("lead_id", "in", self.ids)])
        tickets.write({"active": False})
