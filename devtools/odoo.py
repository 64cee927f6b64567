"""Odoo's configuration file and command line."""

import os
import subprocess

from . import environment, odoo_source, postgres, settings
from .steps import run_foreground, run_logged, write

SCREENSHOTS = settings.LOGS / "screenshots"
COMMON = {
    "http_interface": "127.0.0.1",
    "workers": 0,
    "max_cron_threads": 0,
    "list_db": False,
    # Time enough for a debugger. 0 would not mean none: it ends every worker process at once.
    "limit_time_cpu": 600,
    "limit_time_real": 3600,
    # Here 0 does mean none: the browser that a test starts would inherit the limit, and die.
    "limit_memory_soft": 0,
    "limit_memory_hard": 0,
    "smtp_server": "localhost",
    "smtp_port": 1,
    "admin_passwd": "admin",
    "screenshots": SCREENSHOTS,
}


def addons_path():
    """Odoo's addons, then ours."""
    return ",".join(map(str, [*odoo_source.addons_folders(), settings.REPO]))


def write_config(database=None, name=None, **options):
    """Write a configuration file into the home, for one database or none; returns its path.

    Without a database it is of this checkout: another one may share the home.
    """
    values = {"addons_path": addons_path(), "data_dir": settings.DATA, **COMMON}
    if not postgres.is_external():
        values.update(db_host=postgres.socket_folder(), db_port=5432, db_user=postgres.ROLE)
    if database:
        values.update(db_name=database, dbfilter=f"^{database}$")
    lines = [f"{key} = {value}\n" for key, value in {**values, **options}.items()]
    name = name or database or f"checkout-{settings.digest(settings.REPO)}"
    path = settings.RUN / f"{name}.conf"
    write(path, "".join(["[options]\n", *lines]))
    return path


def odoo_env(config=None):
    """The environment of Odoo's processes: our server, our configuration."""
    env = postgres.connection_env()
    # A chance database or configuration of the user's must not slip in.
    for name in ("ODOO_RC", "OPENERP_SERVER", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
        env.pop(name, None)
    # Neither Debian's package nor uv brings bytecode, and none is written beside the sources.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env["PYTHONPYCACHEPREFIX"] = str(settings.HOME / "pycache")
    folders = [settings.VENV / "bin", postgres.programs(), env.get("PATH", os.defpath)]
    env["PATH"] = os.pathsep.join(map(str, folders))
    env.setdefault("LANG", "C.UTF-8")
    if config:
        env["ODOO_RC"] = str(config)
    return env


def command(*args):
    """Odoo's command line as a list."""
    return [environment.PYTHON, "-m", "odoo", *map(str, args)]


def server_command(*args):
    """The command line of a server: a file, which Odoo with workers starts once more by name."""
    path = settings.RUN / "serve.py"
    write(path, "import odoo.cli\n\nodoo.cli.main()\n")
    return [environment.PYTHON, path, *map(str, args)]


def call(args):
    """Run Odoo's command line with our configuration; returns its exit code."""
    return run_foreground(command(*args), env=odoo_env(write_config()), cwd=settings.REPO)


def run_script(database, script, *options, **variables):
    """Feed a script to Odoo's shell; returns the finished process."""
    full = command("shell", "-d", database, "--no-http", "--log-level=critical", *options)
    env = {**odoo_env(write_config()), **variables, "PYTHONUNBUFFERED": "1"}
    return subprocess.run(
        full, input=script, env=env, cwd=settings.REPO, capture_output=True, text=True
    )


def build(args, log, remedy=None):
    """Run Odoo to install or update something, with its output in a log file."""
    full = command(*args, "--no-http", "--stop-after-init")
    return run_logged(full, log, remedy, env=odoo_env(write_config()), cwd=settings.REPO)
