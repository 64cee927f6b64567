"""Erasing a person: found by core's lookup, blanked everywhere, figures as they were."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SALES_MANAGER, LeadManagementCommon

NAME, MAIL = "Wanda Weg", "wanda.weg@privat.example.com"
PERSON = {
    "contact_name": NAME,
    "email_from": MAIL,
    "phone": "+49 171 3920033",
    "street": "Verborgene Gasse 7",
    "city": "Hinterdorf",
    "description": "<p>Wanda Weg is ill</p>",
}


@tagged("post_install", "-at_install")
class TestPrivacy(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.category = cls.env["crm.lead.category"].create(
            {
                "name": "Questions (test)",
                "properties_definition": [
                    {"name": "who", "type": "char", "string": "Who decides"},
                    {"name": "budget", "type": "integer", "string": "Budget"},
                ],
            }
        )
        cls.officer = cls.create_user("lm_privacy", "Petra Privacy", "base.group_erp_manager")

    def _create_story(self, **values):
        """A lead that left something of the person in every place."""
        lead = self.create_lead(
            name=f"Bath of {NAME}",
            expected_revenue=9000,
            category_id=self.category.id,
            category_properties={"who": "Wanda Weg's mother", "budget": 9000},
            **PERSON | values,
        )
        self.record_hours(lead, hours=2, name="Phoned Wanda Weg")
        lead.activity_schedule(
            "mail.mail_activity_data_call", summary="Call Wanda Weg", user_id=self.salesperson.id
        )
        lead.message_post(body="Wanda Weg called", email_from=MAIL, author_id=False)
        self.env.flush_all()
        self.env.cr.precommit.run()
        lead.email_from = f"www.{MAIL}"
        lead.contact_name = f"{NAME} (Mrs)"
        self.env["ir.attachment"].create(
            {"name": "Wanda Weg.txt", "raw": b"x", "res_model": "crm.lead", "res_id": lead.id}
        )
        self.env["crm.lead.document"].create(
            {"lead_id": lead.id, "name": "Letter to Wanda Weg", "body": "<p>Wanda Weg</p>"}
        )
        self.env.flush_all()
        self.env.cr.precommit.run()
        return lead

    def _find_traces(self, lead, tickets):
        """Every text of the database's tables about the lead that still names the person."""
        self.env.flush_all()
        queries = {
            "crm_lead": "SELECT row_to_json(t)::text FROM crm_lead t WHERE id = %s",
            "project_task": "SELECT row_to_json(t)::text FROM project_task t WHERE lead_id = %s",
            "hours": "SELECT name FROM account_analytic_line WHERE lead_id = %s",
            "letters": "SELECT row_to_json(t)::text FROM crm_lead_document t WHERE lead_id = %s",
            "history": "SELECT row_to_json(t)::text FROM crm_lead_history t WHERE lead_id = %s",
            "activities": "SELECT row_to_json(t)::text FROM mail_activity t "
            "WHERE res_model = 'crm.lead' AND res_id = %s",
            "files": "SELECT name FROM ir_attachment WHERE res_model = 'crm.lead' AND res_id = %s",
            "messages": "SELECT row_to_json(t)::text FROM mail_message t "
            "WHERE model = 'crm.lead' AND res_id = %s",
            "tracked": "SELECT row_to_json(t)::text FROM mail_tracking_value t JOIN mail_message m "
            "ON m.id = t.mail_message_id WHERE m.model = 'crm.lead' AND m.res_id = %s",
        }
        traces = {}
        for place, query in queries.items():
            self.env.cr.execute(query, [lead.id])
            texts = [text for (text,) in self.env.cr.fetchall() if text]
            words = ("wanda", "3920033", "gasse", "hinterdorf")
            traces[place] = [t for t in texts if any(word in t.lower() for word in words)]
        return {place: found for place, found in traces.items() if found}

    def test_nothing_names_the_person_any_more_and_figures_stay(self):
        lead = self._create_story()
        before = self._find_traces(lead, lead.task_ids)
        self.assertEqual(
            before.keys(),
            {"crm_lead", "project_task", "hours", "letters", "activities", "files", "messages",
             "tracked"},
        )  # fmt: skip
        hours = self.read_hours(lead.timesheet_ids)
        lead.with_user(self.sales_manager).action_blank_person()
        self.assertFalse(self._find_traces(lead, lead.task_ids))
        self.assertEqual(lead.name, f"Erased (lead {lead.id})")
        self.assertEqual(lead.task_ids.name, lead.name)
        self.assertEqual(self.read_hours(lead.timesheet_ids), hours)
        self.assertEqual((lead.expected_revenue, lead.effective_hours), (9000, 2))
        self.assertEqual(dict(lead.category_properties), {"who": False, "budget": 9000})
        self.assertTrue(lead.activity_ids.date_deadline)

    def test_the_contact_of_the_address_book_keeps_its_data(self):
        partner = self.create_partner(NAME, email=MAIL, phone="+49 171 3920033")
        lead = self.create_lead(partner_id=partner.id)
        lead.message_subscribe(partner.ids)
        lead.action_blank_person()
        self.assertFalse(lead.partner_id or lead.email_from or lead.phone)
        self.assertNotIn(partner, lead.message_partner_ids)
        self.assertEqual((partner.name, partner.email), (NAME, MAIL))
        self.assertEqual(partner.phone, "+49 171 3920033")

    def test_a_won_lead_its_project_and_its_order(self):
        lead = self._create_story(partner_id=self.create_partner(NAME).id, phone=False)
        order = self.create_offer(lead, origin=lead.name)
        project = self.convert(lead, target="new", main_order_id=order.id, confirm_order=True)
        self.assertIn(NAME, project.name)
        amounts = (order.amount_total, order.state, order.partner_id, lead.won_status)
        lead.action_blank_person()
        self.assertEqual(project.name, lead.name)
        self.assertFalse(order.origin)
        self.assertEqual(
            (order.amount_total, order.state, order.partner_id, lead.won_status), amounts
        )
        self.assertFalse(self._find_traces(lead, lead.task_ids))

    def test_a_project_that_was_there_keeps_its_name(self):
        lead = self._create_story()
        project = self.create_project("Housing estate")
        self.convert(lead, target="existing", project_id=project.id)
        lead.action_blank_person()
        self.assertEqual(project.name, "Housing estate")

    def test_who_may(self):
        lead = self._create_story()
        for user in (self.salesperson, self.sales_all, self.project_manager, self.accountant):
            with self.assertRaisesRegex(AccessError, "administrators of sales"):
                lead.with_user(user).action_blank_person()
        self.assertEqual(lead.contact_name, f"{NAME} (Mrs)")
        lead.with_user(self.officer).action_blank_person()
        self.assertFalse(lead.contact_name)

    def test_not_in_other_companies(self):
        company = self.env["res.company"].create({"name": "Foreign (test)"})
        self.env.user.company_ids = [Command.link(company.id)]
        lead = self.create_lead(company_id=company.id, team_id=False, user_id=False, **PERSON)
        for user in (self.officer, self.sales_manager):
            with self.assertRaises(AccessError):
                lead.with_user(user).action_blank_person()
        self.assertTrue(lead.contact_name)

    def test_archived_and_declined_leads_too(self):
        lead = self._create_story()
        lead.action_set_lost(lost_reason_id=self.reason.id)
        lead.with_user(self.sales_manager).action_blank_person()
        self.assertEqual((lead.won_status, lead.lost_reason_id), ("lost", self.reason))
        self.assertFalse(self._find_traces(lead, lead.task_ids))

    def test_core_finds_the_lead_and_what_it_left_behind(self):
        if "privacy.lookup.wizard" not in self.env:
            self.skipTest("Core's module for it is not installed")
        lead = self._create_story()
        lead.email_from = False
        other = self.create_lead(name="Of somebody else")
        admin = self.create_user("lm_system", "Siegfried System", "base.group_system")
        wizards = self.env["privacy.lookup.wizard"].with_user(admin)
        wizard = wizards.create({"name": NAME, "email": MAIL})
        wizard.action_lookup()
        found = {(line.res_model, line.res_id) for line in wizard.line_ids}
        for records in (lead, lead.task_ids, lead.timesheet_ids, lead.document_ids,
                        lead.attachment_ids, lead.activity_ids):  # fmt: skip
            self.assertTrue(records)
            for record in records:
                self.assertIn((record._name, record.id), found)
        self.assertNotIn(("crm.lead", other.id), found)
        self.assertEqual(len(wizard.line_ids), len(found), "No record stands there twice.")
        self.assertEqual(wizard.line_count, len(found))

    def test_many_at_once(self):
        manager = self.create_user("lm_eraser", "Erna Eraser", SALES_MANAGER)
        few, many = self.create_leads(10, **PERSON), self.create_leads(20, **PERSON)
        counts = [
            self.count_queries(lambda leads=leads: leads.with_user(manager).action_blank_person())
            for leads in (few, many)
        ]
        self.assertFalse(any(many.mapped("contact_name")))
        # each lead has a title of its own
        self.assertLess(counts[1] - counts[0], 10 * 8)
