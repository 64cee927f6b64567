from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from ..tools.periods import last_quarter_end

_lt = LazyTranslate(__name__)

# in the order in which they are told
KINDS = [
    ("opening", "Opening"),
    ("new", "New"),
    ("reopened", "Reopened"),
    ("grown", "Grown"),
    ("shrunk", "Shrunk"),
    ("pulled", "Pulled to an Earlier Quarter"),
    ("pushed", "Pushed to a Later Quarter"),
    ("probability", "Probability Changed"),
    ("won", "Won"),
    ("lost", "Declined"),
    ("removed", "Archived or Deleted"),
    ("closing", "Closing"),
]
# of a lead whose amounts changed to or from a currency without a rate: 1 what it left, 2 what it
# came to; 0 of all others
SIDES = """
    CROSS JOIN LATERAL UNNEST(
        CASE WHEN opening.is_visible AND closing.is_visible
                  AND opening.apart_currency_id IS DISTINCT FROM closing.apart_currency_id
             THEN ARRAY[1, 2] ELSE ARRAY[0] END) AS side(number)
"""
APART = """
    CASE WHEN side.number = 1 OR NOT closing.is_visible
         THEN opening.apart_currency_id ELSE closing.apart_currency_id END
"""
COMPARED = """
    SELECT closing.lead_key, %(dimensions)s,
           (COALESCE(opening.is_open, FALSE) AND %(keeps_old)s) AS was_open,
           (closing.is_open AND %(keeps_new)s) AS is_open,
           %(apart)s AS apart_currency_id,
           COALESCE(opening.is_visible, FALSE) AS was_visible,
           (closing.is_visible AND %(keeps_new)s AND closing.won_status IN ('won', 'lost')
            AND closing.won_status IS DISTINCT FROM opening.won_status
            AND (opening.lead_key IS NOT NULL OR lead.create_date >= %(moment)s
                 OR (SELECT won_status = 'pending' FROM crm_lead_history
                      WHERE lead_key = closing.lead_key
                   ORDER BY date LIMIT 1))) AS is_decided,
           (lead.create_date >= %(moment)s
            OR (opening.lead_key IS NULL AND closing.lead_id IS NULL)
            OR (opening.lead_key IS NOT NULL AND NOT opening.is_visible)) AS is_new,
           closing.won_status,
           opening.date AS old_date, closing.date AS new_date,
           opening.probability AS old_probability,
           closing.probability AS new_probability,
           opening.amount AS old_amount, closing.amount AS new_amount,
           opening.amount_weighted AS old_weighted,
           closing.amount_weighted AS new_weighted
      FROM closing
 LEFT JOIN opening ON opening.lead_key = closing.lead_key
 LEFT JOIN crm_lead AS lead ON lead.id = closing.lead_id
           %(sides)s
     WHERE opening.is_visible OR closing.is_visible
"""


class CrmLeadMovementReport(models.Model):
    """What became of the pipeline between the ends of two days.

    The days are ``date_from`` and ``date_to`` of the context; without them the last day of
    the last quarter, and today. For each lead the report compares what it was at both ends.
    What happened in between and was undone again does not show, with one exception: a lead
    that came and was decided in between counts as new (or reopened) and as won or declined.

    Opening + movements = closing, unweighted and weighted: in total, per lead, per quarter of
    the planned order date, and per anything else. All rows of a lead are in the phase, with
    the owner, team, category and company it had at the second day's end, or when it was last
    known. A lead that was given to a company which the user has not chosen is gone for him.
    """

    _name = "crm.lead.movement.report"
    _inherit = ["crm.lead.apart.mixin", "crm.lead.history.report.mixin"]
    _description = "Movements of the Pipeline"
    _auto = False
    _rec_name = "lead_id"
    _order = "kind, date, id"

    kind = fields.Selection(
        KINDS,
        "Movement",
        readonly=True,
        help="New: created since. Reopened: created before, but declined, won, archived or not "
        "known to the history on the first day. Pushed and pulled: from the quarter of the old "
        "planned order date to that of the new one.",
    )
    date = fields.Date(
        "Planned Order Date",
        readonly=True,
        falsy_value_label=_lt("Undated"),  # pylint: disable=translation-field
        help="The planned order date at which this counts.",
    )
    amount = fields.Monetary(
        "Unweighted", currency_field="currency_id", readonly=True, help="Without taxes."
    )
    amount_weighted = fields.Monetary(
        "Weighted", currency_field="currency_id", readonly=True, help="Unweighted × probability."
    )
    move_key = fields.Integer(
        "Lead Number",
        readonly=True,
        aggregator=None,
        help="The lead's database id, kept when it is deleted.",
    )
    date_from = fields.Date("From", readonly=True, help="The opening is at the end of this day.")
    date_to = fields.Date("To", readonly=True, help="The closing is at the end of this day.")

    # ------------------------------------------------------------
    # Kinds in their own order
    # ------------------------------------------------------------

    @api.model
    def _get_kind_position(self, kind):
        """SQL of the place of the SQL ``kind`` among the kinds."""
        return SQL("ARRAY_POSITION(%s, %s::text)", [key for key, _label in KINDS], kind)

    @api.model
    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        if field_name == "kind":
            kind = self._field_to_sql(alias, field_name, query)
            return SQL("%s %s %s", self._get_kind_position(kind), direction, nulls)
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)

    @api.model
    def _read_group_orderby(self, order, groupby_terms, query):
        terms = dict(groupby_terms)
        if "kind" in terms:
            terms["kind"] = self._get_kind_position(terms["kind"])
        res = super()._read_group_orderby(order, terms, query)
        # super completes the terms of many2one fields that it sorts by
        groupby_terms.update({**terms, **{k: groupby_terms[k] for k in ("kind",) if k in terms}})
        return res

    # ------------------------------------------------------------
    # SQL
    # ------------------------------------------------------------

    @api.model
    def _get_period(self):
        """The days whose ends are compared.

        :return: two dates, never the second before the first
        """
        today = self._get_today()
        date_to = self._get_context_day("date_to", today)
        date_from = self._get_context_day("date_from", last_quarter_end(date_to))
        return min(date_from, date_to), date_to

    @property
    def _table_query(self):
        date_from, date_to = self._get_period()
        return SQL(
            """
            WITH opening AS (%(opening)s),
                 closing AS (%(closing)s),
                 compared AS MATERIALIZED (%(compared)s),
                 change AS (%(change)s)
            SELECT change.lead_key::bigint * 16 + movement.slot AS id,
                   change.lead_key AS move_key, change.lead_id, change.type, change.stage_id,
                   change.category_id, change.user_id, change.team_id, change.company_id,
                   change.is_on_hold, change.kept_names, movement.kind, movement.date, %(amounts)s,
                   %(date_from)s::date AS date_from, %(date_to)s::date AS date_to,
                   %(currency)s
              FROM change
        CROSS JOIN LATERAL (%(movements)s)
                AS movement(slot, kind, applies, date, amount, amount_weighted)
             WHERE movement.applies
            """,
            opening=self._select_states(date_from),
            closing=self._select_states(date_to),
            compared=self._select_compared(self._get_day_end(date_from)),
            change=self._select_changes(),
            movements=self._select_movements(),
            amounts=self._part_sql(
                "change",
                {
                    "amount": ("amount_apart", SQL("movement.amount")),
                    "amount_weighted": ("weighted_apart", SQL("movement.amount_weighted")),
                },
            ),
            date_from=date_from,
            date_to=date_to,
            currency=self._get_currency_columns(),
        )

    @api.model
    def _select_compared(self, moment):
        """SQL of each lead's two states side by side.

        A state in a company that was not chosen is none. ``is_decided``: won or declined at
        the end and not so, in the same way, at the beginning. For a lead without a state at
        the beginning that takes knowledge that it was open or not there: it came since, or
        its history begins with an open lead. Otherwise it may be a lead that was decided
        before the history began and was touched now.

        A lead that went to a company whose currency has no rate, or came from one, is two rows:
        what left one currency, and what came in the other.
        """
        is_split = bool(self._get_apart_currencies())
        return SQL(
            COMPARED,
            dimensions=self._choose_dimensions(SQL("closing.is_visible"), "closing", "opening"),
            moment=moment,
            keeps_old=SQL("side.number != 2") if is_split else SQL("TRUE"),
            keeps_new=SQL("side.number != 1") if is_split else SQL("TRUE"),
            apart=SQL(APART) if is_split else SQL("NULL::int4"),
            sides=SQL(SIDES) if is_split else SQL(),
        )

    @api.model
    def _select_changes(self):
        """SQL of what changed in each lead that was, is or in between was in the pipeline.

        ``growth`` is by how much the value changed, and weighted with the old probability.
        The weighted difference that remains is the probability's. A lead that left without a
        decision leaves with the value it had.
        """
        growth = SQL("CASE WHEN is_open OR is_decided THEN new_amount - old_amount ELSE 0 END")
        quarter = "DATE_TRUNC('quarter', COALESCE(%s, 'infinity'::date)::timestamp)"
        return SQL(
            """
            SELECT compared.*,
                   %(growth)s AS growth,
                   CASE WHEN is_open AND old_probability = new_probability AND %(growth)s != 0
                        THEN new_weighted - old_weighted
                        ELSE ROUND((%(growth)s * old_probability / 100)::numeric / %(unit)s)
                             * %(unit)s
                   END AS growth_weighted,
                   was_open AND is_open AS stayed,
                   was_open AND NOT is_open AS has_left,
                   NOT was_open AND (is_open OR is_decided) AS has_come,
                   %(old_quarter)s AS old_quarter,
                   %(new_quarter)s AS new_quarter
              FROM compared
             WHERE was_open OR is_open OR is_decided
            """,
            growth=growth,
            unit=self._get_row_unit_sql(),
            old_quarter=SQL(quarter, SQL("old_date")),
            new_quarter=SQL(quarter, SQL("new_date")),
        )

    @api.model
    def _get_row_unit_sql(self):
        """SQL of the smallest unit of the currency that a row in ``compared`` is in."""
        unit = self._get_unit_sql(self.env.company.currency_id)
        apart = self.env["res.currency"].browse(set(self._get_apart_currencies().values()))
        # sudo: the smallest units of currencies that the rows are in
        cases = [SQL("WHEN %s THEN %s", each.id, self._get_unit_sql(each.sudo())) for each in apart]
        if not cases:
            return unit
        return SQL("(CASE apart_currency_id %s ELSE %s END)", SQL(" ").join(cases), unit)

    @api.model
    def _get_note_domain(self):
        return Domain("kind", "=", "closing")

    @api.model
    def _select_movements(self):
        """SQL ``VALUES`` of the rows a change may have: number, kind, whether it has this
        one, date, amount and weighted amount. Those that it has add up to the closing."""
        return SQL(
            """
            VALUES
            (1, 'opening', was_open, old_date, old_amount, old_weighted),
            (2, CASE WHEN is_new THEN 'new' ELSE 'reopened' END,
             has_come, new_date, new_amount, new_weighted),
            (3, CASE WHEN growth > 0 THEN 'grown' ELSE 'shrunk' END,
             was_open AND growth != 0,
             CASE WHEN is_open THEN new_date ELSE old_date END, growth, growth_weighted),
            (4, CASE WHEN new_quarter > old_quarter THEN 'pushed' ELSE 'pulled' END,
             stayed AND new_quarter != old_quarter, old_date, -old_amount, -old_weighted),
            (5, CASE WHEN new_quarter > old_quarter THEN 'pushed' ELSE 'pulled' END,
             stayed AND new_quarter != old_quarter, new_date, old_amount, old_weighted),
            (6, 'probability',
             stayed AND new_weighted != old_weighted + growth_weighted,
             new_date, 0, new_weighted - old_weighted - growth_weighted),
            (7, CASE WHEN is_decided THEN won_status ELSE 'removed' END,
             has_left, old_date, -old_amount - growth, -old_weighted - growth_weighted),
            (8, won_status, has_come AND NOT is_open, new_date, -new_amount, -new_weighted),
            (9, 'closing', is_open, new_date, new_amount, new_weighted)
            """
        )
