"""Two people, one lead; a colleague who records time; a process that dies half-way.

All on committed data, in separate transactions and processes: whoever comes second finds the
lead converted, every hour is in one place, and a dead process leaves nothing behind.
"""

import contextlib
import signal

import pytest

from devtools import postgres
from tests import odoo_scripts

RACES = 50
RACES_WITH_COLLEAGUE = 20

# Three salespeople, leads with hours and an offer that asks for a project of its own.
SETUP = """
from odoo.fields import Command
from odoo.tests.common import new_test_user

groups = "sales_team.group_sale_salesman_all_leads,hr_timesheet.group_hr_timesheet_user"
users = [new_test_user(env, f"seller{n}", groups=groups) for n in range(3)]
employees = env["hr.employee"].create(
    [{"name": user.name, "user_id": user.id, "hourly_cost": 40 + user.id} for user in users])
product = env["product.product"].create({
    "name": "Installation", "type": "service", "service_tracking": "task_in_project",
    "list_price": 100})
partner = env["res.partner"].create({"name": "Maria Huber"})
leads = env["crm.lead"].create([
    {"name": f"Lead {n}", "partner_id": partner.id, "user_id": users[0].id} for n in range(%d)])
env["account.analytic.line"].create([
    {"lead_id": lead.id, "employee_id": employee.id, "name": "Visit", "unit_amount": 1 + n}
    for lead in leads for n, employee in enumerate(employees)])
env["sale.order"].create([
    {"partner_id": partner.id, "opportunity_id": lead.id,
     "order_line": [Command.create({"product_id": product.id})]} for lead in leads])
env.cr.commit()
"""

# Runs functions in threads that start together, each with its own connection; prints outcomes.
THREADS = """
import json, random, threading, types
from odoo.api import Environment
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.service import model

# who has to try again waits a quarter of the time that core lets him wait
model.random = types.SimpleNamespace(uniform=lambda low, high: random.uniform(low, high / 4))
users = env["res.users"].search([("login", "like", "seller")], order="id")
user_ids, tickets = users.ids, {}
for lead in env["crm.lead"].search([]):
    tickets[lead.id] = lead.task_ids[:1].id
lead_ids = sorted(tickets)
env.cr.commit()
registry = env.registry


def convert(env, lead_id, start):
    wizard = env["crm.lead.won"].create({"lead_ids": [Command.set([lead_id])]})
    env.cr.commit()
    start()
    action = wizard.action_convert()
    return "won" if "effect" in action else "opened"


def record(env, lead_id, start):
    env["crm.lead"].browse(lead_id).task_ids.mapped("name")
    start()
    env["account.analytic.line"].create(
        {"task_id": tickets[lead_id], "name": "Late visit", "unit_amount": 0.5})
    return "recorded"


def race(functions, lead_id):
    outcomes, barrier = {}, threading.Barrier(len(functions))

    def run(index, function):
        first = [barrier.wait]  # only the first try waits for the others

        def start():
            if first:
                first.pop()()

        with registry.cursor() as cr:
            user_env = Environment(cr, user_ids[index], {"allowed_company_ids": [1]})
            try:
                outcomes[index] = model.retrying(
                    lambda: function(user_env, lead_id, start), user_env)
            except UserError as error:
                outcomes[index] = f"UserError: {error}"
            except Exception as error:
                outcomes[index] = f"TRACEBACK {type(error).__name__}: {error}"

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(functions)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return [outcomes[index] for index in range(len(functions))]

print("RESULT", json.dumps([race([%s], lead_id) for lead_id in lead_ids]))
"""

# Converts the one lead and dies at the step that KILL_AT names.
KILL = """
import os, signal
from odoo.fields import Command

moment, model, method = os.environ["KILL_AT"].split(" ")
die = lambda: os.kill(os.getpid(), signal.SIGKILL)
model_class = env.registry[model]
original = getattr(model_class, method)


def step(self, *args, **kwargs):
    if moment == "before":
        die()
    result = original(self, *args, **kwargs)
    self.env.flush_all()
    die()
    return result


setattr(model_class, method, step)
lead = env["crm.lead"].search([])
user = env["res.users"].search([("login", "=", "seller0")])
wizard = env["crm.lead.won"].with_user(user).create({"lead_ids": [Command.set(lead.ids)]})
wizard.action_convert()
env.cr.commit()
"""
STEPS = [
    "_lock_for_handover",
    "_apply_contact",
    "action_set_won",
    "_get_or_create_handover_project",
    "_apply_orders",
    "_set_project_order_line",
    "_apply_hours",
    "_move_hours",
    "_apply_handover_extension",
    "_post_handover_messages",
]


@contextlib.contextmanager
def loaded_database(purpose):
    """A database, and what runs scripts in it."""
    with odoo_scripts.database(purpose) as name, odoo_scripts.loaded(name) as run:
        yield name, run


def outcomes_of(run, leads, functions):
    run(SETUP % leads)
    (outcomes,) = odoo_scripts.results_of(run(THREADS % functions))
    return outcomes


def count(name, query):
    return int(postgres.query(query, name))


def assert_everything_in_one_project(name, leads, hours):
    """Every lead has one project of its own, with its order and all of its hours."""
    assert count(name, "SELECT count(DISTINCT won_project_id) FROM crm_lead") == leads
    assert count(name, "SELECT count(*) FROM crm_lead WHERE project_state = 'converted'") == leads
    new = "SELECT count(*) FROM project_project WHERE name->>'en_US' LIKE 'Lead %'"
    assert count(name, new) == leads
    recorded = "SELECT count(*) FROM account_analytic_line WHERE name LIKE '%isit'"
    assert count(name, recorded) == hours
    # what is recorded after the handover is on the lead's ticket, but no presales time
    right = """SELECT count(*) FROM account_analytic_line line
                 JOIN project_task task ON task.id = line.task_id
                 JOIN crm_lead lead ON lead.id = task.lead_id
                 JOIN project_project project ON project.id = lead.won_project_id
                WHERE line.project_id = project.id AND line.account_id = project.account_id
                  AND task.project_id = project.id
                  AND (line.so_line IS NULL OR line.lead_id IS NULL)"""
    assert count(name, right) == hours
    orders = """SELECT count(*) FROM sale_order o JOIN crm_lead lead ON lead.id = o.opportunity_id
                 WHERE o.state = 'sale' AND o.project_id = lead.won_project_id"""
    assert count(name, orders) == leads


def test_two_people_convert_the_same_lead():
    with loaded_database("races") as (name, run):
        outcomes = outcomes_of(run, RACES, "convert, convert")
        assert len(outcomes) == RACES
        for pair in outcomes:
            assert pair.count("won") == 1, pair
            assert not any(outcome.startswith("TRACEBACK") for outcome in pair), pair
        assert_everything_in_one_project(name, RACES, hours=3 * RACES)


def test_converting_while_a_colleague_records_time():
    with loaded_database("races") as (name, run):
        outcomes = outcomes_of(run, RACES_WITH_COLLEAGUE, "convert, record")
        # who meets an open transaction of the other is asked to try again, and does so
        refused = [n for n, (converted, _recorded) in enumerate(outcomes) if converted != "won"]
        for converted, recorded in outcomes:
            assert recorded == "recorded"
            assert converted == "won" or converted.startswith("UserError: Somebody else"), converted
        again = "convert" if refused else None
        if again:
            left = 'lead_ids = env["crm.lead"].search([("won_project_id", "=", False)]).ids'
            printed = run(THREADS.replace("lead_ids = sorted(tickets)", left) % again).stdout
            assert '"UserError' not in printed and "TRACEBACK" not in printed, printed
        assert_everything_in_one_project(name, RACES_WITH_COLLEAGUE, hours=4 * RACES_WITH_COLLEAGUE)


def state_of(name):
    """Everything a handover changes, as one text."""
    return postgres.query(
        """SELECT (SELECT json_agg(json_build_array(id, stage_id, won_status, won_project_id,
                                                    project_state, probability, partner_id))
                     FROM crm_lead),
                  (SELECT json_agg(json_build_array(id, project_id, task_id, account_id, amount))
                     FROM account_analytic_line),
                  (SELECT json_agg(json_build_array(id, state, project_id)) FROM sale_order),
                  (SELECT json_agg(json_build_array(id, project_id)) FROM project_task),
                  (SELECT count(*) FROM project_project), (SELECT count(*) FROM mail_message),
                  (SELECT sum(customer_rank) FROM res_partner)""",
        name,
    )


@pytest.fixture(scope="module")
def one_lead():
    with loaded_database("killed") as (name, run):
        run(SETUP % 1)
        yield name, run


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("method", STEPS)
def test_a_killed_process_leaves_nothing_behind(one_lead, method, moment):
    name, run = one_lead
    before = state_of(name)
    done = run(KILL, check=False, KILL_AT=f"{moment} crm.lead {method}")
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    assert state_of(name) == before


def test_converting_works_after_all_those_crashes(one_lead):
    name, run = one_lead
    script = KILL.replace("setattr(model_class, method, step)", "")
    run(script, KILL_AT="never crm.lead _apply_contact")
    assert_everything_in_one_project(name, 1, hours=3)
