"""Planned payments imported and exported, by role, company and currency; what they cost."""

import random
from contextlib import contextmanager

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .test_crm_lead_payment import LeadPaymentCommon


@tagged("post_install", "-at_install")
class TestLeadPaymentFigures(LeadPaymentCommon):
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
        self.lead.won_project_id = project
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
        odd = self.create_lead(
            user_id=False, team_id=False, expected_revenue=100.4, probability=7.3
        )
        self.plan(odd, "50%", "50%")
        self.assertAddsUp(odd)
        odd.company_id = lead.company_id
        self.assertAddsUp(odd)
        self.assertEqual(lead.payment_ids.currency_id, lead.company_currency)
        lead.expected_revenue = 200
        self.assertEqual(self.amounts(lead), [67, 50, 33])
        self.assertAddsUp(lead)

    def test_value_that_was_never_entered_counts_as_none(self):
        lead = self.create_lead(expected_revenue=0, probability=50)
        self.plan(lead, 1000)
        self.env.flush_all()
        # such as in the rows that another program wrote
        self.env.cr.execute(
            "UPDATE crm_lead SET expected_revenue = NULL, prorated_revenue = NULL WHERE id = %s",
            [lead.id],
        )
        self.env.invalidate_all()
        self.assertAddsUp(lead)

    def test_converted_rows_add_up_to_the_converted_value(self):
        company = self._create_company(0.01)
        self.env["res.currency.rate"].create(
            {"currency_id": company.currency_id.id, "name": "2020-01-01", "rate": 3}
        )
        lead = self.create_lead(
            company_id=company.id,
            user_id=False,
            team_id=False,
            expected_revenue=100,
            probability=70,
        )
        self.env.user.company_ids |= company
        companies = self.env.company | company
        pipeline = self.env["crm.lead.pipeline.report"].with_context(
            allowed_company_ids=companies.ids
        )
        for plan in (("33.333333333333336%",) * 3, (0.5, 0.5, 0.5), ("25%",) * 3):
            lead.payment_ids.unlink()
            self.plan(lead, *plan)
            rows = pipeline.search([("lead_id", "=", lead.id)])
            self.assertAlmostEqual(sum(rows.mapped("amount")), 33.33, 6)
            self.assertAlmostEqual(sum(rows.mapped("amount_weighted")), 23.33, 6)

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
