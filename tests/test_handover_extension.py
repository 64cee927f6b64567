"""Another addon takes part in a handover: it plans, warns, moves and tells, by two hooks."""

import pytest

from tests import odoo_scripts

# A salesperson without project rights, two leads with a visit each, one of them to be won and taken
# back.
CONVERT = """
import json
from odoo.tests.common import new_test_user

user = new_test_user(env, "seller", groups="sales_team.group_sale_salesman")
leads = env["crm.lead"].create([
    {"name": f"Bathroom {n}", "user_id": user.id, "contact_name": "Maria"} for n in range(2)])
visits = env["lead.visit"].create([{"lead_id": lead.id, "cost": "40 km"} for lead in leads])
lead, visit = leads[0], visits[0]
env.flush_all()
env.invalidate_all()
action = lead.with_user(user).action_won()
dialog = env["crm.lead.won"].with_user(user).with_context(**action["context"]).create({})
plan = dialog.lead_ids._plan_handover(dialog._get_choices())
result = {"planned": plan.extras["visits"].ids == visit.ids, "warning": dialog.warning_text,
          "planning changed": bool(visit.project_id)}
dialog.action_convert()
env.flush_all()
env.invalidate_all()
env.cr.execute("SELECT project_id FROM lead_visit ORDER BY id")
result["projects"] = [project for project, in env.cr.fetchall()]
result["project"] = lead.won_project_id.id
result["lead"] = lead.message_ids[0].body
result["project messages"] = lead.won_project_id.message_ids[0].body
back = env["crm.lead.take.back"].with_user(user).create({"lead_id": lead.id})
result["in the way"] = back.refusal_text
back.action_take_back()
result["returned"] = not visit.project_id
result["lead afterwards"] = lead.message_ids[0].body
print("RESULT", json.dumps(result))
"""
# Without a project nothing is moved, and nothing is said.
CONVERT_WITHOUT_PROJECT = """
import json

lead = env["crm.lead"].create({"name": "Bathroom"})
visit = env["lead.visit"].create({"lead_id": lead.id})
dialog = env["crm.lead.won"].with_context(**lead.action_won()["context"])
dialog = dialog.create({"target": "none"})
dialog.action_convert()
print("RESULT", json.dumps({"warning": dialog.warning_text, "won": lead.won_status,
                              "project": visit.project_id.id, "lead": lead.message_ids[0].body}))
"""
# The pipeline has a column more: of payments and of what no payment covers.
PIPELINE_BY_CITY = """
import json

lead = env["crm.lead"].create({"name": "Bathroom", "city": "Gauting", "expected_revenue": 100})
env["crm.lead.payment"].create({"lead_id": lead.id, "amount": 30})
groups = env["crm.lead.pipeline.report"]._read_group(
    [("lead_id", "=", lead.id)], ["city"], ["amount:sum", "__count"])
print("RESULT", json.dumps(groups))
"""


@pytest.fixture(scope="module")
def extended():
    """What runs scripts with the addon and the one that extends it."""
    with odoo_scripts.extended("visits", "lead_management_test_visit") as run:
        yield run


def result_of(run, script):
    (result,) = odoo_scripts.results_of(run(script))
    return result


@pytest.fixture(scope="module")
def converted(extended):
    return result_of(extended, CONVERT)


def test_visits_of_another_addon_move_with_the_lead(converted):
    result = converted
    assert result["planned"]
    assert result["warning"] == "A visit cost 40 km."
    assert not result["planning changed"]
    assert result["project"]
    assert result["projects"] == [result["project"], None], "the other lead's visit stays"
    assert "1 visit moved." in result["lead"]
    assert "1 visit moved." in result["project messages"]


def test_visits_of_another_addon_return_when_the_handover_is_taken_back(converted):
    assert not converted["in the way"]
    assert converted["returned"]
    assert "1 visit returned." in converted["lead afterwards"]


def test_visits_stay_without_a_project(extended):
    result = result_of(extended, CONVERT_WITHOUT_PROJECT)
    assert result["won"] == "won"
    assert not result["project"]
    assert not result["warning"]
    assert "visit" not in result["lead"]


def test_another_addon_adds_a_column_to_the_pipeline(extended):
    assert result_of(extended, PIPELINE_BY_CITY) == [["Gauting", 100, 2]]
