"""Planned payments on a lead: shares, amounts, weighted amounts and the value they cover."""

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import LeadManagementCommon

FORM = "crm.crm_lead_view_form"


class LeadPaymentCommon(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.create_partner()
        cls.lead = cls.create_lead(
            stage="offer_made",
            partner_id=cls.partner.id,
            expected_revenue=1000,
            date_deadline="2026-06-30",
        )

    @classmethod
    def plan(cls, lead, *payments, user=None):
        """Plan payments: numbers below or equal 100 with ``%`` are shares, others amounts."""
        values = []
        for index, payment in enumerate(payments):
            what, date = payment if isinstance(payment, tuple) else (payment, False)
            vals = {"lead_id": lead.id, "sequence": index, "date": date}
            if isinstance(what, str):
                vals["percentage"] = float(what.rstrip("%"))
            else:
                vals["amount"] = what
            values.append(vals)
        model = cls.env["crm.lead.payment"]
        return (model.with_user(user) if user else model).create(values)

    def amounts(self, lead=None):
        return (lead or self.lead).payment_ids.mapped("amount")

    def assertAddsUp(self, leads):
        """The rows of the pipeline report add up to value and weighted value, to the cent; where
        there is no rate, in the lead's own currency."""
        self.env.flush_all()
        rows = self.env["crm.lead.pipeline.report"].search([("lead_id", "in", leads.ids)])
        for lead, lead_rows in rows.grouped("lead_id").items():
            for name, apart, total in (
                ("amount", "amount_apart", lead.expected_revenue),
                ("amount_weighted", "weighted_apart", lead.prorated_revenue),
            ):
                found = sum(lead_rows.mapped(apart if lead_rows.apart_currency_id else name))
                self.assertAlmostEqual(found, total or 0.0, 6, name)
        self.assertEqual(rows.lead_id, leads)

    def _use_sum(self, lead=None):
        (lead or self.lead).with_user(self.salesperson).action_use_payment_sum()
        self.env.flush_all()


@tagged("post_install", "-at_install")
class TestLeadPayment(LeadPaymentCommon):
    # ------------------------------------------------------------
    # Shares and amounts
    # ------------------------------------------------------------

    def test_shares_follow_the_value_and_amounts_stay(self):
        self.plan(self.lead, "30%", "20%", 100)
        self.assertEqual(self.amounts(), [300, 200, 100])
        self.assertEqual(self.lead.uncovered_revenue, 400)
        self.lead.expected_revenue = 2000
        self.assertEqual(self.amounts(), [600, 400, 100])
        self.assertEqual(self.lead.uncovered_revenue, 900)
        self.assertAddsUp(self.lead)

    def test_thirds_give_the_value_to_the_cent(self):
        payments = self.plan(self.lead, *["33.333333333333336%"] * 3)
        self.assertEqual(payments.mapped("amount"), [333.33, 333.34, 333.33])
        self.assertEqual(self.lead.uncovered_revenue, 0)
        self.assertEqual(sum(payments.mapped("amount_weighted")), self.lead.prorated_revenue)
        self.assertAddsUp(self.lead)

    def test_more_may_be_planned_than_the_value(self):
        self.plan(self.lead, 800, 500)
        self.assertEqual(self.lead.uncovered_revenue, -300)
        self.assertAddsUp(self.lead)

    def test_amount_written_to_a_share_is_an_amount_from_then_on(self):
        payment = self.plan(self.lead, "30%")
        payment.amount = 500
        self.assertEqual((payment.amount, payment.percentage), (500, 0))
        self.lead.expected_revenue = 2000
        self.assertEqual(payment.amount, 500)

    def test_amount_that_the_share_comes_to_leaves_the_share(self):
        payment = self.plan(self.lead, "30%")
        payment.write({"amount": 300, "name": "Deposit"})
        self.assertEqual((payment.amount, payment.percentage), (300, 30))
        self.assertEqual(payment.name, "Deposit")

    def test_share_written_to_an_amount_follows_the_value(self):
        payment = self.plan(self.lead, 250)
        payment.percentage = 30
        self.assertEqual(payment.amount, 300)
        payment.percentage = 0
        self.assertEqual(payment.amount, 300, "the amount stays when the share goes")

    def test_share_wins_where_both_are_given(self):
        payment = self.env["crm.lead.payment"].create(
            {"lead_id": self.lead.id, "percentage": 30, "amount": 999}
        )
        self.assertEqual((payment.amount, payment.percentage), (300, 30))

    def test_shares_and_amounts_out_of_bounds_are_refused(self):
        for values, message in (
            ({"percentage": 101}, "between 0 and 100"),
            ({"percentage": -1}, "between 0 and 100"),
            ({"amount": -0.01}, "negative amount"),
        ):
            with self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
                self.env["crm.lead.payment"].create({"lead_id": self.lead.id, **values})
        payment = self.plan(self.lead, "100%")
        with (
            self.assertRaisesRegex(ValidationError, "negative amount"),
            self.env.cr.savepoint(),
        ):
            payment.write({"percentage": 0, "amount": -1})

    def test_deleted_payment_leaves_its_part_uncovered(self):
        first, second = self.plan(self.lead, "50%", "50%")
        first.unlink()
        self.assertEqual(self.lead.uncovered_revenue, 500)
        self.assertEqual(self.lead.payment_count, 1)
        self.assertEqual(second.amount, 500)
        self.assertAddsUp(self.lead)
        second.unlink()
        self.assertEqual((self.lead.payment_count, self.lead.planned_revenue), (0, 0))
        self.assertAddsUp(self.lead)

    def test_payment_moved_to_another_lead_counts_there_alone(self):
        other = self.create_lead(expected_revenue=4000)
        payment = self.plan(self.lead, "50%")
        payment.lead_id = other
        self.assertEqual(payment.amount, 2000)
        self.assertEqual((self.lead.payment_count, other.payment_count), (0, 1))
        self.assertAddsUp(self.lead | other)

    def test_order_decides_who_gets_the_odd_cent(self):
        self.lead.expected_revenue = 100.01
        first, second = self.plan(self.lead, "50%", "50%")
        self.assertEqual((first.amount, second.amount), (50.01, 50.0))
        first.sequence = 5
        self.assertEqual((first.amount, second.amount), (50.0, 50.01))
        self.assertAddsUp(self.lead)

    def test_payments_are_called_by_name_or_date(self):
        named, dated, neither = self.plan(self.lead, 1, (2, "2026-05-31"), 3)
        named.name = "Deposit"
        self.assertEqual(named.display_name, "Deposit")
        self.assertEqual(dated.display_name, "05/31/2026")
        self.assertEqual(neither.display_name, "Payment")

    # ------------------------------------------------------------
    # Weighted
    # ------------------------------------------------------------

    def test_weighted_amounts_follow_stage_and_probability(self):
        payments = self.plan(self.lead, "50%", 500)
        self.assertEqual(payments.mapped("amount_weighted"), [375, 375])
        self.lead.stage_id = self.stages["negotiation"]
        self.assertEqual(payments.mapped("amount_weighted"), [450, 450])
        self.lead.probability = 33.33
        self.assertEqual(sum(payments.mapped("amount_weighted")), self.lead.prorated_revenue)
        self.lead.action_set_won()
        self.assertEqual(payments.mapped("amount_weighted"), [500, 500])
        self.assertAddsUp(self.lead)

    def test_declined_lead_weighs_nothing_and_comes_back(self):
        payments = self.plan(self.lead, "50%", 500)
        self.lead.action_set_lost(lost_reason_id=self.reason.id)
        self.assertEqual(payments.mapped("amount_weighted"), [0, 0])
        self.lead.action_restore()
        self.assertEqual(payments.mapped("amount_weighted"), [375, 375])
        self.assertAddsUp(self.lead)

    def test_won_lead_keeps_payments_still_to_come(self):
        self.plan(self.lead, ("50%", "2030-01-31"), ("50%", "2030-02-28"))
        self.lead.action_set_won()
        self.lead.payment_ids[0].amount = 400
        self.assertEqual(self.lead.expected_revenue, 1000)
        self.assertEqual(self.lead.uncovered_revenue, 100)
        self.assertAddsUp(self.lead)

    def test_scoring_job_keeps_weighted_amounts_in_step(self):
        """Core's job writes probabilities in SQL."""
        self.stages["offer_made"].uses_default_probability = False
        self.plan(self.lead, "50%", 100)
        self.env.flush_all()
        self.env["ir.config_parameter"].set_param("crm.pls_start_date", "2020-01-01")
        self.env.cr.execute(
            "UPDATE crm_lead SET automated_probability = 13, probability = 13 WHERE id = %s",
            [self.lead.id],
        )
        self.env.invalidate_all()
        self.env["crm.lead"]._cron_update_automated_probabilities()
        self.env.flush_all()
        self.env.invalidate_all()
        weighted = self.lead.expected_revenue * self.lead.probability / 100
        self.assertAlmostEqual(self.lead.prorated_revenue, weighted, delta=0.0051)
        for payment in self.lead.payment_ids:
            weighted = payment.amount * self.lead.probability / 100
            self.assertAlmostEqual(payment.amount_weighted, weighted, delta=0.0051)
        self.assertAddsUp(self.lead)

    def test_scoring_job_reaches_payments_of_a_lead_without_a_value(self):
        lead = self.create_lead(expected_revenue=0, probability=20)
        self.plan(lead, 1000, 0.02, 0.02)
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET probability = 60 WHERE id = %s", [lead.id])
        self.env.invalidate_all()
        # core's own part of the job would give the lead another probability
        self.env["ir.config_parameter"].set_param("crm.pls_start_date", "")
        self.env["crm.lead"]._update_automated_probabilities()
        self.assertEqual(lead.probability, 60)
        self.assertEqual(lead.payment_ids[0].amount_weighted, 600)
        self.assertAddsUp(lead)

    # ------------------------------------------------------------
    # The value as the sum of the payments
    # ------------------------------------------------------------

    def test_value_is_the_sum_of_the_payments(self):
        self.plan(self.lead, "30%", 100)
        self._use_sum()
        self.assertEqual(self.lead.value_source, "payments")
        self.assertEqual(self.lead.expected_revenue, 400)
        self.assertEqual(self.lead.payment_ids.mapped("percentage"), [0, 0])
        self.assertEqual(self.amounts(), [300, 100])
        self.lead.payment_ids[0].amount = 500
        self.assertEqual(self.lead.expected_revenue, 600)
        self.assertEqual(self.lead.prorated_revenue, 450)
        self.plan(self.lead, 50)
        self.assertEqual(self.lead.expected_revenue, 650)
        self.lead.payment_ids[0].unlink()
        self.assertEqual(self.lead.expected_revenue, 150)
        self.assertAddsUp(self.lead)

    def test_shares_of_a_sum_are_refused(self):
        self.plan(self.lead, 100)
        self._use_sum()
        with self.assertRaisesRegex(ValidationError, "not shares"), self.env.cr.savepoint():
            self.plan(self.lead, "10%")
        with self.assertRaisesRegex(ValidationError, "not shares"), self.env.cr.savepoint():
            self.lead.payment_ids.percentage = 10

    def test_value_typed_in_ends_the_sum(self):
        self.plan(self.lead, 300, 100)
        self._use_sum()
        self.lead.with_user(self.salesperson).expected_revenue = 900
        self.assertEqual((self.lead.value_source, self.lead.expected_revenue), ("manual", 900))
        self.assertEqual(self.amounts(), [300, 100])
        self.assertEqual(self.lead.uncovered_revenue, 500)
        self.lead.payment_ids[0].amount = 350
        self.assertEqual(self.lead.expected_revenue, 900)

    def test_the_sum_itself_typed_in_changes_nothing(self):
        self.plan(self.lead, 300, 100)
        self._use_sum()
        self.lead.write({"expected_revenue": 400, "priority": "2"})
        self.assertEqual((self.lead.value_source, self.lead.priority), ("payments", "2"))

    def test_value_and_payments_written_at_once(self):
        """As a form does that shows the new sum."""
        payment = self.plan(self.lead, 300)
        self._use_sum()
        self.lead.write(
            {
                "expected_revenue": 550,
                "payment_ids": [
                    Command.update(payment.id, {"amount": 350}),
                    Command.create({"amount": 200}),
                ],
            }
        )
        self.assertEqual((self.lead.value_source, self.lead.expected_revenue), ("payments", 550))

    def test_value_stays_when_the_last_payment_goes(self):
        self.plan(self.lead, 300, 100)
        self._use_sum()
        self.lead.payment_ids.unlink()
        self.assertEqual((self.lead.value_source, self.lead.expected_revenue), ("manual", 400))
        self.assertAddsUp(self.lead)

    def test_value_stays_when_the_last_payment_moves_to_another_lead(self):
        self.plan(self.lead, 300)
        self._use_sum()
        self.lead.payment_ids.lead_id = self.create_lead()
        self.assertEqual((self.lead.value_source, self.lead.expected_revenue), ("manual", 300))

    def test_sum_stands_still_after_the_decision(self):
        self.plan(self.lead, 300)
        self._use_sum()
        self.lead.action_set_won()
        self.lead.payment_ids.amount = 500
        self.assertEqual(self.lead.expected_revenue, 300)
        self.assertEqual(self.lead.uncovered_revenue, -200)
        with self.assertRaisesRegex(UserError, "decided"):
            self._use_sum()

    def test_sum_of_nothing_is_refused(self):
        with self.assertRaisesRegex(UserError, "no planned payments"):
            self._use_sum()

    def test_offer_taken_over_ends_the_sum(self):
        self.create_offer(self.lead, price=1234)
        self.plan(self.lead, 300)
        self._use_sum()
        self.lead.action_take_over_offer()
        self.assertEqual((self.lead.value_source, self.lead.expected_revenue), ("offer", 1234))
        self.assertEqual(self.amounts(), [300])

    def test_shares_follow_a_value_that_follows_the_offer(self):
        offer = self.create_offer(self.lead, price=1234)
        self.plan(self.lead, "50%")
        self.lead.action_take_over_offer()
        self.assertEqual(self.amounts(), [617])
        offer.order_line.price_unit = 2000
        self.env.flush_all()
        self.assertEqual(self.amounts(), [1000])
        self.assertAddsUp(self.lead)

    # ------------------------------------------------------------
    # In a form
    # ------------------------------------------------------------

    def _form(self, lead=None):
        lead = (lead or self.lead).with_user(self.salesperson)
        return Form(lead, view=FORM)

    def test_form_plans_payments_on_a_new_lead(self):
        form = Form(self.env["crm.lead"].with_user(self.salesperson), view=FORM)
        form.name = "New"
        form.expected_revenue = 900
        with form.payment_ids.new() as line:
            line.percentage = 50
        self.assertEqual(form.planned_revenue, 450)
        with form.payment_ids.new() as line:
            line.amount = 100
        self.assertEqual(form.uncovered_revenue, 350)
        form.expected_revenue = 1000
        self.assertEqual([line["amount"] for line in form.payment_ids._records], [500, 100])
        lead = form.save().sudo()
        self.assertEqual(lead.payment_ids.mapped("percentage"), [50, 0])
        self.assertEqual(self.amounts(lead), [500, 100])
        self.assertAddsUp(lead)

    def test_form_keeps_shares_when_the_value_changes(self):
        self.plan(self.lead, "30%", "33.3333%", "36.6667%")
        with self._form() as form:
            form.expected_revenue = 777.77
            self.assertEqual(form.uncovered_revenue, 0)
        self.assertEqual(self.lead.payment_ids.mapped("percentage"), [30, 33.3333, 36.6667])
        self.assertEqual(sum(self.amounts()), 777.77)
        self.assertEqual(self.lead.uncovered_revenue, 0)

    def test_form_keeps_shares_when_lines_come_and_go(self):
        self.lead.expected_revenue = 100.01
        self.plan(self.lead, "50%", "25%", "25%")
        with self._form() as form:
            form.payment_ids.remove(0)
            with form.payment_ids.new() as line:
                line.percentage = 50
            self.assertEqual(form.uncovered_revenue, 0)
        self.assertEqual(self.lead.payment_ids.mapped("percentage"), [25, 25, 50])
        self.assertEqual(self.lead.uncovered_revenue, 0)
        self.assertAddsUp(self.lead)

    def test_form_makes_an_amount_of_a_share_that_is_overwritten(self):
        self.plan(self.lead, "30%", "20%")
        with self._form() as form:
            with form.payment_ids.edit(0) as line:
                line.amount = 350
                self.assertEqual(line.percentage, 0)
            self.assertEqual(form.uncovered_revenue, 450)
        self.assertEqual(self.lead.payment_ids.mapped("percentage"), [0, 20])
        self.assertEqual(self.amounts(), [350, 200])

    def test_form_shows_the_new_sum_and_keeps_the_source(self):
        self.plan(self.lead, 300, 100)
        self._use_sum()
        with self._form() as form:
            with form.payment_ids.edit(0) as line:
                line.amount = 500
            self.assertEqual(form.expected_revenue, 600)
            self.assertEqual(form.value_source, "payments")
        self.assertEqual((self.lead.value_source, self.lead.expected_revenue), ("payments", 600))

    def test_form_ends_the_sum_when_a_value_is_typed_in(self):
        self.plan(self.lead, 300, 100)
        self._use_sum()
        with self._form() as form:
            form.expected_revenue = 900
            self.assertEqual(form.value_source, "manual")
            self.assertEqual(form.uncovered_revenue, 500)
        self.assertEqual((self.lead.value_source, self.lead.expected_revenue), ("manual", 900))

    def test_form_keeps_the_source_when_another_offer_becomes_the_main_one(self):
        self.create_offer(self.lead, price=1234)
        other = self.create_offer(self.lead, price=500)
        self.plan(self.lead, "50%")
        self.lead.action_take_over_offer()
        spec = {
            "main_order_id": {"fields": {}},
            "expected_revenue": {},
            "value_source": {},
            "payment_ids": {"fields": {"percentage": {}, "amount": {}}},
        }
        changed = self.lead.onchange({"main_order_id": other.id}, ["main_order_id"], spec)["value"]
        self.assertEqual(changed["expected_revenue"], 500)
        self.assertNotIn("value_source", changed)
        payments = [Command.update(changed["payment_ids"][0][1], {"amount": 250})]
        self.assertEqual(changed["payment_ids"], payments)
        self.lead.write(
            {"main_order_id": other.id, "expected_revenue": 500, "payment_ids": payments}
        )
        self.assertEqual((self.lead.value_source, self.lead.expected_revenue), ("offer", 500))
        self.assertEqual((self.amounts(), self.lead.payment_ids.percentage), ([250], 50))
