"""Done with a note, and the next one in the same step."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_crm_lead_follow_up_snooze import FollowUpCommon

SPEC = {"step": {}, "next_date": {}, "next_summary": {}, "next_user_id": {}}


class DoneCommon(FollowUpCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call = cls.env.ref("mail.mail_activity_data_call")
        cls.todo = cls.env.ref("mail.mail_activity_data_todo")

    def open_dialog(self, activity, user=None, **values):
        activity = activity.with_user(user or self.salesperson)
        action = activity.action_done_and_next()
        dialogs = activity.env["crm.lead.follow.up.done"].with_context(**action["context"])
        return dialogs.browse(dialogs.web_save(values, SPEC)[0]["id"])


@tagged("post_install", "-at_install")
class TestDoneAndNext(DoneCommon):
    def test_done_with_a_note_and_the_next_step(self):
        activity = self.plan(days=-2)
        dialog = self.open_dialog(
            activity,
            feedback="Wants blue ones",
            next_activity_type_id=self.todo.id,
            next_summary="Order samples",
            next_date=str(self.day(3)),
            next_time=9.5,
            next_user_id=self.salesperson_2.id,
        )
        self.assertEqual(dialog.step, "Call: Tiles")
        dialog.action_done_and_plan()
        self.env.invalidate_all()
        self.assertFalse(activity.active)
        self.assertEqual(activity.feedback, "Wants blue ones")
        self.assertIn(activity, self.lead.done_activity_ids)
        self.assertIn("Wants blue ones", self.lead.message_ids[:1].body)
        following = self.lead.activity_ids
        self.assertRecordValues(
            following,
            [
                {
                    "activity_type_id": self.todo.id,
                    "summary": "Order samples",
                    "date_deadline": self.day(3),
                    "due_time": 9.5,
                    "user_id": self.salesperson_2.id,
                    "res_name": self.lead.name,
                }
            ],
        )
        self.assertEqual(self.lead.next_follow_up, self.day(3))

    def test_what_is_proposed(self):
        dialog = self.open_dialog(self.plan(user=self.salesperson_2))
        self.assertEqual(dialog.next_activity_type_id, self.call)
        self.assertEqual(dialog.next_user_id, self.salesperson_2)
        self.assertGreaterEqual(dialog.next_date, self.today())
        dialog.action_done_and_plan()
        self.assertEqual(self.lead.activity_ids.user_id, self.salesperson_2)

    def test_type_with_a_delay_and_a_suggestion(self):
        self.todo.write({"delay_count": 3, "delay_unit": "days", "delay_from": "current_date"})
        self.call.suggested_next_type_ids = self.todo
        dialog = self.open_dialog(self.plan(days=-30))
        self.assertEqual(dialog.next_activity_type_id, self.todo)
        self.assertEqual(dialog.next_date, self.day(3))

    def test_nothing_next(self):
        activity = self.plan()
        self.open_dialog(activity, feedback="No more").action_done()
        self.assertFalse(activity.active)
        self.assertFalse(self.lead.activity_ids)
        self.assertFalse(self.lead.next_follow_up)

    def test_type_that_always_has_a_next_one_doubles_nothing(self):
        self.call.write({"chaining_type": "trigger", "triggered_next_type_id": self.todo.id})
        dialog = self.open_dialog(self.plan(), next_date=str(self.day(4)), next_summary="Samples")
        self.assertTrue(dialog.is_next_required)
        dialog.action_done_and_plan()
        self.assertRecordValues(
            self.lead.activity_ids,
            [
                {
                    "activity_type_id": self.todo.id,
                    "date_deadline": self.day(4),
                    "summary": "Samples",
                }
            ],
        )

    def test_next_step_without_a_day_is_refused_and_nothing_is_done(self):
        activity = self.plan()
        dialog = self.open_dialog(activity, next_date=False)
        with self.assertRaisesRegex(UserError, "what comes next"):
            dialog.action_done_and_plan()
        self.assertTrue(activity.active)

    def test_second_click_and_a_colleague_who_was_faster(self):
        activity = self.plan()
        mine, other = self.open_dialog(activity), self.open_dialog(activity, self.sales_all)
        mine.action_done_and_plan()
        for dialog, method in ((mine, "action_done_and_plan"), (other, "action_done")):
            with self.assertRaisesRegex(UserError, "done already"):
                getattr(dialog, method)()
        self.assertEqual(len(self.lead.activity_ids), 1)
        with self.assertRaisesRegex(UserError, "done already"):
            activity.action_done_and_next()

    def test_follow_up_of_something_else(self):
        partner = self.create_partner()
        activity = partner.activity_schedule(
            "mail.mail_activity_data_call", self.today(), user_id=self.salesperson.id
        )
        with self.assertRaisesRegex(UserError, "no follow-up of a lead"):
            self.as_seller(activity).action_done_and_next()

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_rights(self):
        activity = self.plan()
        with self.assertRaises(AccessError):
            self.open_dialog(activity, self.salesperson_2)
        dialogs = self.env["crm.lead.follow.up.done"].with_user(self.salesperson_2)
        with self.assertRaises(AccessError):
            dialogs.web_save({"activity_id": activity.id}, SPEC)
        dialog = self.open_dialog(activity)
        with self.assertRaises(AccessError):
            dialog.with_user(self.salesperson_2).action_done()
        self.assertTrue(activity.active)

    def test_assignee_without_the_lead(self):
        activity = self.plan(user=self.timesheet_user)
        self.open_dialog(activity, self.timesheet_user, feedback="Done it").action_done()
        self.assertFalse(activity.active)
        self.assertIn("Done it", self.lead.message_ids[:1].body)
