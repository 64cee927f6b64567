"""The value of a lead, spread over planned payments."""

from odoo import api, fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    payment_ids = fields.One2many(
        "crm.lead.payment",
        "lead_id",
        "Planned Payments",
        copy=True,
        groups="sales_team.group_sale_salesman",
        help="When which part of the value is expected.",
    )
    value_source = fields.Selection(
        selection_add=[("payments", "Sum of planned payments")],
        ondelete={"payments": "set default"},
    )
    planned_revenue = fields.Monetary(
        "Planned in Payments",
        currency_field="company_currency",
        compute="_compute_planned_revenue",
        store=True,
        compute_sudo=True,
        help="Sum of the planned payments.",
    )
    planned_prorated_revenue = fields.Monetary(
        "Planned in Payments, Weighted",
        currency_field="company_currency",
        compute="_compute_planned_revenue",
        store=True,
        compute_sudo=True,
        help="Sum of the weighted planned payments.",
    )
    uncovered_revenue = fields.Monetary(
        "Not Planned Yet",
        currency_field="company_currency",
        compute="_compute_uncovered_revenue",
        help="The part of the value that no planned payment covers. It counts at the planned "
        "order date. Negative: more is planned than the value.",
    )

    @api.depends("payment_ids.amount", "payment_ids.amount_weighted")
    def _compute_planned_revenue(self):
        for lead in self:
            lead.planned_revenue = sum(lead.payment_ids.mapped("amount"))
            lead.planned_prorated_revenue = sum(lead.payment_ids.mapped("amount_weighted"))

    @api.depends("expected_revenue", "planned_revenue")
    def _compute_uncovered_revenue(self):
        for lead in self:
            currency = lead.company_currency
            rest = (lead.expected_revenue or 0.0) - lead.planned_revenue
            lead.uncovered_revenue = currency.round(rest) if currency else rest

    @api.depends("payment_ids.amount")
    def _compute_expected_revenue(self):
        """The sum of the planned payments, where the value comes from them."""
        res = super()._compute_expected_revenue()
        for lead in self:
            # sudo: the amount does not depend on who changes a payment
            payments = lead.sudo().payment_ids
            if lead.value_source == "payments" and payments and lead._is_undecided():
                lead.expected_revenue = sum(payments.mapped("amount"))
        return res

    def _get_value_rounding(self):
        """The smallest unit of the lead's currency."""
        return self.company_currency.rounding or 0.01
