"""Leads from core's website form and live chat, by their own ways, also from who means no good, and
mailings to leads by core's app."""

import pytest

from devtools import databases, odoo
from tests.odoo_scripts import loaded, results_of

PREPARE = """
category = env["crm.lead.category"].create({"name": "Bathroom"})
foreign = env["crm.lead.category"].create({
    "name": "Foreign", "company_id": env["res.company"].create({"name": "Foreign"}).id})
env["crm.lead.category"].create({"name": "Old", "active": False})
env.cr.commit()
"""
POSTS = """
import json
from werkzeug.test import Client
import odoo.http
client = Client(odoo.http.root)
ids = {item.name: item.id for item in
       env["crm.lead.category"].with_context(active_test=False).search([])}
BASE = {"name": "New bathroom", "contact_name": "Carla", "email_from": "carla@customer.example"}
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>{{ object.env }}"
FORMS = {
    "plain": BASE,
    "category": {**BASE, "category_id": ids["Bathroom"]},
    "foreign category": {**BASE, "category_id": ids["Foreign"]},
    "archived category": {**BASE, "category_id": ids["Old"]},
    "no category": {**BASE, "category_id": 999999},
    "scripts": {**BASE, "name": EVIL, "contact_name": EVIL, "description": EVIL, "Own": EVIL},
    "forbidden": {**BASE, "probability": 100, "stage_id": 9, "won_project_id": 1,
                  "presales_cost": 5, "value_source": "offer", "wake_up_date": "2099-01-01",
                  "main_order_id": 1, "request_type": "service"},
    "huge": {**BASE, "description": "x" * 1_000_000},
    "no text": {**BASE, "category_id": "1; DROP TABLE crm_lead"},
}
found = {}
for name, form in FORMS.items():
    before = env["crm.lead"].search([]).ids
    answer = client.post("/website/form/crm.lead", data=form)
    env.cr.rollback()
    env.invalidate_all()
    leads = env["crm.lead"].search([("id", "not in", before)])
    found[name] = [answer.status_code, [{
        "stage": lead.stage_id.get_external_id()[lead.stage_id.id], "type": lead.type,
        "category": lead.category_id.name, "source": lead.source_id.name, "name": lead.name,
        "description": lead.description or "", "probability": lead.probability,
        "status": lead.won_status, "request": lead.request_type,
        "on_hold": bool(lead.wake_up_date), "project": lead.won_project_id.id} for lead in leads]]
print("RESULT", json.dumps(found))
"""
CHAT = """
import json
operator = env["res.users"].create({
    "name": "Olga", "login": "olga", "group_ids": [(6, 0, [
        env.ref("sales_team.group_sale_salesman").id,
        env.ref("im_livechat.im_livechat_group_user").id])]})
guest = env["mail.guest"].create({"name": "<b>Guest</b>"})
channel = env["discuss.channel"].create({
    "name": "Chat", "channel_type": "livechat", "livechat_operator_id": operator.partner_id.id,
    "channel_member_ids": [(0, 0, {"partner_id": operator.partner_id.id}),
                           (0, 0, {"guest_id": guest.id})]})
channel.message_post(body="<script>alert(1)</script>Need a bath", message_type="comment",
                     author_guest_id=guest.id)
before = env["crm.lead"].search([]).ids
channel.with_user(operator).execute_command_lead(body="/lead Bath <script>alert(2)</script>")
lead = env["crm.lead"].search([("id", "not in", before)])
print("RESULT", json.dumps([{
    "stage": lead.stage_id.get_external_id()[lead.stage_id.id], "type": lead.type,
    "source": lead.source_id.name, "name": lead.name, "description": str(lead.description),
    "origin": lead.origin_channel_id == channel}]))
"""
BOT = """
import json
from werkzeug.test import Client
import odoo.http
bot = env["chatbot.script"].create({"title": "Bot"})
env["chatbot.script.step"].create([
    {"chatbot_script_id": bot.id, "step_type": kind, "message": message}
    for kind, message in (("free_input_single", "What is it about?"),
                          ("question_email", "Your e-mail?"), ("create_lead", "Thank you!"))])
live = env["im_livechat.channel"].create({
    "name": "Chat", "rule_ids": [(0, 0, {"chatbot_script_id": bot.id, "regex_url": "/"})]})
colleague = env["res.users"].create({"name": "Colleague", "login": "colleague",
                                     "email": "colleague@us.example"})
env.cr.commit()
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>{{ object.env }}"
TALKS = {
    "plain": ("I need a bath", "carla@customer.example"),
    "scripts": (EVIL, "carla@customer.example"),
    "huge": ("x" * 300_000, "carla@customer.example"),
    "no text": (chr(0) + chr(0xd800), "carla@customer.example"),
    "no address": ("I need a bath", EVIL),
    "spoofed": ("I need a bath", colleague.email),
}
found = {}
for name, texts in TALKS.items():
    client = Client(odoo.http.root)

    def call(url, **params):
        data = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        answer = client.post(url, data=data, content_type="application/json").get_json()
        return answer.get("result")

    before = env["crm.lead"].search([]).ids
    chat = call("/im_livechat/get_session", channel_id=live.id,
                chatbot_script_id=bot.id)["channel_id"]
    call("/chatbot/step/trigger", channel_id=chat)
    for text in texts:
        call("/mail/message/post", thread_model="discuss.channel", thread_id=chat, post_data={
            "body": text, "message_type": "comment", "subtype_xmlid": "mail.mt_comment"})
        call("/chatbot/step/trigger", channel_id=chat)
    env.cr.rollback()
    env.invalidate_all()
    leads = env["crm.lead"].search([("id", "not in", before)])
    found[name] = [{
        "stage": lead.stage_id.get_external_id()[lead.stage_id.id], "type": lead.type,
        "status": lead.won_status, "name": lead.name, "email": lead.email_from,
        "owner": lead.user_id.login, "partner": lead.partner_id.id,
        "description": str(lead.description)} for lead in leads]
print("RESULT", json.dumps(found))
"""
MAILING = """
import json
from ast import literal_eval
from lxml import etree
reasons = env["crm.lost.reason"]
reason = reasons.search([("kind", "=", "not_qualified")], limit=1)
other = reasons.search([("kind", "!=", "not_qualified")], limit=1)
leads = env["crm.lead"].create([
    {"name": name, "email_from": f"{name}@customer.example"}
    for name in ("parked", "opted-out", "too-expensive", "open")])
parked, opted_out, expensive, still_open = leads
(parked | opted_out).action_set_lost(lost_reason_id=reason.id)
expensive.action_set_lost(lost_reason_id=other.id)
env["mail.blacklist"]._add(opted_out.email_normalized)
view = env.ref("lead_management.crm_lead_view_search")
chosen = etree.fromstring(view.arch).find(".//filter[@name='not_qualified']").get("domain")
mailing = env["mailing.mailing"].create({
    "subject": "News", "body_html": "<p>News</p>", "mailing_type": "mail",
    "mailing_model_id": env["ir.model"]._get_id("crm.lead"),
    "mailing_domain": repr(literal_eval(chosen) + [("id", "in", leads.ids)])})
mailing.action_send_mail()
print("RESULT", json.dumps({
    trace.email: trace.trace_status for trace in mailing.mailing_trace_ids}))
"""


@pytest.fixture(scope="module")
def website():
    """What runs scripts with core's website form, live chat and mailings."""
    with databases.throw_away("website") as name:
        odoo.build(["-d", name, "-i", "website_crm,crm_livechat,mass_mailing_crm"], f"db-{name}")
        with loaded(name) as run:
            run(PREPARE)
            yield run


def test_forms_make_leads_or_nothing(website):
    (found,) = results_of(website(POSTS, check=False))
    for name, (status, leads) in found.items():
        assert status == 200, name
        assert len(leads) <= 1, name
        for lead in leads:
            assert lead["stage"] == "lead_management.crm_stage_new", name
            assert (lead["type"], lead["status"]) == ("lead", "pending"), name
            assert lead["source"] == "Company Website", name
            assert (lead["request"], lead["project"]) == ("project", False), name
            assert lead["probability"] == 5, name
            assert not lead["on_hold"], name
            assert "<script" not in lead["description"].lower(), name
            assert "<img" not in lead["description"].lower(), name
    for name in ("plain", "category", "scripts", "forbidden", "huge"):
        assert len(found[name][1]) == 1, name
    assert found["category"][1][0]["category"] == "Bathroom"
    for name in ("plain", "foreign category", "archived category", "no category"):
        assert not any(lead["category"] for lead in found[name][1]), name


def test_chat_makes_a_lead(website):
    ((lead,),) = results_of(website(CHAT))
    assert lead["stage"] == "lead_management.crm_stage_new"
    assert lead["type"] == "lead"
    assert lead["source"] == "Livechat"
    assert lead["origin"]
    assert "<script" not in lead["description"]
    assert lead["name"].startswith("Bath")


def test_chat_bot_makes_leads_or_nothing(website):
    (found,) = results_of(website(BOT))
    for name, leads in found.items():
        assert len(leads) <= 1, name
        for lead in leads:
            assert lead["stage"] == "lead_management.crm_stage_new", name
            assert (lead["type"], lead["status"]) == ("lead", "pending"), name
            assert not lead["owner"], name
            assert not lead["partner"], name
            assert len(lead["name"]) <= 100, name
            for word in ("<script", "<img"):
                assert word not in lead["description"].lower(), name
    for name in ("plain", "scripts", "huge", "spoofed"):
        assert len(found[name]) == 1, name


def test_mailing_to_leads_that_were_not_qualified_leaves_out_who_wants_none(website):
    (found,) = results_of(website(MAILING))
    assert set(found) == {"parked@customer.example", "opted-out@customer.example"}
    assert found["opted-out@customer.example"] == "cancel"
    assert found["parked@customer.example"] != "cancel"
