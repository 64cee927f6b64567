"""./dev test and ./dev core: pytest with pytest-odoo on throw-away databases."""

import re
import shutil

from . import databases, environment, odoo, odoo_source, postgres, settings
from .steps import Failure, run_foreground, say, step

HELP = """\
usage: ./dev test [PYTEST'S ARGUMENTS]

Without a file or folder among the arguments, all tests run: those of the addon and those in
tests/, in as many processes as the machine has cores, four at most, each with a database of
its own. With a file or folder, in one process. pytest-xdist's -n decides otherwise: -n0 is
one process, which -s needs, -n3 are three. The last line is pytest's, for all processes.
"""
TEST_FOLDERS = (settings.REPO / "tests", settings.ADDON_PATH / "tests")
# What a process gets when it is free is a class, or a file without.
PARALLEL = ["-n", "logical", "--maxprocesses=4", "--dist=loadscope", "--no-loadscope-reorder"]
# Made once, and not by every browser test anew, whose attachments are rolled back.
ASSETS = """
for bundle in "assets_web", "assets_frontend", "assets_frontend_lazy", "assets_tests":
    env["ir.qweb"]._get_asset_bundle(f"web.{bundle}", css=False, js=True).js()
    env["ir.qweb"]._get_asset_bundle(f"web.{bundle}", css=True, js=False).css()
env.cr.commit()
"""
SUITES = "crm sale_crm sales_team project hr_timesheet sale_project sale_timesheet sale_margin"
LEAD = 'env["crm.lead"].create({"name": "Here before"})\n'
# On in stock, where core's tour opens them; off with the addon until somebody switches them on.
PAID = 'env["ir.config_parameter"].set_param("lead_management.paid_services", "True")\n'
COMMIT = "env.cr.commit()\n"
FAILED = r'<testcase classname="([^"]*)" name="([^"]*)"[^>]*>\s*<(?:failure|error)'


def test(args):
    """Run the addon's tests with the browser tests among them; returns pytest's code."""
    if "--help" in args or "-h" in args:
        print(HELP)
        return 0
    environment.ensure_program("chromium")
    environment.ensure_program("wkhtmltopdf")
    shutil.rmtree(odoo.SCREENSHOTS, ignore_errors=True)
    with postgres.server(), databases.throw_away("test") as database:
        if not names_tests(args):
            with step("make the web client's assets"):
                odoo.run_script(database, ASSETS)
        return run_pytest(database, args, cwd=settings.REPO)


def run_pytest(database, args, **options):
    """Run pytest on a database; returns its code."""
    config = odoo.write_config(database)
    try:
        return run_foreground(pytest_command(config, database, args), env=test_env(), **options)
    finally:
        config.unlink()


def pytest_command(config, database, args):
    """pytest's command line: the addon's tests and ours, unless args name others."""
    command = [environment.PYTHON, "-m", "pytest", "-p", "devtools.pytest_plugin"]
    command += [f"--odoo-config={config}", f"--odoo-database={database}", "--odoo-http"]
    return [*command, *args] if names_tests(args) else [*command, *PARALLEL, *args, *TEST_FOLDERS]


def names_tests(args):
    """Whether pytest's arguments name a file or folder of tests."""
    return any(
        not arg.startswith("-") and (settings.REPO / arg.split("::")[0]).exists() for arg in args
    )


def test_env():
    """The environment of the tests: the browser gets a home of its own, and no proxy."""
    env = odoo.odoo_env()
    home = settings.HOME / "browser-home"
    home.mkdir(exist_ok=True)
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY"):
        env.pop(name, None)
    env.update(HOME=str(home), PYTHONPATH=str(settings.REPO))
    return {**env, **dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost")}


def test_core(suites):
    """./dev core: Odoo's own suites fail nowhere with the addon that they do not fail without.

    They run on Odoo alone, with the addon in a database that had a lead before it came, and with
    the addon and its nine stages; paid services are on, as in Odoo alone. Returns 1 where one fails
    with the addon alone.
    """
    failed = {}
    with postgres.server():
        for kind in ("stock", "used", "stages"):
            with databases.throw_away(f"core_{kind}", addon=kind == "stages") as database:
                if kind != "stock":
                    odoo.run_script(database, PAID + COMMIT)
                if kind == "used":
                    odoo.run_script(database, LEAD + COMMIT)
                    with step(f"install {settings.ADDON}"):
                        odoo.build(["-d", database, "-i", settings.ADDON], "core-used")
                failed[kind] = _failing(database, kind, suites or SUITES.split())
    for kind in ("used", "stages"):
        new = failed[kind] - failed["stock"]
        say("\n  ".join([f"{kind}: {len(new)} fail that stock does not", *sorted(new)]))
    return int(failed["used"] | failed["stages"] != failed["stock"])


def _failing(database, kind, suites):
    """The names of the tests that fail on a database, from pytest's own record."""
    addons = odoo_source.addons_folders()
    folders = [folder / suite / "tests" for folder in addons for suite in suites]
    report = settings.LOGS / f"core-{kind}.xml"
    report.unlink(missing_ok=True)
    paths = [str(folder) for folder in folders if folder.exists()]
    run_pytest(database, [*paths, "-q", f"--junitxml={report}"], cwd="/")
    if not report.exists():
        raise Failure("pytest wrote no record", "see what it says above")
    return {".".join(case) for case in re.findall(FAILED, report.read_text())}
