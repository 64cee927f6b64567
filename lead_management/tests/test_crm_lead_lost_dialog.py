"""What is left over on a lead that is declined or won in its dialog: closed, or kept."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Date
from odoo.tests import tagged

from .common import LeadManagementCommon


class LeftOverCommon(LeadManagementCommon):
    def plan(self, lead, summary="Ask Huber", user=None, **values):
        user = user or self.salesperson
        return lead.activity_schedule(
            "mail.mail_activity_data_call", summary=summary, user_id=user.id, **values
        )

    def open_dialog(self, leads, user=None, **values):
        """The dialog of declining, filled in and saved as the browser does."""
        dialogs = self.env["crm.lead.lost"].with_user(user or self.salesperson)
        values = {
            "lead_ids": [Command.set(leads.ids)],
            "lost_reason_id": self.reason.id,
            **values,
        }
        return dialogs.browse(dialogs.web_save(values, {})[0]["id"])

    def decline(self, leads, user=None, **values):
        dialog = self.open_dialog(leads, user, **values)
        dialog.action_lost_reason_apply()
        return dialog

    def get_notes(self, lead):
        return " ".join(str(body) for body in lead.message_ids.mapped("body"))


@tagged("post_install", "-at_install")
class TestDeclineDialog(LeftOverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.create_lead(stage="opened")

    def test_nothing_is_shown_where_nothing_is_open(self):
        self.plan(self.lead).action_feedback()
        self.create_offer(self.lead).action_cancel()
        dialog = self.open_dialog(self.lead)
        for name in ("follow_up_text", "follow_up_kept_text", "offer_text", "offer_kept_text"):
            self.assertFalse(dialog[name], name)
        dialog.action_lost_reason_apply()
        self.assertEqual(self.lead.won_status, "lost")
        self.assertNotIn("Follow-ups closed", self.get_notes(self.lead))

    def test_a_missing_reason_is_entered_later(self):
        self.lead.action_set_lost()
        self.assertEqual(len(self.lead.activity_ids), 1)
        closed = self.lead.date_closed
        self.decline(self.lead, follow_up_choice="keep")
        self.assertEqual((self.lead.won_status, self.lead.lost_reason_id), ("lost", self.reason))
        self.assertFalse(self.lead.activity_ids, "nobody is asked for it any more")
        self.assertEqual(self.lead.date_closed, closed)

    def test_core_s_action_has_our_name_unless_somebody_gave_it_another(self):
        action = self.env.ref("crm.crm_lead_lost_action")

        def get_names():
            bound = self.env["ir.actions.actions"].get_bindings("crm.lead")["action"]
            named = {item["id"]: item["name"] for item in bound}
            return named[action.id], action._get_action_dict()["name"]

        self.assertEqual(get_names(), ("Decline", "Decline"))
        action.name = "Drop"
        self.assertEqual(get_names(), ("Drop", "Drop"))

    def test_a_dialog_without_leads_says_nothing(self):
        dialog = self.open_dialog(self.env["crm.lead"])
        self.assertFalse(dialog.follow_up_text)
        self.assertFalse(dialog.offer_text)

    def test_what_is_open_is_listed_and_closed(self):
        activity = self.plan(self.lead, date_deadline=Date.add(self.today(), days=-9))
        done = self.plan(self.lead, "Done long ago")
        done.action_feedback()
        draft, sent = self.create_offer(self.lead), self.create_offer(self.lead)
        sent.action_quotation_sent()
        dialog = self.open_dialog(self.lead)
        self.assertIn("(1): Call: Ask Huber", dialog.follow_up_text)
        self.assertIn("(2)", dialog.offer_text)
        self.assertIn(draft.name, dialog.offer_text)
        mails = self.env["mail.mail"].search_count([])
        dialog.action_lost_reason_apply()
        self.assertFalse(activity.exists())
        self.assertTrue(done.exists())
        self.assertEqual((draft.state, sent.state), ("cancel", "cancel"))
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        notes = self.get_notes(self.lead)
        self.assertIn("Follow-ups closed: Call: Ask Huber", notes)
        self.assertIn(sent.name, notes)

    def test_kept_as_chosen(self):
        activity, offer = self.plan(self.lead), self.create_offer(self.lead)
        self.decline(self.lead, follow_up_choice="keep", offer_choice="keep")
        self.assertTrue(activity.exists().active)
        self.assertEqual(offer.state, "draft")

    def test_each_choice_is_its_own(self):
        activity, offer = self.plan(self.lead), self.create_offer(self.lead)
        self.decline(self.lead, follow_up_choice="keep")
        self.assertTrue(activity.exists())
        self.assertEqual(offer.state, "cancel")

    def test_confirmed_offers_stay(self):
        offer = self.create_offer(self.lead)
        self.company.lead_won_by_order = False
        offer.action_confirm()
        self.assertFalse(self.open_dialog(self.lead).offer_text)
        self.decline(self.lead)
        self.assertEqual(offer.state, "sale")

    def test_value_of_a_cancelled_offer_stays(self):
        self.create_offer(self.lead, price=1234)
        self.lead.action_take_over_offer()
        self.assertEqual(self.lead.expected_revenue, 1234)
        self.decline(self.lead)
        self.env.flush_all()
        self.assertEqual(self.lead.expected_revenue, 1234)

    def test_text_of_a_follow_up_is_escaped_in_the_note(self):
        self.plan(self.lead, "<img src=x onerror=alert(1)>")
        self.decline(self.lead)
        self.assertNotIn("<img", self.get_notes(self.lead))

    def test_what_the_user_may_not_cancel_stays_and_is_named(self):
        offer = self.create_offer(self.lead, user_id=self.salesperson_2.id)
        dialog = self.open_dialog(self.lead)
        self.assertFalse(dialog.offer_text)
        self.assertIn(offer.name, dialog.offer_kept_text)
        dialog.action_lost_reason_apply()
        self.assertEqual((self.lead.won_status, offer.state), ("lost", "draft"))
        self.assertNotIn(offer.name, self.get_notes(self.lead))

    def test_nobody_is_told_of_leads_he_may_not_read(self):
        foreign = self.create_lead(stage="opened", user_id=self.salesperson_2.id)
        self.plan(foreign, "Secret", self.salesperson_2)
        with self.assertRaises(AccessError):
            self.open_dialog(foreign)

    def test_meetings_stay_in_the_calendar(self):
        meeting = self.env["calendar.event"].create(
            {
                "name": "On site",
                "start": "2030-01-01 10:00:00",
                "stop": "2030-01-01 11:00:00",
                "opportunity_id": self.lead.id,
            }
        )
        self.plan(self.lead).calendar_event_id = meeting
        self.decline(self.lead)
        self.assertTrue(meeting.exists().active)

    def test_wake_up_day_of_the_same_dialog_still_reminds(self):
        self.plan(self.lead)
        self.decline(self.lead, wake_up_date=Date.add(self.today(), days=30))
        self.assertFalse(self.lead.activity_ids)
        self.lead.wake_up_date = Date.add(self.today(), days=-1)
        self.env["crm.lead"]._wake_up_leads()
        self.assertEqual(len(self.lead.activity_ids), 1)

    def test_code_closes_nothing(self):
        activity, offer = self.plan(self.lead), self.create_offer(self.lead)
        self.lead.action_set_lost(lost_reason_id=self.reason.id)
        self.assertTrue(activity.exists())
        self.assertEqual(offer.state, "draft")

    def test_reopening_brings_nothing_back(self):
        self.plan(self.lead)
        offer = self.create_offer(self.lead)
        self.decline(self.lead)
        self.lead.with_user(self.salesperson).action_restore()
        self.assertFalse(self.lead.activity_ids)
        self.assertEqual(offer.state, "cancel")

    def test_offer_confirmed_while_the_dialog_was_open_stays(self):
        offer = self.create_offer(self.lead)
        dialog = self.open_dialog(self.lead)
        self.company.lead_won_by_order = False
        offer.action_confirm()
        dialog.action_lost_reason_apply()
        self.assertEqual(offer.state, "sale")

    def test_lead_that_was_won_meanwhile_is_named(self):
        other = self.create_lead(name="Roof Maier", stage="opened")
        dialog = self.open_dialog(self.lead + other)
        other.action_set_won()
        with self.assertRaisesRegex(UserError, "Roof Maier"):
            dialog.action_lost_reason_apply()
        self.assertEqual(self.lead.won_status, "pending")

    def test_long_lists_are_cut(self):
        for number in range(13):
            self.plan(self.lead, f"Step {number}")
        text = self.open_dialog(self.lead).follow_up_text
        self.assertIn("(13)", text)
        self.assertIn("and 3 more", text)

    def test_costs_no_query_per_lead(self):
        def decline(count):
            leads = self.create_leads(count, stage="opened")
            for lead in leads:
                self.plan(lead)
                self.create_offer(lead)
            dialog = self.open_dialog(leads)
            self.env.flush_all()
            return self.count_queries(dialog.action_lost_reason_apply)

        decline(2)
        few, many = decline(10), decline(20)
        self.assertLess(many - few, 10 * 5, f"{few} queries for 10 leads, {many} for 20")


@tagged("post_install", "-at_install")
class TestWonDialog(LeftOverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.create_lead(stage="opened")

    def test_open_follow_ups_are_closed_as_chosen(self):
        activity = self.plan(self.lead)
        dialog = self.open_won_dialog(self.lead, self.salesperson, follow_up_choice="close")
        self.assertIn("Ask Huber", dialog.follow_up_text)
        dialog.action_convert()
        self.assertEqual(self.lead.won_status, "won")
        self.assertFalse(activity.exists())
        self.assertIn("Ask Huber", self.get_notes(self.lead))

    def test_kept_unless_chosen_otherwise(self):
        activity = self.plan(self.lead)
        self.convert(self.lead, self.salesperson)
        self.assertTrue(activity.exists())

    def test_nothing_is_shown_where_nothing_is_open(self):
        self.assertFalse(self.open_won_dialog(self.lead, self.salesperson).follow_up_text)

    def test_follow_ups_of_the_won_stage_stay(self):
        plan = self.env["mail.activity.plan"].create(
            {
                "name": "Start",
                "res_model": "crm.lead",
                "template_ids": [
                    Command.create(
                        {
                            "activity_type_id": self.env.ref("mail.mail_activity_data_call").id,
                            "summary": "Welcome call",
                            "responsible_type": "on_demand",
                        }
                    )
                ],
            }
        )
        self.stages["won"].activity_plan_id = plan
        self.plan(self.lead)
        self.convert(self.lead, self.salesperson, follow_up_choice="close")
        self.assertEqual(self.lead.activity_ids.mapped("summary"), ["Welcome call"])
