"""Declined: screens ask for a reason, tickets close, hours stay; reopening reverses it."""

from lxml import etree
from psycopg2 import IntegrityError

from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .common import LeadManagementCommon


@tagged("post_install", "-at_install")
class TestDeclined(LeadManagementCommon):
    def _decline(self, leads, user=None):
        leads.with_user(user or self.salesperson).action_set_lost(lost_reason_id=self.reason.id)

    def _find_without_reason(self):
        view = self.env.ref("lead_management.crm_lead_view_search")
        ready = etree.fromstring(view.arch).find(".//filter[@name='declined_without_reason']")
        domain = safe_eval(ready.get("domain"))
        return self.env["crm.lead"].with_context(active_test=False).search(domain)

    def test_code_declines_without_a_reason_and_the_owner_is_asked_once(self):
        for values in ({}, {"lost_reason_id": False}):
            lead = self.create_lead(stage="opened")
            lead.with_user(self.sales_all).action_set_lost(**values)
            self.assertEqual((lead.won_status, lead.active), ("lost", False))
            self.assertEqual(lead.activity_ids.user_id, self.salesperson)
            self.assertIn("Enter the reason", lead.activity_ids.summary)
            lead.with_user(self.sales_all).action_set_lost()
            lead.write({"active": False, "probability": 0})
            self.assertEqual(len(lead.activity_ids), 1)
            self.assertIn(lead, self._find_without_reason())

    def test_plain_write_without_a_reason_asks_the_owner(self):
        lead = self.create_lead(stage="opened")
        lead.write({"active": False, "probability": 0})
        self.assertEqual(lead.won_status, "lost")
        self.assertEqual(len(lead.activity_ids), 1)

    def test_the_leader_of_the_team_is_asked_where_nobody_owns_the_lead(self):
        lead = self.create_lead(stage="opened", user_id=False)
        lead.action_set_lost()
        self.assertFalse(lead.activity_ids)
        lead = self.create_lead(stage="opened", user_id=False)
        self.team.user_id = self.sales_manager
        lead.action_set_lost()
        self.assertEqual(lead.activity_ids.user_id, self.sales_manager)

    def test_only_leads_without_a_reason_are_asked_for_it(self):
        leads = self.create_leads(2, stage="opened")
        leads[0].lost_reason_id = self.reason
        leads.action_set_lost()
        self.assertEqual(set(leads.mapped("won_status")), {"lost"})
        self.assertFalse(leads[0].activity_ids)
        self.assertEqual(len(leads[1].activity_ids), 1)

    def test_reason_given_at_zero_percent_is_not_asked_for(self):
        lead = self.create_lead(stage="opened", probability=0)
        self._decline(lead)
        self.assertEqual(lead.won_status, "lost")
        self.assertFalse(lead.activity_ids)

    def test_entering_the_reason_settles_the_follow_up(self):
        lead = self.create_lead(stage="opened")
        lead.action_set_lost()
        lead.activity_schedule("mail.mail_activity_data_call", user_id=self.salesperson.id)
        lead.with_user(self.salesperson).lost_reason_id = self.reason
        self.assertEqual(
            lead.activity_ids.activity_type_id, self.env.ref("mail.mail_activity_data_call")
        )
        self.assertNotIn(lead, self._find_without_reason())

    def test_reopening_settles_the_follow_up(self):
        lead = self.create_lead(stage="opened")
        lead.action_set_lost()
        lead.action_restore()
        self.assertFalse(lead.activity_ids)
        lead.action_set_lost()
        self.assertEqual(len(lead.activity_ids), 1)

    def test_lead_created_as_declined_asks_nobody(self):
        lead = self.create_lead(stage="opened", active=False, probability=0)
        self.assertEqual(lead.won_status, "lost")
        self.assertFalse(lead.activity_ids)

    def test_asking_for_reasons_costs_no_query_per_lead(self):
        def decline(count, **values):
            leads = self.create_leads(count, stage="opened")
            return self.count_queries(lambda: leads.action_set_lost(**values))

        decline(2)
        few, many = decline(100), decline(200)
        self.assertLess(many - few, 50, f"{few} queries for 100 leads, {many} for 200")

    def test_lead_with_a_reason_already(self):
        lead = self.create_lead(stage="opened")
        lead.lost_reason_id = self.reason
        lead.action_set_lost()
        self.assertEqual(lead.won_status, "lost")

    def test_declining(self):
        lead = self.create_lead(stage="opened", expected_revenue=1000)
        self._decline(lead)
        self.assertEqual(lead.won_status, "lost")
        self.assertEqual(lead.lost_reason_id, self.reason)
        self.assertProbability(lead, 0)
        self.assertTrue(lead.date_closed)
        self.assertEqual(lead.stage_id, self.stages["opened"])
        self.assertEqual(lead.prorated_revenue, 0)
        self.assertEqual(lead.expected_revenue, 1000)
        self.assertEqual(lead.project_state, "none")

    def test_wizard_declines_with_its_reason(self):
        leads = self.create_leads(2, stage="opened")
        with Form(
            self.env["crm.lead.lost"]
            .with_user(self.salesperson)
            .with_context(default_lead_ids=leads.ids)
        ) as form:
            form.lost_reason_id = self.reason
        form.save().action_lost_reason_apply()
        self.assertEqual(set(leads.mapped("won_status")), {"lost"})
        self.assertEqual(leads.lost_reason_id, self.reason)

    @mute_logger("odoo.sql_db")
    def test_wizard_without_reason_is_refused(self):
        lead = self.create_lead(stage="opened")
        with (
            self.assertRaises(AssertionError),
            Form(self.env["crm.lead.lost"].with_context(default_lead_ids=lead.ids)),
        ):
            pass
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["crm.lead.lost"].create({"lead_ids": lead.ids}).action_lost_reason_apply()
        self.assertEqual(lead.won_status, "pending")

    def test_tickets_close_and_stay_with_their_hours(self):
        lead = self.create_lead(stage="opened")
        line = self.record_hours(lead, hours=3)
        self._decline(lead)
        self.env.flush_all()
        self.assertEqual(lead.task_ids.state, "1_canceled")
        self.assertTrue(lead.task_ids.is_closed)
        self.assertEqual(line.project_id, self.company.lead_project_id)
        self.assertEqual(line.amount, -150)
        self.assertEqual(lead.effective_hours, 3)

    def test_ticket_done_before_stays_done(self):
        lead = self.create_lead(stage="opened")
        done = self.record_hours(lead).task_id
        done.state = "1_done"
        open_ticket = self.record_hours(lead).task_id
        self._decline(lead)
        self.assertEqual((done.state, open_ticket.state), ("1_done", "1_canceled"))
        lead.action_restore()
        self.assertEqual((done.state, open_ticket.state), ("1_done", "01_in_progress"))

    def test_declining_by_a_plain_write_closes_tickets_too(self):
        lead = self.create_lead(stage="opened")
        ticket = self.record_hours(lead).task_id
        lead.with_user(self.salesperson).write({"active": False, "probability": 0})
        self.assertEqual(lead.won_status, "lost")
        self.assertEqual(ticket.state, "1_canceled")
        lead.with_user(self.salesperson).write({"active": True, "probability": 10})
        self.assertEqual(ticket.state, "01_in_progress")

    def test_hours_recorded_after_declining_use_the_closed_ticket(self):
        lead = self.create_lead(stage="opened")
        ticket = self.record_hours(lead).task_id
        self._decline(lead)
        line = self.record_hours(lead, hours=0.5)
        self.assertEqual(line.task_id, ticket)
        self.assertEqual(ticket.state, "1_canceled")
        self.assertEqual(lead.effective_hours, 1.5)

    def test_first_hours_on_a_declined_lead(self):
        lead = self.create_lead(stage="opened")
        self._decline(lead)
        line = self.record_hours(lead)
        self.assertEqual(line.task_id.state, "1_canceled")
        self.assertEqual(line.project_id, self.company.lead_project_id)

    def test_lead_project_lists_declined_leads_with_effort_and_offers(self):
        lead, still_open = self.create_leads(2, stage="opened")
        self.record_hours(lead, hours=3)
        offer = self.create_offer(lead)
        self._decline(lead)
        project = self.company.lead_project_id
        self.assertTrue(project.is_lead_project)
        self.assertEqual(project.declined_lead_count, 1)
        action = project.action_view_declined_leads()
        leads = self.env["crm.lead"].with_context(**action["context"]).search(action["domain"])
        self.assertIn(lead, leads)
        self.assertNotIn(still_open, leads)
        self.assertEqual(leads.filtered(lambda found: found == lead).effective_hours, 3)
        self.assertEqual(lead.order_ids, offer)
        self.assertEqual(offer.state, "draft")

    def test_ordinary_project_lists_no_declined_leads(self):
        self.record_hours(self.create_lead(stage="opened"))
        project = self.create_project()
        self.assertFalse(project.is_lead_project)
        self.assertEqual(project.declined_lead_count, 0)
        marked = self.env["project.project"].search([("is_lead_project", "=", True)])
        self.assertEqual(marked, self.company.lead_project_id)
        self.assertIn(
            project, self.env["project.project"].search([("is_lead_project", "=", False)])
        )

    def test_reopening_reverses_everything(self):
        lead = self.create_lead(stage="opened", expected_revenue=1000)
        line = self.record_hours(lead, hours=3)
        before = self.read_hours(line)
        for _round in range(2):
            self._decline(lead)
            lead.with_user(self.salesperson).action_restore()
        self.env.flush_all()
        self.assertEqual((lead.won_status, lead.active), ("pending", True))
        self.assertFalse(lead.lost_reason_id)
        self.assertFalse(lead.date_closed)
        self.assertProbability(lead, 50)
        self.assertEqual(lead.prorated_revenue, 500)
        self.assertEqual(lead.task_ids.state, "01_in_progress")
        self.assertEqual(self.read_hours(line), before)
        self.assertEqual(self.company.lead_project_id.declined_lead_count, 0)

    def test_reopened_lead_can_be_won(self):
        lead = self.create_lead(stage="opened")
        line = self.record_hours(lead)
        self._decline(lead)
        lead.action_restore()
        project = self.convert(lead, self.salesperson)
        self.assertEqual(line.project_id, project)
        self.assertEqual(line.task_id.state, "01_in_progress")

    def test_declined_lead_that_is_won_has_no_reason_any_more(self):
        def drag(lead):
            lead.stage_id = self.stages["won"]

        for win in (drag, lambda lead: lead.action_set_won()):
            lead = self.create_lead(stage="offer_made")
            lead.action_set_lost(lost_reason_id=self.reason.id)
            win(lead)
            self.assertEqual((lead.active, lead.won_status), (True, "won"))
            self.assertFalse(lead.lost_reason_id)
            self.assertTrue(lead.date_closed)
        lead.action_archive()
        lead.action_set_won()
        self.assertTrue(lead.active)

    def test_declined_lead_won_by_the_dialog_directly(self):
        lead = self.create_lead(stage="opened")
        line = self.record_hours(lead)
        self._decline(lead)
        project = self.convert(lead, self.salesperson)
        self.assertEqual(lead.won_status, "won")
        self.assertTrue(lead.active)
        self.assertFalse(lead.lost_reason_id)
        self.assertEqual(line.project_id, project)
        self.assertEqual(line.task_id.state, "01_in_progress")

    def test_merge_may_archive_without_reason(self):
        """Core's own archiving (merge, mass archive) is not declining."""
        lead = self.create_lead(stage="opened")
        lead.with_user(self.salesperson).action_archive()
        self.assertEqual(lead.won_status, "pending")

    def test_closing_tickets_costs_no_query_per_lead(self):
        def decline(count):
            leads = self.create_leads(count, stage="opened")
            for lead in leads:
                self.record_hours(lead)
            return self.count_queries(lambda: self._decline(leads))

        decline(2)
        few, many = decline(5), decline(10)
        self.assertLess(many - few, 5 * 20, f"{few} queries for 5 leads, {many} for 10")
