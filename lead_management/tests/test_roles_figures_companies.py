"""Two companies: no figure of one is read, added up or printed in the other."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ACCESS_LOGGERS, INVOICING
from .common_figures import (
    CALIBRATION,
    FIGURES,
    PRINTED,
    FiguresAccessMixin,
)
from .test_roles_companies import CompaniesCommon

AMOUNT_A, AMOUNT_B = 7777, 5555
MEASURES = {
    "crm.lead.history": "expected_revenue",
    "crm.lead.forecast.report": "forecast",
}


class FiguresCompaniesCommon(FiguresAccessMixin, CompaniesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant_b = cls.create_user("companies_acc_b", "Books of B", INVOICING)
        cls.accountant_b.write(
            {"company_ids": [Command.set(cls.company_b.ids)], "company_id": cls.company_b.id}
        )
        cls.accountant_both = cls.create_user("companies_acc_ab", "Books of both", INVOICING)
        cls.accountant_both.company_ids = cls.companies
        cls.record_history()

    @classmethod
    def create_lead_of(cls, company, **values):
        amounts = {cls.company_a: AMOUNT_A, cls.company_b: AMOUNT_B}
        with cls.before_this_quarter():
            return super().create_lead_of(
                company,
                expected_revenue=amounts.get(company, 11),
                date_deadline=cls.today(),
                **values,
            )

    def assertSees(self, user, companies, seen, hidden):
        """In every report: rows, groups and totals of these leads and not of those."""
        for model in FIGURES:
            report = self.use(self.env[model], user, *companies)
            with self.subTest(model=model, user=user.name):
                for lead in seen:
                    self.assertTrue(self.may_read(report.search, lead), lead.name)
                for lead in hidden:
                    self.assertFalse(self.may_read(report.search, lead), lead.name)
                    self.assertFalse(
                        self.count_rows(report, [("lead_id", "=", lead.id)]), lead.name
                    )
                    rows = self.env[model].sudo()
                    rows = rows.with_context(allowed_company_ids=self.companies.ids).search(
                        [("lead_id", "=", lead.id)]
                    )
                    self.assertTrue(rows, model)
                    foreign = self.use(rows, user, *companies)
                    self.assertFalse(self.may_read(lambda _, rows=foreign: rows.read(), lead))


@tagged("post_install", "-at_install")
class TestFiguresCompanies(FiguresCompaniesCommon):
    @mute_logger(*ACCESS_LOGGERS)
    def test_user_of_one_company(self):
        for user in (self.user_b, self.accountant_b):
            self.assertSees(user, (self.company_b,), self.lead_b + self.lead_free, self.lead_a)
        self.assertSees(self.user_a, (self.company_a,), self.lead_a + self.lead_free, self.lead_b)

    @mute_logger(*ACCESS_LOGGERS)
    def test_ticked_companies_decide_for_who_is_in_both(self):
        for user in (self.user_both, self.accountant_both):
            self.assertSees(user, (self.company_b,), self.lead_b + self.lead_free, self.lead_a)
            self.assertSees(user, (self.company_a,), self.lead_a + self.lead_free, self.lead_b)
            self.assertSees(
                user,
                (self.company_b, self.company_a),
                self.lead_a + self.lead_b,
                self.env["crm.lead"],
            )

    def test_totals(self):
        """Of B alone: B's amount as it is, in no report anything of A, converted or not."""
        for user in (self.user_b, self.user_both, self.accountant_b, self.accountant_both):
            for model in FIGURES:
                measure = MEASURES.get(model, "amount")
                report = self.use(self.env[model], user, self.company_b)
                domain = [("company_id", "!=", False)]
                if model == "crm.lead.movement.report":
                    domain.append(("kind", "=", "closing"))
                (group,) = report.formatted_read_group(domain, [], [f"{measure}:sum"])
                with self.subTest(model=model, user=user.name):
                    self.assertEqual(group[f"{measure}:sum"], AMOUNT_B)

    @mute_logger(*ACCESS_LOGGERS)
    def test_a_company_that_is_not_the_users_cannot_be_ticked(self):
        for user in (self.user_b, self.accountant_b):
            for model in (*FIGURES, CALIBRATION):
                report = self.use(self.env[model], user, self.company_b, self.company_a)
                with self.subTest(model=model, user=user.name), self.assertRaises(AccessError):
                    report.search([])

    def test_calibration_counts_the_companys_cases(self):
        stage = self.lead_a.stage_id
        self.lead_a.action_set_lost(lost_reason_id=self.reason.id)
        self.record_history()
        for user, companies, cases in (
            (self.user_b, self.company_b, 0),
            (self.accountant_b, self.company_b, 0),
            (self.user_both, self.company_b, 0),
            (self.accountant_both, self.company_b, 0),
            (self.user_both, self.company_a, 1),
            (self.accountant_both, self.companies, 1),
        ):
            report = self.use(self.env[CALIBRATION], user, *companies)
            row = report.search([("stage_id", "=", stage.id)])
            with self.subTest(user=user.name, companies=companies.mapped("name")):
                self.assertEqual(row.decided, cases)

    @mute_logger(*ACCESS_LOGGERS)
    def test_printed_figures(self):
        for user in (self.user_b, self.accountant_b, self.user_both, self.accountant_both):
            report = self.use(self.env[PRINTED], user, self.company_b)
            with self.subTest(user=user.name):
                told = self.read_printed(report)
                self.assertIn(self.lead_b.name, told)
                self.assertIn(str(AMOUNT_B), told)
                self.assertNotIn(self.lead_a.name, told)
                self.assertNotIn(str(AMOUNT_A), told)
        for user in (self.user_b, self.accountant_b):
            report = self.use(self.env[PRINTED], user, self.company_b)
            for refused in (self.company_a, self.companies):
                with self.assertRaises(AccessError):
                    self.read_printed(report, refused.ids)

    def test_lead_that_went_to_the_other_company(self):
        """Its past stays where it was; accounting of each company sees it leave or come. Sales
        sees the figures of the leads that it may read now, in the companies it has chosen."""
        self.lead_a.company_id = self.company_b
        self.record_history()
        lead = [("lead_id", "=", self.lead_a.id)]
        start = {"snapshot_date": str(self.read_start())}
        for user, company, before, now in (
            (self.accountant, self.company_a, 1, 0),
            (self.user_both, self.company_a, 0, 0),
            (self.user_both, self.company_b, 0, 1),
            (self.user_b, self.company_b, 0, 1),
            (self.accountant_b, self.company_b, 0, 1),
        ):
            with self.subTest(user=user.name, company=company.name):
                snapshot = self.use(self.env["crm.lead.snapshot.report"], user, company)
                self.assertEqual(snapshot.with_context(**start).search_count(lead), before)
                self.assertEqual(snapshot.search_count(lead), now)
                moves = self.use(self.env["crm.lead.movement.report"], user, company)
                kinds = moves.search(lead).mapped("kind")
                expected = {(1, 0): ["opening", "removed"], (0, 1): ["new", "closing"], (0, 0): []}
                self.assertEqual(kinds, expected[before, now])

    def read_start(self):
        start = self.env["crm.lead.history"]._get_start()
        return start.date()
