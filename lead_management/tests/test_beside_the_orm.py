"""What PostgreSQL deletes or empties by itself leaves no figure behind that is not true."""

from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL

from ..models.crm_lead_drift import CURSOR, LEAD_FIGURES
from .common import SALES
from .common_history import LeadHistoryCommon

START = datetime(2025, 3, 3, 9)
LATER = datetime(2025, 3, 4, 9)
DAY = "2025-03-03"
TODO = "mail.mail_activity_data_todo"


@tagged("post_install", "-at_install")
class TestBesideTheOrm(LeadHistoryCommon):
    def setUp(self):
        super().setUp()
        # as a person that nothing else refers to, so that he can be deleted
        self.leaver = self.create_user("lm_leaver", "Lea Leaver", SALES)
        self.old_team = self.env["crm.team"].create({"name": "Old Team (test)"})
        self.category = self.env["crm.lead.category"].create({"name": "Saunas (test)"})
        self.old_stage = self.env["crm.stage"].create(
            {"name": "Old Phase (test)", "sequence": 50, "team_ids": self.team.ids}
        )
        with self.at(START):
            self.lead = self.create_lead(
                stage="opened",
                type="opportunity",
                expected_revenue=1000,
                user_id=self.leaver.id,
                team_id=self.old_team.id,
                category_id=self.category.id,
            )

    def schedule(self, days, user=None, lead=None):
        return (lead or self.lead).activity_schedule(
            TODO, self.today() + timedelta(days=days), user_id=(user or self.salesperson).id
        )

    def assertFollowUp(self, days):
        self.env.flush_all()
        self.env.invalidate_all()
        expected = self.today() + timedelta(days=days) if days is not None else False
        self.assertEqual(self.lead.next_follow_up, expected)

    def read_amounts(self, report, groupby, **context):
        """Unweighted amount of the lead by what a report groups by."""
        rows = self.env[report].with_context(**context)
        key = "move_key" if "move_key" in rows._fields else "id"
        groups = rows.formatted_read_group([(key, "=", self.lead.id)], [groupby], ["amount:sum"])
        return {group[groupby]: group["amount:sum"] for group in groups}

    # ------------------------------------------------------------
    # Follow-ups
    # ------------------------------------------------------------

    def test_deleted_meeting_takes_its_follow_up_along(self):
        self.schedule(9)
        meeting = self.env["calendar.event"].create(
            {"name": "On site", "start": fields.Datetime.now(), "stop": fields.Datetime.now()}
        )
        self.schedule(2).calendar_event_id = meeting
        self.assertFollowUp(2)
        meeting.unlink()
        self.assertFollowUp(9)

    def test_deleted_series_takes_its_follow_ups_along(self):
        start = fields.Datetime.now() + timedelta(days=1)
        first = self.env["calendar.event"].create(
            {
                "name": "Every week",
                "start": start,
                "stop": start + timedelta(hours=1),
                "recurrency": True,
                "rrule_type": "daily",
                "interval": 1,
                "count": 3,
                "end_type": "count",
            }
        )
        events = first.recurrence_id.calendar_event_ids
        self.assertEqual(len(events), 3)
        for number, event in enumerate(events):
            self.schedule(number + 1).calendar_event_id = event
        self.assertFollowUp(1)
        first.action_mass_deletion("all_events")
        self.assertFalse(events.exists())
        self.assertFollowUp(None)

    def test_deleted_user_takes_his_follow_ups_along(self):
        self.schedule(1, self.leaver)
        self.schedule(4)
        done = self.schedule(0, self.leaver)
        done.active = False
        self.assertFollowUp(1)
        self.leaver.unlink()
        self.assertFollowUp(4)

    def test_follow_ups_on_other_records_stay_core_s(self):
        partner = self.create_partner()
        activity = partner.activity_schedule(TODO, self.today(), user_id=self.leaver.id)
        self.leaver.unlink()
        self.assertFalse(activity.exists())

    def test_deleting_meetings_costs_no_query_per_meeting(self):
        def delete(count):
            events = self.env["calendar.event"].create(
                [
                    {"name": "M", "start": fields.Datetime.now(), "stop": fields.Datetime.now()}
                    for _number in range(count)
                ]
            )
            for event in events:
                self.schedule(1).calendar_event_id = event
            return self.count_queries(events.unlink)

        delete(2)
        few, many = delete(10), delete(20)
        self.assertLess(many - few, 10)

    # ------------------------------------------------------------
    # Owner, team, and the past under the names it had
    # ------------------------------------------------------------

    def test_deleted_owner_leaves_the_lead_and_stays_in_the_past(self):
        with self.at(LATER):
            self.leaver.unlink()
        self.assertFalse(self.lead.user_id)
        rows = self.read_rows(self.lead)
        self.assertEqual(len(rows), 2)
        self.assertEqual(rows[0].deleted_text, "Owner: Lea Leaver")
        self.assertFalse(rows[1].salesperson_id)
        self.assertFalse(rows[1].deleted_text)
        for report in ("crm.lead.snapshot.report", "crm.lead.movement.report"):
            days = {"snapshot_date": DAY, "date_from": DAY, "date_to": DAY}
            past = self.read_amounts(report, "owner_name", **days)
            self.assertEqual(set(past), {"Lea Leaver"}, report)
        today = self.read_amounts("crm.lead.snapshot.report", "owner_name")
        self.assertEqual(today, {False: 1000})

    def test_owner_that_is_read_in_the_same_transaction(self):
        """No commit lies between the deletion and the reader."""
        self.leaver.unlink()
        self.assertFalse(self.read_rows(self.lead)[-1].salesperson_id)
        self.assertEqual(self.read_amounts("crm.lead.snapshot.report", "owner_name"), {False: 1000})

    def test_change_and_deletion_in_one_transaction_are_one_row(self):
        with self.at(LATER):
            self.lead.with_user(self.leaver).expected_revenue = 1500
            self.env.flush_all()
            self.leaver.unlink()
        rows = self.read_rows(self.lead)
        self.assertEqual(len(rows), 2)
        self.assertFalse(rows[1].user_id)
        self.assertEqual(rows[1].expected_revenue, 1500)
        self.assertEqual(rows[1].deleted_text, "Changed By: Lea Leaver")

    def test_deleted_team(self):
        with self.at(LATER):
            self.old_team.unlink()
        self.assertFalse(self.lead.team_id)
        self.assertEqual(len(self.read_rows(self.lead)), 2)
        past = self.read_amounts("crm.lead.snapshot.report", "team_name", snapshot_date=DAY)
        self.assertEqual(past, {"Old Team (test)": 1000})

    def test_deleted_phase_and_category(self):
        with self.at(START + timedelta(hours=1)):
            self.lead.write({"stage_id": self.old_stage.id})
        with self.at(LATER):
            self.lead.write({"stage_id": self.stages["opened"].id, "category_id": False})
        with self.at(LATER + timedelta(days=1)):
            self.old_stage.unlink()
            self.category.unlink()
        self.assertEqual(len(self.read_rows(self.lead)), 3)
        context = {"snapshot_date": DAY}
        report = "crm.lead.snapshot.report"
        self.assertEqual(
            self.read_amounts(report, "stage_name", **context), {"Old Phase (test)": 1000}
        )
        self.assertEqual(
            self.read_amounts(report, "category_name", **context), {"Saunas (test)": 1000}
        )
        now = self.read_amounts(report, "stage_name")
        self.assertEqual(now, {self.stages["opened"].name: 1000})

    def test_phases_are_grouped_in_their_order_deleted_ones_last(self):
        with self.at(START):
            leads = self.create_leads(2, stage="new", expected_revenue=10)
        with self.at(LATER):
            leads[0].stage_id = self.old_stage
            leads[1].stage_id = self.stages["negotiation"]
        with self.at(LATER + timedelta(days=1)):
            leads[0].stage_id = self.stages["opened"]
            self.old_stage.unlink()
        groups = self.env["crm.lead.snapshot.report"].with_context(snapshot_date=LATER.date())
        groups = groups.formatted_read_group(
            [("id", "in", [self.lead.id, *leads.ids])], ["stage_name"], ["__count"]
        )
        names = [group["stage_name"] for group in groups]
        opened, negotiation = self.stages["opened"].name, self.stages["negotiation"].name
        self.assertEqual(names, [opened, negotiation, "Old Phase (test)"])

    def test_kept_name_is_told_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.category.with_context(lang="de_DE").name = "Saunen"
        with self.at(LATER):
            self.lead.category_id = False
        self.category.unlink()
        read = {
            lang: self.read_amounts(
                "crm.lead.snapshot.report", "category_name", snapshot_date=DAY, lang=lang
            )
            for lang in ("en_US", "de_DE")
        }
        self.assertEqual(read, {"en_US": {"Saunas (test)": 1000}, "de_DE": {"Saunen": 1000}})

    def test_forecast_keeps_the_name_of_the_owner(self):
        with self.at("2025-03-20"):
            self.lead.date_deadline = "2025-05-05"
        self.leaver.unlink()
        rows = self.env["crm.lead.forecast.report"].search([("lead_id", "=", self.lead.id)])
        self.assertEqual(set(rows.mapped("owner_name")), {"Lea Leaver"})

    def test_search_by_a_kept_name(self):
        self.leaver.unlink()
        rows = self.env["crm.lead.snapshot.report"].with_context(snapshot_date=DAY)
        self.assertEqual(rows.search([("owner_name", "ilike", "leaver")]).ids, self.lead.ids)

    def test_nobody_reads_a_row_more(self):
        """Own documents only: rows of the past are read with their lead, as before."""
        own = self.create_user("lm_own", "Olga Own", SALES)
        taken = self.create_lead(user_id=self.salesperson.id, category_id=self.category.id)
        self.commit()
        history = self.history.with_user(own)
        self.assertFalse(history.search([("lead_key", "=", taken.id)]))
        (taken | self.lead).category_id = False
        self.category.unlink()
        self.old_stage.unlink()
        self.assertFalse(history.search([("lead_key", "=", taken.id)]))

    # ------------------------------------------------------------
    # Companies
    # ------------------------------------------------------------

    def test_company_with_leads_or_figures_is_not_deleted(self):
        company = self.env["res.company"].create({"name": "Branch (test)"})
        other = self.env["res.company"].create({"name": "Without leads (test)"})
        lead = self.create_lead(company_id=company.id, user_id=False, team_id=False)
        self.commit()
        with self.assertRaisesRegex(UserError, "Branch"):
            company.unlink()
        lead.unlink()
        self.commit()
        # what is left of deleted leads is read by others
        with self.assertRaisesRegex(UserError, "Archive the company"):
            company.unlink()
        self.assertTrue(self.history.search_count([("company_id", "=", company.id)]))
        other.unlink()

    # ------------------------------------------------------------
    # Drift
    # ------------------------------------------------------------

    def repair(self):
        """Run the nightly job, in a cursor that may commit."""
        self.commit()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["crm.lead"]._repair_drift()
        self.env.invalidate_all()

    def set_in_sql(self, table, column, value, record):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s = %s WHERE id = %s",
                SQL.identifier(table),
                SQL.identifier(column),
                value,
                record.id,
            )
        )
        self.env.invalidate_all()

    def test_what_is_right_is_not_touched(self):
        self.schedule(3)
        self.record_hours(self.lead)
        before = self.lead.read(LEAD_FIGURES)
        self.repair()
        self.assertEqual(self.lead.read(LEAD_FIGURES), before)
        self.assertEqual(len(self.read_rows(self.lead)), 1)

    def test_drift_is_repaired_once(self):
        self.schedule(3)
        self.record_hours(self.lead)
        line, ticket = self.lead.timesheet_ids, self.lead.task_ids
        payment = self.env["crm.lead.payment"].create({"lead_id": self.lead.id, "amount": 400})
        self.repair()
        for table, column, value, record in (
            ("crm_lead", "next_follow_up", "2020-01-01", self.lead),
            ("crm_lead", "project_state", "converted", self.lead),
            ("crm_lead", "expected_revenue", 2000, self.lead),
            ("crm_lead_payment", "amount", 500, payment),
            ("project_task", "is_internal_presales", False, ticket),
            ("account_analytic_line", "lead_id", None, line),
        ):
            self.set_in_sql(table, column, value, record)
        self.repair()
        self.assertFollowUp(3)
        self.assertEqual(self.lead.project_state, "none")
        self.assertEqual(self.lead.prorated_revenue, 1000)
        self.assertEqual(self.lead.planned_revenue, 500)
        self.assertTrue(ticket.is_internal_presales)
        self.assertEqual(line.lead_id, self.lead)
        self.assertEqual(self.read_rows(self.lead)[-1].expected_revenue, 2000)
        rows = len(self.read_rows(self.lead))
        self.repair()
        self.assertEqual(len(self.read_rows(self.lead)), rows)

    def test_payments_follow_a_value_and_a_probability_set_in_sql(self):
        payments = self.env["crm.lead.payment"].create(
            [
                {"lead_id": self.lead.id, "percentage": 50},
                {"lead_id": self.lead.id, "amount": 100},
            ]
        )
        self.set_in_sql("crm_lead", "expected_revenue", 2000, self.lead)
        self.set_in_sql("crm_lead", "probability", 10, self.lead)
        self.repair()
        self.assertEqual(payments.mapped("amount"), [1000, 100])
        self.assertEqual(payments.mapped("amount_weighted"), [100, 10])
        self.assertEqual(self.lead.planned_prorated_revenue, 110)
        self.assertEqual(self.lead.prorated_revenue, 200)

    def test_value_follows_an_offer_changed_in_sql_until_the_decision(self):
        decided = self.create_lead(stage="opened")
        for lead in self.lead | decided:
            self.create_offer(lead, price=500)
            lead.action_take_over_offer()
        decided.action_set_lost(lost_reason_id=self.reason.id)
        for lead in self.lead | decided:
            self.set_in_sql("sale_order", "amount_untaxed", 333, lead.main_order_id)
        self.repair()
        self.assertEqual((self.lead | decided).mapped("expected_revenue"), [333, 500])
        self.assertEqual(self.lead.prorated_revenue, 166.5)

    def test_value_with_too_many_decimals_is_rounded(self):
        self.set_in_sql("crm_lead", "expected_revenue", 1000.555, self.lead)
        self.repair()
        self.env.cr.execute("SELECT expected_revenue FROM crm_lead WHERE id = %s", self.lead.ids)
        self.assertEqual(float(self.env.cr.fetchone()[0]), 1000.56)
        with self.assertNoLogs("odoo.addons.lead_management.models.crm_lead_drift"):
            self.repair()

    def test_phase_and_probability_set_in_sql_decide(self):
        declined = self.create_lead(stage="opened", expected_revenue=10)
        self.set_in_sql("crm_lead", "stage_id", self.stages["won"].id, self.lead)
        self.set_in_sql("crm_lead", "probability", 100, self.lead)
        self.set_in_sql("crm_lead", "active", False, declined)
        self.set_in_sql("crm_lead", "probability", 0, declined)
        self.repair()
        leads = self.lead | declined
        self.assertEqual(leads.mapped("won_status"), ["won", "lost"])
        self.assertEqual(self.lead.project_state, "pending")
        self.assertFalse(self.read_snapshot(self.today(), leads))

    def test_main_offer_moved_in_sql_is_that_of_the_other_lead(self):
        other = self.create_lead(stage="opened")
        offer = self.create_offer(self.lead, price=500)
        self.lead.action_take_over_offer()
        self.set_in_sql("sale_order", "opportunity_id", other.id, offer)
        self.repair()
        self.assertFalse(self.lead.main_order_id)
        self.assertEqual(other.main_order_id, offer)
        self.assertEqual(self.lead.expected_revenue, 500)

    def test_weighted_value_that_changes_alone_is_in_the_history(self):
        """As when a row was recorded between a change in SQL and its repair."""
        self.set_in_sql("crm_lead", "expected_revenue", 2000, self.lead)
        self.lead.date_deadline = "2030-01-01"
        self.commit()
        self.assertEqual(self.read_rows(self.lead)[-1].prorated_revenue, 500)
        self.repair()
        self.assertEqual(self.read_rows(self.lead)[-1].prorated_revenue, 1000)
        ((_stage, _day, amount, weighted),) = self.read_snapshot(self.today(), self.lead).values()
        self.assertEqual((amount, weighted), (2000, 1000))

    def test_weighted_value_in_the_history_follows_the_smallest_unit(self):
        self.lead.write({"expected_revenue": 1001, "probability": 12.5})
        currency = self.env["res.currency"].create({"name": "TSW", "symbol": "W", "rounding": 1})
        self.lead.company_id.currency_id = currency
        self.repair()
        self.assertEqual(self.lead.prorated_revenue, 125)
        self.assertEqual(self.read_rows(self.lead)[-1].prorated_revenue, 125)

    def test_lead_deleted_in_sql_leaves_the_pipeline(self):
        lead = self.create_lead(stage="opened", expected_revenue=700)
        self.commit()
        self.env.cr.execute("DELETE FROM crm_lead WHERE id = %s", [lead.id])
        self.env.invalidate_all()
        self.assertTrue(self.read_snapshot(self.today(), lead))
        self.repair()
        self.assertFalse(self.read_snapshot(self.today(), lead))
        rows = len(self.read_rows(lead))
        self.repair()
        self.assertEqual(len(self.read_rows(lead)), rows)

    def test_repair_goes_on_where_its_time_was_up(self):
        parameters = self.env["ir.config_parameter"].sudo()
        later = self.create_lead()
        for lead in self.lead | later:
            self.set_in_sql("crm_lead", "next_follow_up", "2020-01-01", lead)
        parameters.set_param(CURSOR, self.lead.id)
        self.repair()
        self.assertEqual(str(self.lead.next_follow_up), "2020-01-01")
        self.assertFalse(later.next_follow_up)
        self.repair()
        self.assertFalse(self.lead.next_follow_up)

    def test_sums_of_cents_are_no_drift(self):
        """In binary, 0.1 + 0.2 is not 0.3, which is stored."""
        payments = [{"lead_id": self.lead.id, "amount": amount} for amount in (0.1, 0.2)]
        self.env["crm.lead.payment"].create(payments)
        with self.assertNoLogs("odoo.addons.lead_management.models.crm_lead_drift"):
            self.repair()

    def test_settings_say_what_waits_what_was_repaired_and_when_jobs_ran(self):
        settings = self.env["res.config.settings"].create({})
        pending = settings.lead_watch_pending
        job = self.env.ref("lead_management.ir_cron_repair_drift")
        job.write({"lastcall": "2026-03-02 02:15:00", "failure_count": 2})
        other = self.env.ref("lead_management.ir_cron_wake_up_leads")
        other._add_progress(timed_out_counter=0)
        _job, run = job._add_progress()
        self.set_in_sql(
            "ir_cron_progress", "write_date", run.create_date + timedelta(seconds=7.5), run
        )
        self.create_lead(stage="negotiation").action_set_won()
        self.create_lead().action_set_lost()
        self.set_in_sql("crm_lead", "next_follow_up", "2020-01-01", self.lead)
        self.repair()
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.lead_watch_pending, pending + 1)
        self.assertGreater(settings.lead_watch_no_reason, 0)
        self.assertEqual(settings.lead_watch_repaired, f"{fields.Date.today()}: 1")
        self.assertIn("2026", settings.lead_watch_jobs)
        self.assertIn("took 7.5 s, 2 failures", settings.lead_watch_jobs)
        self.assertIn("not finished", settings.lead_watch_jobs)
        action = settings.action_open_lead_pending()
        found = self.env["crm.lead"].with_context(**action["context"]).search(action["domain"])
        self.assertEqual(len(found), settings.lead_watch_pending)
        self.assertIn(job.id, settings.action_open_lead_jobs()["domain"][0][2])

    def test_comparing_costs_no_query_per_lead(self):
        leads = self.create_leads(60)
        self.commit()
        few, many = (self.count_queries(leads[:count].sudo()._repair_figures) for count in (20, 40))
        self.assertEqual(few, many)
