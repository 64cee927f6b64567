from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_amount, format_date

from ..tools.allocation import allocate
from ..tools.instalments import UNITS, instalment_dates

MAX_NUMBER = 120
MAX_INTERVAL = 52


class CrmLeadPaymentSplit(models.TransientModel):
    _name = "crm.lead.payment.split"
    _inherit = ["crm.lead.guard.mixin", "crm.lead.day.mixin"]
    _description = "Even Instalments"

    lead_id = fields.Many2one("crm.lead", required=True, ondelete="cascade")
    # in the user's own rights: the dialog tells nothing about a lead that he may not read
    currency_id = fields.Many2one(related="lead_id.company_currency", related_sudo=False)
    expected_revenue = fields.Monetary(
        "Value",
        related="lead_id.expected_revenue",
        related_sudo=False,
        currency_field="currency_id",
    )
    uncovered_revenue = fields.Monetary(
        related="lead_id.uncovered_revenue", related_sudo=False, currency_field="currency_id"
    )
    payment_count = fields.Integer(related="lead_id.payment_count", related_sudo=False)
    scope = fields.Selection(
        [
            ("rest", "What is not planned yet"),
            ("value", "The whole value, instead of the payments there are"),
        ],
        "Split",
        compute="_compute_scope",
        compute_sudo=False,
        precompute=True,
        store=True,
        readonly=False,
        required=True,
        help="What is not planned yet: the new payments are amounts, added to those there are. "
        "The whole value: they are shares that follow the value.",
    )
    number = fields.Integer("Instalments", default=3, required=True, help="How many, 1 to 120.")
    date = fields.Date(
        "First Date",
        compute="_compute_date",
        compute_sudo=False,
        precompute=True,
        store=True,
        readonly=False,
        required=True,
        help="When the first instalment is expected. The planned order date by default.",
    )
    interval = fields.Integer("Every", default=1, required=True, help="1 to 52.")
    unit = fields.Selection(
        [("week", "Weeks"), ("month", "Months"), ("quarter", "Quarters")],
        default="month",
        required=True,
    )
    name = fields.Char(
        "Description", help="The instalments are numbered: “Instalment” gives “Instalment 1/3”."
    )
    preview = fields.Html(
        compute="_compute_preview", sanitize=False, help="The payments that will be planned."
    )
    problem = fields.Char(
        compute="_compute_preview", help="Why the instalments cannot be planned like this."
    )

    @api.depends("lead_id")
    def _compute_scope(self):
        for split in self:
            lead = split.lead_id
            has_rest = lead.payment_count and (
                lead.company_currency.compare_amounts(lead.uncovered_revenue, 0) > 0
            )
            split.scope = "rest" if has_rest else "value"

    @api.depends("lead_id")
    def _compute_date(self):
        for split in self:
            split.date = split.lead_id.date_deadline or fields.Date.context_today(split)

    @api.depends("lead_id", "scope", "number", "date", "interval", "unit", "name")
    @api.depends_context("lang")
    def _compute_preview(self):
        for split in self:
            split.problem = split._get_problem()
            split.preview = False if split.problem else split._get_preview()

    def action_split(self):
        """Plan the instalments.

        :raises UserError: when there is nothing to split, or a number is out of bounds
        :raises AccessError: when the user may not change the lead
        """
        self._check_one()
        self.lead_id.check_access("write")
        problem = self._get_problem()
        if problem:
            raise UserError(problem)
        values = self._prepare_payments()
        if self.scope == "value":
            self.lead_id._replace_payments({self.lead_id: values})
        else:
            self.lead_id.write({"payment_ids": [Command.create(vals) for vals in values]})
        return {"type": "ir.actions.act_window_close"}

    def _get_problem(self):
        """Why the instalments cannot be planned like this; False when they can."""
        currency = self.currency_id
        # asked for, not left to reading: what is in the cache already is read without a question
        if not self.lead_id.has_access("read") or not self.lead_id:
            return self.env._("Open this dialog from a lead.")
        if not 1 <= self.number <= MAX_NUMBER:
            return self.env._("Enter a number of instalments from 1 to %(max)s.", max=MAX_NUMBER)
        if not 1 <= self.interval <= MAX_INTERVAL:
            return self.env._("Enter an interval from 1 to %(max)s.", max=MAX_INTERVAL)
        if self.unit not in UNITS:
            return self.env._("Choose weeks, months or quarters.")
        if not self.date:
            return self.env._("Enter the date of the first instalment.")
        if reason := self._get_day_refusal(self.date) or self._get_last_day_refusal():
            return reason
        if currency.compare_amounts(self.expected_revenue, 0) <= 0:
            return self.env._("The lead has no value to split. Enter its value first.")
        if self.scope == "rest" and currency.compare_amounts(self.uncovered_revenue, 0) <= 0:
            return self.env._("Payments for the whole value are planned: nothing is left to split.")
        return False

    def _get_last_day_refusal(self):
        """Why the last instalment is too far ahead; False when it is not."""
        last = instalment_dates(self.date, self.number, self.interval, self.unit)[-1]
        if not self._get_day_refusal(last):
            return False
        return self.env._(
            "The last instalment would be on %(day)s. Plan fewer of them, or shorter intervals.",
            day=format_date(self.env, last),
        )

    def _prepare_payments(self):
        """Values of the instalments, in order.

        :return: list of dicts of values of ``crm.lead.payment``
        """
        lead, number = self.lead_id, self.number
        share = 100.0 / number
        follows = self.scope == "value" and lead.value_source != "payments"
        sequence = (
            0 if self.scope == "value" else max(lead.payment_ids.mapped("sequence"), default=0)
        )
        rows = zip(
            instalment_dates(self.date, number, self.interval, self.unit),
            self._get_amounts(),
            strict=True,
        )
        name = (self.name or "").strip() or self.env._("Instalment")
        return [
            {
                "name": f"{name} {index}/{number}" if number > 1 else name,
                "sequence": sequence + index,
                "date": date,
                **({"percentage": share} if follows else {"amount": amount}),
            }
            for index, (date, amount) in enumerate(rows, 1)
        ]

    def _get_amounts(self):
        """The instalments' amounts: as even as the currency allows, exact in total."""
        total = self.expected_revenue if self.scope == "value" else self.uncovered_revenue
        rounding = self.lead_id._get_value_rounding()
        return allocate(total, [100.0 / self.number] * self.number, rounding)

    def _get_preview(self):
        """Table of the instalments as they will be planned.

        :rtype: Markup
        """
        rows = [
            (vals["name"], format_date(self.env, vals["date"]), amount)
            for vals, amount in zip(self._prepare_payments(), self._get_amounts(), strict=True)
        ]
        body = Markup().join(
            Markup("<tr><td>%s</td><td>%s</td><td class='text-end text-nowrap'>%s</td></tr>")
            % (name, date, format_amount(self.env, amount, self.currency_id))
            for name, date, amount in rows
        )
        total = format_amount(self.env, sum(row[2] for row in rows), self.currency_id)
        return Markup(
            "<table class='table table-sm mb-0'><tbody>%s</tbody>"
            "<tfoot><tr class='fw-bold'><td colspan='2'>%s</td>"
            "<td class='text-end text-nowrap'>%s</td></tr></tfoot></table>"
        ) % (body, self.env._("Total"), total)
