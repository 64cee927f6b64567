"""Offers, orders and companies of a lead that is handed over to a project."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ACCESS_LOGGERS
from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestHandoverOrders(HandoverCommon):
    def _create_lead(self, **values):
        return self.create_lead(**{"stage": "negotiation", "partner_id": self.partner.id, **values})

    def test_converting_confirms_no_offer_that_should_stay_open(self):
        """A draft line written on a project or a task confirms its quotation."""
        lead = self._create_lead()
        self.record_hours(lead)
        offers = self.create_offer(lead, tracking="task_in_project") | self.create_offer(lead)
        project = self.convert(lead, self.salesperson, confirm_order=False, hours_billable=True)
        self.env.flush_all()
        self.assertEqual(offers.mapped("state"), ["draft", "draft"])
        self.assertEqual(offers.project_id, project)
        self.assertFalse(project.sale_line_id | project.task_ids.sale_line_id)

    def test_offers_carry_no_account_of_the_lead_project(self):
        lead = self._create_lead()
        self.record_hours(lead)
        offer = self.create_offer(lead, tracking="project_only")
        presales = self.lead_project._get_analytic_accounts()
        self.assertEqual(len(presales), 2)
        self.assertFalse(offer.project_id)
        self.assertFalse(offer.order_line.distribution_analytic_account_ids & presales)
        self.convert(lead, self.salesperson)
        self.env.flush_all()
        self.assertFalse(offer.order_line.distribution_analytic_account_ids & presales)

    def test_project_keeps_or_gets_its_customer_and_order_line(self):
        """Not billable clears the customer; another customer clears the order line."""
        lead = self._create_lead()
        offer = self.create_offer(lead)
        internal = self.create_project("Internal", allow_billable=False)
        dialog = self.open_won_dialog(lead, target="existing", project_id=internal.id)
        self.assertIn("not billable", dialog.refusal_text)
        self.convert(lead, self.salesperson, target="existing", project_id=self.target.id)
        self.assertFalse(internal.allow_billable)
        self.assertEqual(self.target.partner_id, self.partner)
        self.assertEqual(offer.project_id, self.target)
        running = self.create_offer(self.env["crm.lead"], partner_id=self.create_partner("A").id)
        running.action_confirm()
        foreign = self.create_project(
            "Foreign",
            allow_billable=True,
            partner_id=running.partner_id.id,
            sale_line_id=running.order_line.id,
        )
        choices = {"target": "existing", "project_id": foreign.id, "accept_other_customer": True}
        second = self._create_lead()
        self.create_offer(second)
        self.convert(second, self.salesperson, **choices)
        self.assertEqual(foreign.partner_id, running.partner_id)
        self.assertEqual(foreign.sale_line_id, running.order_line)

    def test_confirming_creates_no_second_project(self):
        template = self.create_project("Product template", is_template=True)
        kinds = ("project_only", "task_in_project")
        products = self.create_product(kinds[0]) | self.create_product(kinds[1])
        products |= self.create_product(kinds[0], project_template_id=template.id)
        lead = self._create_lead()
        main, later = (
            self.create_offer(lead, products=products),
            self.create_offer(lead, products=products),
        )
        lead.main_order_id = main
        projects = self.count_projects()
        project = self.convert(lead, self.salesperson)
        later.with_user(self.salesperson).action_confirm()
        self.assertEqual(self.count_projects(), projects + 1)
        self.assertEqual((main | later).mapped("state"), ["sale", "sale"])
        self.assertEqual((main | later).order_line.project_id, project)

    def test_value_follows_the_order_in_any_currency(self):
        """Core's update skips other currencies, and leads without a company."""
        currency = self.create_foreign_currency({"2020-01-01": 2.0})
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        anywhere = self._create_lead(user_id=False, team_id=False, company_id=False)
        self.assertFalse(anywhere.company_id)
        for lead in (self._create_lead(), anywhere):
            offer = self.create_offer(lead, price=1000, pricelist_id=pricelist.id)
            lead.action_take_over_offer()
            self.env.flush_all()
            self.assertEqual(lead.expected_revenue, 500)
            offer.order_line.price_unit = 3000
            offer.action_confirm()
            self.env.flush_all()
            self.assertEqual(lead.expected_revenue, 1500)


@tagged("post_install", "-at_install")
class TestHandoverCompanies(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create(
            {"name": "Other Company", "currency_id": cls.create_foreign_currency({}).id}
        )

    def test_projects_belong_to_the_leads_company(self):
        template = self.create_project("For all", is_template=True, company_id=False)
        here = self.create_lead(stage="negotiation")
        there = self.create_lead(
            stage="negotiation", user_id=False, team_id=False, company_id=self.other.id
        )
        for lead, company in ((here, self.company), (there, self.other)):
            project = self.convert(lead, project_template_id=template.id)
            self.assertEqual(project.company_id, company)
        projects = [
            company.sudo()._get_or_create_lead_project() for company in (self.company, self.other)
        ]
        self.assertNotEqual(*projects)
        self.assertEqual([project.company_id for project in projects], [self.company, self.other])

    def test_value_without_company_does_not_depend_on_who_looks(self):
        values = {"user_id": False, "team_id": False, "company_id": False, "stage": "opened"}
        lead = self.create_lead(**values, partner_id=self.create_partner().id)
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.other.currency_id.id,
                "name": "2020-01-01",
                "rate": 2,
                "company_id": self.company.id,
            }
        )
        self.create_offer(lead, price=1000)
        for company in (self.company, self.other):
            viewed = lead.with_company(company)
            viewed.write({"value_source": "manual", "expected_revenue": 1})
            viewed.action_take_over_offer()
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertEqual(viewed.expected_revenue, 1000, company.name)

    @mute_logger(*ACCESS_LOGGERS)
    def test_who_may_sell_needs_no_project_rights_and_no_defaults_leak(self):
        lead = self.create_lead(stage="negotiation", contact_name="Maria Huber")
        self.record_hours(lead, self.employee_2)
        self.create_offer(lead, tracking="task_in_project")
        self.assertFalse(
            self.env["project.project"].with_user(self.salesperson).has_access("create")
        )
        for user in (self.salesperson_2, self.timesheet_user, self.project_manager):
            dialogs = self.env["crm.lead.won"].with_user(user)
            with self.assertRaises(AccessError):
                dialogs.create({"lead_ids": [Command.set(lead.ids)]}).action_convert()
        dialog = self.open_won_dialog(lead, self.salesperson).with_context(
            default_name="leaked",
            default_user_id=self.salesperson_2.id,
            default_privacy_visibility="portal",
            default_company_id=self.other.id,
        )
        dialog.action_convert()
        project = lead.won_project_id
        self.assertEqual((project.name, project.user_id), (lead.name, self.salesperson))
        self.assertEqual(project.privacy_visibility, "employees")
        self.assertEqual(project.company_id, self.company)
