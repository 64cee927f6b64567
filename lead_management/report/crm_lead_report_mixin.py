from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, float_compare, format_amount, format_date

from ..tools.periods import day_start
from ..tools.spans import EARLIEST, latest


class CrmLeadReportMixin(models.AbstractModel):
    """What all figures about leads have in common: by what they are grouped, and the currency.

    Rows say nothing about a lead's contact: accountants read them who may not read leads.
    """

    _name = "crm.lead.report.mixin"
    _inherit = ["crm.lead.figure.row.mixin"]
    _description = "Figures about Leads"

    lead_id = fields.Many2one("crm.lead", readonly=True)
    type = fields.Selection([("lead", "Lead"), ("opportunity", "Opportunity")], readonly=True)
    stage_id = fields.Many2one("crm.stage", "Phase", readonly=True)
    category_id = fields.Many2one("crm.lead.category", readonly=True)
    user_id = fields.Many2one("res.users", "Owner", readonly=True)
    team_id = fields.Many2one("crm.team", "Sales Team", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(
        "res.currency",
        readonly=True,
        help="The currency of the company you are working in. Amounts of other companies are "
        "converted at the rates of the rate date.",
    )
    rate_date = fields.Date(
        readonly=True, help="The day whose rates amounts of other companies are converted at."
    )
    apart_currency_id = fields.Many2one(
        "res.currency",
        "Currency without a Rate",
        readonly=True,
        help="The currency of the lead's company, where no rate converts it: its amounts stand "
        "apart, and are 0 in all other columns.",
    )

    @api.model
    def _search(self, *args, **kwargs):
        # rows are computed by the database: what was read before may be outdated
        self.invalidate_model(flush=False)
        return super()._search(*args, **kwargs)

    @api.model
    def _get_currency_columns(self):
        """SQL of the columns ``currency_id`` and ``rate_date``; today's rates, as core's
        sales report has them. ``apart_currency_id`` comes with the rates."""
        return SQL(
            "%s::int4 AS currency_id, %s::date AS rate_date",
            self.env.company.currency_id.id,
            fields.Date.today(),
        )

    @api.model
    @api.readonly
    def get_currency_note(self):
        """What to say above figures of companies with different currencies.

        Part of :meth:`get_figures_note`.

        :return: the sentence in the user's language, ``False`` where nothing is converted
        :raise AccessError: for users who may not read the figures
        """
        self.check_access("read")
        currency = self.env.company.currency_id
        if self.env.companies.currency_id == currency:
            return False
        return " ".join(filter(None, [self._get_rates_note(), self._get_apart_note()]))

    @api.model
    def _get_rates_note(self):
        """In which currency amounts are, and what is converted, where anything is."""
        converted = self.env.companies - self.env.companies.browse(self._get_apart_currencies())
        if converted.currency_id == self.env.company.currency_id:
            return self.env._("Amounts in %s.", self.env.company.currency_id.name)
        return self.env._(
            "Amounts in %(currency)s. Other companies' amounts are converted at the rates of "
            "%(date)s.",
            currency=self.env.company.currency_id.name,
            date=format_date(self.env, fields.Date.today()),
        )

    @api.model
    @api.readonly
    def get_figures_note(self, domain=()):
        """What to say above figures: what they go by, when days end, what is on hold, and what
        is not among them.

        Called by the views ``lead_figures_pivot`` and ``lead_figures_graph``.

        :param domain: over the rows that are shown
        :return: sentences in the user's language
        :raise AccessError: for users who may not read the figures
        """
        self.check_access("read")
        domain = Domain(domain or [])
        notes = [
            self._get_basis_note(),
            self._get_tz_note(),
            self._get_hold_note(domain),
            self.env.companies.currency_id != self.env.company.currency_id
            and self._get_rates_note(),
            self._get_apart_note(domain),
            self._get_recurring_note(domain),
        ]
        return " ".join(filter(None, notes))

    @api.model
    def _get_basis_note(self):
        """Which dates the figures go by, in the user's language."""
        return False

    @api.model
    def _get_tz_note(self):
        return self.env._(
            "Days end at midnight in %(tz)s (%(company)s).",
            tz=self._get_tz(),
            company=self.env.company.name,
        )

    @api.model
    def _get_hold_note(self, domain):
        """How much of the rows of ``domain`` is on hold; False without any."""
        if "is_on_hold" not in self._fields:
            return False
        held = domain & self._get_note_domain() & Domain("is_on_hold", "=", True)
        aggregates = [f"{self._hold_measure}:sum", "lead_id:count_distinct"]
        ((amount, count),) = self._read_group(held, [], aggregates)
        return count and self.env._(
            "Of this, %(amount)s in %(count)s leads are on hold.",
            amount=format_amount(self.env, amount or 0, self.env.company.currency_id),
            count=count,
        )

    @api.model
    def _get_recurring_note(self, domain):
        """How many leads have recurring revenue, which is in no figure; False without any."""
        # sudo: which leads have some; counted are those whose rows the user may read
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        recurring = [("recurring_revenue", ">", 0)]
        if not leads.search_count(recurring, limit=1):
            return False
        rows = domain & self._get_note_domain() & Domain("lead_id", "in", leads._search(recurring))
        ((count,),) = self._read_group(rows, [], ["lead_id:count_distinct"])
        return count and self.env._(
            "The recurring revenue of %(count)s leads is in no figure.", count=count
        )

    # the measure whose part on hold is told
    _hold_measure = "amount"
    # the measures that are in the currency without a rate
    _apart_measures = ("amount_apart",)

    @api.model
    def _get_apart_note(self, domain=()):
        """What is not among the amounts, as no rate converts it.

        :param domain: over the rows
        :return: the sentence in the user's language, ``False`` where everything is converted
        """
        if not self._get_apart_currencies():
            return False
        domain = Domain(domain) & self._get_note_domain() & Domain("apart_currency_id", "!=", False)
        names = [name for name in self._apart_measures if self._may_read(name)]
        measures = [f"{name}:sum" for name in names]
        # "Without a Rate, Weighted": what it is without the rate stands at the end
        labels = [
            self._fields[name]._description_string(self.env).rpartition(", ")[2] for name in names
        ]
        rows = self._read_group(domain, ["apart_currency_id"], measures)
        return self._say_apart({currency: amounts for currency, *amounts in rows}, labels)

    @api.model
    def _say_apart(self, totals, labels):
        """That these amounts are not added, as no rate converts them.

        :param dict totals: ``res.currency`` to list of amounts in it, one for each of ``labels``
        :return: the sentence in the user's language, ``False`` where there are none
        """
        # sudo: the currency's symbol alone is read
        texts = [
            f"{format_amount(self.env, amount or 0, currency.sudo())} ({label})"
            for currency, amounts in totals.items()
            for amount, label in zip(amounts, labels, strict=True)
        ]
        return bool(texts) and self.env._(
            "Not added, as there is no rate to %(currency)s: %(amounts)s.",
            currency=self.env.company.currency_id.name,
            amounts=", ".join(texts),
        )

    @api.model
    def _may_read(self, name):
        return self._has_field_access(self._fields[name], "read")

    @api.model
    def _get_note_domain(self):
        """The rows that the line above the figures tells of."""
        return Domain.TRUE

    def _read_group_select(self, aggregate_spec, query):
        """Amounts in several currencies without a rate have no sum. Those that have one are in the
        currency that a sum over several is asked for in."""
        name, _separator, function = aggregate_spec.partition(":")
        field = self._fields.get(name)
        if (
            function == "sum_currency"
            and field
            and field.type == "monetary"
            and field.get_currency_field(self) == "currency_id"
        ):
            aggregate_spec = f"{name}:sum"
        select = super()._read_group_select(aggregate_spec, query)
        if name not in self._apart_measures:
            return select
        currency = self._field_to_sql(self._table, "apart_currency_id", query)
        return SQL("CASE WHEN COUNT(DISTINCT %s) < 2 THEN %s END", currency, select)

    @api.model
    def _join_rates(self, alias):
        """SQL that joins the rates to ``alias``, which has a ``company_id``: ``rates.rate``, and
        ``rates.apart_currency_id`` where there is none.

        Leads without a company count in the currency of the company the user works in, as
        Odoo shows them. Those of companies that are not chosen are left out with
        :meth:`_where_company`: their amounts could not be converted.
        """
        apart = self._get_apart_currencies()
        return SQL(
            "LEFT JOIN (VALUES %s) AS rates(company_id, rate, apart_currency_id) "
            "ON rates.company_id = %s",
            SQL(", ").join(
                SQL("(%s, %s::numeric, %s::int4)", company_id, rate, apart.get(company_id))
                for company_id, rate in self._get_rates().items()
            ),
            SQL.identifier(alias, "company_id"),
        )

    @api.model
    def _get_rates(self):
        """Today's rate of each chosen company's currency to that of the active company; 0 where
        there is no rate, so that such amounts are never added.

        The rates are those of ``res.currency._convert``. Core's table for reports,
        ``_get_simple_currency_table``, takes 1 where the active company has no rate of its
        own, even if there is one for all companies.

        :return: dict of company id to float
        """
        currencies, active = self.env["res.currency"], self.env.company
        apart = self._get_apart_currencies()
        return {
            company.id: 0
            if company.id in apart
            else currencies._get_conversion_rate(
                company.currency_id, active.currency_id, active, fields.Date.today()
            )
            for company in self.env.companies
        }

    @api.model
    def _get_apart_currencies(self):
        """The chosen companies whose amounts no rate converts to the active company's currency.

        :return: dict of company id to currency id
        """
        companies, active = self.env.companies, self.env.company
        if companies.currency_id == active.currency_id:
            return {}
        rated = self.env["res.currency"]._get_rated(active)
        if active.currency_id not in rated:
            rated = active.currency_id
        return {
            company.id: company.currency_id.id
            for company in companies
            if company.currency_id not in rated
        }

    @api.model
    def _where_company(self, alias):
        """SQL condition: the row's company is one of those the user has chosen, or none."""
        return SQL(
            "(%s IS NULL OR rates.company_id IS NOT NULL)",
            SQL.identifier(alias, "company_id"),
        )

    @api.model
    def _exchange_sql(self, amount):
        """SQL of ``amount`` in the currency of the company the user works in, rounded; 0 where
        there is no rate."""
        return self._round_sql(SQL("(%s) * COALESCE(rates.rate, 1)", amount))

    @api.model
    def _exchanges_currencies(self):
        """Whether amounts are converted, or rounded."""
        return self._rounds_to_coins() or any(rate != 1 for rate in self._get_rates().values())

    @api.model
    def _rounds_to_coins(self):
        """Whether amounts that are not converted are rounded: those of leads of no company may have
        cents that the currency of the company the user works in has not."""
        return self.env.company.currency_id.rounding > 0.01

    @api.model
    def _round_sql(self, amount):
        """SQL of ``amount`` rounded to the currency of the company the user works in."""
        currency = self.env.company.currency_id
        digits = currency.decimal_places
        if float_compare(currency.rounding, 10**-digits, precision_digits=6) == 0:
            return SQL("ROUND((%s)::numeric, %s)", amount, digits)
        # the smallest coin may be 0.05
        return SQL("ROUND((%s)::numeric / %s) * %s", amount, *[self._get_unit_sql(currency)] * 2)

    @api.model
    def _get_unit_sql(self, currency):
        """SQL of the smallest unit of ``currency``."""
        return SQL("%s::numeric", currency.rounding)

    @api.model
    def _apart_sql(self, amount):
        """SQL of ``amount`` in its own currency where there is no rate, empty elsewhere."""
        if not self._get_apart_currencies():
            return SQL("NULL::numeric")
        return SQL("CASE WHEN rates.apart_currency_id IS NOT NULL THEN %s END", amount)

    @api.model
    def _bound_day_sql(self, day):
        """SQL of ``day``, empty where it is out of reach: it counts as undated.

        Such days are refused where they are entered; these were there before, and groups by
        month or quarter cannot end in the year 10000.
        """
        today = self._get_today()
        return SQL(
            "CASE WHEN %(day)s BETWEEN %(first)s AND %(last)s THEN %(day)s END",
            day=day,
            first=EARLIEST,
            last=latest(today),
        )

    @api.model
    def _get_day_end(self, day):
        """When ``day`` is over where the company is, as the database stores it.

        :param day: date or its string
        :return: naive ``datetime`` in UTC
        """
        return day_start(fields.Date.add(fields.Date.to_date(day), days=1), self._get_tz())

    @api.model
    def _get_day_sql(self, moment):
        """SQL of the day that ``moment`` is in, where the company is."""
        return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", moment, self._get_tz())

    @api.model
    def _get_tz(self):
        """The time zone of the company the user works in, the same for every reader."""
        return self.env.company._get_lead_tz()

    @api.model
    def _get_today(self):
        """Today, where the company is that the user works in."""
        return self.env.company._get_lead_today()

    def action_open_leads(self):
        """Open the leads behind these rows, as far as the user may read them; for accountants
        their pages without contact data.

        :raises AccessError: when the user may not read one of the rows
        """
        self.check_access("read")
        leads = self.lead_id._filtered_access("read")
        if not leads:
            pages = self.env["crm.lead.page"].browse(self.lead_id.ids)
            if pages and pages.has_access("read"):
                return self._open_pages(pages)
            return self._notify(
                self.env._("You may read the figures, not the leads themselves. Ask their owners.")
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Leads"),
            "res_model": "crm.lead",
            "search_view_id": self.env.ref("lead_management.crm_lead_view_search").ids,
            "domain": [("id", "in", leads.ids)],
            "views": [
                (self.env.ref("lead_management.crm_lead_view_list").id, "list"),
                (False, "form"),
            ],
            "context": {"active_test": False, "create": False},
        }


class CrmLeadApartMixin(models.AbstractModel):
    """Reports that have both amounts, weighted or not, of what no rate converts."""

    _name = "crm.lead.apart.mixin"
    _inherit = ["crm.lead.report.mixin"]
    _description = "Amounts without a Rate"

    amount_apart = fields.Monetary(
        "Without a Rate, Unweighted",
        currency_field="apart_currency_id",
        readonly=True,
        help="What no rate converts, in its own currency. It is not among the other amounts.",
    )
    weighted_apart = fields.Monetary(
        "Without a Rate, Weighted",
        currency_field="apart_currency_id",
        readonly=True,
        help="Without a rate, unweighted × probability.",
    )
    _apart_measures = ("amount_apart", "weighted_apart")
