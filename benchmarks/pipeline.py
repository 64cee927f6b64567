"""The quarterly pipeline over planned payments, against the same sums in plain SQL."""

from odoo import fields
from odoo.api import Environment
from odoo.fields import Command
from odoo.tools import date_utils

from benchmarks.loaded import PAYMENTS
from benchmarks.timing import best_of, compare
from devtools import postgres

ADMIN = 2
PIPELINE = "crm.lead.pipeline.report"
TARGET = 1.5
TIMES = 5
GROUPS = ["stage_id", "date:quarter"]
# as a pivot asks for amounts
MEASURES = [
    *(
        spec
        for name in ("amount", "amount_weighted")
        for spec in (f"{name}:sum", "currency_id:array_agg_distinct", f"{name}:sum_currency")
    ),
    "__count",
]
PLAIN = """
    SELECT stage_id, DATE_TRUNC('quarter', date) AS quarter,
           SUM({amount}) AS amount, SUM({weighted}) AS weighted
      FROM (SELECT lead.stage_id, lead.company_id, payment.date, payment.amount,
                   payment.amount_weighted AS weighted
              FROM crm_lead_payment AS payment
              JOIN crm_lead AS lead ON lead.id = payment.lead_id
             WHERE lead.won_status = 'pending' AND lead.active
             UNION ALL
            SELECT stage_id, company_id, date_deadline,
                   expected_revenue - COALESCE(planned_revenue, 0),
                   prorated_revenue - COALESCE(planned_prorated_revenue, 0)
              FROM crm_lead
             WHERE won_status = 'pending' AND active
               AND (planned_revenue IS NULL OR expected_revenue != planned_revenue)) AS part
           {rates}
     WHERE date IS NULL OR date < DATE_TRUNC('quarter', CURRENT_DATE) + INTERVAL '15 months'
  GROUP BY 1, 2
"""
RATES = "JOIN (VALUES {}) AS rates(company_id, rate) ON rates.company_id = part.company_id"
# at most, of the millions in a group
LOST = 10
CURRENCIES = {"CHF": 0.9, "GBP": 0.8}


def measure(loaded):
    """Yield one row in one currency, and one in three."""
    title = f"quarterly pipeline, {loaded.leads * PAYMENTS:,} planned payments"
    with loaded.addon.cursor() as cr:
        yield against_plain_sql(Environment(cr, ADMIN, {}), title)
        env = in_three_currencies(Environment(cr, ADMIN, {}))
        yield against_plain_sql(env, f"{title}, three currencies")
        cr.rollback()
    # what was undone must not count for others: companies that somebody may see, and dead rows
    loaded.addon.clear_all_caches()
    postgres.query("VACUUM (FULL, ANALYZE) crm_lead", loaded.addon.db_name)


def against_plain_sql(env, title):
    """The row of the report against plain SQL; both say the same, give or take the cents that
    plain SQL loses where it rounds each payment."""
    rates = env[PIPELINE]._get_rates()
    names = {"amount": "amount", "weighted": "weighted", "rates": ""}
    if len(rates) > 1:
        values = ", ".join(f"({company}, {rate}::numeric)" for company, rate in rates.items())
        names = {name: f"ROUND({name} * rate, 2)" for name in ("amount", "weighted")}
        names["rates"] = RATES.format(values)
    report, plain = best_of(
        TIMES, lambda: pivot(env), lambda: plain_sql(env.cr, PLAIN.format(**names))
    )
    assert report.result.keys() == plain.result.keys(), "the report and plain SQL differ"
    for key, amounts in plain.result.items():
        for found, amount in zip(report.result[key], amounts, strict=True):
            assert abs(found - amount) <= (LOST if len(rates) > 1 else 0), "the two differ"
    return compare(title, report, plain, TARGET, "plain SQL")


def in_three_currencies(env):
    """The environment of somebody who looks at three companies, each with a third of the leads."""
    companies = env.company
    for name, rate in CURRENCIES.items():
        currencies = env["res.currency"].with_context(active_test=False)
        currency = currencies.search([("name", "=", name)])
        currency.active = True
        env["res.currency.rate"].create(
            {"currency_id": currency.id, "rate": rate, "name": "2020-01-01", "company_id": False}
        )
        companies |= env["res.company"].create({"name": name, "currency_id": currency.id})
    env.user.company_ids = [Command.link(company.id) for company in companies]
    env.flush_all()
    env.cr.execute(
        "UPDATE crm_lead SET company_id = (%s::int[])[1 + id %% %s]",
        [companies.ids, len(companies)],
    )
    env.cr.execute("ANALYZE crm_lead")
    env.invalidate_all()
    return Environment(env.cr, env.uid, {"allowed_company_ids": companies.ids})


def pivot(env):
    """What the web client asks for when somebody opens the report with its default filters.

    :return: dict (stage, first day of the quarter) to (amount, weighted amount)
    """
    env.invalidate_all()
    result = env[PIPELINE].formatted_read_grouping_sets(
        default_domain(env), [[], ["date:quarter"], ["stage_id"], GROUPS], MEASURES
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


def plain_sql(cr, sql):
    """The same sums without the ORM."""
    cr.execute(sql)
    return {
        (stage, bool(quarter) and str(quarter.date())): (float(amount), float(weighted))
        for stage, quarter, amount, weighted in cr.fetchall()
    }
