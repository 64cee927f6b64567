"""Who is known already shows while a call is written down, and is not doubled."""

from odoo.tests import Form, tagged

from .common import LeadManagementCommon

QUICK = "lead_management.crm_lead_view_form_quick_create"


@tagged("post_install", "-at_install")
class TestCaptureKnown(LeadManagementCommon):
    def fill(self, user=None, **values):
        """The quick create form as the browser fills it, not saved."""
        form = Form(self.env["crm.lead"].with_user(user or self.salesperson), view=QUICK)
        for name, value in values.items():
            setattr(form, name, value)
        return form

    def lines(self, form):
        """What the form shows: pairs of model and id."""
        return [(line["model"], line["id"]) for line in form.similar_hint or []]

    def test_contact_and_open_lead_show_before_saving(self):
        partner = self.create_partner("Maria Huber", phone="+43 1 5811111")
        known = self.create_lead(name="Kitchen", contact_name="Maria Huber", partner_id=partner.id)
        shown = [("res.partner", partner.id), ("crm.lead", known.id)]
        for values in (
            {"phone": "0043 1 5811111"},
            {"contact_name": "maria huber"},
            {"partner_name": "Maria Huber"},
        ):
            self.assertEqual(self.lines(self.fill(**values)), shown, values)
        self.assertFalse(self.lines(self.fill(name="Kitchen")))
        line = self.fill(phone="01 5811111").similar_hint[0]
        self.assertEqual((line["name"], line["active"]), ("Maria Huber", True))
        self.assertIn("5811111", line["detail"])

    def test_names_are_found_in_upper_and_lower_case_and_are_no_patterns(self):
        known = self.create_lead(contact_name="Özgür Ärmel")
        for name in ("özgür ärmel", "ÖZGÜR ÄRMEL", " Özgür Ärmel "):
            self.assertEqual(self.lines(self.fill(contact_name=name)), [("crm.lead", known.id)])
        for name in ("Özgür%", "Özgür _rmel", "%"):
            self.assertFalse(self.lines(self.fill(contact_name=name)))

    def test_email_finds_both(self):
        partner = self.create_partner("M. Huber", email="m@test.example.com")
        known = self.create_lead(email_from="M Huber <M@test.example.com>")
        lines = self.lines(self.fill(email_from="m@test.example.com"))
        self.assertEqual(lines, [("res.partner", partner.id), ("crm.lead", known.id)])

    def test_linked_contact_leaves_its_open_leads(self):
        partner = self.create_partner("Maria Huber", phone="+43 1 5811111")
        known = self.create_lead(partner_id=partner.id)
        form = self.fill(contact_name="Maria Huber")
        form.partner_id = partner
        self.assertEqual(self.lines(form), [("crm.lead", known.id)])
        lead = form.save()
        self.assertEqual(self.lines(Form(lead)), [("crm.lead", known.id)])

    def test_nothing_of_leads_that_the_user_may_not_read(self):
        self.create_lead(phone="+43 1 5811111", user_id=self.salesperson_2.id)
        mine = self.create_lead(phone="01 5811111")
        self.assertEqual(self.lines(self.fill(phone="01 5811111")), [("crm.lead", mine.id)])
        lines = self.lines(self.fill(user=self.sales_all, phone="01 5811111"))
        self.assertEqual(len(lines), 2)

    def test_nothing_of_decided_and_archived_leads(self):
        leads = self.create_leads(3, phone="+43 1 5811111")
        leads[0].action_set_won()
        leads[1].action_set_lost(lost_reason_id=self.reason.id)
        leads[2].active = False
        self.assertFalse(self.lines(self.fill(phone="01 5811111")))

    def test_nothing_of_other_companies_contacts(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.create_partner("Theirs", phone="+43 1 5811111", company_id=company.id)
        self.assertFalse(self.lines(self.fill(phone="01 5811111")))
        lead = self.create_lead(phone="01 5811111")
        self.assertFalse(lead.similar_hint)

    def test_archived_contact_is_said_to_be(self):
        self.create_partner("Old", phone="+43 1 5811111", active=False)
        [line] = self.fill(phone="01 5811111").similar_hint
        self.assertFalse(line["active"])

    def test_as_many_queries_however_much_is_known(self):
        counts = []
        for _round in range(2):
            for number in range(3):
                self.create_partner(f"P{number}", phone="+43 1 5811111")
                self.create_lead(phone="+43 1 5811111", stage="first_contact")
            lead = self.create_lead(phone="01 5811111").with_user(self.salesperson)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(lead.similar_hint), 6)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
        self.assertLessEqual(counts[1], 14)

    def test_create_contact_asks_before_it_doubles(self):
        partner = self.create_partner("Maria Huber", phone="+43 1 5811111")
        lead = self.create_lead(contact_name="Maria H.", phone="01 5811111")
        lead = lead.with_user(self.salesperson)
        question = lead.action_create_contact()
        self.assertEqual(question["tag"], "lead_confirm")
        self.assertIn(partner.name, question["params"]["body"])
        self.assertFalse(lead.partner_id)
        answer = question["params"]
        self.assertEqual((answer["model"], answer["ids"]), (lead._name, lead.ids))
        getattr(lead.with_context(**answer["context"]), answer["method"])()
        self.assertEqual(lead.partner_id.name, "Maria H.")

    def test_new_offer_proposes_the_similar_contact(self):
        partner = self.create_partner("Maria Huber", phone="+43 1 5811111")
        lead = self.create_lead(contact_name="Maria H.", phone="01 5811111")
        action = lead.with_user(self.salesperson).action_new_offer()
        dialogs = self.env[action["res_model"]].with_user(self.salesperson)
        context = {"active_model": "crm.lead", "active_id": lead.id}
        form = Form(dialogs.with_context(**context))
        self.assertEqual((form.action, form.partner_id), ("exist", partner))

    def test_dialogs_that_ask_for_the_contact_show_the_same_lines(self):
        partner = self.create_partner("Maria Huber", phone="+43 1 5811111")
        lead = self.create_lead(contact_name="Maria Huber").with_user(self.salesperson)
        won = self.open_won_dialog(lead)
        self.assertEqual(won.partner_choice, "create")
        self.assertEqual([line["id"] for line in won.similar_hint], partner.ids)
        won.partner_choice = "none"
        self.assertFalse(won.similar_hint)
        offers = lead.env["crm.quotation.partner"].with_context(
            active_model="crm.lead", active_id=lead.id
        )
        offer = offers.create({"lead_id": lead.id, "action": "create"})
        self.assertEqual([line["id"] for line in offer.similar_hint], partner.ids)
