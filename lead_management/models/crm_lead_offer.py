"""The offers of a lead, and the one of them that counts."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_compare

from .crm_lead_payment import assign


class CrmLead(models.Model):
    _inherit = "crm.lead"

    main_order_id = fields.Many2one(
        "sale.order",
        "Main Offer",
        compute="_compute_main_order_id",
        store=True,
        readonly=False,
        copy=False,
        index="btree_not_null",
        domain="[('opportunity_id', '=', id), ('state', '!=', 'cancel')]",
        help="The one offer that counts for the value. The only offer by default.",
    )
    order_to_assign_id = fields.Many2one(
        "sale.order",
        "Assign an Offer",
        compute="_compute_order_to_assign_id",
        inverse="_inverse_order_to_assign_id",
        domain="[('opportunity_id', '=', False), ('state', 'in', ('draft', 'sent', 'sale')),"
        " ('company_id', '=?', company_id), ('partner_id', '=?', partner_id)]",
        help="Choose an offer that was written outside the lead: it becomes one of the lead's.",
    )
    value_source = fields.Selection(
        [("manual", "Entered by hand"), ("offer", "From the offer")],
        default="manual",
        copy=False,
        help="Where the expected revenue comes from. From the offer: it follows the main "
        "offer until the lead is decided.",
    )
    expected_revenue = fields.Monetary(
        compute="_compute_expected_revenue", store=True, readonly=False
    )
    quotation_amount_total = fields.Monetary(
        "Open Offers",
        currency_field="company_currency",
        compute="_compute_quotation_amount_total",
        help="Untaxed total of the offers that are not decided yet.",
    )

    @api.constrains("main_order_id")
    def _check_main_order_id(self):
        """Only an offer of the lead counts: the value would tell the total of any other."""
        for lead in self:
            # sudo: the offer may be a colleague's
            order = lead.main_order_id.sudo()
            if order and order.opportunity_id != lead:
                raise ValidationError(
                    self.env._(
                        "The main offer must be one of the offers of “%(lead)s”.", lead=lead.name
                    )
                )

    @api.depends("order_ids.state")
    def _compute_main_order_id(self):
        all_offers = self._origin._get_offers().grouped("opportunity_id")
        for lead in self:
            offers = all_offers.get(lead._origin, lead.main_order_id.browse())
            if lead.main_order_id not in offers or not lead.main_order_id:
                lead.main_order_id = offers if len(offers) == 1 else False

    def _get_offers(self):
        """The offers of these leads that are not cancelled, whoever wrote them.

        Searched: once somebody has read ``order_ids``, it holds what he may read, in sudo
        mode, too.

        :return: ``sale.order`` in sudo mode, oldest first
        """
        # sudo: the offers of a lead are told to who may read the lead
        return (
            self.env["sale.order"]
            .sudo()
            .search([("opportunity_id", "in", self.ids), ("state", "!=", "cancel")], order="id")
        )

    @api.depends("order_ids")
    def _compute_order_to_assign_id(self):
        self.order_to_assign_id = False

    def _inverse_order_to_assign_id(self):
        for lead in self.filtered("order_to_assign_id"):
            lead.order_to_assign_id.opportunity_id = lead
        self.invalidate_recordset(["order_to_assign_id"], flush=False)

    @api.depends(
        "value_source",
        "main_order_id.amount_untaxed",
        "main_order_id.currency_id",
        "main_order_id.date_order",
        "company_id",
    )
    def _compute_expected_revenue(self):
        for lead in self.filtered(lambda lead: lead._is_value_derived() and lead._is_undecided()):
            value = lead._get_derived_value()
            if value is not None:
                lead.expected_revenue = value

    @api.depends(
        "order_ids.state", "order_ids.amount_untaxed", "order_ids.currency_id", "company_currency"
    )
    def _compute_quotation_amount_total(self):
        for lead in self:
            offers = lead.order_ids.filtered_domain(lead._get_lead_quotation_domain())
            lead.quotation_amount_total = sum(map(lead._get_offer_amount, offers))

    @api.depends("expected_revenue", "probability", "company_currency")
    def _compute_prorated_revenue(self):
        """Weighted value: amount × probability / 100, rounded to the currency."""
        for lead in self:
            weighted = (lead.expected_revenue or 0.0) * (lead.probability or 0.0) / 100.0
            currency = lead.company_currency
            weighted = currency.round(weighted) if currency else round(weighted, 2)
            assign(lead, "prorated_revenue", weighted)

    @api.onchange("expected_revenue")
    def _onchange_expected_revenue(self):
        value = self._get_derived_value()
        if value is not None and not self._is_value(value):
            self.value_source = "manual"

    def write(self, vals):
        """A value that somebody writes is entered by hand from then on.

        One that follows its offer is brought up to date before the lead may be decided.
        """
        if vals.keys() & {"stage_id", "active", "probability"}:
            self._recompute_recordset(["expected_revenue"])
        if "expected_revenue" in vals and "value_source" not in vals:
            return self._write_value(vals)
        return super().write(vals)

    def _write_value(self, vals):
        """Write ``vals``, which hold a value but not where it comes from.

        A form sends the value along when something that it is derived from has changed. Only
        a value that differs from the derived one was entered by somebody.
        """
        derived = self.filtered(lambda lead: lead._is_value_derived())
        res = super(CrmLead, self - derived).write(dict(vals)) if self != derived else True
        others = {name: value for name, value in vals.items() if name != "expected_revenue"}
        if derived and others:
            super(CrmLead, derived).write(others)
        value = vals["expected_revenue"] or 0.0
        entered = derived.filtered(lambda lead: not lead._is_value(value))
        if entered:
            super(CrmLead, entered).write({"expected_revenue": value, "value_source": "manual"})
        return res

    def _is_value_derived(self):
        """Whether the value follows something else, such as the main offer."""
        return self.value_source not in (False, "manual")

    def _is_value(self, value):
        """Whether this is the lead's value, to the smallest unit of its currency."""
        rounding = self._get_value_rounding()
        return float_compare(self.expected_revenue or 0.0, value, precision_rounding=rounding) == 0

    def _get_derived_value(self):
        """What the lead's value follows comes to.

        Called by the computation of ``expected_revenue``. Extend it for another source.

        :return: amount in the lead's currency; None when the value is entered by hand, or
            when there is nothing (any more) that it could follow
        """
        if self.value_source == "offer" and self.main_order_id:
            return self._get_offer_amount(self.main_order_id)
        return None

    def _get_value_rounding(self):
        """The smallest unit of the lead's currency."""
        return self.company_currency.rounding or 0.01

    def _is_undecided(self):
        """Whether the customer has not decided yet: neither won nor declined."""
        return self.won_status not in ("won", "lost")

    def _get_offer_amount(self, order):
        """The offer's untaxed total in the lead's company currency.

        :param order: ``sale.order``
        :rtype: float
        """
        return self._convert_offer_amount(order, order.amount_untaxed)

    def _convert_offer_amount(self, order, amount):
        """An amount of the offer in the lead's company currency.

        Converted at the order's date. A lead without company counts in the currency of the
        order's company, so that the figure does not depend on who looks.

        :param order: ``sale.order``
        :param float amount: in the currency of the offer
        :rtype: float
        """
        self.ensure_one()
        company = self.company_id or order.company_id
        return order.currency_id._convert(
            amount,
            company.currency_id,
            company,
            order.date_order or fields.Date.context_today(self),
        )

    def _update_revenues_from_so(self, order):
        """Core raises the value to a confirmed order's total; here only the main offer counts,
        and not for a value that follows its offer anyway."""
        leads = self.filtered(
            lambda lead: (
                lead.value_source == "manual"
                and (not lead.main_order_id or lead.main_order_id == order)
            )
        )
        return super(CrmLead, leads)._update_revenues_from_so(order)

    def action_new_offer(self):
        """Open a new quotation for the lead; core asks for the contact where none is linked."""
        self.ensure_one()
        self.check_access("write")
        return self.action_sale_quotations_new()

    def action_take_over_offer(self):
        """Take the main offer's untaxed total over as the value, and keep it in step with the
        offer until the lead is decided.

        :raises UserError: when a lead has no main offer or is decided
        """
        self.check_access("write")
        for lead in self:
            if not lead.main_order_id:
                raise UserError(
                    self.env._("“%(lead)s” has no main offer to take over.", lead=lead.name)
                )
            lead._check_undecided()
        self.write({"value_source": "offer"})
        return True

    def _check_undecided(self):
        """:raises UserError: when the lead is decided, so that its value stands still"""
        if not self._is_undecided():
            raise UserError(
                self.env._(
                    "“%(lead)s” is decided: its value does not change any more.", lead=self.name
                )
            )
