"""What became of the pipeline between two days: each kind of movement, and what holds for all."""

from datetime import date, datetime

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import INVOICING, SALES
from .common_history import LeadHistoryCommon

BEFORE = datetime(2025, 3, 3, 9)
FROM = date(2025, 3, 31)
BETWEEN = datetime(2025, 4, 10, 9)
LATER = datetime(2025, 4, 11, 9)
TO = date(2025, 4, 30)
Q2 = "2025-06-30"
Q3 = "2025-09-30"


class MovementsCommon(LeadHistoryCommon):
    def create_at(self, moment, **values):
        with self.at(moment):
            return self.create_lead(
                **{
                    "stage": "opened",
                    "type": "opportunity",
                    "expected_revenue": 1000,
                    "date_deadline": Q2,
                    **values,
                }
            )

    def write_at(self, moment, lead, **vals):
        if "stage" in vals:
            vals["stage_id"] = self.stages[vals.pop("stage")].id
        with self.at(moment):
            lead.write(vals)

    def assertMovements(self, lead, *rows):
        """These are the lead's rows between the two days, and they add up."""
        found = self.read_movements(FROM, TO, lead)
        self.assertEqual(found, list(rows))
        for place in (2, 3):
            total = sum(row[place] for row in found if row[0] != "closing")
            closing = sum(row[place] for row in found if row[0] == "closing")
            self.assertAlmostEqual(total, closing, 6)


@tagged("post_install", "-at_install")
class TestMovementKinds(MovementsCommon):
    def test_what_did_not_change_opens_and_closes(self):
        lead = self.create_at(BEFORE)
        self.write_at(BETWEEN, lead, user_id=self.salesperson_2.id)
        self.assertMovements(lead, ("opening", Q2, 1000, 500), ("closing", Q2, 1000, 500))

    def test_new(self):
        lead = self.create_at(BETWEEN)
        self.assertMovements(lead, ("new", Q2, 1000, 500), ("closing", Q2, 1000, 500))

    def test_reopened(self):
        lead = self.create_at(BEFORE)
        with self.at(BEFORE):
            lead.action_set_lost(lost_reason_id=self.reason.id)
        with self.at(BETWEEN):
            lead.action_restore()
        self.assertMovements(lead, ("reopened", Q2, 1000, 500), ("closing", Q2, 1000, 500))

    def test_grown(self):
        lead = self.create_at(BEFORE)
        self.write_at(BETWEEN, lead, expected_revenue=1500)
        self.assertMovements(
            lead,
            ("opening", Q2, 1000, 500),
            ("grown", Q2, 500, 250),
            ("closing", Q2, 1500, 750),
        )

    def test_shrunk(self):
        lead = self.create_at(BEFORE)
        self.write_at(BETWEEN, lead, expected_revenue=400)
        self.assertMovements(
            lead,
            ("opening", Q2, 1000, 500),
            ("shrunk", Q2, -600, -300),
            ("closing", Q2, 400, 200),
        )

    def test_pushed_to_a_later_quarter(self):
        lead = self.create_at(BEFORE)
        self.write_at(BETWEEN, lead, date_deadline=Q3)
        self.assertMovements(
            lead,
            ("opening", Q2, 1000, 500),
            ("pushed", Q2, -1000, -500),
            ("pushed", Q3, 1000, 500),
            ("closing", Q3, 1000, 500),
        )

    def test_pulled_to_an_earlier_quarter(self):
        lead = self.create_at(BEFORE, date_deadline=Q3)
        self.write_at(BETWEEN, lead, date_deadline=Q2)
        self.assertMovements(
            lead,
            ("opening", Q3, 1000, 500),
            ("pulled", Q2, 1000, 500),
            ("pulled", Q3, -1000, -500),
            ("closing", Q2, 1000, 500),
        )

    def test_undated_is_the_latest_quarter(self):
        lead = self.create_at(BEFORE)
        self.write_at(BETWEEN, lead, date_deadline=False)
        self.assertMovements(
            lead,
            ("opening", Q2, 1000, 500),
            ("pushed", Q2, -1000, -500),
            ("pushed", None, 1000, 500),
            ("closing", None, 1000, 500),
        )
        dated = self.create_at(BEFORE, date_deadline=False)
        self.write_at(BETWEEN, dated, date_deadline=Q2)
        self.assertIn(("pulled", Q2, 1000, 500), self.read_movements(FROM, TO, dated))

    def test_another_day_of_the_same_quarter_is_no_movement(self):
        lead = self.create_at(BEFORE)
        self.write_at(BETWEEN, lead, date_deadline="2025-04-15")
        self.assertMovements(lead, ("opening", Q2, 1000, 500), ("closing", "2025-04-15", 1000, 500))

    def test_the_last_and_the_first_day_of_a_quarter(self):
        lead = self.create_at(BEFORE, date_deadline="2025-12-31")
        self.write_at(BETWEEN, lead, date_deadline="2026-01-01")
        self.assertIn(("pushed", "2026-01-01", 1000, 500), self.read_movements(FROM, TO, lead))

    def test_probability_changed(self):
        lead = self.create_at(BEFORE)
        self.write_at(BETWEEN, lead, stage="offer_made")
        self.assertMovements(
            lead,
            ("opening", Q2, 1000, 500),
            ("probability", Q2, 0, 250),
            ("closing", Q2, 1000, 750),
        )

    def test_won(self):
        lead = self.create_at(BEFORE)
        with self.at(BETWEEN):
            lead.action_set_won()
        self.assertMovements(lead, ("opening", Q2, 1000, 500), ("won", Q2, -1000, -500))

    def test_declined(self):
        lead = self.create_at(BEFORE)
        with self.at(BETWEEN):
            lead.action_set_lost(lost_reason_id=self.reason.id)
        self.assertMovements(lead, ("opening", Q2, 1000, 500), ("lost", Q2, -1000, -500))

    def test_archived(self):
        lead = self.create_at(BEFORE)
        self.write_at(BETWEEN, lead, active=False)
        self.assertMovements(lead, ("opening", Q2, 1000, 500), ("removed", Q2, -1000, -500))

    def test_deleted(self):
        lead = self.create_at(BEFORE)
        with self.at(BETWEEN):
            lead.unlink()
        self.assertMovements(lead, ("opening", Q2, 1000, 500), ("removed", Q2, -1000, -500))

    # ------------------------------------------------------------
    # Several at once
    # ------------------------------------------------------------

    def test_value_quarter_and_probability_at_once(self):
        lead = self.create_at(BEFORE)
        self.write_at(BETWEEN, lead, expected_revenue=1500, date_deadline=Q3, stage="offer_made")
        self.assertMovements(
            lead,
            ("opening", Q2, 1000, 500),
            ("grown", Q3, 500, 250),
            ("pushed", Q2, -1000, -500),
            ("pushed", Q3, 1000, 500),
            ("probability", Q3, 0, 375),
            ("closing", Q3, 1500, 1125),
        )

    def test_a_cent_of_rounding_is_no_change_of_probability(self):
        lead = self.create_at(BEFORE, expected_revenue=0.33)
        self.write_at(BETWEEN, lead, expected_revenue=0.66)
        kinds = [row[0] for row in self.read_movements(FROM, TO, lead)]
        self.assertEqual(kinds, ["opening", "grown", "closing"])

    def test_won_at_another_value_first_grows(self):
        lead = self.create_at(BEFORE)
        with self.at(BETWEEN):
            lead.write({"expected_revenue": 1200, "date_deadline": Q3})
            lead.action_set_won()
        self.assertMovements(
            lead,
            ("opening", Q2, 1000, 500),
            ("grown", Q2, 200, 100),
            ("won", Q2, -1200, -600),
        )

    def test_come_and_won_in_between(self):
        lead = self.create_at(BETWEEN)
        with self.at(LATER):
            lead.action_set_won()
        self.assertMovements(lead, ("new", Q2, 1000, 1000), ("won", Q2, -1000, -1000))

    def test_declined_before_and_won_after(self):
        lead = self.create_at(BEFORE)
        with self.at(BEFORE):
            lead.action_set_lost(lost_reason_id=self.reason.id)
        with self.at(BETWEEN):
            lead.action_restore()
        with self.at(LATER):
            lead.action_set_won()
        self.assertMovements(lead, ("reopened", Q2, 1000, 1000), ("won", Q2, -1000, -1000))

    def test_come_and_deleted_in_between_never_shows(self):
        lead = self.create_at(BETWEEN)
        with self.at(LATER):
            lead.unlink()
        self.assertMovements(lead)

    def test_back_where_it_was_never_shows(self):
        lead = self.create_at(BEFORE)
        self.write_at(BETWEEN, lead, expected_revenue=5, date_deadline=Q3)
        self.write_at(LATER, lead, expected_revenue=1000, date_deadline=Q2)
        self.assertMovements(lead, ("opening", Q2, 1000, 500), ("closing", Q2, 1000, 500))

    def test_a_lead_won_before_the_history_began_and_touched_now_is_no_win_of_now(self):
        lead = self.create_at(BEFORE)
        with self.at(BEFORE):
            lead.action_set_won()
        self.env.cr.execute("DELETE FROM crm_lead_history")
        self.env.invalidate_all()
        self.write_at(BETWEEN, lead, user_id=self.salesperson_2.id)
        self.assertEqual(len(self.read_rows(lead)), 1)
        self.assertMovements(lead)

    def test_an_old_lead_that_was_open_when_the_history_began_comes_in_as_reopened(self):
        """Not as new: it was created before. What it was on the first day is not known."""
        lead = self.create_at(BEFORE)
        self.env.cr.execute("DELETE FROM crm_lead_history")
        self.env.invalidate_all()
        with self.at(BETWEEN):
            self.history._record_open_leads()
        self.assertMovements(lead, ("reopened", Q2, 1000, 500), ("closing", Q2, 1000, 500))

    def test_a_value_and_a_probability_may_be_missing(self):
        lead = self.create_at(BEFORE, expected_revenue=0)
        self.env.cr.execute(
            "UPDATE crm_lead SET expected_revenue = NULL, prorated_revenue = NULL, "
            "probability = NULL WHERE id = %s",
            [lead.id],
        )
        self.env.invalidate_all()
        with self.at(BEFORE):
            self.history._record_open_leads()
        self.write_at(BETWEEN, lead, expected_revenue=100)
        found = self.read_movements(FROM, TO, lead)
        self.assertIn(("opening", Q2, 0, 0), found)
        self.assertIn(("closing", Q2, 100, lead.prorated_revenue), found)
        self.assertAlmostEqual(
            sum(row[3] for row in found if row[0] != "closing"), lead.prorated_revenue
        )


@tagged("post_install", "-at_install")
class TestMovementReport(MovementsCommon):
    def read_kinds(self, method, **kwargs):
        report = self.env["crm.lead.movement.report"].with_context(date_from=FROM, date_to=TO)
        return getattr(report, method)([], **kwargs)

    def create_one_of_each(self):
        leads = [self.create_at(BEFORE) for _number in range(7)]
        self.write_at(BETWEEN, leads[0], expected_revenue=1500)
        self.write_at(BETWEEN, leads[1], expected_revenue=500)
        self.write_at(BETWEEN, leads[2], date_deadline="2025-02-01")
        self.write_at(BETWEEN, leads[3], date_deadline=Q3, stage="offer_made")
        self.write_at(BETWEEN, leads[6], active=False)
        with self.at(BETWEEN):
            leads[4].action_set_won()
            leads[5].action_set_lost(lost_reason_id=self.reason.id)
        self.create_at(BETWEEN)
        reopened = self.create_at(BEFORE)
        self.write_at(BEFORE, reopened, active=False)
        self.write_at(BETWEEN, reopened, active=True)

    def test_kinds_come_in_the_order_in_which_they_are_told(self):
        self.create_one_of_each()
        report = self.env["crm.lead.movement.report"]
        order = [key for key, _label in report._fields["kind"].selection]
        self.assertEqual(
            [kind for (kind,) in self.read_kinds("_read_group", groupby=["kind"])], order
        )
        groups = self.read_kinds(
            "formatted_read_group", groupby=["kind"], aggregates=["amount:sum"]
        )
        self.assertEqual([group["kind"] for group in groups], order)
        groups = self.read_kinds(
            "formatted_read_grouping_sets",
            grouping_sets=[["kind"], ["kind", "date:quarter"], []],
            aggregates=["amount:sum"],
        )
        self.assertEqual([group["kind"] for group in groups[0]], order)
        groups = self.read_kinds("web_read_group", groupby=["kind"], aggregates=["amount:sum"])
        self.assertEqual([group["kind"] for group in groups["groups"]], order)
        groups = self.read_kinds("_read_group", groupby=["kind"], order="kind desc")
        self.assertEqual([kind for (kind,) in groups], order[::-1])
        groups = self.read_kinds("_read_group", groupby=["kind", "stage_id"], order="stage_id")
        self.assertTrue(groups)
        rows = self.read_kinds("search")
        self.assertEqual(list(dict.fromkeys(rows.mapped("kind"))), order)

    def test_without_dates_it_is_from_the_last_quarters_end_to_today(self):
        report = self.env["crm.lead.movement.report"]
        date_from, date_to = report._get_period()
        self.assertEqual(date_to, self.today())
        self.assertEqual((date_from.month % 3, date_from < date_to), (0, True))
        self.assertLess((date_to - date_from).days, 93)

    def test_rows_say_their_days(self):
        self.create_at(BEFORE)
        rows = self.read_kinds("search")
        self.assertEqual(set(rows.mapped("date_from")), {FROM})
        self.assertEqual(set(rows.mapped("date_to")), {TO})

    def test_everything_counts_under_the_new_phase_and_owner(self):
        lead = self.create_at(BEFORE)
        self.write_at(BETWEEN, lead, stage="offer_made", user_id=self.salesperson_2.id)
        rows = self.read_kinds("search").filtered(lambda row: row.lead_id == lead)
        self.assertEqual(rows.stage_id, self.stages["offer_made"])
        self.assertEqual(rows.user_id, self.salesperson_2)

    def test_salespeople_see_their_own_movements(self):
        self.create_at(BEFORE)
        mine = self.create_at(BEFORE, user_id=self.salesperson_2.id)
        report = self.env["crm.lead.movement.report"].with_user(self.salesperson_2)
        rows = report.with_context(date_from=FROM, date_to=TO).search([("user_id", "!=", False)])
        self.assertEqual(rows.lead_id, mine)

    def test_who_may_not(self):
        for name in ("snapshot", "movement", "forecast"):
            report = self.env[f"crm.lead.{name}.report"]
            for user in (self.timesheet_user, self.portal_user, self.project_manager):
                with self.subTest(name, user=user.login), self.assertRaises(AccessError):
                    report.with_user(user).search([])
            for user in (self.salesperson, self.accountant, self.sales_manager):
                report.with_user(user).search([])

    def test_an_accountant_reads_all_of_it_and_opens_no_lead(self):
        lead = self.create_at(BEFORE)
        accountant = self.create_user("lm_accountant_3", "Arno", INVOICING)
        self.assertEqual(
            self.read_movements(FROM, TO, lead, user=accountant),
            [("opening", Q2, 1000, 500), ("closing", Q2, 1000, 500)],
        )
        report = self.env["crm.lead.movement.report"].with_user(accountant)
        row = report.with_context(date_from=FROM, date_to=TO).search(
            [("lead_id", "=", lead.id)], limit=1
        )
        self.assertEqual(row.action_open_lead()["res_model"], "crm.lead.page")
        self.assertEqual(
            row.web_read({"lead_id": {"fields": {"display_name": {}}}})[0]["lead_id"][
                "display_name"
            ],
            lead.name,
        )

    # ------------------------------------------------------------
    # Companies
    # ------------------------------------------------------------

    def create_second_company(self):
        company = self.env["res.company"].create({"name": "Second (test)"})
        self.env.user.company_ids += company
        user = mail_new_test_user(
            self.env,
            login="lm_sales_b",
            groups=SALES,
            company_id=company.id,
            company_ids=[Command.set([company.id, self.company.id])],
        )
        return company, user

    def test_a_lead_given_to_another_company_is_gone_here_and_new_there(self):
        company, user = self.create_second_company()
        lead = self.create_at(BEFORE, team_id=False)
        self.write_at(BETWEEN, lead, user_id=user.id, company_id=company.id)
        self.assertEqual(lead.company_id, company)
        here, there, both = self.company.ids, company.ids, (self.company | company).ids
        opening, closing = ("opening", Q2, 1000, 500), ("closing", Q2, 1000, 500)
        for chosen, rows in (
            (here, [opening, ("removed", Q2, -1000, -500)]),
            (there, [("new", Q2, 1000, 500), closing]),
            (both, [opening, closing]),
        ):
            found = self.read_movements(FROM, TO, lead, allowed_company_ids=chosen)
            self.assertEqual(found, rows)

    def test_a_lead_without_company_that_gets_one_does_not_move(self):
        lead = self.create_at(BEFORE, user_id=False, team_id=False)
        self.assertFalse(lead.company_id)
        self.write_at(BETWEEN, lead, user_id=self.salesperson.id, company_id=self.company.id)
        self.assertMovements(lead, ("opening", Q2, 1000, 500), ("closing", Q2, 1000, 500))


@tagged("post_install", "-at_install")
class TestPipelineAsOf(MovementsCommon):
    def test_each_day_shows_what_the_lead_was_then(self):
        lead = self.create_at(BEFORE)
        self.write_at(BETWEEN, lead, stage="offer_made", expected_revenue=2000)
        with self.at(LATER):
            lead.action_set_won()
        as_of = self.history._pipeline_as_of
        domain = [("lead_id", "=", lead.id)]
        self.assertEqual(as_of("2025-03-02", domain), {})
        self.assertEqual(as_of("2025-03-03", domain), {self.stages["opened"]: (1000, 500)})
        self.assertEqual(as_of(FROM, domain), {self.stages["opened"]: (1000, 500)})
        self.assertEqual(as_of(BETWEEN.date(), domain), {self.stages["offer_made"]: (2000, 1500)})
        self.assertEqual(as_of(TO, domain), {})

    def test_timing_is_as_of_that_day(self):
        lead = self.create_at(BEFORE, date_deadline="2025-04-01")
        report = self.env["crm.lead.snapshot.report"]

        def timing(day):
            rows = report.with_context(snapshot_date=day).search([("lead_id", "=", lead.id)])
            self.assertEqual(str(rows.snapshot_date), day)
            return rows.timing

        self.assertEqual(timing("2025-03-31"), "dated")
        self.assertEqual(timing("2025-04-01"), "dated")
        self.assertEqual(timing("2025-04-02"), "overdue")
        self.write_at(BETWEEN, lead, date_deadline=False)
        self.assertEqual(timing("2025-04-10"), "undated")

    def test_today_is_the_default(self):
        lead = self.create_lead(expected_revenue=700, stage="opened")
        domain = [("lead_id", "=", lead.id)]
        self.assertEqual(
            self.env["crm.lead.snapshot.report"].search(domain).mapped("amount"), [700]
        )
        as_of_today = self.history._pipeline_as_of(self.today(), domain)
        self.assertEqual(as_of_today, {self.stages["opened"]: (700, 350)})

    def test_salespeople_count_their_own(self):
        lead = self.create_at(BEFORE)
        as_of = self.history.with_user(self.salesperson_2)._pipeline_as_of
        self.assertEqual(as_of(FROM, [("lead_id", "=", lead.id)]), {})
        with self.assertRaises(AccessError):
            self.history.with_user(self.timesheet_user)._pipeline_as_of(FROM)

    def test_new_years_eve_is_where_the_company_is(self):
        """Won on 31 December in Los Angeles, on 1 January in Auckland: one moment."""
        lead = self.create_at(BEFORE)
        with self.at("2026-01-01 07:59:59"):
            lead.action_set_won()
        other = self.create_at("2025-12-31 11:00:00", name="New Year in Auckland")
        opened = (1000, 500)
        for tz, day, has_lead, has_other in (
            ("America/Los_Angeles", "2025-12-30", True, False),
            ("America/Los_Angeles", "2025-12-31", False, True),
            ("UTC", "2025-12-31", True, True),
            ("UTC", "2026-01-01", False, True),
            ("Pacific/Auckland", "2025-12-31", True, False),
            ("Pacific/Auckland", "2026-01-01", False, True),
        ):
            with self.subTest(tz, day=day):
                self.company.lead_tz = tz
                found = self.read_snapshot(day, lead | other)
                self.assertEqual(lead.id in found, has_lead)
                self.assertEqual(other.id in found, has_other)
                if has_lead:
                    self.assertEqual(found[lead.id][2:], opened)
        self.company.lead_tz = "America/Los_Angeles"
        self.assertEqual(
            self.read_movements("2025-12-30", "2025-12-31", lead),
            [("opening", Q2, 1000, 500), ("won", Q2, -1000, -500)],
        )
        self.company.lead_tz = "Pacific/Auckland"
        self.assertEqual(
            self.read_movements("2025-12-30", "2025-12-31", lead),
            [("opening", Q2, 1000, 500), ("closing", Q2, 1000, 500)],
        )

    def test_readers_in_other_time_zones_read_the_same(self):
        lead = self.create_at("2025-12-31 11:00:00", user_id=self.salesperson.id)
        self.company.lead_tz = "Pacific/Auckland"
        for tz in ("America/Los_Angeles", "UTC", "Pacific/Auckland"):
            self.salesperson.tz = tz
            for context in ({"tz": False}, {"tz": tz}):
                read = {"user": self.salesperson, **context}
                self.assertEqual(self.read_snapshot("2025-12-31", lead, **read), {})
                self.assertEqual(list(self.read_snapshot("2026-01-01", lead, **read)), lead.ids)
