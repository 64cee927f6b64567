"""Running scripts in real Odoo processes, on databases of their own."""

import contextlib
import json
import subprocess
import tempfile
from pathlib import Path

from devtools import databases, environment, odoo, settings


@contextlib.contextmanager
def database(purpose):
    """A database with the addon and without demo data, dropped at the end; yields its name."""
    with databases.throw_away(purpose) as name:
        yield name


def run_shell(database, script, check=True, options=(), **variables):
    """Run ``script`` in an Odoo shell; returns the finished process.

    :param check: fail when the script raised
    :param options: more of Odoo's command line
    :param variables: environment variables for the script
    """
    return _checked(odoo.run_script(database, script, *options, **variables), check)


@contextlib.contextmanager
def loaded(database, *options):
    """Load Odoo once for several scripts; yields a function like ``run_shell``.

    Each script has a process of its own, a fork of the one that is loaded. Which modules are
    installed must not change meanwhile.
    """
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [environment.PYTHON, "-m", "tests.loaded_odoo", database, folder, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**odoo.odoo_env(odoo.write_config()), "PYTHONUNBUFFERED": "1"},
            cwd=settings.REPO,
            text=True,
        )

        def run(script, check=True, **variables):
            print(json.dumps([script, variables]), file=process.stdin, flush=True)
            code = int(process.stdout.readline())
            output = [Path(folder, name).read_text() for name in ("stdout", "stderr")]
            return _checked(subprocess.CompletedProcess("fork", code, *output), check)

        with process:
            yield run
            process.stdin.close()


@contextlib.contextmanager
def extended(purpose, module):
    """What runs scripts in a database with the addon and one of tests/addons."""
    addons = f"--addons-path={odoo.addons_path()},{settings.REPO / 'tests' / 'addons'}"
    with database(purpose) as name:
        log = odoo.build(["-d", name, "-i", module, addons], f"db-{name}")
        databases.check_installed(name, [module], log)
        with loaded(name, addons) as run:
            yield run


def _checked(done, check):
    if check:
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr[-3000:]
    return done


def results_of(done):
    """What a script printed as JSON, each after the word RESULT."""
    lines = done.stdout.splitlines()
    return [json.loads(line.split("RESULT ", 1)[1]) for line in lines if "RESULT " in line]
