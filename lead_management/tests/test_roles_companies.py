"""Two companies with two currencies: nothing of one is seen, used or added up in the other."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ACCESS_LOGGERS, SALES_ALL, SALES_MANAGER, TIMESHEET, LeadManagementCommon


class CompaniesCommon(LeadManagementCommon):
    """Company A is the tests' company; B counts in a currency worth half as much."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a = cls.company
        cls.currency_b = cls.create_foreign_currency({"2020-01-01": 2})
        cls.company_b = cls.env["res.company"].create(
            {"name": "Company B", "currency_id": cls.currency_b.id}
        )
        cls.companies = cls.company_a | cls.company_b
        cls.env["res.currency.rate"].create(
            {
                "currency_id": cls.currency_b.id,
                "name": "2020-01-01",
                "rate": 2,
                "company_id": cls.company_b.id,
            }
        )
        cls.env.user.company_ids += cls.company_b
        cls.user_a = cls.create_user("companies_a", "Only A", SALES_ALL, TIMESHEET)
        cls.user_b = cls._create_company_user("companies_b", "Only B", cls.company_b)
        cls.user_both = cls._create_company_user("companies_ab", "In Both", cls.companies)
        cls.employee_a = cls.create_employee(cls.user_both, 50, cls.company_a)
        cls.employee_b = cls.create_employee(cls.user_both, 80, cls.company_b)
        cls.employee_only_b = cls.create_employee(cls.user_b, 60, cls.company_b)
        cls.lead_a = cls.create_lead_of(cls.company_a, name="Lead of A")
        cls.lead_b = cls.create_lead_of(cls.company_b, name="Lead of B")
        cls.lead_free = cls.create_lead_of(cls.env["res.company"], name="Lead of nobody")

    @classmethod
    def _create_company_user(cls, login, name, companies):
        user = cls.create_user(login, name, SALES_MANAGER, TIMESHEET)
        user.write({"company_ids": [Command.set(companies.ids)], "company_id": companies[0].id})
        return user

    @classmethod
    def create_lead_of(cls, company, **values):
        lead = cls.create_lead(
            stage="negotiation",
            **{"user_id": False, "team_id": False, "company_id": company.id, **values},
        )
        assert lead.company_id == company
        return lead

    def use(self, records, user, *companies):
        """The records as the user has them with exactly these companies ticked."""
        self.env.flush_all()
        self.env.invalidate_all()
        ids = [company.id for company in companies] or user.company_ids.ids
        return records.with_user(user).with_context(allowed_company_ids=ids)

    def record_as(self, lead, employee, hours=1.0):
        """Hours on the lead in its environment: the active company is the one of ``lead.env``."""
        line = lead.env["account.analytic.line"].create(
            {"lead_id": lead.id, "employee_id": employee.id, "name": "x", "unit_amount": hours}
        )
        return line.sudo()

    def create_project_of(self, company, **values):
        return self.create_project(f"Of {company.name}", company_id=company.id, **values)


@tagged("post_install", "-at_install")
class TestCompanyRules(CompaniesCommon):
    @mute_logger(*ACCESS_LOGGERS)
    def test_companies_that_may_see_each_lead_are_read_at_once_as_one_by_one(self):
        shared = self.lead_a.copy({"user_id": False, "team_id": False, "company_id": False})
        leads = self.lead_a | self.lead_b | shared | self.lead_a.copy()
        expected = []
        for lead in leads:
            lead.invalidate_recordset(["user_company_ids"])
            expected.append(lead.browse(lead.id).user_company_ids)
        leads.invalidate_recordset(["user_company_ids"])
        self.assertEqual([lead.user_company_ids for lead in leads], expected)
        self.assertEqual(expected[0], self.company_a)
        self.assertIn(self.company_b, expected[2])

    def test_user_of_one_company(self):
        for user, seen, hidden in (
            (self.user_a, self.lead_a, self.lead_b),
            (self.user_b, self.lead_b, self.lead_a),
        ):
            leads = self.use(self.env["crm.lead"], user)
            found = leads.search([("id", "in", (seen | hidden | self.lead_free).ids)])
            self.assertEqual(found, (seen | self.lead_free).sorted(), user.name)
            self.assertFalse(leads.name_search(hidden.name))
            for refused in (
                lambda lead: lead.read(["name"]),
                lambda lead: lead.write({"name": "x"}),
                lambda lead: lead.action_won(),
                lambda lead: lead.action_track_time(),
                lambda lead: lead.action_decline(),
                lambda lead: lead.action_create_contact(),
                lambda lead: lead.message_post(body="x"),
                lambda lead: lead.env["account.analytic.line"].create(
                    {"lead_id": lead.id, "name": "x", "unit_amount": 1}
                ),
                lambda lead: (
                    lead.env["crm.lead.won"]
                    .create({"lead_ids": [Command.set(lead.ids)]})
                    .read(["project_name"])
                ),
            ):
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    refused(self.use(hidden, user))
        self.assertFalse((self.lead_a | self.lead_b).task_ids)

    @mute_logger(*ACCESS_LOGGERS)
    def test_ticked_companies_decide_for_who_is_in_both(self):
        for companies, seen, hidden in (
            ([self.company_a], self.lead_a, self.lead_b),
            ([self.company_b], self.lead_b, self.lead_a),
            ([self.company_b, self.company_a], self.lead_a | self.lead_b, self.lead_b.browse()),
        ):
            leads = self.use(self.env["crm.lead"], self.user_both, *companies)
            found = leads.search([("id", "in", (seen | hidden).ids)])
            self.assertEqual(found, seen.sorted())
            for lead in hidden:
                with self.assertRaises(AccessError):
                    self.use(lead, self.user_both, *companies).read(["name"])
                with self.assertRaises(AccessError):
                    self.use(lead, self.user_both, *companies).action_track_time()

    @mute_logger(*ACCESS_LOGGERS)
    def test_a_company_that_is_not_the_users_cannot_be_ticked(self):
        lead = self.use(self.lead_b, self.user_a, self.company_a, self.company_b)
        with self.assertRaises(AccessError):
            lead.read(["name"])


@tagged("post_install", "-at_install")
class TestCompanyCategories(CompaniesCommon):
    @mute_logger(*ACCESS_LOGGERS)
    def test_category_of_the_other_company(self):
        Category = self.env["crm.lead.category"]
        category_b = Category.create({"name": "Only B", "company_id": self.company_b.id})
        shared = Category.create({"name": "For all"})
        found = self.use(Category, self.user_a).search([("id", "in", (category_b | shared).ids)])
        self.assertEqual(found, shared)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.use(self.lead_a, self.user_both).write({"category_id": category_b.id})
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.use(self.env["crm.lead"], self.user_a).create(
                {"name": "x", "company_id": self.company_a.id, "category_id": category_b.id}
            )
        self.use(self.lead_b, self.user_both).write({"category_id": category_b.id})
        self.use(self.lead_a, self.user_a).write({"category_id": shared.id})
        self.assertEqual(self.lead_b.category_id, category_b)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.lead_b.company_id = self.company_a

    @mute_logger(*ACCESS_LOGGERS)
    def test_category_is_changed_in_its_own_company_only(self):
        self.user_a.group_ids += self.env.ref(SALES_MANAGER)
        category_b = self.env["crm.lead.category"].create(
            {"name": "Only B", "company_id": self.company_b.id}
        )
        with self.assertRaises(AccessError):
            self.use(category_b, self.user_a).write({"name": "x"})
        self.use(category_b, self.user_b).write({"name": "Renamed"})
        self.assertEqual(category_b.name, "Renamed")

    def test_category_cannot_have_the_other_companys_template(self):
        template_b = self.create_project_of(self.company_b, is_template=True)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.env["crm.lead.category"].create(
                {
                    "name": "x",
                    "company_id": self.company_a.id,
                    "project_template_id": template_b.id,
                }
            )


@tagged("post_install", "-at_install")
class TestCompanyHours(CompaniesCommon):
    def test_lead_projects_stay_apart_whoever_works_where(self):
        for active in (self.company_a, self.company_b):
            for lead, company in ((self.lead_a, self.company_a), (self.lead_b, self.company_b)):
                self.record_as(
                    self.use(lead, self.user_both, active, self.companies - active),
                    self.employee_a if company == self.company_a else self.employee_b,
                )
        for lead, company, cost in (
            (self.lead_a, self.company_a, 50),
            (self.lead_b, self.company_b, 80),
        ):
            lines = lead.timesheet_ids
            self.assertEqual(lines.project_id, company.lead_project_id)
            self.assertEqual(lines.company_id, company)
            self.assertEqual(lines.task_id.company_id, company)
            self.assertEqual(lines.mapped("amount"), [-cost, -cost])
            self.assertEqual(lines.currency_id, company.currency_id)
        self.assertNotEqual(self.company_a.lead_project_id, self.company_b.lead_project_id)

    def test_employee_in_both_records_in_the_leads_company(self):
        """Hours by the lead alone, whichever company is the active one."""
        for active in (self.company_a, self.company_b):
            for lead, employee in (
                (self.lead_a, self.employee_a),
                (self.lead_b, self.employee_b),
            ):
                with self.subTest(active=active.name, lead=lead.name):
                    Line = self.use(
                        self.env["account.analytic.line"],
                        self.user_both,
                        active,
                        self.companies - active,
                    )
                    line = Line.create({"lead_id": lead.id, "name": "x", "unit_amount": 1}).sudo()
                    self.assertEqual(line.employee_id, employee)
                    self.assertEqual(line.company_id, lead.company_id)

    def test_lead_without_company_takes_the_active_ones(self):
        for company, employee in (
            (self.company_a, self.employee_a),
            (self.company_b, self.employee_b),
        ):
            lead = self.create_lead_of(self.env["res.company"])
            Line = self.use(self.env["account.analytic.line"], self.user_both, company)
            line = Line.create({"lead_id": lead.id, "name": "x", "unit_amount": 1}).sudo()
            self.assertEqual(line.project_id, company.lead_project_id)
            self.assertEqual((line.company_id, line.employee_id), (company, employee))

    @mute_logger(*ACCESS_LOGGERS)
    def test_hours_of_the_other_company_are_not_listed(self):
        line = self.record_as(self.lead_free.with_company(self.company_b), self.employee_b)
        self.assertEqual(line.company_id, self.company_b)
        for companies, found in (([self.company_a], False), ([self.company_b], True)):
            Line = self.use(self.env["account.analytic.line"], self.user_both, *companies)
            lines = Line.search([("lead_id", "=", self.lead_free.id)])
            self.assertEqual(bool(lines), found)

    def test_cost_is_in_the_leads_currency(self):
        """B's currency is worth half of A's: 60 of B are 30 of A."""
        lead = self.lead_free
        self.record_as(lead.with_company(self.company_a), self.employee_a)
        self.record_as(lead.with_company(self.company_b), self.employee_only_b)
        lead.company_id = self.company_a
        self.env.invalidate_all()
        self.assertEqual(lead.effective_hours, 2)
        self.assertAlmostEqual(lead.presales_cost, 50 + 30)

    def test_the_other_companys_project_cannot_be_the_lead_project(self):
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.company_a.lead_project_id = self.create_project_of(
                self.company_b, privacy_visibility="employees"
            )


@tagged("post_install", "-at_install")
class TestCompanyValue(CompaniesCommon):
    def create_offer_of(self, lead, company, **values):
        return self.create_offer(
            lead.with_company(company), company_id=company.id, user_id=False, **values
        )

    def test_value_is_in_the_leads_currency_whoever_looks(self):
        order = self.create_offer_of(self.lead_b, self.company_b, price=1000)
        self.assertEqual(order.currency_id, self.currency_b)
        self.lead_b.action_take_over_offer()
        for active in (self.company_a, self.company_b):
            lead = self.use(self.lead_b, self.user_both, active, self.companies - active)
            self.assertEqual(lead.company_currency, self.currency_b)
            self.assertEqual(lead.expected_revenue, 1000)
            self.assertEqual(lead.quotation_amount_total, 1000)
            self.assertEqual(lead.prorated_revenue, 900)

    def test_offer_in_the_other_companys_currency_is_converted(self):
        pricelist = self.env["product.pricelist"].create(
            {"name": "In B's money", "currency_id": self.currency_b.id, "company_id": False}
        )
        order = self.create_offer_of(
            self.lead_a, self.company_a, price=1000, pricelist_id=pricelist.id
        )
        self.assertEqual(order.currency_id, self.currency_b)
        lead = self.use(self.lead_a, self.user_both, self.company_b, self.company_a)
        lead.action_take_over_offer()
        self.assertEqual(self.lead_a.company_currency, self.company_a.currency_id)
        self.assertAlmostEqual(self.lead_a.expected_revenue, 500)

    def test_lead_without_company_counts_the_same_whoever_looks(self):
        self.create_offer_of(self.lead_free, self.company_b, price=1000)
        self.use(self.lead_free, self.user_both, self.company_b).action_take_over_offer()
        values = {
            self.use(self.lead_free, self.user_both, company).expected_revenue
            for company in self.companies
        }
        self.assertEqual(values, {1000})

    @mute_logger(*ACCESS_LOGGERS)
    def test_offer_of_the_other_company_is_not_the_main_offer(self):
        order = self.create_offer_of(self.lead_b, self.company_b, price=1000)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            lead = self.use(self.lead_a, self.user_a)
            lead.write({"main_order_id": order.id, "value_source": "offer"})
            self.env.flush_all()


@tagged("post_install", "-at_install")
class TestCompanyHandover(CompaniesCommon):
    def open_dialog(self, lead, *companies, **values):
        leads = self.use(lead, self.user_both, *companies)
        return self.open_won_dialog(leads, **values)

    def test_project_is_the_leads_companys_whichever_is_active(self):
        for lead in (self.lead_a, self.lead_b):
            other = self.companies - lead.company_id
            dialog = self.open_dialog(lead, other, lead.company_id)
            self.assertEqual(dialog.company_id, lead.company_id)
            dialog.action_convert()
            self.assertEqual(lead.won_project_id.company_id, lead.company_id)
            self.assertEqual(lead.won_project_id.account_id.company_id, lead.company_id)

    def test_only_company_b_active(self):
        """The lead's hours, project and accounts are B's; A's are not touched."""
        line = self.record_hours(self.lead_b, self.employee_b, 2)
        before = self.read_hours(line)
        self.open_dialog(self.lead_b, self.company_b).action_convert()
        self.env.invalidate_all()
        self.assertEqual(line.project_id, self.lead_b.won_project_id)
        self.assertEqual(line.company_id, self.company_b)
        self.assertEqual(line.account_id, self.lead_b.won_project_id.account_id)
        self.assertEqual(self.read_hours(line), before)
        self.assertFalse(self.company_a.lead_project_id)

    @mute_logger(*ACCESS_LOGGERS)
    def test_lead_of_a_with_only_company_b_active(self):
        with self.assertRaises(AccessError):
            self.open_dialog(self.lead_a, self.company_b)
        dialog = self.open_dialog(self.lead_a, self.company_a)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.use(dialog, self.user_both, self.company_b).action_convert()
        self.assertEqual(self.lead_a.won_status, "pending")

    def test_lead_without_company_with_only_company_b_active(self):
        line = self.record_as(self.lead_free.with_company(self.company_b), self.employee_b)
        self.assertEqual(line.company_id, self.company_b)
        self.open_dialog(self.lead_free, self.company_b).action_convert()
        self.assertEqual(self.lead_free.won_project_id.company_id, self.company_b)
        self.env.invalidate_all()
        self.assertEqual(line.project_id, self.lead_free.won_project_id)

    def test_template_of_the_other_company_is_refused(self):
        template_b = self.create_project_of(self.company_b, is_template=True)
        dialog = self.open_dialog(self.lead_a, project_template_id=template_b.id)
        self.assertIn("Company B", dialog.refusal_text)
        with self.assertRaisesRegex(UserError, "Company B"), self.env.cr.savepoint():
            dialog.action_convert()
        self.assertEqual(self.lead_a.won_status, "pending")
        self.company_b.lead_won_project_template_id = template_b
        for lead, template in (
            (self.lead_a, template_b.browse()),
            (self.lead_b, template_b),
        ):
            self.assertEqual(self.open_dialog(lead).project_template_id.sudo(), template)

    def test_existing_project_of_the_other_company_is_refused(self):
        self.record_hours(self.lead_a, self.employee_a)
        project_b = self.create_project_of(self.company_b)
        for lead in (self.lead_a, self.create_lead_of(self.company_a, name="Without hours")):
            dialog = self.open_dialog(lead, target="existing", project_id=project_b.id)
            with self.subTest(lead=lead.name), self.env.cr.savepoint():
                with self.assertRaisesRegex(UserError, "ompany"), self.env.cr.savepoint():
                    dialog.action_convert()
                self.assertEqual(lead.won_status, "pending")
                self.assertFalse(lead.won_project_id)

    def test_settings_of_the_leads_company_count(self):
        self.company_a.lead_won_confirm_order = False
        self.company_b.lead_won_confirm_order = True
        for lead, active in ((self.lead_a, self.company_b), (self.lead_b, self.company_a)):
            dialog = self.open_dialog(lead, active, lead.company_id)
            self.assertEqual(dialog.confirm_order, lead.company_id.lead_won_confirm_order)

    @mute_logger(*ACCESS_LOGGERS)
    def test_declined_leads_of_the_other_company_are_not_listed(self):
        leads = self.lead_a | self.lead_b
        for lead in leads:
            lead.action_set_lost(lost_reason_id=self.reason.id)
        for company in self.companies:
            project = company.sudo()._get_or_create_lead_project()
            action = self.use(project, self.user_both).action_view_declined_leads()
            found = leads.with_context(active_test=False).search(action["domain"]) & leads
            self.assertEqual(found.company_id, company)
