"""./dev bench [NAME ... | --table]: ratios, each measured in one run against stock or plain SQL."""

import os
import platform
import sys
from datetime import date
from pathlib import Path

from odoo.modules.registry import Registry
from odoo.tools import config

from benchmarks import (
    against_stock,
    growth,
    handover,
    installation,
    load,
    pipeline,
    replica,
    reports,
    rights,
)
from benchmarks.loaded import loaded_databases
from devtools import databases, settings
from devtools.steps import say

# name on the command line: what measures it, with a database of its own or the loaded ones
ON_EMPTY = {"handover": handover}
ON_LOADED = {
    "installation": installation,
    "pipeline": pipeline,
    "reports": reports,
    "rights": rights,
    "against_stock": against_stock,
}
# only when they are named, and last: users change the leads
ON_REQUEST = {"replica": replica, "load": load}
TABLE = settings.REPO / "docs" / "speed.md"


def main(chosen):
    """Build throw-away databases and run the chosen benchmarks on them, or all of them.

    With ``--table`` all run twice, each time on new databases, and ``docs/speed.md`` is written.
    """
    config.parse_config(["-c", os.environ["ODOO_RC"], "--log-level=warn"], setup_logging=True)
    if chosen == ["growth"]:
        growth.measure([against_stock, pipeline, reports])
        return
    names = [name for name in chosen if name != "--table"]
    if names and "--table" in chosen:
        sys.exit("--table is of all benchmarks: name none")
    if unknown := set(names) - ON_EMPTY.keys() - ON_LOADED.keys() - ON_REQUEST.keys():
        sys.exit(f"no such benchmark: {', '.join(unknown)}; there are {NAMES}")
    if "--table" not in chosen:
        measure(names)
        return
    loads, runs = [os.getloadavg()[0]], []
    for _ in range(2):
        runs.append(measure(names))
        loads.append(os.getloadavg()[0])
    TABLE.write_text(table(runs, loads))
    say(f"\nwritten: {TABLE.relative_to(settings.REPO)}")


def measure(chosen):
    """Run the benchmarks; returns dict name to list of rows."""
    results = {}
    for name, benchmark in ON_EMPTY.items():
        if not chosen or name in chosen:
            with databases.throw_away("bench") as database:
                results[name] = report(name, benchmark.measure(Registry(database)))
                Registry.delete(database)
    on_loaded = {name: b for name, b in ON_LOADED.items() if not chosen or name in chosen}
    on_loaded |= {name: b for name, b in ON_REQUEST.items() if name in chosen}
    if on_loaded:
        with loaded_databases() as loaded:
            for name, benchmark in on_loaded.items():
                results[name] = report(name, benchmark.measure(loaded))
    return results


def report(name, rows):
    """Print one benchmark's rows as they come; returns them as a list."""
    say(f"\n{name}")
    kept = []
    for row in rows:
        say(f"    {row}")
        kept.append(row)
    return kept


def table(runs, loads):
    """The page of two runs, in Markdown.

    :param list runs: two dicts of name to rows
    :param list loads: the machine's load before, between and after
    """
    lines = [
        "# Speed",
        "",
        f"Written by `./dev bench --table` on {date.today()}: two runs, each on new databases with",
        f"100,000 leads. {machine()}; load of the machine before,",
        f"between and after: {', '.join(f'{load:.1f}' for load in loads)}.",
        "",
        "Of several calls in turns the fastest counts; *spread* is by how much the median call is",
        "slower. Single saves are measured in processor time. The notes are of the second run.",
    ]
    for name in runs[0]:
        lines += [
            "",
            f"## {name}",
            "",
            "| | 1st | 2nd | at most | | |",
            "|---|---|---|---|---|---|",
        ]
        for first, second in zip(runs[0][name], runs[1][name], strict=True):
            target = "" if second.target is None else f"{second.target:g}"
            verdicts = {first.verdict, second.verdict}
            verdict = verdicts.pop() if len(verdicts) == 1 else "met once"
            lines.append(
                f"| {second.title} | {first.figure:.2f} | {second.figure:.2f} {second.unit} "
                f"| {target} | {verdict} | {second.note} |"
            )
    return "\n".join(lines) + "\n"


def machine():
    """The processor and the number of cores, in words."""
    names = [
        line.split(":")[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"


NAMES = ", ".join([*ON_EMPTY, *ON_LOADED, *ON_REQUEST])

if __name__ == "__main__":
    main(sys.argv[1:])
