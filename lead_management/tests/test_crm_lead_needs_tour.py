"""A drag that is refused, what is missing filled in, and the lead moves."""

from odoo.fields import Command
from odoo.tests import tagged

from .test_lead_story_tour import BOARD, LeadTourCommon


@tagged("post_install", "-at_install")
class TestLeadNeedsTour(LeadTourCommon):
    def test_refused_drag_is_filled_in(self):
        stage = self.stages["offer_made"]
        city = self.env["ir.model.fields"]._get("crm.lead", "city")
        stage.required_field_ids = [Command.set(city.ids)]
        lead = self.create_lead(stage="opened")
        self.start_as_seller(BOARD, "lead_management_needs")
        self.assertEqual(lead.stage_id, stage)
        self.assertEqual(lead.city, "Graz")
