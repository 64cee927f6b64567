"""The other reports on the same leads: seconds to open each as the web client does."""

from odoo.api import Environment

from benchmarks.timing import best_of

ADMIN = 2
TIMES = 3
# model: context, domain, groups and measures of the view that opens first
REPORTS = {}


def measure(loaded):
    """Yield one line of text per report."""
    with loaded.addon.cursor() as cr:
        for model, (context, domain, groups, measures) in REPORTS.items():
            env = Environment(cr, ADMIN, context)

            def read(report=env[model], domain=domain, groups=groups, measures=measures):
                return report.formatted_read_group(domain, groups, measures)

            [(seconds, rows)] = best_of(TIMES, read)
            yield f"{model}: {seconds:.2f} s, {len(rows)} groups"
