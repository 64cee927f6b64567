"""Two people who take back the same handover, and a colleague who records time meanwhile.

On committed data, in separate transactions: it is taken back once, and no hour is left behind in
a project that is archived.
"""

from tests import odoo_scripts
from tests.test_handover_races import SETUP, THREADS, count

RACES = 15

CONVERT = """
from odoo.fields import Command

user = env["res.users"].search([("login", "=", "seller0")])
for lead in env["crm.lead"].search([]):
    dialogs = env["crm.lead.won"].with_user(user)
    dialogs.create({"lead_ids": [Command.set(lead.ids)]}).action_convert()
env.cr.commit()
"""
TAKE_BACK = """
def take_back(env, lead_id, start):
    wizard = env["crm.lead.take.back"].create({"lead_id": lead_id})
    env.cr.commit()
    start()
    wizard.action_take_back()
    return "taken back"


def race("""


def outcomes_of(name, functions):
    with odoo_scripts.loaded(name) as run:
        run(SETUP % RACES)
        run(CONVERT)
        script = THREADS.replace("def race(", TAKE_BACK.lstrip()) % functions
        (outcomes,) = odoo_scripts.results_of(run(script))
    assert len(outcomes) == RACES
    assert "TRACEBACK" not in str(outcomes), outcomes
    return outcomes


LEFT_BEHIND = """SELECT count(*) FROM account_analytic_line line
                   JOIN project_project project ON project.id = line.project_id
                   JOIN project_task task ON task.id = line.task_id
                  WHERE NOT project.active OR task.project_id != project.id
                     OR line.account_id != project.account_id"""


def test_two_people_take_back_the_same_handover():
    with odoo_scripts.database("races") as name:
        outcomes = outcomes_of(name, "take_back, take_back")
        for pair in outcomes:
            assert pair.count("taken back") == 1, pair
        open_leads = "SELECT count(*) FROM crm_lead WHERE won_project_id IS NULL"
        assert count(name, open_leads + " AND won_status = 'pending'") == RACES
        assert count(name, "SELECT count(*) FROM sale_order WHERE state = 'draft'") == RACES
        assert count(name, LEFT_BEHIND) == 0
        archived = "SELECT count(*) FROM project_project WHERE NOT active"
        assert count(name, archived) == RACES


def test_taking_back_while_a_colleague_records_time():
    with odoo_scripts.database("races") as name:
        outcomes = outcomes_of(name, "take_back, record")
        for taken, recorded in outcomes:
            assert recorded == "recorded", recorded
            assert taken == "taken back" or taken.startswith("UserError"), taken
        hours = "SELECT count(*) FROM account_analytic_line WHERE name LIKE '%isit'"
        assert count(name, hours) == 4 * RACES
        assert count(name, LEFT_BEHIND) == 0
