"""Programs of the operating system: found, or installed where we may."""

import os
import shutil
import subprocess

from . import settings
from .steps import Failure, run_logged, say, stamp, step, write_stamp

# Debian's package, and the programs one of which it brings.
PROGRAMS = {
    "chromium": ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable"),
    "git": ("git",),
    "wkhtmltopdf": ("wkhtmltopdf",),
}


def ensure_program(package):
    """Make sure the program of a package is there, or install it."""
    if not any(map(shutil.which, PROGRAMS[package])):
        apt_install(package)


def ensure_pdf_printer():
    """Install wkhtmltopdf where that is easy: reports print as PDF only with it."""
    if stamp("wkhtmltopdf"):
        return
    try:
        ensure_program("wkhtmltopdf")
    except Failure:
        say("    hint: without wkhtmltopdf, reports do not print as PDF")
        if settings.is_root():
            write_stamp("wkhtmltopdf", "not available")


def apt_install(package):
    """Install a Debian package as root; as another user, say what to type."""
    if not settings.is_root() or not shutil.which("apt-get"):
        raise Failure(f"not installed: {package}", f"type: sudo apt-get install {package}")
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    with step(f"install {package} with apt-get"):
        # A third-party source that is down must not stop us: the install decides.
        subprocess.run(["apt-get", "-q", "update"], capture_output=True, env=env)
        command = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
        command += ["--no-install-recommends", "install", package]
        run_logged(command, "apt-install", "repair apt and run again", env=env)
