from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_amount, format_date
from odoo.tools.date_utils import start_of
from odoo.tools.translate import LazyTranslate

from ..tools.flags import flag_domain
from ..tools.quarters import fiscal_shift

_lt = LazyTranslate(__name__)

# how far the liquidity outlook looks ahead
OUTLOOK_MONTHS = 60
# the fields that filters choose dates by
OF_DATES = ("date", "fiscal_quarter", "timing")
# the columns of amounts in the order in which the halves of the report give them
AMOUNTS = ("amount", "weighted", "amount_apart", "weighted_apart")
TIMING = """
    CASE WHEN %(date)s IS NULL THEN 'undated'
         WHEN %(date)s < %(today)s AND crm_lead.won_status = 'pending' THEN 'overdue'
         ELSE 'dated' END
"""
IS_ON_HOLD = """
    COALESCE(crm_lead.active AND crm_lead.won_status = 'pending'
             AND crm_lead.wake_up_date > %(today)s, FALSE)
"""
IS_ACTIVE = "(crm_lead.active OR crm_lead.won_status != 'pending')"
ROWS = """
    SELECT %(row_id)s AS id,
           crm_lead.id AS lead_id,
           %(name)s AS name,
           %(date)s AS date,
           (%(entered)s IS NOT NULL AND %(date)s IS NULL) AS is_out_of_reach,
           %(fiscal_quarter)s AS fiscal_quarter,
           %(timing)s AS timing,
           crm_lead.type, crm_lead.stage_id, crm_lead.category_id, crm_lead.user_id,
           crm_lead.team_id, crm_lead.source_id, crm_lead.company_id,
           crm_lead.won_status, crm_lead.probability,
           %(is_active)s AS active,
           %(is_on_hold)s AS is_on_hold,
           %(amount)s AS amount,
           %(weighted)s AS amount_weighted,
           %(amount_apart)s AS amount_apart,
           %(weighted_apart)s AS weighted_apart,
           rates.apart_currency_id,
           %(additional)s
           %(currency)s,
           1 AS row_count
      FROM %(source)s
      %(rates)s
     WHERE %(condition)s AND %(company)s AND %(readable)s
"""


class CrmLeadPipelineReport(models.Model):
    """The pipeline: a row per planned payment, and one for the part of a lead's value that no
    payment covers.

    The rows of a lead add up to its expected revenue, and their weighted amounts to its
    weighted value, to the cent, also where they are converted. A payment counts at its date,
    the uncovered part at the planned order date. What has neither is undated; what is in the
    past and still open is overdue.
    """

    _name = "crm.lead.pipeline.report"
    _inherit = ["crm.lead.summed.mixin", "crm.lead.apart.mixin", "crm.lead.report.mixin"]
    _description = "Pipeline"
    _auto = False
    _filters_leads = True
    _order = "date, id"
    _summed_measures = ("amount", "amount_weighted", "amount_apart", "weighted_apart")
    _depends = {
        "crm.lead": [
            "active",
            "category_id",
            "company_id",
            "date_deadline",
            "expected_revenue",
            "planned_prorated_revenue",
            "planned_revenue",
            "probability",
            "prorated_revenue",
            "source_id",
            "stage_id",
            "team_id",
            "type",
            "user_id",
            "wake_up_date",
            "won_status",
        ],
        "crm.lead.payment": [
            "amount",
            "amount_weighted",
            "date",
            "lead_id",
            "name",
            "sequence",
        ],
    }

    name = fields.Char("Payment", readonly=True)
    date = fields.Date(
        readonly=True,
        falsy_value_label=_lt("Undated"),  # pylint: disable=translation-field
        help="The payment's date; the planned order date for what no payment covers, and for all "
        "where one has chosen “By Planned Order Date”.",
    )
    fiscal_quarter = fields.Char(
        readonly=True,
        falsy_value_label=_lt("Undated"),  # pylint: disable=translation-field
        help="By the fiscal year of the company you are working in.",
    )
    is_out_of_reach = fields.Boolean(
        "Date out of Reach",
        readonly=True,
        help="The date was before 1990 or more than fifty years ahead: it counts as undated.",
    )
    timing = fields.Selection(
        [("dated", "Dated"), ("undated", "Undated"), ("overdue", "Overdue")],
        readonly=True,
        help="Undated: neither the payment nor the order has a date. "
        "Overdue: the date is past and the lead is still open.",
    )
    won_status = fields.Selection(
        [("won", "Won"), ("lost", "Declined"), ("pending", "Open")], "Status", readonly=True
    )
    active = fields.Boolean(
        readonly=True, help="Not set for a lead that was archived without being decided."
    )
    is_on_hold = fields.Boolean(
        "On Hold", readonly=True, help="Open leads that are put off until a later day."
    )
    source_id = fields.Many2one("utm.source", readonly=True)
    probability = fields.Float("Probability (%)", readonly=True, aggregator="avg")
    amount = fields.Monetary(
        "Unweighted", currency_field="currency_id", readonly=True, help="Without taxes."
    )
    amount_weighted = fields.Monetary(
        "Weighted",
        currency_field="currency_id",
        readonly=True,
        help="Unweighted × probability.",
    )

    is_near = fields.Boolean(
        "This or the Next Four Quarters",
        compute="_compute_is_near",
        search="_search_is_near",
        help="The date is by the end of the fourth quarter after this one; also what is overdue or "
        "undated.",
    )
    is_coming = fields.Boolean(
        "From This Month On",
        compute="_compute_is_near",
        search="_search_is_coming",
        help="The date is in this month or later; also what is overdue or undated.",
    )

    def _compute_is_near(self):
        near, coming = (
            self.filtered_domain(domain)
            for domain in (self._get_near_domain(), self._get_coming_domain())
        )
        for row in self:
            row.is_near, row.is_coming = row in near, row in coming

    @api.model
    def _search_is_near(self, operator, value):
        return flag_domain(operator, value, self._get_near_domain())

    @api.model
    def _search_is_coming(self, operator, value):
        return flag_domain(operator, value, self._get_coming_domain())

    @api.model
    def _get_near_domain(self):
        """Which quarter it is, is the company's to say: the same for every reader."""
        start = start_of(self._get_today(), "quarter")
        end = start + relativedelta(months=15)
        dated = Domain("timing", "=", "overdue") | Domain("date", ">=", start)
        return Domain("date", "=", False) | (dated & Domain("date", "<", end))

    @api.model
    def _get_coming_domain(self):
        start = self._get_today() + relativedelta(day=1)
        dated = Domain("timing", "=", "overdue") | Domain("date", ">=", start)
        return Domain("date", "=", False) | dated

    @api.model
    def formatted_read_group(self, domain, groupby=(), aggregates=(), **options):
        """Groups of rows, as in core.

        The outlook asks for every month, and core refuses that for a page of groups. So a
        list, which pages, has the months there are. It ends after five years: what lies beyond
        is told by :meth:`get_days_note`.
        """
        domain = self._bound_outlook(domain)
        if (options.get("limit") or options.get("offset")) and "fill_temporal" in self.env.context:
            self = self.with_context(fill_temporal=None)
        return super().formatted_read_group(domain, groupby, aggregates, **options)

    @api.model
    def formatted_read_grouping_sets(self, domain, grouping_sets, aggregates=(), *, order=None):
        """Groups of the pivot, as in core; the outlook ends after five years."""
        domain = self._bound_outlook(domain)
        return super().formatted_read_grouping_sets(domain, grouping_sets, aggregates, order=order)

    @api.model
    def _bound_outlook(self, domain):
        """``domain``, and nothing after the outlook's end where every month is asked for."""
        if not self.env.context.get("fill_temporal"):
            return domain
        return Domain(domain) & ~Domain("date", ">", self._get_outlook_end())

    @api.model
    def _get_outlook_end(self):
        """The last day of the liquidity outlook."""
        today = self._get_today()
        return today + relativedelta(months=OUTLOOK_MONTHS, day=31)

    @api.model
    @api.readonly
    def get_days_note(self):
        """What to say above the figures about dates that do not show in them.

        Part of :meth:`get_figures_note`.

        :return: sentences in the user's language, ``False`` where there is nothing to say
        :raise AccessError: for users who may not read the figures
        """
        self.check_access("read")
        notes = []
        undecided = Domain("won_status", "!=", "lost")
        if count := self.search_count(undecided & Domain("is_out_of_reach", "=", True)):
            notes.append(
                self.env._(
                    "%(count)s dates are before 1990 or more than fifty years ahead; they count as "
                    "undated.",
                    count=count,
                )
            )
        if self.env.context.get("fill_temporal"):
            end = self._get_outlook_end()
            ((count, amount),) = self._read_group(
                undecided & Domain("date", ">", end), [], ["__count", "amount_weighted:sum"]
            )
            if count:
                notes.append(
                    self.env._(
                        "After %(day)s, %(amount)s weighted in %(count)s rows are not shown here.",
                        day=format_date(self.env, end),
                        amount=format_amount(self.env, amount, self.env.company.currency_id),
                        count=count,
                    )
                )
        return " ".join(notes) or False

    @api.model
    @api.readonly
    def get_figures_note(self, domain=()):
        """Also which dates do not show; see :meth:`get_days_note`."""
        note = super().get_figures_note(domain)
        notes = [note, self._get_left_out_note(Domain(domain or [])), self.get_days_note()]
        return " ".join(filter(None, notes))

    @api.model
    def _get_left_out_note(self, domain):
        """What the filters of dates leave out of ``domain``: the total is not the pipeline's then.
        False where they leave out nothing."""
        whole = domain.map_conditions(
            lambda condition: (
                Domain.TRUE if condition.field_expr.partition(".")[0] in OF_DATES else condition
            )
        )
        if whole == domain:
            return False
        ((count, amount),) = self._read_group(whole & ~domain, [], ["__count", "amount:sum"])
        return count and self.env._(
            "The chosen dates leave out %(amount)s in %(count)s rows.",
            amount=format_amount(self.env, amount or 0, self.env.company.currency_id),
            count=count,
        )

    @api.model
    def _get_basis(self):
        """What amounts are dated by: ``payment``, or ``order`` where the context's
        ``lead_basis`` says so.

        By planned orders, a payment counts at its lead's planned order date, as it does in
        reports of the past.
        """
        return "order" if self.env.context.get("lead_basis") == "order" else "payment"

    @api.model
    def _get_basis_note(self):
        if self._get_basis() == "order":
            return self.env._("By the planned order date; payments count where their lead does.")
        return self.env._(
            "By the dates of planned payments; what no payment covers, by the planned order date."
        )

    @property
    def _table_query(self):
        parts = [self._select_payments(), self._select_rests()]
        if self._rounds_to_coins():
            parts[0] = self._select_payments(None, self._exchange_payment_sql)
        elif self._exchanges_currencies():
            own = SQL("COALESCE(rates.rate, 1) = 1")
            exchanged = SQL("rates.rate != 1")
            parts[:1] = [
                self._select_payments(own),
                self._select_payments(exchanged, self._exchange_payment_sql),
            ]
        return self._sum_rows(SQL(" UNION ALL ").join(parts))

    @api.model
    def _select_payments(self, condition=None, exchange=lambda amount: amount):
        """The planned payments of the report as SQL.

        :param SQL condition: over ``rates``, none for all of them
        :param exchange: a function of an amount, both SQL
        """
        by_order = self._get_basis() == "order"
        amounts = [SQL("COALESCE(payment.amount, 0)"), SQL("COALESCE(payment.amount_weighted, 0)")]
        return self._select_rows(
            SQL("2 * payment.id"),
            SQL("payment.name"),
            SQL("crm_lead.date_deadline") if by_order else SQL("payment.date"),
            [*map(exchange, amounts), *map(self._apart_sql, amounts)],
            SQL("crm_lead_payment AS payment JOIN crm_lead ON crm_lead.id = payment.lead_id"),
            condition or SQL("TRUE"),
        )

    @api.model
    def _select_rests(self):
        """What no payment covers, as SQL."""
        value = SQL("COALESCE(crm_lead.expected_revenue, 0)")
        planned = SQL("COALESCE(crm_lead.planned_revenue, 0)")
        weighted = SQL("COALESCE(crm_lead.prorated_revenue, 0)")
        planned_weighted = SQL("COALESCE(crm_lead.planned_prorated_revenue, 0)")
        return self._select_rows(
            SQL("2 * crm_lead.id + 1"),
            SQL("NULL::varchar"),
            SQL("crm_lead.date_deadline"),
            [
                self._exchange_rest_sql(value, planned),
                self._exchange_rest_sql(weighted, planned_weighted),
                self._apart_sql(SQL("%s - %s", value, planned)),
                self._apart_sql(SQL("%s - %s", weighted, planned_weighted)),
            ],
            SQL("crm_lead"),
            SQL("(%(planned)s = 0 OR %(value)s != %(planned)s)", planned=planned, value=value),
        )

    @api.model
    def _exchange_payment_sql(self, amount):
        """SQL of a payment's ``amount`` in the currency of the company the user works in.

        Each is the difference of two rounded running totals of its lead's payments, as in
        ``allocate``: with the rest they add up to the converted value, which the other reports
        have. Status and ``active`` are the lead's, and say nothing new: filters by them leave
        leads out before anything is added up.
        """
        total = SQL(
            "SUM(%(amount)s) OVER (PARTITION BY crm_lead.id, crm_lead.won_status, %(active)s"
            " ORDER BY payment.sequence, payment.id)",
            amount=amount,
            active=SQL(IS_ACTIVE),
        )
        return self._exchange_rest_sql(total, SQL("%s - %s", total, amount))

    @api.model
    def _exchange_rest_sql(self, total, part):
        """SQL of what ``part`` leaves of ``total``, both converted and rounded before.

        What is not converted is rounded in the database already.
        """
        if not self._exchanges_currencies():
            return SQL("%s - %s", total, part)
        return SQL("%s - %s", self._exchange_sql(total), self._exchange_sql(part))

    @api.model
    def _select_rows(self, row_id, name, date, amounts, source, condition):
        """One part of the report as SQL; all parameters are SQL.

        :param list amounts: unweighted and weighted, and the same where there is no rate
        """
        entered, date = date, self._bound_day_sql(date)
        today = self._get_today()
        return SQL(
            ROWS,
            row_id=row_id,
            name=name,
            date=date,
            entered=entered,
            fiscal_quarter=self._get_fiscal_quarter_sql(date),
            timing=SQL(TIMING, date=date, today=today),
            is_active=SQL(IS_ACTIVE),
            is_on_hold=SQL(IS_ON_HOLD, today=today),
            **dict(zip(AMOUNTS, amounts, strict=True)),
            additional=self._get_additional_columns(),
            currency=self._get_currency_columns(),
            source=source,
            rates=self._join_rates("crm_lead"),
            condition=condition,
            company=self._where_company("crm_lead"),
            readable=self._where_readable(),
        )

    @api.model
    def _get_additional_columns(self):
        """SQL of the columns that other modules add, each with a comma after it."""
        return SQL().join(
            SQL("%s AS %s,", column, SQL.identifier(name))
            for name, column in self._select_additional_fields().items()
        )

    @api.model
    def _select_additional_fields(self):
        """Hook for other modules: columns of the lead to add to each row, as in core's sales
        report. Declare the field on this model, and in ``_depends`` what it is read from.

        Called for payments and for rests.

        :return: dict of field name to SQL over the table ``crm_lead``
        """
        return {}

    @api.model
    def _get_fiscal_quarter_sql(self, date):
        """SQL of the fiscal quarter of ``date``, such as ``2026 Q1`` or ``2026/27 Q4``."""
        company = self.env.company
        days, shift = fiscal_shift(int(company.fiscalyear_last_month), company.fiscalyear_last_day)
        start = SQL(
            "(DATE_TRUNC('month', %s - %s) - MAKE_INTERVAL(months => %s))", date, days, shift
        )
        year = SQL("EXTRACT(YEAR FROM %s)::int", start)
        label = SQL("%s::varchar", year)
        if shift:
            label = SQL("%s || '/' || LPAD(((%s + 1) %% 100)::varchar, 2, '0')", label, year)
        return SQL("%s || ' Q' || EXTRACT(QUARTER FROM %s)::varchar", label, start)
