"""The quarterly pipeline over planned payments, against the same sums in plain SQL."""

from odoo import fields
from odoo.api import Environment
from odoo.tools import date_utils

from benchmarks.loaded import PAYMENTS
from benchmarks.timing import best_of, compare

ADMIN = 2
PIPELINE = "crm.lead.pipeline.report"
TARGET = 1.5
TIMES = 5
GROUPS = ["stage_id", "date:quarter"]
PLAIN = """
    SELECT stage_id, DATE_TRUNC('quarter', date) AS quarter,
           SUM(amount) AS amount, SUM(weighted) AS weighted
      FROM (SELECT lead.stage_id, payment.date, payment.amount,
                   payment.amount_weighted AS weighted
              FROM crm_lead_payment AS payment
              JOIN crm_lead AS lead ON lead.id = payment.lead_id
             WHERE lead.won_status = 'pending' AND lead.active
             UNION ALL
            SELECT stage_id, date_deadline, expected_revenue - COALESCE(planned_revenue, 0),
                   prorated_revenue - COALESCE(planned_prorated_revenue, 0)
              FROM crm_lead
             WHERE won_status = 'pending' AND active
               AND (planned_revenue IS NULL OR expected_revenue != planned_revenue)) AS part
     WHERE date IS NULL OR date < DATE_TRUNC('quarter', CURRENT_DATE) + INTERVAL '15 months'
  GROUP BY 1, 2
"""


def measure(loaded):
    """Yield one row."""
    with loaded.addon.cursor() as cr:
        env = Environment(cr, ADMIN, {})
        report, plain = best_of(TIMES, lambda: pivot(env), lambda: plain_sql(cr))
        assert report.result == plain.result, "the report and plain SQL differ"
    title = f"quarterly pipeline, {loaded.leads * PAYMENTS:,} planned payments"
    yield compare(title, report, plain, TARGET, "plain SQL")


def pivot(env):
    """What the web client asks for when somebody opens the report with its default filters.

    :return: dict (stage, first day of the quarter) to (amount, weighted amount)
    """
    env.invalidate_all()
    result = env[PIPELINE].formatted_read_grouping_sets(
        default_domain(env),
        [[], ["date:quarter"], ["stage_id"], GROUPS],
        ["amount:sum", "amount_weighted:sum", "__count"],
    )
    return {
        (row["stage_id"][0], row["date:quarter"] and row["date:quarter"][0]): (
            round(row["amount:sum"], 2),
            round(row["amount_weighted:sum"], 2),
        )
        for row in result[-1]
    }


def default_domain(env):
    """The domain of the filters that the report opens with."""
    first = date_utils.start_of(fields.Date.context_today(env.user), "quarter")
    return [
        ("won_status", "=", "pending"),
        "|",
        ("date", "=", False),
        "&",
        "|",
        ("timing", "=", "overdue"),
        ("date", ">=", first),
        ("date", "<", fields.Date.add(first, months=15)),
    ]


def plain_sql(cr):
    """The same sums without the ORM."""
    cr.execute(PLAIN)
    return {
        (stage, bool(quarter) and str(quarter.date())): (float(amount), float(weighted))
        for stage, quarter, amount, weighted in cr.fetchall()
    }
