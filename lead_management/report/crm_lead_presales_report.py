from odoo import api, fields, models
from odoo.tools import SQL

from ..models.crm_lost_reason import KINDS

COST_VIEWERS = "lead_management.group_lead_cost"
ROWS = """
    SELECT crm_lead.id, crm_lead.id AS lead_id, crm_lead.type, crm_lead.stage_id,
           crm_lead.category_id, crm_lead.user_id, crm_lead.team_id, crm_lead.company_id,
           crm_lead.source_id, crm_lead.won_status,
           (crm_lead.active IS NOT TRUE AND crm_lead.won_status = 'pending') AS is_archived,
           %(created)s AS create_date,
           CASE WHEN crm_lead.won_status = 'pending' AND crm_lead.active THEN NULL
                ELSE %(closed)s END AS date_closed,
           reason.id AS lost_reason_id, reason.kind AS lost_reason_kind,
           %(amount)s AS amount, %(won_value)s AS won_value,
           COALESCE(presales.hours, 0) AS hours,
           CASE WHEN crm_lead.won_status = 'lost' THEN COALESCE(presales.hours, 0) ELSE 0
                END AS lost_hours,
           %(cost)s AS cost,
           CASE WHEN crm_lead.won_status = 'lost' THEN %(cost)s ELSE 0 END AS lost_cost,
           %(cost)s / NULLIF(%(won_value)s, 0) AS cost_per_won,
           rates.apart_currency_id, %(amount_apart)s AS amount_apart,
           %(cost_apart)s AS cost_apart, %(currency)s
      FROM crm_lead
 LEFT JOIN crm_lost_reason AS reason
           ON reason.id = crm_lead.lost_reason_id AND crm_lead.won_status = 'lost'
 LEFT JOIN (%(presales)s) AS presales ON presales.lead_id = crm_lead.id
      %(rates)s
     WHERE (presales.lead_id IS NOT NULL OR COALESCE(crm_lead.expected_revenue, 0) != 0)
       AND %(company)s AND %(readable)s
"""


class CrmLeadPresalesReport(models.Model):
    """What winning costs: a row per lead with recorded hours or a value.

    Hours and cost are the lead's own (``effective_hours`` and ``presales_cost``), also after
    they moved to a project. Who may not see the cost of time gets the hours alone.
    """

    _name = "crm.lead.presales.report"
    _inherit = "crm.lead.report.mixin"
    _description = "Presales Cost"
    _auto = False
    _filters_leads = True
    _rec_name = "lead_id"
    _order = "id desc"
    _depends = {
        "crm.lead": [
            "active",
            "category_id",
            "company_id",
            "create_date",
            "date_closed",
            "expected_revenue",
            "lost_reason_id",
            "source_id",
            "stage_id",
            "team_id",
            "type",
            "user_id",
            "won_status",
        ],
        "crm.lost.reason": ["kind"],
        "account.analytic.line": [
            "amount",
            "company_id",
            "currency_id",
            "date",
            "lead_id",
            "project_id",
            "unit_amount",
        ],
    }

    won_status = fields.Selection(
        [("won", "Won"), ("lost", "Declined"), ("pending", "Open")], "Status", readonly=True
    )
    is_archived = fields.Boolean(
        "Archived",
        readonly=True,
        help="The lead was archived without being decided. Its hours were spent all the same.",
    )
    create_date = fields.Date(
        "Created on", readonly=True, help="The day where the company is that you work in."
    )
    date_closed = fields.Date(
        "Decided on", readonly=True, help="The day where the company is that you work in."
    )
    source_id = fields.Many2one("utm.source", readonly=True)
    lost_reason_id = fields.Many2one("crm.lost.reason", readonly=True)
    lost_reason_kind = fields.Selection(KINDS, "Kind of Lost Reason", readonly=True)
    amount = fields.Monetary("Value", currency_field="currency_id", readonly=True)
    won_value = fields.Monetary(
        currency_field="currency_id", readonly=True, help="The value of the leads that were won."
    )
    hours = fields.Float(readonly=True, help="Hours recorded on the leads by everybody.")
    lost_hours = fields.Float(
        "Hours on Declined Leads", readonly=True, help="Of the hours, those on declined leads."
    )
    cost = fields.Monetary(
        currency_field="currency_id",
        readonly=True,
        groups=COST_VIEWERS,
        help="Cost of the recorded hours as booked when they were recorded.",
    )
    lost_cost = fields.Monetary(
        "Cost of Declined Leads",
        currency_field="currency_id",
        readonly=True,
        groups=COST_VIEWERS,
        help="Of the cost, that of declined leads.",
    )
    cost_per_won = fields.Float(
        "Cost per Won Value",
        digits=(16, 4),
        readonly=True,
        aggregator="avg",
        groups=COST_VIEWERS,
        help="Cost of all leads, open and declined ones included, per unit of won value: 0.05 "
        "means 5 cents for each euro won. Empty where nothing was won.",
    )

    amount_apart = fields.Monetary(
        "Without a Rate, Value",
        currency_field="apart_currency_id",
        readonly=True,
        help="What no rate converts, in its own currency. It is not among the other amounts.",
    )
    cost_apart = fields.Monetary(
        "Without a Rate, Cost",
        currency_field="apart_currency_id",
        readonly=True,
        groups=COST_VIEWERS,
        help="Cost that no rate converts, in the lead's currency.",
    )
    hours_cost_apart = fields.Char(
        "Cost of Hours without a Rate",
        compute="_compute_hours_cost_apart",
        groups=COST_VIEWERS,
        help="Cost of hours in a currency that no rate converts to the lead's. It is in no other "
        "column.",
    )
    _apart_measures = ("amount_apart", "cost_apart")

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """The labels of recorded time say the unit that the company records it in."""
        return self.env["account.analytic.line"]._label_in_days(
            super().fields_get(allfields, attributes),
            hours=self.env._("Days"),
            lost_hours=self.env._("Days on Declined Leads"),
        )

    @api.model
    def _get_basis_note(self):
        note = self.env._("Time and cost as they were recorded, leads as they are now.")
        if self._may_read("cost"):
            return note
        missing = self.env._(
            "Cost is not shown: it takes the right “Presales cost”, which your administrator gives."
        )
        return f"{note} {missing}"

    @api.depends("lead_id")
    def _compute_hours_cost_apart(self):
        self.check_access("read")
        # sudo: who may read the row reads the cost of the lead's hours
        for row in self.sudo():
            row.hours_cost_apart = row.lead_id.presales_cost_apart

    @property
    def _table_query(self):
        cost = self._exchange_sql(SQL("COALESCE(presales.cost, 0)"))
        amount = self._exchange_sql(SQL("COALESCE(crm_lead.expected_revenue, 0)"))
        return SQL(
            ROWS,
            amount=amount,
            won_value=SQL("CASE WHEN crm_lead.won_status = 'won' THEN %s ELSE 0 END", amount),
            cost=cost,
            created=self._get_day_sql(SQL("crm_lead.create_date")),
            closed=self._get_day_sql(SQL("crm_lead.date_closed")),
            amount_apart=self._apart_sql(SQL("COALESCE(crm_lead.expected_revenue, 0)")),
            cost_apart=self._apart_sql(SQL("COALESCE(presales.cost, 0)")),
            currency=self._get_currency_columns(),
            presales=self._select_presales(),
            rates=self._join_rates("crm_lead"),
            company=self._where_company("crm_lead"),
            readable=self._where_readable(),
        )

    @api.model
    def _select_presales(self):
        """SQL of hours and cost per lead, the cost in the lead's currency.

        As ``presales_cost`` of the lead has it: hours of a company with another currency are
        converted at the rates of the day they were recorded, rounded once per day. What has no
        rate is left out; ``hours_cost_apart`` tells it.
        """
        return SQL(
            """
            SELECT day.lead_id, SUM(day.hours) AS hours,
                   SUM(CASE WHEN day.currency_id = day.lead_currency_id THEN day.cost
                            %(unrated)s
                            ELSE ROUND(day.cost * %(to_rate)s / %(from_rate)s / currency.rounding)
                                 * currency.rounding END) AS cost
              FROM (SELECT line.lead_id, line.company_id, line.currency_id, line.date,
                           COALESCE(lead_company.currency_id, %(own_currency)s)
                               AS lead_currency_id,
                           SUM(line.unit_amount) AS hours, -SUM(line.amount) AS cost
                      FROM account_analytic_line AS line
                      JOIN crm_lead ON crm_lead.id = line.lead_id
                 LEFT JOIN res_company AS lead_company ON lead_company.id = crm_lead.company_id
                     WHERE line.project_id IS NOT NULL
                  GROUP BY line.lead_id, line.company_id, line.currency_id, line.date,
                           lead_company.currency_id) AS day
              JOIN res_currency AS currency ON currency.id = day.lead_currency_id
              JOIN res_company AS company ON company.id = day.company_id
          GROUP BY day.lead_id
            """,
            own_currency=self.env.company.currency_id.id,
            unrated=self._get_unrated_sql(),
            to_rate=self._get_rate_sql(SQL("day.lead_currency_id")),
            from_rate=self._get_rate_sql(SQL("day.currency_id")),
        )

    @api.model
    def _get_unrated_sql(self):
        """SQL of the case that a day's cost has no rate to the lead's currency."""
        # sudo: rates of all companies whose employees may have recorded the hours
        companies = self.env["res.company"].sudo().search([])
        if len(companies.currency_id) < 2:
            return SQL()
        rated = [
            (company.id, currency.id)
            for company in companies
            for currency in self.env["res.currency"]._get_rated(company)
        ]
        pairs = tuple(rated) or ((0, 0),)
        return SQL(
            "WHEN NOT ((day.company_id, day.currency_id) IN %(pairs)s "
            "AND (day.company_id, day.lead_currency_id) IN %(pairs)s) THEN 0",
            pairs=pairs,
        )

    @api.model
    def _get_rate_sql(self, currency):
        """SQL of a currency's rate in ``company`` on ``day.date``, as ``_get_rates`` of
        ``res.currency`` chooses it: the latest by then, or else the first ever, or else 1."""
        rate = """SELECT rate.rate
                    FROM res_currency_rate AS rate
                   WHERE rate.currency_id = %(currency)s %(until)s
                     AND (rate.company_id IS NULL
                          OR rate.company_id = SPLIT_PART(company.parent_path, '/', 1)::int)
                ORDER BY rate.company_id, rate.name %(direction)s
                   LIMIT 1"""
        return SQL(
            "COALESCE((%s), (%s), 1)",
            SQL(
                rate,
                currency=currency,
                until=SQL("AND rate.name <= day.date"),
                direction=SQL("DESC"),
            ),
            SQL(rate, currency=currency, until=SQL(), direction=SQL("ASC")),
        )

    def _read_group_select(self, aggregate_spec, query):
        """Cost per won value of several leads is the ratio of the sums, not a mean of ratios."""
        if aggregate_spec != "cost_per_won:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "SUM(%s) / NULLIF(SUM(%s), 0)",
            self._field_to_sql(self._table, "cost", query),
            self._field_to_sql(self._table, "won_value", query),
        )
