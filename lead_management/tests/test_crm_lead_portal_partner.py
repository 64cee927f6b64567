"""Portal users who may read a lead, as Odoo's partner assignment lets them, see nothing of ours."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.crm_lead_guard_mixin import is_ours
from .common import ACCESS_LOGGERS, LeadManagementCommon
from .common_figures import FIGURES


@tagged("post_install", "-at_install")
class TestPortalPartner(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        portal = cls.env.ref("base.group_portal")
        cls.project = cls.create_project("Internal", allow_billable=True)
        cls.lead = cls.create_lead(name="Assigned", stage="negotiation", expected_revenue=100)
        cls.record_hours(cls.lead, hours=2)
        cls.env["crm.lead.payment"].create({"lead_id": cls.lead.id, "percentage": 50})
        cls.lead.won_project_id = cls.project
        # as website_crm_partner_assign has it: access to leads and stages, a rule for some leads
        for model in ("crm.lead", "crm.stage"):
            cls.env["ir.model.access"].create(
                {
                    "name": f"{model} for assigned partners",
                    "model_id": cls.env["ir.model"]._get_id(model),
                    "group_id": portal.id,
                    "perm_read": True,
                }
            )
        cls.env["ir.rule"].create(
            {
                "name": "Assigned leads",
                "model_id": cls.env["ir.model"]._get_id("crm.lead"),
                "groups": [(6, 0, portal.ids)],
                "domain_force": repr([("id", "=", cls.lead.id)]),
            }
        )

    def setUp(self):
        super().setUp()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assigned = self.lead.with_user(self.portal_user)

    def iter_fields(self):
        """(record, name) of every field of ours on a record that the portal user may read."""
        for record in (self.assigned, self.assigned.stage_id, self.portal_user.partner_id):
            for name, field in record._fields.items():
                if is_ours(field):
                    yield record.with_user(self.portal_user), name

    @mute_logger(*ACCESS_LOGGERS)
    def test_core_still_shows_him_the_lead(self):
        self.assertEqual(self.assigned.read(["name", "probability"])[0]["name"], "Assigned")
        self.assertTrue(self.assigned.stage_id.read(["name"]))
        self.assertNotIn("won_project_id", self.assigned.fields_get())

    @mute_logger(*ACCESS_LOGGERS)
    def test_no_field_of_ours_is_read_searched_or_grouped(self):
        count = 0
        for record, name in self.iter_fields():
            field = record._fields[name]
            with self.subTest(model=record._name, field=name):
                count += 1
                self.assertRaises(AccessError, record.read, [name])
                self.assertRaises(AccessError, lambda r=record, n=name: r[n])
                if field.store or field.search:
                    domain = [(name, "!=", False)]
                    self.assertRaises(AccessError, record.search, domain)
                is_grouped = field.store or name == "follow_up_state"
                if is_grouped and field.type in ("many2one", "selection"):
                    with self.assertRaises(AccessError):
                        record.formatted_read_group([], [name], ["__count"])
        self.assertGreaterEqual(count, 35)

    @mute_logger(*ACCESS_LOGGERS)
    def test_employees_read_all_of_them(self):
        """Otherwise the test above would prove nothing."""
        user = self.create_user("all", "All", "sales_team.group_sale_manager")
        user.group_ids += self.env.ref("hr_timesheet.group_timesheet_manager")
        for record, name in self.iter_fields():
            if record._fields[name].type != "properties":
                self.assertIn(name, record.with_user(user).read([name])[0])

    @mute_logger(*ACCESS_LOGGERS)
    def test_actions_tell_and_do_nothing(self):
        action = self.assigned.action_view_project()
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", self.lead.id))
        for name in (
            "action_won",
            "action_decline",
            "action_track_time",
            "action_new_offer",
            "action_take_over_offer",
            "action_create_contact",
            "action_split_payments",
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                getattr(self.assigned, name)()
        for model in (*FIGURES, "crm.lead.payment", "crm.lead.won"):
            self.assertFalse(self.env[model].with_user(self.portal_user).has_access("read"))
