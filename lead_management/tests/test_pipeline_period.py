"""The dialog that asks for the days of a report over the history."""

from dateutil.relativedelta import relativedelta

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .test_movements import BEFORE, FROM, TO, MovementsCommon


@tagged("post_install", "-at_install")
class TestPipelinePeriod(MovementsCommon):
    def open_dialog(self, user=None, **values):
        values = {"report": "movement", "date_from": FROM, "date_to": TO, **values}
        return (
            self.env["crm.lead.pipeline.period"].with_user(user or self.accountant).create(values)
        )

    def test_it_opens_the_report_and_says_the_days(self):
        action = self.open_dialog().action_open()
        self.assertEqual(action["res_model"], "crm.lead.movement.report")
        self.assertEqual(action["name"], "Movements 03/31/2025 – 04/30/2025")
        self.assertEqual(action["context"]["date_from"], "2025-03-31")
        self.assertEqual(action["context"]["date_to"], "2025-04-30")
        self.assertEqual(action["context"]["search_default_reconciled"], 1)
        action = self.open_dialog(report="snapshot", day=FROM).action_open()
        self.assertEqual(action["res_model"], "crm.lead.snapshot.report")
        self.assertEqual(action["name"], "Pipeline on 03/31/2025")
        self.assertEqual(action["context"]["snapshot_date"], "2025-03-31")

    def test_dates_are_in_the_users_format(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.accountant.lang = "de_DE"
        action = self.open_dialog().with_context(lang="de_DE").action_open()
        self.assertIn("31.03.2025", action["name"])

    def test_it_proposes_the_time_since_the_last_quarters_end(self):
        wizard = self.env["crm.lead.pipeline.period"].create({"report": "movement"})
        period = self.env["crm.lead.movement.report"]._get_period()
        self.assertEqual((wizard.date_from, wizard.date_to), period)
        wizard.choice = "last_quarter"
        self.assertEqual(wizard.date_to, period[0])
        self.assertLess(wizard.date_from, wizard.date_to)

    def test_a_day_that_is_typed_is_no_period_any_more(self):
        with Form(self.env["crm.lead.pipeline.period"]) as form:
            form.choice = "last_month"
            last_day = form.date_to
            self.assertEqual((last_day + relativedelta(days=1)).day, 1)
            form.date_from = FROM
            self.assertFalse(form.choice)
            self.assertEqual((form.date_from, form.date_to), (FROM, last_day))
            form.choice = "this_year"
            self.assertEqual((form.date_from.month, form.date_from.day), (12, 31))

    def test_it_refuses_days_without_a_meaning(self):
        for values, message in (
            ({"date_from": TO, "date_to": FROM}, "Enter the earlier day first"),
            ({"date_to": "2999-01-01"}, "is in the future"),
            ({"date_to": False}, "Enter both days"),
            ({"report": "snapshot", "day": "2999-01-01"}, "is in the future"),
            ({"report": "snapshot", "day": False}, "Enter the day"),
        ):
            with self.subTest(values), self.assertRaisesRegex(ValidationError, message):
                self.open_dialog(**values).action_open()

    def test_it_says_since_when_the_history_exists(self):
        self.env.cr.execute("DELETE FROM crm_lead_history")
        self.env.invalidate_all()
        self.assertIn("no history", self.open_dialog().warning)
        self.create_at(BEFORE)
        self.assertFalse(self.open_dialog().warning)
        self.assertIn("begins on", self.open_dialog(date_from="2025-03-02").warning)
        self.assertFalse(self.open_dialog(date_from="2025-03-03").warning)
        self.assertIn("begins on", self.open_dialog(report="snapshot", day="2025-01-01").warning)
