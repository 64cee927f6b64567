"""An Odoo that is loaded once, and runs each script that it is sent in a fork of itself.

    python -m tests.loaded_odoo DATABASE FOLDER [ODOO'S OPTIONS]

A line of the input is a script with its environment variables, the answer is its exit code; what
it printed is in files of the folder.
"""

import json
import os
import sys
import traceback

import odoo
from odoo import api, sql_db
from odoo.modules.registry import Registry
from odoo.service import server
from odoo.tools import config


def serve(database, folder, *options):
    """Load Odoo, then run what comes, one after the other."""
    options = ["-d", database, "--no-http", "--log-level=critical", *options]
    config.parse_config(options, setup_logging=True)
    server.load_server_wide_modules()
    Registry(database)
    sql_db.close_all()  # each fork makes connections of its own
    for line in sys.stdin:
        child = os.fork()
        if not child:
            run(database, folder, *json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def run(database, folder, script, variables):
    """Run a script as Odoo's shell does, and end the process."""
    for number, name in (1, "stdout"), (2, "stderr"):
        path = os.path.join(folder, name)
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.environ.update(variables)
    code = 1
    try:
        with Registry(database).cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            env = env(context=env["res.users"].context_get())
            exec(script, {"__name__": "__main__", "odoo": odoo, "env": env, "self": env.user})
            cr.rollback()
        code = 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    serve(*sys.argv[1:])
