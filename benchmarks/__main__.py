"""./dev bench: ratios, each measured in one run against plain SQL doing the same."""

import os

from odoo.modules.registry import Registry
from odoo.tools import config

from benchmarks import conversion
from devtools import databases
from devtools.steps import say


def main():
    """Build a throw-away database and run every benchmark on it."""
    with databases.throw_away("bench") as name:
        config.parse_config(["-c", os.environ["ODOO_RC"], "-d", name])
        registry = Registry(name)
        say("")
        for line in conversion.measure(registry):
            say(line)
        registry.delete(name)


if __name__ == "__main__":
    main()
