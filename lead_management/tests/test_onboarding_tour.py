"""Core's onboarding, with our tour: from the first lead to the project."""

from odoo.tests import tagged

from .test_lead_story_tour import LeadTourCommon

TOUR = "lead_management_onboarding"


@tagged("post_install", "-at_install")
class TestOnboardingTour(LeadTourCommon):
    def test_tour_ends_in_a_project(self):
        self.start_tour("/odoo", TOUR, login="admin", timeout=120)
        self.env.invalidate_all()
        lead = self.env["crm.lead"].search([("name", "=", "Bathroom, new tiles")])
        self.assertEqual(lead.won_status, "won")
        self.assertEqual(lead.won_project_id.name, "Bathroom, new tiles")
        self.assertEqual(lead.partner_id.name, "Maria Huber")

    def test_core_shows_it_first_and_its_own_tour_of_leads_not_after_it(self):
        admin = self.env.ref("base.user_admin")
        tours = self.env["web_tour.tour"].with_user(admin)
        tours.search([]).sudo().user_consumed_ids = False
        admin.tour_enabled = True
        self.assertEqual(tours.get_current_tour()["name"], TOUR)
        tours.consume(TOUR)
        consumed = tours.search([("user_consumed_ids", "in", admin.id)])
        self.assertEqual(set(consumed.mapped("name")), {TOUR, "crm_tour"})
