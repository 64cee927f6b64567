"""Moving follow-ups: by a day, a week, to a day; for one lead, many, or one follow-up."""

from datetime import timedelta

from freezegun import freeze_time
from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import LeadManagementCommon

CALL = "mail.mail_activity_data_call"
TODO = "mail.mail_activity_data_todo"


class FollowUpCommon(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.create_lead()

    def plan(self, leads=None, days=0, user=None, summary="Tiles", **values):
        """A follow-up on each lead, due in so many days."""
        return (leads if leads is not None else self.lead).activity_schedule(
            values.pop("kind", CALL),
            self.day(days),
            summary=summary,
            user_id=(user or self.salesperson).id,
            **values,
        )

    def day(self, days):
        return self.today() + timedelta(days=days)

    def as_seller(self, records):
        return records.with_user(self.salesperson)


@tagged("post_install", "-at_install")
class TestSnooze(FollowUpCommon):
    def test_overdue_counts_from_today(self):
        for due, days, expected in ((-9, 1, 1), (0, 1, 1), (0, 7, 7), (-1, 7, 7), (3, 1, 4)):
            activity = self.plan(days=due)
            self.as_seller(self.lead).action_snooze(days)
            self.assertEqual(activity.date_deadline, self.day(expected), (due, days))
            self.assertEqual(self.lead.next_follow_up, self.day(expected))
            activity.unlink()

    def test_all_that_is_due_moves_and_what_is_later_stays(self):
        overdue, today, later = (self.plan(days=days) for days in (-3, 0, 5))
        self.as_seller(self.lead).action_snooze_day()
        self.assertEqual((overdue | today).mapped("date_deadline"), [self.day(1)] * 2)
        self.assertEqual(later.date_deadline, self.day(5))
        self.as_seller(self.lead).action_snooze_week()
        self.assertEqual((overdue | today).mapped("date_deadline"), [self.day(8)] * 2)
        self.assertEqual(later.date_deadline, self.day(5))

    def test_follow_ups_of_colleagues_on_my_lead_move_too(self):
        activity = self.plan(days=-1, user=self.salesperson_2)
        self.as_seller(self.lead).action_snooze(1)
        self.assertEqual(activity.date_deadline, self.day(1))
        self.assertEqual(activity.user_id, self.salesperson_2)

    def test_many_leads_and_those_without_a_follow_up(self):
        leads = self.create_leads(3)
        activities = self.plan(leads[:2], days=-1)
        done = self.plan(leads[2], days=-1)
        done.action_feedback()
        action = self.as_seller(leads).action_snooze(1)
        self.assertEqual(set(activities.mapped("date_deadline")), {self.day(1)})
        self.assertIn("2", action["params"]["message"])
        if done.exists():
            self.assertEqual(done.date_deadline, self.day(-1))

    def test_nothing_to_move_is_said(self):
        for leads in (self.lead, self.env["crm.lead"]):
            with self.assertRaisesRegex(UserError, "no open follow-up"):
                self.as_seller(leads).action_snooze(1)

    def test_bad_numbers_of_days_are_refused_in_words(self):
        activity = self.plan()
        for days in (0, -1, 10**9, "1", None, True, 1.5):
            for record in (self.lead, activity):
                with self.assertRaisesRegex(UserError, "number of days"):
                    self.as_seller(record).action_snooze(days)
        self.assertEqual(activity.date_deadline, self.today())

    def test_one_follow_up(self):
        first, second = self.plan(days=-2), self.plan(days=-2)
        self.as_seller(first).action_snooze_week()
        self.assertEqual(first.date_deadline, self.day(7))
        self.assertEqual(second.date_deadline, self.day(-2))

    def test_done_follow_up_does_not_move(self):
        activity = self.plan()
        activity.action_feedback()
        activity = activity.exists()
        if activity:
            with self.assertRaises(UserError):
                self.as_seller(activity).action_snooze(1)

    def test_meetings_stay(self):
        activity = self.plan(days=0)
        event = self.env["calendar.event"].create(
            {"name": "At the customer's", "start": self.today(), "stop": self.today()}
        )
        activity.calendar_event_id = event
        start = event.start
        for record in (self.lead, activity):
            with self.assertRaisesRegex(UserError, "calendar"):
                self.as_seller(record).action_snooze(1)
        other = self.plan(days=0)
        self.as_seller(self.lead).action_snooze(1)
        self.assertEqual(other.date_deadline, self.day(1))
        self.assertEqual((activity.date_deadline, event.start), (self.day(0), start))

    def test_today_is_where_the_user_is(self):
        with freeze_time("2026-03-10 23:30:00"):
            activity = self.plan(days=0)
            activity.date_deadline = "2026-03-10"
            self.as_seller(self.lead).with_context(tz="Europe/Vienna").action_snooze(1)
            self.assertEqual(str(activity.date_deadline), "2026-03-12")

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_leads_out_of_reach(self):
        activity = self.plan()
        with self.assertRaises(AccessError):
            self.lead.with_user(self.salesperson_2).action_snooze(1)
        with self.assertRaises(AccessError):
            activity.with_user(self.salesperson_2).action_snooze(1)
        with self.assertRaises(AccessError):
            self.lead.with_user(self.salesperson_2).action_snooze_until()
        self.assertEqual(activity.date_deadline, self.today())

    def test_assignee_without_the_lead_moves_his_own(self):
        activity = self.plan(user=self.timesheet_user)
        activity.with_user(self.timesheet_user).action_snooze(1)
        self.assertEqual(activity.date_deadline, self.day(1))

    def test_many_cost_no_more_queries(self):
        def snooze(count):
            leads = self.create_leads(count)
            self.plan(leads, days=-1)
            return self.count_queries(lambda: self.as_seller(leads).action_snooze(1))

        for _round in range(3):
            snooze(2)  # fills what stays in memory
        # the many first: whether Odoo reads the company's language together with something
        # else or by itself changes once on the way, and for good
        many = min(snooze(40) for _round in range(3))
        self.assertLessEqual(many, max(snooze(10) for _round in range(3)))


@tagged("post_install", "-at_install")
class TestSnoozeDialog(FollowUpCommon):
    def open_dialog(self, leads, **values):
        action = self.as_seller(leads).action_snooze_until()
        dialog = self.env["crm.lead.snooze"].with_user(self.salesperson)
        dialog = dialog.with_context(**action["context"])
        return dialog.browse(dialog.web_save(values, {"follow_up_count": {}})[0]["id"])

    def test_to_a_day(self):
        leads = self.create_leads(2)
        activities = self.plan(leads, days=-1)
        dialog = self.open_dialog(leads, date=self.day(40))
        self.assertEqual(dialog.follow_up_count, 2)
        dialog.action_snooze()
        self.assertEqual(activities.mapped("date_deadline"), [self.day(40)] * 2)

    def test_no_follow_up_is_proposed_to_come_earlier(self):
        leads = self.create_leads(2)
        self.plan(leads[0], days=-1)
        later = self.plan(leads[1], days=9)
        dialog = self.open_dialog(leads)
        self.assertEqual(dialog.date, self.day(16))
        dialog.action_snooze()
        self.assertEqual(later.date_deadline, self.day(16))

    def test_default_day_and_short_ways(self):
        for method, days in (("snooze", 7), ("snooze_day", 1), ("snooze_week", 7)):
            activity = self.plan(days=-1)
            getattr(self.open_dialog(self.lead), f"action_{method}")()
            self.assertEqual(activity.date_deadline, self.day(days))
            activity.unlink()

    def test_past_days_are_refused(self):
        self.plan(days=-1)
        with self.assertRaisesRegex(UserError, "from today on"):
            self.open_dialog(self.lead, date=self.day(-1)).action_snooze()
        self.open_dialog(self.lead, date=self.day(0)).action_snooze()
        self.assertEqual(self.lead.next_follow_up, self.today())

    def test_nothing_to_move_is_said(self):
        dialog = self.open_dialog(self.lead)
        self.assertFalse(dialog.follow_up_count)
        with self.assertRaises(UserError):
            dialog.action_snooze()

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_foreign_leads_and_dialogs(self):
        foreign = self.create_lead(user_id=self.salesperson_2.id)
        activity = self.plan(foreign, user=self.salesperson_2)
        dialogs = self.env["crm.lead.snooze"].with_user(self.salesperson)
        with self.assertRaises(AccessError):
            dialogs.web_save({"lead_ids": [Command.set(foreign.ids)]}, {})
        mine = self.open_dialog(self.lead)
        with self.assertRaises(AccessError):
            mine.with_user(self.salesperson_2).action_snooze_day()
        self.assertEqual(activity.date_deadline, self.today())


@tagged("post_install", "-at_install")
class TestTimeOfDay(FollowUpCommon):
    def test_order_within_a_day(self):
        times = (15.5, 0, 9)
        activities = [self.plan(due_time=time) for time in times]
        earlier = self.plan(days=-1, due_time=20)
        found = self.env["mail.activity"].search([("res_id", "=", self.lead.id)])
        found = found.filtered(lambda activity: activity.res_model == "crm.lead")
        self.assertEqual(list(found), [earlier, activities[1], activities[2], activities[0]])

    def test_next_step_says_the_time(self):
        self.plan(due_time=9)
        self.assertEqual(self.lead.next_step, "09:00 Call: Tiles")

    @mute_logger("odoo.sql_db")
    def test_only_times_of_a_day(self):
        activity = self.plan()
        for time in (-1, 24, 99):
            with self.assertRaises(CheckViolation), self.env.cr.savepoint():
                activity.due_time = time
                self.env.flush_all()

    def test_scheduled_from_the_chatter(self):
        schedule = self.env["mail.activity.schedule"].with_user(self.salesperson)
        dialog = schedule.with_context(active_model="crm.lead", active_ids=self.lead.ids).create(
            {"summary": "Tiles", "due_time": 14.25}
        )
        dialog.action_schedule_activities()
        self.assertEqual(self.lead.activity_ids.due_time, 14.25)
