"""Automation rules see what a save changes: once per lead and event, with the final values."""

import pytest

from devtools import databases, odoo
from tests.odoo_scripts import database, results_of, run_shell

# One rule per field that a stage, a decision or a person changes; each notes what it saw.
RULES = """
FIELDS = ("stage_id", "probability", "type", "won_status")
NOTE = (
    "env['res.partner'].create({'name': 'RULE %s %s|%s|%.2f|%s|%s' % ('{name}', record.id, "
    "record.stage_id.name, record.probability, record.type, record.won_status)})"
)
for name in FIELDS:
    field = env["ir.model.fields"]._get("crm.lead", name)
    rule = env["base.automation"].create({
        "name": name, "model_id": env.ref("crm.model_crm_lead").id,
        "trigger": "on_create_or_write", "trigger_field_ids": [(6, 0, field.ids)],
    })
    env["ir.actions.server"].create({
        "name": name, "model_id": rule.model_id.id, "base_automation_id": rule.id,
        "usage": "base_automation", "state": "code", "code": NOTE.replace("{name}", name),
    })
stages = {
    name: env.ref(f"lead_management.crm_stage_{name}")
    for name in ("new", "first_contact", "converted", "opened", "offer_made", "negotiation", "won")
}
reason = env["crm.lost.reason"].create({"name": "x"})
team = env["crm.team"].create({"name": "Other"})
own = env["crm.stage"].create({"name": "Own", "team_ids": team.ids, "sequence": 1,
                               "uses_default_probability": True, "default_probability": 33})
def lead(stage="offer_made", **values):
    return env["crm.lead"].create({"name": "x", "stage_id": stages[stage].id, **values})
def imported():
    row = [["Imported", "Offer Made"]]
    result = env["crm.lead"].load(["name", "stage_id"], row)
    return env["crm.lead"].browse(result["ids"])
def mailed():
    message = {"subject": "Mail", "from": "a@test.example.com", "body": "x"}
    return env["crm.lead"].message_new(message)
# way: what makes the lead, what happens to it
WAYS = {
    "created": (None, lambda _: lead()),
    "created without a stage": (None, lambda _: env["crm.lead"].create({"name": "x"})),
    "created as won": (None, lambda _: lead("won")),
    "imported": (None, lambda _: imported()),
    "mailed": (None, lambda _: mailed()),
    "dragged": (lead, lambda l: l.web_save({"stage_id": stages["negotiation"].id}, {})),
    "dragged over the line": (
        lambda: lead("new"), lambda l: l.web_save({"stage_id": stages["converted"].id}, {})),
    "dragged to won": (lead, lambda l: l.web_save({"stage_id": stages["won"].id}, {})),
    "moved with a probability": (
        lead, lambda l: l.write({"stage_id": stages["negotiation"].id, "probability": 61})),
    "several edited": (
        lambda: lead() | lead("first_contact"),
        lambda l: l.web_save_multi([{"stage_id": stages["negotiation"].id}] * 2, {})),
    "typed": (lead, lambda l: l.write({"probability": 12})),
    "won by the button": (lead, lambda l: l.action_set_won()),
    "declined": (lead, lambda l: l.action_set_lost(lost_reason_id=reason.id)),
    "restored": (
        lambda: declined(), lambda l: l.action_restore() if hasattr(l, "action_restore")
        else l.action_unarchive()),
    "converted": (lambda: lead("new"), lambda l: l.convert_opportunity(False)),
    "given to another team": (
        lambda: on_own_stage(), lambda l: l.write({"team_id": other_team().id})),
    "given to a salesperson of another team": (
        lambda: on_own_stage(), lambda l: l.write({"user_id": other_team_user().id})),
    "mailed to a team's address": (None, lambda _: mailed_to_alias()),
    "sent by a visitor": (None, lambda _: sent_by_visitor()),
    "imported from a file": (None, lambda _: imported_file("Imported,New\\n")),
    "imported again": (
        lambda: named(), lambda l: imported_file("Known,Negotiation\\n", l)),
    "saved in a new form": (
        None, lambda _: browse(env["crm.lead"].web_save({"name": "x"}, {})[0]["id"])),
    "merged": (lambda: lead() | lead("negotiation"), lambda l: l.merge_opportunity()),
    "merged into another team": (
        lambda: on_own_stage() | lead("new"),
        lambda l: l.merge_opportunity(team_id=other_team().id)),
    "converted by the dialog": (lambda: lead("new"), lambda l: dialog(
        "crm.lead2opportunity.partner", l, name="convert").action_apply()),
    "several converted": (lambda: lead("new") | lead("first_contact"), lambda l: dialog(
        "crm.lead2opportunity.partner.mass", l, name="convert", deduplicate=False,
        lead_tomerge_ids=[(6, 0, l.ids)]).action_mass_convert()),
    "qualified": (lambda: lead("new"), lambda l: l.action_qualify()),
    "declined by the dialog": (lead, lambda l: dialog(
        "crm.lead.lost", l, lead_ids=[(6, 0, l.ids)], lost_reason_id=reason.id
        ).action_lost_reason_apply()),
    "declined without a reason": (lead, lambda l: l.action_set_lost()),
    "archived": (lead, lambda l: l.action_archive()),
    "unarchived": (lambda: archived(), lambda l: l.action_unarchive()),
    "declined one unarchived": (lambda: declined(), lambda l: l.write({"active": True})),
    "declined one dragged": (
        lambda: declined(), lambda l: l.write({"stage_id": stages["negotiation"].id})),
    "declined one won": (lambda: declined(), lambda l: l.action_set_won()),
    "won with a rainbow": (lead, lambda l: l.action_set_won_rainbowman()),
    "won by the dialog": (lead, lambda l: dialog(
        "crm.lead.won", l, lead_ids=[(6, 0, l.ids)], target="new", project_name="P"
        ).action_convert()),
    "won by its order": (lambda: offered(), lambda l: l.order_ids.action_confirm() and None),
    "its offer sent": (
        lambda: offered("opened"), lambda l: l.order_ids.action_quotation_sent()),
    "reopened": (lambda: lead("won"), lambda l: l.action_reopen()),
    "reset to the default": (
        lambda: typed(), lambda l: l.action_set_automated_probability()),
    "given the new default": (
        lambda: on_own_stage(), lambda l: new_default() and own.action_apply_default_probability()),
}
def browse(lead_id):
    return env["crm.lead"].browse(lead_id)
def named():
    record = lead()
    env["ir.model.data"].create({
        "module": "rules", "name": f"lead_{record.id}", "model": "crm.lead", "res_id": record.id})
    return record
def imported_file(rows, known=None):
    head = "name,stage_id\\n"
    columns = ["name", "stage_id"]
    if known:
        head, rows = "id,name,stage_id\\n", f"rules.lead_{known.id},{rows}"
        columns = ["id", *columns]
    wizard = env["base_import.import"].create({
        "res_model": "crm.lead", "file": (head + rows).encode(), "file_type": "text/csv"})
    options = {"quoting": '"', "separator": ",", "has_headers": True}
    result = wizard.execute_import(columns, columns, options)
    return env["crm.lead"].browse(result["ids"])
def mailed_to_alias():
    team.write({"alias_name": "rules", "use_leads": True})
    mail = (
        "From: a@test.example.com\\nTo: rules@%s\\nSubject: Mail\\nMessage-Id: <rules@x>\\n\\nx"
        % team.alias_domain_id.name)
    return browse(env["mail.thread"].message_process("crm.lead", mail))
def sent_by_visitor():
    visitor = env.ref("base.public_user")
    values = {"name": "x", "type": "opportunity", "email_from": "v@test.example.com"}
    return env["crm.lead"].with_user(visitor).sudo().create(values).with_user(env.user)
def dialog(model, leads, **values):
    context = {"active_model": "crm.lead", "active_ids": leads.ids, "active_id": leads[:1].id}
    return env[model].with_context(context).create(values)
def archived():
    record = lead()
    record.action_archive()
    return record
def typed():
    record = lead()
    record.probability = 12
    return record
def offered(stage="offer_made"):
    partner = env["res.partner"].create({"name": "Customer"})
    record = lead(stage, partner_id=partner.id)
    env["sale.order"].create({"partner_id": partner.id, "opportunity_id": record.id})
    return record
def new_default():
    own.default_probability = 44
    return True
def other_team_user():
    user = env["res.users"].create({"name": "Other", "login": "rules_other", "group_ids": [
        (4, env.ref("sales_team.group_sale_salesman").id)]})
    env["crm.team.member"].create({"crm_team_id": other_team().id, "user_id": user.id})
    return user
def declined():
    record = lead()
    record.action_set_lost(lost_reason_id=reason.id)
    return record
def other_team():
    return env["crm.team"].create({"name": "Third"})
def on_own_stage():
    return env["crm.lead"].create({"name": "x", "team_id": team.id, "stage_id": own.id})
STATE = ("stage_id", "probability", "type", "won_status")
def state(leads):
    return {l.id: [l.stage_id.name, "%.2f" % l.probability, l.type, l.won_status] for l in leads}
Notes = env["res.partner"].with_context(active_test=False)
import json
for way, (make, happen) in WAYS.items():
    leads = make() if make else env["crm.lead"]
    env.flush_all()
    Notes.search([("name", "like", "RULE %")]).unlink()
    before = state(leads)
    result = happen(leads)
    leads = (leads or result).exists()
    env.flush_all(); env.invalidate_all()
    notes = [note.name.removeprefix("RULE ").split("|")
             for note in Notes.search([("name", "like", "RULE %")], order="id")]
    print("RESULT", json.dumps([way, before, state(leads), notes]))
env.cr.rollback()
"""


@pytest.fixture(scope="module")
def outcomes():
    """Way: (states before, states after, notes of the rules)."""
    with database("automation") as name:
        log = odoo.build(["-d", name, "-i", "base_automation"], f"db-{name}")
        databases.check_installed(name, ["base_automation"], log)
        return {way: rest for way, *rest in results_of(run_shell(name, RULES))}


def test_every_way_was_tried(outcomes):
    assert len(outcomes) == 41


@pytest.mark.parametrize("rule", ["stage_id", "probability", "type", "won_status"])
def test_rules_run_once_with_final_values(outcomes, rule):
    position = ["stage_id", "probability", "type", "won_status"].index(rule)
    wrong = []
    for way, (before, after, notes) in outcomes.items():
        for lead_id, values in after.items():
            seen = [note[1:] for note in notes if note[0] == f"{rule} {lead_id}"]
            is_new = lead_id not in before
            changed = is_new or before[lead_id][position] != values[position]
            if seen != ([values] if changed else []):
                wrong.append(f"{way}: lead is {values}, the rule on {rule} saw {seen}")
    assert not wrong, "\n".join(wrong)
