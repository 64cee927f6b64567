"""The value of a lead: what it follows, and its weighted value."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, float_compare

from ..tools.flags import flag_domain
from ..tools.private_orm import assign

# the currency fields of leads whose amounts are added up here
OUR_CURRENCIES = ("company_currency", "converted_currency_id")


class CrmLead(models.Model):
    _inherit = "crm.lead"
    # see crm.lead.figure.mixin
    _exports_sums = True

    value_source = fields.Selection(
        [
            ("manual", "Entered by hand"),
            ("offer", "From the offer"),
            ("payments", "Sum of planned payments"),
        ],
        default="manual",
        copy=False,
        help="Where the expected revenue comes from. From the offer: it follows the main "
        "offer until the lead is decided.",
    )
    expected_revenue = fields.Monetary(
        compute="_compute_expected_revenue", store=True, readonly=False
    )

    # core's "Expected Closing", as our screens name it: in what a phase needs and in exports, too
    date_deadline = fields.Date(string="Planned Order Date")

    converted_revenue = fields.Monetary(
        "Converted Value",
        currency_field="converted_currency_id",
        compute="_compute_converted_revenue",
        search="_search_converted_revenue",
        help="The value in the currency of the company you are working in, at today's rates; 0 "
        "where there is no rate.",
    )
    converted_currency_id = fields.Many2one(
        "res.currency", compute="_compute_converted_revenue", export_string_translation=False
    )
    is_without_rate = fields.Boolean(
        "Without a Rate",
        compute="_compute_converted_revenue",
        search="_search_is_without_rate",
        help="No rate converts the value into the currency of the company you are working in.",
    )

    @api.depends(
        "value_source",
        "main_order_id.amount_untaxed",
        "main_order_id.currency_id",
        "main_order_id.date_order",
        "payment_ids.amount",
        "company_id",
    )
    def _compute_expected_revenue(self):
        for lead in self.filtered(lambda lead: lead._is_value_derived() and lead._is_undecided()):
            value = lead._get_derived_value()
            if value is not None:
                lead.expected_revenue = value

    @api.depends("expected_revenue", "probability", "company_currency")
    def _compute_prorated_revenue(self):
        """Weighted value: amount × probability / 100, rounded to the currency."""
        # of a company nothing but the currency: it has many fields
        bare = self.with_context(prefetch_fields=False)
        for lead, bare_lead in zip(self, bare, strict=True):
            weighted = (lead.expected_revenue or 0.0) * (lead.probability or 0.0) / 100.0
            currency = bare_lead.company_currency.with_env(self.env)
            weighted = currency.round(weighted) if currency else round(weighted, 2)
            assign(lead, "prorated_revenue", weighted)

    @api.onchange("expected_revenue")
    def _onchange_expected_revenue(self):
        value = self._get_derived_value()
        if value is not None and not self._is_value(value):
            self.value_source = "manual"

    def _imply_value_source(self, vals):
        """Rule of ``write``: a value that somebody saves is entered by hand from then on.

        A form sends the value along when something that it is derived from has changed. Only
        a value that differs from the derived one was entered by somebody.
        """
        if "expected_revenue" not in vals or "value_source" in vals:
            return [(self, vals)]
        derived = self.filtered(lambda lead: lead._is_value_derived())
        if not derived:
            return [(self, vals)]
        others = {name: vals[name] for name in vals if name != "expected_revenue"}
        value = {"expected_revenue": vals["expected_revenue"] or 0.0}
        plan = [(self - derived, vals)] if self - derived else []
        if others:
            # what the value follows may be among them: first these, then the value
            return [*plan, (derived, others), (derived, value)]
        entered = derived.filtered(lambda lead: not lead._is_value(value["expected_revenue"]))
        return [*plan, (entered, {**value, "value_source": "manual"}), (derived - entered, {})]

    def _round_values(self, vals_list):
        """Called by ``create``: the ORM writes the value of a new record as it was given, as it
        does not know the lead's company yet. It is rounded to the currency like any other.

        :param vals_list: the values these leads were created with, in their order
        """
        for lead, vals in zip(self, vals_list, strict=True):
            given = vals.get("expected_revenue")
            if given and float(given) != lead.company_currency.round(float(given)):
                lead._round_value()

    def _round_value(self):
        """Store the value rounded to the lead's currency; see :meth:`_round_values`."""
        assign(self, "expected_revenue", self.company_currency.round(self.expected_revenue))
        self.modified(["expected_revenue"])

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

        :return: amount in the lead's currency; None when the value is entered by hand, when
            there is nothing (any more) that it could follow, or no rate that converts it
        """
        if self.value_source == "offer" and self.main_order_id:
            order = self.main_order_id
            return self._get_offer_amount(order) if self._is_offer_rated(order) else None
        if self.value_source == "payments":
            # sudo: the amount does not depend on who changes a payment
            payments = self.sudo().payment_ids
            return sum(payments.mapped("amount")) if payments else None
        return None

    # ------------------------------------------------------------
    # Of companies with several currencies
    # ------------------------------------------------------------

    @api.depends("expected_revenue", "company_id")
    @api.depends_context("company", "allowed_company_ids")
    def _compute_converted_revenue(self):
        self.converted_currency_id = currency = self.env.company.currency_id
        report = self.env["crm.lead.report.mixin"]
        rates, apart = report._get_rates(), report._get_apart_currencies()
        for lead in self:
            lead.is_without_rate = lead.company_id.id in apart
            rate = rates.get(lead.company_id.id, 0) if lead.company_id else 1
            lead.converted_revenue = currency.round((lead.expected_revenue or 0.0) * rate)

    @api.model
    def _search_converted_revenue(self, operator, value):
        """A condition per company, on the value in its own currency."""
        if operator not in ("<", "<=", ">", ">=", "in", "not in"):
            return NotImplemented
        self._check_field_access(self._fields["converted_revenue"], "read")

        rates = self.env["crm.lead.report.mixin"]._get_rates()
        by_rate = {1: [False]}
        for company_id, rate in rates.items():
            by_rate.setdefault(rate, []).append(company_id)
        return Domain.OR(
            Domain("company_id", "in", company_ids) & self._compare_exchanged(operator, value, rate)
            for rate, company_ids in by_rate.items()
            if rate
        )

    @api.model
    def _compare_exchanged(self, operator, value, rate):
        """The condition over the value in its own currency that finds what is shown converted: it
        is rounded then.

        :param operator: ``<``, ``<=``, ``>``, ``>=``, ``in`` or ``not in``
        :rtype: Domain
        """
        amounts = value if operator.endswith("in") else [value]
        if rate == 1 or not all(isinstance(amount, int | float) for amount in amounts):
            # what is no number is refused by the search over the value itself
            return Domain("expected_revenue", operator, value)
        half = self.env.company.currency_id.rounding / 2

        def bound(comparison, amount):
            return Domain("expected_revenue", comparison, amount / rate)

        if operator == "not in":
            return ~self._compare_exchanged("in", value, rate)
        if operator == "in":
            return Domain.OR(
                bound(">=", amount - half) & bound("<", amount + half) for amount in amounts
            )
        upper = value + half if operator in ("<=", ">") else value - half
        return bound(">=" if operator in (">", ">=") else "<", upper)

    @api.model
    def _search_is_without_rate(self, operator, value):
        self._check_field_access(self._fields["is_without_rate"], "read")
        apart = list(self.env["crm.lead.report.mixin"]._get_apart_currencies())
        return flag_domain(operator, value, [("company_id", "in", apart)])

    @api.model
    @api.readonly
    def get_apart_currencies(self):
        """The currencies whose amounts are not among sums of leads, as no rate converts them.

        :return: list of ids of currencies
        :raise AccessError: for users who may not read leads
        """
        self.check_access("read")
        return list(set(self.env["crm.lead.report.mixin"]._get_apart_currencies().values()))

    @api.model
    @api.readonly
    def get_figures_note(self, domain=()):
        """What to say above lists, boards and charts of leads: what is not among their sums.

        :param domain: over the leads that are shown
        :return: the sentence in the user's language, ``False`` where everything is converted
        :raise AccessError: for users who may not read leads
        """
        self.check_access("read")
        report = self.env["crm.lead.report.mixin"]
        apart = report._get_apart_currencies()
        if not apart:
            return False
        domain = Domain(domain or []) & Domain("is_without_rate", "=", True)
        measures = ["expected_revenue:sum", "prorated_revenue:sum"]
        totals = defaultdict(lambda: [0, 0])
        for company, value, weighted in self._read_group(domain, ["company_id"], measures):
            total = totals[self.env["res.currency"].browse(apart[company.id])]
            total[0] += value or 0
            total[1] += weighted or 0
        return report._say_apart(totals, [self.env._("value"), self.env._("weighted")])

    @api.model
    def _exchange_sql(self, amount, alias, query):
        """SQL of an amount of leads at today's rate, in the currency of the active company, rounded
        per lead as in the reports; 0 where there is none. The very same amount where all leads are
        in that currency: PostgreSQL then adds it up once.

        :param SQL amount: in the currency of each lead
        """
        report = self.env["crm.lead.report.mixin"]
        if not report._exchanges_currencies():
            return amount
        rates = report._get_rates()
        company = self._field_to_sql(alias, "company_id", query)
        cases = [SQL("WHEN %s THEN %s::numeric", *item) for item in rates.items()]
        exchanged = SQL(
            "%(amount)s * (CASE WHEN %(company)s IS NULL THEN 1 "
            "ELSE CASE %(company)s %(cases)s ELSE 0 END END)",
            amount=amount,
            company=company,
            cases=SQL(" ").join(cases),
        )
        return report._round_sql(exchanged)

    def _field_to_sql(self, alias, field_expr, query=None):
        """Core's, and the converted value with its currency: lists sort and charts add by it."""
        if field_expr == "converted_revenue":
            value = SQL("COALESCE(%s, 0)", self._field_to_sql(alias, "expected_revenue", query))
            return SQL("(%s)", self._exchange_sql(value, alias, query))
        if field_expr == "converted_currency_id":
            return SQL("%s::int4", self.env.company.currency_id.id)
        if field_expr == "company_currency" and alias != self._table:
            # core's is that of the main table: planned payments have the currency of their lead
            company = self._field_to_sql(alias, "company_id", query)
            companies = query.make_alias(alias, "company_id")
            condition = SQL("%s = %s", company, SQL.identifier(companies, "id"))
            query.add_join("LEFT JOIN", companies, "res_company", condition)
            currency = self.env["res.company"]._field_to_sql(companies, "currency_id", query)
            return SQL("COALESCE(%s, %s)", currency, self.env.company.currency_id.id)
        return super()._field_to_sql(alias, field_expr, query)

    def _read_group_select(self, aggregate_spec, query):
        """Sums over several currencies, as the board has them: core takes what has no rate 1 to
        1; here it is not added."""
        name, _separator, function = aggregate_spec.partition(":")
        field = self._fields.get(name)
        currency = field and field.type == "monetary" and field.get_currency_field(self)
        if function != "sum_currency" or currency not in OUR_CURRENCIES:
            return super()._read_group_select(aggregate_spec, query)
        amount = self._field_to_sql(self._table, name, query)
        if currency == "converted_currency_id":
            return SQL("SUM(%s)", amount)
        return SQL("SUM(%s)", self._exchange_sql(amount, self._table, query))

    def _get_value_rounding(self):
        """The smallest unit of the lead's currency."""
        return self.company_currency.rounding or 0.01

    def _is_undecided(self):
        """Whether the customer has not decided yet: neither won nor declined."""
        return self.won_status not in ("won", "lost")

    def _check_undecided(self):
        """:raises UserError: when the lead is decided, so that its value stands still"""
        if not self._is_undecided():
            raise UserError(
                self.env._(
                    "“%(lead)s” is decided: its value does not change any more.", lead=self.name
                )
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
