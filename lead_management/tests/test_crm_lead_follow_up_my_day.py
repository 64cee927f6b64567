"""My Day: what is due on leads, of the user, soonest first."""

from lxml import etree

from odoo.fields import Date, Domain
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .test_crm_lead_follow_up_snooze import FollowUpCommon

ORDER = "date_deadline, due_time, id"


@tagged("post_install", "-at_install")
class TestMyDay(FollowUpCommon):
    def my_day(self, user=None, filters=("due",)):
        """What the screen lists when it opens."""
        user = user or self.salesperson
        action = self.env.ref("lead_management.crm_lead_action_my_day")
        arch = etree.fromstring(action.search_view_id.arch)
        domain = Domain(safe_eval(action.domain, {"uid": user.id}))
        chosen = [arch.find(f".//filter[@name='{name}']").get("domain") for name in filters]
        domain &= Domain.OR(Domain(safe_eval(part)) for part in chosen)
        return self.env["mail.activity"].with_user(user).search(domain, order=ORDER)

    def test_due_ones_of_the_user_soonest_first(self):
        today, timed, overdue = self.plan(), self.plan(due_time=9), self.plan(days=-3)
        self.plan(days=1)
        self.plan(user=self.salesperson_2)
        self.plan().action_feedback()
        self.create_partner().activity_schedule(
            "mail.mail_activity_data_call", self.today(), user_id=self.salesperson.id
        )
        self.assertEqual(list(self.my_day()), [overdue, today, timed])

    def test_what_was_done_today_and_what_comes_this_week(self):
        due, later, done = self.plan(), self.plan(days=6), self.plan(days=-1)
        self.plan(days=8)
        done.action_feedback(feedback="Called")
        self.assertEqual(self.my_day(filters=("week",)), due | later)
        self.assertEqual(self.my_day(filters=("done",)), done)
        self.assertEqual(set(self.my_day(filters=("due", "done"))), set(due | done))

    def test_nobodys_follow_ups_on_own_leads(self):
        activity = self.plan()
        activity.user_id = False
        foreign = self.plan(self.create_lead(user_id=self.sales_all.id))
        foreign.user_id = False
        self.assertEqual(self.my_day(), activity)
        self.assertEqual(self.my_day(self.sales_all), foreign)

    def test_leads_on_hold_are_out_of_it(self):
        activity = self.plan(days=-1)
        self.lead.wake_up_date = Date.add(self.today(), days=5)
        self.assertTrue(activity.is_lead_on_hold)
        self.assertFalse(self.my_day())
        self.lead.wake_up_date = False
        self.env.invalidate_all()
        self.assertFalse(activity.is_lead_on_hold)
        self.assertEqual(self.my_day(), activity)

    def test_search_for_leads_on_hold(self):
        activity, other = self.plan(), self.plan(self.create_lead())
        self.lead.wake_up_date = Date.add(self.today(), days=5)
        activities = self.env["mail.activity"]
        for operator, value, expected in (
            ("=", True, activity),
            ("=", False, other),
            ("!=", True, other),
            ("in", [True, False], activity | other),
        ):
            domain = [("is_lead_on_hold", operator, value), ("id", "in", (activity | other).ids)]
            self.assertEqual(activities.search(domain), expected, (operator, value))

    def test_follow_ups_of_declined_leads_are_in_it(self):
        self.lead.with_user(self.salesperson).action_set_lost()
        self.assertEqual(self.my_day().mapped("lead_id"), self.lead)

    def test_who_to_call(self):
        self.lead.write({"contact_name": "Maria Huber", "phone": "+43 1 234"})
        activity = self.as_seller(self.plan())
        self.assertEqual((activity.lead_contact, activity.lead_phone), ("Maria Huber", "+43 1 234"))
        self.lead.partner_id = self.create_partner("Eva Linked", phone="+43 9")
        self.env.invalidate_all()
        self.assertEqual(activity.lead_contact, "Eva Linked")

    def test_assignee_without_the_lead_is_told_no_more_than_core_tells(self):
        self.lead.write({"contact_name": "Maria Huber", "phone": "+43 1 234"})
        activity = self.plan(user=self.timesheet_user).with_user(self.timesheet_user)
        self.assertIn(activity, self.my_day(self.timesheet_user))
        spec = {"lead_id": {"fields": {"display_name": {}}}, "lead_contact": {}, "lead_phone": {}}
        row = activity.web_read(spec)[0]
        self.assertEqual((row["lead_id"], row["lead_contact"], row["lead_phone"]), (False,) * 3)
        self.assertEqual(activity.action_open_document()["res_model"], "mail.activity")

    def test_deleted_lead(self):
        activity = self.plan()
        lead_id = self.lead.id
        self.env.cr.execute("DELETE FROM crm_lead WHERE id = %s", [lead_id])
        self.env.invalidate_all()
        self.assertFalse(activity.exists().lead_id)

    def test_many_cost_no_more_queries(self):
        self.plan(self.create_leads(20, phone="+43 1"))
        spec = {"res_name": {}, "lead_contact": {}, "lead_phone": {}, "is_lead_on_hold": {}}
        activities = self.my_day()
        self.assertEqual(len(activities), 20)
        self.count_queries(lambda: activities[:10].web_read(spec))  # fills what stays in memory
        few = self.count_queries(lambda: activities[:10].web_read(spec))
        self.assertLessEqual(self.count_queries(lambda: activities.web_read(spec)), few)

    def test_menu_begins_with_the_pipeline_my_day_and_the_board(self):
        sales = self.env.ref("crm.crm_menu_sales")
        first = self.env["ir.ui.menu"].search([("parent_id", "=", sales.id)], limit=3)
        names = ("crm.menu_crm_opportunities",)
        names += ("lead_management.crm_menu_my_day", "lead_management.crm_menu_lead_board")
        self.assertEqual(list(first), [self.env.ref(name) for name in names])
