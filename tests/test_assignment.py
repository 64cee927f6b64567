"""Core's assignment commits as it goes: a lead that refuses undoes nothing of the others."""

from tests.odoo_scripts import database, results_of, run_shell

ASSIGN = """
team = env["crm.team"].create({"name": "Assigned"})
user = env["res.users"].create({"name": "Seller", "login": "seller", "group_ids": [
    (4, env.ref("sales_team.group_sale_salesman").id)]})
env["crm.team.member"].create(
    {"crm_team_id": team.id, "user_id": user.id, "assignment_max": 900})
env["ir.config_parameter"].set_param("crm.assignment.commit.bundle", 2)
leads = env["crm.lead"].create(
    [{"name": f"Lead {n}", "user_id": False, "team_id": False} for n in range(6)])
team.assignment_domain = [("id", "in", leads.ids)]
# as another module's constraints
env.cr.execute('''
    ALTER TABLE crm_lead ADD CONSTRAINT no_team CHECK (name != 'Lead 3' OR team_id IS NULL);
    ALTER TABLE crm_lead ADD CONSTRAINT no_user CHECK (name != 'Lead 4' OR user_id IS NULL)''')
env.cr.commit()
data = team._action_assign_leads(force_quota=True)
env.cr.rollback()
print("RESULT", __import__("json").dumps([
    [[bool(lead.team_id), bool(lead.user_id)] for lead in leads],
    " ".join(team._action_assign_leads_logs(*data))]))
"""

REFUSED = """
user = env["res.users"].create({"name": "Seller", "login": "seller", "group_ids": [
    (4, env.ref("sales_team.group_sale_salesman").id)]})
env.cr.commit()
before = env["res.partner"].create({"name": "Before"})
try:
    env["crm.team"].search([], limit=1).with_user(user)._action_assign_leads()
    refusal = ""
except Exception as error:
    refusal = str(error)
env.cr.commit()
print("RESULT", __import__("json").dumps([refusal, bool(before.exists())]))
"""


def test_all_but_those_that_refuse_are_assigned_for_good():
    with database("assignment") as name:
        done = run_shell(name, ASSIGN, check=False)
    ((leads, logs),) = results_of(done)
    assert leads == [[True, True]] * 3 + [[False, False], [True, False], [True, True]]
    assert "Not assigned" in logs and "Lead 3, Lead 4" in logs


def test_who_may_not_assign_is_told_and_loses_nothing_done_before():
    with database("assignment") as name:
        ((refusal, is_kept),) = results_of(run_shell(name, REFUSED))
    assert "limited to managers" in refusal and is_kept
