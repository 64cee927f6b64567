"""Nothing about a person leaves the company until an administrator says so."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models.crm_lead_paid_services import ENRICHING_ACTIONS, MINING_MENUS, SWITCH
from .common import LeadManagementCommon


@tagged("post_install", "-at_install")
class TestPaidServices(LeadManagementCommon):
    def _switch(self, is_on):
        self.env["res.config.settings"].create({"lead_paid_services": is_on}).execute()

    def test_off_in_a_new_database(self):
        self.assertFalse(self.env["ir.config_parameter"].sudo().get_param(SWITCH))

    def test_enriching(self):
        if "show_enrich_button" not in self.env["crm.lead"]._fields:
            self.skipTest("Core's module for it is not installed")
        lead = self.create_lead(email_from="somebody@gmail.com")
        self.assertFalse(lead.show_enrich_button)
        enrich = self.env.ref(ENRICHING_ACTIONS[0])
        bound = self.env["ir.actions.actions"].get_bindings("crm.lead")["action"]
        self.assertNotIn(enrich.id, [action["id"] for action in bound])
        with self.assertRaisesRegex(UserError, "Paid services"):
            lead.iap_enrich()
        lead.with_context(cron_id=1).iap_enrich()
        self.assertFalse(lead.iap_enrich_done)
        self._switch(True)
        bound = self.env["ir.actions.actions"].get_bindings("crm.lead")["action"]
        self.assertIn(enrich.id, [action["id"] for action in bound])
        lead.invalidate_recordset()
        self.assertTrue(lead.show_enrich_button)
        # a provider of mailboxes: core asks no service about it, and says so on the lead
        lead.iap_enrich()
        self.assertTrue(lead.iap_enrich_done)

    def test_generating(self):
        menu = self.env.ref(MINING_MENUS[0], raise_if_not_found=False)
        if not menu:
            self.skipTest("Core's module for it is not installed")
        leads = self.env["crm.lead"].with_user(self.sales_manager)
        for is_on in (False, True, False):
            self._switch(is_on)
            menus = self.env["ir.ui.menu"].with_user(self.sales_manager).load_menus(False)
            self.assertEqual(menu.id in menus, is_on)
            for view in ("crm.crm_case_kanban_view_leads", "crm.crm_case_tree_view_oppor"):
                arch = leads.get_view(self.env.ref(view).id)["arch"]
                self.assertEqual("action_generate_leads" in arch, is_on)
