"""The locked Python environment, built by uv, and programs of the operating system."""

import os
import re
import shutil
import subprocess
import sys

from . import odoo_source, settings
from .steps import Failure, capture, run_logged, say, setup_lock, stamp, step, write, write_stamp

PYTHON = settings.VENV / "bin" / "python"
UV_VENV = settings.HOME / "uv"
UV = UV_VENV / "bin" / "uv"
# Debian's package, and the programs one of which it brings.
PROGRAMS = {
    "chromium": ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable"),
    "git": ("git",),
    "wkhtmltopdf": ("wkhtmltopdf",),
}


def ensure_environment():
    """Have Odoo, and the environment that the lock file describes, pointing at it."""
    odoo_source.ensure_odoo()
    wanted = settings.digest(settings.LOCK.read_text(), settings.VENV)
    if not _is_built(wanted):
        with setup_lock():
            if not _is_built(wanted):  # nor did the call that we waited for build it
                with step("build the Python environment from the lock file"):
                    _build()
                write_stamp("venv", wanted)
    for site in settings.VENV.glob("lib/python3*/site-packages"):
        write(site / "odoo_source.pth", f"{odoo_source.python_path()}\n")


def _is_built(wanted):
    return stamp("venv") == wanted and PYTHON.exists()


def _build():
    env = uv_env()
    remedy = f"install a Python {settings.PYTHON_VERSIONS}, for instance Debian's python3"
    create = [UV, "venv", "--clear", "--python", settings.PYTHON_VERSIONS, settings.VENV]
    run_logged(create, "venv", remedy, env=env)
    remedy = "check the network and the package index; run again to resume"
    install = [UV, "pip", "sync", "--require-hashes", "--python", PYTHON, settings.LOCK]
    run_logged(install, "venv-packages", remedy, env=env)


def uv_env():
    """Have uv; returns its environment: no Python downloads, and pip's index and certificate."""
    if stamp("uv") != settings.UV_VERSION or not UV.exists():
        with step(f"get uv {settings.UV_VERSION}"):
            shutil.rmtree(UV_VENV, ignore_errors=True)
            probe = [sys.executable, "-c", "import ensurepip, venv"]
            if subprocess.run(probe, capture_output=True).returncode:
                apt_install("python3-venv")
            run_logged([sys.executable, "-m", "venv", UV_VENV], "uv-venv")
            remedy = "check the network and pip's package index; run again to resume"
            install = [UV_VENV / "bin" / "pip", "install", f"uv=={settings.UV_VERSION}"]
            run_logged(install, "uv-install", remedy)
            write_stamp("uv", settings.UV_VERSION)
    env = dict(os.environ, UV_PYTHON_DOWNLOADS="never", UV_PYTHON_PREFERENCE="only-system")
    env.pop("VIRTUAL_ENV", None)
    listed = capture([UV_VENV / "bin" / "pip", "config", "list"])
    pip = dict(re.findall(r"^[\w:]+\.([\w-]+)='(.*)'$", listed, re.MULTILINE))
    if "index-url" in pip and not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & env.keys():
        env["UV_DEFAULT_INDEX"] = pip["index-url"]
    if "cert" in pip:
        env.setdefault("SSL_CERT_FILE", pip["cert"])
    return env


def lock():
    """Write the lock file anew from requirements.in, upgrading within its bounds."""
    with setup_lock(), step("lock the Python packages"):
        env, partial = uv_env(), settings.LOCK.with_suffix(".partial")
        command = [UV, "pip", "compile", "--universal", "--upgrade", "--generate-hashes"]
        command += ["--python-version", settings.PYTHON_VERSIONS[2:6]]
        command += ["--no-emit-index-url", "--no-emit-find-links", "--no-annotate"]
        command += ["--custom-compile-command", "./dev lock"]
        run_logged([*command, settings.REQUIREMENTS, "--output-file", partial], "lock", env=env)
        partial.replace(settings.LOCK)


def ensure_program(package):
    """Have the program of a Debian package: installed as root, else named with what to type."""
    if not any(map(shutil.which, PROGRAMS[package])):
        apt_install(package)


def ensure_pdf_printer():
    """Have wkhtmltopdf where that is easy: reports print as PDF only with it."""
    try:
        ensure_program("wkhtmltopdf")
    except Failure:
        say("    hint: without wkhtmltopdf, reports do not print as PDF")


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
