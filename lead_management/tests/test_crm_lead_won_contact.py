"""Won: the contact that is created, linked or left out, and becomes a customer."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import LeadManagementCommon


@tagged("post_install", "-at_install")
class TestWonContact(LeadManagementCommon):
    def test_contact_of_the_lead_alone_is_created_as_customer(self):
        lead = self.create_lead(
            stage="negotiation", contact_name="Maria Huber", email_from="maria@test.example.com"
        )
        wizard = self.open_won_dialog(lead, self.salesperson)
        self.assertEqual(wizard.partner_choice, "create")
        wizard.action_convert()
        partner = lead.partner_id
        self.assertEqual(partner.name, "Maria Huber")
        self.assertEqual(partner.email, "maria@test.example.com")
        self.assertEqual(partner.customer_rank, 1)
        self.assertTrue(partner.is_customer and lead.is_customer)
        self.assertEqual(lead.won_project_id.partner_id, partner)

    def test_company_and_person_are_created_and_the_company_is_customer(self):
        lead = self.create_lead(
            stage="negotiation", contact_name="Maria Huber", partner_name="Huber Ltd"
        )
        self.convert(lead, self.salesperson)
        person = lead.partner_id
        self.assertEqual(person.name, "Maria Huber")
        self.assertEqual(person.parent_id.name, "Huber Ltd")
        self.assertTrue(person.parent_id.is_company)
        self.assertEqual(person.parent_id.customer_rank, 1)
        self.assertTrue(person.is_customer)

    def test_company_only(self):
        lead = self.create_lead(stage="negotiation", partner_name="Huber Ltd")
        self.convert(lead, self.salesperson)
        self.assertTrue(lead.partner_id.is_company)
        self.assertEqual(lead.partner_id.customer_rank, 1)

    def test_linked_contact_is_activated(self):
        partner = self.create_partner()
        lead = self.create_lead(stage="negotiation", partner_id=partner.id)
        wizard = self.open_won_dialog(lead, self.salesperson)
        self.assertEqual((wizard.partner_choice, wizard.partner_id), ("link", partner))
        self.assertIn("will become a customer", wizard.contact_text)
        wizard.action_convert()
        self.assertEqual(partner.customer_rank, 1)

    def test_customer_already(self):
        partner = self.create_partner(customer_rank=3)
        lead = self.create_lead(stage="negotiation", partner_id=partner.id)
        wizard = self.open_won_dialog(lead, self.salesperson)
        self.assertIn("already", wizard.contact_text)
        wizard.action_convert()
        self.assertEqual(partner.customer_rank, 3)

    def test_supplier_becomes_customer_too(self):
        partner = self.create_partner(supplier_rank=2)
        lead = self.create_lead(stage="negotiation", partner_id=partner.id)
        self.convert(lead, self.salesperson)
        self.assertEqual((partner.customer_rank, partner.supplier_rank), (1, 2))

    def test_matching_contact_is_proposed(self):
        partner = self.create_partner(email="maria@test.example.com")
        lead = self.create_lead(
            stage="negotiation",
            contact_name="Somebody",
            email_from='"Maria" <Maria@test.example.com>',
            partner_id=False,
        )
        wizard = self.open_won_dialog(lead, self.salesperson)
        self.assertEqual((wizard.partner_choice, wizard.partner_id), ("link", partner))
        wizard.action_convert()
        self.assertEqual(lead.partner_id, partner)

    def test_creating_in_spite_of_a_match(self):
        match = self.create_partner(email="maria@test.example.com")
        lead = self.create_lead(
            stage="negotiation", contact_name="New", email_from="maria@test.example.com"
        )
        self.assertFalse(lead.partner_id)
        self.convert(lead, self.salesperson, partner_choice="create")
        self.assertNotEqual(lead.partner_id, match)
        self.assertEqual(lead.partner_id.name, "New")

    def test_another_contact_can_be_linked(self):
        first, second = self.create_partner("First"), self.create_partner("Second")
        lead = self.create_lead(stage="negotiation", partner_id=first.id)
        project = self.convert(lead, self.salesperson, partner_choice="link", partner_id=second.id)
        self.assertEqual(lead.partner_id, second)
        self.assertEqual(project.partner_id, second)
        self.assertEqual((first.customer_rank, second.customer_rank), (0, 1))

    def test_no_contact(self):
        lead = self.create_lead(stage="negotiation", contact_name="Maria Huber")
        before = self.env["res.partner"].search_count([])
        project = self.convert(lead, self.salesperson, partner_choice="none")
        self.assertFalse(lead.partner_id)
        self.assertFalse(project.partner_id)
        self.assertEqual(self.env["res.partner"].search_count([]), before)

    def test_lead_with_nothing_known_has_no_contact(self):
        lead = self.create_lead(stage="negotiation")
        self.assertEqual(self.open_won_dialog(lead).partner_choice, "none")

    def test_no_contact_chosen_for_a_lead_with_one_leaves_it_linked(self):
        partner = self.create_partner()
        lead = self.create_lead(stage="negotiation", partner_id=partner.id)
        project = self.convert(lead, self.salesperson, partner_choice="none")
        self.assertFalse(project.partner_id)
        self.assertEqual(lead.partner_id, partner)
        self.assertEqual(partner.customer_rank, 0)

    def test_one_contact_for_several_leads(self):
        leads = self.create_leads(2, stage="negotiation", contact_name="Maria Huber")
        self.convert(leads, self.salesperson)
        self.assertEqual(len(leads.partner_id), 1)
        self.assertTrue(all(lead.partner_id for lead in leads))

    def test_no_project_still_makes_the_customer(self):
        lead = self.create_lead(stage="negotiation", contact_name="Maria Huber")
        self.convert(lead, self.salesperson, target="none")
        self.assertTrue(lead.partner_id.is_customer)

    # ------------------------------------------------------------
    # The buttons on the lead
    # ------------------------------------------------------------

    def test_create_contact_button(self):
        lead = self.create_lead(contact_name="Maria Huber", phone="+43 1 23456")
        lead.with_user(self.salesperson).action_create_contact()
        self.assertEqual(lead.partner_id.name, "Maria Huber")
        self.assertFalse(lead.is_customer, "a contact is no customer yet")

    def test_create_contact_links_the_one_with_the_same_email(self):
        partner = self.create_partner(email="maria@test.example.com")
        lead = self.create_lead(contact_name="M", email_from="maria@test.example.com")
        self.assertFalse(lead.partner_id)
        lead.with_user(self.salesperson).action_create_contact()
        self.assertEqual(lead.partner_id, partner)

    def test_create_contact_out_of_nothing_is_refused(self):
        with self.assertRaisesRegex(UserError, "Enter the contact"):
            self.create_lead().action_create_contact()

    def test_activate_customer_button(self):
        company = self.create_partner("Huber Ltd", is_company=True)
        person = self.create_partner(parent_id=company.id)
        lead = self.create_lead(partner_id=person.id)
        lead.with_user(self.salesperson).action_activate_customer()
        self.assertEqual(company.customer_rank, 1)
        self.assertTrue(lead.is_customer)
        lead.with_user(self.salesperson).action_activate_customer()
        self.assertEqual(company.customer_rank, 1)
        with self.assertRaisesRegex(UserError, "contact first"):
            self.create_lead().action_activate_customer()

    def test_the_customer_of_the_offer_is_proposed(self):
        customer = self.create_partner("Franz Gruber")
        lead = self.create_lead(stage="negotiation", contact_name="F. Gruber")
        self.create_offer(lead, partner_id=customer.id)
        dialog = self.open_won_dialog(lead, self.salesperson)
        self.assertEqual((dialog.partner_choice, dialog.partner_id), ("link", customer))
