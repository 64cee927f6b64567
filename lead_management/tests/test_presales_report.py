"""Presales cost: what was spent on leads, and what was won for it."""

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import (
    ACCESS_LOGGERS,
    INVOICING,
    SALES,
    SALES_ALL,
    TIMESHEET_APPROVER,
    LeadManagementCommon,
)

COST_FIELDS = ("cost", "lost_cost", "cost_per_won")


@tagged("post_install", "-at_install")
class TestPresalesReport(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.report = cls.env["crm.lead.presales.report"]
        cls.category = cls.env["crm.lead.category"].create({"name": "Bathroom (test)"})
        cls.leads = cls.create_leads(5, stage="opened", category_id=cls.category.id)
        cls.won, cls.lost, cls.open, cls.only_value, cls.nothing = cls.leads
        cls.won.expected_revenue = 1000
        cls.open.expected_revenue = 500
        cls.only_value.expected_revenue = 250
        cls.record_hours(cls.won, hours=2)  # 100
        cls.record_hours(cls.won, cls.employee_2, hours=1.5)  # 60
        cls.record_hours(cls.lost, hours=3)  # 150
        cls.record_hours(cls.open, cls.employee_2, hours=0.25)  # 10
        cls.won.action_set_won()
        cls.lost.action_set_lost(lost_reason_id=cls.reason.id)
        cls.reason.kind = "we_declined"

    def get_rows(self, leads=None, user=None, companies=None):
        report = self.report.with_user(user or self.env.user)
        if companies:
            report = report.with_context(allowed_company_ids=companies.ids)
        leads = self.leads if leads is None else leads
        return report.search([("lead_id", "in", leads.ids)])

    def get_row(self, lead, **options):
        row = self.get_rows(lead, **options)
        self.assertEqual(len(row), 1)
        return row

    def group(self, groupby, *aggregates, user=None):
        """Dict of group to aggregates over the leads of this test."""
        rows = self.report.with_user(user or self.env.user)._read_group(
            [("category_id", "=", self.category.id)], groupby, aggregates
        )
        return {row[: len(groupby)]: row[len(groupby) :] for row in rows}

    # ------------------------------------------------------------
    # Rows
    # ------------------------------------------------------------

    def test_a_row_per_lead_with_hours_or_value(self):
        self.assertEqual(self.get_rows().lead_id, self.leads - self.nothing)

    def test_hours_cost_and_value_by_status(self):
        names = ("hours", "cost", "amount", "won_value", "lost_hours", "lost_cost", "won_status")
        for lead, *expected in (
            (self.won, 3.5, 160, 1000, 1000, 0, 0, "won"),
            (self.lost, 3, 150, 0, 0, 3, 150, "lost"),
            (self.open, 0.25, 10, 500, 0, 0, 0, "pending"),
            (self.only_value, 0, 0, 250, 0, 0, 0, "pending"),
        ):
            row = self.get_row(lead)
            self.assertEqual([row[name] for name in names], expected)
            self.assertEqual(row.hours, lead.effective_hours)
            self.assertEqual(row.cost, lead.presales_cost)
        row = self.get_row(self.lost)
        self.assertEqual((row.lost_reason_id, row.lost_reason_kind), (self.reason, "we_declined"))
        self.assertEqual(row.date_closed, self.lost.date_closed.date())
        self.assertEqual(row.create_date, self.lost.create_date.date())

    def test_reopened_lead_is_no_lost_cost(self):
        self.lost.action_restore()
        row = self.get_row(self.lost)
        self.assertEqual((row.cost, row.lost_cost, row.lost_reason_id.ids), (150, 0, []))

    def test_archived_lead_keeps_its_cost_in_the_figures(self):
        self.open.action_archive()
        row = self.get_row(self.open)
        self.assertEqual((row.cost, row.is_archived), (10, True))
        self.assertFalse(any(self.get_rows(self.leads - self.open).mapped("is_archived")))

    def test_cost_stays_after_the_handover_to_a_project(self):
        before = self.get_row(self.won).cost
        project = self.convert(self.won, target="new")
        self.env["account.analytic.line"].create(
            {
                "name": "Order, not presales",
                "project_id": project.id,
                "employee_id": self.employee.id,
                "unit_amount": 8,
            }
        )
        self.employee.hourly_cost = 500
        self.env.invalidate_all()
        row = self.get_row(self.won)
        self.assertEqual((row.cost, row.hours), (before, 3.5))
        self.assertEqual(row.cost, self.won.presales_cost)

    def test_other_analytic_lines_of_a_lead_are_no_cost(self):
        line = self.record_hours(self.open)
        self.assertEqual(self.get_row(self.open).cost, 60)
        line.write({"project_id": False, "task_id": False, "lead_id": self.open.id})
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(line.lead_id, self.open)
        row = self.get_row(self.open)
        self.assertEqual(row.cost, self.open.presales_cost)
        self.assertEqual(row.cost, 10)

    def test_cents_agree_with_the_lead(self):
        self.employee.hourly_cost = 33.33
        for number in range(1, 30):
            self.record_hours(self.open, hours=number / 7, date=f"2026-01-{number:02}")
        self.assertEqual(self.get_row(self.open).cost, self.open.presales_cost)

    # ------------------------------------------------------------
    # Ratio
    # ------------------------------------------------------------

    def test_cost_per_won_is_a_ratio_of_sums(self):
        self.only_value.action_set_won()  # won for nothing
        groups = self.group(["category_id"], "cost:sum", "won_value:sum", "cost_per_won:avg")
        self.assertEqual(groups[(self.category,)], (320, 1250, 320 / 1250))
        self.assertEqual(self.get_row(self.won).cost_per_won, 0.16)

    def test_cost_per_won_is_empty_where_nothing_was_won(self):
        groups = self.group(["won_status"], "cost_per_won:avg")
        self.assertFalse(groups[("lost",)][0])
        self.assertEqual(groups[("won",)][0], 0.16)
        self.assertEqual(self.get_row(self.lost).cost_per_won, 0)

    def test_lost_cost_by_kind(self):
        groups = self.group(["lost_reason_kind"], "lost_cost:sum", "lost_hours:sum")
        self.assertEqual(groups[("we_declined",)], (150, 3))
        self.assertEqual(groups[(False,)], (0, 0))

    # ------------------------------------------------------------
    # Currencies and companies
    # ------------------------------------------------------------

    def _create_foreign_company(self):
        foreign = self.create_foreign_currency({"2025-01-01": 4.0, "2026-02-15": 2.0})
        company = self.env["res.company"].create(
            {"name": "Foreign (test)", "currency_id": foreign.id}
        )
        self.env.user.company_ids |= company
        return company

    def _record_foreign_hours(self, lead, company, hours, date):
        """Hours of the other company's employee, in its currency, on a lead of any company."""
        line = self.record_hours(lead, hours=hours, date=date)
        self.env.cr.execute(
            "UPDATE account_analytic_line SET company_id = %s, currency_id = %s WHERE id = %s",
            [company.id, company.currency_id.id, line.id],
        )
        self.env.invalidate_all()
        return line

    def test_hours_in_another_currency_agree_with_the_lead(self):
        company = self._create_foreign_company()
        rate = self.env["res.currency.rate"]
        for date, value in (("2025-06-01", 3.0), ("2026-01-10", 7.0)):
            rate.create(
                {
                    "currency_id": self.company.currency_id.id,
                    "name": date,
                    "rate": value,
                    "company_id": company.id,
                }
            )
        rates = self.env["res.currency.rate"].search([("company_id", "=", self.company.id)])
        for source in rates.filtered(lambda rate: rate.currency_id == company.currency_id):
            source.copy({"company_id": company.id})
        for number, date in enumerate(("2024-01-01", "2025-12-31", "2026-01-10", "2026-03-01"), 1):
            self._record_foreign_hours(self.open, company, number / 3, date)
        row = self.get_row(self.open)
        self.assertGreater(abs(row.cost - 10), 1)
        self.assertEqual(row.cost, self.open.presales_cost)
        self.assertEqual(row.hours, self.open.effective_hours)

    def test_leads_of_another_currency_are_converted_at_todays_rate(self):
        company = self._create_foreign_company()
        lead = self.create_lead(
            company_id=company.id,
            team_id=False,
            user_id=False,
            expected_revenue=800,
            category_id=self.category.id,
        )
        employee = self.create_employee(self.project_manager, hourly_cost=30, company=company)
        self.record_hours(lead, employee, hours=2)
        self.assertEqual(lead.presales_cost, 60, "in its own currency")
        row = self.get_row(lead, companies=self.company | company)
        self.assertEqual((row.cost, row.amount), (30, 400), "two units for one of ours")
        self.assertEqual(row.currency_id, self.company.currency_id)
        row = self.get_row(lead, companies=company)
        self.assertEqual((row.cost, row.amount), (60, 800))
        self.assertFalse(self.get_rows(lead, companies=self.company))

    def test_lead_without_company(self):
        lead = self.create_lead(company_id=False, team_id=False, user_id=False)
        self.record_hours(lead, hours=2)
        self.assertEqual(self.get_row(lead).cost, 100)

    # ------------------------------------------------------------
    # Who may what
    # ------------------------------------------------------------

    def test_salesperson_sees_hours_of_own_and_unassigned_leads(self):
        self.open.user_id = self.salesperson_2
        self.only_value.user_id = False
        rows = self.get_rows(user=self.salesperson)
        self.assertEqual(
            set(rows.sudo().lead_id.ids), {self.won.id, self.lost.id, self.only_value.id}
        )
        self.assertEqual(sum(rows.mapped("hours")), 6.5, "those of colleagues included")
        self.assertEqual(len(self.get_rows(user=self.sales_all)), 4)

    @mute_logger(*ACCESS_LOGGERS)
    def test_cost_is_for_who_may_see_timesheet_cost(self):
        aggregates = [f"{name}:{how}" for name in COST_FIELDS for how in ("sum", "avg")]
        for user in (self.salesperson, self.sales_all, self.sales_manager, self.accountant):
            row = self.get_row(self.won, user=user)
            self.assertEqual(row.hours, 3.5)
            self.assertFalse(set(COST_FIELDS) & set(row.fields_get()))
            self.assertFalse(set(COST_FIELDS) & set(row.read()[0]))
            for name in COST_FIELDS:
                with self.assertRaises(AccessError):
                    row.read([name])
                with self.assertRaises(AccessError):
                    row.search([(name, ">", 0)])
            for aggregate in aggregates:
                with self.assertRaises(AccessError):
                    self.group([], aggregate, user=user)
        row = self.get_row(self.won, user=self.cost_viewer)
        self.assertEqual((row.cost, row.cost_per_won), (160, 0.16))

    def test_views_open_for_every_role(self):
        approver = self.create_user("lm_pre_cost", "Carl Cost", INVOICING, TIMESHEET_APPROVER)
        own = self.create_user("lm_pre_own", "Olga Own", SALES)
        every = self.create_user("lm_pre_all", "Elke Every", SALES_ALL)
        views = [(False, name) for name in ("pivot", "graph", "list", "search")]
        for user in (own, every, self.accountant, self.cost_viewer, approver):
            may_see = user.has_group(TIMESHEET_APPROVER)
            result = self.report.with_user(user).get_views(views)
            for name in ("pivot", "list"):
                self.assertEqual("cost_per_won" in result["views"][name]["arch"], may_see, name)
            self.assertEqual("cost" in result["models"][self.report._name]["fields"], may_see)

    @mute_logger(*ACCESS_LOGGERS)
    def test_closed_to_everybody_else(self):
        for user in (self.timesheet_user, self.project_manager, self.portal_user):
            with self.assertRaises(AccessError):
                self.get_rows(user=user)

    def test_accountant_drills_down_as_far_as_allowed(self):
        row = self.get_row(self.won, user=self.accountant)
        self.assertEqual(row.action_open_lead()["res_model"], "crm.lead.page")
        self.assertEqual(
            self.get_row(self.won, user=self.salesperson).action_open_lead()["res_id"], self.won.id
        )

    # ------------------------------------------------------------
    # Speed
    # ------------------------------------------------------------

    def test_number_of_queries_does_not_depend_on_the_number_of_leads(self):
        def report():
            self.report.formatted_read_group(
                [], ["category_id"], ["hours:sum", "cost:sum", "cost_per_won:avg"]
            )
            self.report.search_read([], ["lead_id", "hours", "cost", "lost_reason_id"])

        report()
        few = self.count_queries(report)
        for lead in self.create_leads(12, expected_revenue=10):
            self.record_hours(lead)
        self.assertEqual(self.count_queries(report), few)
