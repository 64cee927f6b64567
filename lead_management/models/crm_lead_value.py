"""The value of a lead, spread over planned payments."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.allocation import allocate
from .crm_lead_payment import assign

# what a lead's payments or its weighted value may follow from
VALUE_TRIGGERS = {
    "active",
    "company_id",
    "date_deadline",
    "expected_revenue",
    "main_order_id",
    "partner_id",
    "probability",
    "stage_id",
    "team_id",
    "type",
    "user_id",
    "value_source",
}


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
    payment_count = fields.Integer(
        "Number of Planned Payments",
        compute="_compute_planned_revenue",
        store=True,
        compute_sudo=True,
        aggregator=None,
        help="How many payments are planned.",
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
    uncovered_prorated_revenue = fields.Monetary(
        "Not Planned Yet, Weighted",
        currency_field="company_currency",
        compute="_compute_uncovered_revenue",
        help="The weighted value less the weighted planned payments.",
    )

    @api.depends("payment_ids.amount", "payment_ids.amount_weighted")
    def _compute_planned_revenue(self):
        for lead in self:
            lead.payment_count = len(lead.payment_ids)
            assign(lead, "planned_revenue", sum(lead.payment_ids.mapped("amount")))
            weighted = sum(lead.payment_ids.mapped("amount_weighted"))
            assign(lead, "planned_prorated_revenue", weighted)

    @api.depends(
        "expected_revenue", "prorated_revenue", "planned_revenue", "planned_prorated_revenue"
    )
    def _compute_uncovered_revenue(self):
        for lead in self:
            rest = (lead.expected_revenue or 0.0) - lead.planned_revenue
            weighted = (lead.prorated_revenue or 0.0) - lead.planned_prorated_revenue
            currency = lead.company_currency
            lead.uncovered_revenue = currency.round(rest) if currency else rest
            lead.uncovered_prorated_revenue = currency.round(weighted) if currency else weighted

    @api.depends("payment_ids.amount")
    def _compute_expected_revenue(self):
        """The sum of the planned payments, where the value comes from them."""
        return super()._compute_expected_revenue()

    def _get_derived_value(self):
        if self.value_source == "payments":
            # sudo: the amount does not depend on who changes a payment
            payments = self.sudo().payment_ids
            return sum(payments.mapped("amount")) if payments else None
        return super()._get_derived_value()

    def write(self, vals):
        """A value that becomes the sum of the payments makes amounts of their shares."""
        if vals.get("value_source") == "payments":
            # sudo: whoever may change where the value comes from changes the payments by it
            self.sudo().payment_ids._fix_amounts()
        if not VALUE_TRIGGERS.isdisjoint(vals):
            self._cache_missing_payments()
        return super().write(vals)

    def _cache_missing_payments(self):
        """Spare the query for the payments of leads that have none.

        Odoo looks for the payments to recompute of every lead that changes. Most leads have
        none, and their stored count says so.
        """
        # sudo: only whether there are any is asked, and every salesperson may see the count
        without = self.sudo().filtered(lambda lead: not lead.payment_count)
        self._fields["payment_ids"]._insert_cache(without, [()] * len(without))

    def _allocate(self, payments):
        """The amounts that the shares of these payments come to, in the order given."""
        return allocate(
            self.expected_revenue or 0.0, payments.mapped("percentage"), self._get_value_rounding()
        )

    def _update_automated_probabilities(self):
        """Core's scoring job writes probabilities in SQL: bring the weighted values in step."""
        res = super()._update_automated_probabilities()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT lead.id
                  FROM crm_lead AS lead
             LEFT JOIN res_company AS company ON company.id = lead.company_id
             LEFT JOIN res_currency AS currency ON currency.id = company.currency_id
                 WHERE lead.won_status = 'pending'
                   AND (ABS(COALESCE(lead.expected_revenue, 0) * COALESCE(lead.probability, 0) / 100
                            - COALESCE(lead.prorated_revenue, 0)
                        ) > 0.51 * COALESCE(currency.rounding, 0.01)
                        -- payments of a lead that has no value yet; each is rounded
                        OR ABS(lead.planned_revenue * COALESCE(lead.probability, 0) / 100
                               - lead.planned_prorated_revenue
                           ) > 0.51 * lead.payment_count * COALESCE(currency.rounding, 0.01))
                """
            )
        )
        self.browse(lead_id for (lead_id,) in rows).modified(["probability"])
        return res

    def _settle_without_payments(self):
        """A value that was the sum of payments stays when the last of them is gone, entered by
        hand from then on."""
        leads = self.filtered(lambda lead: not lead.payment_ids)
        if leads:
            leads.write({"value_source": "manual"})

    def action_use_payment_sum(self):
        """Make the value the sum of the planned payments, until it is entered by hand or taken
        from the offer, or the lead is decided.

        Shares of the value become the amounts they come to.

        :raises UserError: when a lead has no planned payments or is decided
        """
        self.check_access("write")
        for lead in self:
            if not lead.payment_ids:
                raise UserError(
                    self.env._("“%(lead)s” has no planned payments to add up.", lead=lead.name)
                )
            lead._check_undecided()
        self.write({"value_source": "payments"})
        return True
