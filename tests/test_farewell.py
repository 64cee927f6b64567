"""The addon leaves: what people made goes on working, and what belongs to leads comes back."""

import json

import pytest

from devtools import databases, odoo, postgres, settings
from tests.odoo_scripts import results_of, run_shell
from tests.test_used_database import UNINSTALL

# What people make that names our fields and models, and beside it the same of core's.
MADE = """
from odoo import Command
lead_model, task_model = env["ir.model"]._get("crm.lead"), env["ir.model"]._get("project.task")
field = lambda model, name: env["ir.model.fields"]._get(model, name)
made = {}
def make(of, key, **values):
    made[key] = [of, env[of].create(values).id]
    return env[of].browse(made[key][1])
make("ir.filters", "gone favourite", name="Pending", model_id="crm.lead",
     domain="[('project_state', '=', 'pending'), ('user_id', '=', uid)]", is_default=True)
make("ir.filters", "gone favourite of a report", name="Quarters",
     model_id="crm.lead.pipeline.report")
make("ir.filters", "gone task favourite", name="Of leads", model_id="project.task",
     domain="[('lead_id.name', 'ilike', 'x')]")
make("ir.filters", "emptied favourite", name="Grouped", model_id="crm.lead",
     context="{'group_by': ['next_follow_up:week', 'stage_id']}",
     sort='["next_follow_up desc", "id"]')
make("ir.filters", "kept favourite", name="Mine", model_id="crm.lead",
     domain="[('user_id', '=', uid)]", context="{'group_by': ['stage_id']}")
make("ir.exports", "emptied export", name="Leads", resource="crm.lead", export_fields=[
    Command.create({"name": name})
    for name in ("name", "category_id/name", "order_ids/lead_reminded_expiry")])
make("ir.exports", "gone export", name="Payments", resource="crm.lead.payment",
     export_fields=[Command.create({"name": "name"})])
make("ir.cron", "gone job", name="Nightly", model_id=lead_model.id, state="code",
     code="model.search([('next_follow_up', '=', False)]).write({'priority': '1'})")
make("ir.cron", "gone job by model", name="Nightly 2", model_id=lead_model.id, state="code",
     code="env['crm.lead.payment'].search([])")
make("ir.cron", "kept job", name="Nightly 3", model_id=lead_model.id, state="code",
     code="model.search([('partner_id.category_id', '!=', False)])")
make("ir.actions.server", "gone action", name="Set", model_id=lead_model.id, state="object_write",
     update_path="value_source", value="manual")
make("ir.actions.server", "gone button", name="Win", model_id=lead_model.id, state="code",
     code="action = record.action_won()", binding_model_id=lead_model.id)
rule = make("base.automation", "gone rule", name="Rule", model_id=lead_model.id,
     trigger="on_write", trigger_field_ids=[Command.set(field("crm.lead", "project_state").ids)])
make("ir.actions.server", "gone rule's action", name="Priority", model_id=lead_model.id,
     state="object_write", update_path="priority", value="2", base_automation_id=rule.id,
     usage="base_automation")
rule = make("base.automation", "gone rule by condition", name="Rule 2", model_id=lead_model.id,
     trigger="on_create_or_write", filter_domain="[('category_id', '!=', False)]")
make("ir.actions.server", "another gone action", name="Priority", model_id=lead_model.id,
     state="object_write", update_path="priority", value="2", base_automation_id=rule.id,
     usage="base_automation")
rule = make("base.automation", "emptied rule", name="Rule 3", model_id=lead_model.id,
     trigger="on_write", trigger_field_ids=[Command.set(
         (field("crm.lead", "project_state") | field("crm.lead", "color")).ids)])
make("ir.actions.server", "kept action", name="Priority", model_id=lead_model.id,
     state="object_write", update_path="priority", value="2", base_automation_id=rule.id,
     usage="base_automation")
form = env.ref("crm.crm_lead_view_form")
make("ir.ui.view", "emptied view", name="own.form", model="crm.lead", inherit_id=form.id,
     priority=90, arch='''<data><field name="tag_ids" position="after"><field name="next_step"/>
     <field name="color" invisible="project_state == 'none'"/>
     <button name="action_won" type="object" string="W"/></field></data>''')
make("ir.ui.view", "archived view", name="own.form.tab", model="crm.lead", inherit_id=form.id,
     priority=95, arch='''<xpath expr="//page[@name='follow_ups']" position="inside">
     <field name="referred"/></xpath>''')
make("ir.ui.view", "gone view", name="own.ours", model="crm.lead",
     inherit_id=env.ref("lead_management.crm_lead_view_search").id,
     arch='<field name="city" position="after"><field name="zip"/></field>')
make("mail.template", "emptied template", name="Hello", model_id=lead_model.id,
     subject="{{ object.name }} {{ object.next_follow_up }}",
     body_html='<p>For <t t-out="object.name"/></p><p t-if="object.category_id">Of it</p>')
make("ir.rule", "closed rule", name="Own", model_id=lead_model.id, groups=[Command.set(
     env.ref("sales_team.group_sale_salesman").ids)], domain_force="[('category_id', '=', 1)]")
make("ir.actions.act_window", "emptied window", name="Leads", res_model="crm.lead",
     context="{'group_by': 'category_id', 'search_default_user_id': uid}")
team = env["crm.team"].search([], limit=1)
team.assignment_domain = "[('category_id', '!=', False)]"
window = env.ref("crm.crm_lead_action_pipeline")
make("ir.embedded.actions", "gone entry", name="Win", parent_action_id=window.id,
     parent_res_model="crm.lead", python_method="action_won")
make("ir.embedded.actions", "emptied entry", name="Grouped", parent_action_id=window.id,
     parent_res_model="crm.lead", action_id=window.id, context="{'group_by': 'category_id'}",
     domain="[('category_id', '!=', False)]")
day = env.ref("lead_management.crm_lead_action_my_day")
make("ir.ui.view.custom", "emptied dashboard", ref_id=form.id, user_id=env.uid, arch=f'''<form>
     <action name="{window.id}" domain="[('category_id', '!=', False)]" string="Gone"/>
     <action name="{day.id}" string="Gone, too"/>
     <action name="{window.id}" domain="[('user_id', '=', uid)]" string="Kept"
             context="{{'group_by': ['category_id', 'stage_id']}}"/></form>''')
team.lead_properties_definition = [
    {"name": "a1", "type": "many2one", "string": "Category", "comodel": "crm.lead.category"},
    {"name": "b2", "type": "char", "string": "Colour"}]
alias = env["crm.team"].search([("alias_id", "!=", False)], limit=1).alias_id
alias.alias_defaults = str({"team_id": 1, "category_id": 1})
"""
WORK = """
category = env["crm.lead.category"].create({"name": "Bathroom", "properties_definition": [
    {"name": "tiles", "type": "char", "string": "Tiles"}]})
employee = env["hr.employee"].create({"name": "Anna"})
leads = env["crm.lead"].create([{"name": f"Lead {n}", "category_id": category.id,
    "category_properties": {"tiles": f"white {n}"}} for n in range(4)])
for lead in leads:
    env["account.analytic.line"].create(
        {"lead_id": lead.id, "employee_id": employee.id, "unit_amount": 2, "name": "Visit"})
leads[0].payment_ids = [(0, 0, {"name": "First", "date": "2030-01-31", "amount": 500})]
won = leads[1]
dialog = env["crm.lead.won"].browse(won.action_won()["res_id"]) if won.action_won().get("res_id") \\
    else env["crm.lead.won"].with_context(won.action_won()["context"]).create({})
dialog.action_convert()
leads[2].action_set_lost()
leads[2].wake_up_date = "2031-01-01"
stage = env["crm.stage"].search([], limit=1, order="sequence desc, id desc")
category_field = env["ir.model.fields"]._get("crm.lead", "category_id")
env["crm.stage"].search([])[2].required_field_ids = category_field
env["crm.lead.category"].create({"name": "Heating"})
"""
STATE = """
SELECT json_build_object(
    'leads', (SELECT json_agg(row_to_json(l) ORDER BY l.id) FROM (
        SELECT id, won_project_id, project_state, wake_up_date, value_source, planned_revenue,
               category_id, category_properties, payment_count FROM crm_lead) l),
    'hours', (SELECT json_agg(row_to_json(h) ORDER BY h.id) FROM (
        SELECT id, lead_id, project_id, task_id FROM account_analytic_line) h),
    'tickets', (SELECT json_agg(row_to_json(t) ORDER BY t.id) FROM (
        SELECT id, lead_id, is_presales, is_lead_ticket, is_internal_presales, project_id
          FROM project_task) t),
    'projects', (SELECT json_agg(id ORDER BY id) FROM project_project),
    'companies', (SELECT json_agg(row_to_json(c) ORDER BY c.id) FROM (
        SELECT id, lead_project_id, lead_won_by_order FROM res_company) c),
    'categories', (SELECT json_agg(row_to_json(c) ORDER BY c.id) FROM crm_lead_category c),
    'payments', (SELECT json_agg(row_to_json(c) ORDER BY c.id) FROM crm_lead_payment c),
    'stages', (SELECT json_agg(row_to_json(s) ORDER BY s.id) FROM (
        SELECT id, default_probability, uses_default_probability FROM crm_stage) s),
    'needs', (SELECT json_agg(stage_id) FROM crm_stage_required_field_rel),
    'history', (SELECT count(*) FROM crm_lead_history),
    'reasons', (SELECT json_agg(row_to_json(r) ORDER BY r.id) FROM (
        SELECT id, name, kind FROM crm_lost_reason) r),
    'sources', (SELECT count(*) FROM utm_source),
    'templates', (SELECT json_agg(row_to_json(r) ORDER BY r.id) FROM (
        SELECT id, name FROM crm_lead_document_template) r))
"""
CHECK = """
import json, os
made = json.loads(os.environ["MADE"])
out = {}
for key, (model, record_id) in made.items():
    record = env[model].with_context(active_test=False).browse(record_id).exists()
    out[key] = bool(record)
env.cr.flush()
out["emptied favourite"] = [env["ir.filters"].browse(made["emptied favourite"][1])[n]
                            for n in ("context", "sort")]
export = env["ir.exports"].browse(made["emptied export"][1])
out["emptied export"] = export.export_fields.mapped("name")
rule = env["base.automation"].browse(made["emptied rule"][1])
out["emptied rule"] = rule.trigger_field_ids.mapped("name")
out["closed rule"] = env["ir.rule"].browse(made["closed rule"][1]).domain_force
out["emptied window"] = env["ir.actions.act_window"].browse(made["emptied window"][1]).context
out["is active"] = env["ir.ui.view"].with_context(active_test=False).browse(
    made["archived view"][1]).active
view = env["ir.ui.view"].browse(made["emptied view"][1])
out["emptied view"] = [view.active, "next_step" in view.arch or "project_state" in view.arch
                       or "action_won" in view.arch, "color" in view.arch]
template = env["mail.template"].browse(made["emptied template"][1])
out["emptied template"] = [template.subject, str(template.body_html)]
team = env["crm.team"].search([], limit=1)
out["properties"] = [x["name"] for x in team.lead_properties_definition]
out["audiences"] = [team.assignment_domain,
                    env["ir.embedded.actions"].browse(made["emptied entry"][1]).domain]
out["emptied entry"] = env["ir.embedded.actions"].browse(made["emptied entry"][1]).context
out["emptied dashboard"] = env["ir.ui.view.custom"].browse(made["emptied dashboard"][1]).arch
out["file"] = env["ir.attachment"].search_count([("name", "=", "lead_management-removed.json")])
for model in ("crm.lead", "project.task", "sale.order", "res.partner"):
    env[model].get_views([(False, kind) for kind in ("form", "list", "kanban", "search")],
                         {"toolbar": True, "load_filters": True})
team._action_assign_leads()
lead = env["crm.lead"].create({"name": "After"})
lead.write({"color": 3, "stage_id": env["crm.stage"].search([])[1].id})
env["crm.team"].search([("alias_id", "!=", False)], limit=1).alias_id.alias_defaults
template._render_field("body_html", lead.ids)
template._render_field("subject", lead.ids)
for cron in env["ir.cron"].search([("name", "like", "Nightly")]):
    cron.method_direct_trigger()
out["priority"] = lead.priority
lead.unlink()
print("RESULT", json.dumps(out))
"""


@pytest.fixture(scope="module")
def farewell():
    """A database where people made things of ours, before and after uninstalling, and installed
    again; the log of the uninstallation."""
    with databases.throw_away("farewell") as name:
        odoo.build(["-d", name, "-i", "base_automation"], f"db-{name}")
        out = run_shell(
            name, MADE + WORK + 'env.cr.commit(); print("RESULT", __import__("json").dumps(made))'
        )
        (made,) = results_of(out)
        before = json.loads(postgres.query(STATE, name))
        log = run_shell(name, UNINSTALL, options=["--log-level=info"], check=False).stderr
        (gone,) = results_of(run_shell(name, CHECK, MADE=json.dumps(made)))
        odoo.build(["-d", name, "-i", settings.ADDON], f"db-{name}")
        yield made, before, log, gone, json.loads(postgres.query(STATE, name)), name


def test_what_needs_our_fields_goes_at_uninstall(farewell):
    made, _before, _log, gone, _after, _name = farewell
    assert {key for key in made if not gone[key]} == {
        key for key in made if key.startswith(("gone", "another gone"))
    }
    assert gone["file"] == 1


def test_what_works_without_us_is_emptied_of_our_fields(farewell):
    gone = farewell[3]
    assert gone["emptied favourite"] == ["{'group_by': ['stage_id']}", '["id"]']
    assert gone["emptied export"] == ["name"]
    assert gone["emptied rule"] == ["color"]
    assert gone["emptied entry"] == "{}"
    assert (
        "Gone" not in gone["emptied dashboard"] and "category_id" not in gone["emptied dashboard"]
    )
    assert "Kept" in gone["emptied dashboard"] and "stage_id" in gone["emptied dashboard"]
    assert gone["emptied window"] == "{'search_default_user_id': uid}"
    assert gone["emptied view"] == [True, False, True]
    assert gone["emptied template"][0].strip() == "{{ object.name }}"
    assert "object.name" in gone["emptied template"][1]
    assert "Of it" not in gone["emptied template"][1]
    assert gone["properties"] == ["b2"]
    # the rule that watches the colour still runs
    assert gone["priority"] == "2"


def test_rules_of_access_and_audiences_close_rather_than_open(farewell):
    nobody = "[(0, '=', 1)]"
    assert farewell[3]["closed rule"] == nobody
    assert farewell[3]["audiences"] == [nobody, nobody]


def test_a_view_that_stands_on_ours_is_archived_with_its_content(farewell):
    assert farewell[3]["is active"] is False


def test_log_of_uninstalling_names_the_ids(farewell):
    made, _before, log, _gone, _after, _name = farewell
    assert "Traceback" not in log
    for key, (model, record_id) in made.items():
        if key.startswith(("gone", "another", "emptied", "closed", "archived")):
            named = "ir.exports.line" if key == "emptied export" else model
            assert f"{named} [" in log, key
            if named == model:
                assert str(record_id) in log
    assert "Pending" not in log


def test_reinstalled_addon_finds_hours_projects_and_categories_of_its_leads(farewell):
    _made, before, _log, _gone, after, _name = farewell
    assert sum(bool(line["lead_id"]) for line in before["hours"]) == 4
    assert before["payments"] and before["needs"]
    for key, value in before.items():
        assert after[key] == value, key


def test_no_second_lead_project_appears_after_installing_again(farewell):
    before, name = farewell[1], farewell[5]
    script = """
lead = env["crm.lead"].create({"name": "New one"})
env["account.analytic.line"].create({"lead_id": lead.id, "unit_amount": 1, "name": "Visit",
    "employee_id": env["hr.employee"].search([], limit=1).id})
env["crm.lead.category"].create({"name": "Roof"})
print("RESULT", env["project.project"].search_count([]))
"""
    assert results_of(run_shell(name, script)) == [len(before["projects"])]
    kept = "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'lead_management_kept%'"
    assert postgres.query(kept, name) == "0"
