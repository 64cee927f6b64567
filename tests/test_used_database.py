"""The addon comes into databases that have run CRM for years, and may leave them again."""

import json

import pytest

from devtools import databases, odoo, postgres, settings
from tests.odoo_scripts import run_shell

# Leads as years of CRM leave them: every status, type, kind of probability, other stages.
FILL = """
stages = env["crm.stage"].search([])
stages[1].write({"name": "Site visit", "requirements": "Measure the room"})
own = env["crm.stage"].create({"name": "On hold", "sequence": 40, "fold": True})
won = stages.filtered("is_won")[:1]
env["ir.config_parameter"].set_param("crm.pls_start_date", "2020-01-01")
reason = env["crm.lost.reason"].search([], limit=1)
leads = env["crm.lead"].create([
    {"name": f"Lead {n}", "type": "lead" if n % 3 else "opportunity",
     "stage_id": (stages - won | own)[n % 4].id, "expected_revenue": 100.0 * n,
     "email_from": f"lead{n}@customer.example"}
    for n in range(60)
])
leads[0:10].write({"probability": 37.5})
leads[10:13].write({"probability": 0})
leads[20:30].action_set_won()
leads[30:40].action_set_lost(lost_reason_id=reason.id)
leads[40:43].action_archive()
call = env.ref("mail.mail_activity_data_call")
for n, lead in enumerate(leads[50:60]):
    for user in env.ref("base.user_admin"), env.ref("base.user_root"):
        lead.activity_schedule(activity_type_id=call.id, user_id=user.id,
                               date_deadline=f"2030-01-{n + 10 + user.id:02}")
env["crm.lead"]._cron_update_automated_probabilities()
env.cr.commit()
"""
STATE = """
SELECT json_build_object(
    'leads', (SELECT json_agg(row_to_json(l) ORDER BY l.id) FROM (
        SELECT id, name, type, stage_id, active, won_status, probability, automated_probability,
               expected_revenue, prorated_revenue, lost_reason_id, date_closed, team_id, user_id,
               write_date, date_last_stage_update
          FROM crm_lead) l),
    'stages', (SELECT json_agg(row_to_json(s) ORDER BY s.id) FROM (
        SELECT id, name, sequence, is_won, fold, requirements, color, write_date
          FROM crm_stage) s))
"""
UNINSTALL = """
env["ir.module.module"].search([("name", "=", "lead_management")]).button_immediate_uninstall()
"""


def read_state(database):
    return json.loads(postgres.query(STATE, database))


@pytest.fixture(scope="module")
def used_database():
    """A database with leads, the addon installed into it, and its state before."""
    with databases.throw_away("used", addon=False) as name:
        run_shell(name, FILL)
        before = read_state(name)
        odoo.build(["-d", name, "-i", settings.ADDON], f"db-{name}")
        yield name, before


def test_installing_changes_no_lead_and_no_stage(used_database):
    name, before = used_database
    assert len(before["leads"]) == 60
    assert {lead["won_status"] for lead in before["leads"]} == {"won", "lost", "pending"}
    assert read_state(name) == before


def test_installing_makes_no_stage_set_probabilities(used_database):
    name, _before = used_database
    query = "SELECT count(*) FROM crm_stage WHERE uses_default_probability"
    assert postgres.query(query, name) == "0"


def test_installing_fills_next_follow_up_of_any_user(used_database):
    name, _before = used_database
    filled = postgres.query(
        "SELECT name, next_follow_up FROM crm_lead WHERE next_follow_up IS NOT NULL ORDER BY id",
        name,
    )
    assert filled.splitlines() == [f"Lead {n}|2030-01-{n - 50 + 11:02}" for n in range(50, 60)]


def test_installing_does_not_ask_for_projects_of_leads_won_long_ago(used_database):
    name, _before = used_database
    states = postgres.query(
        "SELECT won_status, project_state, count(*) FROM crm_lead GROUP BY 1, 2 ORDER BY 1", name
    )
    assert states.splitlines() == ["lost|none|10", "pending|none|40", "won|no_project|10"]


def test_history_begins_with_one_row_per_lead_in_the_pipeline(used_database):
    name, _before = used_database
    rows = "SELECT count(*), count(DISTINCT lead_id) FROM crm_lead_history WHERE is_open"
    # 40 open ones, less the 3 archived
    assert postgres.query(rows, name) == "37|37"
    assert postgres.query("SELECT count(*) FROM crm_lead_history", name) == "37"


def test_updating_from_before_the_history_begins_it(used_database):
    name, before = used_database
    postgres.query(
        """
        TRUNCATE crm_lead_history;
        ALTER TABLE crm_lead DROP COLUMN planned_revenue, DROP COLUMN planned_prorated_revenue;
        UPDATE ir_module_module SET latest_version = '19.0.1.0.0' WHERE name = 'lead_management'
        """,
        name,
    )
    odoo.build(["-d", name, "-u", settings.ADDON], f"db-{name}")
    assert read_state(name) == before
    assert postgres.query("SELECT count(*) FROM crm_lead_history", name) == "37"


def test_nightly_scoring_still_predicts_after_installing(used_database):
    name, before = used_database
    run_shell(name, 'env["crm.lead"]._cron_update_automated_probabilities(); env.cr.commit()')
    after = read_state(name)
    assert [lead["probability"] for lead in after["leads"]] == [
        lead["probability"] for lead in before["leads"]
    ]


def test_uninstalling_keeps_leads_and_stages(used_database):
    name, _before = used_database
    state = read_state(name)
    run_shell(name, UNINSTALL)
    assert read_state(name) == state
