"""Who may read which figures."""

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import ACCESS_LOGGERS
from .common_figures import (
    CALIBRATION,
    FIGURES,
    PRINTED,
    FiguresAccessMixin,
)
from .common_roles import COLLEAGUE, OUTSIDERS, OWN, ROLES, UNASSIGNED, RolesCommon

# The marks stand for the roles in their order, as in test_roles:
#   sales with own, with all documents, sales administrator | timesheet user | project manager
#   | invoicing, accounting read-only | internal user | portal, public
MARKS = {
    OWN: "+++ - - ++ - --",
    UNASSIGNED: "+++ - - ++ - --",
    COLLEAGUE: "-++ - - ++ - --",
}
READERS = "+++ - - ++ - --"
READERS_OF_CALIBRATION = "--+ - - ++ - --"
APPLIERS_OF_CALIBRATION = "--+ - - -- - --"
# what the menus of CRM and of Invoicing show to whom
ENTRIES = {
    "Pipeline by Quarter",
    "Liquidity Outlook",
    "Movements",
    "Pipeline on a Day",
    "Print Quarterly Pipeline",
    "Forecast and Actual",
    "Presales Cost",
}
CRM_ENTRIES = {
    "sales_own": ENTRIES | {"History of Leads"},
    "sales_all": ENTRIES | {"History of Leads"},
    "sales_admin": ENTRIES | {"History of Leads", "Phase Calibration"},
}
INVOICING_ENTRIES = {
    "invoicing": ENTRIES | {"Phase Calibration"},
    "account_readonly": ENTRIES | {"Phase Calibration"},
}
# another test is about the dashboard
OTHER_ENTRIES = {"Dashboard"}
PERIODS = ("movement", "snapshot")


class RolesFiguresCommon(FiguresAccessMixin, RolesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.lead.payment"].create(
            {"lead_id": cls.shared[COLLEAGUE].id, "date": "2030-01-15", "percentage": 50}
        )
        cls.record_history()

    @classmethod
    def _create_story(cls, name, employee=None, **values):
        with cls.before_this_quarter():
            return super()._create_story(name, employee, **{"date_deadline": cls.today(), **values})

    def enter(self, role, model):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env[model].with_user(self.worlds[role].user)

    def iter_roles(self, marks):
        for role, mark in zip(ROLES, marks.replace(" ", ""), strict=True):
            yield role, mark == "+"

    def iter_cells(self):
        for target, marks in MARKS.items():
            for role, allowed in self.iter_roles(marks):
                yield target, role, allowed


@tagged("post_install", "-at_install")
class TestRolesFigures(RolesFiguresCommon):
    def test_there_are_figures_of_every_lead(self):
        """Otherwise the other tests would prove nothing."""
        for model in FIGURES:
            for world in self.worlds.values():
                for target in MARKS:
                    rows = self.env[model].search([("lead_id", "=", world.leads[target].id)])
                    self.assertTrue(rows, (model, world.role, target))

    @mute_logger(*ACCESS_LOGGERS)
    def test_rows(self):
        for model in FIGURES:
            for target, role, allowed in self.iter_cells():
                report = self.enter(role, model)
                lead = self.worlds[role].leads[target]
                rows = self.env[model].search([("lead_id", "=", lead.id)])
                with self.subTest(model=model, target=target, role=role):
                    self.assertEqual(self.may_read(report.search, lead), allowed)
                    self.assertEqual(self.may_read(report.search_read, lead), allowed)
                    self.assertEqual(self.may_read(report.search_count, lead), allowed)
                    self.assertEqual(
                        self.is_refused(rows.with_user(report.env.user).read), not allowed
                    )

    @mute_logger(*ACCESS_LOGGERS)
    def test_totals(self):
        for model in FIGURES:
            for target, role, allowed in self.iter_cells():
                report = self.enter(role, model)
                lead = self.worlds[role].leads[target]

                def count(domain, report=report):
                    return self.count_rows(report, domain)

                with self.subTest(model=model, target=target, role=role):
                    self.assertEqual(self.may_read(count, lead), allowed)

    @mute_logger(*ACCESS_LOGGERS)
    def test_other_days(self):
        """The dialog's days choose what is read, not who may read it."""
        start = str(self.env["crm.lead.history"]._get_start().date())
        days = {"snapshot_date": start, "date_from": start, "date_to": str(self.today())}
        for model in ("crm.lead.snapshot.report", "crm.lead.movement.report"):
            for target, role, allowed in self.iter_cells():
                report = self.enter(role, model).with_context(**days)
                with self.subTest(model=model, target=target, role=role):
                    lead = self.worlds[role].leads[target]
                    self.assertEqual(self.may_read(report.search, lead), allowed)

    @mute_logger(*ACCESS_LOGGERS)
    def test_calibration(self):
        for role, allowed in self.iter_roles(READERS_OF_CALIBRATION):
            report = self.enter(role, CALIBRATION)
            row = self.env[CALIBRATION].search([], limit=1).with_user(report.env.user)
            with self.subTest(role=role):
                self.assertEqual(report.has_access("read"), allowed)
                for attempt in (
                    lambda report=report: report.search([]),
                    lambda report=report: self.count_rows(report, []),
                    lambda report=report: report.web_search_read([], {"decided": {}}),
                    row.read,
                ):
                    self.assertEqual(self.is_refused(attempt), not allowed)

    @mute_logger(*ACCESS_LOGGERS)
    def test_calibration_is_applied_by_sales_administrators(self):
        row = self.env[CALIBRATION].search([], limit=1)
        dialogs = self.env["crm.stage.calibration.apply"]
        for role, allowed in self.iter_roles(APPLIERS_OF_CALIBRATION):
            user = self.worlds[role].user
            with self.subTest(role=role):
                self.assertEqual(
                    self.is_refused(row.with_user(user).action_open_apply), not allowed
                )
                self.assertEqual(
                    self.is_refused(
                        lambda user=user: dialogs.with_user(user).create({"stage_id": row.id})
                    ),
                    not allowed,
                )

    @mute_logger(*ACCESS_LOGGERS)
    def test_nobody_writes_figures(self):
        for model in (*FIGURES, CALIBRATION):
            domain = [("lead_id", "in", self.shared[COLLEAGUE].ids)] if model in FIGURES else []
            row = self.env[model].search(domain, limit=1)
            self.assertTrue(row)
            for role in ROLES:
                row = row.with_user(self.worlds[role].user)
                with self.subTest(model=model, role=role):
                    for operation in ("write", "create", "unlink"):
                        self.assertFalse(row.has_access(operation), operation)


@tagged("post_install", "-at_install")
class TestRolesFiguresDialogs(RolesFiguresCommon):
    @mute_logger(*ACCESS_LOGGERS)
    def test_period_dialog(self):
        for report in PERIODS:
            for role, allowed in self.iter_roles(READERS):
                dialogs = self.enter(role, "crm.lead.pipeline.period")
                dialogs = dialogs.with_context(default_report=report)
                with self.subTest(report=report, role=role):
                    self.assertEqual(self.is_refused(lambda d=dialogs: d.create({})), not allowed)
                    if allowed:
                        action = Form(dialogs).save().action_open()
                        rows = self.env[action["res_model"]].with_user(dialogs.env.user)
                        self.assertTrue(rows.with_context(**action["context"]).search([]))

    @mute_logger(*ACCESS_LOGGERS)
    def test_print_dialog(self):
        for role, allowed in self.iter_roles(READERS):
            dialogs = self.enter(role, "crm.lead.pipeline.print")
            with self.subTest(role=role):
                self.assertEqual(self.is_refused(lambda d=dialogs: d.create({})), not allowed)
                if allowed:
                    self.assertTrue(Form(dialogs).save().action_print())

    @mute_logger(*ACCESS_LOGGERS)
    def test_printed_figures(self):
        for world in self.worlds.values():
            for target in MARKS:
                # the list of what is overdue names more leads than that of the biggest
                world.leads[target].date_deadline = "2020-01-01"
        for role, allowed in self.iter_roles(READERS):
            report = self.enter(role, PRINTED)
            with self.subTest(role=role):
                if not allowed:
                    self.assertTrue(self.is_refused(lambda r=report: self.read_printed(r)))
                    continue
                for target, marks in MARKS.items():
                    self.assertEqual(
                        self.worlds[role].leads[target].name in self.read_printed(report),
                        dict(self.iter_roles(marks))[role],
                        target,
                    )

    def test_menus(self):
        for role in [role for role in ROLES if role not in OUTSIDERS]:
            with self.subTest(role=role):
                for app, entries in (("crm", CRM_ENTRIES), ("account", INVOICING_ENTRIES)):
                    found = self.read_entries(role, app) - OTHER_ENTRIES
                    self.assertEqual(found, entries.get(role, set()), app)

    def read_entries(self, role, app):
        """The names of our reports' entries in the app's menu, as the role sees them."""
        root = self.env.ref(
            {"crm": "crm.crm_menu_report", "account": "account.menu_finance_reports"}[app]
        )
        menus = self.enter(role, "ir.ui.menu").load_menus(False)
        entries, below = [], [root.id] if root.id in menus else []
        while below:
            menu = menus[below.pop()]
            below += menu["children"]
            if menu["xmlid"].startswith("lead_management.") and menu["action_id"]:
                entries.append(menu["name"])
        return set(entries)


@tagged("post_install", "-at_install")
class TestRolesPayments(RolesFiguresCommon):
    @mute_logger(*ACCESS_LOGGERS)
    def test_payments_follow_the_lead(self):
        lead = self.shared[COLLEAGUE]
        for role in ROLES:
            payment = lead.payment_ids.with_user(self.worlds[role].user)
            allowed = role in ("sales_all", "sales_admin")
            with self.subTest(role=role):
                for operation in ("read", "write", "create", "unlink"):
                    self.assertEqual(payment.has_access(operation), allowed, operation)

    @mute_logger(*ACCESS_LOGGERS)
    def test_payment_of_a_foreign_lead_is_refused(self):
        payments = self.enter("sales_own", "crm.lead.payment")
        own = payments.create({"lead_id": self.worlds["sales_own"].leads[OWN].id, "amount": 5})
        for action in (
            lambda: payments.create({"lead_id": self.shared[COLLEAGUE].id, "amount": 5}),
            lambda: own.write({"lead_id": self.shared[COLLEAGUE].id}),
            lambda: payments.browse(self.shared[COLLEAGUE].payment_ids.ids).write({"amount": 1}),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                action()
                self.env.flush_all()
