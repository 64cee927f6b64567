import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.attempts import get_cause
from ..tools.marks import NEEDS_SETTLED

_logger = logging.getLogger(__name__)


class Refusals:
    """What refuses while many leads are merged and converted.

    :param leads: an empty ``crm.lead``
    """

    def __init__(self, leads):
        self.leads = leads
        self.reasons = []

    def attempt(self, leads, action, is_trial=False):
        """Do something with leads, or change nothing and note who refuses and why.

        Conflicts with other transactions are raised: Odoo runs all of it again.

        :param action: a function without parameters
        :param bool is_trial: change nothing in any case
        :return: list of what ``action`` returned, empty where it was refused
        """
        savepoint = leads.env.cr.savepoint()
        try:
            results = [action()]
            leads.env.flush_all()
            savepoint.close(rollback=is_trial)
        except Exception as error:
            savepoint.close(rollback=True)
            if isinstance(error, psycopg2.OperationalError):
                raise
            _logger.info("Leads %s were left out: %s", leads.ids, get_cause(error))
            self.leads |= leads
            # other errors say nothing to people
            self.reasons += [str(error)] if isinstance(error, UserError) else []
            return []
        return results


class CrmLead(models.Model):
    _inherit = "crm.lead"

    won_status = fields.Selection(
        # core's words; what screens say instead is in fields_get
        selection=[("won", "Won"), ("lost", "Lost"), ("pending", "Pending")],
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

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Screens say *Declined* and *Open*. Code and the log of changes keep core's words, which
        other addons go by."""
        res = super().fields_get(allfields, attributes)
        # what only the builder of a screen asks for
        if "groupable" in (attributes or ()) and "selection" in res.get("won_status", {}):
            words = {"lost": self.env._("Declined"), "pending": self.env._("Open")}
            res["won_status"]["selection"] = [
                (value, words.get(value, label)) for value, label in res["won_status"]["selection"]
            ]
        return res

    def _compute_user_company_ids(self):
        """Core's, once per company: it assigns lead by lead, and every list of leads reads it."""
        groups = self.grouped("company_id").values()
        first = self.browse().union(*(leads[0] for leads in groups))
        res = super(CrmLead, first)._compute_user_company_ids()
        for leads in groups:
            leads[1:].user_company_ids = leads[0].user_company_ids
        return res

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
        :raises UserError: when the leads run in different projects, or no rate converts the value
            that is kept
        """
        self.check_access("write")
        self._check_mergeable()
        self._sort_by_confidence_level(reverse=True)._check_merged_value()
        # the stage of the merged lead is chosen by a rule, whatever it needs
        leads = self.with_context(lead_needs=NEEDS_SETTLED, lead_merge_team=(team_id,))
        merged = super(CrmLead, leads)._merge_opportunity(
            user_id=user_id, team_id=team_id, **kwargs
        )
        return merged.with_env(self.env)

    def _check_mergeable(self):
        """:raises UserError: when the leads run in different projects"""
        # sudo: the projects' names are told to who may not open them
        projects = self.sudo().won_project_id
        if len(projects) > 1:
            raise UserError(
                self.env._(
                    "These leads run in different projects and cannot be merged: %(projects)s",
                    projects=", ".join(projects.mapped("name")),
                )
            )

    def merge_opportunity(self, user_id=False, team_id=False, auto_unlink=True):
        """Core's; of many groups at once, one that refuses stays as it is, and is noted."""
        refused = self.env.context.get("lead_refusals")
        merge = super().merge_opportunity
        # a client cannot send such an object
        if not isinstance(refused, Refusals):
            return merge(user_id, team_id, auto_unlink)
        merged = refused.attempt(self, lambda: merge(user_id, team_id, auto_unlink))
        return merged[0] if merged else self[:1]

    def _merge_dependences(self, opportunities):
        """Core's hook: the merged lead takes over the tickets, all hours, offers and the project.
        Core leaves colleagues' offers behind."""
        res = super()._merge_dependences(opportunities)
        # sudo: tickets and hours of colleagues may be out of reach for a salesperson; that the
        # leads may be merged was checked by core
        for model, name in (
            ("project.task", "lead_id"),
            ("account.analytic.line", "lead_id"),
            ("sale.order", "opportunity_id"),
            ("crm.lead.handover", "lead_id"),
        ):
            records = self.env[model].sudo().with_context(active_test=False)
            if records := records.search([(name, "in", opportunities.ids)]):
                records.write({name: self.id})
        # core has collected what the merged lead gets, and deletes the others next
        opportunities.sudo().write({"won_project_id": False})
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_hours(self):
        """Refuse to delete what would lose recorded work; empty tickets are archived."""
        leads = self._find_recorded_work()
        if leads:
            raise UserError(
                self.env._(
                    "These leads have recorded hours or a project and cannot be deleted. "
                    "Archive or decline them instead: %(leads)s",
                    leads=", ".join(leads.mapped("name")),
                )
            )
        # sudo: salespeople have no project rights; these tickets hold no hours
        tickets = self.env["project.task"].sudo()
        if tickets := tickets.search([("lead_id", "in", self.ids)]):
            tickets.write({"active": False})

    def _find_recorded_work(self):
        """Those of these leads that must not be deleted: they have hours or a project."""
        # sudo: hours of colleagues count too
        lines = self.env["account.analytic.line"].sudo()
        hours = lines.search([("lead_id", "in", self.ids)])
        return self.filtered("won_project_id") | hours.lead_id.with_env(self.env)

    def _without_what_a_job_must_keep(self):
        """Of what a job deletes, or code in superuser mode at once, the leads that may go. Those
        with recorded work stay and do not keep the others; the log has their ids."""
        is_job = "cron_id" in self.env.context or (self.env.su and len(self) > 1)
        kept = self._find_recorded_work() if is_job else self.browse()
        if kept:
            _logger.warning(
                "Leads %s are not deleted: they have recorded hours or a project", kept.ids
            )
        return self - kept
