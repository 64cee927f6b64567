"""The locked Python environment, built by uv."""

import os
import re
import shutil
import subprocess
import sys

from . import odoo_source, settings
from .steps import capture, run_logged, setup_lock, stamp, step, write, write_stamp
from .system import apt_install

PYTHON = settings.VENV / "bin" / "python"
UV_VENV = settings.HOME / "uv"
UV = UV_VENV / "bin" / "uv"


def tool(name):
    """The path of a program in the environment."""
    return settings.VENV / "bin" / name


def ensure_environment():
    """Have Odoo, and the environment that the lock file describes, pointing at it."""
    odoo_source.ensure_odoo()
    wanted = settings.digest(settings.LOCK.read_text(), settings.VENV)

    def is_built():
        return stamp("venv") == wanted and PYTHON.exists()

    if not is_built():
        with setup_lock(), step("build the Python environment from the lock file"):
            if not is_built():
                _build()
                write_stamp("venv", wanted)
    for site in settings.VENV.glob("lib/python3*/site-packages"):
        write(site / "odoo_source.pth", f"{odoo_source.python_path()}\n")


def _build():
    env = uv_env()
    run_logged(
        [UV, "venv", "--clear", "--python", settings.PYTHON_VERSIONS, settings.VENV],
        "venv",
        f"install a Python {settings.PYTHON_VERSIONS}, for instance Debian's python3",
        env=env,
    )
    run_logged(
        [UV, "pip", "sync", "--require-hashes", "--python", PYTHON, settings.LOCK],
        "venv-packages",
        "check the network and the package index; run again to resume",
        env=env,
    )


def uv_env():
    """Have uv; returns its environment: no Python downloads, and pip's index and certificate."""
    if stamp("uv") != settings.UV_VERSION or not UV.exists():
        with step(f"get uv {settings.UV_VERSION}"):
            shutil.rmtree(UV_VENV, ignore_errors=True)
            probe = [sys.executable, "-c", "import ensurepip, venv"]
            if subprocess.run(probe, capture_output=True).returncode:
                apt_install("python3-venv")
            run_logged([sys.executable, "-m", "venv", UV_VENV], "uv-venv")
            run_logged(
                [UV_VENV / "bin" / "pip", "install", f"uv=={settings.UV_VERSION}"],
                "uv-install",
                "check the network and pip's package index; run again to resume",
            )
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
        env = uv_env()
        partial = settings.LOCK.with_suffix(".partial")
        run_logged(
            [UV, "pip", "compile", "--universal", "--upgrade"]
            + ["--python-version", settings.PYTHON_VERSIONS[2:6]]
            + ["--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"]
            + ["--no-annotate", "--custom-compile-command", "./dev lock"]
            + [settings.REQUIREMENTS, "--output-file", partial],
            "lock",
            env=env,
        )
        partial.replace(settings.LOCK)
