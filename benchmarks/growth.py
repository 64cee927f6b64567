"""How each row grows with the number of leads: ``./dev bench growth`` writes docs/growth.md."""

import re
from datetime import date

from benchmarks.loaded import loaded_databases
from devtools import settings
from devtools.steps import say

SIZES = (10_000, 100_000)
PAGE = settings.REPO / "docs" / "growth.md"


def measure(benchmarks):
    """Run benchmarks at each size, on new databases, and write the page."""
    found = []
    for leads in SIZES:
        with loaded_databases(leads) as loaded:
            rows = [row for benchmark in benchmarks for row in benchmark.measure(loaded)]
        found.append({re.sub(r", [\d,]+ planned payments", "", row.title): row for row in rows})
        say("\n".join(f"    {row}" for row in rows))
    PAGE.write_text(page(found))
    say(f"\nwritten: {PAGE.relative_to(settings.REPO)}")


def page(found):
    """The page, in Markdown.

    :param list found: per size a dict of title to row
    """
    sizes = " | ".join(f"{leads:,} leads" for leads in SIZES)
    lines = [
        "# Growth",
        "",
        f"Written by `./dev bench growth` on {date.today()}: our seconds on databases with so many",
        "leads, with three planned payments each, and in brackets the ratio to stock or plain SQL.",
        "",
        f"| | {sizes} | grows |",
        "|---|" + "---|" * (len(SIZES) + 1),
    ]
    for title in found[0]:
        rows = [by_title[title] for by_title in found]
        cells = " | ".join(
            f"{row.seconds:.4f}" + (f" ({row.figure:.2f} ×)" if row.unit == "×" else "")
            for row in rows
        )
        lines.append(f"| {title} | {cells} | {rows[-1].seconds / rows[0].seconds:.1f} × |")
    return "\n".join(lines) + "\n"
