"""Odoo's configuration file and command line."""

import os

from . import environment, odoo_source, postgres, settings
from .steps import run_foreground, run_logged

SCREENSHOTS = settings.LOGS / "screenshots"
COMMON = {
    "http_interface": "127.0.0.1",
    "workers": "0",
    "max_cron_threads": "0",
    "list_db": "False",
    "limit_time_cpu": "0",
    "limit_time_real": "0",
    "limit_memory_soft": "0",
    "limit_memory_hard": "0",
    "smtp_server": "localhost",
    "smtp_port": "1",
    "admin_passwd": "admin",
}


def addons_path():
    """Odoo's addons, then ours where there is one."""
    folders = odoo_source.addons_folders()
    if (settings.ADDON_PATH / "__manifest__.py").exists():
        folders = [*folders, settings.REPO]
    return ",".join(map(str, folders))


def write_config(name="odoo", **options):
    """Write a configuration file into the home and return its path."""
    values = {"addons_path": addons_path(), "data_dir": settings.DATA, **COMMON}
    if not postgres.is_external():
        values.update(db_host=postgres.socket_folder(), db_port=5432, db_user=postgres.ROLE)
    values["screenshots"] = SCREENSHOTS
    values.update(options)
    path = settings.RUN / f"{name}.conf"
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_text(
        "[options]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
    )
    partial.replace(path)
    return path


def odoo_env(config=None):
    """The environment of Odoo's processes: our server, our configuration."""
    env = postgres.connection_env()
    # A chance database or configuration of the user's must not slip in.
    for name in ("ODOO_RC", "OPENERP_SERVER", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
        env.pop(name, None)
    env["PATH"] = f"{settings.VENV / 'bin'}{os.pathsep}{env.get('PATH', os.defpath)}"
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    env.setdefault("LANG", "C.UTF-8")
    if config:
        env["ODOO_RC"] = str(config)
    return env


def command(*args):
    """Odoo's command line as a list."""
    return [environment.PYTHON, "-m", "odoo", *map(str, args)]


def call(args):
    """Run Odoo's command line with our configuration; returns its exit code."""
    return run_foreground(command(*args), env=odoo_env(write_config()), cwd=settings.REPO)


def build(args, log, remedy=None):
    """Run Odoo to install or update something, with its output in a log file."""
    full = command(*args, "--no-http", "--stop-after-init")
    return run_logged(full, log, remedy, env=odoo_env(write_config()), cwd=settings.REPO)
