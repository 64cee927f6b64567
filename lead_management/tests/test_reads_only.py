"""What only reads can run on a replica: Odoo takes it for reading, and it writes nothing.

Odoo's tests give requests that read a transaction in which nothing can be written. A request that
writes is run once more, with a warning.
"""

from odoo.tests import HttpCase, tagged

from ..controllers.import_template import IMPORT_TEMPLATE
from .common import LeadManagementCommon
from .common_figures import CALIBRATION, FIGURES

PRINTED = "/report/html/lead_management.report_pipeline_quarterly"


@tagged("post_install", "-at_install")
class TestReadsOnly(LeadManagementCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.create_lead(stage="opened", expected_revenue=1000)
        cls.env["crm.lead.payment"].create({"lead_id": cls.lead.id, "amount": 400})
        cls.record_hours(cls.lead)
        cls.env.flush_all()
        cls.env["crm.lead.history"]._record_pending()

    def setUp(self):
        super().setUp()
        self.authenticate(self.sales_manager.login, self.sales_manager.login)

    def ask(self, model, method, *args, **kwargs):
        """What the web client asks; on a replica, where there is one."""
        for cls in type(self.env[model]).mro():
            if hasattr(getattr(cls, method, None), "_readonly"):
                self.assertTrue(getattr(cls, method)._readonly, f"{model}.{method}")
                break
        else:
            self.fail(f"{model}.{method} is not marked as reading")
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        with self.assertNoLogs("odoo.http", "WARNING"):
            return self.make_jsonrpc_request(f"/web/dataset/call_kw/{model}/{method}", params)

    def test_board_list_form_and_search(self):
        names = [name for name, field in self.env["crm.lead"]._fields.items() if not field.groups]
        spec = {name: {} for name in names}
        self.ask(
            "crm.lead",
            "web_read_group",
            [],
            ["stage_id"],
            ["expected_revenue:sum"],
            auto_unfold=True,
            unfold_read_specification=spec,
            unfold_read_default_limit=40,
            context={"read_group_expand": True},
        )
        bar = {"field": "activity_state", "colors": dict.fromkeys(("planned", "today", "overdue"))}
        self.ask("crm.lead", "read_progress_bar", [], "stage_id", bar)
        found = self.ask("crm.lead", "web_search_read", [("name", "ilike", "huber")], spec)
        self.assertIn(self.lead.id, [record["id"] for record in found["records"]])
        self.ask("crm.lead", "web_read", [self.lead.id], spec)
        self.ask("crm.lead", "name_search", "Huber")
        self.ask("crm.lead", "get_views", [(False, "form"), (False, "kanban"), (False, "search")])

    def test_reports_and_what_they_say_above_the_figures(self):
        for model in (*FIGURES, CALIBRATION):
            with self.subTest(model):
                self.ask(model, "web_search_read", [], {"display_name": {}}, limit=80)
                self.ask(model, "formatted_read_group", [], [], ["__count"])
                if hasattr(self.env[model], "get_figures_note"):
                    self.ask(model, "get_figures_note", [])

    def test_dashboard_print_and_template(self):
        dashboard = self.env.ref("lead_management.spreadsheet_dashboard_leads")
        addresses = (f"/spreadsheet/dashboard/data/{dashboard.id}", PRINTED, IMPORT_TEMPLATE)
        for address in addresses:
            with self.subTest(address), self.assertNoLogs("odoo.http", "WARNING"):
                self.url_open(address).raise_for_status()
