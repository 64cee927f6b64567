"""Programs of the operating system: found, or installed where we may."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

from . import settings
from .steps import Failure, run_logged, say, stamp, step, write_stamp

POSTGRESQL_MINIMUM = 13
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
NO_MAIN_CLUSTER = Path("/etc/postgresql-common/createcluster.d/lead-dev.conf")


def postgresql_bin():
    """The folder with initdb and pg_ctl of the newest PostgreSQL, or None."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: int(folder.parent.name) if folder.parent.name.isdigit() else 0,
        reverse=True,
    )
    for name in ("initdb", "pg_ctl"):
        if found := shutil.which(name):
            folders.append(Path(found).resolve().parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    return None


def browser():
    """The Chromium or Chrome that Odoo's browser tests would start, or None."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def ensure_programs(postgresql=False, browser_tests=False, venv=False):
    """Make sure the named programs are there; install the missing ones as root."""
    missing = []
    if postgresql and not postgresql_bin():
        missing.append("postgresql")
    if browser_tests and not browser():
        missing.append("chromium")
    if venv:
        missing.append("python3-venv")
    if not missing:
        return
    typed = f"sudo apt-get install {' '.join(missing)}"
    if not settings.is_root() or not shutil.which("apt-get"):
        raise Failure(f"not installed: {', '.join(missing)}", f"type: {typed}")
    with step(f"install {', '.join(missing)} with apt-get"):
        apt_install(missing)


def ensure_pdf_printer():
    """Install wkhtmltopdf where that is easy: reports print as PDF only with it."""
    if shutil.which("wkhtmltopdf") or stamp("wkhtmltopdf"):
        return
    if not settings.is_root() or not shutil.which("apt-get"):
        say("    hint: without wkhtmltopdf, reports do not print as PDF")
        return
    try:
        with step("install wkhtmltopdf with apt-get"):
            apt_install(["wkhtmltopdf"])
    except Failure:
        say("    wkhtmltopdf cannot be installed here: reports do not print as PDF")
        write_stamp("wkhtmltopdf", "not available")


def apt_install(packages):
    """Install Debian packages, without the services they would start."""
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    # A third-party source that is down must not stop us: the install decides.
    subprocess.run(
        ["apt-get", "-q", "update"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=env,
    )
    command = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
    command += ["--no-install-recommends", "install", *packages]
    with _no_main_cluster():
        run_logged(
            command,
            "apt-install",
            f"repair apt, or type: apt-get install {' '.join(packages)}",
            env=env,
        )


@contextlib.contextmanager
def _no_main_cluster():
    """Keep Debian's PostgreSQL from creating and starting a cluster of its own."""
    folder = NO_MAIN_CLUSTER.parent
    created = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    NO_MAIN_CLUSTER.write_text("create_main_cluster = false\n")
    try:
        yield
    finally:
        NO_MAIN_CLUSTER.unlink()
        if created:
            with contextlib.suppress(OSError):
                folder.rmdir()
