"""Offers that are about to expire remind the owners of their leads, once."""

from psycopg2.errors import CheckViolation

from odoo.fields import Date
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import LeadManagementCommon


@tagged("post_install", "-at_install")
class TestOfferExpiry(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.create_lead(stage="opened")
        cls.offer = cls.create_offer(cls.lead)
        cls.offer.validity_date = cls.in_days(3)

    @classmethod
    def in_days(cls, days):
        return Date.add(cls.today(), days=days)

    def remind(self):
        self.env["sale.order"]._remind_of_expiry()

    def test_the_owner_is_reminded_once(self):
        for state in ("draft", "sent"):
            offer = self.create_offer(self.create_lead(stage="opened"))
            offer.write({"validity_date": self.in_days(1), "state": state})
            for _night in range(2):
                self.remind()
            activity = offer.opportunity_id.activity_ids
            self.assertEqual(len(activity), 1)
            self.assertEqual(activity.user_id, self.salesperson)
            self.assertIn(offer.name, activity.summary)
            self.assertEqual(activity.date_deadline, self.today())

    def test_days_are_the_companys(self):
        self.offer.validity_date = self.in_days(4)
        self.remind()
        self.assertFalse(self.lead.activity_ids)
        self.company.lead_offer_expiry_days = 4
        self.remind()
        self.assertEqual(len(self.lead.activity_ids), 1)

    def test_the_last_day_still_reminds(self):
        self.offer.validity_date = self.today()
        self.remind()
        self.assertEqual(len(self.lead.activity_ids), 1)

    def test_zero_days_remind_nobody(self):
        self.company.lead_offer_expiry_days = 0
        self.offer.validity_date = self.today()
        self.remind()
        self.assertFalse(self.lead.activity_ids)

    def test_nobody_is_reminded_of_what_is_over(self):
        self.offer.validity_date = self.in_days(-1)
        without_day = self.create_offer(self.lead)
        without_day.validity_date = False
        cancelled = self.create_offer(self.lead)
        cancelled.validity_date = self.today()
        cancelled.action_cancel()
        self.remind()
        self.assertFalse(self.lead.activity_ids)

    def test_only_open_leads(self):
        won, declined, archived = leads = self.create_leads(3, stage="opened")
        for lead in leads:
            self.create_offer(lead).validity_date = self.in_days(1)
        won.action_set_won()
        declined.action_set_lost(lost_reason_id=self.reason.id)
        archived.action_archive()
        self.remind()
        self.assertFalse(leads.activity_ids)

    def test_done_follow_up_is_not_planned_again_but_a_new_day_is(self):
        self.remind()
        self.lead.activity_ids.action_feedback()
        self.remind()
        self.assertFalse(self.lead.activity_ids)
        self.offer.validity_date = self.in_days(2)
        self.remind()
        self.assertEqual(len(self.lead.activity_ids), 1)

    def test_settled_offer_asks_nobody_any_more(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.salesperson.lang = "de_DE"
        other = self.create_lead(stage="opened")
        for settle in (
            lambda offer: offer.action_confirm(),
            lambda offer: offer.action_cancel(),
            lambda offer: offer.write({"validity_date": self.in_days(40)}),
            lambda offer: offer.write({"opportunity_id": other.id}),
            lambda offer: offer.unlink(),
        ):
            lead = self.create_lead(stage="opened")
            offer = self.create_offer(lead)
            offer.validity_date = self.in_days(3)
            call = lead.activity_schedule("mail.mail_activity_data_call", summary="Call")
            self.remind()
            self.assertEqual(len(lead.activity_ids), 2)
            settle(offer)
            self.assertEqual(lead.activity_ids, call)

    def test_offer_of_another_lead_reminds_its_owner(self):
        self.remind()
        other = self.create_lead(stage="opened")
        self.offer.opportunity_id = other
        self.remind()
        self.assertEqual(len(other.activity_ids), 1)

    def test_sent_offer_is_still_to_be_asked_for(self):
        self.remind()
        self.offer.action_quotation_sent()
        self.assertEqual(len(self.lead.activity_ids), 1)

    def test_reminder_with_a_note_stays(self):
        self.remind()
        self.lead.activity_ids.note = "Asks for a discount"
        self.offer.action_cancel()
        self.assertEqual(len(self.lead.activity_ids), 1)

    def test_reminding_asks_with_as_many_queries_however_many_offers(self):
        def remind(count):
            leads = self.create_leads(count, stage="opened", user_id=self.salesperson.id)
            offers = self.env["sale.order"].union(*(self.create_offer(lead) for lead in leads))
            offers.validity_date = self.in_days(1)
            self.env.flush_all()
            self.env.invalidate_all()
            queries = self.count_queries(self.remind)
            self.assertEqual(len(leads.activity_ids), count)
            return queries

        remind(2)
        few = remind(10)
        self.assertLessEqual(remind(20), few + 3)

    def test_settling_asks_with_as_many_queries_however_many_offers(self):
        def settle(count):
            leads = self.create_leads(count, stage="opened")
            offers = self.env["sale.order"].union(*(self.create_offer(lead) for lead in leads))
            offers.validity_date = self.in_days(1)
            self.remind()
            self.assertEqual(len(leads.activity_ids), count)
            reminders = offers._note_reminders()
            self.env.flush_all()
            self.env.invalidate_all()
            queries = self.count_queries(lambda: offers._drop_reminders(reminders))
            self.assertFalse(leads.activity_ids)
            return queries

        settle(2)
        few = settle(3)
        self.assertLessEqual(settle(6), few + 3)

    def test_copy_of_an_offer_reminds_too(self):
        self.remind()
        copy = self.offer.copy()
        copy.write({"opportunity_id": self.lead.id, "validity_date": self.in_days(3)})
        self.remind()
        self.assertEqual(len(self.lead.activity_ids), 2)

    def test_leader_of_the_team_where_nobody_owns_the_lead(self):
        self.lead.user_id = False
        self.team.user_id = self.sales_manager
        self.remind()
        self.assertEqual(self.lead.activity_ids.user_id, self.sales_manager)

    def test_nobody_responsible_stops_nothing(self):
        self.lead.user_id = False
        self.team.user_id = False
        other = self.create_lead(stage="opened")
        self.create_offer(other).validity_date = self.in_days(1)
        self.remind()
        self.assertFalse(self.lead.activity_ids)
        self.assertEqual(len(other.activity_ids), 1)

    @mute_logger("odoo.addons.lead_management.models.sale_order_expiry", "odoo.sql_db")
    def test_one_that_is_refused_does_not_keep_the_others(self):
        other = self.create_lead(stage="opened")
        self.create_offer(other).validity_date = self.in_days(1)
        self.env.flush_all()
        self.env.cr.execute(
            """
            ALTER TABLE mail_activity ADD CONSTRAINT refuse_one CHECK (res_id != %s) NOT VALID
            """,
            [self.lead.id],
        )
        self.remind()
        self.assertFalse(self.lead.activity_ids)
        self.assertFalse(self.offer.lead_reminded_expiry)
        self.assertEqual(len(other.activity_ids), 1)

    def test_text_is_in_the_owners_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.salesperson.lang = "de_DE"
        self.offer.validity_date = self.today()
        self.remind()
        self.assertIn(self.today().strftime("%d.%m.%Y"), self.lead.activity_ids.summary)

    def test_negative_days_are_refused(self):
        with (
            self.assertRaises(CheckViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.company.lead_offer_expiry_days = -1
            self.env.flush_all()

    def test_job_is_there(self):
        job = self.env.ref("lead_management.ir_cron_remind_of_expiring_offers")
        job.ir_actions_server_id.run()
        self.assertEqual(len(self.lead.activity_ids), 1)

    def test_costs_no_query_per_offer(self):
        def remind(count):
            for lead in self.create_leads(count, stage="opened"):
                self.create_offer(lead).validity_date = self.in_days(1)
            return self.count_queries(self.remind)

        remind(2)
        few, many = remind(10), remind(20)
        self.assertLess(many - few, 10 * 3, f"{few} queries for 10 offers, {many} for 20")
