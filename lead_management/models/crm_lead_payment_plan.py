"""The planned payments of a lead: their sums, plans by payment terms, moves, merge."""

import logging
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import ormcache

from ..tools.allocation import allocate
from ..tools.attempts import attempt_each
from ..tools.instalments import shift_dates
from ..tools.private_orm import assign, cache_none

_logger = logging.getLogger(__name__)


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

    payment_anchor_date = fields.Date(
        "Payments Planned For",
        compute="_compute_payment_anchor_date",
        store=True,
        readonly=False,
        help="The planned order date that the dates of the payments belong to.",
    )
    has_payments_to_move = fields.Boolean(
        "Payments to Move",
        compute="_compute_has_payments_to_move",
        compute_sudo=True,
        help="The planned order date has moved, the dates of the payments have not.",
    )

    @api.depends("payment_ids.amount", "payment_ids.amount_weighted")
    def _compute_planned_revenue(self):
        for lead in self:
            payments, currency = lead.payment_ids, lead.company_currency
            lead.payment_count = len(payments)
            for name, part in (
                ("planned_revenue", "amount"),
                ("planned_prorated_revenue", "amount_weighted"),
            ):
                total = sum(payments.mapped(part))
                assign(lead, name, currency.round(total) if currency else total)

    @api.depends(
        "expected_revenue",
        "prorated_revenue",
        "payment_count",
        "planned_revenue",
        "planned_prorated_revenue",
    )
    def _compute_uncovered_revenue(self):
        for lead in self:
            if not lead.payment_count:
                # both are rounded already
                lead.uncovered_revenue = lead.expected_revenue or 0.0
                lead.uncovered_prorated_revenue = lead.prorated_revenue or 0.0
                continue
            rest = (lead.expected_revenue or 0.0) - lead.planned_revenue
            weighted = (lead.prorated_revenue or 0.0) - lead.planned_prorated_revenue
            currency = lead.company_currency
            lead.uncovered_revenue = currency.round(rest) if currency else rest
            lead.uncovered_prorated_revenue = currency.round(weighted) if currency else weighted

    @api.depends("payment_ids", "date_deadline")
    def _compute_payment_anchor_date(self):
        """The first planned order date there is once payments are planned."""
        for lead in self:
            if not lead.payment_ids:
                lead.payment_anchor_date = False
            elif not lead.payment_anchor_date:
                lead.payment_anchor_date = lead.date_deadline

    @api.depends(
        "payment_anchor_date",
        "date_deadline",
        "payment_ids.date",
        "payment_ids.term_line_id",
        "won_status",
    )
    def _compute_has_payments_to_move(self):
        for lead in self:
            before, now = lead.payment_anchor_date, lead.date_deadline
            lead.has_payments_to_move = (
                before
                and now
                and before != now
                and lead.won_status != "lost"
                and bool(lead.payment_ids._filtered_movable())
            )

    def _settle_payments(self, vals):
        """Before a save of ``vals``: a value that becomes the sum of the payments makes amounts
        of their shares; payments belong to the planned order date there was before this one."""
        if vals.get("value_source") == "payments":
            # sudo: whoever may change where the value comes from changes the payments by it
            self.sudo().payment_ids._fix_amounts()
        if "date_deadline" in vals or not self._get_payment_triggers().isdisjoint(vals):
            self._cache_missing_payments()
        if "date_deadline" in vals:
            self._recompute_recordset(["payment_anchor_date"])

    @api.model
    @ormcache()
    def _get_payment_triggers(self):
        """The fields of leads that the amounts of their payments follow from, in the end."""
        return {
            field.name
            for field in self._fields.values()
            for dependent in self.pool.get_dependent_fields(field)
            if dependent.model_name == "crm.lead.payment"
        }

    def _cache_missing_payments(self):
        """Spare the query for the payments of leads that have none.

        Odoo looks for the payments to recompute of every lead that changes. Most leads have
        none, and their stored count says so.
        """
        # sudo: only whether there are any is asked, and every salesperson may see the count
        without = self.sudo().filtered(lambda lead: not lead.payment_count)
        cache_none(without, "payment_ids")

    def _allocate(self, payments):
        """The amounts that the shares of these payments come to, in the order given."""
        return allocate(
            self.expected_revenue or 0.0, payments.mapped("percentage"), self._get_value_rounding()
        )

    def action_move_payments(self):
        """Move the dated payments by as much as the planned order date has moved.

        What was planned by payment terms has followed them by itself.

        :raises AccessError: when the user may not change one of the leads
        :raises UserError: when a date would be beyond the calendar
        """
        self.check_access("write")
        moves = defaultdict(self.env["crm.lead.payment"].browse)
        for lead in self.filtered("has_payments_to_move"):
            movable = lead.payment_ids._filtered_movable()
            # each from where it was planned first, so that there and back is the first plan
            for anchor, payments in movable.grouped(
                lambda payment: payment.first_anchor_date or payment.lead_id.payment_anchor_date
            ).items():
                first = [payment.first_date or payment.date for payment in payments]
                dates = lead._shift_dates(first, anchor)
                for payment, before, date in zip(payments, first, dates, strict=True):
                    moves[anchor, before, date] |= payment
        for (anchor, first, date), payments in moves.items():
            payments.write({"date": date, "first_date": first, "first_anchor_date": anchor})
        self._set_payment_anchors()
        return True

    def _shift_dates(self, dates, anchor):
        """``dates``, planned for an order on ``anchor``, moved along to the planned order date.

        :raises UserError: when one of them would be beyond the calendar
        """
        try:
            return shift_dates(dates, anchor, self.date_deadline)
        except (OverflowError, ValueError) as error:
            raise UserError(
                self.env._(
                    "The planned payments of “%(lead)s” cannot be moved that far. Correct their "
                    "dates, or the planned order date.",
                    lead=self.name,
                )
            ) from error

    def action_keep_payment_dates(self):
        """Leave the payments where they are: they belong to the new planned order date.

        :raises AccessError: when the user may not change one of the leads
        """
        self.check_access("write")
        moved = self.payment_ids.filtered("first_date")
        moved.write({"first_date": False, "first_anchor_date": False})
        self._set_payment_anchors()
        return True

    def _set_payment_anchors(self):
        """The payments belong to the planned order date there is now."""
        for date, leads in self.filtered("date_deadline").grouped("date_deadline").items():
            leads.write({"payment_anchor_date": date})

    # ------------------------------------------------------------
    # New plans
    # ------------------------------------------------------------

    def action_split_payments(self):
        """Open the dialog that plans even instalments."""
        self._check_one()
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_management.crm_lead_payment_split_action"
        )
        action["context"] = {"default_lead_id": self.id, "dialog_size": "medium"}
        return action

    def action_plan_by_payment_terms(self):
        """Plan the payments by the payment terms of the main offer, instead of those there are.

        :raises AccessError: when the user may not change one of the leads
        :raises UserError: when a lead has no value or no main offer, or the offer no payment
            terms, or terms with fixed amounts over the value
        """
        self.check_access("write")
        self._replace_payments({lead: lead._prepare_payments_by_terms() for lead in self})
        return True

    def _plan_by_fitting_payment_terms(self):
        """Plan the payments of these leads by their main offers' payment terms, where none are
        planned and the terms fit the value."""
        plans = {}
        # sudo: the payment terms of a colleague's offer that is the lead's own main offer
        for lead in self.filtered(
            lambda lead: not lead.payment_count and lead.sudo().main_order_id.payment_term_id
        ):
            try:
                plans[lead] = lead._prepare_payments_by_terms()
            except UserError:
                # terms that do not fit the value: the rest of the take-over stands
                continue

        def replace(leads):
            self._replace_payments({lead: plans[lead] for lead in leads})

        planned = self.filtered(lambda lead: lead in plans)
        attempt_each(planned, replace, _logger, "No payments by their offers' terms: leads %s")

    @api.model
    def _replace_payments(self, plans):
        """Plan payments instead of those there are, of many leads at once.

        :param dict plans: of lead to list of dicts of values of ``crm.lead.payment``
        """
        leads = self.browse().concat(*plans)
        before = leads.payment_ids
        # first the new ones: a value that is their sum never is without any
        self.env["crm.lead.payment"].create(
            [{**vals, "lead_id": lead.id} for lead, values in plans.items() for vals in values]
        )
        for date, planned in leads.grouped("date_deadline").items():
            planned.write({"payment_anchor_date": date})
        before.unlink()

    def _prepare_payments_by_terms(self):
        """Values of the payments by the payment terms of the main offer.

        Percentages become shares, fixed amounts are exchanged from the offer's currency. With
        fixed amounts in them, the last line of payment terms is the balance (see
        ``account.payment.term._compute_terms``).

        :return: list of dicts of values of ``crm.lead.payment``
        :raises UserError: see :meth:`action_plan_by_payment_terms`
        """
        self.ensure_one()
        # sudo: the offer may be a colleague's; nothing of it but its payment terms is shown
        order = self.sudo().main_order_id
        self._check_payment_terms(order)
        terms = order.payment_term_id
        schedule = self._get_payment_schedule(order)
        values = []
        for index, (line, row) in enumerate(zip(terms.line_ids, schedule, strict=True), 1):
            vals = {
                "name": self._get_term_label(terms, index),
                "sequence": index,
                "date": row["date"],
                "term_line_id": line.id,
            }
            if line.value == "fixed":
                vals["amount"] = self._exchange_offer_amount(order, row["foreign_amount"])
            else:
                vals["percentage"] = line.value_amount
            values.append(vals)
        return self._settle_balance(values)

    def _get_payment_schedule(self, order):
        """The dates and amounts of the offer's payment terms, from the planned order date on.

        :return: list of dicts, see ``account.payment.term._compute_terms``
        """
        company = order.company_id
        # whoever plans them: the day where the company is
        local = self.with_context(tz=company._get_lead_tz())
        order_date = fields.Datetime.context_timestamp(local, order.date_order).date()
        untaxed_amount = order.currency_id._convert(
            order.amount_untaxed, company.currency_id, company, order_date
        )
        try:
            return order.payment_term_id._compute_terms(
                date_ref=self.date_deadline or order_date,
                currency=order.currency_id,
                company=company,
                tax_amount=0.0,
                tax_amount_currency=0.0,
                sign=1,
                untaxed_amount=untaxed_amount,
                untaxed_amount_currency=order.amount_untaxed,
            )["line_ids"]
        except (OverflowError, ValueError) as error:
            raise UserError(
                self.env._(
                    "The payment terms of offer %(offer)s end beyond the calendar.",
                    offer=order.name,
                )
            ) from error

    def _check_payment_terms(self, order):
        if not order:
            raise UserError(self.env._("“%(lead)s” has no main offer.", lead=self.name))
        if not order.payment_term_id.line_ids:
            raise UserError(self.env._("Offer %(offer)s has no payment terms.", offer=order.name))
        if not self.expected_revenue:
            raise UserError(
                self.env._("“%(lead)s” has no value to plan payments for.", lead=self.name)
            )

    def _get_term_label(self, terms, index):
        count = len(terms.line_ids)
        return f"{terms.name} ({index}/{count})" if count > 1 else terms.name

    def _settle_balance(self, values):
        """Where amounts and shares are mixed, make the last one what the others leave; where
        the value is the sum of the payments, make amounts of all shares.

        :param list values: dicts with a ``percentage`` or an ``amount``
        :return: such a list
        :raises UserError: when the others are more than the value
        """
        is_mixed = any("amount" in vals for vals in values)
        if not is_mixed and self.value_source != "payments":
            return values
        shares = [vals for vals in values if "percentage" in vals]
        rounding = self._get_value_rounding()
        amounts = allocate(self.expected_revenue, [vals["percentage"] for vals in shares], rounding)
        keeps_shares = self.value_source != "payments"
        settled = {id(vals): amount for vals, amount in zip(shares, amounts, strict=True)}
        rest = self.expected_revenue - sum(
            settled.get(id(vals), vals.get("amount")) for vals in values[:-1]
        )
        if self.company_currency.compare_amounts(rest, 0) < 0:
            raise UserError(
                self.env._("The fixed amounts of the payment terms are more than the value.")
            )
        res = []
        for vals in values[:-1]:
            if "percentage" in vals and not keeps_shares:
                vals = {**vals, "amount": settled[id(vals)], "percentage": 0}
            res.append(vals)
        if not self.company_currency.is_zero(rest):
            res.append({**values[-1], "amount": rest, "percentage": 0})
        return res

    # ------------------------------------------------------------
    # Merge
    # ------------------------------------------------------------

    def _merge_get_fields_specific(self):
        return {
            **super()._merge_get_fields_specific(),
            "value_source": lambda _name, leads: leads._get_merged_value_source(),
            "expected_revenue": lambda _name, leads: leads._get_merged_value(),
        }

    def _get_lead_with_value(self):
        """The one of these leads whose value core keeps when it merges them into the first."""
        return next((lead for lead in self if lead.expected_revenue), self[:1])

    def _get_merged_company(self):
        """In whose currency these leads count once core has merged them into the first."""
        return self.company_id[:1] or self.env.company

    def _get_lead_with_payments(self):
        """The one of these leads whose payments a merge keeps."""
        lead = self._get_lead_with_value()
        return lead if lead.payment_ids else self.filtered("payment_ids")[:1]

    def _check_merged_value(self):
        """Called on leads in core's order before it merges them.

        :raises UserError: when no rate converts the value or the payments that are kept
        """
        company = self._get_merged_company()
        # sudo: payments are kept whoever merges
        kept = self._get_lead_with_value().filtered("expected_revenue")
        for currency in (kept | self.sudo()._get_lead_with_payments()).company_currency:
            if not currency._has_rate_to(company.currency_id, company):
                raise UserError(
                    self.env._(
                        "These leads cannot be merged: the value is in %(currency)s, and there is "
                        "no rate to %(own)s. Enter one under “Currencies”.",
                        currency=currency.name,
                        own=company.currency_id.name,
                    )
                )

    def _exchange_merged(self, amount, lead):
        """An amount of one of these leads in the currency that they have once merged, at today's
        rate."""
        company = self._get_merged_company()
        return lead.company_currency._convert(
            amount, company.currency_id, company, fields.Date.today()
        )

    def _get_merged_value(self):
        lead = self._get_lead_with_value()
        return self._exchange_merged(lead.expected_revenue, lead)

    def _get_merged_value_source(self):
        """A value follows its payments, which move with it, or the offer of the lead that the
        others are merged into; any other one is entered by hand from then on."""
        lead = self._get_lead_with_value()
        # sudo: payments are kept whoever merges
        if lead.value_source == "payments" and lead.sudo().payment_ids:
            return "payments"
        return "offer" if lead.value_source == "offer" and lead == self[:1] else "manual"

    def _merge_dependences(self, opportunities):
        """Core's hook: the merged lead keeps the payments that its value is planned in."""
        res = super()._merge_dependences(opportunities)
        # sudo: that the leads may be merged was checked by core
        self.sudo()._merge_payments(opportunities.sudo())
        return res

    def _merge_payments(self, opportunities):
        """Keep the payments of the lead whose value is kept; where it has none, those of the
        first lead that has any. The others would count the value twice: a note names them.

        :param opportunities: leads that are merged into ``self``, in core's order
        """
        leads = self | opportunities
        leads._cache_missing_payments()
        source = leads._get_lead_with_payments()
        dropped = leads.payment_ids - source.payment_ids
        if dropped:
            self._message_log(body=dropped._get_dropped_note())
            dropped.unlink()
        typed = source.payment_ids.filtered(lambda payment: not payment.percentage)
        amounts = [leads._exchange_merged(payment.amount, source) for payment in typed]
        if source and source != self:
            anchor = source.payment_anchor_date
            source.payment_ids.write({"lead_id": self.id})
            self.payment_anchor_date = anchor
        for payment, amount in zip(typed, amounts, strict=True):
            if payment.amount != amount:
                payment.amount = amount
