"""The commands of ./dev."""

import argparse
import shutil
import signal
import sys

from . import databases, environment, odoo, postgres, server, settings, testing, translations
from .steps import Failure, capture, run_foreground, say

DESCRIPTION = """\
Everything a developer of the addon needs. The first call sets up what is missing
(PostgreSQL, Odoo, a Python environment) under .dev or $LEAD_DEV_HOME; an
interrupted set-up resumes. ODOO_HOME uses an existing Odoo 19 source tree,
PGHOST (with PGPORT, PGUSER, PGPASSWORD) an existing PostgreSQL server."""


def main():
    """Run one command; returns its exit code."""
    settings.prepare_home()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        command, *args = sys.argv[1:] or [""]
        if command in PASSING:
            return PASSING[command][0](args)
        options = vars(build_parser().parse_args())
        del options["command"]
        return options.pop("function")(**options) or 0
    except Failure as failure:
        say(f"\n{failure.cause}")
        if failure.remedy:
            say(f"What to do: {failure.remedy}")
        return 1
    except KeyboardInterrupt:
        say("\ninterrupted; run again to resume")
        return 130


def _end(number, _frame):
    """Leave by way of every `finally`, so that nothing stays behind running."""
    raise SystemExit(128 + number)


def build_parser():
    """The command line: for each command a function that takes its options."""
    parser = argparse.ArgumentParser(
        prog="./dev", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name, function, text):
        command = commands.add_parser(name, help=text)
        command.set_defaults(function=function)
        return command

    run = add("run", server.run, "serve Odoo with the addon and demo data")
    run.add_argument("--port", type=int, help="fail if it is taken (default: a free one)")
    text = "processes that answer; Odoo's bus needs a proxy before them (default: threads)"
    run.add_argument("--workers", type=int, default=0, help=text)
    text = "a PostgreSQL replica that streams from ours; what only reads, reads there"
    run.add_argument("--replica", action="store_true", help=text)
    run.add_argument("--fresh", action="store_true", help="start over with a new database")
    db = add("db", create_database, "create a database anew")
    db.add_argument("name")
    db.add_argument("--demo", action="store_true", help="with demo data")
    db.add_argument("--without-addon", dest="addon", action="store_false", help="Odoo's modules")
    db.add_argument("--modules", metavar="A,B", help="other modules than the addon's")
    for command in (run, db):
        command.add_argument("--lang", default=settings.DEFAULT_LANG, help="for instance de_DE")
    check = add("lint", lint, "check the code's form")
    check.add_argument("--fix", action="store_true", help="repair what can be repaired")
    add("stop", server.stop, "stop what this home left running")
    add("i18n", translations.export, "export the addon's terms and merge them into de.po")
    add("lock", environment.lock, "lock the Python packages anew")
    for name, (_function, text) in PASSING.items():
        commands.add_parser(name, help=text, add_help=False)
    return parser


def create_database(name, modules, **options):
    """./dev db."""
    with postgres.server():
        databases.create(name, modules=modules and modules.split(","), **options)


def lint(fix):
    """./dev lint: the checks of .pre-commit-config.yaml on every file git knows or would add."""
    environment.ensure_program("git")
    environment.ensure_environment()
    # Empty, so that every file counts as new, committed or not, in a repository or a copy of one.
    git = settings.HOME / "lint.git"
    capture(["git", "init", "--quiet", "--bare", git])
    env = {**odoo.odoo_env(), "GIT_DIR": str(git), "GIT_WORK_TREE": str(settings.REPO)}
    env.update(PRE_COMMIT_HOME=str(settings.HOME / "pre-commit"), PRE_COMMIT_COLOR="never")
    if not shutil.which("node"):
        env["SKIP"] = "javascript"
    listed = ["git", "ls-files", "--others", "--exclude-standard"]
    files = ["--files", *capture(listed, env=env, cwd=settings.REPO).splitlines()]
    command = [settings.VENV / "bin" / "pre-commit", "run"]
    if fix:
        run_foreground([*command, "--hook-stage", "manual", *files], env=env, cwd=settings.REPO)
    return run_foreground([*command, *files], env=env, cwd=settings.REPO)


def _call_odoo(args):
    with postgres.server():
        return odoo.call(args)


def _shell(args):
    return _call_odoo(["shell", "-d", _named(args), "--no-http", "--log-level=warn", *args[1:]])


def _psql(args):
    _named(args)
    with postgres.server():
        command = [postgres.programs() / "psql", "-d", *args]
        return run_foreground(command, env=postgres.connection_env())


def _named(args):
    if not args or args[0].startswith("-"):
        raise Failure("no database named", "type: ./dev shell NAME, or ./dev psql NAME")
    return args[0]


def _python(module):
    """A command that runs a module of ours in the Python environment."""

    def run(args):
        with postgres.server():
            env = dict(odoo.odoo_env(odoo.write_config()), PYTHONPATH=str(settings.REPO))
            command = [environment.PYTHON, "-m", module, *args]
            return run_foreground(command, env=env, cwd=settings.REPO)

    return run


# Commands that pass their arguments on.
PASSING = {
    "test": (testing.test, "run the tests; arguments go to pytest: ./dev test --help"),
    "shell": (_shell, "Odoo's shell: ./dev shell NAME"),
    "psql": (_psql, "psql: ./dev psql NAME [ARGUMENTS]"),
    "odoo": (_call_odoo, "Odoo's command line with our configuration"),
    "core": (testing.test_core, "Odoo's own suites, without and with the addon: ./dev core crm"),
    "bench": (_python("benchmarks"), "run the benchmarks"),
    "upgrades": (_python("checks.upgrades"), "update databases of every earlier version"),
    "wheel": (
        _python("checks.wheel"),
        "build the addon's wheel, and prove it where nothing else is",
    ),
    "neighbours": (
        _python("checks.neighbours"),
        "install beside all Community modules; 30 minutes",
    ),
}
