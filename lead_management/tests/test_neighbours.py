"""Beside views, words and modules of others: what is theirs stays, what clashes is said."""

import contextlib
import json

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import convert_file, mute_logger

from ..setup import neighbours, terms, views
from ..setup.names import OurNames
from .common import TIMESHEET, LeadManagementCommon
from .common_handover import HandoverCommon

PROJECT_USER = "project.group_project_user"
REMOVABLE = (
    "lost_reason_id",
    "contact_name",
    "partner_name",
    "date_deadline",
    "tag_ids",
    "user_id",
    "priority",
    "website",
    "function",
    "probability",
    "automated_probability",
    "email_from",
    "phone",
    "lead_properties",
)


@tagged("post_install", "-at_install")
class TestCustomViews(LeadManagementCommon):
    def _create_view(self, parent, arch, priority=17):
        return self.env["ir.ui.view"].create(
            {
                "name": "Own view",
                "model": "crm.lead",
                "inherit_id": self.env.ref(parent).id,
                "priority": priority,
                "arch": arch,
            }
        )

    @contextlib.contextmanager
    def _own_view(self, parent, arch):
        savepoint = self.env.cr.savepoint()
        try:
            self._create_view(parent, arch)
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)
            self.env.registry.clear_cache("templates")

    def test_what_stands_beside_core_stands_where_it_belongs(self):
        """Where core's elements are there: each label before its field, ours beside core's."""
        view = self.env["crm.lead"].get_view(self.env.ref("crm.crm_lead_view_form").id, "form")
        form = etree.fromstring(view["arch"])
        labels = form.xpath("//sheet/group//group/label[@for][not(@invisible='1')]")
        self.assertGreater(len(labels), 5)
        for label in labels:
            # several labels may take turns before one field
            (beside,) = label.xpath("following-sibling::*[not(self::label)][1]")
            fields = beside.xpath("descendant-or-self::field")
            names = {field.get("id") or field.get("name") for field in fields}
            names |= {field.get("name") for field in fields}
            self.assertIn(label.get("for"), names)
        (button,) = form.xpath("//button[@name='action_view_project']")
        after = button.xpath("following-sibling::button/@name")
        self.assertEqual(after, ["action_show_potential_duplicates"])

    def _open(self):
        """Form, board and lists as people get them."""
        self.env["crm.lead"].with_user(self.salesperson).get_views(
            [(self.env.ref("crm.crm_case_kanban_view_leads").id, "kanban"), (False, "form")]
        )
        self.env["crm.lead"].get_view(self.env.ref("crm.crm_case_tree_view_oppor").id, "list")

    def test_own_view_may_remove_any_of_cores_fields_from_the_form(self):
        parent = "crm.crm_lead_view_form"
        for name in REMOVABLE:
            with self.subTest(name):
                # a label needs its field, in stock too
                form = self.env["crm.lead"].get_view(self.env.ref(parent).id)["arch"]
                label = f"""<xpath expr="//label[@for='{name}']" position="replace"/>"""
                arch = f"""<data><xpath expr="//sheet//field[@name='{name}']"
                    position="replace"/>{label if f'for="{name}"' in form else ""}</data>"""
                with self._own_view(parent, arch):
                    self._open()
                    lead = Form(self.env["crm.lead"].with_user(self.salesperson))
                    lead.name = "Without it"
                    lead.save()

    def test_own_view_may_remove_cores_buttons_and_pages(self):
        for expr in (
            "//button[@name='action_show_potential_duplicates']",
            "//button[@name='action_schedule_meeting']",
            "//header/button[@name='action_set_won_rainbowman']",
            "//page[@name='extra']",
            "//page[@name='lead']",
            "//div[@id='probability']/..",
            "//label[@for='date_deadline']",
            "//widget[@name='web_ribbon']",
        ):
            with self.subTest(expr):
                arch = f'<xpath expr="{expr}" position="replace"/>'
                with self._own_view("crm.crm_lead_view_form", arch):
                    self._open()

    def test_own_view_may_remove_cores_fields_from_the_board_and_the_list(self):
        for name in ("contact_name", "partner_name", "tag_ids", "priority", "activity_ids"):
            with self.subTest(name):
                arch = f"""<xpath expr="//t[@t-name='card']//field[@name='{name}']"
                    position="replace"/>"""
                with self._own_view("crm.crm_case_kanban_view_leads", arch):
                    self._open()
        self._create_view(
            "crm.crm_case_tree_view_oppor", '<field name="tag_ids" position="replace"/>'
        )
        self._open()

    def test_a_clash_stops_the_installation_and_names_the_view(self):
        view = self._create_view(
            "crm.crm_lead_view_form", '<field name="tag_ids" position="after"><br/></field>', 99
        )
        models = ["crm.lead"]
        views.check_custom_views(self.env, models)
        arch = '<xpath expr="//group[@name=\'gone\']" position="inside"><br/></xpath>'
        self.env.cr.execute(
            "UPDATE ir_ui_view SET arch_db = %s WHERE id = %s",
            [json.dumps({"en_US": arch}), view.id],
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, f"(?s)Own view .id {view.id}.*Archive these views"):
            views.check_custom_views(self.env, models)

    def test_all_screens_that_ours_change_are_checked(self):
        """Those of models without a field of ours, too."""
        models = views.find_models(self.env, OurNames(self.env))
        self.assertIn("crm.lead", models)
        self.assertNotIn("crm.lead.category", models)
        data = self.env["ir.model.data"].search(
            [("module", "=", "lead_management"), ("model", "=", "ir.ui.view")]
        )
        extended = self.env["ir.ui.view"].browse(data.mapped("res_id")).inherit_id
        foreign = set(extended.filtered("model").mapped("model")) - OurNames(self.env).models
        self.assertFalse(foreign - set(models))


@tagged("post_install", "-at_install")
class TestWords(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("de_DE")
        cls.modules = [
            module.name
            for module in cls.env["ir.module.module"].search(
                [
                    ("state", "=", "installed"),
                    ("name", "in", ["crm", "sale_crm", "lead_management"]),
                ]
            )
        ]
        cls.env["ir.module.module"]._load_module_terms(cls.modules, ["de_DE"])
        cls.lost = cls.env.ref("crm.selection__crm_lead__won_status__lost")
        cls.german = cls.lost.with_context(lang="de_DE")

    def _set(self, word):
        terms._write(self.lost, "name", "de_DE", word)
        self.env.invalidate_all()

    def test_ours_replace_cores_words(self):
        self.assertEqual(self.german.name, "Abgelehnt")

    def test_words_that_people_chose_stay_when_a_language_is_loaded_again(self):
        self._set("Vergeigt")
        self.env["ir.module.module"]._load_module_terms(self.modules, ["de_DE"])
        self.assertEqual(self.german.name, "Vergeigt")

    def test_uninstalling_gives_cores_words_back_but_not_over_peoples(self):
        terms.unload(self.env, ["de_DE"])
        core = self.german.name
        self.assertNotEqual(core, "Abgelehnt")
        terms.load(self.env, ["de_DE"])
        self.assertEqual(self.german.name, "Abgelehnt")
        self._set("Vergeigt")
        terms.unload(self.env, ["de_DE"])
        self.assertEqual(self.german.name, "Vergeigt")

    def test_an_update_keeps_renamed_menus_and_their_order(self):
        data = self.env["ir.model.data"].search(
            [("module", "=", "lead_management"), ("model", "=", "ir.ui.menu")]
        )
        self.assertGreater(len(data), 20)
        self.assertEqual(set(data.mapped("noupdate")), {True})
        menus = self.env["ir.ui.menu"].browse(data.mapped("res_id"))
        menus.with_context(lang="de_DE").write({"name": "Unser Name"})
        menus.write({"name": "Our name", "sequence": 77})
        files = [
            "views/crm_menu_views.xml",
            "report/crm_lead_report_menus.xml",
            "views/crm_lead_service_views.xml",
            "data/spreadsheet_dashboard.xml",
        ]
        for name in files:
            convert_file(self.env, "lead_management", name, {}, mode="update")
        self.env["ir.module.module"]._load_module_terms(["lead_management"], ["de_DE"])
        self.env.invalidate_all()
        self.assertEqual(set(menus.mapped("name")), {"Our name"})
        self.assertEqual(set(menus.mapped("sequence")), {77})
        translated = menus.with_context(lang="de_DE")
        self.assertEqual(set(translated.mapped("name")), {"Unser Name"})

    def test_screens_say_declined_and_the_log_of_changes_has_cores_words(self):
        """Code of others compares with core's words; screens say what this addon says."""
        screen = self.env["crm.lead"].get_views([(False, "list")])["models"]["crm.lead"]["fields"]
        words = {"won": "Won", "lost": "Declined", "pending": "Open"}
        self.assertEqual(dict(screen["won_status"]["selection"]), words)
        lead = self.create_lead()
        self.env.flush_all()
        self.env.cr.precommit.run()
        lead.action_set_lost(lost_reason_id=self.reason.id)
        self.env.flush_all()
        self.env.cr.precommit.run()
        values = lead.message_ids.sudo().tracking_value_ids
        status = values.filtered(lambda value: value.field_id.name == "won_status")
        self.assertEqual((status.old_value_char, status.new_value_char), ("Pending", "Lost"))

    def test_projects_for_everybody_have_names_in_every_language(self):
        company = self.env["res.company"].create({"name": "New one"})
        for project in (
            company._get_or_create_lead_project(),
            company._get_or_create_service_project(),
        ):
            for record in (project, *project.type_ids):
                self.env.flush_all()
                self.env.cr.execute(f"SELECT name FROM {record._table} WHERE id = %s", [record.id])
                ((names,),) = self.env.cr.fetchall()
                self.assertEqual(set(names), {"en_US", "de_DE"}, names)
                if record == company.lead_project_id:
                    self.assertNotEqual(names["de_DE"], names["en_US"])


@tagged("post_install", "-at_install")
class TestModules(HandoverCommon):
    def test_modules_that_cannot_live_beside_it_are_refused_with_the_reason(self):
        module = self.env["ir.module.module"].create(
            {"name": "crm_timesheet", "shortdesc": "CRM Timesheet", "state": "uninstalled"}
        )
        with self.assertRaisesRegex(UserError, "CRM Timesheet.*records time on leads"):
            module.button_install()
        self.env.cr.execute(
            "UPDATE ir_module_module SET state = 'installed' WHERE id = %s", [module.id]
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "Uninstall them first"):
            neighbours.check(self.env)

    def test_the_command_line_cannot_install_them_either(self):
        """Odoo installs what the command line names before it has loaded any addon, and brings the
        tables of each up to date when it comes."""
        module = self.env["ir.module.module"].create(
            {"name": neighbours.STAGE_PROBABILITY, "shortdesc": "X", "state": "to install"}
        )
        with self.assertRaisesRegex(UserError, "X .*sets the probability of leads"):
            self.env["crm.stage"]._auto_init()
        module.state = "uninstalled"
        neighbours.check_newcomers(self.env)

    def test_noted_probabilities_are_taken_over(self):
        stage = self.env["crm.stage"].create({"name": "Site visit"})
        lead = self.create_lead(stage="opened")
        lead.stage_id = stage
        before = lead.probability
        self.env.cr.execute(
            f"CREATE TABLE {neighbours.NOTED} AS SELECT {stage.id} AS id, 35.0 AS probability"
        )
        neighbours.take_over(self.env, neighbours.read_noted(self.env.cr))
        self.assertTrue(stage.uses_default_probability)
        self.assertEqual((stage.default_probability, lead.probability), (35.0, before))

    def test_column_of_somebody_else_is_not_adopted(self):
        neighbours.check(self.env)
        self.env.cr.execute(
            """DELETE FROM ir_model_data WHERE module = 'lead_management'
                  AND name = 'field_crm_lead__value_source';
               UPDATE ir_model_fields SET ttype = 'integer'
                WHERE model = 'crm.lead' AND name = 'value_source'"""
        )
        with self.assertRaisesRegex(UserError, "value_source of crm.lead"):
            neighbours.check(self.env)

    def test_task_that_another_addon_linked_to_a_lead_is_not_touched(self):
        project = self.env["project.project"].create({"name": "Other"})
        lead = self.create_lead(stage="negotiation", partner_id=self.partner.id)
        self.record_hours(lead)
        task = self.env["project.task"].create(
            {"name": "Theirs", "project_id": project.id, "lead_id": lead.id}
        )
        self.assertFalse(task.is_lead_ticket)
        # what has to do with a lead is internal, whoever linked it
        self.assertTrue(task.is_internal_presales)
        self.convert(lead, self.salesperson)
        self.assertEqual(task.project_id, project)
        declined = self.create_lead(stage="opened")
        task.lead_id = declined
        declined.action_set_lost(lost_reason_id=self.reason.id)
        self.assertEqual(task.state, "01_in_progress")

    def test_cores_report_on_timesheets_has_what_the_search_for_hours_names(self):
        """Its search view is a copy of that of hours; the web client stops at a field it lacks."""
        report = self.env["timesheets.analysis.report"].with_user(self.cost_viewer)
        found = report.get_views([(False, "pivot"), (False, "search")])
        search = etree.fromstring(found["views"]["search"]["arch"])
        names = {field.get("name") for field in search.iter("field")}
        self.assertIn("lead_id", names)
        self.assertFalse(names - set(found["models"][report._name]["fields"]))
        lead = self.create_lead()
        self.record_hours(lead, hours=2)
        self.env.flush_all()
        rows = report.formatted_read_group(
            [("lead_id", "=", lead.id)], ["lead_id"], ["unit_amount:sum"]
        )
        self.assertEqual([row["unit_amount:sum"] for row in rows], [2])
        others = self.env["timesheets.analysis.report"].with_user(self.timesheet_user)
        views = others.get_views([(False, "search")])["views"]
        self.assertNotIn("lead_id", views["search"]["arch"])

    @mute_logger("odoo.models", "odoo.orm.models")
    def test_task_forms_of_others_open_for_employees_who_are_not_told_the_lead(self):
        """As OCA's crm_lead_to_task, whose form shows a field of that name to everybody."""
        self.env["ir.ui.view"].create(
            {
                "name": "Lead to task",
                "model": "project.task",
                "inherit_id": self.env.ref("project.view_task_form2").id,
                "arch": "<field name='partner_id' position='after'><field name='lead_id'/></field>",
            }
        )
        lead = self.create_lead(name="Secret lead")
        task = self.create_ticket(lead, name="Measure")
        worker = self.create_user("lm_worker", "Wanda Worker", PROJECT_USER, TIMESHEET)
        self.env.flush_all()
        self.env.invalidate_all()
        # what is in the cache already is not told either
        self.assertEqual(task.lead_id.display_name, "Secret lead")
        theirs = task.with_user(worker)
        with Form(theirs, "project.view_task_form2") as form:
            self.assertFalse(form.lead_id)
            form.name = "Measured"
        spec = {"lead_id": {"fields": {"display_name": {}}}}
        self.assertEqual(theirs.web_read(spec), [{"id": task.id, "lead_id": False}])
        self.assertFalse(theirs.read()[0]["lead_id"])
        self.assertFalse(theirs.lead_id)
        rows = theirs._export_rows([["name"], ["lead_id"], ["lead_id", "name"]])
        self.assertNotIn("Secret", str(rows))
        self.assertTrue(theirs.fields_get(["lead_id"])["lead_id"]["readonly"])
        for refused in (
            lambda: theirs.read(["lead_id"]),
            lambda: theirs.search([("lead_id", "!=", False)]),
            lambda: theirs.search([("lead_id.name", "like", "Secret")]),
            lambda: theirs.search([], order="lead_id"),
            lambda: theirs.formatted_read_group([], ["lead_id"], ["__count"]),
            lambda: theirs.formatted_read_group([], ["lead_id.name"], ["__count"]),
            lambda: theirs.formatted_read_group([], [], ["lead_id:count_distinct"]),
            lambda: theirs.write({"lead_id": False}),
            lambda: theirs.with_context(default_lead_id=lead.id).create({"name": "x"}),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                refused()
        part = theirs.create({"name": "Part", "parent_id": task.id})
        self.assertFalse(part.lead_id)
        self.assertEqual((task | part.sudo()).lead_id, lead)
        self.assertEqual(task.with_user(self.salesperson).lead_id.name, "Secret lead")


@tagged("post_install", "-at_install")
class TestPrintAddress(HttpCase, LeadManagementCommon):
    def test_wrong_options_are_answered_in_words(self):
        self.authenticate(self.sales_all.login, self.sales_all.login)
        address = "/report/html/lead_management.report_pipeline_quarterly"
        for options in ("{", "[1]", "5", '"x"', "[[[[", '{"context":5}', '{"context":{}}0'):
            answer = self.url_open(f"{address}?options={options}")
            self.assertEqual(answer.status_code, 400, options)
        self.assertEqual(self.url_open(f"{address}?context=7").status_code, 400)

    def test_reports_and_letters_that_are_not_there_are_answered_in_words(self):
        self.authenticate(self.sales_all.login, self.sales_all.login)
        template = self.env["crm.lead.document.template"].search([], limit=1)
        letter = self.env["crm.lead.document"].create(
            {"lead_id": self.create_lead().id, "template_id": template.id, "name": "Letter"}
        )
        for name, status in (
            ("bogus/1", 400),
            ("crm_lead_view_list/1", 400),
            (f"report_lead_document/{letter.id},{letter.id + 1000}", 400),
            ("report_lead_document/99999999999999999999", 400),
            (f"report_lead_document/{letter.id}", 200),
        ):
            answer = self.url_open(f"/report/html/lead_management.{name}")
            self.assertEqual(answer.status_code, status, name)

    def test_a_company_named_many_times_is_printed_once(self):
        report = self.env["report.lead_management.report_pipeline_quarterly"]
        report = report.with_user(self.sales_all)
        company = self.sales_all.company_id
        values = report._get_report_values([company.id] * 300)
        self.assertEqual(len(values["pipelines"]), 1)
        self.assertEqual(values["doc_ids"], [company.id])

    def test_endless_titles_are_cut(self):
        self.create_lead(name="x" * 3_000_000, stage="opened", expected_revenue=100)
        report = self.env["report.lead_management.report_pipeline_quarterly"]
        (pipeline,) = report.with_user(self.sales_all)._get_report_values([])["pipelines"]
        names = [row["name"] for row in pipeline["biggest"]["rows"]]
        self.assertLessEqual(max(map(len, names)), 1000)


@tagged("post_install", "-at_install")
class TestNames(LeadManagementCommon):
    def test_domains_and_contexts_are_read_as_code(self):
        names = OurNames(self.env)
        for domain in (
            "[('project_state', '=', 'pending')]",
            "['&', ('user_id', '=', uid), ('order_ids.lead_reminded_expiry', '<', today)]",
            "[('order_ids', 'any', [('lead_reminded_expiry', '=', False)])]",
        ):
            self.assertTrue(names.in_domain("crm.lead", domain), domain)
        for domain in (
            "[('name', '=', 'project_state')]",
            "[]",
            "",
            "[('won_status', '=', 'won')]",
        ):
            self.assertFalse(names.in_domain("crm.lead", domain), domain)
        self.assertEqual(
            names.without("crm.lead", "{'group_by': ['category_id', 'stage_id'], 'u': uid}"),
            "{'group_by': ['stage_id'], 'u': uid}",
        )
        text = "{'group_by':  ['stage_id']}"
        self.assertEqual(names.without("crm.lead", text), text)
