"""Plans of payments: instalments, payment terms, moved orders, copies and merges."""

from datetime import date

from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import float_round

from ..tools.allocation import allocate, weigh
from ..tools.instalments import instalment_dates, shift_dates
from .test_crm_lead_payment import LeadPaymentCommon

ROUNDINGS = st.sampled_from((0.01, 0.05, 1.0))
DATES = st.dates(date(2020, 1, 1), date(2039, 12, 31))


@tagged("post_install", "-at_install")
class TestAllocation(LeadPaymentCommon):
    @settings(max_examples=300, deadline=None)
    @given(st.floats(-1e7, 1e7), st.lists(st.floats(0, 100), max_size=12), ROUNDINGS)
    def test_shares_are_off_by_less_than_a_unit(self, total, percentages, rounding):
        total = float_round(total, precision_rounding=rounding)
        amounts = allocate(total, percentages, rounding)
        self.assertEqual(len(amounts), len(percentages))
        for amount, percentage in zip(amounts, percentages, strict=True):
            self.assertAlmostEqual(amount, total * percentage / 100, delta=rounding * 1.0001)
            self.assertAlmostEqual(amount, float_round(amount, precision_rounding=rounding), 6)
        whole = total * sum(percentages) / 100
        self.assertAlmostEqual(sum(amounts), whole, delta=rounding * 0.5001)

    @settings(max_examples=300, deadline=None)
    @given(st.floats(0, 1e7), st.integers(1, 120), ROUNDINGS)
    def test_even_shares_give_the_total(self, total, number, rounding):
        total = float_round(total, precision_rounding=rounding)
        amounts = allocate(total, [100.0 / number] * number, rounding)
        self.assertAlmostEqual(sum(amounts), total, 6)
        self.assertLess(max(amounts) - min(amounts), rounding * 1.0001)

    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.floats(0, 1e6), min_size=1, max_size=12), st.floats(0, 100), ROUNDINGS)
    def test_weighted_amounts_that_cover_the_value_give_its_weight(
        self, amounts, probability, rounding
    ):
        amounts = [float_round(amount, precision_rounding=rounding) for amount in amounts]
        total = float_round(sum(amounts), precision_rounding=rounding)
        weighted_total = float_round(total * probability / 100, precision_rounding=rounding)
        weighted = weigh(amounts, probability, total, weighted_total, rounding)
        self.assertAlmostEqual(sum(weighted), weighted_total, 6)
        for amount, value in zip(amounts[:-1], weighted[:-1], strict=True):
            self.assertAlmostEqual(value, amount * probability / 100, delta=rounding * 0.5001)

    @settings(max_examples=300, deadline=None)
    @given(DATES, st.integers(1, 120), st.integers(1, 52), st.sampled_from(["month", "quarter"]))
    def test_instalments_keep_the_day_where_the_month_has_it(self, first, number, interval, unit):
        months = interval * (3 if unit == "quarter" else 1)
        for index, day in enumerate(instalment_dates(first, number, interval, unit)):
            passed = (day.year - first.year) * 12 + day.month - first.month
            self.assertEqual(passed, index * months)
            last = (day + relativedelta(day=31)).day
            self.assertEqual(day.day, min(first.day, last))

    @settings(max_examples=300, deadline=None)
    @given(st.lists(DATES, min_size=1, max_size=8), DATES, DATES)
    def test_moved_dates_keep_their_order_and_distance(self, dates, start, end):
        dates.sort()
        moved = shift_dates(dates, start, end)
        self.assertEqual(moved, sorted(moved))
        for before, after in zip(dates, moved, strict=True):
            # months differ in length by up to three days
            self.assertLessEqual(abs((after - before).days - (end - start).days), 3)
        self.assertEqual(shift_dates([start], start, end), [end])

    def test_month_ends(self):
        self.assertEqual(
            instalment_dates(date(2027, 1, 31), 4, 1, "month"),
            [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)],
        )
        self.assertEqual(
            instalment_dates(date(2027, 11, 30), 2, 1, "quarter"),
            [date(2027, 11, 30), date(2028, 2, 29)],
        )
        self.assertEqual(
            shift_dates(
                [date(2026, 1, 31), date(2026, 2, 28)], date(2026, 1, 31), date(2026, 2, 28)
            ),
            [date(2026, 2, 28), date(2026, 3, 31)],
        )
        self.assertEqual(
            shift_dates([date(2026, 2, 15)], date(2026, 1, 10), date(2026, 4, 10)),
            [date(2026, 5, 15)],
        )
        self.assertEqual(
            shift_dates([date(2026, 2, 15)], date(2026, 1, 10), date(2026, 1, 17)),
            [date(2026, 2, 22)],
        )


@tagged("post_install", "-at_install")
class TestLeadPaymentPlan(LeadPaymentCommon):
    def days(self, lead=None):
        return [day and str(day) for day in (lead or self.lead).payment_ids.mapped("date")]

    # ------------------------------------------------------------
    # Even instalments
    # ------------------------------------------------------------

    def _split(self, lead=None, user=None, **values):
        lead = (lead or self.lead).with_user(user or self.salesperson)
        action = lead.action_split_payments()
        model = self.env["crm.lead.payment.split"].with_user(user or self.salesperson)
        with Form(model.with_context(**action["context"])) as form:
            for name, value in values.items():
                form[name] = value
        form.record.action_split()
        return form.record

    def test_whole_value_is_split_into_shares(self):
        self.plan(self.lead, 5)
        self._split(scope="value", number=3, date="2027-01-31", name="Rate")
        self.assertEqual(self.days(), ["2027-01-31", "2027-02-28", "2027-03-31"])
        self.assertEqual(self.amounts(), [333.33, 333.34, 333.33])
        self.assertEqual(self.lead.payment_ids.mapped("name"), ["Rate 1/3", "Rate 2/3", "Rate 3/3"])
        self.lead.expected_revenue = 3000
        self.assertEqual(self.amounts(), [1000, 1000, 1000])
        self.assertAddsUp(self.lead)

    def test_rest_is_split_into_amounts_that_are_added(self):
        self.plan(self.lead, 300)
        split = self._split(number=2, date="2027-01-15", interval=2, unit="quarter")
        self.assertEqual(split.scope, "rest", "the default while something is planned")
        self.assertEqual(self.days(), [False, "2027-01-15", "2027-07-15"])
        self.assertEqual(self.amounts(), [300, 350, 350])
        self.lead.expected_revenue = 5000
        self.assertEqual(self.amounts(), [300, 350, 350])

    def test_first_date_is_the_planned_order_date(self):
        self._split(number=1)
        self.assertEqual(self.days(), ["2026-06-30"])
        self.assertEqual(self.lead.payment_ids.name, "Instalment")

    def test_sum_of_payments_is_split_into_amounts(self):
        self.plan(self.lead, 200)
        self.lead.action_use_payment_sum()
        self._split(scope="value", number=2, date="2027-01-31")
        self.assertEqual(self.amounts(), [100, 100])
        self.assertEqual((self.lead.value_source, self.lead.expected_revenue), ("payments", 200))

    def test_what_cannot_be_split_is_said(self):
        for values, message in (
            ({"number": 0}, "from 1 to 120"),
            ({"number": 121}, "from 1 to 120"),
            ({"interval": 0}, "from 1 to 52"),
            ({"interval": 53}, "from 1 to 52"),
            ({"date": "9998-12-31"}, "out of reach"),
            ({"scope": "rest"}, "nothing is left"),
        ):
            self.lead.payment_ids.unlink()
            self.plan(self.lead, "100%")
            with self.assertRaisesRegex(UserError, message):
                self._split(**values)
        self.lead.expected_revenue = 0
        with self.assertRaisesRegex(UserError, "no value"):
            self._split()

    def test_a_unit_that_nobody_knows_is_said_and_breaks_no_list(self):
        dialog = self.env["crm.lead.payment.split"].with_user(self.salesperson)
        values = {"lead_id": self.lead.id, "unit": "decade"}
        self.assertIn("weeks, months or quarters", dialog.new(values).problem)
        spec = {"unit": {}, "problem": {}, "preview": {}}
        stored = dialog.create({"lead_id": self.lead.id})
        for enter in (
            lambda: dialog.create(values),
            lambda: dialog.onchange(values, ["unit"], spec),
            lambda: stored.web_save({"unit": "decade"}, spec),
        ):
            with self.assertRaisesRegex(UserError, "Unit: “decade” is none of the choices"):
                enter()
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead_payment_split SET unit = 'decade', number = 999999999")
        self.env.invalidate_all()
        rows = dialog.web_search_read([], spec)["records"]
        self.assertIn("from 1 to 120", rows[0]["problem"])
        stored.number = 3
        with self.assertRaisesRegex(UserError, "weeks, months or quarters"):
            stored.action_split()

    def test_dialog_without_a_lead_says_so(self):
        dialog = self.env["crm.lead.payment.split"].new({})
        self.assertIn("from a lead", dialog.problem)
        self.assertFalse(dialog.preview)

    def test_dialog_shows_what_will_be_planned(self):
        model = self.env["crm.lead.payment.split"].with_user(self.salesperson)
        with Form(model.with_context(default_lead_id=self.lead.id)) as form:
            form.number = 3
            form.date = "2027-01-31"
            for text in ("Instalment 2/3", "02/28/2027", "333.34", "1,000.00"):
                self.assertIn(text, form.preview)
            form.number = 0
            self.assertFalse(form.preview)
            self.assertIn("from 1 to 120", form.problem)

    def test_split_of_a_colleagues_lead_is_refused(self):
        with self.assertRaises(AccessError):
            self._split(user=self.salesperson_2)
        model = self.env["crm.lead.payment.split"].with_user(self.salesperson_2)
        with self.assertRaises(AccessError):
            model.create({"lead_id": self.lead.id, "number": 2}).action_split()
        self.assertFalse(self.lead.payment_ids)

    def test_dialog_tells_nothing_of_a_colleagues_lead(self):
        """Not even where its value is in the cache, which asks for no rights."""
        model = self.env["crm.lead.payment.split"].with_user(self.salesperson_2)
        self.assertTrue(self.lead.expected_revenue)
        dialog = model.new({"lead_id": self.lead.id, "number": 2, "date": "2030-01-01"})
        self.assertFalse(dialog.preview)
        self.assertTrue(dialog.problem)

    # ------------------------------------------------------------
    # Payment terms
    # ------------------------------------------------------------

    def _create_terms(self, *lines):
        """Payment terms of pairs: percentage or fixed amount, and days."""
        return self.env["account.payment.term"].create(
            {
                "name": "Terms",
                "line_ids": [
                    Command.create({"value": kind, "value_amount": amount, "nb_days": days})
                    for kind, amount, days in lines
                ],
            }
        )

    def _plan_by_terms(self, lead=None):
        (lead or self.lead).with_user(self.salesperson).action_plan_by_payment_terms()
        self.env.flush_all()

    def test_percentages_become_shares(self):
        terms = self._create_terms(("percent", 30, 0), ("percent", 70, 60))
        self.create_offer(self.lead, price=1000, payment_term_id=terms.id)
        self.plan(self.lead, 5)
        self._plan_by_terms()
        self.assertEqual(self.lead.payment_ids.mapped("percentage"), [30, 70])
        self.assertEqual(self.days(), ["2026-06-30", "2026-08-29"])
        self.assertEqual(self.lead.payment_ids.mapped("name"), ["Terms (1/2)", "Terms (2/2)"])
        self.lead.expected_revenue = 500
        self.assertEqual(self.amounts(), [150, 350])

    def test_fixed_amounts_are_converted_and_the_last_is_the_balance(self):
        currency = self.create_foreign_currency({"2020-01-01": 2.0})
        pricelist = self.env["product.pricelist"].create({"name": "F", "currency_id": currency.id})
        terms = self._create_terms(("fixed", 100, 0), ("percent", 40, 30), ("percent", 60, 60))
        self.create_offer(
            self.lead, price=2000, payment_term_id=terms.id, pricelist_id=pricelist.id
        )
        self._plan_by_terms()
        self.assertEqual(self.amounts(), [50, 400, 550])
        self.assertEqual(self.lead.payment_ids.mapped("percentage"), [0, 40, 0])
        self.assertEqual(self.lead.uncovered_revenue, 0)
        self.assertAddsUp(self.lead)

    def test_terms_without_planned_date_count_from_the_offer(self):
        self.lead.date_deadline = False
        terms = self._create_terms(("percent", 100, 30))
        self.create_offer(self.lead, payment_term_id=terms.id, date_order="2026-03-01 10:00:00")
        self._plan_by_terms()
        self.assertEqual(self.days(), ["2026-03-31"])

    def test_terms_of_a_sum_become_amounts(self):
        terms = self._create_terms(("percent", 30, 0), ("percent", 70, 60))
        self.create_offer(self.lead, price=1000, payment_term_id=terms.id)
        self.plan(self.lead, 200)
        self.lead.action_use_payment_sum()
        self._plan_by_terms()
        self.assertEqual(self.amounts(), [60, 140])
        self.assertEqual((self.lead.value_source, self.lead.expected_revenue), ("payments", 200))

    def test_terms_that_do_not_fit_are_refused(self):
        with self.assertRaisesRegex(UserError, "no main offer"):
            self._plan_by_terms()
        offer = self.create_offer(self.lead, price=1000)
        with self.assertRaisesRegex(UserError, "no payment terms"):
            self._plan_by_terms()
        offer.payment_term_id = self._create_terms(("fixed", 1001, 0), ("percent", 100, 30))
        self.plan(self.lead, 5)
        with self.assertRaisesRegex(UserError, "more than the value"):
            self._plan_by_terms()
        self.assertEqual(self.amounts(), [5])
        self.lead.expected_revenue = 0
        with self.assertRaisesRegex(UserError, "no value"):
            self._plan_by_terms()

    def test_offer_taken_over_brings_its_terms(self):
        terms = self._create_terms(("percent", 30, 0), ("percent", 70, 60))
        self.create_offer(self.lead, price=2000, payment_term_id=terms.id)
        self.lead.with_user(self.salesperson).action_take_over_offer()
        self.env.flush_all()
        self.assertEqual(self.amounts(), [600, 1400])
        self.assertAddsUp(self.lead)
        self.lead.payment_ids[0].unlink()
        self.lead.action_take_over_offer()
        self.assertEqual(self.amounts(), [1400], "planned payments stay")

    def test_offer_taken_over_with_terms_that_do_not_fit(self):
        terms = self._create_terms(("fixed", 9000, 0), ("percent", 100, 30))
        self.create_offer(self.lead, price=2000, payment_term_id=terms.id)
        self.lead.action_take_over_offer()
        self.assertEqual((self.lead.value_source, self.lead.expected_revenue), ("offer", 2000))
        self.assertFalse(self.lead.payment_ids)

    def test_terms_of_a_colleagues_offer(self):
        terms = self._create_terms(("percent", 100, 30))
        self.create_offer(
            self.lead, price=2000, payment_term_id=terms.id, user_id=self.salesperson_2.id
        )
        self._plan_by_terms()
        self.assertEqual(self.amounts(), [1000])

    # ------------------------------------------------------------
    # The order moves
    # ------------------------------------------------------------

    def test_moved_order_offers_to_move_the_payments(self):
        self.plan(self.lead, ("30%", "2026-06-30"), ("30%", "2026-09-30"), "20%")
        self.assertEqual(str(self.lead.payment_anchor_date), "2026-06-30")
        self.assertFalse(self.lead.has_payments_to_move)
        self.lead.date_deadline = "2026-08-31"
        self.assertTrue(self.lead.has_payments_to_move)
        self.lead.with_user(self.salesperson).action_move_payments()
        self.assertEqual(self.days(), ["2026-08-31", "2026-11-30", False])
        self.assertFalse(self.lead.has_payments_to_move)

    def test_payments_may_keep_their_dates(self):
        self.plan(self.lead, ("30%", "2026-06-30"))
        self.lead.date_deadline = "2026-07-07"
        self.lead.with_user(self.salesperson).action_keep_payment_dates()
        self.assertEqual(self.days(), ["2026-06-30"])
        self.assertFalse(self.lead.has_payments_to_move)
        self.lead.date_deadline = "2026-07-10"
        self.lead.action_move_payments()
        self.assertEqual(self.days(), ["2026-07-03"], "three days, not ten")

    def test_nothing_is_offered_where_nothing_can_move(self):
        self.lead.date_deadline = "2026-07-31"
        self.assertFalse(self.lead.has_payments_to_move, "no payments")
        self.plan(self.lead, "30%")
        self.lead.date_deadline = "2026-08-31"
        self.assertFalse(self.lead.has_payments_to_move, "no dates")
        self.lead.payment_ids.date = "2026-08-31"
        self.lead.date_deadline = False
        self.assertFalse(self.lead.has_payments_to_move, "nowhere to move them")
        self.lead.date_deadline = "2026-09-30"
        self.assertTrue(self.lead.has_payments_to_move)
        self.lead.action_set_lost(lost_reason_id=self.reason.id)
        self.assertFalse(self.lead.has_payments_to_move, "declined")

    def test_first_planned_date_moves_nothing(self):
        self.lead.date_deadline = False
        self.plan(self.lead, ("30%", "2026-06-30"))
        self.lead.date_deadline = "2026-08-31"
        self.assertFalse(self.lead.has_payments_to_move)
        self.lead.date_deadline = "2026-09-30"
        self.assertTrue(self.lead.has_payments_to_move)

    def test_new_plan_belongs_to_the_date_of_that_time(self):
        self.plan(self.lead, ("30%", "2026-06-30"))
        self.lead.date_deadline = "2026-08-31"
        self.lead.payment_ids.unlink()
        self.assertFalse(self.lead.payment_anchor_date)
        self.plan(self.lead, ("30%", "2026-09-30"))
        self.assertFalse(self.lead.has_payments_to_move)
        self.lead.date_deadline = "2026-12-31"
        self.assertTrue(self.lead.has_payments_to_move)
        self._split(scope="value", number=2)
        self.assertFalse(self.lead.has_payments_to_move)

    def test_leads_move_in_one_go(self):
        counts = []
        for count in (2, 5, 10):
            leads = self.create_leads(count, date_deadline="2026-06-30", expected_revenue=100)
            for lead in leads:
                self.plan(lead, ("30%", "2026-07-31"), ("70%", "2026-08-31"))
            leads.write({"date_deadline": "2026-07-31"})
            counts.append(self.count_queries(leads.action_move_payments))
            for lead in leads:
                self.assertEqual(self.days(lead), ["2026-08-31", "2026-09-30"])
        self.assertEqual(counts[1], counts[2])

    def test_form_offers_it_before_saving(self):
        self.plan(self.lead, ("30%", "2026-06-30"))
        with Form(self.lead.with_user(self.salesperson), view="crm.crm_lead_view_form") as form:
            form.date_deadline = "2026-08-31"
            self.assertTrue(form.has_payments_to_move)
            self.assertEqual(str(form.payment_anchor_date), "2026-06-30")
        self.assertTrue(self.lead.has_payments_to_move)

    def test_payments_of_a_colleagues_lead_stay(self):
        self.plan(self.lead, ("30%", "2026-06-30"))
        self.lead.date_deadline = "2026-08-31"
        for action in ("action_move_payments", "action_keep_payment_dates"):
            with self.assertRaises(AccessError):
                getattr(self.lead.with_user(self.salesperson_2), action)()

    # ------------------------------------------------------------
    # Duplicate and merge
    # ------------------------------------------------------------

    def test_duplicate_has_the_same_payments(self):
        self.plan(self.lead, ("30%", "2026-06-30"), (200, "2026-07-31"))
        self.lead.date_deadline = "2026-08-31"
        copy = self.lead.with_user(self.salesperson).copy().sudo()
        self.assertFalse(copy.payment_ids & self.lead.payment_ids)
        self.assertEqual(self.amounts(copy), [300, 200])
        self.assertEqual(copy.payment_ids.mapped("percentage"), [30, 0])
        self.assertEqual(self.days(copy), ["2026-06-30", "2026-07-31"])
        self.assertTrue(copy.has_payments_to_move)
        copy.expected_revenue = 2000
        self.assertEqual(self.amounts(copy), [600, 200])
        self.assertEqual(self.amounts(), [300, 200])
        self.assertAddsUp(self.lead | copy)

    def test_duplicate_of_a_sum_is_entered_by_hand(self):
        self.plan(self.lead, 300, 200)
        self.lead.action_use_payment_sum()
        copy = self.lead.copy()
        self.assertEqual((copy.value_source, copy.expected_revenue), ("manual", 500))
        self.assertEqual(self.amounts(copy), [300, 200])

    def _merge(self, *leads):
        merged = self.env["crm.lead"].union(*leads).with_user(self.salesperson).merge_opportunity()
        self.env.flush_all()
        return merged.sudo()

    def test_merge_keeps_the_payments_of_the_value(self):
        other = self.create_lead(stage="opened", expected_revenue=5000)
        self.plan(self.lead, ("50%", "2026-06-30"), 100)
        self.plan(other, (777, "2026-01-31"))
        merged = self._merge(self.lead, other)
        self.assertEqual(merged, self.lead)
        self.assertEqual((merged.expected_revenue, self.amounts(merged)), (1000, [500, 100]))
        note = merged.message_ids.filtered(lambda message: "not kept" in (message.body or ""))
        self.assertIn("777.00", note.body)
        self.assertIn("01/31/2026", note.body)
        self.assertAddsUp(merged)

    def test_merge_takes_value_and_payments_from_the_same_lead(self):
        self.lead.expected_revenue = 0
        self.plan(self.lead, ("50%", "2026-06-30"))
        other = self.create_lead(stage="opened", expected_revenue=5000, date_deadline="2026-01-31")
        self.plan(other, ("20%", "2026-01-31"), 700)
        merged = self._merge(self.lead, other)
        self.assertEqual(merged, self.lead)
        self.assertEqual((merged.expected_revenue, self.amounts(merged)), (5000, [1000, 700]))
        self.assertEqual(str(merged.payment_anchor_date), "2026-01-31")
        self.assertTrue(merged.has_payments_to_move)
        self.assertAddsUp(merged)

    def test_merge_takes_the_only_payments_there_are(self):
        other = self.create_lead(stage="opened", expected_revenue=5000)
        self.plan(other, ("20%", "2026-01-31"))
        merged = self._merge(self.lead, other)
        self.assertEqual((merged.expected_revenue, self.amounts(merged)), (1000, [200]))
        self.assertFalse(merged.message_ids.filtered(lambda mail: "not kept" in (mail.body or "")))
        self.assertAddsUp(merged)

    def test_merge_keeps_where_the_value_comes_from(self):
        self.lead.expected_revenue = 0
        other = self.create_lead(stage="opened", expected_revenue=5000)
        self.plan(other, 300, 100)
        other.action_use_payment_sum()
        merged = self._merge(self.lead, other)
        self.assertEqual(
            (merged.value_source, merged.expected_revenue, self.amounts(merged)),
            ("payments", 400, [300, 100]),
        )
        merged.payment_ids[0].amount = 500
        self.assertEqual(merged.expected_revenue, 600)

    def test_merge_of_leads_that_follow_their_offers(self):
        self.create_offer(self.lead, price=1234)
        self.lead.action_take_over_offer()
        other = self.create_lead(stage="opened", expected_revenue=5000)
        self.create_offer(other, price=4321)
        other.action_take_over_offer()
        merged = self._merge(self.lead, other)
        self.assertEqual((merged.value_source, merged.expected_revenue), ("offer", 1234))
