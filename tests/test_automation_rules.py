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
    for name in ("new", "first_contact", "converted", "offer_made", "negotiation", "won")
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
}
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
    leads = leads or result
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
    assert len(outcomes) == 16


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
