"""Ten clicks on Track Time at once, in transactions of their own: one ticket."""

from tests import odoo_scripts

SETUP = """
from odoo.tests.common import new_test_user

groups = "sales_team.group_sale_salesman_all_leads,hr_timesheet.group_hr_timesheet_user"
users = [new_test_user(env, f"seller{n}", groups=groups) for n in range(5)]
env["hr.employee"].create([{"name": user.name, "user_id": user.id} for user in users])
env["crm.lead"].create([{"name": f"Lead {n}", "user_id": users[0].id} for n in range(10)])
env.cr.commit()
"""
RACE = """
import json, threading
from concurrent.futures import ThreadPoolExecutor
from odoo.api import Environment
from odoo.service.model import retrying

user_ids = env["res.users"].search([("login", "like", "seller")], order="id").ids
lead_ids = env["crm.lead"].search([], order="id").ids
env.cr.commit()
registry, errors = env.registry, []

def track(lead_id, user_id, barrier, hours):
    first = [barrier.wait]  # only the first try waits for the others
    with registry.cursor() as cr:
        user_env = Environment(cr, user_id, {"allowed_company_ids": [1]})
        def click():
            lead = user_env["crm.lead"].browse(lead_id)
            lead.name  # the transaction begins
            if first:
                first.pop()()
            if hours:
                user_env["account.analytic.line"].create(
                    {"lead_id": lead_id, "name": "x", "unit_amount": 1})
            else:
                lead.action_track_time()
        try:
            retrying(click, user_env)
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")

def race(lead_id):
    barrier = threading.Barrier(5)
    threads = [
        threading.Thread(target=track, args=(lead_id, user_id, barrier, number % 2))
        for number, user_id in enumerate(user_ids)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

# who has to try again waits for seconds: several leads at a time
with ThreadPoolExecutor(5) as pool:
    list(pool.map(race, lead_ids))
env.cr.rollback()
env.invalidate_all()
tickets = env["project.task"]._read_group(
    [("lead_id", "in", lead_ids)], ["lead_id"], ["__count"])
hours = env["account.analytic.line"].search_count([("lead_id", "in", lead_ids)])
print("RESULT", json.dumps([errors, [count for _lead, count in tickets], hours]))
"""


def test_clicks_at_the_same_time_make_one_ticket():
    with odoo_scripts.database("ticket_races") as name, odoo_scripts.loaded(name) as run:
        run(SETUP)
        # a transaction that is run again is logged as an error by the database
        ((errors, tickets, hours),) = odoo_scripts.results_of(run(RACE, check=False))
    assert not errors
    assert tickets == [1] * 10
    assert hours == 20
