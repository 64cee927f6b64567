"""A sent offer moves its lead to "Offer Made": forward, open leads only, and if nothing lacks."""

from odoo.tests import Form, tagged

from .common import LeadManagementCommon


@tagged("post_install", "-at_install")
class TestOfferSent(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.lead_offer_sent_stage = True
        cls.offer_made = cls.stages["offer_made"]
        cls.lead = cls.create_lead(stage="opened", partner_id=cls.create_partner().id)
        cls.lead.partner_id.email = "maria@test.example.com"
        cls.offer = cls.create_offer(cls.lead)

    def test_off_where_the_company_does_not_say_so(self):
        self.company.lead_offer_sent_stage = False
        self.offer.action_quotation_sent()
        self.assertEqual(self.lead.stage_id, self.stages["opened"])

    def test_marked_as_sent(self):
        self.offer.with_user(self.salesperson).action_quotation_sent()
        self.assertEqual(self.lead.stage_id, self.offer_made)
        self.assertProbability(self.lead, 75)

    def test_sent_by_cores_button(self):
        action = self.offer.with_user(self.salesperson).action_quotation_send()
        composers = self.env["mail.compose.message"].with_user(self.salesperson)
        composer = Form(composers.with_context(**action["context"])).save()
        composer._action_send_mail()
        self.assertEqual(self.offer.state, "sent")
        self.assertEqual(self.lead.stage_id, self.offer_made)
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertIn("stage_id", self.lead.message_ids.tracking_value_ids.field_id.mapped("name"))

    def test_a_lead_becomes_an_opportunity(self):
        lead = self.create_lead(stage="first_contact")
        self.create_offer(lead).action_quotation_sent()
        self.assertEqual((lead.stage_id, lead.type), (self.offer_made, "opportunity"))

    def test_never_backwards(self):
        for name in ("negotiation", "won"):
            lead = self.create_lead(stage="opened")
            offer = self.create_offer(lead)
            lead.stage_id = self.stages[name]
            offer.action_quotation_sent()
            self.assertEqual(lead.stage_id, self.stages[name])

    def test_only_open_leads(self):
        declined, archived = self.create_leads(2, stage="opened")
        offers = [self.create_offer(lead) for lead in (declined, archived)]
        declined.action_set_lost(lost_reason_id=self.reason.id)
        archived.action_archive()
        for offer in offers:
            offer.action_quotation_sent()
        self.assertEqual((declined | archived).stage_id, self.stages["opened"])
        self.assertEqual(declined.won_status, "lost")

    def test_sent_twice_moves_once(self):
        self.offer.action_quotation_sent()
        self.lead.stage_id = self.stages["opened"]
        self.offer.write({"state": "sent"})
        self.assertEqual(self.lead.stage_id, self.stages["opened"])

    def test_what_the_stage_needs_keeps_the_lead_and_is_noted(self):
        self.offer_made.required_field_ids = self.env["ir.model.fields"]._get(
            "crm.lead", "date_deadline"
        )
        self.lead.date_deadline = False
        self.offer.with_user(self.salesperson).action_quotation_sent()
        self.assertEqual(self.offer.state, "sent")
        self.assertEqual(self.lead.stage_id, self.stages["opened"])
        label = self.offer_made.required_field_ids.field_description
        self.assertIn(label, " ".join(map(str, self.lead.message_ids.mapped("body"))))

    def test_who_sends_need_not_write_the_lead(self):
        lead = self.create_lead(stage="opened", user_id=self.salesperson_2.id)
        offer = self.create_offer(lead, user_id=self.salesperson.id)
        offer.with_user(self.salesperson).action_quotation_sent()
        self.assertEqual(lead.stage_id, self.offer_made)

    def test_offer_without_lead(self):
        offer = self.create_offer(self.env["crm.lead"])
        offer.action_quotation_sent()
        self.assertEqual(offer.state, "sent")

    def test_new_company_does_as_the_current_one(self):
        company = self.env["res.company"].with_company(self.company).create({"name": "New one"})
        self.assertTrue(company.lead_offer_sent_stage)
