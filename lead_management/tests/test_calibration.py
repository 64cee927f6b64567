"""Calibration: how far the stages' default probabilities can be believed."""

from datetime import datetime, timedelta
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import BaseCase, Form, tagged
from odoo.tools import mute_logger

from ..hooks import post_init_hook
from ..report.crm_stage_calibration_report import MINIMUM_CASES
from ..tools.intervals import wilson_interval
from .common import ACCESS_LOGGERS, LeadManagementCommon

# successes, trials, 95 % interval. The first four: Newcombe, R. G. (1998), "Two-sided confidence
# intervals for the single proportion", Statistics in Medicine 17, 857–872, table I, method 3.
# The others by hand with z² = 3.841459: 0 of 10 has the upper bound z²/(10 + z²) = 0.277533;
# 8 of 10: (0.8 + 0.192073 ± 1.959964 · √(0.016 + 0.009604)) / 1.384146 = 0.716741 ± 0.226578.
LITERATURE = (
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
    (0, 10, 0.0, 0.2775),
    (10, 10, 0.7225, 1.0),
    (20, 20, 0.8389, 1.0),
    (8, 10, 0.4902, 0.9433),
    (1, 1, 0.2065, 1.0),
    (5, 10, 0.2366, 0.7634),
)
TRIALS = st.integers(1, 10**7)
SHARES = st.tuples(TRIALS, TRIALS).map(sorted)


@tagged("post_install", "-at_install")
class TestWilsonInterval(BaseCase):
    def test_figures_from_the_literature(self):
        for successes, trials, low, high in LITERATURE:
            with self.subTest(successes=successes, trials=trials):
                interval = wilson_interval(successes, trials)
                self.assertAlmostEqual(interval[0], low, 4)
                self.assertAlmostEqual(interval[1], high, 4)

    def test_none_and_all_are_exact(self):
        for trials in (1, 2, 3, 7, 10, 999, 10**9):
            self.assertEqual(wilson_interval(0, trials)[0], 0.0)
            self.assertEqual(wilson_interval(trials, trials)[1], 1.0)
            self.assertLess(wilson_interval(0, trials)[1], 1)
            self.assertGreater(wilson_interval(trials, trials)[0], 0)

    def test_nothing_seen_is_nothing_known(self):
        self.assertEqual(wilson_interval(0, 0), (0.0, 1.0))

    def test_impossible_figures_are_refused(self):
        for arguments in ((-1, 5), (6, 5), (1, -1), (1, 5, 0), (1, 5, 1)):
            with self.assertRaises(ValueError):
                wilson_interval(*arguments)

    @settings(max_examples=300, deadline=None)
    @given(SHARES)
    def test_share_is_inside(self, figures):
        successes, trials = figures
        low, high = wilson_interval(successes, trials)
        self.assertTrue(0 <= low <= successes / trials <= high <= 1, figures)

    @settings(max_examples=300, deadline=None)
    @given(SHARES)
    def test_losses_mirror_wins(self, figures):
        successes, trials = figures
        low, high = wilson_interval(successes, trials)
        mirrored = wilson_interval(trials - successes, trials)
        self.assertAlmostEqual(low, 1 - mirrored[1], 9)
        self.assertAlmostEqual(high, 1 - mirrored[0], 9)

    @settings(max_examples=300, deadline=None)
    @given(SHARES, st.integers(2, 50))
    def test_more_cases_narrow_it(self, figures, factor):
        successes, trials = figures
        low, high = wilson_interval(successes, trials)
        more_low, more_high = wilson_interval(successes * factor, trials * factor)
        self.assertLess(more_high - more_low, high - low)

    @given(SHARES, st.floats(0.5, 0.98))
    def test_more_confidence_widens_it(self, figures, confidence):
        low, high = wilson_interval(*figures, confidence=confidence)
        wide_low, wide_high = wilson_interval(*figures, confidence=confidence + 0.015)
        self.assertLessEqual(wide_low, low)
        self.assertGreaterEqual(wide_high, high)


class CalibrationCommon(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.moment = datetime(2026, 1, 5, 9)
        cls.history = cls.env["crm.lead.history"]

    def later(self, function=lambda: None):
        """Do something in a transaction of its own, an hour after the last one."""
        type(self).moment += timedelta(hours=1)
        with patch.object(self.env.cr, "now", lambda: self.moment):
            result = function()
            self.env.flush_all()
            self.history._record_pending()
        return result

    def enter(self, stage, count=1, **values):
        """Open leads that have been in the stage."""
        return self.later(lambda: self.create_leads(count, stage=stage, **values))

    def win(self, leads):
        self.later(leads.action_set_won)

    def decline(self, leads, reason=None):
        reason = reason or self.reason
        self.later(lambda: leads.action_set_lost(lost_reason_id=reason.id))

    def decide(self, stage, won, declined, **values):
        """New leads that were in the stage and are won or declined."""
        leads = self.enter(stage, won + declined, **values)
        if won:
            self.win(leads[:won])
        if declined:
            self.decline(leads[won:])
        return leads

    def get_row(self, stage, user=None, companies=None):
        report = self.env["crm.stage.calibration.report"].with_user(user or self.env.user)
        if companies:
            report = report.with_context(allowed_company_ids=companies.ids)
        return report.search([("stage_id", "=", self.stages[stage].id)])

    def assertCases(self, stage, won, decided, **options):
        row = self.get_row(stage, **options)
        self.assertEqual((row.won, row.decided), (won, decided))


@tagged("post_install", "-at_install")
class TestCalibration(CalibrationCommon):
    def test_a_row_per_stage_that_is_not_won(self):
        rows = self.env["crm.stage.calibration.report"].search([])
        stages = self.env["crm.stage"].search([("is_won", "=", False)])
        self.assertEqual(rows.ids, stages.ids)
        self.assertEqual(rows.stage_id, stages)
        row = self.get_row("opened")
        self.assertEqual((row.decided, row.won, row.rate, row.low, row.high), (0, 0, 0, 0, 100))
        self.assertEqual((row.state, row.interval), ("not_enough", False))

    def test_leads_count_in_every_stage_they_passed(self):
        leads = self.enter("opened", 3)
        self.later(lambda: leads[:2].write({"stage_id": self.stages["negotiation"].id}))
        self.win(leads[0])
        self.decline(leads[1:])
        self.assertCases("opened", 1, 3)
        self.assertCases("negotiation", 1, 2)
        self.assertCases("offer_made", 0, 0)

    def test_passing_twice_counts_once(self):
        lead = self.enter("opened")
        for stage in ("negotiation", "opened", "negotiation"):
            self.later(lambda stage=stage: lead.write({"stage_id": self.stages[stage].id}))
        for value in (1, 2):
            self.later(lambda value=value: lead.write({"expected_revenue": value}))
        self.win(lead)
        self.assertCases("opened", 1, 1)
        self.assertCases("negotiation", 1, 1)

    def test_open_and_reopened_leads_do_not_count(self):
        leads = self.decide("opened", 1, 2)
        self.enter("opened")
        self.assertCases("opened", 1, 3)
        self.later(leads[2].action_restore)
        self.assertCases("opened", 1, 2)
        self.later(lambda: leads[0].write({"stage_id": self.stages["opened"].id}))
        self.assertEqual(leads[0].won_status, "pending")
        self.assertCases("opened", 0, 1)
        self.win(leads[0] | leads[2])
        self.assertCases("opened", 2, 3)

    def test_archived_leads_count_when_they_are_decided(self):
        leads = self.enter("opened", 2)
        self.later(leads[0].action_archive)
        self.assertCases("opened", 0, 0)
        self.win(leads[1])
        self.later(leads[1].action_archive)
        self.assertCases("opened", 1, 1)

    def test_not_qualified_is_not_won(self):
        self.reason.kind = "not_qualified"
        self.decide("first_contact", 1, 1)
        self.assertCases("first_contact", 1, 2)

    def test_merged_and_deleted_leads_do_not_count(self):
        leads = self.enter("opened", 3)
        self.decline(leads[1:])
        self.assertCases("opened", 0, 2)
        merged = self.later(lambda: leads[:2].with_context(active_test=False).merge_opportunity())
        self.later(leads[2].unlink)
        self.win(merged)
        self.assertCases("opened", 1, 1)

    def test_leads_entered_as_decided_were_never_open(self):
        lead = self.later(
            lambda: self.create_lead(
                stage="opened", active=False, probability=0, lost_reason_id=self.reason.id
            )
        )
        self.assertEqual(lead.won_status, "lost")
        self.later(lambda: lead.write({"user_id": self.salesperson_2.id}))
        self.later(lambda: lead.write({"stage_id": self.stages["negotiation"].id}))
        self.assertCases("opened", 0, 0)
        self.assertCases("negotiation", 0, 0)

    def test_changes_of_the_same_transaction_are_seen(self):
        leads = self.enter("opened", 2)
        moment = self.moment + timedelta(hours=1)
        with patch.object(self.env.cr, "now", lambda: moment):
            leads[0].action_set_won()
            self.assertCases("opened", 1, 1)
            leads[1].action_set_lost(lost_reason_id=self.reason.id)
            self.assertCases("opened", 1, 2)

    def test_rate_interval_and_difference(self):
        self.decide("opened", 5, 15)
        row = self.get_row("opened")
        self.assertEqual((row.uses_default, row.default_probability), (True, 50))
        self.assertEqual((row.decided, row.won, row.rate), (20, 5, 25))
        self.assertEqual(row.difference, 25)
        # 5 of 20: (0.25 + 0.096036 ± 1.959964 · √(0.009375 + 0.002401)) / 1.192073
        self.assertAlmostEqual(row.low, 11.19, 2)
        self.assertAlmostEqual(row.high, 46.87, 2)
        self.assertEqual(row.interval, "11–47")

    def test_assessment(self):
        self.decide("opened", 5, 14)
        self.assertEqual(self.get_row("opened").state, "not_enough")
        self.decide("opened", 0, 1)
        for default, state in (
            (11.1, "too_low"),
            (11.3, "in_range"),
            (46.8, "in_range"),
            (46.9, "too_high"),
        ):
            self.stages["opened"].default_probability = default
            self.assertEqual(self.get_row("opened").state, state)
        self.stages["opened"].uses_default_probability = False
        row = self.get_row("opened")
        self.assertEqual((row.state, row.default_probability), ("no_default", 0))

    def test_search_by_assessment(self):
        self.decide("opened", 5, 15)
        self.stages["opened"].default_probability = 99
        report = self.env["crm.stage.calibration.report"]
        row = self.get_row("opened")
        self.assertEqual(report.search([("state", "=", "too_high")]), row)
        self.assertEqual(report.search([("state", "not in", ["not_enough"])]), row)
        self.assertFalse(report.search([("state", "in", ["too_low", "in_range"])]))

    def test_companies_are_kept_apart(self):
        other = self.env["res.company"].create({"name": "Other (test)"})
        self.env.user.company_ids |= other
        self.sales_manager.company_ids |= other
        both = self.company | other
        self.decide("opened", 1, 1, company_id=self.company.id)
        self.decide("opened", 0, 3, company_id=other.id, team_id=False, user_id=False)
        self.decide("opened", 1, 0, company_id=False, team_id=False, user_id=False)
        for user in (self.env.user, self.sales_manager):
            self.assertCases("opened", 2, 3, user=user, companies=self.company)
            self.assertCases("opened", 1, 4, user=user, companies=other)
            self.assertCases("opened", 2, 6, user=user, companies=both)
        self.assertCases("opened", 2, 3, user=self.accountant)

    def test_cases_behind_a_row(self):
        leads = self.decide("opened", 1, 2)
        self.enter("opened")
        row = self.get_row("opened", self.sales_manager)
        action = row.action_open_cases()
        Lead = self.env["crm.lead"].with_user(self.sales_manager)
        found = Lead.with_context(**action["context"]).search(action["domain"])
        self.assertEqual(set(found.ids), set(leads.ids))
        self.assertEqual(
            self.get_row("opened", self.accountant).action_open_cases()["tag"],
            "display_notification",
        )

    def test_number_of_queries_does_not_depend_on_the_number_of_leads(self):
        fields = ["default_probability", "decided", "won", "rate", "interval", "state", "stage_id"]

        def read():
            return self.env["crm.stage.calibration.report"].search_read([], fields)

        self.decide("opened", 10, 12)
        read()
        few = self.count_queries(read)
        self.decide("opened", 10, 12)
        self.assertEqual(self.count_queries(read), few)


@tagged("post_install", "-at_install")
class TestCalibrationApply(CalibrationCommon):
    def open_dialog(self, stage, user=None, **values):
        action = self.get_row(stage, user or self.sales_manager).action_open_apply()
        self.assertEqual(action["res_model"], "crm.stage.calibration.apply")
        dialog = self.env[action["res_model"]].with_user(user or self.sales_manager)
        return dialog.with_context(**action["context"]).create(values)

    def test_rate_becomes_the_default(self):
        stage = self.stages["opened"]
        lead = self.enter("opened")
        self.decide("opened", 20, 44)
        self.get_row("opened", self.sales_manager).action_apply_rate()
        self.assertEqual(stage.default_probability, 31.3, "31.25 %, to a tenth of a percent")
        self.assertEqual(lead.probability, 50, "leads keep theirs")
        row = self.get_row("opened")
        self.assertEqual((row.default_probability, row.state), (31.3, "in_range"))

    def test_stage_without_default_gets_one(self):
        stage = self.stages["opened"]
        stage.uses_default_probability = False
        self.decide("opened", 8, 12)
        self.get_row("opened", self.sales_manager).action_apply_rate()
        self.assertTrue(stage.uses_default_probability)
        self.assertEqual(stage.default_probability, 40)

    def test_under_20_cases_are_refused(self):
        self.decide("opened", 9, 10)
        with self.assertRaisesRegex(UserError, f"19 decided leads .*takes {MINIMUM_CASES}"):
            self.get_row("opened").action_apply_rate()
        self.assertEqual(self.stages["opened"].default_probability, 50)
        self.decide("opened", 1, 0)
        self.get_row("opened").action_apply_rate()
        self.assertEqual(self.stages["opened"].default_probability, 50)

    def test_none_and_all_are_refused_with_what_to_do(self):
        self.decide("opened", 0, 20)
        with self.assertRaisesRegex(UserError, "none of the 20 .* under 16.1 %"):
            self.get_row("opened").action_apply_rate()
        self.decide("negotiation", 20, 0)
        with self.assertRaisesRegex(UserError, "all of the 20 .* over 83.9 %"):
            self.get_row("negotiation").action_apply_rate()
        self.assertEqual(self.stages["opened"].default_probability, 50)
        self.assertEqual(self.stages["negotiation"].default_probability, 90)

    @mute_logger(*ACCESS_LOGGERS)
    def test_only_the_sales_administrator_applies(self):
        self.decide("opened", 8, 12)
        row = self.get_row("opened")
        for user in (self.salesperson, self.sales_all, self.accountant, self.timesheet_user):
            for method in ("action_apply_rate", "action_open_apply"):
                with self.assertRaises(AccessError):
                    getattr(row.with_user(user), method)()
            with self.assertRaises(AccessError):
                self.env["crm.stage.calibration.apply"].with_user(user).create({"stage_id": row.id})
        self.assertEqual(self.stages["opened"].default_probability, 50)

    @mute_logger(*ACCESS_LOGGERS)
    def test_who_reads_the_report(self):
        self.decide("opened", 8, 12)
        for user in (self.sales_manager, self.accountant):
            self.assertEqual(self.get_row("opened", user).won, 8)
        for user in (self.salesperson, self.sales_all, self.timesheet_user, self.portal_user):
            with self.assertRaises(AccessError):
                self.get_row("opened", user)

    def test_dialog_shows_what_changes_and_changes_it(self):
        # 1,000.10 at the default of 50 %, 2,000.20 at 70 % by hand
        self.decide("opened", 8, 12, expected_revenue=9999)
        plain = self.enter("opened", expected_revenue=1000.10)
        manual = self.enter("opened", expected_revenue=2000.20, probability=70)
        dialog = self.open_dialog("opened")
        self.assertEqual((dialog.old_probability, dialog.new_probability), (50, 40))
        self.assertIn("8 of 20 decided leads", dialog.summary)
        self.assertIn("22–61 %", dialog.summary)
        self.assertEqual((dialog.lead_count, dialog.apply_to_leads), (1, False))
        self.assertEqual(dialog.weighted_before, 500.05 + 1400.14)
        self.assertEqual(dialog.weighted_after, 400.04 + 1400.14)
        self.assertFalse(dialog.refusal)
        self.assertEqual(self.stages["opened"].default_probability, 50, "shown before it changes")
        dialog.apply_to_leads = True
        dialog.action_apply()
        self.assertEqual(self.stages["opened"].default_probability, 40)
        self.assertEqual((plain | manual).mapped("probability"), [40, 70])
        self.assertEqual(sum((plain | manual).mapped("prorated_revenue")), dialog.weighted_after)

    def test_dialog_leaves_leads_alone_unless_told(self):
        self.decide("opened", 8, 12)
        lead = self.enter("opened", expected_revenue=1000)
        self.open_dialog("opened").action_apply()
        self.assertEqual(self.stages["opened"].default_probability, 40)
        self.assertEqual(lead.probability, 50)

    def test_dialog_of_a_stage_without_default(self):
        stage = self.stages["opened"]
        self.decide("opened", 8, 12)
        stage.uses_default_probability = False
        lead = self.enter("opened", expected_revenue=1000)
        dialog = self.open_dialog("opened", apply_to_leads=True)
        self.assertFalse(dialog.uses_default)
        self.assertEqual(dialog.lead_count, 1)
        dialog.action_apply()
        self.assertEqual((stage.uses_default_probability, lead.probability), (True, 40))

    def test_dialog_refuses_figures_that_have_changed(self):
        self.decide("opened", 8, 12)
        dialog = self.open_dialog("opened")
        self.decide("opened", 1, 0)
        with self.assertRaisesRegex(UserError, "changed"):
            dialog.action_apply()
        self.assertEqual(self.stages["opened"].default_probability, 50)

    def test_dialog_says_why_a_rate_cannot_be_applied(self):
        self.decide("opened", 3, 0)
        dialog = self.open_dialog("opened")
        self.assertIn("Not enough history", dialog.refusal)
        with self.assertRaisesRegex(UserError, "Not enough history"):
            dialog.action_apply()

    def test_dialog_in_the_form(self):
        self.decide("opened", 8, 12)
        action = self.get_row("opened", self.sales_manager).action_open_apply()
        Dialog = self.env[action["res_model"]].with_user(self.sales_manager)
        with Form(Dialog.with_context(**action["context"])) as form:
            self.assertEqual(form.new_probability, 40)
        form.record.action_apply()
        self.assertEqual(self.stages["opened"].default_probability, 40)

    def test_weighted_of_another_currency(self):
        foreign = self.create_foreign_currency({"2026-01-01": 2.0})
        other = self.env["res.company"].create({"name": "Other (test)", "currency_id": foreign.id})
        self.sales_manager.write({"company_ids": [Command.link(other.id)]})
        self.decide("opened", 8, 12)
        self.enter(
            "opened", expected_revenue=1000, company_id=other.id, team_id=False, user_id=False
        )
        both = self.company | other
        action = self.get_row("opened", self.sales_manager, both).action_open_apply()
        Dialog = self.env[action["res_model"]].with_user(self.sales_manager)
        context = {**action["context"], "allowed_company_ids": both.ids}
        dialog = Dialog.with_context(**context).create({})
        self.assertEqual((dialog.weighted_before, dialog.weighted_after), (250, 200))
        self.assertEqual(dialog.currency_id, self.company.currency_id)


@tagged("post_install", "-at_install")
class TestLostReasonKind(LeadManagementCommon):
    def test_core_reasons_say_who_declined(self):
        kinds = [self.env.ref(f"crm.lost_reason_{number}").kind for number in (1, 2, 3)]
        self.assertEqual(kinds, ["customer_declined", "we_declined", "we_declined"])

    def test_installing_overwrites_no_kind(self):
        first, second, third = (self.env.ref(f"crm.lost_reason_{number}") for number in (1, 2, 3))
        first.kind = "not_qualified"
        second.kind = False
        third.unlink()
        post_init_hook(self.env)
        self.assertEqual((first.kind, second.kind), ("not_qualified", "we_declined"))
