"""Leads that lie around: from the last thing that somebody did, not from the last save."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.lead_management.hooks import LAST_ACTIVITY_SQL

from .common import LeadManagementCommon


@tagged("post_install", "-at_install")
class TestStale(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.long_ago = fields.Datetime.now() - timedelta(days=45, hours=2)

    def _forget(self, leads):
        """As if all that happened was 45 days ago."""
        leads.write({"last_activity_date": self.long_ago})
        leads.flush_recordset()
        return leads

    def _create_old(self, **values):
        return self._forget(self.create_lead(stage="opened", **values))

    def assertStale(self, lead, is_stale):
        lead.invalidate_recordset()
        self.assertEqual(lead.is_rotting, is_stale)
        leads = self.env["crm.lead"].with_context(active_test=False)
        self.assertEqual(lead in leads.search([("is_rotting", "=", True)]), is_stale)
        self.assertEqual(lead in leads.search([("is_rotting", "=", False)]), not is_stale)

    def test_nothing_happened_for_the_days_of_the_stage(self):
        lead = self._create_old()
        self.assertStale(lead, True)
        self.assertEqual(lead.rotting_days, 45)
        self.stages["opened"].rotting_threshold_days = 60
        self.assertStale(lead, False)
        self.stages["opened"].rotting_threshold_days = 0
        self.assertStale(lead, False)

    def test_a_lead_before_the_line_too(self):
        self.assertStale(self._forget(self.create_lead(stage="new")), True)

    def test_a_lead_in_a_phase_that_is_not_for_leads_does_not_as_in_core(self):
        self.stages["opened"].lead_type = False
        lead = self._create_old(type="lead")
        self.assertEqual(lead.type, "lead")
        self.assertStale(lead, False)
        lead.type = "opportunity"
        self.assertStale(self._forget(lead), True)

    def test_a_change_of_a_field_is_no_activity(self):
        lead = self._create_old()
        lead.write({"expected_revenue": 5, "name": "Other", "tag_ids": [(4, self.tag.id)]})
        self.env.flush_all()
        self.env.cr.precommit.run()
        lead.message_post(body="A log", message_type="notification")
        self.assertStale(lead, True)

    def test_what_is_activity(self):
        def message(lead):
            lead.with_user(self.salesperson).message_post(body="x", message_type="comment")

        def mail(lead):
            lead.message_post(body="x", message_type="email", email_from="customer@example.com")

        def done(lead):
            activity = lead.activity_schedule(
                "mail.mail_activity_data_todo", self.long_ago.date(), user_id=self.salesperson.id
            )
            self._forget(lead)
            activity.action_feedback("Phoned")

        def planned(lead):
            self.env["mail.activity"].create(
                {
                    "res_model_id": self.env["ir.model"]._get_id("crm.lead"),
                    "res_id": lead.id,
                    "date_deadline": self.long_ago.date(),
                    "user_id": self.salesperson.id,
                }
            )

        def hours(lead):
            self.record_hours(lead)

        def offer(lead):
            self.create_offer(lead)

        def offer_sent(lead):
            order = self.create_offer(lead)
            self._forget(lead)
            order.action_quotation_sent()

        def stage(lead):
            lead.stage_id = self.stages["negotiation"]

        for happening in (message, mail, done, planned, hours, offer, offer_sent, stage):
            with self.subTest(happening.__name__):
                lead = self._create_old()
                happening(lead)
                self.assertStale(lead, False)

    def test_a_reminder_of_the_system_is_none(self):
        lead = self._create_old()
        lead.activity_schedule(
            "mail.mail_activity_data_todo", self.long_ago.date(), user_id=self.salesperson.id
        )
        self.assertStale(lead, True)

    def test_who_has_a_plan_does_not_lie_around(self):
        lead = self._create_old()
        lead.activity_schedule("mail.mail_activity_data_todo", self.today() + timedelta(days=90))
        self._forget(lead)
        self.assertStale(lead, False)

    def test_on_hold_decided_and_archived_do_not(self):
        on_hold, declined, won, archived = [self._create_old() for _number in range(4)]
        on_hold.wake_up_date = self.today() + timedelta(days=9)
        declined.action_set_lost(lost_reason_id=self.reason.id)
        won.action_set_won()
        archived.active = False
        for lead in self._forget(on_hold | declined | won | archived):
            self.assertStale(lead, False)

    def test_database_in_use_is_filled_as_if_it_had_been_noted(self):
        lead, fresh = self._create_old(), self._create_old()
        fresh.message_post(body="x", message_type="comment")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET last_activity_date = NULL, date_last_stage_update = %s"
            " WHERE id = ANY(%s)",
            [self.long_ago, (lead | fresh).ids],
        )
        self.env.cr.execute(LAST_ACTIVITY_SQL)
        self.env.invalidate_all()
        self.assertStale(lead, True)
        self.assertStale(fresh, False)

    def test_search_reads_no_ids_and_asks_as_often_for_many(self):
        self._forget(self.create_leads(60, stage="opened"))
        query = self.env["crm.lead"]._search([("is_rotting", "=", True)])
        self.assertIn("last_activity_date", str(query.select()))

        def read(limit):
            leads = self.env["crm.lead"].search([("is_rotting", "=", True)], limit=limit)
            leads.mapped("rotting_days")

        read(1)  # fills what Odoo caches per process
        counts = [self.count_queries(lambda limit=limit: read(limit)) for limit in (20, 60)]
        self.assertEqual(*counts)

    def test_noting_it_again_costs_nothing(self):
        lead = self.create_lead()
        self.env.flush_all()
        with self.assertQueryCount(0):
            lead._note_activity()
