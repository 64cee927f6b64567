from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_compare

from ..tools.allocation import allocate, weigh


class CrmLeadPayment(models.Model):
    _name = "crm.lead.payment"
    _description = "Planned Payment"
    _order = "sequence, id"

    lead_id = fields.Many2one("crm.lead", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    name = fields.Char("Description", help="What the payment is for, such as a milestone.")
    date = fields.Date(index=True, help="When the payment is expected. Empty: not known yet.")
    percentage = fields.Float(
        "Share (%)",
        aggregator=None,
        help="Share of the lead's value. The amount follows the value. "
        "Type an amount instead for a payment that does not.",
    )
    amount = fields.Monetary(
        currency_field="currency_id",
        compute="_compute_amount",
        store=True,
        readonly=False,
        help="In the currency of the lead's company, without taxes.",
    )
    amount_weighted = fields.Monetary(
        "Weighted",
        currency_field="currency_id",
        compute="_compute_amount_weighted",
        store=True,
        help="Amount × probability of the lead. The payments of a lead that cover its value "
        "add up to its weighted value, to the cent.",
    )
    currency_id = fields.Many2one(related="lead_id.company_currency")
    company_id = fields.Many2one(related="lead_id.company_id")

    @api.constrains("percentage", "amount")
    def _check_amount(self):
        for payment in self:
            if not 0 <= payment.percentage <= 100:
                raise ValidationError(
                    self.env._(
                        "The share of planned payment “%(name)s” must be between 0 and 100 %%.",
                        name=payment.display_name,
                    )
                )
            if payment.percentage and payment.lead_id.value_source == "payments":
                raise ValidationError(
                    self.env._(
                        "The value of “%(lead)s” is the sum of its planned payments: enter "
                        "amounts, not shares of the value.",
                        lead=payment.lead_id.name,
                    )
                )
            if not payment.percentage and payment.amount < 0:
                raise ValidationError(
                    self.env._(
                        "Planned payment “%(name)s” has a negative amount.",
                        name=payment.display_name,
                    )
                )

    @api.depends("name", "date")
    def _compute_display_name(self):
        for payment in self:
            payment.display_name = payment.name or (
                fields.Date.to_string(payment.date) if payment.date else self.env._("Payment")
            )

    @api.depends(
        "percentage", "sequence", "lead_id.expected_revenue", "lead_id.payment_ids.percentage"
    )
    def _compute_amount(self):
        for lead, payments in self.grouped("lead_id").items():
            shares = lead.payment_ids.filtered("percentage")._in_order()
            amounts = allocate(
                lead.expected_revenue or 0.0,
                shares.mapped("percentage"),
                lead._get_value_rounding(),
            )
            for payment, amount in zip(shares, amounts, strict=True):
                if payment in payments:
                    payment.amount = amount

    @api.depends(
        "amount",
        "sequence",
        "lead_id.probability",
        "lead_id.prorated_revenue",
        "lead_id.expected_revenue",
        "lead_id.payment_ids.amount",
    )
    def _compute_amount_weighted(self):
        for lead, payments in self.grouped("lead_id").items():
            ordered = lead.payment_ids._in_order()
            weighted = weigh(
                ordered.mapped("amount"),
                lead.probability or 0.0,
                lead.expected_revenue or 0.0,
                lead.prorated_revenue or 0.0,
                lead._get_value_rounding(),
            )
            for payment, amount in zip(ordered, weighted, strict=True):
                if payment in payments:
                    payment.amount_weighted = amount

    @api.onchange("amount")
    def _onchange_amount(self):
        """An amount that somebody types no longer follows the value."""
        if self.percentage:
            amount = self.amount
            self._compute_amount()
            if float_compare(self.amount, amount, precision_rounding=0.000001) != 0:
                self.percentage = 0
                self.amount = amount

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._settle_amount(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._settle_amount(vals))

    @api.model
    def _settle_amount(self, vals):
        """Return ``vals`` with either a share or an amount, where they hold both or an amount."""
        if "amount" not in vals:
            return vals
        if vals.get("percentage"):
            return {key: value for key, value in vals.items() if key != "amount"}
        return {**vals, "percentage": 0}

    def _in_order(self):
        """These payments in the order in which they are listed, new ones last."""
        return self.sorted(lambda payment: (payment.sequence, not payment.id, payment._origin.id))
