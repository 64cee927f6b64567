"""The order moves: payments follow their terms, and there and back is the first plan."""

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.fields import Command
from odoo.tests import Form, tagged

from .test_crm_lead_payment import LeadPaymentCommon

DAYS = st.dates(date(2024, 1, 1), date(2029, 12, 31))
MONTH_ENDS = st.sampled_from(
    [date(2026, 1, 31), date(2026, 2, 28), date(2026, 4, 30), date(2028, 2, 29)]
)
OPTIONS = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": list(HealthCheck),
}


@tagged("post_install", "-at_install")
class TestPaymentMoves(LeadPaymentCommon):
    def _plan_by_terms(self, *lines):
        """Plan by payment terms of pairs: percentage, and values of the line."""
        terms = self.env["account.payment.term"].create(
            {
                "name": "Terms",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": share, **values})
                    for share, values in lines
                ],
            }
        )
        self.create_offer(self.lead, price=1000, payment_term_id=terms.id)
        self.lead.with_user(self.salesperson).action_plan_by_payment_terms()
        self.env.flush_all()

    def _plan_end_of_month(self):
        """30 % at once, 70 % at the end of the month; the order is planned for 30 June."""
        self._plan_by_terms(
            (30, {"nb_days": 0}), (70, {"delay_type": "days_after_end_of_month", "nb_days": 0})
        )

    def days(self, lead=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return [day and str(day) for day in (lead or self.lead).payment_ids.mapped("date")]

    def test_payments_follow_their_terms_by_themselves(self):
        self.lead.date_deadline = "2026-03-21"
        self._plan_end_of_month()
        self.assertEqual(self.days(), ["2026-03-21", "2026-03-31"])
        self.lead.with_user(self.salesperson).web_save({"date_deadline": "2026-04-10"}, {})
        self.assertEqual(self.days(), ["2026-04-10", "2026-04-30"])
        self.assertFalse(self.lead.has_payments_to_move)
        self.lead.action_move_payments()
        self.lead.date_deadline = "2026-03-21"
        self.assertEqual(self.days(), ["2026-03-21", "2026-03-31"])

    def test_a_date_that_somebody_changes_stays_until_he_moves_it(self):
        self._plan_end_of_month()
        changed = self.lead.payment_ids[1]
        changed.with_user(self.salesperson).date = "2026-07-15"
        self.lead.date_deadline = "2026-08-30"
        self.assertEqual(self.days(), ["2026-08-30", "2026-07-15"])
        self.assertTrue(self.lead.has_payments_to_move)
        self.lead.action_move_payments()
        self.assertEqual(self.days(), ["2026-08-30", "2026-09-15"])
        self.assertFalse(self.lead.has_payments_to_move)

    def test_other_changes_of_a_payment_leave_it_with_its_term(self):
        self._plan_end_of_month()
        payment = self.lead.payment_ids[1]
        payment.write({"name": "Rest", "amount": 500, "date": payment.date})
        self.lead.date_deadline = "2026-07-01"
        self.assertEqual(self.days(), ["2026-07-01", "2026-07-31"])

    def test_without_a_planned_date_they_stay_where_they_are(self):
        self._plan_end_of_month()
        self.lead.date_deadline = False
        self.assertEqual(self.days(), ["2026-06-30", "2026-06-30"])
        self.lead.date_deadline = "2026-05-05"
        self.assertEqual(self.days(), ["2026-05-05", "2026-05-31"])

    def test_the_form_shows_the_dates_and_saving_them_keeps_the_terms(self):
        self._plan_end_of_month()
        self.lead.order_ids.unlink()
        lead = self.lead.with_user(self.salesperson)
        with Form(lead, view="crm.crm_lead_view_form") as form:
            form.date_deadline = "2026-04-10"
            with form.payment_ids.edit(1) as line:
                self.assertEqual(str(line.date), "2026-04-30")
        self.assertEqual(self.days(), ["2026-04-10", "2026-04-30"])
        self.lead.date_deadline = "2026-05-10"
        self.assertEqual(self.days(), ["2026-05-10", "2026-05-31"])

    def test_a_duplicate_follows_the_terms_too(self):
        self._plan_end_of_month()
        copy = self.lead.copy({"date_deadline": "2026-09-09"})
        self.assertEqual(self.days(copy), ["2026-09-09", "2026-09-30"])
        copy.date_deadline = "2026-10-10"
        self.assertEqual(self.days(copy), ["2026-10-10", "2026-10-31"])
        self.assertEqual(self.days(), ["2026-06-30", "2026-06-30"])

    def test_deleted_terms_leave_the_dates(self):
        self._plan_end_of_month()
        terms = self.lead.payment_ids.term_line_id.payment_id
        self.lead.main_order_id.payment_term_id = False
        terms.unlink()
        self.env.invalidate_all()
        self.assertEqual(self.days(), ["2026-06-30", "2026-06-30"])
        self.assertFalse(self.lead.payment_ids.term_line_id)

    def test_a_month_end_comes_back(self):
        self.lead.date_deadline = "2026-01-31"
        self.plan(self.lead, ("30%", "2026-01-31"), ("30%", "2026-03-30"))
        for day in ("2026-02-28", "2026-02-27", "2026-04-30", "2026-01-31"):
            self.lead.date_deadline = day
            self.lead.with_user(self.salesperson).action_move_payments()
        self.assertEqual(self.days(), ["2026-01-31", "2026-03-30"])

    def test_payments_that_were_kept_move_from_where_they_are(self):
        self.plan(self.lead, ("30%", "2026-06-30"))
        self.lead.date_deadline = "2026-07-31"
        self.lead.action_move_payments()
        self.lead.date_deadline = "2026-09-30"
        self.lead.action_keep_payment_dates()
        self.assertEqual(self.days(), ["2026-07-31"])
        self.lead.date_deadline = "2026-10-31"
        self.lead.action_move_payments()
        self.assertEqual(self.days(), ["2026-08-31"])

    @settings(max_examples=40, **OPTIONS)
    @given(
        st.one_of(DAYS, MONTH_ENDS),
        st.lists(st.one_of(DAYS, MONTH_ENDS), min_size=1, max_size=3),
        st.lists(st.one_of(DAYS, MONTH_ENDS), min_size=1, max_size=3),
        st.booleans(),
    )
    def _check_there_and_back(self, start, ways, payments, by_terms):
        self.env.flush_all()
        with self.env.cr.savepoint() as savepoint:
            self.lead.payment_ids.unlink()
            self.lead.date_deadline = start
            if by_terms:
                self._plan_end_of_month()
            self.plan(self.lead, *(("10%", str(day)) for day in payments))
            before = self.days()
            for day in (*ways, start):
                self.lead.date_deadline = day
                self.lead.action_move_payments()
            self.assertEqual(self.days(), before)
            savepoint.rollback()
        self.env.invalidate_all()

    def test_there_and_back_is_the_first_plan(self):
        self._check_there_and_back()

    def test_number_of_queries_does_not_depend_on_the_number_of_leads(self):
        self._plan_end_of_month()

        def queries(count):
            leads = self.lead.union(*(self.lead.copy() for _number in range(count - 1)))
            self.env.flush_all()
            return self.count_queries(lambda: leads.write({"date_deadline": "2026-12-12"}))

        queries(2)
        self.assertLessEqual(abs(queries(20) - queries(10)), 2)

    def test_many_leads_planned_by_terms_take_no_more_queries_each_time(self):
        terms = self.env.ref("account.account_payment_term_30days")

        def queries(count, method):
            leads = self.create_leads(count, expected_revenue=1000, stage="opened")
            for lead in leads:
                self.create_offer(lead, price=1000, payment_term_id=terms.id)
            self.env.flush_all()
            self.env.invalidate_all()
            found = self.count_queries(getattr(leads, method))
            self.assertEqual(leads.mapped("payment_count"), [len(terms.line_ids)] * count)
            return found

        for method in ("action_plan_by_payment_terms", "action_take_over_offer"):
            queries(2, method)
            # the message of each lead whose value changes is core's
            self.assertLessEqual(queries(40, method) - queries(20, method), 10, method)

    def test_number_of_queries_to_create_does_not_depend_on_the_number_of_leads(self):
        def queries(count):
            leads = self.create_leads(count, expected_revenue=1000, stage="opened")
            values = [
                {"lead_id": lead.id, "date": "2026-06-30", **amount}
                for lead in leads
                for amount in ({"amount": 10}, {"percentage": 20})
            ]
            return self.count_queries(lambda: self.env["crm.lead.payment"].create(values))

        queries(2)
        self.assertLessEqual(abs(queries(40) - queries(20)), 4)
