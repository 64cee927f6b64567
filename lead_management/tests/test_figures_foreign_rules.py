"""A lead's figures belong to the lead, whatever access rules other modules bring.

The matrix: what a module's rule, a deleted user, a deleted lead or a lead that went to another
company does to who reads which figures. Every cell compares what the role finds, reads, counts
and exports with the leads it may read at that moment.
"""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ACCESS_LOGGERS, SALES, SALES_MANAGER
from .common_figures import CALIBRATION, FIGURES, FiguresAccessMixin
from .common_roles import COLLEAGUE, OWN, RolesCommon

SALES_ROLES = ("sales_own", "sales_all", "sales_admin")
ACCOUNTANTS = ("invoicing", "account_readonly")
OUTSIDE = ("timesheet", "project_manager", "internal", "portal", "public")
PAYMENT = "crm.lead.payment"


class ForeignRulesCommon(FiguresAccessMixin, RolesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leads = cls.env["crm.lead"].union(
            *(lead for world in cls.worlds.values() for lead in world.leads.values())
        )
        cls.env["crm.lead.payment"].create(
            [{"lead_id": lead.id, "date": "2030-01-15", "percentage": 50} for lead in cls.leads]
        )
        for world in cls.worlds.values():
            if world.employee:
                world.user.group_ids += cls.env.ref("base.group_allow_export")
        cls.record_history()
        cls.cells = 0

    @classmethod
    def _create_story(cls, name, employee=None, **values):
        with cls.before_this_quarter():
            return super()._create_story(name, employee, **{"date_deadline": cls.today(), **values})

    @classmethod
    def add_rule(cls, domain, *groups, model="crm.lead", **values):
        """A rule as another module would bring it; without groups it is for everybody."""
        return cls.env["ir.rule"].create(
            {
                "name": "Another module's",
                "model_id": cls.env["ir.model"]._get_id(model),
                "domain_force": repr(domain),
                "groups": [Command.set([cls.env.ref(group).id for group in groups])],
                **values,
            }
        )

    def enter(self, user, model):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env[model].with_user(user)

    def read_leads(self, user):
        """Which of the tests' leads the user may read now."""
        try:
            found = self.enter(user, "crm.lead").with_context(active_test=False)
            return found.search([("id", "in", self.leads.ids)]).sudo()
        except AccessError:
            return self.leads.browse()

    def assertFigures(self, user, expected, models=(*FIGURES, PAYMENT)):
        """The user gets the figures of exactly these leads, on every way to them."""
        for model in models:
            every_row = self.env[model].sudo().search([("lead_id", "in", self.leads.ids)])
            allowed = every_row.filtered(lambda row: row.lead_id in expected)
            self.assertIn(self.shared[COLLEAGUE], every_row.lead_id)
            told = expected & every_row.lead_id
            report = self.enter(user, model)
            with self.subTest(model=model, user=user.login):
                self.cells += 1
                if not report.has_access("read"):
                    self.assertFalse(told, model)
                    continue
                domain = [("lead_id", "in", self.leads.ids)]
                found = report.search(domain)
                self.assertEqual(set(found.ids), set(allowed.ids), f"{model} {user.login}")
                self.assertEqual(report.search_count(domain), len(allowed))
                groups = report.formatted_read_group(domain, ["lead_id"], ["__count"])
                self.assertEqual({group["lead_id"][0] for group in groups}, set(told.ids))
                rows = every_row.with_user(user)
                self.assertEqual(rows._filtered_access("read"), allowed)
                if allowed:
                    self.assertTrue(allowed.with_user(user).export_data(["lead_id"])["datas"])
                for hidden in (every_row - allowed)[:1].with_user(user):
                    self.assertFalse(hidden.has_access("read"))
                    for attempt in (hidden.read, lambda r=hidden: r.export_data(["display_name"])):
                        self.assertRaises(AccessError, attempt)

    def assertFiguresFollowTheLeads(self):
        """The matrix: every role, every model."""
        for role, world in self.worlds.items():
            if role in ACCOUNTANTS:
                expected, models = self.leads, FIGURES
            elif role in OUTSIDE:
                expected, models = self.leads.browse(), (*FIGURES, PAYMENT)
            else:
                expected, models = self.read_leads(world.user), (*FIGURES, PAYMENT)
                self.assertTrue(expected, role)
            self.assertFigures(world.user, expected, models)


@tagged("post_install", "-at_install")
class TestFiguresForeignRules(ForeignRulesCommon):
    @mute_logger(*ACCESS_LOGGERS)
    def test_without_other_rules(self):
        self.assertFiguresFollowTheLeads()

    @mute_logger(*ACCESS_LOGGERS)
    def test_rule_that_hides_a_lead_hides_its_figures(self):
        hidden = self.shared[COLLEAGUE]
        self.add_rule([("id", "!=", hidden.id)])
        for role in SALES_ROLES:
            self.assertNotIn(hidden, self.read_leads(self.worlds[role].user))
        self.assertFiguresFollowTheLeads()

    @mute_logger(*ACCESS_LOGGERS)
    def test_rule_that_shows_a_lead_shows_its_figures(self):
        """Such as a team leader's, whose group shows the leads of his teams."""
        shown = self.shared[COLLEAGUE]
        self.add_rule([("id", "=", shown.id)], SALES)
        self.assertIn(shown, self.read_leads(self.worlds["sales_own"].user))
        self.assertFiguresFollowTheLeads()

    @mute_logger(*ACCESS_LOGGERS)
    def test_rules_of_both_directions_together(self):
        hidden = self.worlds["sales_own"].leads[OWN]
        self.add_rule([("id", "=", self.shared[COLLEAGUE].id)], SALES)
        self.add_rule([("id", "!=", hidden.id)])
        self.assertFiguresFollowTheLeads()

    @mute_logger(*ACCESS_LOGGERS)
    def test_rule_on_the_figures_themselves_holds_as_well(self):
        self.add_rule([("amount", "<", 0)], model="crm.lead.pipeline.report")
        user = self.worlds["sales_all"].user
        self.assertFigures(user, self.leads.browse(), ["crm.lead.pipeline.report"])
        self.assertFigures(user, self.leads, ["crm.lead.snapshot.report"])

    @mute_logger(*ACCESS_LOGGERS)
    def test_team_leader_saves_what_his_rule_shows_him(self):
        """Seen: totals without lines, and an access error when value or probability is saved."""
        lead = self.shared[COLLEAGUE]
        leader = self.create_user("team_leader", "Team Leader", SALES)
        self.add_rule([("team_id.user_id", "=", leader.id)], SALES)
        lead.team_id.user_id = leader
        lead = self.enter(leader, "crm.lead").browse(lead.id)
        lead.write({"expected_revenue": 500, "probability": 40})
        self.env.flush_all()
        self.assertEqual(lead.payment_ids.amount, 250)
        self.assertEqual(lead.payment_ids.amount_weighted, 100)
        lead.write({"payment_ids": [Command.update(lead.payment_ids.id, {"percentage": 25})]})
        self.assertEqual(lead.payment_ids.amount, 125)

    @mute_logger(*ACCESS_LOGGERS)
    def test_lead_that_may_only_be_read_keeps_its_payments(self):
        lead = self.shared[COLLEAGUE]
        self.add_rule([("id", "=", lead.id)], SALES, perm_write=False, perm_unlink=False)
        user = self.worlds["sales_own"].user
        payment = lead.payment_ids.with_user(user)
        self.assertEqual(payment.read(["amount"])[0]["amount"], 50)
        for attempt in (
            lambda: payment.write({"amount": 1}),
            payment.unlink,
            lambda: payment.create({"lead_id": lead.id, "amount": 1}),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                attempt()

    @mute_logger(*ACCESS_LOGGERS)
    def test_calibration_counts_the_leads_that_may_be_read(self):
        with self.before_this_quarter():
            lead = self.create_lead(stage="opened")
        lead.action_set_lost(lost_reason_id=self.reason.id)
        self.record_history()
        before = self.count_cases("sales_admin")
        self.add_rule([("id", "!=", lead.id)])
        self.assertEqual(self.count_cases("sales_admin"), before - 1)
        self.assertEqual(self.count_cases("invoicing"), before)

    def count_cases(self, role):
        rows = self.enter(self.worlds[role].user, CALIBRATION)
        return rows.search([("stage_id", "=", self.stages["opened"].id)]).decided


@tagged("post_install", "-at_install")
class TestFiguresOfThePast(ForeignRulesCommon):
    @mute_logger(*ACCESS_LOGGERS)
    def test_past_of_a_deleted_user_is_not_everybodys(self):
        """The database empties the owner of his past; an empty owner means unassigned."""
        leaver = self.create_user("leaver", "Leaver", SALES)
        with self.before_this_quarter():
            lead = self.create_lead(user_id=leaver.id, expected_revenue=77, stage="opened")
        lead.user_id = self.colleague
        self.record_history()
        # as PostgreSQL's ON DELETE SET NULL does
        self.env.cr.execute(
            "UPDATE crm_lead_history SET salesperson_id = NULL WHERE lead_key = %s", [lead.id]
        )
        self.env.invalidate_all()
        self.leads |= lead
        self.env[PAYMENT].create({"lead_id": lead.id, "percentage": 50})
        self.assertTrue(lead.history_ids.filtered(lambda row: not row.salesperson_id))
        self.assertNotIn(lead, self.read_leads(self.worlds["sales_own"].user))
        self.assertFiguresFollowTheLeads()

    @mute_logger(*ACCESS_LOGGERS)
    def test_leads_of_a_deleted_user_are_unassigned_now(self):
        """They are everybody's, and so are their figures: as Odoo has it."""
        leaver = self.create_user("leaver", "Leaver", SALES)
        lead = self.shared[COLLEAGUE]
        lead.user_id = leaver
        self.record_history()
        leaver.unlink()
        self.env.invalidate_all()
        self.assertFalse(lead.user_id)
        self.assertIn(lead, self.read_leads(self.worlds["sales_own"].user))
        self.assertFiguresFollowTheLeads()

    @mute_logger(*ACCESS_LOGGERS)
    def test_deleted_leads_are_for_all_documents_and_accounting(self):
        lead = self.create_lead(user_id=self.worlds["sales_own"].user.id, expected_revenue=5)
        key = lead.id
        self.record_history()
        lead.unlink()
        domain = [("lead_key", "=", key)]
        self.assertTrue(self.env["crm.lead.history"].search(domain))
        for role, world in self.worlds.items():
            allowed = role in ("sales_all", "sales_admin", *ACCOUNTANTS)
            rows = self.enter(world.user, "crm.lead.history")
            with self.subTest(role=role):
                found = rows.has_access("read") and rows.search(domain)
                self.assertEqual(bool(found), allowed)
                row = self.env["crm.lead.history"].search(domain, limit=1).with_user(world.user)
                self.assertEqual(row.has_access("read"), allowed)

    @mute_logger(*ACCESS_LOGGERS)
    def test_team_leader_without_all_documents_reads_no_deleted_lead(self):
        self.add_rule([(1, "=", 1)], SALES)
        lead = self.create_lead(expected_revenue=5)
        key = lead.id
        self.record_history()
        lead.unlink()
        rows = self.enter(self.worlds["sales_own"].user, "crm.lead.history")
        self.assertFalse(rows.search([("lead_key", "=", key)]))


@tagged("post_install", "-at_install")
class TestFiguresOfCompanies(ForeignRulesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        cls.env.user.company_ids += cls.company_b
        cls.user_b = cls.create_user("figures_b", "Only B", SALES_MANAGER)
        cls.user_b.write(
            {"company_ids": [Command.set(cls.company_b.ids)], "company_id": cls.company_b.id}
        )
        cls.user_ab = cls.create_user("figures_ab", "In Both", SALES_MANAGER)
        cls.user_ab.company_ids += cls.company_b

    @mute_logger(*ACCESS_LOGGERS)
    def test_lead_that_went_to_another_company_takes_its_history_along(self):
        lead = self.create_lead(team_id=False, user_id=False, expected_revenue=5)
        self.record_history()
        lead.company_id = self.company_b
        self.record_history()
        rows = self.env["crm.lead.history"].search([("lead_id", "=", lead.id)])
        self.assertIn(self.company, rows.company_id | self.company)
        for user, allowed in ((self.user_b, True), (self.worlds["sales_all"].user, False)):
            own = self.enter(user, "crm.lead.history")
            found = own.search([("lead_id", "=", lead.id)])
            with self.subTest(user=user.login):
                self.assertEqual(found, rows if allowed else rows.browse())
                if allowed:
                    self.assertTrue(found.read(["expected_revenue", "currency_id", "company_id"]))

    @mute_logger(*ACCESS_LOGGERS)
    def test_chosen_companies_decide(self):
        lead = self.create_lead(
            team_id=False, user_id=False, company_id=self.company_b.id, expected_revenue=5
        )
        self.env[PAYMENT].create({"lead_id": lead.id, "amount": 5})
        self.record_history()
        accountant = self.create_user(
            "accountant_ab", "Accountant", "account.group_account_invoice"
        )
        accountant.company_ids += self.company_b
        for user in (self.user_ab, accountant):
            for companies in (self.company, self.company_b, self.company | self.company_b):
                allowed = self.company_b in companies
                for model in ("crm.lead.history", "crm.lead.pipeline.report", PAYMENT):
                    rows = self.enter(user, model)
                    if not rows.has_access("read"):
                        continue
                    rows = rows.with_context(allowed_company_ids=companies.ids)
                    with self.subTest(user=user.login, companies=companies.ids, model=model):
                        found = rows.search([("lead_id", "=", lead.id)])
                        self.assertEqual(bool(found), allowed)


@tagged("post_install", "-at_install")
class TestFiguresCost(ForeignRulesCommon):
    def test_access_to_rows_costs_the_same_for_one_and_for_many(self):
        user = self.worlds["sales_own"].user
        leads = self.create_leads(8, user_id=user.id, expected_revenue=9)
        self.record_history()
        rows = self.env["crm.lead.pipeline.report"].search([("lead_id", "in", leads.ids)])

        def check(rows):
            return self.count_queries(lambda: rows.with_user(user).check_access("read"))

        check(rows)  # fills the caches that last
        self.assertEqual(check(rows[:4]), check(rows))
