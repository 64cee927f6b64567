"""The commands of ./dev."""

import argparse
import signal
import sys

from . import settings
from .steps import Failure, run_foreground, say

DESCRIPTION = """\
Everything a developer of the addon needs. The first call sets up what is missing
(PostgreSQL, Odoo, a Python environment) under .dev or $LEAD_DEV_HOME; an
interrupted set-up resumes. ODOO_HOME uses an existing Odoo 19 source tree,
PGHOST (with PGPORT, PGUSER, PGPASSWORD) an existing PostgreSQL server."""


def build_parser():
    """The command line: one function below for each command."""
    parser = argparse.ArgumentParser(
        prog="./dev", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="serve Odoo with the addon and demo data")
    run.add_argument("--port", type=int, help="fail if it is taken (default: a free one)")
    run.add_argument("--lang", default=settings.DEFAULT_LANG, help="for instance de_DE")
    run.add_argument("--fresh", action="store_true", help="start over with a new database")

    db = commands.add_parser("db", help="create a database anew")
    db.add_argument("name")
    db.add_argument("--demo", action="store_true", help="with demo data")
    db.add_argument("--lang", default=settings.DEFAULT_LANG, help="for instance de_DE")
    db.add_argument("--without-addon", action="store_true", help="with Odoo's modules only")
    db.add_argument("--modules", metavar="A,B", help="other modules than the addon's")

    lint = commands.add_parser("lint", help="check the code's form")
    lint.add_argument("--fix", action="store_true", help="repair what can be repaired")

    commands.add_parser("stop", help="stop what this home left running")
    commands.add_parser("i18n", help="export the addon's terms and merge them into de.po")
    commands.add_parser("lock", help="lock the Python packages anew")

    passing = {
        "test": "run the tests; arguments go to pytest",
        "shell": "Odoo's shell: ./dev shell NAME",
        "psql": "psql: ./dev psql NAME [ARGUMENTS]",
        "odoo": "Odoo's command line with our configuration",
        "bench": "run the benchmarks",
    }
    for name, text in passing.items():
        commands.add_parser(name, help=text, add_help=False)
    return parser


def main(argv=None):
    """Run one command; returns its exit code."""
    parser = build_parser()
    options, rest = parser.parse_known_args(argv)
    settings.prepare_home()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        if options.command in PASSING:
            argv = sys.argv[1:] if argv is None else argv
            return PASSING[options.command](argv[argv.index(options.command) + 1 :]) or 0
        if rest:
            parser.error(f"unknown arguments: {' '.join(rest)}")
        return OWN[options.command](options) or 0
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


def _run(options):
    from .server import run

    return run(options.port, options.lang, options.fresh)


def _db(options):
    from . import databases, environment, postgres

    environment.ensure_environment()
    modules = options.modules.split(",") if options.modules else None
    with postgres.server():
        databases.create(
            options.name, options.demo, not options.without_addon, modules, options.lang
        )


def _lint(options):
    from .linting import lint

    return lint(options.fix)


def _stop(_options):
    from .server import stop

    return stop()


def _i18n(_options):
    from .translations import export

    return export()


def _lock(_options):
    from .environment import lock

    return lock()


def _test(args):
    from .testing import test

    return test(args)


def _odoo(args):
    from . import environment, odoo, postgres

    environment.ensure_environment()
    with postgres.server():
        return odoo.call(args)


def _shell(args):
    if not args or args[0].startswith("-"):
        raise Failure("no database named", "type: ./dev shell NAME")
    return _odoo(["shell", "-d", args[0], "--no-http", "--log-level=warn", *args[1:]])


def _psql(args):
    from . import postgres

    if not args or args[0].startswith("-"):
        raise Failure("no database named", "type: ./dev psql NAME [ARGUMENTS]")
    with postgres.server():
        command = [postgres.psql_program(), "-d", *args]
        return run_foreground(command, env=postgres.connection_env())


def _bench(args):
    from . import environment, odoo, postgres

    if not (settings.REPO / "benchmarks" / "__main__.py").exists():
        say("there are no benchmarks yet")
        return 0
    environment.ensure_environment()
    with postgres.server():
        env = dict(odoo.odoo_env(odoo.write_config()), PYTHONPATH=str(settings.REPO))
        command = [environment.PYTHON, "-m", "benchmarks", *args]
        return run_foreground(command, env=env, cwd=settings.REPO)


OWN = {"run": _run, "db": _db, "lint": _lint, "stop": _stop, "i18n": _i18n, "lock": _lock}
PASSING = {"test": _test, "shell": _shell, "psql": _psql, "odoo": _odoo, "bench": _bench}
