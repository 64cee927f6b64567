"""./dev core: Odoo's own suites fail nowhere with the addon that they do not fail without.

They run three times: on Odoo alone, with the addon in a database that had a lead before it came,
and with the addon and its nine stages.
"""

import re

from . import databases, environment, odoo, odoo_source, postgres, settings, testing
from .steps import Failure, run_foreground, say, step

SUITES = "crm sale_crm sales_team project hr_timesheet sale_project sale_timesheet sale_margin"
LEAD = 'env["crm.lead"].create({"name": "Here before"}); env.cr.commit()\n'
FAILED = r'<testcase classname="([^"]*)" name="([^"]*)"[^>]*>\s*<(?:failure|error)'


def test_core(suites):
    """Run the named suites, or all; returns 1 where one fails with the addon alone."""
    environment.ensure_environment()
    failed = {}
    with postgres.server():
        for kind in ("stock", "used", "stages"):
            with databases.throw_away(f"core_{kind}", addon=kind == "stages") as database:
                if kind == "used":
                    odoo.run_script(database, LEAD)
                    with step(f"install {settings.ADDON}"):
                        odoo.build(["-d", database, "-i", settings.ADDON], "core-used")
                failed[kind] = _run(database, kind, suites or SUITES.split())
    for kind in ("used", "stages"):
        new = failed[kind] - failed["stock"]
        say("\n  ".join([f"{kind}: {len(new)} fail that stock does not", *sorted(new)]))
    return int(failed["used"] | failed["stages"] != failed["stock"])


def _run(database, kind, suites):
    """The names of the tests that fail on a database, from pytest's own record."""
    folders = [
        folder / suite / "tests" for folder in odoo_source.addons_folders() for suite in suites
    ]
    report, config = settings.LOGS / f"core-{kind}.xml", odoo.write_config(database)
    report.unlink(missing_ok=True)
    command = testing.pytest_command(
        config, database, [str(path) for path in folders if path.exists()]
    )
    run_foreground([*command, "-q", f"--junitxml={report}"], env=testing.test_env(), cwd="/")
    config.unlink()
    if not report.exists():
        raise Failure("pytest wrote no record", "see what it says above")
    return {".".join(case) for case in re.findall(FAILED, report.read_text())}
