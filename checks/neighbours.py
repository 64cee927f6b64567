"""./dev neighbours: the addon beside all Community modules that can be installed beside crm.

Twice: they are there first, then the addon comes; and the other way round. Then every menu entry
of sales and projects is opened, as each role and in a browser. A warning counts, too, unless the
modules give it without the addon.
"""

import os
import re
import sys

from odoo.modules.module import Manifest, initialize_sys_path
from odoo.tools import config

from devtools import databases, odoo, settings, testing
from devtools.steps import say, step

# countries' charts of accounts exclude each other: of all, one that our users have
LEFT_OUT = re.compile("test_|hw_|l10n_(?!de$)")
MENUS = f"{settings.ADDON}/tests/every_menu.py"
PROBLEM = re.compile(r"^\S+ \S+ \d+ (?:WARNING|ERROR|CRITICAL) \S+ (.*)", re.MULTILINE)


def main():
    """Check both orders; returns 1 where something failed or warned."""
    modules = find_modules()
    say(f"{len(modules)} modules beside {settings.ADDON}")
    problems, failed = [], 0
    with databases.throw_away("neighbours", addon=False) as name:
        known = install(name, modules, "the neighbours")
        problems += install(name, [settings.ADDON], f"{settings.ADDON} beside them") - known
        failed += open_menus(name)
    with databases.throw_away("neighbours") as name:
        problems += install(name, modules, f"the neighbours beside {settings.ADDON}") - known
        failed += open_menus(name)
    say("\n    | ".join(["\nwarnings and errors:", *sorted(problems)]))
    say(f"{len(modules)} modules, both orders: {len(problems)} warnings and errors of the addon")
    return int(bool(problems or failed))


def find_modules():
    """The names of the modules that can be installed here."""
    config.parse_config(["-c", os.environ["ODOO_RC"]])
    initialize_sys_path()
    return [
        manifest.name
        for manifest in Manifest.all_addon_manifests()
        if manifest.name != settings.ADDON and not LEFT_OUT.match(manifest.name) and fits(manifest)
    ]


def fits(manifest):
    """Whether a module can be installed, and what it needs of Python is there."""
    try:
        manifest.check_manifest_dependencies()
    except Exception:  # the kinds of errors differ
        return False
    return manifest["installable"]


def install(name, modules, what):
    """Install modules; returns the warnings and errors in the log, without names and numbers."""
    with step(f"install {what}"):
        log = odoo.build(["-d", name, "-i", ",".join(modules)], f"db-{name}")
        found = PROBLEM.findall(log.read_text())
        databases.check_installed(name, modules, log)
    return {re.sub(r"\d+", "0", line.replace(name, "")) for line in found}


def open_menus(name):
    """Open every menu entry; returns pytest's code."""
    return testing.run_pytest(name, [MENUS, "-q"], cwd=settings.REPO)


if __name__ == "__main__":
    sys.exit(main())
