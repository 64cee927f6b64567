"""Offers that are about to expire: the owner of the lead is reminded once."""

import logging

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.attempts import attempt_each
from ..tools.spans import MOST_DAYS

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
                ("state", "in", ("draft", "sent")),
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
        for order in orders:
            owner = order.opportunity_id._get_follow_up_owner()
            if owner:
                values.append(order._prepare_expiry_follow_up(owner))
        activities = self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True)
        activities.create(values)
        for day, of_day in orders.grouped("validity_date").items():
            of_day.write({"lead_reminded_expiry": day})

    def _prepare_expiry_follow_up(self, owner):
        """Values of the follow-up, in its owner's language.

        :param owner: ``res.users``
        :rtype: dict
        """
        self.ensure_one()
        env = self.with_context(lang=owner.lang).env
        return {
            "activity_type_id": env.ref("mail.mail_activity_data_todo").id,
            "summary": env._(
                "Offer %(name)s expires on %(day)s",
                name=self.name,
                day=format_date(env, self.validity_date),
            ),
            "date_deadline": self.company_id._get_lead_today(),
            "user_id": owner.id,
            "automated": True,
            "res_model_id": env["ir.model"]._get_id("crm.lead"),
            "res_id": self.opportunity_id.id,
        }
