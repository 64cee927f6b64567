"""How each row grows with the number of leads.

``./dev bench growth`` writes docs/growth.md and its picture. The databases of a million leads
take several GB for a while.
"""

import math
import re
from datetime import date
from html import escape

from benchmarks.loaded import loaded_databases
from devtools import settings
from devtools.steps import say

SIZES = (10_000, 100_000, 1_000_000)
PAGE = settings.REPO / "docs" / "growth.md"
PICTURE = PAGE.with_suffix(".svg")
# a panel of the picture, in pixels: wide and high, of them for the curve, and panels in a row
PANEL = (290, 120)
CURVE = (270, 80)
COLUMNS = 3


def measure(benchmarks):
    """Run benchmarks at each size, on new databases, and write the page."""
    found = []
    for leads in SIZES:
        with loaded_databases(leads) as loaded:
            rows = [row for benchmark in benchmarks for row in benchmark.measure(loaded)]
        found.append({re.sub(r", [\d,]+ planned payments", "", row.title): row for row in rows})
        say("\n".join(f"    {row}" for row in rows))
    PAGE.write_text(page(found))
    PICTURE.write_text(picture(found))
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
        "Each curve is the seconds by the leads, both by powers of ten; the grey line",
        "is what grows as the leads do.",
        "",
        f"![Seconds by number of leads, a panel for each row of the table]({PICTURE.name})",
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


def picture(found):
    """The curves, as SVG: a panel per row of the table.

    :param list found: see ``page``
    """
    panels = []
    for number, title in enumerate(found[0]):
        right, down = number % COLUMNS * PANEL[0], number // COLUMNS * PANEL[1]
        grown = [by_title[title].seconds / found[0][title].seconds for by_title in found]
        panels.append(
            f'<g transform="translate({right + 10} {down + 10})">'
            f'<text y="10" fill="black">{escape(title)}</text><g transform="translate(0 15)">'
            f'<polyline points="{points(SIZES, SIZES)}" stroke="#bbb"/>'
            f'<polyline points="{points(SIZES, grown)}" stroke="#714b67" stroke-width="2"/></g></g>'
        )
    rows = math.ceil(len(panels) / COLUMNS)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{COLUMNS * PANEL[0]}"'
        f' height="{rows * PANEL[1]}" font-family="sans-serif" font-size="9">\n'
        '<rect width="100%" height="100%" fill="white"/><g fill="none">\n'
        + "\n".join(panels)
        + "\n</g></svg>\n"
    )


def points(sizes, values):
    """A curve's points: how sizes and values grow from the first on, by powers of ten."""
    wide, high = CURVE
    span = math.log10(sizes[-1] / sizes[0])
    return " ".join(
        f"{wide * math.log10(size / sizes[0]) / span:.1f},"
        f"{high - (high - 10) * math.log10(value / values[0]) / span - 5:.1f}"
        for size, value in zip(sizes, values, strict=True)
    )
