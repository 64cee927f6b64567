from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_amount, format_date

from ..tools.allocation import weigh
from ..tools.private_orm import assign
from ..tools.sent import sent_id


class CrmLeadPayment(models.Model):
    _name = "crm.lead.payment"
    _inherit = ["crm.lead.figure.mixin", "crm.lead.guard.mixin", "crm.lead.day.mixin"]
    _description = "Planned Payment"
    _order = "sequence, id"
    _sensible_days = ("date",)

    lead_id = fields.Many2one("crm.lead", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    name = fields.Char("Description", help="What the payment is for, such as a milestone.")
    date = fields.Date(
        compute="_compute_date",
        store=True,
        readonly=False,
        index=True,
        help="When the payment is expected. Empty: not known yet.",
    )
    term_line_id = fields.Many2one(
        "account.payment.term.line",
        "By Payment Term",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The part of the payment terms that the date follows when the planned order date "
        "moves, until somebody changes the date.",
    )
    first_date = fields.Date(
        readonly=True, help="The date as it was planned, before it was moved along."
    )
    first_anchor_date = fields.Date(
        "First Planned Order Date",
        readonly=True,
        help="The planned order date that the date was planned for, before it was moved along.",
    )
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

    @api.depends("term_line_id", "lead_id.date_deadline")
    def _compute_date(self):
        """What was planned by payment terms follows them, from the planned order date on."""
        for payment in self:
            payment.date = payment._get_term_date() or payment.date

    def _get_term_date(self):
        """The date by the payment terms; False where there are none, or no planned order date."""
        order_date = self.lead_id.date_deadline
        if not self.term_line_id or not order_date:
            return False
        try:
            # sudo: payment terms of another company need not be readable
            return self.term_line_id.sudo()._get_due_date(order_date)
        except (OverflowError, ValueError):
            # a planned order date from before dates were checked, at the end of the calendar
            return False

    @api.depends("name", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for payment in self:
            payment.display_name = (
                payment.name
                or (payment.date and format_date(self.env, payment.date))
                or self.env._("Payment")
            )

    @api.depends(
        "percentage",
        "sequence",
        "lead_id.expected_revenue",
        "lead_id.company_currency",
        "lead_id.payment_ids.percentage",
    )
    def _compute_amount(self):
        for lead, payments in self.grouped("lead_id").items():
            ids = set(payments._ids)
            shares = lead.payment_ids.filtered("percentage")._in_order()
            for payment, amount in zip(shares, lead._allocate(shares), strict=True):
                if payment.id in ids:
                    assign(payment, "amount", amount)
            # a line that is being typed into a form is none of the lead's yet
            for payment in (payments - lead.payment_ids).filtered("percentage"):
                payment.amount = lead._allocate(payment)[0]

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
            ids = set(payments._ids)
            ordered = lead.payment_ids._in_order()
            weighted = weigh(
                ordered.mapped("amount"),
                lead.probability or 0.0,
                lead.expected_revenue or 0.0,
                lead.prorated_revenue or 0.0,
                lead._get_value_rounding(),
            )
            for payment, amount in zip(ordered, weighted, strict=True):
                if payment.id in ids:
                    assign(payment, "amount_weighted", amount)
            for payment in payments - ordered:
                payment.amount_weighted = payment.amount * (lead.probability or 0.0) / 100.0

    @api.onchange("amount")
    def _onchange_amount(self):
        """An amount that somebody types no longer follows the value."""
        if self.percentage and not self._is_share(self.amount):
            self.percentage = 0

    # ------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Payments of leads the user may change; their share where both are given.

        :raises AccessError: when the user may not change one of the leads
        """
        vals_list = [self._as_numbers(vals, {"amount", "percentage"}) for vals in vals_list]
        leads = self._check_leads({sent_id(vals.get("lead_id")) for vals in vals_list})
        # sudo: as their amounts are computed; at once, as Odoo would read lead by lead
        leads.sudo().fetch()
        payments = super().create([self._settle_amount(vals) for vals in vals_list])
        # those of a duplicate bring the dates of the lead they are copied from
        self.env.add_to_compute(self._fields["date"], payments.filtered("term_line_id"))
        return payments

    def write(self, vals):
        """Write ``vals``; an amount replaces the share, unless it is what the share comes to.

        A form sends the amounts of all shares along when the value has changed.

        :raises AccessError: when the user may not change the lead that the payments move to
        """
        vals = self._as_numbers(vals, {"amount", "percentage"})
        summed = self.browse().lead_id
        if "lead_id" in vals:
            self._check_leads({sent_id(vals["lead_id"])})
            summed = self._get_summed_leads()
        dated = self._get_dated_by_hand(vals)
        if "percentage" in vals and not vals["percentage"]:
            # what a share came to stays when it goes
            self._recompute_recordset(["amount"])
        payments = self
        if "amount" in vals and "percentage" not in vals:
            shares = self.filtered(lambda payment: payment._is_share(vals["amount"]))
            if shares:
                others = {name: value for name, value in vals.items() if name != "amount"}
                super(CrmLeadPayment, shares).write(others)
                payments -= shares
        res = super(CrmLeadPayment, payments).write(self._settle_amount(vals))
        if dated:
            unmoved = {"term_line_id": False, "first_date": False, "first_anchor_date": False}
            super(CrmLeadPayment, dated).write(unmoved)
        summed._settle_without_payments()
        return res

    def _get_dated_by_hand(self, vals):
        """Those of these payments that somebody gives another date: they follow nothing any more.

        A form sends the dates by payment terms along when the planned order date has changed.
        """
        if "date" not in vals or vals.keys() & {"term_line_id", "first_date"}:
            return self.browse()
        day = fields.Date.to_date(vals["date"])
        return self.filtered(lambda payment: day not in (payment.date, payment._get_term_date()))

    def unlink(self):
        """The leads that lose their last payment keep their value."""
        leads = self._get_summed_leads()
        res = super().unlink()
        leads._settle_without_payments()
        return res

    def _get_summed_leads(self):
        """The leads whose value is the sum of their payments, these among them."""
        return self.lead_id.filtered(lambda lead: lead.value_source == "payments")

    @api.model
    def _check_leads(self, lead_ids):
        """These leads (``crm.lead``).

        :raises AccessError: when the user may not change one of them
        """
        leads = self.env["crm.lead"].browse(filter(None, lead_ids))
        leads.check_access("write")
        return leads

    def _fix_amounts(self):
        """Make amounts of shares: they no longer follow the value."""
        self.filtered("percentage").write({"percentage": 0})

    @api.model
    def _settle_amount(self, vals):
        """Return ``vals`` with either a share or an amount, where they hold both or an amount."""
        if "amount" not in vals:
            return vals
        if vals.get("percentage"):
            return {key: value for key, value in vals.items() if key != "amount"}
        return {**vals, "percentage": 0}

    def _is_share(self, amount):
        """Whether the payment is a share of the value that comes to ``amount``, give or take
        the unit that rounding may leave to it."""
        lead = self.lead_id
        share = (lead.expected_revenue or 0.0) * self.percentage / 100.0
        rounding = lead._get_value_rounding()
        return bool(self.percentage) and abs((amount or 0.0) - share) < rounding

    def _filtered_movable(self):
        """Those of these payments that move along when somebody says so: dated, and not by
        payment terms, which they follow by themselves."""
        return self.filtered(lambda payment: payment.date and not payment.term_line_id)

    def _in_order(self):
        """These payments in the order in which they are listed, new ones last."""
        return self.sorted(
            lambda payment: (payment.sequence, not payment._origin, payment._origin.id)
        )

    def _get_dropped_note(self):
        """Text of a note that names these payments, which a merge drops.

        :rtype: Markup
        """
        rows = Markup().join(
            Markup("<li>%s: %s</li>")
            % (
                payment.lead_id.name,
                ", ".join(
                    filter(
                        None,
                        [
                            payment.name,
                            payment.date and format_date(self.env, payment.date),
                            format_amount(self.env, payment.amount, payment.currency_id),
                        ],
                    )
                ),
            )
            for payment in self
        )
        title = self.env._("Planned payments that were not kept:")
        return Markup("<p>%s</p><ul>%s</ul>") % (title, rows)
