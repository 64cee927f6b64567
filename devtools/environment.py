"""The locked Python environment, built by uv."""

import os
import re
import shutil
import subprocess
import sys

from . import odoo_source, settings
from .steps import Failure, capture, run_logged, setup_lock, stamp, step, write_stamp
from .system import ensure_programs

PYTHON = settings.VENV / "bin" / "python"
UV_VENV = settings.HOME / "uv"


def tool(name):
    """The path of a program in the environment."""
    return settings.VENV / "bin" / name


def ensure_environment():
    """Build the environment when the lock file changed, and point it at Odoo."""
    odoo_source.ensure_odoo()
    wanted = settings.digest(settings.LOCK.read_text(), settings.VENV)
    if stamp("venv") != wanted or not PYTHON.exists():
        with setup_lock(), step("build the Python environment from the lock file"):
            if stamp("venv") != wanted or not PYTHON.exists():
                _build()
                write_stamp("venv", wanted)
    _point_at_odoo()


def _build():
    uv = find_uv()
    env = uv_env()
    run_logged(
        [uv, "venv", "--clear", "--python", find_python(uv, env), settings.VENV],
        "venv",
        "install Python 3.10 to 3.13 with its venv module",
        env=env,
    )
    run_logged(
        [uv, "pip", "sync", "--require-hashes", "--python", PYTHON, settings.LOCK],
        "venv-packages",
        "check the network and the package index; run again to resume",
        env=env,
    )


def _point_at_odoo():
    """Write the .pth file that makes `import odoo` work in the environment."""
    for site in settings.VENV.glob("lib/python3*/site-packages"):
        path = site / "odoo_source.pth"
        wanted = f"{odoo_source.python_path()}\n"
        if not path.exists() or path.read_text() != wanted:
            partial = path.with_suffix(f".{os.getpid()}")
            partial.write_text(wanted)
            partial.replace(path)


def find_uv():
    """A recent enough uv from the PATH, or our own one."""
    for candidate in (shutil.which("uv"), UV_VENV / "bin" / "uv"):
        if candidate and _uv_version(candidate) >= settings.UV_MINIMUM:
            return candidate
    with step(f"get uv {settings.UV_VERSION}"):
        shutil.rmtree(UV_VENV, ignore_errors=True)
        if not _has_venv():
            ensure_programs(venv=True)
        run_logged([sys.executable, "-m", "venv", UV_VENV], "uv-venv")
        run_logged(
            [UV_VENV / "bin" / "python", "-m", "pip", "install", f"uv=={settings.UV_VERSION}"],
            "uv-install",
            "check the network and pip's package index; run again to resume",
        )
    return UV_VENV / "bin" / "uv"


def _uv_version(program):
    try:
        words = capture([program, "--version"]).split()
        return tuple(int(number) for number in re.findall(r"\d+", words[1])[:2])
    except (Failure, OSError, IndexError):
        return (0,)


def _has_venv():
    code = "import ensurepip, venv"
    return subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def find_python(uv, env):
    """An installed Python that Odoo 19 runs on: this one, or the best uv finds."""
    if settings.PYTHON_MINIMUM <= sys.version_info[:2] < settings.PYTHON_BELOW:
        return sys.executable
    wanted = ">={}.{},<{}.{}".format(*settings.PYTHON_MINIMUM, *settings.PYTHON_BELOW)
    try:
        return capture([uv, "python", "find", "--system", wanted], env=env)
    except Failure as failure:
        raise Failure(
            f"no Python {wanted} on this machine ({failure.cause})",
            "install one, for instance Debian's python3 with python3-venv",
        ) from failure


def uv_env():
    """The environment for uv: no Python downloads, pip's package index."""
    env = dict(os.environ, UV_PYTHON_DOWNLOADS="never")
    env.pop("VIRTUAL_ENV", None)
    if not any(name in env for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL")):
        if index := env.get("PIP_INDEX_URL") or _pip_setting("index-url"):
            env["UV_DEFAULT_INDEX"] = index
    if "SSL_CERT_FILE" not in env:
        if certificate := env.get("PIP_CERT") or _pip_setting("cert"):
            env["SSL_CERT_FILE"] = certificate
    return env


def _pip_setting(name):
    """A setting of pip's configuration files, which uv does not read."""
    for program in (UV_VENV / "bin" / "python", sys.executable):
        try:
            listed = capture([program, "-m", "pip", "config", "list"])
        except (Failure, OSError):
            continue
        for section in ("install", "global"):
            if match := re.search(rf"^{section}\.{name}='(.*)'$", listed, re.MULTILINE):
                return match.group(1)
        return None
    return None


def lock():
    """Write the lock file anew from requirements.in, upgrading within its bounds."""
    with setup_lock(), step("lock the Python packages"):
        partial = settings.LOCK.with_suffix(".partial")
        run_logged(
            [find_uv(), "pip", "compile", "--universal", "--upgrade"]
            + ["--python-version", "{}.{}".format(*settings.PYTHON_MINIMUM)]
            + ["--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"]
            + ["--no-annotate", "--custom-compile-command", "./dev lock"]
            + [settings.REQUIREMENTS, "--output-file", partial],
            "lock",
            env=uv_env(),
        )
        partial.replace(settings.LOCK)
