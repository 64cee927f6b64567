"""A call on the board, by mouse and keyboard: known callers, service requests."""

from odoo.tests import tagged

from .test_lead_story_tour import BOARD, LeadTourCommon


@tagged("post_install", "-at_install")
class TestCaptureTour(LeadTourCommon):
    def test_known_caller_is_linked_and_the_open_lead_opened_instead(self):
        partner = self.create_partner("Maria Huber", phone="+43 1 5811111")
        self.create_lead(partner_id=partner.id, user_id=self.seller.id)
        leads = self.env["crm.lead"].search_count([])
        self.start_as_seller(BOARD, "lead_management_capture")
        self.assertEqual(self.env["crm.lead"].search_count([]), leads)
