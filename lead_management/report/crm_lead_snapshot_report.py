from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)


class CrmLeadSnapshotReport(models.Model):
    """The pipeline on a day: a row per lead that was in it when the day ended.

    The day is ``snapshot_date`` of the context, today without it. It ends at midnight where
    the company is. Every column says what the lead was then, not what it is today.
    """

    _name = "crm.lead.snapshot.report"
    _inherit = ["crm.lead.apart.mixin", "crm.lead.history.report.mixin"]
    _description = "Pipeline on a Day"
    _auto = False
    _rec_name = "lead_id"
    _order = "date, id"

    date = fields.Date(
        "Planned Order Date",
        readonly=True,
        falsy_value_label=_lt("Undated"),  # pylint: disable=translation-field
        help="The planned order date on that day.",
    )
    timing = fields.Selection(
        [("dated", "Dated"), ("undated", "Undated"), ("overdue", "Overdue")],
        readonly=True,
        help="Undated: no planned order date. Overdue: the planned order date was before that day.",
    )
    probability = fields.Float("Probability (%)", readonly=True, aggregator="avg")
    amount = fields.Monetary(
        "Unweighted", currency_field="currency_id", readonly=True, help="Without taxes."
    )
    amount_weighted = fields.Monetary(
        "Weighted", currency_field="currency_id", readonly=True, help="Unweighted × probability."
    )
    snapshot_date = fields.Date("Day", readonly=True, help="The day these figures are of.")

    @property
    def _table_query(self):
        day = self._get_snapshot_date()
        return SQL(
            """
            SELECT state.lead_key AS id, state.lead_id, state.type, state.stage_id,
                   state.category_id, state.user_id, state.team_id, state.company_id,
                   state.is_on_hold, state.kept_names, state.date, state.probability, %(amounts)s,
                   CASE WHEN state.date IS NULL THEN 'undated'
                        WHEN state.date < %(day)s THEN 'overdue'
                        ELSE 'dated' END AS timing,
                   %(day)s::date AS snapshot_date,
                   %(currency)s
              FROM (%(states)s) AS state
             WHERE state.is_open
            """,
            day=day,
            amounts=self._part_sql(
                "state",
                {
                    "amount": ("amount_apart", SQL("state.amount")),
                    "amount_weighted": ("weighted_apart", SQL("state.amount_weighted")),
                },
            ),
            currency=self._get_currency_columns(),
            states=self._select_states(day),
        )

    @api.model
    def _get_snapshot_date(self):
        return self._get_context_day("snapshot_date", self._get_today())
