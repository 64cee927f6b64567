"""One row per lead and transaction that changed it, whatever way the change took."""

from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

from ..models.crm_lead_history import PENDING
from .common import INVOICING
from .common_history import LeadHistoryCommon

START = datetime(2025, 3, 3, 9)
LATER = datetime(2025, 3, 4, 9)


@tagged("post_install", "-at_install")
class TestHistory(LeadHistoryCommon):
    def setUp(self):
        super().setUp()
        with self.at(START):
            self.lead = self.create_lead(
                stage="opened",
                type="opportunity",
                expected_revenue=1000,
                date_deadline="2025-06-30",
            )

    def assertChanged(self, lead=None, **expected):
        """The lead has exactly one row more, which says this."""
        lead = lead or self.lead
        rows = self.read_rows(lead)
        self.assertEqual(len(rows), 2, rows.mapped(lambda row: row.read()))
        self.assertEqual(rows[0].date, START)
        self.assertEqual(rows[1].date, LATER)
        for name, value in expected.items():
            self.assertEqual(rows[1][name], value, name)

    # ------------------------------------------------------------
    # Every way of change
    # ------------------------------------------------------------

    def test_a_new_lead_has_one_row(self):
        row = self.read_rows(self.lead)
        self.assertEqual(len(row), 1)
        self.assertTrue(row.is_open)
        self.assertEqual(row.lead_id, self.lead)
        self.assertEqual(row.stage_id, self.stages["opened"])
        self.assertEqual(row.won_status, "pending")
        self.assertEqual(row.probability, 50)
        self.assertEqual((row.expected_revenue, row.prorated_revenue), (1000, 500))
        self.assertEqual(str(row.date_deadline), "2025-06-30")
        self.assertEqual(row.salesperson_id, self.salesperson)
        self.assertEqual(row.team_id, self.team)
        self.assertEqual(row.company_id, self.company)
        self.assertEqual(row.currency_id, self.company.currency_id)

    def test_each_recorded_field_makes_a_row(self):
        category = self.env["crm.lead.category"].create({"name": "Bathrooms (test)"})
        changes = [
            {"expected_revenue": 1200},
            {"date_deadline": "2025-09-30"},
            {"probability": 60},
            {"user_id": self.salesperson_2.id},
            {"category_id": category.id},
            {"type": "lead"},
            {"team_id": False},
        ]
        for number, vals in enumerate(changes):
            with self.subTest(vals), self.at(LATER + timedelta(hours=number)):
                self.lead.write(vals)
            self.assertEqual(len(self.read_rows(self.lead)), number + 2, vals)

    def test_what_no_figure_depends_on_makes_no_row(self):
        with self.at(LATER):
            self.lead.write({"name": "Another title", "description": "x", "priority": "2"})
        self.assertEqual(len(self.read_rows(self.lead)), 1)

    def test_a_drag_on_the_board(self):
        with self.at(LATER):
            self.lead.web_save({"stage_id": self.stages["offer_made"].id}, {"id": {}})
        self.assertChanged(stage_id=self.stages["offer_made"], probability=75, prorated_revenue=750)

    def test_won(self):
        with self.at(LATER):
            self.lead.action_set_won()
        self.assertChanged(won_status="won", is_open=False, probability=100)

    def test_declined_and_restored(self):
        with self.at(LATER):
            self.lead.action_set_lost(lost_reason_id=self.reason.id)
        self.assertChanged(won_status="lost", is_open=False, probability=0)
        with self.at(LATER + timedelta(hours=1)):
            self.lead.action_restore()
        row = self.read_rows(self.lead)[-1]
        self.assertTrue(row.is_open)
        self.assertEqual((row.won_status, row.probability), ("pending", 50))

    def test_archived_without_a_decision(self):
        with self.at(LATER):
            self.lead.write({"active": False})
        self.assertChanged(won_status="pending", is_open=False)

    def test_the_value_of_an_offer(self):
        offer = self.create_offer(self.lead, price=4000)
        self.lead.main_order_id = offer
        with self.at(LATER):
            self.lead.action_take_over_offer()
        self.assertChanged(expected_revenue=4000)
        with self.at(LATER + timedelta(hours=1)):
            offer.order_line.price_unit = 4500
        self.assertEqual(self.read_rows(self.lead)[-1].expected_revenue, 4500)

    def test_the_sum_of_planned_payments(self):
        with self.at(LATER):
            self.lead.write(
                {
                    "value_source": "payments",
                    "payment_ids": [(0, 0, {"amount": 700}), (0, 0, {"amount": 800})],
                }
            )
        self.assertChanged(expected_revenue=1500, prorated_revenue=750)

    def test_the_scoring_job_which_writes_in_sql(self):
        stage = self.env["crm.stage"].create({"name": "Predicted (test)"})
        with self.at(LATER):
            self.lead.write({"stage_id": stage.id, "probability": 10})
        with self.at(LATER + timedelta(hours=1)):
            # what core's job does for a lead whose probability is automatic
            self.env.cr.execute(
                "UPDATE crm_lead SET probability = 12.34 WHERE id = %s", [self.lead.id]
            )
            self.env.invalidate_all()
            self.env["crm.lead"]._update_automated_probabilities()
        self.assertEqual(self.read_rows(self.lead)[-1].probability, 12.34)
        self.assertEqual(len(self.read_rows(self.lead)), 3)

    def test_merged_leads(self):
        with self.at(START):
            other = self.create_lead(
                name="Second", stage="opened", type="opportunity", expected_revenue=300
            )
        other_id = other.id
        with self.at(LATER):
            (self.lead | other).merge_opportunity()
        merged = (self.lead | other).exists()
        self.assertEqual(len(merged), 1)
        gone = self.lead.id if merged.id == other_id else other_id
        rows = self.history.search([("lead_key", "=", gone)], order="date")
        self.assertEqual(rows.mapped("is_open"), [True, False])
        self.assertFalse(rows.lead_id)

    def test_a_deleted_lead_leaves_but_what_it_was_stays(self):
        key = self.lead.id
        with self.at(LATER):
            self.lead.unlink()
        rows = self.history.search([("lead_key", "=", key)], order="date")
        self.assertEqual(rows.mapped("is_open"), [True, False])
        self.assertEqual(rows.mapped("expected_revenue"), [1000, 1000])
        self.assertEqual(rows[1].date, LATER)
        self.assertFalse(rows.lead_id)

    def test_an_import(self):
        with self.at(LATER):
            result = self.env["crm.lead"].load(
                ["name", "expected_revenue", "stage_id/.id"],
                [[f"Imported {n}", str(n), str(self.stages["new"].id)] for n in range(5)],
            )
        self.assertFalse(result["messages"])
        rows = self.history.search([("lead_key", "in", result["ids"])])
        self.assertEqual(sorted(rows.mapped("expected_revenue")), [0, 1, 2, 3, 4])

    def test_a_batch_of_1000_leads_is_recorded_in_one_statement(self):
        with self.at(LATER):
            leads = self.create_leads(1000, expected_revenue=10)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.history._record_pending()
            self.assertEqual(self.env.cr.sql_log_count - before, 1)
        self.assertEqual(self.history.search_count([("lead_key", "in", leads.ids)]), 1000)

    # ------------------------------------------------------------
    # One row per transaction
    # ------------------------------------------------------------

    def test_several_changes_in_a_transaction_make_one_row(self):
        with self.at(LATER):
            self.lead.write({"expected_revenue": 2000})
            self.env.flush_all()
            self.lead.write({"stage_id": self.stages["negotiation"].id})
            self.env.flush_all()
            self.lead.write({"date_deadline": False})
        self.assertChanged(expected_revenue=2000, probability=90, date_deadline=False)

    def test_a_savepoint_in_between_makes_no_second_row(self):
        with self.at(LATER):
            self.lead.write({"expected_revenue": 2000})
            with self.env.cr.savepoint():
                self.assertEqual(len(self.read_rows(self.lead)), 2)
                self.lead.write({"expected_revenue": 3000})
        self.assertChanged(expected_revenue=3000)

    def test_what_is_undone_in_the_same_transaction_makes_no_row(self):
        with self.at(LATER):
            self.lead.write({"expected_revenue": 2000})
            self.env.flush_all()
            self.lead.write({"expected_revenue": 1000})
        self.assertEqual(len(self.read_rows(self.lead)), 1)

    def test_what_is_undone_after_a_savepoint_makes_no_row(self):
        with self.at(LATER):
            self.lead.write({"expected_revenue": 2000})
            with self.env.cr.savepoint():
                self.lead.write({"expected_revenue": 1000})
        self.assertEqual(len(self.read_rows(self.lead)), 1)

    def test_what_is_rolled_back_makes_no_row(self):
        with self.at(LATER):
            self.lead.write({"expected_revenue": 2000})
            with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
                self.lead.write({"expected_revenue": 3000})
                self.env.flush_all()
                raise ZeroDivisionError
        self.assertChanged(expected_revenue=2000)

    def test_reading_within_the_transaction_sees_the_change(self):
        with self.at(LATER):
            self.lead.write({"expected_revenue": 2000})
            self.assertEqual(self.lead.history_ids[0].expected_revenue, 2000)
            self.assertEqual(self.read_snapshot(LATER.date())[self.lead.id][2], 2000)

    def test_reading_does_not_pile_up_hooks(self):
        with self.at(LATER):
            for value in range(20):
                self.lead.write({"expected_revenue": value})
                self.read_rows(self.lead)
            self.assertLess(len(self.env.cr.precommit), 5)

    def test_what_another_hook_changes_before_the_commit_is_recorded(self):
        with self.at(LATER):
            self.lead.write({"expected_revenue": 2000})
            self.env.flush_all()
            self.env.cr.precommit.add(lambda: self.lead.write({"expected_revenue": 2500}))
            self.env.cr.flush()
        self.assertNotIn(PENDING, self.env.cr.precommit.data)
        self.assertChanged(expected_revenue=2500)

    def test_a_clock_set_back_keeps_the_order(self):
        with self.at(LATER):
            self.lead.write({"expected_revenue": 2000})
        with self.at(LATER - timedelta(hours=1)):
            self.lead.write({"expected_revenue": 3000})
        with self.at(LATER - timedelta(hours=1)):
            self.lead.unlink()
        key = self.lead.id
        rows = self.history.search([("lead_key", "=", key)], order="date")
        self.assertEqual(rows.mapped("expected_revenue"), [1000, 2000, 3000, 3000])
        self.assertEqual(rows.mapped("is_open"), [True, True, True, False])

    def test_created_and_deleted_at_once_counts_nowhere(self):
        with self.at(LATER):
            lead = self.create_lead(expected_revenue=5)
            self.history._record_pending()
            key = lead.id
            lead.unlink()
        rows = self.history.search([("lead_key", "=", key)])
        self.assertFalse(any(rows.mapped("is_open")))

    # ------------------------------------------------------------
    # Who
    # ------------------------------------------------------------

    def test_the_row_says_who_changed_it(self):
        with self.at(LATER):
            self.lead.with_user(self.salesperson).write({"expected_revenue": 2000})
        self.assertChanged(user_id=self.salesperson)

    def test_reading_by_somebody_else_does_not_take_the_change_over(self):
        with self.at(LATER):
            self.lead.with_user(self.salesperson).write({"expected_revenue": 2000})
            self.history.with_user(self.sales_all).search([("lead_key", "=", self.lead.id)])
        self.assertChanged(user_id=self.salesperson)

    def test_nobody_writes_or_deletes_it(self):
        readonly = self.create_user("lm_auditor", "Otto", "account.group_account_readonly")
        row = self.read_rows(self.lead)
        for user in (
            self.env.user,
            self.env.ref("base.user_root"),
            self.env.ref("base.user_admin"),
            self.sales_manager,
            self.salesperson,
            self.accountant,
            readonly,
        ):
            with self.subTest(user.login):
                with self.assertRaises(UserError):
                    row.with_user(user).write({"expected_revenue": 1})
                with self.assertRaises(UserError):
                    row.with_user(user).unlink()
                if not user._is_superuser():
                    with self.assertRaises(AccessError):
                        self.history.with_user(user).create(
                            {"lead_key": self.lead.id, "date": LATER}
                        )
        with self.assertRaises(UserError):
            row.sudo().write({"expected_revenue": 1})

    # ------------------------------------------------------------
    # Installation
    # ------------------------------------------------------------

    def test_it_begins_with_one_row_per_open_lead(self):
        with self.at(START):
            open_leads = self.create_leads(3) | self.lead
            won = self.create_lead(stage="won")
            lost = self.create_lead()
            lost.action_set_lost(lost_reason_id=self.reason.id)
        self.env.cr.execute("DELETE FROM crm_lead_history")
        with self.at(LATER):
            self.history._record_open_leads()
            self.history._record_open_leads()
        rows = self.history.search([("lead_key", "in", (open_leads | won | lost).ids)])
        self.assertEqual(sorted(rows.mapped("lead_key")), sorted(open_leads.ids))
        self.assertEqual(set(rows.mapped("date")), {LATER})

    def test_it_may_begin_before_the_first_lead(self):
        self.env.cr.execute("DELETE FROM crm_lead_history")
        self.env.invalidate_all()
        self.assertIsNone(self.history._get_start())
        self.assertEqual(self.read_snapshot("2025-03-31"), {})
        self.assertEqual(self.read_movements("2025-03-01", "2025-03-31"), [])
        self.assertEqual(self.read_forecast(self.lead), [])

    def test_days_and_time_zones_that_are_none(self):
        """Contexts can be typed: a bad day is refused, a bad time zone is UTC, as in core."""
        snapshot = self.env["crm.lead.snapshot.report"]
        for day in ("x", "2025-13-01", 5, ["2025-03-03"]):
            with self.assertRaisesRegex(UserError, "is not a day"):
                snapshot.with_context(snapshot_date=day).search([])
        rows = snapshot.with_context(tz="Nowhere/Land", snapshot_date="2025-03-03").search(
            [("lead_id", "=", self.lead.id)]
        )
        self.assertEqual(rows.amount, 1000)

    def test_the_last_row_is_an_index_away(self):
        """What each commit looks up, and what every report reads, is an index away.

        Whether it is taken depends on the table's size: here there is only that it is there.
        """
        indexes = self.env.execute_query(
            SQL("SELECT indexdef FROM pg_indexes WHERE tablename = 'crm_lead_history'")
        )
        unique = [text for (text,) in indexes if "UNIQUE" in text and "(lead_key, date)" in text]
        self.assertEqual(len(unique), 1)

    def test_accountants_read_it_without_the_leads(self):
        accountant = self.create_user("lm_accountant_2", "Arno", INVOICING)
        rows = self.history.with_user(accountant).search([("lead_key", "=", self.lead.id)])
        self.assertEqual(rows.expected_revenue, 1000)
        self.assertFalse(self.env["crm.lead"].with_user(accountant).has_access("read"))
