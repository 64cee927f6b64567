"""Snooze, and done with the next step, by mouse and keyboard; the tours count what it takes."""

from datetime import timedelta

from odoo.tests import tagged

from .test_lead_story_tour import BOARD, LeadTourCommon


@tagged("post_install", "-at_install")
class TestFollowUpTour(LeadTourCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.create_lead(phone="+43 1 234 56 78", contact_name="Maria Huber")
        cls.activity = cls.lead.activity_schedule(
            "mail.mail_activity_data_call",
            cls.today() - timedelta(days=2),
            summary="Tiles",
            user_id=cls.seller.id,
        )

    def test_snooze_on_the_board_and_done_in_the_tab(self):
        self.start_as_seller(BOARD, "lead_management_follow_up_board")
        self.assertFalse(self.activity.active)
        self.assertEqual(self.activity.feedback, "Wants blue ones")
        self.assertEqual(self.activity.date_deadline, self.today() + timedelta(days=1))
        # as the type says: so many days after the one that is done
        delay = self.activity.activity_type_id.delay_count
        self.assertEqual(self.lead.next_follow_up, self.today() + timedelta(days=1 + delay))

    def test_snooze_many_in_the_list(self):
        other = self.create_lead(name="Solar Maier")
        self.activity.copy({"res_id": other.id})
        self.start_as_seller(BOARD + "?view_type=list", "lead_management_follow_up_list")
        leads = self.lead | other
        self.assertEqual(leads.mapped("next_follow_up"), [self.today() + timedelta(days=7)] * 2)

    def test_my_day(self):
        later = self.activity.copy({"summary": "Later", "date_deadline": self.today()})
        self.start_as_seller("/odoo/my-day", "lead_management_my_day")
        self.assertFalse(self.activity.active)
        self.assertEqual(later.date_deadline, self.today() + timedelta(days=1))
        self.assertFalse(self.lead.activity_ids - later)
