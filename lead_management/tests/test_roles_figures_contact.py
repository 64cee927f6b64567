"""Figures do not tell what is in the leads."""

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ACCESS_LOGGERS
from .common_figures import ACTIONS, CALIBRATION, FIGURES, PRINTED
from .common_roles import COLLEAGUE, OWN
from .test_roles_figures import RolesFiguresCommon

ACCOUNTANTS = ("invoicing", "account_readonly")
CONTACT_FIELDS = ("email_from", "phone", "contact_name", "partner_name", "partner_id", "city")
# in every value of the contact, and nowhere else
SECRETS = ("Sentinel", "sentinel", "998877")


class FiguresContactCommon(RolesFiguresCommon):
    role_names = ("sales_own", *ACCOUNTANTS)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        export = cls.env.ref("base.group_allow_export")
        for world in cls.worlds.values():
            world.user.group_ids = [Command.link(export.id)]
        lead = cls.shared[COLLEAGUE]
        lead.partner_id = cls.create_partner("Sentinel Partner", street="Sentinel Street 1")
        lead.write(
            {
                "contact_name": "Sentinel Contact",
                "partner_name": "Sentinel Company",
                "email_from": "sentinel@test.example.com",
                "phone": "+43 998877",
                "city": "Sentinel City",
                "street": "Sentinel Street 2",
                "description": "<p>Sentinel notes</p>",
            }
        )
        cls.record_history()

    def assertKept(self, told, message):
        """No value of the contact is in ``told``, whatever that is."""
        text = repr(told)
        for secret in SECRETS:
            self.assertNotIn(secret, text, message)

    def iter_reports(self, *more):
        for role in ACCOUNTANTS:
            for model in (*FIGURES, *more):
                yield role, model, self.enter(role, model)


@tagged("post_install", "-at_install")
class TestFiguresContact(FiguresContactCommon):
    @mute_logger(*ACCESS_LOGGERS)
    def test_no_figure_tells_a_contact(self):
        """Neither as a column, nor through the lead: as path, group, order, export, filter."""
        for role, model, report in self.iter_reports():
            self.assertFalse(set(CONTACT_FIELDS) & set(report.fields_get()), model)
            for name in CONTACT_FIELDS:
                for number, attempt in enumerate(self.get_attempts(report, name)):
                    with self.subTest(model=model, role=role, name=name, number=number):
                        self.assertTrue(self.is_refused(attempt))

    def get_attempts(self, report, name):
        """Ways to learn a field of the lead from a report."""
        path = f"lead_id.{name}"
        secret = [(name, "ilike", "sentinel")]
        return (
            lambda: report.search([(path, "ilike", "sentinel")]),
            lambda: report.search([("lead_id", "any", secret)]),
            lambda: report.search([("lead_id", "any!", secret)]),
            lambda: report.search_count([(path, "!=", False)]),
            lambda: report.formatted_read_group([], [path], ["__count"]),
            lambda: report.formatted_read_group([], [], [f"{path}:count_distinct"]),
            lambda: report.formatted_read_group([(path, "!=", False)], ["stage_id"], ["__count"]),
            lambda: report.search([], order=path),
            lambda: report.search([]).mapped(path),
            lambda: report.search([]).sorted(path),
            lambda: report.search([]).filtered_domain(
                [("lead_id", "any", [(path.split(".")[1], "!=", False)])]
            ),
            lambda: report.search([]).read([path]),
            lambda: report.search([]).export_data([f"lead_id/{name}"]),
            lambda: report.search([]).web_read({"lead_id": {"fields": {name: {}}}}),
            lambda: report.web_search_read([], {"lead_id": {"fields": {name: {}}}}),
        )

    @mute_logger(*ACCESS_LOGGERS)
    def test_the_title_is_all_that_is_told(self):
        title = self.shared[COLLEAGUE].name
        for role, model, report in self.iter_reports():
            rows = report.search([("lead_id", "in", self.shared[COLLEAGUE].ids)])
            names = [name for name, field in report._fields.items() if field.exportable]
            with self.subTest(model=model, role=role):
                told = [rows.read(), rows.web_read({name: {} for name in report.fields_get()})]
                self.assertIn(title, repr(told), "as the lead's name")
                self.assertKept(told, "read")
                visible = [name for name in names if name in report.fields_get() and name != "id"]
                exported = rows.export_data(visible)
                self.assertEqual(exported["datas"][0][visible.index("lead_id")], title)
                self.assertKept(exported, "export")
                self.assertKept(rows.mapped("display_name"), "name")
                with self.env.cr.savepoint():
                    self.assertKept(report.name_search(""), "search by name")

    @mute_logger(*ACCESS_LOGGERS)
    def test_groups(self):
        """By every column that can be grouped by, and every aggregate."""
        for role, model, report in self.iter_reports(CALIBRATION):
            aggregates = [
                f"{name}:{field['aggregator']}"
                for name, field in report.fields_get().items()
                if field.get("aggregator") and field["type"] not in ("boolean", "many2one")
            ]
            for name, field in report.fields_get().items():
                if not field.get("groupable", True):
                    continue
                dates = field["type"] in ("date", "datetime")
                group = f"{name}:quarter" if dates else name
                with self.subTest(model=model, role=role, group=group):
                    groups = report.formatted_read_group([], [group], ["__count", *aggregates])
                    self.assertTrue(groups)
                    self.assertKept(groups, "groups")
                    self.assertKept(report.web_read_group([], [group], aggregates), "list")

    @mute_logger(*ACCESS_LOGGERS)
    def test_name_of_the_contact_finds_nothing(self):
        for role, model, report in self.iter_reports():
            with self.subTest(model=model, role=role):
                nothing = self.find(report, "no lead is called this")
                for name in ("sentinel", "998877"):
                    self.assertEqual(self.find(report, name), nothing)

    def find(self, report, name):
        """What is found by a lead's name, on three ways; ``None`` where that is refused."""
        found = []
        for search in (
            lambda: report.name_search(name, limit=None),
            lambda: report.search([("lead_id", "ilike", name)]).ids,
            lambda: report.search([("display_name", "ilike", name)]).ids,
        ):
            try:
                with self.env.cr.savepoint():
                    found.append(search())
            except (AccessError, UserError, ValueError):
                found.append(None)
        return found

    @mute_logger(*ACCESS_LOGGERS)
    def test_printed(self):
        for role in ACCOUNTANTS:
            told = self.read_printed(self.enter(role, PRINTED))
            self.assertIn(self.shared[COLLEAGUE].name, told)
            self.assertKept(told, role)

    @mute_logger(*ACCESS_LOGGERS)
    def test_lead_itself_stays_closed(self):
        for role in ACCOUNTANTS:
            leads = self.enter(role, "crm.lead")
            for attempt in (
                lambda leads=leads: leads.search([]),
                lambda leads=leads: leads.browse(self.shared[COLLEAGUE].ids).read(["phone"]),
                lambda leads=leads: leads.name_search(""),
                lambda leads=leads: leads.env["crm.lead.payment"].search([]),
            ):
                self.assertTrue(self.is_refused(attempt), role)


@tagged("post_install", "-at_install")
class TestFiguresViews(FiguresContactCommon):
    """What the views ask the server for is answered: nobody is stopped by an error."""

    def iter_views(self):
        for role in self.role_names:
            for name in ACTIONS:
                action = self.env.ref(f"lead_management.{name}")
                report = self.enter(role, action.res_model)
                if not report.has_access("read"):
                    continue
                views = [(view, kind) for view, kind in action.views]
                yield role, name, report, report.get_views([*views, (False, "search")])["views"]

    def test_every_column_of_the_lists(self):
        for role, name, report, views in self.iter_views():
            columns = etree.fromstring(views["list"]["arch"]).iterfind("field")
            fields = report.fields_get()
            specification = {
                column.get("name"): (
                    {"fields": {"display_name": {}}}
                    if fields[column.get("name")]["type"] in ("many2one", "many2many")
                    else {}
                )
                for column in columns
            }
            with self.subTest(action=name, role=role):
                records = report.web_search_read([], specification)["records"]
                self.assertTrue(records)
                if role in ACCOUNTANTS:
                    self.assertKept(records, name)

    def test_every_field_of_the_searches(self):
        for role, name, report, views in self.iter_views():
            fields = report.fields_get()
            for node in etree.fromstring(views["search"]["arch"]).iterfind("field"):
                field = fields[node.get("name")]
                with self.subTest(action=name, role=role, field=node.get("name")):
                    if field["type"] == "many2one":
                        self.env[field["relation"]].with_user(report.env.user).name_search("e")
                        domain = [(node.get("name"), "ilike", "e")]
                        report.search(domain)


@tagged("post_install", "-at_install")
class TestFiguresDrillDown(FiguresContactCommon):
    @mute_logger(*ACCESS_LOGGERS)
    def test_accountant_drills_down_to_the_page_without_contact_data(self):
        for role, model, report in self.iter_reports():
            rows = report.search([("lead_id", "=", self.shared[COLLEAGUE].id)])
            with self.subTest(role=role, model=model):
                title = rows[0].read(["lead_id"])[0]["lead_id"][1]
                self.assertEqual(title, self.shared[COLLEAGUE].name)
                for action in (
                    rows[0].action_open_lead(),
                    *([rows.action_open_leads()] if model != "crm.lead.history" else []),
                ):
                    self.assertEqual(action["res_model"], "crm.lead.page")
                    self.assertEqual(action["res_id"], self.shared[COLLEAGUE].id)

    def test_salesperson_drills_down_to_the_lead(self):
        lead = self.worlds["sales_own"].leads[OWN]
        for model in FIGURES:
            rows = self.enter("sales_own", model).search([("lead_id", "=", lead.id)])
            with self.subTest(model=model):
                self.assertEqual(rows[0].action_open_lead()["res_id"], lead.id)
                if model != "crm.lead.history":
                    self.assertEqual(rows.action_open_leads()["domain"], [("id", "in", lead.ids)])

    @mute_logger(*ACCESS_LOGGERS)
    def test_cases_of_the_calibration(self):
        for role in ACCOUNTANTS:
            row = self.enter(role, CALIBRATION).search([], limit=1)
            self.assertEqual(row.action_open_cases()["tag"], "display_notification")
