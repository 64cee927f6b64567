"""./dev test: pytest with pytest-odoo on throw-away databases."""

import shutil

from . import databases, odoo, postgres, settings, system
from .environment import PYTHON, ensure_environment
from .steps import run_foreground, step

HELP = """\
usage: ./dev test [PYTEST'S ARGUMENTS]

Without a file or folder among the arguments, all tests run: those of the addon and those in
tests/, in as many processes as the machine has cores, four at most, each with a database of
its own. With a file or folder, in one process. pytest-xdist's -n decides otherwise: -n0 is
one process, which -s needs, -n3 are three. The last line is pytest's, for all processes.
"""
BROWSER_HOME = settings.HOME / "browser-home"
# The longest files first: what a process gets when it is free is a class, or a file without.
TEST_FOLDERS = (settings.REPO / "tests", settings.ADDON_PATH / "tests")
PARALLEL = ["-n", "logical", "--maxprocesses=4", "--dist=loadscope", "--no-loadscope-reorder"]
# Made once, and not by every browser test anew, whose attachments are rolled back.
ASSETS = """
for bundle in "assets_web", "assets_frontend", "assets_frontend_lazy", "assets_tests":
    env["ir.qweb"]._get_asset_bundle(f"web.{bundle}", css=False, js=True).js()
    env["ir.qweb"]._get_asset_bundle(f"web.{bundle}", css=True, js=False).css()
env.cr.commit()
"""


def test(args):
    """Run the addon's tests with the browser tests among them; returns pytest's code."""
    if "--help" in args or "-h" in args:
        print(HELP)
        return 0
    system.ensure_program("chromium")
    system.ensure_program("wkhtmltopdf")
    ensure_environment()
    shutil.rmtree(odoo.SCREENSHOTS, ignore_errors=True)
    with postgres.server(), databases.throw_away("test") as database:
        config = odoo.write_config(database)
        if not names_tests(args):
            with step("make the web client's assets"):
                odoo.run_script(database, ASSETS)
        try:
            command = pytest_command(config, database, args)
            return run_foreground(command, env=test_env(), cwd=settings.REPO)
        finally:
            config.unlink()


def pytest_command(config, database, args):
    """pytest's command line: the addon's tests and ours, unless args name others."""
    command = [PYTHON, "-m", "pytest"]
    command += ["-p", "devtools.browser_guard", "-p", "devtools.parallel"]
    command += [f"--odoo-config={config}", f"--odoo-database={database}", "--odoo-http"]
    if names_tests(args):
        return [*command, *args]
    return [*command, *PARALLEL, *args, *TEST_FOLDERS]


def names_tests(args):
    """Whether pytest's arguments name a file or folder of tests."""
    return any(
        not arg.startswith("-") and (settings.REPO / arg.split("::")[0]).exists() for arg in args
    )


def test_env():
    """The environment of the tests: the browser gets a home of its own."""
    env = odoo.odoo_env()
    BROWSER_HOME.mkdir(parents=True, exist_ok=True)
    env["HOME"] = str(BROWSER_HOME)
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY"):
        env.pop(name, None)
    env["PYTHONPATH"] = str(settings.REPO)
    # Requests of the tests and the browser to 127.0.0.1 must not go through a proxy.
    env["no_proxy"] = env["NO_PROXY"] = "127.0.0.1,localhost"
    return env
