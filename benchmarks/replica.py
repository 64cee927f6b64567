"""How much of what users read goes to a PostgreSQL replica: ``./dev bench replica``.

From the statistics of both servers: rows that their queries returned.
"""

import json
import time

from odoo.api import SUPERUSER_ID, Environment

from benchmarks.load import User, our_side, served
from benchmarks.timing import Row
from devtools import postgres

TIMES = 20
# until PostgreSQL's processes have reported what they did
REPORTED = 12
PRINTED = "/report/pdf/lead_management.report_pipeline_quarterly"
DASHBOARD = "lead_management.spreadsheet_dashboard_leads"


def measure(loaded):
    """Yield one row per operation."""
    side = our_side(loaded)
    with loaded.addon.cursor() as cr:
        env = Environment(cr, SUPERUSER_ID, {})
        manager = env["res.users"].search([("login", "=", side.logins[0])])
        manager.group_ids += env.ref("sales_team.group_sale_manager")
        dashboard = env.ref(DASHBOARD).id
    with postgres.replica() as options, served(side, **options) as port:
        user = User(side, port, 0, {})
        user.authenticate()
        operations = {
            "board": user.do_board,
            "list": user.do_list,
            "search": user.do_search,
            "form": user.do_form,
            "pipeline report": user.do_pipeline_report,
            "dashboard": lambda: open_dashboard(user, dashboard),
            "PDF of the pipeline": lambda: user.session.get(
                user.address + PRINTED
            ).raise_for_status(),
        }
        for name, operation in operations.items():
            yield share(side.database, name, operation)


def open_dashboard(user, dashboard):
    """Ask for the sheet, and for the sums of its pivots."""
    address = f"{user.address}/spreadsheet/dashboard/data/{dashboard}"
    for pivot in json.loads(user.session.get(address).content)["snapshot"]["pivots"].values():
        groups = [
            ":".join(filter(None, (part["fieldName"], part.get("granularity"))))
            for part in (*pivot["columns"], *pivot["rows"])
        ]
        user.call(pivot["model"], "formatted_read_group", [], groups, ["__count"])


def share(database, name, operation):
    """The row of an operation: which part of the rows that are read comes from the replica."""
    operation()  # caches are filled, sessions are checked
    before = read_rows(database)
    for _ in range(TIMES):
        operation()
    pairs = zip(read_rows(database), before, strict=True)
    primary, replica = (now - then for now, then in pairs)
    note = f"{replica:,} rows, {primary:,} from the primary"
    return Row(
        f"{name}, from the replica", 100 * replica / (primary + replica or 1), note, unit="%"
    )


def read_rows(database):
    """How many rows queries returned so far, on the primary and on the replica."""
    time.sleep(REPORTED)
    sql = f"SELECT tup_returned FROM pg_stat_database WHERE datname = '{database}'"
    return [int(postgres.query(sql, port=port)) for port in (5432, postgres.REPLICA_PORT)]
