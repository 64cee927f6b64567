"""./dev bench [NAME ...]: ratios, each measured in one run against stock Odoo or plain SQL."""

import os
import sys

from odoo.modules.registry import Registry
from odoo.tools import config

from benchmarks import against_stock, handover, installation, pipeline, reports, rights
from benchmarks.loaded import loaded_databases
from devtools import databases
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


def main(chosen):
    """Build throw-away databases and run the chosen benchmarks on them, or all of them."""
    config.parse_config(["-c", os.environ["ODOO_RC"], "--log-level=warn"], setup_logging=True)
    if unknown := set(chosen) - ON_EMPTY.keys() - ON_LOADED.keys():
        sys.exit(f"no such benchmark: {', '.join(unknown)}; there are {NAMES}")
    for name, benchmark in ON_EMPTY.items():
        if not chosen or name in chosen:
            with databases.throw_away("bench") as database:
                report(name, benchmark.measure(Registry(database)))
                Registry.delete(database)
    on_loaded = {name: b for name, b in ON_LOADED.items() if not chosen or name in chosen}
    if on_loaded:
        with loaded_databases() as loaded:
            for name, benchmark in on_loaded.items():
                report(name, benchmark.measure(loaded))


def report(name, lines):
    """Print one benchmark's results."""
    say(f"\n{name}")
    for line in lines:
        say(f"    {line}")


NAMES = ", ".join([*ON_EMPTY, *ON_LOADED])

if __name__ == "__main__":
    main(sys.argv[1:])
