"""./dev test: pytest with pytest-odoo on a throw-away database."""

import shutil

from . import databases, odoo, postgres, settings, system
from .environment import PYTHON, ensure_environment
from .steps import run_foreground

BROWSER_HOME = settings.HOME / "browser-home"


def test(args):
    """Run the addon's tests with the browser tests among them; returns pytest's code."""
    system.ensure_programs(postgresql=not postgres.is_external(), browser_tests=True)
    ensure_environment()
    shutil.rmtree(odoo.SCREENSHOTS, ignore_errors=True)
    with postgres.server(), databases.throw_away("test") as database:
        config = odoo.write_config(database, db_name=database, dbfilter=f"^{database}$")
        try:
            command = pytest_command(config, database, args)
            return run_foreground(command, env=test_env(), cwd=settings.REPO)
        finally:
            config.unlink()


def pytest_command(config, database, args):
    """pytest's command line: the addon's tests and ours, unless args name others."""
    command = [PYTHON, "-m", "pytest", "-p", "devtools.browser_guard"]
    command += [f"--odoo-config={config}", f"--odoo-database={database}", "--odoo-http"]
    command += args
    if not names_tests(args):
        command.append(settings.ADDON_PATH / "tests")
        if (settings.REPO / "tests").is_dir():
            command.append(settings.REPO / "tests")
    return command


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
