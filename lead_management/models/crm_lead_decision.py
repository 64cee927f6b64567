"""The customer's decision: won leads become projects, declined ones keep their effort."""

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.attempts import attempt
from ..tools.marks import REASON_FOLLOWS

_logger = logging.getLogger(__name__)


class Winning(frozenset):
    """The ids of the archived leads that are being won. A client cannot send it in a context."""


class CrmLead(models.Model):
    _inherit = "crm.lead"

    won_project_id = fields.Many2one(
        "project.project",
        "Project",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        help="The project in which the won lead's order runs.",
    )
    project_state = fields.Selection(
        [
            ("none", "Not Won"),
            ("pending", "Project Pending"),
            ("converted", "In a Project"),
            ("no_project", "No Project Needed"),
        ],
        compute="_compute_project_state",
        store=True,
        readonly=True,
        copy=False,
        index=True,
        help="What became of the lead after the customer's yes. Pending: it was won without "
        "anybody deciding about the project.",
    )

    @api.depends("won_status", "won_project_id")
    def _compute_project_state(self):
        for lead in self:
            if lead.won_project_id:
                lead.project_state = "converted"
            elif lead.won_status != "won":
                lead.project_state = "none"
            elif lead.project_state != "no_project":
                lead.project_state = "pending"

    # ------------------------------------------------------------
    # Won
    # ------------------------------------------------------------

    def action_won(self):
        """Open the dialog that turns the leads into a project.

        Leads that run in one project already, because they were won before, are won again
        without moving anything twice.

        :return: the action of ``crm.lead.won``, or that of the project
        :raises AccessError: when the user may not change one of the leads
        :raises UserError: when some of them run in a project already and others do not, or when
            one lacks what the won stage needs
        """
        self.check_access("write")
        self._check_not_handed_over_apart()
        if self._is_handed_over() and not self._has_rest_to_hand_over():
            self.filtered(lambda lead: lead.won_status != "won").action_set_won()
            return self[:1].action_view_project()
        self._check_needs_of_won_stage()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_management.crm_lead_won_action"
        )
        action["context"] = {"default_lead_ids": [fields.Command.set(self.ids)]}
        return action

    def action_set_won(self):
        """Core's; a declined lead is won in one save: nobody sees it open in between."""
        archived = self.filtered(lambda lead: not lead.active and not lead.stage_id.is_won)
        leads = self.with_context(lead_winning=Winning(archived.ids))
        return super(CrmLead, leads).action_set_won()

    def action_unarchive(self):
        """Core's, but for leads that are being won: their won stage makes them active."""
        winning = self.env.context.get("lead_winning")
        leads = self
        if isinstance(winning, Winning):
            leads = self.filtered(lambda lead: lead.id not in winning)
        return super(CrmLead, leads).action_unarchive()

    def _has_rest_to_hand_over(self):
        """Whether leads that were handed over have hours or offers outside their project, written
        later."""
        tickets = self._get_tickets([("project_id.allow_billable", "=", False)])
        # sudo: those of colleagues count too
        hours = self.env["account.analytic.line"].sudo()
        # as core's _is_not_billed
        cancelled = Domain("timesheet_invoice_id.state", "=", "cancel") & Domain(
            "timesheet_invoice_id.payment_state", "!=", "invoicing_legacy"
        )
        not_billed = Domain("timesheet_invoice_id", "=", False) | cancelled
        return bool(
            hours.search_count(Domain("task_id", "in", tickets.ids) & not_billed, limit=1)
            or self._get_offers().filtered(lambda order: not order.project_id)
        )

    def _is_handed_over(self):
        """Whether these leads run in one project already."""
        # sudo: the project need not be readable
        leads = self.sudo()
        return len(leads.won_project_id) == 1 and all(lead.won_project_id for lead in leads)

    def _check_not_handed_over_apart(self):
        """:raises UserError: when some of these leads run in a project and others do not, or in
        another one"""
        if self._is_handed_over():
            return
        # sudo: the project's name is told to who may not open it
        for lead in self.sudo().filtered("won_project_id"):
            raise UserError(
                self.env._(
                    "“%(lead)s” runs in project “%(project)s” already.",
                    lead=lead.name,
                    project=lead.won_project_id.name,
                )
            )

    def _get_rainbowman_message(self):
        """Core's congratulation. One that cannot be found undoes nothing: core fails on the first
        deal of a colleague without a team."""
        found = []
        # what fails here is no part of the message
        self.env.flush_all()
        ask = super()._get_rainbowman_message
        if attempt(self, lambda: found.append(ask()), _logger, "No message for lead %s", self.ids):
            return found[0]
        return self.env._("Won! Congratulations.")

    # ------------------------------------------------------------
    # Declined
    # ------------------------------------------------------------

    def action_decline(self):
        """Open core's dialog, which asks for the reason."""
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id("crm.crm_lead_lost_action")
        action["name"] = self.env._("Decline")
        action["context"] = {"dialog_size": "medium", "default_lead_ids": self.ids}
        return action

    def action_set_lost(self, **additional_values):
        """Core's way to decline. The screens ask for a reason; code need not give one: then the
        owner is asked.

        :param additional_values: values of the leads, such as ``lost_reason_id`` and
            ``wake_up_date``, the day until which they are parked
        """
        declined = self.filtered(lambda lead: lead.won_status != "lost")
        # core archives first: a lead at 0 % is declined before it has its reason
        leads = self.with_context(lead_reason_follows=REASON_FOLLOWS)
        res = super(CrmLead, leads).action_set_lost(**additional_values)
        declined._ask_for_reason()
        return res

    def _ask_for_reason(self):
        """Have the owners of declined leads without a reason asked for it, once."""
        leads = self.filtered(lambda lead: lead.won_status == "lost" and not lead.lost_reason_id)
        if leads:
            asked = leads._find_own_follow_ups(self._get_reason_summary)
            leads -= self.browse(asked.mapped("res_id"))
            leads._plan_for_owner(self._get_reason_summary, fields.Date.context_today(self))

    @api.model
    def _get_reason_summary(self, env):
        return env._("Enter the reason why the lead was declined")

    def _drop_reason_follow_ups(self):
        """Nobody needs to enter the reason any more."""
        declined = self.filtered(lambda lead: lead.won_status == "lost")
        declined._drop_own_follow_ups(self._get_reason_summary)

    def _handle_won_lost(self, old_status_by_lead, new_status_by_lead):
        """Core's hook on every way to decline or reopen: tickets close and open with the lead.

        Their hours stay where they are, in the lead project.
        """
        res = super()._handle_won_lost(old_status_by_lead, new_status_by_lead)
        was_won = self.filtered(lambda lead: old_status_by_lead.get(lead.id, {}).get("is_won"))
        was_won._drop_follow_ups_of_cancelled_order()
        declined, reopened = self.browse(), self.browse()
        for lead in self:
            status = new_status_by_lead.get(lead.id, {}).get("is_lost", False)
            if status != old_status_by_lead.get(lead.id, {}).get("is_lost", False):
                if status:
                    declined |= lead
                else:
                    reopened |= lead
        if declined:
            declined._close_tickets()
            if self.env.context.get("lead_reason_follows") is not REASON_FOLLOWS:
                # a lead that is created as declined was declined elsewhere, before
                declined.filtered(lambda lead: lead.id in old_status_by_lead)._ask_for_reason()
        if reopened:
            reopened._reopen()
        return res

    def _refuse_given_status(self, vals):
        """:raises UserError: when a status is saved that does not follow from the rest"""
        status = vals.get("won_status")
        if status and not self.env.su and any(lead.won_status != status for lead in self):
            raise UserError(
                self.env._(
                    "The status of a lead follows from its phase and the customer's decision: win "
                    "or decline it instead."
                )
            )

    def _imply_reopening(self, vals):
        """Rule of ``write``: a declined lead that becomes active again is open, with the
        probability of its stage. Merely archived leads keep theirs."""
        if not vals.get("active") or vals.get("stage_id") or "probability" in vals:
            return [(self, vals)]
        reopened = self.filtered(
            lambda lead: lead.won_status == "lost" and lead.stage_id._sets_probability()
        )
        plan = [(self - reopened, vals)] if self - reopened or not self else []
        for stage, leads in reopened.grouped("stage_id").items():
            plan.append((leads, {**vals, **stage._prepare_probability_values()}))
        return plan

    def _get_open_with_closing_date(self, vals):
        """Those of these leads that core has just closed because somebody saved 100 % for them,
        or leaves closed though they are active again.

        They are open until they are won, in a won stage, or declined.
        """
        if (vals.get("probability") or 0) < 100 and not vals.get("active"):
            return self.browse()
        return self.filtered(
            lambda lead: lead.active and lead.won_status == "pending" and lead.date_closed
        )

    def _reopen(self):
        """Leads that are not declined any more, on whatever way: their tickets open again,
        reason and closing date go."""
        self._reopen_tickets()
        self._drop_own_follow_ups(self._get_reason_summary)
        open_leads = self.filtered(lambda lead: lead.active and lead.won_status == "pending")
        if open_leads:
            open_leads.write({"lost_reason_id": False, "date_closed": False})

    # ------------------------------------------------------------
    # Links
    # ------------------------------------------------------------

    def action_view_project(self):
        """Open the project in which the lead's order runs.

        :raises AccessError: when the user may not read the lead
        """
        self._check_one()
        self.check_access("read")
        # sudo: the project need not be readable; then the lead opens
        return self._get_project_action(self.sudo().won_project_id)

    def _get_project_action(self, project):
        """The form of ``project``, or this lead's where the user may not read it."""
        record = project.sudo(False)
        if not project or not record.has_access("read"):
            record = self
        return {
            "type": "ir.actions.act_window",
            "name": record.display_name,
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }
