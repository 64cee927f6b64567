"""The other reports on the same leads: seconds to open each as the web client does."""

from odoo.api import Environment

from benchmarks.timing import Row, best_of

ADMIN = 2
TIMES = 3
# model: context, domain, groups and measures of the view that opens first
AMOUNTS = ["amount:sum", "amount_weighted:sum"]
REPORTS = {
    "crm.lead.snapshot.report": ({}, [], ["stage_id", "date:quarter"], AMOUNTS),
    "crm.lead.movement.report": (
        {},
        [("kind", "!=", "closing")],
        ["kind", "date:quarter"],
        AMOUNTS,
    ),
    "crm.lead.forecast.report": (
        {},
        [],
        ["quarter:quarter"],
        ["forecast:sum", "forecast_weighted:sum", "won:sum"],
    ),
    "crm.lead.presales.report": ({}, [], ["category_id"], ["hours:sum", "won_value:sum"]),
}


def measure(loaded):
    """Yield one row per report."""
    with loaded.addon.cursor() as cr:
        for model, (context, domain, groups, measures) in REPORTS.items():
            env = Environment(cr, ADMIN, context)

            def read(report=env[model], domain=domain, groups=groups, measures=measures):
                return report.formatted_read_group(domain, groups, measures)

            [timed] = best_of(TIMES, read)
            yield Row(
                model, timed.best, f"{len(timed.result)} groups", unit="s", seconds=timed.best
            )
