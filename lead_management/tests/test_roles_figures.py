"""Who may read which figures, and that figures do not tell what is in the leads."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_roles import COLLEAGUE, OWN, ROLES, UNASSIGNED, RolesCommon

ACCESS_LOGGERS = (
    "odoo.addons.base.models.ir_rule",
    "odoo.addons.base.models.ir_model",
    "odoo.models",
    "odoo.orm.models",
)
# rows about single leads
FIGURES = (
    "crm.lead.history",
    "crm.lead.pipeline.report",
)
# The marks stand for the roles in their order, as in test_roles:
#   sales with own, with all documents, sales administrator | timesheet user | project manager
#   | invoicing, accounting read-only | internal user | portal, public
MARKS = {
    OWN: "+++ - - ++ - --",
    UNASSIGNED: "+++ - - ++ - --",
    COLLEAGUE: "-++ - - ++ - --",
}
CONTACT_FIELDS = ("email_from", "phone", "contact_name", "partner_name", "partner_id", "city")


@tagged("post_install", "-at_install")
class TestRolesFigures(RolesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.lead.payment"].create(
            {"lead_id": cls.shared[COLLEAGUE].id, "date": "2030-01-15", "percentage": 50}
        )
        cls.env.flush_all()
        cls.env["crm.lead.history"]._record_pending()

    def enter(self, role, model):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env[model].with_user(self.worlds[role].user)

    def iter_cells(self):
        for target, marks in MARKS.items():
            for role, mark in zip(ROLES, marks.replace(" ", ""), strict=True):
                yield target, role, mark == "+"

    def may_read(self, read, lead):
        """Whether ``read`` tells something about the lead; refusing is telling nothing."""
        try:
            with self.env.cr.savepoint():
                return bool(read([("lead_id", "in", lead.ids)]))
        except AccessError:
            return False

    def is_refused(self, attempt):
        try:
            with self.env.cr.savepoint():
                attempt()
        except (AccessError, UserError, ValueError):
            return True
        return False

    @mute_logger(*ACCESS_LOGGERS)
    def test_rows(self):
        for model in FIGURES:
            for target, role, allowed in self.iter_cells():
                report = self.enter(role, model)
                lead = self.worlds[role].leads[target]
                with self.subTest(model=model, target=target, role=role):
                    self.assertEqual(self.may_read(report.search, lead), allowed)
                    self.assertEqual(self.may_read(report.search_read, lead), allowed)

    @mute_logger(*ACCESS_LOGGERS)
    def test_totals(self):
        for model in FIGURES:
            for target, role, allowed in self.iter_cells():
                report = self.enter(role, model)
                lead = self.worlds[role].leads[target]

                def count(domain, report=report):
                    groups = report.formatted_read_group(domain, ["stage_id"], ["__count"])
                    return sum(group["__count"] for group in groups)

                with self.subTest(model=model, target=target, role=role):
                    self.assertEqual(self.may_read(count, lead), allowed)

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

    @mute_logger(*ACCESS_LOGGERS)
    def test_nobody_writes_figures(self):
        for model in FIGURES:
            for role in ROLES:
                row = self.env[model].search([("lead_id", "in", self.shared[COLLEAGUE].ids)])[:1]
                row = row.with_user(self.worlds[role].user)
                with self.subTest(model=model, role=role):
                    for operation in ("write", "create", "unlink"):
                        self.assertFalse(row.has_access(operation), operation)

    @mute_logger(*ACCESS_LOGGERS)
    def test_accountant_drills_down_to_the_lead_but_not_into_it(self):
        for role in ("invoicing", "account_readonly"):
            report = self.enter(role, "crm.lead.pipeline.report")
            rows = report.search([("lead_id", "=", self.shared[COLLEAGUE].id)])
            with self.subTest(role=role):
                self.assertEqual(len(rows), 2)
                title = rows[0].read(["lead_id"])[0]["lead_id"][1]
                self.assertEqual(title, self.shared[COLLEAGUE].name)
                self.assertEqual(rows[0].action_open_lead()["tag"], "display_notification")
                self.assertEqual(rows.action_open_leads()["tag"], "display_notification")

    def test_salesperson_drills_down_to_the_lead(self):
        lead = self.worlds["sales_own"].leads[OWN]
        rows = self.enter("sales_own", "crm.lead.pipeline.report").search(
            [("lead_id", "=", lead.id)]
        )
        self.assertEqual(rows[0].action_open_lead()["res_id"], lead.id)
        self.assertEqual(rows.action_open_leads()["domain"], [("id", "in", lead.ids)])

    @mute_logger(*ACCESS_LOGGERS)
    def test_no_figure_tells_a_contact(self):
        """Neither as a column, nor through the lead: as path, group, order, export, filter."""
        for model in FIGURES:
            report = self.enter("invoicing", model)
            self.assertFalse(set(CONTACT_FIELDS) & set(report.fields_get()), model)
            for name in CONTACT_FIELDS:
                for attempt in self.get_attempts(report, name):
                    with self.subTest(model=model, name=name):
                        self.assertTrue(self.is_refused(attempt))

    def get_attempts(self, report, name):
        """Ways to learn a field of the lead from a report."""
        path = f"lead_id.{name}"
        return (
            lambda: report.search([(path, "ilike", "Contact")]),
            lambda: report.formatted_read_group([], [path], ["__count"]),
            lambda: report.search([], order=path),
            lambda: report.search([]).mapped(path),
            lambda: report.search([]).export_data([f"lead_id/{name}"]),
            lambda: report.search([]).web_read({"lead_id": {"fields": {name: {}}}}),
        )
