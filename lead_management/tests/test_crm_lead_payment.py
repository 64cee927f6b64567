"""Planned payments on a lead: shares, amounts, weighted amounts and the value they cover."""

import random
from contextlib import contextmanager

from odoo.exceptions import AccessError, UserError, ValidationError
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
        """The rows of the pipeline report add up to value and weighted value, to the cent."""
        self.env.flush_all()
        rows = self.env["crm.lead.pipeline.report"].search([("lead_id", "in", leads.ids)])
        for lead, lead_rows in rows.grouped("lead_id").items():
            for name, total in (
                ("amount", lead.expected_revenue),
                ("amount_weighted", lead.prorated_revenue),
            ):
                self.assertAlmostEqual(sum(lead_rows.mapped(name)), total or 0.0, 6, name)
        self.assertEqual(rows.lead_id, leads)


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

    # ------------------------------------------------------------
    # The value as the sum of the payments
    # ------------------------------------------------------------

    def _use_sum(self, lead=None):
        (lead or self.lead).with_user(self.salesperson).action_use_payment_sum()
        self.env.flush_all()

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
        self.assertEqual(changed["payment_ids"], [list(payments[0])])
        self.lead.write(
            {"main_order_id": other.id, "expected_revenue": 500, "payment_ids": payments}
        )
        self.assertEqual((self.lead.value_source, self.lead.expected_revenue), ("offer", 500))
        self.assertEqual((self.amounts(), self.lead.payment_ids.percentage), ([250], 50))

    # ------------------------------------------------------------
    # Import and export
    # ------------------------------------------------------------

    COLUMNS = (
        "name",
        "expected_revenue",
        "payment_ids/name",
        "payment_ids/date",
        "payment_ids/amount",
        "payment_ids/percentage",
    )

    def _load(self, *rows, columns=COLUMNS):
        model = self.env["crm.lead"].with_user(self.salesperson)
        return model.load(list(columns), [list(row) for row in rows])

    def test_payments_are_imported_with_their_lead(self):
        result = self._load(
            ("Imported", "1000", "Deposit", "2026-05-31", "", "30"),
            ("", "", "Rest", "2026-12-31", "650", ""),
            ("Without", "500", "", "", "", ""),
        )
        self.assertFalse(result["messages"])
        lead, without = self.env["crm.lead"].browse(result["ids"])
        self.assertEqual(lead.payment_ids.mapped("name"), ["Deposit", "Rest"])
        self.assertEqual(self.amounts(lead), [300, 650])
        self.assertEqual(lead.payment_ids.mapped("percentage"), [30, 0])
        self.assertEqual(lead.uncovered_revenue, 50)
        self.assertFalse(without.payment_ids)
        self.assertAddsUp(lead | without)

    def test_what_is_exported_is_imported_again(self):
        self.plan(self.lead, ("33.333333333333336%", "2026-05-31"), (400.5, False), "10%")
        self.lead.payment_ids[0].name = "Deposit"
        paths = [*self.COLUMNS[1:]]
        rows = self.lead.export_data(["name", *paths])["datas"]
        self.assertEqual(len(rows), 3)
        result = self._load(*[[str(cell or "") for cell in row] for row in rows])
        self.assertFalse(result["messages"])
        lead = self.env["crm.lead"].browse(result["ids"])
        for name in ("name", "date", "amount", "percentage", "amount_weighted"):
            if name != "amount_weighted":
                self.assertEqual(
                    lead.payment_ids.mapped(name), self.lead.payment_ids.mapped(name), name
                )
        self.assertAddsUp(lead)

    def test_what_is_exported_updates_itself(self):
        self.plan(self.lead, ("33.333333333333336%", "2026-05-31"), (400.5, False))
        self._use_sum()
        paths = ["id", "expected_revenue", "payment_ids/id", "payment_ids/amount"]
        rows = self.lead.export_data([*paths, "payment_ids/percentage"])["datas"]
        payments = self.lead.payment_ids
        result = self._load(
            *[[str(cell or "") for cell in row] for row in rows],
            columns=[*paths, "payment_ids/percentage"],
        )
        self.assertFalse(result["messages"])
        self.assertEqual(self.lead.payment_ids, payments)
        self.assertEqual((self.lead.value_source, self.amounts()), ("payments", [333.33, 400.5]))

    def test_what_cannot_be_imported_is_said(self):
        for row, message in (
            (("Bad", "1", "", "31.05.2026", "1", ""), "31.05.2026.*does not seem to be a valid"),
            (("Bad", "1", "", "", "-5", ""), "negative amount"),
            (("Bad", "1", "", "", "", "101"), "between 0 and 100"),
        ):
            result = self._load(row)
            self.assertFalse(result["ids"])
            self.assertRegex(result["messages"][0]["message"], message)

    # ------------------------------------------------------------
    # Access
    # ------------------------------------------------------------

    def test_payments_of_a_colleagues_lead_are_out_of_reach(self):
        payment = self.plan(self.lead, 100)
        mine = self.create_lead(user_id=self.salesperson_2.id)
        other = self.env["crm.lead.payment"].with_user(self.salesperson_2)
        self.assertFalse(other.search([("id", "=", payment.id)]))
        with self.assertRaises(AccessError):
            other.browse(payment.id).read(["amount"])
        with self.assertRaises(AccessError):
            other.browse(payment.id).write({"amount": 5})
        with self.assertRaises(AccessError):
            other.browse(payment.id).unlink()
        with self.assertRaises(AccessError):
            self.plan(self.lead, 5, user=self.salesperson_2)
        own = self.plan(mine, 5, user=self.salesperson_2)
        with self.assertRaises(AccessError):
            own.lead_id = self.lead
        with self.assertRaises(AccessError):
            other.browse(payment.id).lead_id = mine
        self.assertEqual(own.lead_id, mine)

    def test_payments_of_a_declined_lead_are_its_owners(self):
        payment = self.plan(self.lead, 100)
        self.lead.action_set_lost(lost_reason_id=self.reason.id)
        self.assertTrue(payment.with_user(self.salesperson).has_access("write"))
        self.assertFalse(payment.with_user(self.salesperson_2).has_access("read"))

    def test_who_may_what(self):
        payment = self.plan(self.lead, 100)
        nobodys = self.plan(self.create_lead(user_id=False), 100)
        for user, may in (
            (self.salesperson, True),
            (self.sales_all, True),
            (self.sales_manager, True),
            (self.accountant, False),
            (self.project_manager, False),
            (self.timesheet_user, False),
            (self.portal_user, False),
        ):
            for record in (payment, nobodys):
                for operation in ("read", "write", "unlink"):
                    self.assertEqual(
                        record.with_user(user).has_access(operation), may, (user.name, operation)
                    )

    def test_payments_of_another_company_are_out_of_reach(self):
        company = self.env["res.company"].create({"name": "Other Company"})
        lead = self.create_lead(
            company_id=company.id, user_id=False, team_id=False, expected_revenue=100
        )
        self.assertEqual(lead.company_id, company)
        payment = self.plan(lead, 100)
        self.assertFalse(payment.with_user(self.sales_manager).has_access("read"))
        self.sales_manager.company_ids |= company
        for companies, may in ((self.company, False), (company, True)):
            manager = payment.with_user(self.sales_manager).with_context(
                allowed_company_ids=companies.ids
            )
            self.assertEqual(manager.has_access("write"), may)

    def test_leads_are_read_and_written_by_who_may_not_read_payments(self):
        """A project manager reads the leads of the own projects."""
        self.plan(self.lead, (100, "2026-05-31"))
        self.lead.action_set_won()
        project = self.create_project(user_id=self.project_manager.id)
        self.lead.project_id = project
        self.lead.date_deadline = "2026-07-31"
        lead = self.lead.with_user(self.project_manager)
        self.env.invalidate_all()
        names = ["planned_revenue", "uncovered_revenue", "has_payments_to_move"]
        self.assertEqual(lead.read(names)[0]["planned_revenue"], 100)
        self.assertNotIn("payment_ids", lead.fields_get())

    # ------------------------------------------------------------
    # Currencies and companies
    # ------------------------------------------------------------

    def _create_company(self, rounding):
        currency = self.env["res.currency"].create(
            {"name": f"R{int(rounding * 100)}", "symbol": "R", "rounding": rounding}
        )
        return self.env["res.company"].create(
            {"name": f"Company {rounding}", "currency_id": currency.id}
        )

    def test_amounts_are_rounded_to_the_leads_currency(self):
        for rounding, expected in ((1.0, [33, 34, 33]), (0.05, [33.35, 33.3, 33.35])):
            lead = self.create_lead(
                company_id=self._create_company(rounding).id,
                user_id=False,
                team_id=False,
                expected_revenue=100,
            )
            self.plan(lead, *["33.333333333333336%"] * 3)
            for amount, value in zip(self.amounts(lead), expected, strict=True):
                self.assertAlmostEqual(amount, value, 6)

    def test_lead_that_changes_its_company(self):
        lead = self.create_lead(user_id=False, team_id=False, expected_revenue=100)
        self.plan(lead, "33.333333333333336%", 50, "16.666666666666668%")
        self.assertEqual(self.amounts(lead), [33.33, 50, 16.67])
        lead.company_id = self._create_company(1.0)
        self.assertAddsUp(lead)
        self.assertEqual(lead.payment_ids.currency_id, lead.company_currency)
        lead.expected_revenue = 200
        self.assertEqual(self.amounts(lead), [67, 50, 33])
        self.assertAddsUp(lead)

    # ------------------------------------------------------------
    # Speed
    # ------------------------------------------------------------

    def test_leads_without_payments_cost_no_query_for_them(self):
        leads = self.create_leads(5, stage="opened", expected_revenue=100)
        for values in (
            {"stage_id": self.stages["negotiation"].id},
            {"probability": 12},
            {"expected_revenue": 200},
            {"date_deadline": "2026-08-31"},
            {"user_id": self.salesperson_2.id},
            {"stage_id": self.stages["won"].id},
        ):
            self.env.flush_all()
            self.env.invalidate_all()
            queries = []
            with contextmanager(self._patchExecute)(queries):
                leads.write(values)
                self.env.flush_all()
            self.assertTrue(queries)
            self.assertFalse([query for query in queries if "crm_lead_payment" in query], values)

    def _move(self, leads, stage):
        def move():
            leads.with_user(self.sales_all).write({"stage_id": self.stages[stage].id})
            self.env["crm.lead.history"]._record_pending()

        return self.count_queries(move)

    def test_moving_leads_with_payments_costs_the_same_for_twice_as_many(self):
        counts = []
        for count in (2, 10, 20):
            leads = self.create_leads(count, stage="opened", expected_revenue=100)
            for lead in leads:
                self.plan(lead, "30%", "50%", 20)
            counts.append(self._move(leads, "negotiation"))
        self.assertEqual(counts[1], counts[2])

    # ------------------------------------------------------------
    # Everything at once
    # ------------------------------------------------------------

    def test_rows_add_up_after_random_edits(self):
        """Generated: payments, values, probabilities and decisions change in any order."""
        generator = random.Random(20260630)
        leads = self.env["crm.lead"]
        for rounding in (0.01, 0.05, 1.0):
            leads |= self.create_leads(
                4,
                company_id=self._create_company(rounding).id,
                user_id=False,
                team_id=False,
                stage="opened",
                expected_revenue=1000,
            )
        edits = (
            self._edit_value,
            self._edit_probability,
            self._edit_stage,
            self._edit_new_payment,
            self._edit_new_payment,
            self._edit_payment,
            self._edit_delete,
            self._edit_source,
            self._edit_decision,
        )
        for _round in range(25):
            for lead in leads:
                generator.choice(edits)(lead, generator)
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertAddsUp(leads.with_context(active_test=False))

    def _edit_value(self, lead, generator):
        lead.expected_revenue = round(generator.uniform(0, 100000), 2)

    def _edit_probability(self, lead, generator):
        if lead.won_status == "pending":
            lead.probability = round(generator.uniform(1, 99), 2)

    def _edit_stage(self, lead, generator):
        if lead.won_status == "pending":
            lead.stage_id = self.stages[generator.choice(("opened", "offer_made", "negotiation"))]

    def _edit_new_payment(self, lead, generator):
        share = generator.choice((100 / 3, 12.5, 7.77, 50, 100))
        if generator.random() < 0.5 and lead.value_source != "payments":
            values = {"percentage": share}
        else:
            values = {"amount": round(generator.uniform(0, 5000), 2)}
        self.env["crm.lead.payment"].create(
            {"lead_id": lead.id, "sequence": generator.randint(0, 5), **values}
        )

    def _edit_payment(self, lead, generator):
        for payment in lead.payment_ids[:1]:
            payment.amount = round(generator.uniform(0, 5000), 2)
            payment.sequence = generator.randint(0, 5)

    def _edit_delete(self, lead, generator):
        lead.payment_ids.filtered(lambda _payment: generator.random() < 0.3).unlink()

    def _edit_source(self, lead, generator):
        if lead.payment_ids and lead._is_undecided():
            lead.action_use_payment_sum()

    def _edit_decision(self, lead, generator):
        if lead.won_status == "lost":
            lead.action_restore()
        elif lead.won_status == "won":
            lead.stage_id = self.stages["opened"]
        elif generator.random() < 0.5:
            lead.action_set_won()
        else:
            lead.action_set_lost(lost_reason_id=self.reason.id)
