"""The stories a salesperson lives through, by mouse and keyboard in a real browser.

A console error fails a tour by itself. What a user does is done in the tour; here is only
what an administrator has set up before, and what the database must look like afterwards.
"""

import logging
import re

from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .common import LeadManagementCommon

BOARD = "/odoo/lead-board"


class LeadTourCommon(LeadManagementCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("base.user_admin").write({"email": "admin@test.example.com"})
        cls.seller = cls.salesperson
        cls.team.member_ids = [Command.link(cls.seller.id)]
        cls.env["crm.lead.category"].create([{"name": "Bathroom"}, {"name": "Renovation"}])

    def start_as_seller(self, url, tour, **kwargs):
        """Run a tour in the salesperson's session; then look at the database afresh."""
        self.start_tour(url, tour, login=self.seller.login, **kwargs)
        self.env.invalidate_all()

    def start_counted(self, url, tour, **kwargs):
        """Run a tour as above.

        :return: dict of what the tour counted by `counted`: interactions by name
        """
        # not "INFO": Odoo has another level of that name
        with self.assertLogs(self._logger.getChild("browser"), logging.INFO) as logs:
            self.start_as_seller(url, tour, **kwargs)
        found = re.findall(r"interactions: (.+): (\d+)", "\n".join(logs.output))
        return {name: int(count) for name, count in found}

    @classmethod
    def create_seller_hours(cls, lead, hours):
        """Hours the salesperson recorded on the lead earlier."""
        return cls.record_hours(lead.with_user(cls.seller), hours=hours).sudo()

    def assertMoved(self, lines, project, cost):
        """The hours belong to the project now and cost what they cost before."""
        self.assertEqual(lines.project_id, project)
        self.assertEqual(lines.account_id, project.account_id)
        self.assertEqual(lines.task_id.project_id, project)
        self.assertAlmostEqual(sum(lines.mapped("amount")), cost, 2)


@tagged("post_install", "-at_install")
class TestLeadStoryTour(LeadTourCommon):
    def test_tour_from_the_call_to_the_project(self):
        """The whole story, from the first call to the running project."""
        self.create_product(
            "task_in_project", 1000.0, name="Fitting a bathroom", service_tracking="task_in_project"
        )
        self.create_product(price=500.0, name="Wash basin", type="consu")
        projects_before = self.env["project.project"].search([])

        self.start_as_seller("/odoo", "lead_management_story", timeout=180)

        lead = self.env["crm.lead"].search([("name", "=", "Bathroom Huber")])
        project = lead.won_project_id
        self.assertEqual(len(lead), 1)
        self.assertEqual(lead.type, "opportunity")
        self.assertEqual(lead.won_status, "won")
        self.assertEqual(lead.project_state, "converted")
        self.assertEqual(lead.user_id, self.seller)
        self.assertEqual(lead.category_id.name, "Renovation")
        self.assertEqual(lead.value_source, "offer")
        self.assertEqual(lead.expected_revenue, 1500.0)
        self.assertEqual(lead.activity_ids.mapped("summary"), ["Measure the bathroom"])

        self.assertEqual(project.name, "Bathroom Huber")
        self.assertEqual(project.lead_ids, lead)
        self.assertIn("Wants a walk-in shower", project.lead_ids.description)
        new_projects = self.env["project.project"].search([]) - projects_before
        self.assertEqual(
            new_projects - lead.company_id.lead_project_id, project, "one project, not two"
        )

        customer = lead.partner_id
        self.assertEqual(customer.name, "Maria Huber")
        self.assertEqual(customer.email, "maria.huber@example.com")
        self.assertGreater(customer.customer_rank, 0)
        self.assertEqual(project.partner_id, customer)

        order = lead.order_ids
        self.assertEqual(len(order), 1)
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.project_id, project)
        self.assertEqual(order.partner_id, customer)
        self.assertEqual(order.order_line.task_id.project_id, project)

        hours = lead.timesheet_ids
        self.assertEqual(hours.mapped("unit_amount"), [2.5])
        self.assertEqual(hours.employee_id, self.employee)
        self.assertMoved(hours, project, -2.5 * 50)
        self.assertFalse(hours.so_line, "hours are not billed unless somebody says so")

    def test_tour_won_into_an_existing_project(self):
        """Hours and offer move to the project that is there; none is created."""
        customer = self.create_partner("Franz Gruber")
        project = self.create_project(
            "House Gruber", privacy_visibility="employees", allow_billable=True
        )
        lead = self.create_lead(name="Terrace Gruber", partner_id=customer.id, stage="negotiation")
        order = self.create_offer(lead, price=800.0, tracking="task_in_project")
        hours = self.create_seller_hours(lead, 4)
        cost = hours.amount
        self.assertEqual(cost, -200.0)
        self.assertEqual(hours.project_id, self.company.lead_project_id)
        projects_before = self.env["project.project"].search([])

        self.start_as_seller(BOARD, "lead_management_won_existing")

        self.assertEqual(self.env["project.project"].search([]), projects_before)
        self.assertEqual(lead.won_project_id, project)
        self.assertEqual(lead.won_status, "won")
        self.assertEqual(lead.project_state, "converted")
        self.assertEqual(project.partner_id, customer)
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.project_id, project)
        self.assertEqual(order.order_line.task_id.project_id, project)
        self.assertGreater(customer.customer_rank, 0)
        self.assertMoved(hours, project, cost)

    def test_tour_declined_and_restored(self):
        """Declining keeps the effort in the lead project; restoring takes it back."""
        self.env["crm.lost.reason"].search([]).unlink()
        reason = self.env["crm.lost.reason"].create({"name": "Too expensive"})
        lead = self.create_lead(name="Kitchen Moser", contact_name="Eva Moser", stage="opened")
        hours = self.create_seller_hours(lead, 3)
        cost = hours.amount
        lead_project = self.company.lead_project_id

        self.start_as_seller(BOARD, "lead_management_decline")

        self.assertEqual(lead.won_status, "lost")
        self.assertFalse(lead.active)
        self.assertEqual(lead.lost_reason_id, reason)
        self.assertEqual(hours.task_id.state, "1_canceled")
        self.assertMoved(hours, lead_project, cost)
        self.assertEqual(lead_project.declined_lead_count, 1)

        self.start_as_seller(BOARD, "lead_management_restore")

        self.assertEqual(lead.won_status, "pending")
        self.assertTrue(lead.active)
        self.assertFalse(lead.lost_reason_id)
        self.assertEqual(lead.stage_id, self.stages["opened"])
        self.assertEqual(lead.probability, 50.0)
        self.assertEqual(hours.task_id.state, "01_in_progress")
        self.assertMoved(hours, lead_project, cost)

    def test_tour_dragged_to_won(self):
        """Whoever drops a card on Won and closes the dialog leaves the project pending."""
        lead = self.create_lead(name="Garage Bauer", contact_name="Karl Bauer", stage="negotiation")
        self.create_lead(name="Open Lead", contact_name="Ida Open", stage="new")

        self.start_as_seller(BOARD, "lead_management_drag_to_won")

        self.assertEqual(lead.won_status, "won")
        self.assertEqual(lead.stage_id, self.stages["won"])
        self.assertEqual(lead.project_state, "pending")
        self.assertFalse(lead.won_project_id)
        self.assertFalse(lead.partner_id, "nothing is created by a drop")

    def test_tour_needs_on_every_way_into_a_stage(self):
        """Status bar, core's conversion and the list ask for what is missing, and go on."""
        city = self.env["ir.model.fields"]._get("crm.lead", "city")
        stages = self.stages["offer_made"] | self.stages["converted"]
        stages.required_field_ids = [Command.set(city.ids)]
        form = self.create_lead(name="By status bar", stage="opened")
        early = self.create_lead(name="By conversion", stage="needs_analysis")
        listed = self.create_leads(2, name="In the list", stage="opened")

        self.start_as_seller(BOARD, "lead_management_needs", timeout=120)

        self.assertEqual((form | listed).stage_id, self.stages["offer_made"])
        self.assertEqual((early.stage_id, early.type), (self.stages["converted"], "opportunity"))
        self.assertEqual(set((form | early | listed).mapped("city")), {"Graz"})


@tagged("post_install", "-at_install")
class TestLeadSmallScreenTour(LeadTourCommon):
    browser_size = "390x844"
    touch_enabled = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        german = (
            cls.env["res.lang"].with_context(active_test=False).search([("code", "=", "de_DE")])
        )
        cls.env["base.language.install"].create(
            {"lang_ids": [Command.link(german.id)], "overwrite": False}
        ).lang_install()
        cls.seller.lang = "de_DE"

    def test_tour_german_on_a_small_screen(self):
        """Board, list, form and Won dialog open in German on a phone."""
        lead = self.create_lead(
            name="Dachausbau Wagner", contact_name="Otto Wagner", stage="negotiation"
        )
        self.create_seller_hours(lead, 1.5)
        self.create_offer(lead, price=1200.0)
        lead.activity_schedule(
            "mail.mail_activity_data_todo", summary="Dach ansehen", user_id=self.seller.id
        )

        self.env["crm.lead.document"].create({"lead_id": lead.id, "name": "Brief zum Angebot"})

        self.start_as_seller(BOARD, "lead_management_small_screen")

        self.assertEqual(lead.won_status, "pending")
