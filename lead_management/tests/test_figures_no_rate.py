"""Amounts that no rate converts stand apart in every figure, and are added nowhere."""

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .common import SALES_MANAGER
from .common_history import LeadHistoryCommon

MONEY = st.integers(0, 99_999_999).map(lambda cents: cents / 100)
COMPANIES = ("own", "rated", "apart", "other_apart", "nobody")


@tagged("post_install", "-at_install")
class TestFiguresNoRate(LeadHistoryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rated_currency = cls.create_foreign_currency({"2020-01-01": 4})
        cls.by_name = {"own": cls.company, "nobody": cls.env["res.company"]}
        for name, code in (("apart", "TSA"), ("other_apart", "TSO")):
            currency = cls.env["res.currency"].create({"name": code, "symbol": code})
            cls.by_name[name] = cls.env["res.company"].create(
                {"name": code, "currency_id": currency.id}
            )
        cls.by_name["rated"] = cls.env["res.company"].create(
            {"name": "Rated", "currency_id": cls.rated_currency.id}
        )
        cls.apart = cls.by_name["apart"]
        companies = cls.company
        for company in cls.by_name.values():
            companies |= company
        cls.companies = companies
        cls.env.user.company_ids |= companies
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": companies.ids, "tz": "UTC"}
        )

    def create_lead_in(self, name, value, **values):
        return self.create_lead(
            stage="opened",
            company_id=self.by_name[name].id,
            user_id=False,
            team_id=False,
            expected_revenue=value,
            probability=50,
            **values,
        )

    def get_report(self, name, **context):
        return self.env[f"crm.lead.{name}.report"].with_context(**context)

    # ------------------------------------------------------------
    # Which currencies have a rate
    # ------------------------------------------------------------

    def test_currency_without_a_rate_is_known_from_both_sides(self):
        own, apart = self.company.currency_id, self.apart.currency_id
        self.assertFalse(apart._has_rate_to(own, self.company))
        self.assertFalse(own._has_rate_to(apart, self.company))
        self.assertFalse(own._has_rate_to(apart, self.apart))
        self.assertTrue(self.rated_currency._has_rate_to(own, self.company))
        self.assertTrue(own._has_rate_to(own, self.apart))
        # the subsidiary has no rates of its own, and may not use those of the other company
        self.assertFalse(own._has_rate_to(self.rated_currency, self.by_name["rated"]))

    def test_rates_of_all_companies_serve_all_companies(self):
        rates = self.env["res.currency.rate"]
        rates.search([]).unlink()
        rates.create(
            {
                "currency_id": self.rated_currency.id,
                "name": "2020-01-01",
                "rate": 4,
                "company_id": False,
            }
        )
        own = self.company.currency_id
        for company in self.company | self.by_name["rated"]:
            self.assertTrue(own._has_rate_to(self.rated_currency, company), company.name)
        self.assertFalse(own._has_rate_to(self.apart.currency_id, self.apart))

    def test_company_with_rates_of_its_own_needs_none_for_its_currency(self):
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.company.currency_id.id,
                "name": "2020-01-01",
                "rate": 2,
                "company_id": self.apart.id,
            }
        )
        own, apart = self.company.currency_id, self.apart.currency_id
        self.assertTrue(own._has_rate_to(apart, self.apart))
        self.assertFalse(own._has_rate_to(apart, self.company), "these rates are the other's")

    # ------------------------------------------------------------
    # Reports
    # ------------------------------------------------------------

    def test_pipeline_shows_amounts_without_a_rate_apart(self):
        leads = self.create_lead_in("own", 100) | self.create_lead_in("rated", 1000)
        apart = self.create_lead_in("apart", 700)
        self.env["crm.lead.payment"].create({"lead_id": apart.id, "amount": 200})
        report = self.get_report("pipeline")
        domain = [("lead_id", "in", (leads | apart).ids)]
        ((amount, weighted, beside, weighted_beside),) = report._read_group(
            domain,
            [],
            ["amount:sum", "amount_weighted:sum", "amount_apart:sum", "weighted_apart:sum"],
        )
        self.assertEqual((amount, weighted), (350, 175))
        self.assertEqual((beside, weighted_beside), (700, 350))
        rows = report.search([("lead_id", "=", apart.id)])
        self.assertEqual(rows.apart_currency_id, self.apart.currency_id)
        self.assertEqual(sum(rows.mapped("amount")), 0)
        note = report._get_apart_note(domain)
        self.assertIn("700.00", note)
        self.assertIn("TSA", note)
        self.assertIn("TSA", report.get_currency_note())

    def test_two_currencies_without_a_rate_have_no_sum(self):
        leads = self.create_lead_in("apart", 700) | self.create_lead_in("other_apart", 500)
        report = self.get_report("pipeline")
        domain = [("lead_id", "in", leads.ids)]
        for function in ("sum", "sum_currency"):
            ((total,),) = report._read_group(domain, [], [f"amount_apart:{function}"])
            self.assertFalse(total)
        groups = report._read_group(domain, ["apart_currency_id"], ["amount_apart:sum"])
        self.assertEqual(sorted(total for _currency, total in groups), [500, 700])

    def test_company_without_a_rate_reads_its_own_amounts(self):
        apart, own = self.create_lead_in("apart", 700), self.create_lead_in("own", 100)
        report = self.get_report("pipeline", allowed_company_ids=(self.apart | self.company).ids)
        domain = [("lead_id", "in", (apart | own).ids)]
        self.assertEqual(report._read_group(domain, [], ["amount:sum"]), [(700,)])
        row = report.search([("lead_id", "=", own.id)])
        self.assertEqual((row.amount, row.amount_apart), (0, 100))

    def test_movements_without_a_rate_add_up_apart(self):
        with self.at(date(2025, 1, 10)):
            leads = self.create_lead_in("apart", 700, date_deadline="2025-03-01")
            leads |= self.create_lead_in("own", 100)
            moved = self.create_lead_in("own", 50)
        with self.at(date(2025, 2, 10)):
            leads[0].write({"expected_revenue": 900, "date_deadline": "2025-05-01"})
            moved.company_id = self.apart
        report = self.get_report("movement", date_from="2025-01-31", date_to="2025-02-28")
        rows = report.search([("move_key", "in", (leads | moved).ids)])
        self.assertEqual(len(set(rows.ids)), len(rows))
        for name in ("amount", "amount_weighted", "amount_apart", "weighted_apart"):
            closing = rows.filtered(lambda row: row.kind == "closing")
            self.assertAlmostEqual(
                sum((rows - closing).mapped(name)), sum(closing.mapped(name)), 2, name
            )
        told = {
            (row.kind, row.amount, row.amount_apart, row.apart_currency_id.name or "")
            for row in rows
            if row.move_key == moved.id
        }
        self.assertEqual(
            told,
            {
                ("opening", 50, 0, ""),
                ("removed", -50, 0, ""),
                ("reopened", 0, 50, "TSA"),
                ("closing", 0, 50, "TSA"),
            },
        )
        grown = rows.filtered(lambda row: row.kind == "grown")
        self.assertEqual((grown.amount, grown.amount_apart, grown.weighted_apart), (0, 200, 100))

    def test_snapshot_and_as_of_leave_out_what_has_no_rate(self):
        with self.at(date(2025, 1, 10)):
            apart, own = self.create_lead_in("apart", 700), self.create_lead_in("own", 100)
        report = self.get_report("snapshot", snapshot_date="2025-01-31")
        rows = report.search([("id", "in", (apart | own).ids)], order="amount_apart")
        self.assertEqual(sum(rows.mapped("amount")), 100)
        self.assertEqual(sum(rows.mapped("weighted_apart")), 350)
        as_of = self.history._pipeline_as_of("2025-01-31", [("id", "in", (apart | own).ids)])
        self.assertEqual(list(as_of.values()), [(100, 50)])

    def test_forecast_shows_apart_what_was_won_without_a_rate(self):
        with self.at(date(2024, 12, 1)):
            apart = self.create_lead_in("apart", 700, date_deadline="2025-02-01")
            moved = self.create_lead_in("own", 100, date_deadline="2025-02-01")
        with self.at(date(2025, 2, 1)):
            moved.company_id = self.apart
            (apart | moved).action_set_won()
        report = self.get_report("forecast")
        rows = report.search(
            [("lead_id", "in", (apart | moved).ids), ("quarter", "=", "2025-01-01")]
        )
        self.assertEqual(len(set(rows.ids)), 3)
        own = rows.filtered(lambda row: not row.apart_currency_id)
        self.assertEqual((own.forecast, own.won, own.error), (100, 0, -50))
        beside = rows - own
        self.assertEqual(sum(beside.mapped("forecast_apart")), 700)
        self.assertEqual(sum(beside.mapped("won_apart")), 800)
        self.assertEqual(sum(beside.mapped("error")), 0)

    def test_presales_cost_without_a_rate_is_named_and_not_added(self):
        lead = self.create_lead_in("own", 100)
        employee = self.create_employee(self.project_manager, hourly_cost=50)
        foreign = self.create_employee(self.sales_manager, hourly_cost=30, company=self.apart)
        self.record_hours(lead, employee, hours=1)
        line = self.record_hours(lead, employee, hours=2)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_analytic_line SET company_id = %s, currency_id = %s WHERE id = %s",
            [self.apart.id, self.apart.currency_id.id, line.id],
        )
        self.env.invalidate_all()
        self.assertEqual(lead.presales_cost, 50)
        self.assertIn("100.00", lead.presales_cost_apart)
        self.assertIn("TSA", lead.presales_cost_apart)
        row = self.get_report("presales").search([("lead_id", "=", lead.id)])
        self.assertEqual((row.cost, row.hours), (50, 3))
        self.assertEqual(row.hours_cost_apart, lead.presales_cost_apart)
        apart = self.create_lead_in("apart", 700)
        self.record_hours(apart, foreign, hours=2)
        row = self.get_report("presales").search([("lead_id", "=", apart.id)])
        self.assertEqual((row.cost, row.amount, row.cost_apart, row.amount_apart), (0, 0, 60, 700))

    def test_calibration_names_what_it_does_not_add(self):
        self.sales_manager.company_ids |= self.companies
        self.create_lead_in("own", 100)
        self.create_lead_in("apart", 700)
        dialog = self.env["crm.stage.calibration.apply"].new(
            {"stage_id": self.stages["opened"].id, "new_probability": 20}
        )
        before, after = dialog._sum_weighted(self.env["crm.lead"])
        self.env.cr.execute(
            "SELECT SUM(prorated_revenue) FROM crm_lead WHERE stage_id = %s AND active"
            " AND won_status = 'pending' AND (company_id IS NULL OR company_id = %s)",
            [self.stages["opened"].id, self.company.id],
        )
        self.assertAlmostEqual(float(before), float(self.env.cr.fetchone()[0]), 2)
        self.assertEqual(before, after)
        self.assertIn("TSA", dialog.apart_note)

    def test_print_is_in_the_companys_own_currency(self):
        self.create_lead_in("apart", 700)
        report = self.env["report.lead_management.report_pipeline_quarterly"]
        (pipeline,) = report._get_report_values([self.apart.id], {})["pipelines"]
        self.assertGreaterEqual(pipeline["totals"]["amounts"]["total"], 700)
        self.assertEqual(pipeline["currency"], self.apart.currency_id)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(leads=st.lists(st.tuples(st.sampled_from(COMPANIES), MONEY), min_size=1, max_size=5))
    def test_every_report_has_each_amount_once(self, leads):
        """Whatever the companies: total and what stands apart are the leads' values."""
        with self.env.cr.savepoint() as savepoint:
            records = self.env["crm.lead"]
            for name, value in leads:
                records |= self.create_lead_in(name, value)
            self.commit()
            rates = {"own": 1, "nobody": 1, "rated": 0.25}
            total = sum(
                round(value * rates[name] + 1e-9, 2) for name, value in leads if name in rates
            )
            beside = {
                name: sum(value for other, value in leads if other == name)
                for name in ("apart", "other_apart")
            }
            for report, key in (("pipeline", "lead_id"), ("snapshot", "lead_id")):
                groups = self.get_report(report)._read_group(
                    [(key, "in", records.ids)],
                    ["apart_currency_id"],
                    ["amount:sum", "amount_apart:sum"],
                )
                self.assertAlmostEqual(sum(group[1] for group in groups), total, 1, report)
                found = {group[0].name: group[2] for group in groups if group[0]}
                for name, value in beside.items():
                    currency = self.by_name[name].currency_id.name
                    self.assertAlmostEqual(found.get(currency, 0), value, 2, report)
            savepoint.rollback()
        self.env.invalidate_all()

    # ------------------------------------------------------------
    # Offers
    # ------------------------------------------------------------

    def create_own_lead(self):
        partner = self.create_partner()
        return self.create_lead(stage="opened", expected_revenue=300, partner_id=partner.id)

    def create_apart_offer(self, lead):
        pricelist = self.env["product.pricelist"].create(
            {"name": "Apart", "currency_id": self.apart.currency_id.id}
        )
        return self.create_offer(lead, price=1000, pricelist_id=pricelist.id)

    def test_offer_without_a_rate_is_not_taken_over(self):
        lead = self.create_lead(
            stage="opened", expected_revenue=300, partner_id=self.create_partner().id
        )
        self.create_apart_offer(lead)
        with self.assertRaisesRegex(UserError, "TSA"):
            lead.action_take_over_offer()
        self.assertEqual((lead.expected_revenue, lead.value_source), (300, "manual"))
        self.assertEqual(lead.quotation_amount_total, 0)
        self.assertIn("TSA", lead.quotation_total_apart)

    def test_value_stays_when_its_offer_loses_its_rate(self):
        lead = self.create_lead(
            stage="opened", expected_revenue=300, partner_id=self.create_partner().id
        )
        offer = self.create_apart_offer(lead)
        lead.value_source = "offer"
        self.env.flush_all()
        self.assertEqual(lead.expected_revenue, 300)
        self.assertIn("TSA", lead.value_apart)
        self.env["res.currency.rate"].create(
            {"currency_id": offer.currency_id.id, "name": "2020-01-01", "rate": 4}
        )
        lead.action_take_over_offer()
        self.env.flush_all()
        self.assertEqual(lead.expected_revenue, 250)
        lead.invalidate_recordset(["value_apart"])
        self.assertFalse(lead.value_apart)

    # ------------------------------------------------------------
    # Board, lists, filters
    # ------------------------------------------------------------

    def test_board_columns_keep_their_total_in_several_currencies(self):
        leads = self.create_lead_in("own", 100) | self.create_lead_in("rated", 1000)
        leads |= self.create_lead_in("apart", 700)
        aggregates = ["expected_revenue:sum_currency", "prorated_revenue:sum_currency"]
        groups = self.env["crm.lead"]._read_group([("id", "in", leads.ids)], [], aggregates)
        self.assertEqual(groups, [(350, 175)])

    def test_lists_sort_and_filter_by_converted_value(self):
        small = self.create_lead_in("rated", 10_000)
        big = self.create_lead_in("own", 6_000)
        apart = self.create_lead_in("apart", 900_000)
        leads = small | big | apart
        Lead = self.env["crm.lead"]
        found = Lead.search([("id", "in", leads.ids)], order="converted_revenue DESC")
        self.assertEqual(found, big | small | apart)
        self.assertEqual(found.mapped("converted_revenue"), [6_000, 2_500, 0])
        for domain, expected in (
            ([("converted_revenue", "<", 5000)], small),
            ([("converted_revenue", ">=", 5000), ("converted_revenue", "<", 20000)], big),
            ([("converted_revenue", ">", 100000)], Lead),
        ):
            self.assertEqual(Lead.search([("id", "in", leads.ids), *domain]), expected)

    def test_lists_and_boards_of_leads_name_what_has_no_rate(self):
        leads = self.create_lead_in("own", 100) | self.create_lead_in("apart", 700)
        leads |= self.create_lead_in("other_apart", 50) | self.create_lead_in("apart", 300)
        Lead = self.env["crm.lead"]
        domain = [("id", "in", leads.ids)]
        note = Lead.get_figures_note(domain)
        for text in ("1,000.00", "500.00", "TSA", "50.00", "25.00", "TSO"):
            self.assertIn(text, note)
        self.assertFalse(Lead.get_figures_note([*domain, ("expected_revenue", "=", 100)]))
        self.assertEqual(
            set(Lead.get_apart_currencies()),
            {self.apart.currency_id.id, self.by_name["other_apart"].currency_id.id},
        )
        alone = Lead.with_context(allowed_company_ids=self.apart.ids)
        self.assertFalse(alone.get_figures_note(domain))
        self.assertFalse(alone.get_apart_currencies())

    def test_each_lead_is_in_one_filter_by_value(self):
        """However much it is worth: under, between, over, or without a rate."""
        search = self.env.ref("lead_management.crm_lead_view_search")
        filters = {
            node.get("name"): safe_eval(node.get("domain"))
            for node in etree.fromstring(search.arch).iter("filter")
            if (node.get("name") or "").startswith("value_")
        }
        self.assertEqual(len(filters), 5)
        for value in (-5, 0, 4_999.99, 5_000, 20_000, 100_000, 100_000.01, 900_000):
            for name in COMPANIES:
                lead = self.create_lead_in(name, value)
                found = [
                    key
                    for key, domain in filters.items()
                    if lead.search([("id", "=", lead.id), *domain])
                ]
                self.assertEqual(len(found), 1, (name, value, found))
                self.assertEqual(found == ["value_without_rate"], "apart" in name)

    def test_converted_value_can_be_measured(self):
        leads = self.create_lead_in("own", 100) | self.create_lead_in("rated", 1000)
        leads |= self.create_lead_in("apart", 700)
        own = self.company.currency_id.id
        self.assertEqual(
            self.env["crm.lead"]._read_group(
                [("id", "in", leads.ids)],
                [],
                [
                    "converted_revenue:sum",
                    "converted_revenue:sum_currency",
                    "converted_currency_id:array_agg_distinct",
                ],
            ),
            [(350, 350, [own])],
        )
        self.assertEqual(leads.filtered("is_without_rate"), leads[2])
        self.assertEqual(
            leads.search([("id", "in", leads.ids), ("is_without_rate", "=", False)]), leads[:2]
        )

    def test_value_filters_take_what_is_no_number_as_the_value_itself_does(self):
        for value in ("x", "5000", None, [None], ["x"]):
            results = []
            for name in ("expected_revenue", "converted_revenue"):
                try:
                    with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                        self.env["crm.lead"].search([(name, "=", value)], limit=1)
                    results.append(None)
                except Exception as error:  # noqa: BLE001  pylint: disable=broad-except
                    results.append(type(error))
            self.assertEqual(results[0], results[1], value)

    def test_form_of_a_manager_shows_what_has_no_rate(self):
        lead = self.create_lead(
            stage="opened", expected_revenue=300, partner_id=self.create_partner().id
        )
        self.create_apart_offer(lead)
        manager = self.create_user("no_rate_manager", "Manager", SALES_MANAGER)
        lead = lead.with_user(manager).with_context(allowed_company_ids=self.company.ids)
        with Form(lead) as form:
            self.assertIn("TSA", form.quotation_total_apart)
