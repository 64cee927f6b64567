"""What a salesperson does fifty times a day, by mouse and keyboard, in few interactions.

A click, a key and a field that is typed into count as one each. Whoever adds one changes a
number here.
"""

from datetime import timedelta

from odoo.fields import Command
from odoo.tests import tagged

from .test_lead_story_tour import BOARD, LeadTourCommon


@tagged("post_install", "-at_install")
class TestDailyTour(LeadTourCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.create_lead(
            stage="opened", phone="+43 1 234 56 78", contact_name="Maria Huber"
        )
        cls.activity = cls.lead.activity_schedule(
            "mail.mail_activity_data_call",
            cls.today() - timedelta(days=2),
            summary="Tiles",
            user_id=cls.seller.id,
        )

    def test_call_follow_ups_gate_and_service_request_on_the_board(self):
        city = self.env["ir.model.fields"]._get("crm.lead", "city")
        self.stages["offer_made"].required_field_ids = [Command.set(city.ids)]

        counts = self.start_counted(BOARD, "lead_management_daily", timeout=120)

        self.assertEqual(
            counts,
            {
                "phone call": 8,
                "snooze": 2,
                "done and next": 3,
                "gate": 4,
                "service request": 7,
            },
        )
        call = self.env["crm.lead"].search([("name", "=", "Heat pump Maier")])
        self.assertEqual(call.category_id.name, "Bathroom")
        self.assertEqual(call.activity_ids.mapped("summary"), ["Call back"])
        self.assertEqual(call.next_follow_up, self.today() + timedelta(days=1))
        self.assertEqual(self.activity.feedback, "Wants blue ones")
        self.assertEqual(self.activity.date_deadline, self.today() + timedelta(days=1))
        # as the type says: so many days after the one that is done
        delay = self.activity.activity_type_id.delay_count
        self.assertEqual(self.lead.next_follow_up, self.today() + timedelta(days=1 + delay))
        self.assertEqual((self.lead.stage_id, self.lead.city), (self.stages["offer_made"], "Graz"))
        service = [("name", "=", "Tap drips"), ("request_type", "=", "service")]
        request = self.env["crm.lead"].with_context(active_test=False).search(service)
        self.assertEqual(request.service_task_id.project_id, self.company.service_project_id)

    def test_snooze_many_in_the_list(self):
        other = self.create_lead(name="Solar Maier")
        self.activity.copy({"res_id": other.id})
        counts = self.start_counted(BOARD + "?view_type=list", "lead_management_follow_up_list")
        self.assertEqual(counts, {"snooze many": 1})
        leads = self.lead | other
        self.assertEqual(leads.mapped("next_follow_up"), [self.today() + timedelta(days=7)] * 2)

    def test_my_day(self):
        # the next call, as its type says two days later, is not due today
        self.activity.date_deadline = self.today() - timedelta(days=1)
        later = self.activity.copy({"summary": "Later", "date_deadline": self.today()})
        counts = self.start_counted("/odoo/my-day", "lead_management_my_day")
        self.assertEqual(counts, {"done and next": 3, "snooze": 1})
        self.assertEqual(self.activity.feedback, "Wants blue ones")
        self.assertEqual(later.date_deadline, self.today() + timedelta(days=1))
        self.assertEqual(len(self.lead.activity_ids - later), 1)
