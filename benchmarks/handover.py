"""Winning a lead with many hours and offers, against a stock write of the same hours."""

import time

from odoo.api import SUPERUSER_ID, Environment
from odoo.fields import Command

from benchmarks.timing import Row

HOURS = (1_000, 10_000)
OFFERS = 10
LINES = 50


def measure(registry):
    """Yield one row per number of hours, and one for the queries."""
    queries = {}
    for hours in HOURS:
        with registry.cursor() as cr:
            env = Environment(cr, SUPERUSER_ID, {})
            lead = create_lead(env, hours)
            plain = time_stock_write(env, lead)
            # what does not depend on the hours: the offers, the project, the messages
            base, base_queries = time_handover(env, create_lead(env, 0))
            seconds, queries[hours] = time_handover(env, lead)
            cr.rollback()
        yield Row(
            f"won, {hours:,} hours: the hours' part against a stock write of them",
            max(seconds - base, 0) / plain,
            f"stock {plain:.2f} s; in all, with {OFFERS} offers of {LINES} lines, {seconds:.2f} s "
            f"and {queries[hours]} queries, without hours {base:.2f} s and {base_queries}",
            target=1,
        )
    few, many = HOURS
    batches = (many - few) / 100
    yield Row(
        "won: queries per 100 more hours",
        (queries[many] - queries[few]) / batches,
        "100 is Odoo's own batch of an UPDATE",
        unit="queries",
    )


def create_lead(env, hours):
    """A lead with ``hours`` one-hour lines of two people, and offers."""
    product = env["product.product"].create({"name": "Tub", "type": "consu", "list_price": 100})
    partner = env["res.partner"].create({"name": "Maria Huber"})
    lead = env["crm.lead"].create({"name": "Bathroom", "partner_id": partner.id})
    employees = env["hr.employee"].create([{"name": f"E{n}", "hourly_cost": 50} for n in range(2)])
    env["account.analytic.line"].create(
        [
            {"lead_id": lead.id, "employee_id": employees[n % 2].id, "unit_amount": 1}
            for n in range(hours)
        ]
    )
    env["sale.order"].create(
        [
            {
                "partner_id": partner.id,
                "opportunity_id": lead.id,
                "order_line": [Command.create({"product_id": product.id}) for _ in range(LINES)],
            }
            for _ in range(OFFERS)
        ]
    )
    lead.main_order_id = lead.order_ids[:1]
    env.flush_all()
    return lead


def time_stock_write(env, lead):
    """Seconds for writing another project on the lead's hours, as core does it; undone."""
    project = env["project.project"].create({"name": "Other", "allow_timesheets": True})
    lines = env["account.analytic.line"].search([("lead_id", "=", lead.id)])
    env.flush_all()
    env.invalidate_all()
    with env.cr.savepoint() as savepoint:
        start = time.perf_counter()
        lines.write({"project_id": project.id})
        env.flush_all()
        seconds = time.perf_counter() - start
        savepoint.rollback()
    env.invalidate_all()
    return seconds


def time_handover(env, lead):
    """Seconds and number of queries for winning ``lead`` through the dialog."""
    wizard = env["crm.lead.won"].create({"lead_ids": [Command.set(lead.ids)]})
    env.flush_all()
    env.invalidate_all()
    queries, start = env.cr.sql_log_count, time.perf_counter()
    wizard.action_convert()
    env.flush_all()
    return time.perf_counter() - start, env.cr.sql_log_count - queries
