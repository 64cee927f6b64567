"""Days that nobody plans for: refused where they are entered, harmless where they are already."""

from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .test_crm_lead_payment import LeadPaymentCommon

ODD_DAYS = ("0026-06-30", "1989-12-31", "2526-06-30", "9999-12-31", "0001-01-01")
REPORTS = ("crm.lead.pipeline.report", "crm.lead.snapshot.report", "crm.lead.movement.report")


@tagged("post_install", "-at_install")
class TestSensibleDays(LeadPaymentCommon):
    def _enter_before_the_check(self, day):
        """What was there before days were checked: on the lead, a payment and in the history."""
        (payment,) = self.plan(self.lead, ("30%", "2026-06-30"))
        self.env.flush_all()
        self.env["crm.lead.history"]._record_pending()
        for table, column in (
            ("crm_lead", "date_deadline"),
            ("crm_lead_payment", "date"),
            ("crm_lead_history", "date_deadline"),
        ):
            self.env.cr.execute(f"UPDATE {table} SET {column} = %s", [day])
        self.env.invalidate_all()
        return payment

    def test_odd_days_are_refused_in_words_where_they_are_entered(self):
        payment = self.plan(self.lead, ("30%", "2026-06-30"))
        lead = self.lead.with_user(self.salesperson)
        for day in ODD_DAYS:
            for enter in (
                lambda day=day: lead.web_save({"date_deadline": day}, {}),
                lambda day=day: lead.create({"name": "x", "date_deadline": day}),
                lambda day=day: payment.with_user(self.salesperson).write({"date": day}),
                lambda day=day: lead.write({"payment_ids": [(0, 0, {"date": day, "amount": 1})]}),
            ):
                with self.assertRaisesRegex(ValidationError, "out of reach.*01/01/1990"):
                    enter()
        result = lead.load(["name", "date_deadline"], [["Import", "9999-12-31"]])
        self.assertIn("out of reach", result["messages"][0]["message"])

    def test_odd_days_of_follow_ups_and_holds_are_refused_in_words(self):
        lead = self.lead.with_user(self.salesperson)
        planned = lead.activity_schedule("mail.mail_activity_data_todo", self.today())
        for day in ODD_DAYS:
            dialogs = {
                "crm.lead.lost": {"lost_reason_id": self.reason.id, "wake_up_date": day},
                "crm.lead.snooze": {"lead_ids": lead.ids, "date": day},
                "crm.lead.follow.up.done": {"activity_id": planned.id, "next_date": day},
                "crm.lead.service.request": {"name": "x", "date_deadline": f"{day} 10:00:00"},
            }
            for enter in (
                lambda day=day: lead.write({"wake_up_date": day}),
                lambda day=day: lead.activity_schedule("mail.mail_activity_data_todo", day),
                lambda day=day: planned.write({"date_deadline": day}),
                lambda day=day: planned._snooze(day=fields.Date.to_date(day)),
                *(
                    lambda model=model, values=values: lead.env[model].web_save(values, {})
                    for model, values in dialogs.items()
                ),
            ):
                with self.assertRaisesRegex(ValidationError, "out of reach"):
                    enter()
        result = lead.load(["name", "wake_up_date"], [["Import", "9999-12-31"]])
        self.assertIn("out of reach", result["messages"][0]["message"])
        # what is on no lead is not ours to judge
        self.env.user.partner_id.activity_schedule("mail.mail_activity_data_todo", "9999-12-31")

    def test_odd_days_that_are_there_break_no_list_and_no_button(self):
        planned = self.lead.activity_schedule("mail.mail_activity_data_todo", self.today())
        self.lead.wake_up_date = self.today() + relativedelta(days=1)
        self.env.flush_all()
        for table, column in (("mail_activity", "date_deadline"), ("crm_lead", "wake_up_date")):
            self.env.cr.execute(f"UPDATE {table} SET {column} = '9999-12-31'")
        self.env.cr.execute("UPDATE crm_lead SET next_follow_up = '9999-12-31'")
        self.env.cr.execute("UPDATE crm_stage SET rotting_threshold_days = 2000000000")
        self.env.cr.execute("UPDATE res_company SET lead_offer_expiry_days = 2000000000")
        self.env.invalidate_all()
        lead = self.lead.with_user(self.salesperson)
        self.assertTrue(lead.is_on_hold)
        self.assertFalse(lead.is_rotting)
        self.assertNotIn(lead, lead.search([("is_rotting", "=", True)]))
        for name in ("next_follow_up", "wake_up_date"):
            lead.formatted_read_group([], [f"{name}:month"], ["__count"])
        self.env["crm.lead"]._wake_up_leads()
        self.env["sale.order"]._remind_of_expiry()
        lead.action_snooze_week()
        self.assertLess(planned.date_deadline, date(2200, 1, 1))

    def test_odd_days_make_no_centuries_of_empty_periods_in_charts_of_leads(self):
        near = self.lead.create({"name": "Near", "date_deadline": self.today()})
        leads = self.lead | near
        Lead = self.lead.with_context(fill_temporal=True)
        for day in ODD_DAYS:
            self._enter_before_the_check(day)
            near.date_deadline = self.today()
            self.env.flush_all()
            for interval in ("week", "month"):
                spec = f"date_deadline:{interval}"
                groups = Lead.formatted_read_group([("id", "in", leads.ids)], [spec], ["__count"])
                # the odd one, this one, and where weeks begin on Sundays the one before
                self.assertLessEqual(len(groups), 3, day)
                self.assertEqual(sum(group["__count"] for group in groups), 2)

    def test_payment_terms_beyond_the_calendar_are_said(self):
        self.lead.write({"date_deadline": "2026-06-30", "expected_revenue": 0})
        terms = self.env["account.payment.term"].create({"name": "Never"})
        terms.line_ids.nb_days = 99_999_999
        offer = self.create_offer(self.lead, payment_term_id=terms.id)
        self.lead.action_take_over_offer()
        self.assertEqual(self.lead.expected_revenue, offer.amount_untaxed)
        self.assertFalse(self.lead.payment_ids)
        with self.assertRaisesRegex(UserError, "beyond the calendar"):
            self.lead.action_plan_by_payment_terms()

    def test_the_bounds_themselves_are_fine(self):
        today = fields.Date.context_today(self.lead)
        for day in (date(1990, 1, 1), today + relativedelta(years=50)):
            self.lead.date_deadline = day
            self.plan(self.lead, (1, day))
        with self.assertRaises(ValidationError):
            self.lead.date_deadline = today + relativedelta(years=50, days=1)

    def test_a_lead_that_has_an_odd_day_can_be_changed_and_corrected(self):
        for day in ODD_DAYS:
            payment = self._enter_before_the_check(day)
            self.lead.with_user(self.salesperson).write({"expected_revenue": 2000})
            payment.name = "Rest"
            self.lead.date_deadline = "2026-09-30"
            payment.date = "2026-09-30"
            self.env.flush_all()
            payment.unlink()

    def test_odd_days_break_no_report_and_count_as_undated(self):
        for day in ODD_DAYS:
            payment = self._enter_before_the_check(day)
            for model in REPORTS:
                report = self.env[model].with_user(self.salesperson)
                domain = [("lead_id", "=", self.lead.id)]
                rows = report.search(domain)
                self.assertTrue(rows)
                self.assertFalse(any(rows.mapped("date")), (model, day))
                for interval in ("month", "quarter", "year"):
                    groups = report.formatted_read_group(domain, [f"date:{interval}"], ["__count"])
                    self.assertEqual([group[f"date:{interval}"] for group in groups], [False])
                    report.with_context(fill_temporal=1).formatted_read_group(
                        [], [f"date:{interval}"], ["amount:sum"]
                    )
            rows = self.env["crm.lead.pipeline.report"].search([("lead_id", "=", self.lead.id)])
            self.assertEqual(set(rows.mapped("timing")), {"undated"})
            self.assertTrue(all(rows.mapped("is_out_of_reach")))
            self.assertAddsUp(self.lead)
            note = self.env["crm.lead.pipeline.report"].get_days_note()
            self.assertIn("2 dates are before 1990", note)
            html, _kind = self.env["ir.actions.report"]._render_qweb_html(
                "lead_management.crm_lead_pipeline_print_report",
                [],
                {"company_ids": self.company.ids, "quarters": 4},
            )
            self.assertIn(b"Bathroom Huber", html)
            payment.unlink()

    def test_the_outlook_ends_after_five_years_and_says_what_lies_beyond(self):
        report = self.env["crm.lead.pipeline.report"].with_context(fill_temporal=1)
        today = fields.Date.context_today(report)
        self.lead.date_deadline = False
        self.plan(self.lead, (100, today), (200, today + relativedelta(years=40)))
        self.env.flush_all()
        groups = report.formatted_read_group([], ["date:month"], ["amount:sum"])
        self.assertLess(len(groups), 70)
        own = [("lead_id", "=", self.lead.id), ("date", "!=", False)]
        self.assertEqual(
            sum(
                group["amount:sum"] or 0
                for group in report.formatted_read_group(own, ["date:month"], ["amount:sum"])
            ),
            100,
        )
        ((total,),) = (
            [group["amount:sum"] for group in groups]
            for groups in report.formatted_read_grouping_sets(own, [[]], ["amount:sum"])
        )
        self.assertEqual(total, 100)
        self.assertRegex(report.get_days_note(), "After .*150.00 weighted in 1 rows")
        self.assertFalse(report.with_context(fill_temporal=None).get_days_note())

    def test_the_period_dialog_refuses_odd_days(self):
        Dialog = self.env["crm.lead.pipeline.period"].with_user(self.salesperson)
        for day in ODD_DAYS:
            for values in (
                {"report": "snapshot", "day": day},
                {"report": "movement", "choice": False, "date_from": day, "date_to": "2026-03-31"},
            ):
                saved = Dialog.web_save(values, {"warning": {}})
                self.assertIn("out of reach", saved[0]["warning"])
                with self.assertRaisesRegex(ValidationError, "out of reach|in the future"):
                    Dialog.browse(saved[0]["id"]).action_open()
            for model, key in (
                ("crm.lead.snapshot.report", "snapshot_date"),
                ("crm.lead.movement.report", "date_from"),
                ("crm.lead.movement.report", "date_to"),
            ):
                with self.assertRaisesRegex(UserError, "out of reach"):
                    self.env[model].with_context(**{key: day}).search([])

    def test_payments_are_not_moved_beyond_the_calendar(self):
        for day, target in (("9999-12-31", "2026-12-01"), ("2526-06-30", "2026-12-01")):
            payment = self.plan(self.lead, ("30%", "2026-06-30"))
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE crm_lead_payment SET date = %s WHERE id = %s", [day, payment.id]
            )
            self.env.invalidate_all()
            self.lead.date_deadline = target
            with self.assertRaisesRegex(UserError, "that far|out of reach"):
                self.lead.action_move_payments()
            payment.unlink()
            self.lead.date_deadline = "2026-06-30"

    def test_instalments_end_within_reach(self):
        action = self.lead.with_user(self.salesperson).action_split_payments()
        Dialog = self.env["crm.lead.payment.split"].with_user(self.salesperson)
        for values, reason in (
            ({"date": "9999-12-31"}, "out of reach"),
            ({"number": 120, "interval": 52, "unit": "quarter"}, "last instalment"),
        ):
            with Form(Dialog.with_context(**action["context"])) as form:
                for name, value in values.items():
                    form[name] = value
                self.assertIn(reason, form.problem)
            with self.assertRaisesRegex(UserError, reason):
                form.record.action_split()
