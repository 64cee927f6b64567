"""On hold: out of the way until a day or until the customer writes; the job doubles nothing."""

from lxml import etree

from odoo.exceptions import AccessError
from odoo.fields import Date
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from odoo.addons.mail.tests.common import MailCommon

from .common import LeadManagementCommon

MAIL = """From: Eva <{sender}>
To: anybody@test.example.com
Subject: Re: your offer
Message-ID: <reply-{number}@test.example.com>
In-Reply-To: {message_id}
References: {message_id}
Content-Type: text/plain; charset=utf-8

We want to go on."""


class OnHoldCommon(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.create_lead(stage="opened", expected_revenue=1000)
        cls.later = Date.add(cls.today(), days=30)
        cls.earlier = Date.add(cls.today(), days=-1)

    def hold(self, leads=None, day=None):
        leads = leads or self.lead
        leads.with_user(self.salesperson).write({"wake_up_date": day or self.later})
        return leads

    def wake(self):
        self.env["crm.lead"]._wake_up_leads()

    def find(self, filter_name, leads=None):
        """What a filter of the search view leaves of these leads."""
        view = self.env.ref("lead_management.crm_lead_view_search")
        ready = etree.fromstring(view.arch).find(f".//filter[@name='{filter_name}']")
        found = self.env["crm.lead"].with_context(active_test=False)
        return found.search(safe_eval(ready.get("domain"))) & (leads or self.lead)


@tagged("post_install", "-at_install")
class TestOnHold(OnHoldCommon):
    def test_on_hold_until_the_day(self):
        self.assertFalse(self.lead.is_on_hold)
        for day, expected in ((self.later, True), (self.today(), False), (self.earlier, False)):
            self.hold(day=day)
            self.assertEqual(self.lead.is_on_hold, expected)
            for domain, is_found in (
                ([("is_on_hold", "=", True)], expected),
                ([("is_on_hold", "!=", False)], expected),
                ([("is_on_hold", "=", False)], not expected),
                (["!", ("is_on_hold", "=", True)], not expected),
                ([("is_on_hold", "in", [True, False])], True),
            ):
                found = self.env["crm.lead"].search([*domain, ("id", "=", self.lead.id)])
                self.assertEqual(bool(found), is_found, domain)

    def test_a_day_that_has_come_is_told_in_the_form(self):
        lead = self.lead.with_user(self.salesperson)
        for day, is_told in ((self.earlier, True), (self.today(), True), (self.later, False)):
            new = lead.new({"wake_up_date": day}, origin=lead)
            self.assertEqual(bool(new._onchange_wake_up_date()), is_told, day)

    def test_lead_without_a_day_is_found_as_not_on_hold(self):
        self.assertIn(self.lead, self.env["crm.lead"].search([("is_on_hold", "=", False)]))

    def test_archived_lead_sleeps_on_until_it_is_active_again(self):
        self.hold(day=self.earlier)
        self.lead.action_archive()
        self.wake()
        self.assertFalse(self.lead.activity_ids)
        self.lead.action_unarchive()
        self.wake()
        self.assertEqual(len(self.lead.activity_ids), 1)

    def test_columns_of_the_board_ask_for_the_companies_once(self):
        leads = self.env["crm.lead"]

        def search():
            before = self.env.cr.sql_log_count
            leads.search_count([("is_on_hold", "=", False)])
            return self.env.cr.sql_log_count - before

        search()
        self.assertEqual(search(), 1)
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.assertIn(company.id, company._get_ids_in_use())
        company.active = False
        self.assertNotIn(company.id, company._get_ids_in_use())

    def test_only_open_leads_are_on_hold(self):
        self.hold()
        self.lead.action_archive()
        self.assertFalse(self.lead.is_on_hold)
        self.assertFalse(self.find("on_hold"))

    def test_out_of_the_board_and_of_due_lists(self):
        lists = ("current", "follow_up_overdue")
        self.lead.activity_schedule(
            "mail.mail_activity_data_call", self.earlier, user_id=self.salesperson.id
        )
        for name in lists:
            self.assertTrue(self.find(name), name)
        self.hold()
        for name in lists:
            self.assertFalse(self.find(name), name)
        self.assertTrue(self.find("on_hold"))
        self.assertTrue(self.find("open"))

    def test_pipeline_tells_what_is_on_hold(self):
        other = self.create_lead(stage="opened", expected_revenue=500)
        self.hold()
        rows = self.env["crm.lead.pipeline.report"].formatted_read_group(
            [("lead_id", "in", (self.lead | other).ids)], ["is_on_hold"], ["amount:sum"]
        )
        self.assertEqual(
            {row["is_on_hold"]: row["amount:sum"] for row in rows}, {True: 1000, False: 500}
        )

    def test_change_is_logged(self):
        self.flush_tracking()
        self.hold()
        self.flush_tracking()
        tracked = self.lead.message_ids.tracking_value_ids.field_id
        self.assertIn("wake_up_date", tracked.mapped("name"))

    def flush_tracking(self):
        self.env.flush_all()
        self.env.cr.precommit.run()

    # ------------------------------------------------------------
    # End of the hold
    # ------------------------------------------------------------

    def test_deciding_ends_the_hold(self):
        won, declined, dragged = leads = self.hold(self.create_leads(3, stage="opened"))
        won.action_set_won()
        declined.action_set_lost(lost_reason_id=self.reason.id)
        dragged.stage_id = self.stages["won"]
        self.assertFalse(any(leads.mapped("wake_up_date")))

    def test_plain_writes_that_decide_one_of_two(self):
        held, other = leads = self.create_leads(2, stage="opened")
        self.hold(held)
        leads.write({"active": False, "probability": 0})
        self.assertEqual(leads.mapped("won_status"), ["lost", "lost"])
        self.assertFalse(held.wake_up_date or other.wake_up_date)

    def test_declined_on_hold_at_zero_percent_is_parked_until_the_day_given(self):
        lead = self.hold(self.create_lead(stage="opened", probability=0))
        day = Date.add(self.later, days=1)
        lead.action_set_lost(lost_reason_id=self.reason.id, wake_up_date=day)
        self.assertEqual((lead.won_status, lead.wake_up_date), ("lost", day))

    def test_reopening_a_parked_lead_ends_its_parking(self):
        for reopen in (
            self.lead.action_restore,
            self.lead.action_unarchive,
            lambda: self.lead.write({"active": True, "probability": 20}),
        ):
            self.lead.action_set_lost(lost_reason_id=self.reason.id, wake_up_date=self.later)
            self.assertTrue(self.find("parked"))
            reopen()
            self.assertEqual(self.lead.won_status, "pending")
            self.assertFalse(self.lead.wake_up_date)

    def test_other_changes_keep_the_hold(self):
        self.hold()
        company = self.env["res.company"].create({"name": "Other Company"})
        team = self.env["crm.team"].create({"name": "Other Team", "company_id": False})
        self.lead.stage_id = self.stages["negotiation"]
        self.lead.write({"probability": 12, "expected_revenue": 7})
        self.lead.write({"team_id": team.id, "user_id": self.salesperson_2.id})
        self.lead.write({"user_id": False, "company_id": company.id})
        self.record_hours(self.create_lead(stage="opened"))
        self.assertEqual(self.lead.wake_up_date, self.later)

    def test_converting_keeps_the_hold(self):
        lead = self.hold(self.create_lead(stage="new"))
        lead.convert_opportunity(False)
        self.assertEqual(lead.type, "opportunity")
        self.assertTrue(lead.is_on_hold)

    def test_copy_is_not_on_hold(self):
        self.assertFalse(self.hold().copy().wake_up_date)

    def test_merged_lead_is_on_hold_only_if_all_were(self):
        leads = self.hold(self.create_leads(2, stage="opened"))
        self.hold(leads[0], Date.add(self.later, days=5))
        self.assertEqual(leads.merge_opportunity().wake_up_date, self.later)
        leads = self.create_leads(2, stage="opened")
        self.hold(leads[0])
        self.assertFalse(leads.merge_opportunity().wake_up_date)

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_who_may_not_change_the_lead_puts_nothing_on_hold(self):
        for user in (self.salesperson_2, self.timesheet_user, self.portal_user):
            with self.assertRaises(AccessError):
                self.lead.with_user(user).write({"wake_up_date": self.later})

    # ------------------------------------------------------------
    # The job
    # ------------------------------------------------------------

    def test_job_wakes_the_leads_whose_day_has_come_once(self):
        later = self.hold(self.create_lead(stage="opened"))
        self.hold(day=self.today())
        for _round in range(2):
            self.wake()
            self.assertFalse(self.lead.wake_up_date)
            self.assertEqual(self.lead.won_status, "pending")
            self.assertEqual(len(self.lead.activity_ids), 1)
        self.assertIn("Wake-up", self.lead.activity_ids.summary)
        self.assertEqual(self.lead.activity_ids.user_id, self.salesperson)
        self.assertEqual(self.lead.activity_ids.date_deadline, self.today())
        self.assertEqual(self.lead.next_follow_up, self.today())
        self.assertTrue(later.is_on_hold)
        self.assertFalse(later.activity_ids)

    def test_parked_lead_stays_declined_and_its_owner_is_reminded_once(self):
        self.lead.action_set_lost(lost_reason_id=self.reason.id, wake_up_date=self.earlier)
        for _round in range(2):
            self.wake()
            self.assertEqual((self.lead.won_status, self.lead.wake_up_date), ("lost", False))
            self.assertEqual(len(self.lead.activity_ids), 1)
        self.assertEqual(self.lead.lost_reason_id, self.reason)

    def test_scheduled_action_calls_the_job(self):
        self.hold(day=self.today())
        self.env.ref("lead_management.ir_cron_wake_up_leads").ir_actions_server_id.run()
        self.assertFalse(self.lead.wake_up_date)

    def test_lead_that_refuses_does_not_keep_the_others(self):
        bad, *good = self.hold(self.create_leads(3, stage="opened"), self.earlier)
        self.env.flush_all()
        self.env.cr.execute(
            "ALTER TABLE crm_lead ADD CONSTRAINT test_on_hold CHECK (id != %s OR "
            "wake_up_date IS NOT NULL)",
            [bad.id],
        )
        with mute_logger("odoo.sql_db", "odoo.addons.lead_management.models.crm_lead_on_hold"):
            self.wake()
        self.assertEqual(bad.wake_up_date, self.earlier)
        self.assertFalse(bad.activity_ids)
        for lead in good:
            self.assertFalse(lead.wake_up_date)
            self.assertEqual(len(lead.activity_ids), 1)

    def test_job_costs_no_query_per_lead(self):
        def wake(count):
            self.hold(self.create_leads(count, stage="opened"), self.earlier)
            return self.count_queries(self.wake)

        wake(2)
        few, many = wake(100), wake(200)
        self.assertLess(many - few, 20, f"{few} queries for 100 leads, {many} for 200")


@tagged("post_install", "-at_install")
class TestCustomerWrites(OnHoldCommon, MailCommon):
    def setUp(self):
        super().setUp()
        self.lead.email_from = "eva@test.example.com"
        self.sent = self.lead.with_user(self.salesperson).message_post(
            body="Our offer", message_type="comment", subtype_xmlid="mail.mt_comment"
        )

    def receive(self, sender="eva@test.example.com", number=1):
        mail = MAIL.format(sender=sender, number=number, message_id=self.sent.message_id)
        with self.mock_mail_gateway():
            thread = self.env["mail.thread"].message_process("crm.lead", mail)
        self.assertEqual(thread, self.lead.id)

    def test_reply_by_mail_wakes_the_lead_once(self):
        self.hold()
        for number in range(2):
            self.receive(number=number)
            self.assertFalse(self.lead.wake_up_date)
            self.assertEqual(self.lead.activity_ids.user_id, self.salesperson)
            self.assertEqual(self.lead.activity_ids.date_deadline, self.today())

    def test_reply_to_a_parked_lead_reminds_its_owner(self):
        self.lead.action_set_lost(lost_reason_id=self.reason.id, wake_up_date=self.later)
        self.receive()
        self.assertEqual(self.lead.won_status, "lost")
        self.assertEqual(len(self.lead.activity_ids), 1)

    def test_reply_of_a_portal_user_wakes_the_lead(self):
        self.hold()
        self.lead.sudo().message_post(
            body="Go on", message_type="comment", author_id=self.portal_user.partner_id.id
        )
        self.assertFalse(self.lead.wake_up_date)

    def test_colleagues_and_notifications_do_not_wake_the_lead(self):
        self.hold()
        self.receive(self.salesperson_2.email)
        self.lead.with_user(self.salesperson).message_post(body="Note", message_type="comment")
        self.lead.message_post(
            body="Log",
            message_type="notification",
            author_id=self.portal_user.partner_id.id,
        )
        self.assertEqual(self.lead.wake_up_date, self.later)
        self.assertFalse(self.lead.activity_ids)

    def test_reply_to_a_lead_that_is_not_on_hold_plans_nothing(self):
        self.receive()
        self.assertFalse(self.lead.activity_ids)
