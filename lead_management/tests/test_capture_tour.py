"""A call on the board, by mouse and keyboard: known callers, service requests."""

from datetime import timedelta

from odoo.fields import Datetime
from odoo.tests import tagged

from .test_lead_story_tour import BOARD, LeadTourCommon

SERVICE_REQUESTS = "/odoo/action-lead_management.crm_lead_action_service_report"


@tagged("post_install", "-at_install")
class TestCaptureTour(LeadTourCommon):
    def test_known_caller_is_linked_and_the_open_lead_opened_instead(self):
        partner = self.create_partner("Maria Huber", phone="+43 1 5811111")
        self.create_lead(partner_id=partner.id, user_id=self.seller.id)
        leads = self.env["crm.lead"].search_count([])
        self.start_as_seller(BOARD, "lead_management_capture")
        self.assertEqual(self.env["crm.lead"].search_count([]), leads)

    def test_service_requests_say_how_long_those_took_that_are_done(self):
        for _number in range(2):
            lead = self.create_lead(partner_id=self.create_partner().id, user_id=self.seller.id)
            action = lead.action_service_request()
            request = self.env[action["res_model"]].with_context(**action["context"]).create({})
            request.action_convert()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s WHERE id = %s",
            # from now, however long the tests before took
            [Datetime.now() - timedelta(hours=4), lead.id],
        )
        self.env.invalidate_all()
        lead.service_task_id.state = "1_done"
        self.start_as_seller(SERVICE_REQUESTS, "lead_management_service_list")
