from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.periods import covered_quarters


class CrmLeadForecastReport(models.Model):
    """What the pipeline promised at a quarter's start, and what was won in the quarter.

    A row per calendar quarter and lead. Forecast: the lead was in the pipeline when the
    quarter began, and its planned order date was in the quarter. Won: it was won when the
    quarter ended (or is today, in the running quarter) and was not when the quarter began,
    whether it was forecast or not. A lead that was won and reopened within the quarter was
    not won in it.

    Quarters that began before the history did are left out: nobody recorded what their
    forecast was, and an error against nothing would be no error of the forecast.
    """

    _name = "crm.lead.forecast.report"
    _inherit = "crm.lead.history.report.mixin"
    _description = "Forecast and Actual"
    _auto = False
    _rec_name = "lead_id"
    _order = "quarter desc, id"

    quarter = fields.Date(readonly=True, help="The first day of the calendar quarter.")
    state = fields.Selection(
        [("finished", "Finished"), ("running", "Running")],
        "Quarter Is",
        readonly=True,
        help="In the running quarter, what was won until now is compared with the forecast of "
        "the whole quarter.",
    )
    forecast = fields.Monetary(
        "Forecast, Unweighted",
        currency_field="currency_id",
        readonly=True,
        help="Value at the quarter's start of what was planned for the quarter then.",
    )
    forecast_weighted = fields.Monetary(
        "Forecast, Weighted",
        currency_field="currency_id",
        readonly=True,
        help="Value × probability, both at the quarter's start.",
    )
    won = fields.Monetary(
        currency_field="currency_id",
        readonly=True,
        help="Value, at the quarter's end, of what was won in the quarter.",
    )
    forecast_apart = fields.Monetary(
        "Without a Rate, Forecast",
        currency_field="apart_currency_id",
        readonly=True,
        help="Forecast, unweighted, that no rate converts, in its own currency. It is not among "
        "the other amounts.",
    )
    weighted_apart = fields.Monetary(
        "Without a Rate, Forecast Weighted", currency_field="apart_currency_id", readonly=True
    )
    won_apart = fields.Monetary(
        "Without a Rate, Won", currency_field="apart_currency_id", readonly=True
    )
    _hold_measure = "forecast"
    _apart_measures = ("forecast_apart", "weighted_apart", "won_apart")
    error = fields.Monetary(
        currency_field="currency_id",
        readonly=True,
        help="Won less weighted forecast: positive when more was won than forecast.",
    )

    @api.model
    def _get_basis_note(self):
        return self.env._("By the quarter of the planned order date, as planned when it began.")

    @api.model
    def _get_note_domain(self):
        return Domain("state", "=", "running")

    @property
    def _table_query(self):
        return SQL(
            """
            WITH quarters AS (%(quarters)s),
                 spans AS (%(spans)s),
                 promised AS (%(promised)s),
                 won AS (%(won)s),
                 outcome AS (%(outcome)s)
            SELECT (lead_key::bigint << 13)
                   + 8 * (EXTRACT(YEAR FROM quarter) - 1970)::int
                   + 2 * EXTRACT(QUARTER FROM quarter)::int + is_surprise::int AS id,
                   quarter, state, is_on_hold, lead_id, type, stage_id, category_id, user_id,
                   team_id, company_id, kept_names, %(amounts)s,
                   %(currency)s
              FROM outcome
            """,
            quarters=self._select_quarters(),
            spans=self._select_spans(),
            promised=self._select_promised(),
            won=self._select_won(),
            outcome=self._select_outcome(),
            amounts=self._part_sql(
                "outcome",
                {
                    "forecast": ("forecast_apart", SQL("forecast")),
                    "forecast_weighted": ("weighted_apart", SQL("forecast_weighted")),
                    "won": ("won_apart", SQL("won")),
                    "error": (None, SQL("won - forecast_weighted")),
                },
            ),
            currency=self._get_currency_columns(),
        )

    @api.model
    def _select_quarters(self):
        """SQL of the quarters the history covers: first day, start, end and state."""
        since = self.env["crm.lead.history"]._get_start()
        today = self._get_today()
        quarters = covered_quarters(since, today, self._get_tz()) if since else []
        columns = SQL("quarter::date, starts::timestamp, ends::timestamp, state::varchar")
        if not quarters:
            nothing = SQL("(VALUES (NULL, NULL, NULL, NULL)) AS q(quarter, starts, ends, state)")
            return SQL("SELECT %s FROM %s WHERE FALSE", columns, nothing)
        running = quarters[-1][0]
        return SQL(
            "SELECT %s FROM (VALUES %s) AS q(quarter, starts, ends, state)",
            columns,
            SQL(", ").join(
                SQL("%s", (first, start, end, "running" if first == running else "finished"))
                for first, start, end in quarters
            ),
        )

    @api.model
    def _select_spans(self):
        """SQL of the history's rows, each with the date at which the next one replaced it."""
        return SQL(
            """
            SELECT history.*, LEAD(date) OVER (PARTITION BY lead_key ORDER BY date) AS next_date
              FROM crm_lead_history AS history
            """
        )

    @api.model
    def _select_outcome_columns(self, alias):
        return SQL(
            "quarter, starts, state, %(row)s.lead_key, %(dimensions)s, %(amount)s AS amount, "
            "%(weighted)s AS amount_weighted, rates.apart_currency_id, "
            "%(on_hold)s AS is_on_hold, COALESCE(rates.apart_currency_id, 0) AS bucket",
            row=SQL.identifier(alias),
            on_hold=self._get_on_hold_sql(alias, SQL("quarter")),
            dimensions=self._select_dimensions(alias),
            amount=self._state_amount_sql(
                SQL("COALESCE(%s, 0)", SQL.identifier(alias, "expected_revenue"))
            ),
            weighted=self._state_amount_sql(
                SQL("COALESCE(%s, 0)", SQL.identifier(alias, "prorated_revenue"))
            ),
        )

    @api.model
    def _select_promised(self):
        """SQL of what was open, when its planned quarter began."""
        return SQL(
            """
            SELECT %(columns)s
              FROM spans AS span
              JOIN quarters ON quarter = DATE_TRUNC('quarter', span.date_deadline::timestamp)::date
              %(rates)s
             WHERE span.is_open AND span.date < starts
               AND (span.next_date IS NULL OR span.next_date >= starts)
               AND %(company)s
            """,
            columns=self._select_outcome_columns("span"),
            rates=self._join_rates("span"),
            company=self._where_company("span"),
        )

    @api.model
    def _select_won(self):
        """SQL of what was won when a quarter ended, and not when it began.

        A lead without a state at the beginning was won in the quarter when it came in it, or
        when its history begins with an open lead. Otherwise it was won before the history
        began and is only touched in the quarter.
        """
        return SQL(
            """
            SELECT %(columns)s
              FROM spans AS span
              JOIN quarters ON span.date >= starts AND span.date < ends
                           AND (span.next_date IS NULL OR span.next_date >= ends)
              %(rates)s
         LEFT JOIN crm_lead AS lead ON lead.id = span.lead_id
 LEFT JOIN LATERAL (SELECT won_status, date FROM crm_lead_history
                     WHERE lead_key = span.lead_key AND date < starts
                  ORDER BY date DESC LIMIT 1) AS before ON TRUE
             WHERE span.won_status = 'won' AND before.won_status IS DISTINCT FROM 'won'
               AND (before.date IS NOT NULL OR lead.create_date >= starts
                    OR (SELECT won_status = 'pending' FROM crm_lead_history
                         WHERE lead_key = span.lead_key
                      ORDER BY date LIMIT 1))
               AND %(company)s
            """,
            columns=self._select_outcome_columns("span"),
            rates=self._join_rates("span"),
            company=self._where_company("span"),
        )

    @api.model
    def _select_outcome(self):
        """SQL of both side by side; a lead is grouped by what it was when it was forecast. One
        that was won in a currency that no rate converts, and not forecast in it, is two rows."""
        return SQL(
            """
            SELECT quarter, lead_key, COALESCE(promised.state, won.state) AS state,
                   %(dimensions)s,
                   COALESCE(promised.amount, 0) AS forecast,
                   COALESCE(promised.amount_weighted, 0) AS forecast_weighted,
                   COALESCE(won.amount, 0) AS won,
                   NULLIF(bucket, 0) AS apart_currency_id, promised.state IS NULL AS is_surprise
              FROM promised
         FULL JOIN won USING (quarter, lead_key, bucket)
            """,
            dimensions=self._choose_dimensions(
                SQL("promised.state IS NOT NULL"), "promised", "won"
            ),
        )
