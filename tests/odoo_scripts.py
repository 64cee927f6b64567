"""Running scripts in real Odoo processes, on databases of their own."""

import contextlib

from devtools import databases, odoo


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
    done = odoo.run_script(database, script, *options, **variables)
    if check:
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr[-3000:]
    return done
