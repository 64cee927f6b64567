from odoo import api, fields, models
from odoo.tools import SQL, format_date

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

    @api.model
    def _search(self, *args, **kwargs):
        # rows are computed by the database: what was read before may be outdated
        self.invalidate_model(flush=False)
        return super()._search(*args, **kwargs)

    @api.model
    def _get_currency_columns(self):
        """SQL of the columns ``currency_id`` and ``rate_date``; today's rates, as core's
        sales report has them."""
        return SQL(
            "%s::int4 AS currency_id, %s::date AS rate_date",
            self.env.company.currency_id.id,
            fields.Date.today(),
        )

    @api.model
    @api.readonly
    def get_currency_note(self):
        """What to say above figures of companies with different currencies.

        Called by the views ``lead_figures_pivot`` and ``lead_figures_graph``.

        :return: the sentence in the user's language, ``False`` where nothing is converted
        :raise AccessError: for users who may not read the figures
        """
        self.check_access("read")
        currency = self.env.company.currency_id
        if self.env.companies.currency_id == currency:
            return False
        return self.env._(
            "Amounts in %(currency)s. Other companies' amounts are converted at the rates of "
            "%(date)s.",
            currency=currency.name,
            date=format_date(self.env, fields.Date.today()),
        )

    @api.model
    def _join_rates(self, alias):
        """SQL that joins the rates to ``alias``, which has a ``company_id``.

        Leads without a company count in the currency of the company the user works in, as
        Odoo shows them. Those of companies that are not chosen are left out with
        :meth:`_where_company`: their amounts could not be converted.
        """
        return SQL(
            "LEFT JOIN (VALUES %s) AS rates(company_id, rate) ON rates.company_id = %s",
            SQL(", ").join(
                SQL("(%s, %s::numeric)", company_id, rate)
                for company_id, rate in self._get_rates().items()
            ),
            SQL.identifier(alias, "company_id"),
        )

    @api.model
    def _get_rates(self):
        """Today's rate of each chosen company's currency to that of the active company.

        The rates are those of ``res.currency._convert``. Core's table for reports,
        ``_get_simple_currency_table``, takes 1 where the active company has no rate of its
        own, even if there is one for all companies.

        :return: dict of company id to float
        """
        currencies, active = self.env["res.currency"], self.env.company
        return {
            company.id: currencies._get_conversion_rate(
                company.currency_id, active.currency_id, active, fields.Date.today()
            )
            for company in self.env.companies
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
        """SQL of ``amount`` in the currency of the company the user works in, rounded."""
        return SQL(
            "ROUND(((%s) * COALESCE(rates.rate, 1))::numeric, %s)",
            amount,
            self.env.company.currency_id.decimal_places,
        )

    @api.model
    def _bound_day_sql(self, day):
        """SQL of ``day``, empty where it is out of reach: it counts as undated.

        Such days are refused where they are entered; these were there before, and groups by
        month or quarter cannot end in the year 10000.
        """
        today = fields.Date.context_today(self)
        return SQL(
            "CASE WHEN %(day)s BETWEEN %(first)s AND %(last)s THEN %(day)s END",
            day=day,
            first=EARLIEST,
            last=latest(today),
        )

    @api.model
    def _get_day_end(self, day):
        """When ``day`` is over where the user is, as the database stores it.

        :param day: date or its string
        :return: naive ``datetime`` in UTC
        """
        return day_start(fields.Date.add(fields.Date.to_date(day), days=1), self._get_tz())

    @api.model
    def _get_tz(self):
        return self.env.tz.zone

    def action_open_leads(self):
        """Open the leads behind these rows, as far as the user may read them.

        :raises AccessError: when the user may not read one of the rows
        """
        self.check_access("read")
        leads = self.lead_id._filtered_access("read")
        if not leads:
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
