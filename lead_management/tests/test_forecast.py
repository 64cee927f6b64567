"""What a quarter promised when it began, and what was won in it."""

from datetime import date, datetime

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from ..tools.periods import covered_quarters, last_quarter_end
from .common_history import LeadHistoryCommon

DECEMBER = datetime(2024, 12, 10, 9)
JANUARY = datetime(2025, 1, 10, 9)
FEBRUARY = datetime(2025, 2, 10, 9)
APRIL = datetime(2025, 4, 10, 9)
Q1, Q2 = "2025-01-01", "2025-04-01"


@tagged("post_install", "-at_install")
class TestForecast(LeadHistoryCommon):
    def setUp(self):
        super().setUp()
        # the history begins with the first lead of each test
        self.env.cr.execute("DELETE FROM crm_lead_history")
        self.env.invalidate_all()
        freezer = freeze_time("2025-05-20 12:00:00")
        freezer.start()
        self.addCleanup(freezer.stop)

    def create_at(self, moment, **values):
        with self.at(moment):
            return self.create_lead(
                **{
                    "stage": "opened",
                    "type": "opportunity",
                    "expected_revenue": 1000,
                    "date_deadline": "2025-03-31",
                    **values,
                }
            )

    def win_at(self, moment, lead, **vals):
        with self.at(moment):
            lead.write(vals)
            lead.action_set_won()

    def test_forecast_and_won(self):
        lead = self.create_at(DECEMBER)
        self.win_at(FEBRUARY, lead)
        self.assertEqual(self.read_forecast(lead), [(Q1, 1000, 500, 1000, 500)])

    def test_forecast_and_not_won(self):
        lead = self.create_at(DECEMBER)
        with self.at(FEBRUARY):
            lead.action_set_lost(lost_reason_id=self.reason.id)
        self.assertEqual(self.read_forecast(lead), [(Q1, 1000, 500, 0, -500)])

    def test_won_without_a_forecast(self):
        first = self.create_at(DECEMBER)
        lead = self.create_at(JANUARY)
        self.win_at(FEBRUARY, lead)
        self.assertEqual(self.read_forecast(lead), [(Q1, 0, 0, 1000, 1000)])
        self.assertEqual(self.read_forecast(first), [(Q1, 1000, 500, 0, -500)])

    def test_forecast_for_one_quarter_and_won_in_the_next(self):
        lead = self.create_at(DECEMBER)
        with self.at(FEBRUARY):
            lead.date_deadline = "2025-06-30"
        self.win_at(APRIL, lead, expected_revenue=1100)
        self.assertEqual(
            self.read_forecast(lead), [(Q1, 1000, 500, 0, -500), (Q2, 1000, 500, 1100, 600)]
        )

    def test_the_value_won_is_that_of_the_quarters_end(self):
        lead = self.create_at(DECEMBER)
        self.win_at(JANUARY, lead)
        with self.at(FEBRUARY):
            lead.expected_revenue = 1300
        with self.at(APRIL):
            lead.expected_revenue = 1400
        self.assertEqual(self.read_forecast(lead), [(Q1, 1000, 500, 1300, 800)])

    def test_won_and_reopened_within_the_quarter_is_not_won(self):
        lead = self.create_at(DECEMBER)
        self.win_at(JANUARY, lead)
        with self.at(FEBRUARY):
            lead.stage_id = self.stages["opened"]
        self.assertEqual(self.read_forecast(lead), [(Q1, 1000, 500, 0, -500)])

    def test_planned_for_later_is_no_forecast_of_this_quarter(self):
        lead = self.create_at(DECEMBER, date_deadline="2025-06-01")
        self.assertEqual(self.read_forecast(lead), [(Q2, 1000, 500, 0, -500)])
        undated = self.create_at(DECEMBER, date_deadline=False)
        self.assertEqual(self.read_forecast(undated), [])

    def test_a_quarter_that_began_before_the_history_is_left_out(self):
        lead = self.create_at(JANUARY)
        self.win_at(FEBRUARY, lead)
        self.assertEqual(self.read_forecast(lead), [])

    def test_a_lead_won_before_the_history_began_and_touched_now_was_not_won_now(self):
        with self.at(DECEMBER):
            old = self.create_lead(stage="won", expected_revenue=500)
        self.env.cr.execute("DELETE FROM crm_lead_history")
        self.env.invalidate_all()
        self.create_at(DECEMBER)
        with self.at(FEBRUARY):
            old.user_id = self.salesperson_2
        self.assertEqual(self.read_forecast(old), [])

    def test_a_lead_deleted_after_it_was_won_stays_won(self):
        lead = self.create_at(DECEMBER)
        self.win_at(FEBRUARY, lead)
        with self.at(APRIL):
            lead.unlink()
        rows = self.env["crm.lead.forecast.report"].search([])
        self.assertEqual(rows.mapped("won"), [1000])
        self.assertFalse(rows.lead_id)
        self.assertEqual(rows.action_open_lead()["tag"], "display_notification")

    def test_a_lead_won_with_payments_still_to_come(self):
        """It is won in the quarter of the decision; its payments stay at their dates."""
        lead = self.create_at(
            DECEMBER,
            payment_ids=[
                Command.create({"name": "At the start", "percentage": 40, "date": "2025-03-15"}),
                Command.create({"name": "At the end", "percentage": 60, "date": "2025-08-15"}),
            ],
        )
        self.win_at(FEBRUARY, lead)
        self.assertEqual(self.read_forecast(lead), [(Q1, 1000, 500, 1000, 500)])
        rows = self.env["crm.lead.pipeline.report"].search([("lead_id", "=", lead.id)])
        self.assertEqual(
            [(str(row.date), row.won_status, row.amount, row.amount_weighted) for row in rows],
            [("2025-03-15", "won", 400, 400), ("2025-08-15", "won", 600, 600)],
        )
        # what is over is not overdue: somebody else sends the invoices now
        self.assertEqual(set(rows.mapped("timing")), {"dated"})

    def test_the_running_quarter_is_marked(self):
        lead = self.create_at(DECEMBER)
        other = self.create_at(JANUARY, date_deadline="2025-06-30")
        rows = self.env["crm.lead.forecast.report"].search([], order="quarter")
        self.assertEqual(rows.lead_id, lead | other)
        self.assertEqual(rows.mapped("state"), ["finished", "running"])

    def test_it_groups_by_what_the_lead_was_when_it_was_forecast(self):
        lead = self.create_at(DECEMBER)
        self.win_at(FEBRUARY, lead)
        row = self.env["crm.lead.forecast.report"].search([("lead_id", "=", lead.id)])
        self.assertEqual(row.stage_id, self.stages["opened"])

    def test_quarters_begin_where_the_company_is(self):
        """Won at 1 January, 10:30 UTC: in Auckland it was January already, for good; a win at
        31 December 11:30 UTC is one of January in Auckland, of December in Los Angeles."""
        with self.at("2024-09-01 12:00:00"):
            lead = self.create_lead(
                stage="opened", expected_revenue=1000, date_deadline="2024-12-31"
            )
        self.win_at(datetime(2024, 12, 31, 11, 30), lead)
        self.company.lead_tz = "Pacific/Auckland"
        self.assertEqual(
            self.read_forecast(lead),
            [("2024-10-01", 1000, 500, 0, -500), (Q1, 0, 0, 1000, 1000)],
        )
        for tz in ("America/Los_Angeles", "UTC"):
            self.company.lead_tz = tz
            self.assertEqual(self.read_forecast(lead), [("2024-10-01", 1000, 500, 1000, 500)])

    def test_a_change_at_midnight_belongs_to_the_new_quarter(self):
        lead = self.create_at(DECEMBER)
        with self.at("2025-01-01 00:00:00"):
            lead.expected_revenue = 5000
        self.assertEqual(self.read_forecast(lead)[0][1], 1000)
        before = self.create_at(DECEMBER)
        with self.at("2024-12-31 23:59:59"):
            before.expected_revenue = 5000
        self.assertEqual(self.read_forecast(before)[0][1], 5000)


@tagged("post_install", "-at_install")
class TestPeriods(LeadHistoryCommon):
    def test_last_quarter_end(self):
        self.assertEqual(last_quarter_end(date(2025, 1, 1)), date(2024, 12, 31))
        self.assertEqual(last_quarter_end(date(2025, 3, 31)), date(2024, 12, 31))
        self.assertEqual(last_quarter_end(date(2025, 4, 1)), date(2025, 3, 31))
        self.assertEqual(last_quarter_end(date(2025, 12, 31)), date(2025, 9, 30))

    def test_covered_quarters(self):
        since = datetime(2024, 12, 31, 23, 59)
        quarters = covered_quarters(since, date(2025, 5, 20), "UTC")
        self.assertEqual(
            quarters,
            [
                (date(2025, 1, 1), datetime(2025, 1, 1), datetime(2025, 4, 1)),
                (date(2025, 4, 1), datetime(2025, 4, 1), datetime(2025, 7, 1)),
            ],
        )
        self.assertEqual(covered_quarters(datetime(2025, 4, 2), date(2025, 5, 20), "UTC"), [])
        auckland = covered_quarters(since, date(2025, 5, 20), "Pacific/Auckland")
        # midnight there is 11 hours before midnight UTC in summer, 12 in winter
        self.assertEqual(auckland[0][1:], (datetime(2025, 3, 31, 11), datetime(2025, 6, 30, 12)))
