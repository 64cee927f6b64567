"""Leads on hold: out of the way until a day, or until the customer writes."""

import logging

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.attempts import attempt_each
from ..tools.flags import get_wanted
from ..tools.marks import MACHINE_WROTE

_logger = logging.getLogger(__name__)

# a save of these may end a hold
ENDS_A_HOLD = frozenset(("active", "probability", "request_type", "stage_id"))


class CrmLead(models.Model):
    _inherit = "crm.lead"

    wake_up_date = fields.Date(
        "On Hold Until",
        copy=False,
        tracking=True,
        index="btree_not_null",
        help="An open lead is on hold until this day, a declined one is parked. Then its owner "
        "gets a follow-up. When the customer writes, it wakes up at once.",
    )
    is_on_hold = fields.Boolean(
        "On Hold",
        compute="_compute_is_on_hold",
        search="_search_is_on_hold",
        help="Open, and to be looked at on a later day only.",
    )

    @api.depends("wake_up_date", "won_status", "active")
    @api.depends_context("company")
    def _compute_is_on_hold(self):
        # a board asks for hundreds, of which few have a day
        self.is_on_hold = False
        for lead in self.filtered("wake_up_date"):
            lead.is_on_hold = (
                lead.active
                and lead.won_status == "pending"
                and lead.wake_up_date > lead._get_company_today()
            )

    @api.onchange("wake_up_date")
    def _onchange_wake_up_date(self):
        """Say that a day which has come puts nothing on hold."""
        if not self.wake_up_date or self.wake_up_date > self._get_company_today():
            return None
        return {
            "warning": {
                "title": self.env._("Not on hold"),
                "message": self.env._("Choose a day after today."),
                "type": "notification",
            }
        }

    def _get_company_today(self):
        """Which day it is where the lead's company is, the user's for a lead without one."""
        # sudo: the company's time zone alone is read
        return (self.sudo().company_id or self.env.company)._get_lead_today()

    @api.model
    def _on_company_days(self, make):
        """The domain that ``make`` returns for today, of the leads of each company.

        Most of the time it is the same day everywhere.

        :param make: a function of a date that returns a domain
        :rtype: Domain
        """
        # sudo: companies' time zones alone are read
        companies = self.env["res.company"].sudo()
        companies = companies.browse(companies._get_ids_in_use())
        days = companies.grouped(lambda company: company._get_lead_today())
        if len(days) == 1:
            return Domain(make(*days))
        days = {day: some.ids for day, some in days.items()}
        days[self.env.company._get_lead_today()].append(False)
        return Domain.OR(
            Domain("company_id", "in", ids) & Domain(make(day)) for day, ids in days.items()
        )

    @api.model
    def _search_is_on_hold(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        wanted = get_wanted(operator, value)
        found = Domain.FALSE
        if True in wanted:
            later = self._on_company_days(lambda today: Domain("wake_up_date", ">", today))
            found |= later & Domain([("won_status", "=", "pending"), ("active", "=", True)])
        if False in wanted:
            reached = self._on_company_days(lambda today: Domain("wake_up_date", "<=", today))
            found |= reached | Domain("wake_up_date", "=", False)
            found |= Domain("won_status", "!=", "pending") | Domain("active", "=", False)
        return found

    # ------------------------------------------------------------
    # End of a hold
    # ------------------------------------------------------------

    def _imply_hold_end(self, vals):
        """Rule of ``write``: who wins, declines or reopens a lead, or makes it a service request,
        ends its hold, unless the same save says until when."""
        if "wake_up_date" in vals or vals.keys().isdisjoint(ENDS_A_HOLD):
            return [(self, vals)]
        is_service = vals.get("request_type") == "service"
        ended = self.filtered(
            lambda lead: (
                lead.wake_up_date
                and (is_service or lead._get_status_after(vals) != lead.won_status)
            )
        )
        if not ended:
            return [(self, vals)]
        plan = [(self - ended, vals)] if self - ended else []
        return [*plan, (ended, {**vals, "wake_up_date": False})]

    def _get_status_after(self, vals):
        """The ``won_status`` that this lead has once ``vals`` are saved."""
        stage = self.env["crm.stage"].browse(vals.get("stage_id", self.stage_id.id))
        probability = vals.get("probability", self.probability) or 0
        if stage.is_won and probability == 100:
            return "won"
        return "pending" if vals.get("active", self.active) or probability else "lost"

    def _get_merged_wake_up_date(self):
        """Until when the lead is on hold that these are merged into: not at all, if one of them
        is not."""
        days = self.mapped("wake_up_date")
        return all(days) and min(days)

    def _merge_get_fields_specific(self):
        return {
            **super()._merge_get_fields_specific(),
            "wake_up_date": lambda _name, leads: leads._get_merged_wake_up_date(),
        }

    # ------------------------------------------------------------
    # Waking up
    # ------------------------------------------------------------

    @api.model
    def _wake_up_leads(self):
        """Wake the leads whose day has come where their company is. Called every night.

        What somebody put away stays so: an archived lead that is not declined sleeps on until it
        is active again. A lead that cannot be saved does not keep the others; it is tried again
        the next night.
        """
        reached = self._on_company_days(lambda today: Domain("wake_up_date", "<=", today))
        awaited = Domain("active", "=", True) | Domain("won_status", "=", "lost")
        leads = self.with_context(active_test=False).search(reached & awaited)
        attempt_each(
            leads, lambda some: some._wake_up(), _logger, "Leads %s do not wake up", conflicts=False
        )

    def _wake_up(self, by_customer=False):
        """End the hold: open leads are back, the owners get one follow-up each. Declined leads
        stay declined.

        :param bool by_customer: before its day, as the customer wrote
        """
        days = self.grouped(lambda lead: (lead.wake_up_date, lead.won_status == "lost"))
        # the follow-up tells of it; core's log of a change takes two queries per lead
        self.with_context(mail_notrack=True).write({"wake_up_date": False})
        for (day, is_declined), leads in days.items():
            leads._plan_for_owner(
                lambda env, is_declined=is_declined: self._get_wake_up_summary(
                    env, is_declined, by_customer
                ),
                self.env.company._get_lead_today() if by_customer else day,
            )

    @api.model
    def _get_wake_up_summary(self, env, is_declined, by_customer):
        """What the follow-up of a lead that wakes up says, in the language of ``env``."""
        if by_customer:
            return env._("Wake-up: the customer has written")
        if is_declined:
            return env._("Wake-up: ask the customer again")
        return env._("Wake-up: the lead is not on hold any more")

    def _message_post_after_hook(self, message, msg_vals):
        """A customer who writes wakes the lead."""
        # sudo: who writes has no rights on the lead
        asleep = self.sudo().filtered("wake_up_date")
        if asleep and self._is_from_outside(message):
            asleep._wake_up(by_customer=True)
        return super()._message_post_after_hook(message, msg_vals)

    @api.model
    def _is_from_outside(self, message):
        """Whether somebody who is no colleague wrote ``message``, by mail or in a portal."""
        if self.env.context.get("lead_machine_wrote") is MACHINE_WROTE:
            return False
        # sudo: the author need not be readable
        author = message.sudo().author_id
        if message.message_type == "email":
            return not author or author.partner_share
        return message.message_type == "comment" and author.partner_share
