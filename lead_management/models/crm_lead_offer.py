"""The offers of a lead, and the one of them that counts."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_amount


class CrmLead(models.Model):
    _inherit = "crm.lead"

    main_order_id = fields.Many2one(
        "sale.order",
        "Main Offer",
        copy=False,
        index="btree_not_null",
        domain="[('opportunity_id', '=', id), ('state', '!=', 'cancel')]",
        help="The one offer that counts for the value. The first offer, until somebody chooses "
        "another one.",
    )
    main_order_state = fields.Selection(
        related="main_order_id.state", string="Status of the Main Offer"
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
    quotation_amount_total = fields.Monetary(
        "Open Offers",
        currency_field="company_currency",
        compute="_compute_quotation_amount_total",
        help="Untaxed total of the offers that are not decided yet.",
    )
    quotation_total_apart = fields.Char(
        "Open Offers without a Rate",
        compute="_compute_quotation_amount_total",
        help="Open offers in a currency that no rate converts. They are not in the total.",
    )
    value_apart = fields.Char(
        "Value without a Rate",
        compute="_compute_value_apart",
        help="What the value should follow, where no rate converts it: the value stays.",
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

    def _lose_main_offer(self):
        """Their main offer is not theirs any more: none counts until a new one comes, and the
        value stays."""
        if self:
            # a value that still waits to be taken over is the offer's, too
            self._recompute_recordset(["expected_revenue"])
            self.write({"main_order_id": False, "value_source": "manual"})

    def _compute_sale_data(self):
        """Core goes through the offers lead by lead, and most of a board's cards have none."""
        offered = self.filtered("order_ids")
        (self - offered).update(
            {"sale_amount_total": 0, "quotation_count": 0, "sale_order_count": 0}
        )
        return super(CrmLead, offered)._compute_sale_data()

    def _get_main_offers(self):
        """Their main offers that are not cancelled (``sale.order`` in sudo mode).

        sudo: the offer of a lead is told to who may read the lead, whoever wrote it.
        """
        return self.sudo().main_order_id.filtered(lambda order: order.state != "cancel")

    def _choose_main_offers(self, orders):
        """Make each of these offers the main one of its lead.

        :param orders: ``sale.order``, offers of these leads, at most one of each
        """
        # sudo: the offers may be a colleague's; whoever chose them may change the leads
        for order in orders.sudo():
            lead = self.browse(order.opportunity_id.id)
            if lead.sudo().main_order_id != order:
                lead.write({"main_order_id": order.id})

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
        "order_ids.state", "order_ids.amount_untaxed", "order_ids.currency_id", "company_currency"
    )
    def _compute_quotation_amount_total(self):
        for lead in self:
            offers = lead.order_ids.filtered_domain(lead._get_lead_quotation_domain())
            rated = offers.filtered(lead._is_offer_rated)
            lead.quotation_amount_total = sum(map(lead._get_offer_amount, rated))
            lead.quotation_total_apart = ", ".join(
                format_amount(self.env, sum(orders.mapped("amount_untaxed")), currency)
                for currency, orders in (offers - rated).grouped("currency_id").items()
            )

    @api.depends("value_source", "main_order_id.currency_id", "main_order_id.amount_untaxed")
    def _compute_value_apart(self):
        for lead in self:
            # sudo: the offer of a lead is told to who may read the lead
            order = lead.sudo().main_order_id
            follows = lead.value_source == "offer" and lead._is_undecided() and order
            lead.value_apart = (
                follows
                and not lead._is_offer_rated(order)
                and format_amount(self.env, order.amount_untaxed, order.currency_id)
            )

    def _get_offer_company(self, order):
        """The company in whose currency the lead counts an offer."""
        return self.company_id or order.company_id

    def _is_offer_rated(self, order):
        """Whether there is a rate from the offer's currency to that of the lead's company.

        :param order: ``sale.order``
        """
        self.ensure_one()
        company = self._get_offer_company(order)
        return order.currency_id._has_rate_to(company.currency_id, company)

    def _get_offer_amount(self, order):
        """The offer's untaxed total in the lead's company currency.

        :param order: ``sale.order``
        :rtype: float
        """
        return self._exchange_offer_amount(order, order.amount_untaxed)

    def _exchange_offer_amount(self, order, amount):
        """An amount of the offer in the lead's company currency.

        Exchanged at the order's date. A lead without company counts in the currency of the
        order's company, so that the figure does not depend on who looks.

        :param order: ``sale.order``
        :param float amount: in the currency of the offer
        :rtype: float
        :raises UserError: when there is no rate between the two currencies
        """
        self.ensure_one()
        company = self._get_offer_company(order)
        if not self._is_offer_rated(order):
            raise UserError(
                self.env._(
                    "Offer %(offer)s is in %(currency)s, and there is no rate to %(own)s. Enter "
                    "one under “Currencies”, or enter the value by hand.",
                    offer=order.name,
                    currency=order.currency_id.name,
                    own=company.currency_id.name,
                )
            )
        return order.currency_id._convert(
            amount,
            company.currency_id,
            company,
            order.date_order or fields.Date.context_today(self),
        )

    def _update_revenues_from_so(self, order):
        """Core raises the value to a confirmed order's total; here only the main offer counts,
        or any where nobody gave a value, and not for one that follows its offer anyway."""
        # sudo: who may confirm the offer need not be able to read its lead
        leads = self.sudo().filtered(
            lambda lead: (
                lead.value_source == "manual"
                and (lead.main_order_id in (order, order.browse()) or not lead.expected_revenue)
            )
        )
        return super(CrmLead, leads)._update_revenues_from_so(order)

    def action_new_offer(self):
        """Open a new quotation for the lead; core asks for the contact where none is linked."""
        self._check_one()
        self.check_access("write")
        return self.action_sale_quotations_new()

    def action_take_over_offer(self):
        """Take the main offer's untaxed total over as the value, and keep it in step with the
        offer until the lead is decided. Plan the payments by its payment terms, unless some are
        planned.

        :raises UserError: when a lead has no main offer or is decided
        """
        self.check_access("write")
        for lead in self:
            if not lead.main_order_id:
                raise UserError(
                    self.env._("“%(lead)s” has no main offer to take over.", lead=lead.name)
                )
            lead._check_undecided()
            # sudo: the offer may be a colleague's; refused where it has no rate
            lead._get_offer_amount(lead.sudo().main_order_id)
        self.write({"value_source": "offer"})
        self._plan_by_fitting_payment_terms()
        return True
