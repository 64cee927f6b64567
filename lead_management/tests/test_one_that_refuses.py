"""One lead that refuses does not stop the others; a message undoes no work."""

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import LeadManagementCommon

TEAM_LOG = "odoo.addons.lead_management.models.crm_team"


@tagged("post_install", "-at_install")
class TestOneThatRefuses(LeadManagementCommon):
    def test_group_that_cannot_be_merged_does_not_stop_the_assignment(self):
        """Both run in projects of their own, so they stay apart."""
        free = {"user_id": False, "team_id": False}
        # duplicates by their address, each in another project
        apart = self.create_leads(2, email_from="same@assign.example", **free)
        for number, lead in enumerate(apart):
            lead.won_project_id = self.create_project(f"Assign {number}", allow_billable=True)
        others = self.create_leads(3, **free)
        with mute_logger(TEAM_LOG):
            for lead in apart[0] | others:
                self.team._allocate_leads_deduplicate(lead)
        self.assertEqual(apart.exists(), apart)
        self.assertFalse(apart.team_id)
        self.assertEqual(others.team_id, self.team)

    def test_congratulation_that_fails_undoes_nothing(self):
        """Core compares with the values of a team that a colleague's lead does not have."""
        lead = self.create_lead(
            stage="negotiation", team_id=False, user_id=self.salesperson_2.id, expected_revenue=5
        )
        with mute_logger("odoo.addons.lead_management.models.crm_lead_decision"):
            project = self.convert(lead, self.sales_all)
        self.assertTrue(project)
        self.assertEqual(lead.won_status, "won")
