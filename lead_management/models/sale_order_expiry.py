"""Offers that are about to expire: the owner of the lead is reminded once."""

import logging

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.attempts import attempt_each
from ..tools.spans import MOST_DAYS
from .crm_lead_left_over import OPEN_OFFER_STATES

_logger = logging.getLogger(__name__)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    lead_reminded_expiry = fields.Date(
        "Reminded of Expiry",
        copy=False,
        readonly=True,
        groups="base.group_user",
        help="The expiry of which the owner of the lead was reminded. A new expiry reminds again.",
    )

    def _remind_of_expiry(self):
        """Plan a follow-up for the owners of open leads whose offers expire within the days that
        the company has set. Called every night.

        Who was reminded of an expiry is not reminded of it again. An offer for which that is
        refused does not keep the others; it is tried again the next night.
        """
        attempt_each(
            self._find_expiring(),
            lambda some: some._remind_owners(),
            _logger,
            "Offers %s: nobody is reminded of them",
            conflicts=False,
        )

    def _find_expiring(self):
        """The undecided offers of open leads that expire soon, and nobody was reminded of it.

        :return: ``sale.order`` in sudo mode
        """
        # sudo: the job is for all companies, and the settings are for employees
        companies = self.env["res.company"].sudo().search([("lead_offer_expiry_days", ">", 0)])
        soon = Domain.OR(
            [
                [
                    ("company_id", "in", of_days.ids),
                    ("validity_date", ">=", today),
                    ("validity_date", "<=", fields.Date.add(today, days=min(days, MOST_DAYS))),
                ]
                for (days, today), of_days in companies.grouped(
                    lambda company: (company.lead_offer_expiry_days, company._get_lead_today())
                ).items()
            ]
        )
        open_offers = Domain(
            [
                ("state", "in", OPEN_OFFER_STATES),
                ("opportunity_id.active", "=", True),
                ("opportunity_id.won_status", "=", "pending"),
            ]
        )
        orders = self.sudo().search(open_offers & soon, order="id")
        return orders.filtered(lambda order: order.lead_reminded_expiry != order.validity_date)

    def _remind_owners(self):
        """One follow-up per offer, for whoever owns its lead; without an owner there is none.
        The owner gets no mail."""
        # sudo: the leads are of all salespeople
        orders = self.sudo()
        values = []
        kind = self.env.ref("mail.mail_activity_data_todo")
        for order in orders:
            owner = order.opportunity_id._get_follow_up_owner()
            if owner:
                values.append(order._prepare_expiry_follow_up(owner, kind))
        activities = self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True)
        activities.create(values)
        for day, of_day in orders.grouped("validity_date").items():
            of_day.write({"lead_reminded_expiry": day})

    def _prepare_expiry_follow_up(self, owner, kind):
        """Values of the follow-up, in its owner's language.

        :param owner: ``res.users``
        :param kind: ``mail.activity.type``
        :rtype: dict
        """
        self.ensure_one()
        env = self.with_context(lang=owner.lang).env
        return {
            "activity_type_id": kind.id,
            "summary": self._get_expiry_summary(env, self.validity_date),
            "date_deadline": self.company_id._get_lead_today(),
            "user_id": owner.id,
            "automated": True,
            "res_model_id": env["ir.model"]._get_id("crm.lead"),
            "res_id": self.opportunity_id.id,
        }

    def _get_expiry_summary(self, env, day):
        """What the follow-up says, in the language of ``env``."""
        return env._("Offer %(name)s expires on %(day)s", name=self.name, day=format_date(env, day))

    # ------------------------------------------------------------
    # Settled
    # ------------------------------------------------------------

    @api.ondelete(at_uninstall=False)
    def _unlink_reminders(self):
        """Nobody needs to look after an offer that is deleted."""
        self._drop_reminders(self._note_reminders())

    def _note_reminders(self):
        """Of which expiry of these offers the owners were reminded, and on which leads.

        :return: list of (``sale.order`` in sudo mode, ``crm.lead``, date)
        """
        # sudo: who decides about an offer need not be able to read its lead
        return [
            (order, order.opportunity_id, order.lead_reminded_expiry)
            for order in self.sudo()
            if order.lead_reminded_expiry
        ]

    def _drop_settled_reminders(self, reminders):
        """Nobody needs to look after offers that are decided, expire on another day or belong to
        another lead, whose owner is reminded by himself.

        :param reminders: as ``_note_reminders`` found them before
        """
        moved = self.sudo().browse()
        settled = []
        for order, lead, day in reminders:
            if order.opportunity_id != lead:
                moved += order
            elif order.state in OPEN_OFFER_STATES and order.validity_date == day:
                continue
            settled.append((order, lead, day))
        self._drop_reminders(settled)
        if moved:
            moved.write({"lead_reminded_expiry": False})

    def _drop_reminders(self, reminders):
        leads = self.env["crm.lead"].sudo().union(*(lead for _order, lead, _day in reminders))
        leads._drop_own_follow_ups(
            *(
                lambda env, order=order, day=day: order._get_expiry_summary(env, day)
                for order, _lead, day in reminders
            )
        )
