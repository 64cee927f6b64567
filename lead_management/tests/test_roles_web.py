"""From outside: what people without rights get by URL, JSON, XML-RPC and in the portal."""

from xmlrpc.client import Fault

from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from .common import ACCESS_LOGGERS
from .common_roles import COLLEAGUE, OWN, PROJECT_OWN, RolesCommon

ACCESS_FAULT = 4  # core's RPC_FAULT_CODE_ACCESS_ERROR
DENIED_FAULT = 3  # core's RPC_FAULT_CODE_ACCESS_DENIED
WITHOUT_SALES = ("internal", "portal")


class RolesWebCommon(RolesCommon, HttpCase):
    role_names = ("sales_own", "internal", "portal")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.flush_all()

    def log_in(self, role):
        """Log the role's user in; the public stays outside."""
        login = self.worlds[role].user.login if role != "public" else None
        self.authenticate(login, login and self.get_password(login))

    @classmethod
    def get_password(cls, login):
        """As core's ``new_test_user`` makes it."""
        return login + "x" * (8 - len(login))

    def get_records(self, role):
        """(model, id, a field of ours or a name) of everything that is none of their business."""
        lead = self.worlds.get(role, self.worlds["portal"]).leads[OWN].sudo()
        return (
            ("crm.lead", lead.id, "name"),
            ("project.task", lead.task_ids.id, "lead_id"),
            ("account.analytic.line", lead.timesheet_ids[:1].id, "lead_id"),
        )

    def get_calls(self, role):
        """(model, method, positional arguments) that all must be refused."""
        lead_id = self.get_records(role)[0][1]
        for model, record_id, field in self.get_records(role):
            yield model, "read", [[record_id], [field]]
            yield model, "search_read", [[(field, "!=", False)], [field]]
            yield model, "web_search_read", [[(field, "!=", False)], {field: {}}]
            yield model, "search_count", [[(field, "!=", False)]]
            yield model, "formatted_read_group", [[], [field], ["__count"]]
        for method in ("action_won", "action_decline", "action_track_time", "unlink"):
            yield "crm.lead", method, [[lead_id]]
        yield "crm.lead", "write", [[lead_id], {"name": "x"}]
        yield "crm.lead", "create", [{"name": "x"}]
        yield "crm.lead", "name_search", ["lead"]
        yield "crm.lead", "copy", [[lead_id]]
        yield "crm.lead.won", "create", [{"lead_ids": [(6, 0, [lead_id])]}]
        yield "crm.lead.won", "search_read", [[], ["project_name"]]
        yield "crm.stage.load", "create", [{"mode": "defaults"}]
        yield "crm.lead.category", "create", [{"name": "x"}]
        yield "crm.lead.category", "write", [[self.category.id], {"name": "x"}]
        yield "account.analytic.line", "create", [{"lead_id": lead_id, "unit_amount": 1}]
        yield "crm.stage", "action_apply_default_probability", [self.stages["new"].ids]
        if role != "internal":
            yield "crm.lead.category", "read", [self.category.ids, ["name"]]
            yield "crm.lead.category", "search_read", [[], ["name"]]


@tagged("post_install", "-at_install")
class TestRolesRpc(RolesWebCommon):
    def call(self, model, method, arguments):
        return self.make_jsonrpc_request(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": arguments, "kwargs": {}},
        )

    @mute_logger(*ACCESS_LOGGERS)
    def test_json_is_refused(self):
        wrong = []
        for role in (*WITHOUT_SALES, "public"):
            self.log_in(role)
            expected = "SessionExpiredException" if role == "public" else "AccessError"
            for call in self.get_calls(role):
                try:
                    wrong.append(f"{role}: {call} gave {self.call(*call)}")
                except JsonRpcException as refusal:
                    if expected not in str(refusal):
                        wrong.append(f"{role}: {call} raised {refusal}")
        self.assertFalse(wrong, "\n".join(wrong))

    def test_json_is_answered_for_sales(self):
        """The same calls work for who has the right: they were not refused for being wrong."""
        self.log_in("sales_own")
        for model, record_id, field in self.get_records("sales_own"):
            found = self.call(model, "search_read", [[("id", "=", record_id)], [field]])
            self.assertTrue(found[0][field], model)
            self.assertTrue(self.call(model, "formatted_read_group", [[], [field], ["__count"]]))
        lead_id = self.worlds["sales_own"].leads[OWN].id
        action = self.call("crm.lead", "action_won", [[lead_id]])
        self.assertEqual(action["res_model"], "crm.lead.won")

    @mute_logger(*ACCESS_LOGGERS)
    def test_xmlrpc_is_refused_as_lack_of_access(self):
        """A fault of the right kind with a sentence in it, never a traceback."""
        wrong = []
        for role in WITHOUT_SALES:
            user = self.worlds[role].user
            login = (self.env.cr.dbname, user.id, self.get_password(user.login))
            for call in self.get_calls(role):
                try:
                    answer = self.xmlrpc_object.execute_kw(*login, *call)
                    wrong.append(f"{role}: {call} gave {answer}")
                except Fault as fault:
                    text = fault.faultString
                    is_plain = bool(text.strip()) and "Traceback" not in text
                    if fault.faultCode != ACCESS_FAULT or not is_plain:
                        wrong.append(f"{role}: {call} raised {fault}")
        self.assertFalse(wrong, "\n".join(wrong))

    @mute_logger(*ACCESS_LOGGERS)
    def test_xmlrpc_does_not_let_the_public_in(self):
        public = self.env.ref("base.public_user")
        for password in ("", "public", "False"):
            with self.assertRaises(Fault) as refusal:
                self.xmlrpc_object.execute_kw(
                    self.env.cr.dbname, public.id, password, "crm.lead", "search", [[]]
                )
            self.assertEqual(refusal.exception.faultCode, DENIED_FAULT)

    def test_xmlrpc_is_answered_for_sales(self):
        user = self.worlds["sales_own"].user
        lead = self.worlds["sales_own"].leads[OWN]
        names = self.xmlrpc_object.execute_kw(
            self.env.cr.dbname,
            user.id,
            self.get_password(user.login),
            "crm.lead",
            "read",
            [lead.ids, ["name"]],
        )
        self.assertEqual(names[0]["name"], lead.name)

    @mute_logger(*ACCESS_LOGGERS)
    def test_xmlrpc_private_methods_stay_private(self):
        """The planner and what works in superuser mode behind it cannot be called."""
        user = self.worlds["sales_own"].user
        lead = self.worlds["sales_own"].leads[OWN]
        for method in ("_get_or_create_tickets", "_apply_handover", "_plan_handover"):
            with self.assertRaises(Fault) as refusal:
                self.xmlrpc_object.execute_kw(
                    self.env.cr.dbname,
                    user.id,
                    self.get_password(user.login),
                    "crm.lead",
                    method,
                    [lead.ids],
                )
            self.assertEqual(refusal.exception.faultCode, ACCESS_FAULT, method)

    @mute_logger(*ACCESS_LOGGERS)
    def test_chatter_tells_nothing(self):
        """Core's route answers with nothing where the lead may not be read."""
        path, params = "/mail/thread/messages", {"thread_model": "crm.lead"}
        for role, target, has_note in (
            ("sales_own", OWN, True),
            ("sales_own", COLLEAGUE, False),
            ("internal", OWN, False),
            ("internal", COLLEAGUE, False),
            ("portal", OWN, False),
        ):
            self.log_in(role)
            params["thread_id"] = self.worlds[role].leads[target].id
            answer = self.make_jsonrpc_request(path, params)
            self.assertEqual("Confidential" in str(answer), has_note, f"{role} {target}")
        self.log_in("public")
        with self.assertRaises(JsonRpcException):
            self.make_jsonrpc_request(path, params)


@tagged("post_install", "-at_install")
class TestRolesUrls(RolesWebCommon):
    @mute_logger(*ACCESS_LOGGERS)
    def test_web_client_redirects(self):
        lead = self.worlds["portal"].leads[OWN]
        paths = ("/odoo", "/odoo/crm", f"/odoo/crm/{lead.id}", f"/odoo/crm.lead/{lead.id}", "/web")
        for role, destination in (("portal", "/my"), ("public", "/web/login")):
            self.log_in(role)
            for path in paths:
                response = self.url_open(path, allow_redirects=False)
                self.assertEqual(response.status_code, 303, f"{role} {path}")
                location = response.headers["Location"].split("?")[0]
                self.assertTrue(location.endswith(destination), f"{role} {path}: {location}")

    @mute_logger(*ACCESS_LOGGERS)
    def test_mail_link_to_a_lead_leads_nowhere(self):
        lead = self.worlds["portal"].leads[OWN]
        for role in ("portal", "public"):
            self.log_in(role)
            response = self.url_open(f"/mail/view?model=crm.lead&res_id={lead.id}")
            self.assertNotIn(lead.name, response.text)
            self.assertNotIn("/odoo/", response.url)

    @mute_logger(*ACCESS_LOGGERS)
    def test_documents_of_a_lead(self):
        for role in (*WITHOUT_SALES, "public"):
            self.log_in(role)
            for target in (OWN, COLLEAGUE, PROJECT_OWN):
                lead = self.worlds["portal" if role == "public" else role].leads[target]
                document = lead.attachment_ids[:1]
                self.assertTrue(document)
                for path in (
                    f"/web/content/{document.id}",
                    f"/web/content/{document.id}?download=true",
                    f"/web/content?model=ir.attachment&id={document.id}&field=raw",
                    f"/web/image/{document.id}",
                ):
                    response = self.url_open(path)
                    self.assertNotIn(b"Confidential", response.content, f"{role} {path}")
                    if not path.startswith("/web/image"):  # core answers with a placeholder
                        self.assertIn(response.status_code, (403, 404), f"{role} {path}")

    def test_document_is_delivered_to_the_salesperson(self):
        self.log_in("sales_own")
        leads = self.worlds["sales_own"].leads
        response = self.url_open(f"/web/content/{leads[OWN].attachment_ids[:1].id}")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.content, b"Confidential document")
        with mute_logger(*ACCESS_LOGGERS):
            response = self.url_open(f"/web/content/{leads[COLLEAGUE].attachment_ids[:1].id}")
        self.assertIn(response.status_code, (403, 404))


@tagged("post_install", "-at_install")
class TestRolesPortal(RolesWebCommon):
    """The portal user is the leads' customer and follows all that can be followed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal_user = cls.worlds["portal"].user
        cls.customer = cls.portal_user.partner_id
        cls.open_lead = cls._create_customers_lead("Open bathroom")
        cls.won_lead = cls._create_customers_lead("Won bathroom")
        dialog = cls.env["crm.lead.won"].create(
            {"lead_ids": [(6, 0, cls.won_lead.ids)], "project_name": "Won project"}
        )
        dialog.action_convert()
        cls.project = cls.won_lead.won_project_id
        cls.shared_project = cls.create_project(
            "Shared with the customer",
            privacy_visibility="portal",
            partner_id=cls.customer.id,
            task_ids=[(0, 0, {"name": "Shared task", "partner_id": cls.customer.id})],
        )
        cls.lead_project = cls.company.lead_project_id
        for record in cls.project | cls.lead_project | cls.shared_project:
            record.message_subscribe(cls.customer.ids)
            record.task_ids.write({"partner_id": cls.customer.id})
            for task in record.task_ids:
                task.message_subscribe(cls.customer.ids)
        cls.env.flush_all()

    @classmethod
    def _create_customers_lead(cls, name):
        lead = cls.create_lead(
            name=name, stage="negotiation", partner_id=cls.customer.id, user_id=cls.salesperson.id
        )
        lead.message_subscribe(cls.customer.ids)
        cls.record_hours(lead, hours=7.25, name=f"Presales of {name}")
        cls.create_offer(lead)
        return lead

    def setUp(self):
        super().setUp()
        self.log_in("portal")

    def assertHidden(self, response):
        """Nothing of leads, their hours and their projects is on the page."""
        self.assertEqual(response.status_code, 200, response.url)
        for secret in (
            "Presales",
            "Open bathroom",
            "Won bathroom",
            "Won project",
            self.lead_project.name,
            self.employee.name,
        ):
            self.assertNotIn(secret, response.text, response.url)

    def test_fixture(self):
        self.assertEqual(self.project.privacy_visibility, "employees")
        self.assertEqual(self.won_lead.timesheet_ids.project_id, self.project)
        self.assertEqual(self.won_lead.timesheet_ids.partner_id, self.customer)
        self.assertEqual(self.open_lead.timesheet_ids.project_id, self.lead_project)
        self.assertNotIn(self.customer, self.open_lead.task_ids.message_partner_ids)

    @mute_logger(*ACCESS_LOGGERS)
    def test_lists(self):
        for path, shown in (
            ("/my/projects", "Shared with the customer"),
            ("/my/tasks", "Shared task"),
            ("/my/tasks?groupby=project_id", "Shared task"),
            ("/my/timesheets", ""),
            ("/my/timesheets?groupby=project_id", ""),
            ("/my/timesheets?groupby=so_line", ""),
        ):
            response = self.url_open(path)
            self.assertHidden(response)
            self.assertIn(shown, response.text, path)

    @mute_logger(*ACCESS_LOGGERS)
    def test_timesheets_show_the_shared_projects_hours(self):
        """The page is not empty for another reason."""
        self.env["account.analytic.line"].create(
            {
                "name": "Visible work",
                "project_id": self.shared_project.id,
                "task_id": self.shared_project.task_ids.id,
                "employee_id": self.employee.id,
                "unit_amount": 1,
            }
        )
        self.assertIn("Visible work", self.url_open("/my/timesheets").text)

    @mute_logger(*ACCESS_LOGGERS)
    def test_single_pages_lead_home(self):
        tasks = self.open_lead.task_ids | self.won_lead.task_ids
        self.assertEqual(len(tasks), 2)
        paths = [f"/my/projects/{project.id}" for project in self.project | self.lead_project]
        paths += [f"/my/projects/{task.project_id.id}/task/{task.id}" for task in tasks]
        paths += [f"/my/tasks/{task.id}" for task in tasks]
        for role in ("portal", "public"):
            self.log_in(role)
            for path in paths:
                response = self.url_open(path)
                self.assertNotIn("/my/projects/", response.url, f"{role} {path}")
                self.assertNotIn("/my/tasks/", response.url, f"{role} {path}")
                for secret in ("Presales", "bathroom", "Won project", self.lead_project.name):
                    self.assertNotIn(secret, response.text, f"{role} {path}")
        self.log_in("portal")
        response = self.url_open(f"/my/projects/{self.shared_project.id}")
        self.assertIn("Shared task", response.text)

    @mute_logger(*ACCESS_LOGGERS)
    def test_project_sharing_is_refused(self):
        for project in self.project | self.lead_project:
            response = self.url_open(f"/my/projects/{project.id}/project_sharing")
            self.assertIn(response.status_code, (403, 404), project.name)

    @mute_logger(*ACCESS_LOGGERS)
    def test_own_offer_shows_no_presales_hours(self):
        order = self.won_lead.main_order_id
        self.assertEqual(order.state, "sale")
        response = self.url_open(f"/my/orders/{order.id}")
        self.assertEqual(response.status_code, 200)
        self.assertIn(order.name, response.text)
        for secret in ("Presales", "7.25", "07:15", self.lead_project.name):
            self.assertNotIn(secret, response.text)

    @mute_logger(*ACCESS_LOGGERS)
    def test_offer_and_project_tell_neither_the_lead_nor_its_cost(self):
        """Not by RPC either: core lets customers read both."""
        order = self.won_lead.main_order_id
        for model, record, field in (
            ("sale.order", order, "opportunity_id"),
            ("sale.order", order, "lead_reminded_expiry"),
            ("project.project", self.shared_project, "analytic_account_balance"),
        ):
            params = {"model": model, "method": "read", "kwargs": {}}
            path = f"/web/dataset/call_kw/{model}/read"
            plain = self.make_jsonrpc_request(path, {**params, "args": [record.ids, ["name"]]})
            self.assertEqual(plain[0]["name"], record.name)
            with self.assertRaises(JsonRpcException) as refusal:
                self.make_jsonrpc_request(path, {**params, "args": [record.ids, [field]]})
            self.assertIn("AccessError", str(refusal.exception), field)

    @mute_logger(*ACCESS_LOGGERS)
    def test_links_to_tasks_that_are_not_there_lead_home(self):
        """Core breaks where it finds none."""
        task = self.open_lead.task_ids.id
        for task_id in (task, 0, -1, 999_999_999, 99_999_999_999_999_999_999):
            for path in (
                f"/my/projects/{self.shared_project.id}/task/{task_id}",
                f"/my/projects/{self.shared_project.id}/task/{task_id}?access_token=x",
            ):
                response = self.url_open(path)
                self.assertLess(response.status_code, 500, path)
                self.assertNotIn("/task/", response.url)

    @mute_logger(*ACCESS_LOGGERS)
    def test_shared_task_does_not_tell_its_lead(self):
        """Not even where the customer may read the ticket itself."""
        task = self.shared_project.task_ids
        task.write({"lead_id": self.open_lead.id, "is_shown_to_customer": True})
        self.env.flush_all()
        kwargs = {"model": "project.task", "kwargs": {}}
        for method, arguments, refused in (
            ("read", [task.ids, ["name"]], False),
            ("read", [task.ids, ["lead_id"]], True),
            ("search_read", [[("lead_id.name", "like", "bath")], ["name"]], True),
            ("search_count", [[("lead_id", "!=", False)]], True),
        ):
            params = {**kwargs, "method": method, "args": arguments}
            path = f"/web/dataset/call_kw/project.task/{method}"
            if not refused:
                self.assertEqual(self.make_jsonrpc_request(path, params)[0]["name"], task.name)
                continue
            with self.assertRaises(JsonRpcException) as refusal:
                self.make_jsonrpc_request(path, params)
            self.assertIn("AccessError", str(refusal.exception), f"{method} {arguments}")
