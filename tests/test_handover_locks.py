"""Hours move by the ORM: other modules' computed fields, automation rules and locks hold."""

import pytest

from tests import odoo_scripts

# An automation rule that notes every line whose project changes, and one that refuses.
PREPARE = """
import json
from odoo.tests.common import new_test_user

user = new_test_user(env, "seller", groups="sales_team.group_sale_salesman")
employees = env["hr.employee"].create(
    [{"name": name, "hourly_cost": 50} for name in ("Anna", "Ben")])
def rule(code):
    automation = env["base.automation"].create({
        "name": "x", "model_id": env.ref("analytic.model_account_analytic_line").id,
        "trigger": "on_write",
        "trigger_field_ids": [(6, 0, env.ref("analytic.field_account_analytic_line__project_id").ids
            if env.ref("analytic.field_account_analytic_line__project_id", False)
            else env["ir.model.fields"]._get("account.analytic.line", "project_id").ids)],
    })
    env["ir.actions.server"].create({
        "name": "x", "model_id": automation.model_id.id, "base_automation_id": automation.id,
        "usage": "base_automation", "state": "code", "code": code})
def hours(count, lead=None, **values):
    lead = lead or env["crm.lead"].create(
        {"name": "Bathroom", "user_id": user.id, "contact_name": "Maria"})
    lines = env["account.analytic.line"].create([
        {"lead_id": lead.id, "employee_id": employees[n % 2].id, "unit_amount": 1,
         "name": f"{n}", "date": f"2026-03-{n % 28 + 1:02}", **values} for n in range(count)])
    env.flush_all()
    return lead, lines
def win(lead, **values):
    action = lead.with_user(user).action_won()
    dialog = env["crm.lead.won"].with_user(user).with_context(**action["context"]).create(values)
    text = dialog.hours_text
    dialog.action_convert()
    env.flush_all(); env.invalidate_all()
    return text
def result(**values):
    print("RESULT", json.dumps(values))
"""
AUTOMATION = """
rule("env['res.partner'].create({'name': 'MOVED %s' % record.id})")
lead, lines = hours(4)
cost = lines.mapped("amount")
employees.hourly_cost = 400
win(lead)
noted = env["res.partner"].search([("name", "like", "MOVED %")]).mapped("name")
result(noted=sorted(noted), expected=sorted(f"MOVED {line.id}" for line in lines),
       cost=[cost, lines.mapped("amount")], codes=lines.mapped("project_code"),
       projects=lines.project_id.mapped("name"))
"""
LOCKED = """
lead, lines = hours(40)
approved, closed, free = lines[:3], lines[20:24], lines[3:20] | lines[24:]
approved.is_approved = closed.is_closed = True
old, ticket, cost = lines.project_id, lines.task_id, lines.mapped("amount")
env.flush_all()
text = win(lead)
project = lead.won_project_id
result(text=text, message=lead.message_ids[0].body,
       stayed=(approved | closed).project_id == old and (approved | closed).task_id == ticket,
       ticket=ticket.project_id == old, moved=free.project_id == project,
       copy=free.task_id.project_id == project and len(free.task_id) == 1,
       accounts=free.account_id == project.account_id and lines.lead_id == lead,
       codes=sorted(set(lines.mapped("project_code"))), cost=cost == lines.mapped("amount"),
       names=[old.name, project.name])
closed.is_closed = False
text = win(lead, project_id=project.id, target="existing")
result(text=text, moved=closed.project_id == project, stayed=approved.project_id == old)
"""
REFUSING_RULE = """
rule("if record.unit_amount > 1: raise UserError('Too long.')")
lead, lines = hours(6)
lines[2].unit_amount = 2
env.flush_all()
win(lead)
result(moved=[line.project_id == lead.won_project_id for line in lines],
       message=lead.message_ids[0].body)
lead, lines = hours(2, unit_amount=3)
win(lead)
result(moved=[line.project_id == lead.won_project_id for line in lines],
       status=lead.won_status, message=lead.message_ids[0].body)
"""
QUERIES = """
counts = []
for number, closed in ((200, 0), (400, 0), (200, 200), (400, 400)):
    lead, lines = hours(number)
    lines[:closed].is_closed = True
    env.flush_all()
    action = lead.with_user(user).action_won()
    dialog = env["crm.lead.won"].with_user(user).with_context(**action["context"]).create({})
    env.flush_all(); env.invalidate_all()
    before = env.cr.sql_log_count
    dialog.action_convert(); env.flush_all()
    counts.append(env.cr.sql_log_count - before)
result(counts=counts)
"""


@pytest.fixture(scope="module")
def locking():
    """What runs scripts with automation rules and another addon that locks hours."""
    with odoo_scripts.extended("locks", "lead_management_test_lock") as run:
        yield run


def results_of(run, script):
    return odoo_scripts.results_of(run(PREPARE + script))


def test_computed_fields_and_automation_rules_see_hours_that_move(locking):
    (result,) = results_of(locking, AUTOMATION)
    assert result["noted"] == result["expected"]
    assert result["cost"][0] == result["cost"][1]
    (project,) = result["projects"]
    assert set(result["codes"]) == {f"{project}/{project}"}


def test_locked_hours_stay_are_named_and_move_once_they_are_free(locking):
    first, second = results_of(locking, LOCKED)
    assert "03:00 hours of Anna and Ben stay where they are: they are locked." in first["text"]
    assert "37:00" in first["text"], "what a module refuses shows when it is tried"
    for part in ("33:00", "03:00", "04:00"):
        assert part in first["message"]
    assert "they are locked" in first["message"]
    assert "The period is closed." in first["message"]
    for name in ("stayed", "ticket", "moved", "copy", "accounts", "cost"):
        assert first[name], name
    old, project = first["names"]
    assert first["codes"] == sorted({f"{old}/{old}", f"{project}/{project}"})
    assert second["moved"]
    assert second["stayed"]
    assert "04:00" in second["text"]


def test_an_automation_rule_that_refuses_keeps_its_hours_alone(locking):
    some, none = results_of(locking, REFUSING_RULE)
    assert some["moved"] == [True, True, False, True, True, True]
    assert "Too long." in some["message"]
    assert none["moved"] == [False, False]
    assert none["status"] == "won"
    assert "Too long." in none["message"]


def test_number_of_queries_depends_on_odoos_batches_alone(locking):
    """Odoo updates a hundred rows per statement."""
    ((few, many, few_closed, many_closed),) = [
        result["counts"] for result in results_of(locking, QUERIES)
    ]
    assert many - few <= 2 * 3
    assert many_closed <= few_closed + 10
