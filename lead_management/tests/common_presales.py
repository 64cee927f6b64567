"""A customer with a portal login, and projects he may see that hold presales work."""

from odoo.fields import Command
from odoo.tests import HttpCase, JsonRpcException
from odoo.tools import mute_logger

from .common import ACCESS_LOGGERS, LeadManagementCommon

# What is on the ticket, its hours, file and messages; 7.25 hours are 07:15.
SECRETS = ("Secret", "Sandra Sales", "7.25", "07:15")


class PresalesCommon(LeadManagementCommon):
    """``cls.shared_after``: a won lead's project, made for employees and shared with the
    customer later. ``cls.shared_before``: a project he saw before the lead was won into it.

    Each one has the hidden ticket and an ordinary task with hours, which he may see.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.portal_user.partner_id
        cls.customer.email = "customer@test.example.com"
        cls.shared_after = cls.win(cls.create_presales(), project_name="Shared after")
        cls.shared_after.partner_id = cls.customer
        cls.create_ordinary_task(cls.shared_after)
        cls.shared_after.privacy_visibility = "portal"
        cls.shared_before = cls.create_shared_project("Shared before")
        cls.create_ordinary_task(cls.shared_before)
        cls.win(cls.create_presales(), target="existing", project_id=cls.shared_before.id)
        cls.projects = cls.shared_after | cls.shared_before
        cls.tickets = cls.projects.task_ids.filtered("lead_id")
        cls.tasks = cls.projects.task_ids - cls.tickets
        cls.lines = cls.tickets.timesheet_ids
        cls.env.flush_all()

    @classmethod
    def create_presales(cls):
        """A lead of the customer whose ticket has a description, a file and messages."""
        lead = cls.create_lead(name="Secret bathroom", stage="opened", partner_id=cls.customer.id)
        cls.record_hours(lead, hours=7.25, name="Secret remark")
        ticket = lead.task_ids
        ticket.write({"description": "<p>Secret description</p>", "partner_id": cls.customer.id})
        cls.attach_file(ticket, "Secret.txt", b"Secret file")
        ticket.message_post(
            body="Secret comment", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        return lead

    @classmethod
    def win(cls, lead, **values):
        """The project that the lead is won into by its salesperson."""
        values = {"lead_ids": [Command.set(lead.ids)], "confirm_order": False, **values}
        cls.env["crm.lead.won"].with_user(cls.salesperson).create(values).action_convert()
        return lead.won_project_id.sudo().with_user(cls.env.user)

    @classmethod
    def create_shared_project(cls, name):
        project = cls.create_project(
            name,
            privacy_visibility="portal",
            partner_id=cls.customer.id,
            allow_billable=True,
        )
        project.message_subscribe(cls.customer.ids)
        return project

    @classmethod
    def create_ordinary_task(cls, project, **values):
        """A task the customer sees, with hours of another employee, a file and a message."""
        task = cls.env["project.task"].create(
            {
                "name": "Ordinary task",
                "project_id": project.id,
                "partner_id": cls.customer.id,
                **values,
            }
        )
        task.message_subscribe(cls.customer.ids)
        cls.attach_file(task, "Plan.txt", b"Plan")
        task.message_post(
            body="Ordinary comment", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        cls.record_ordinary_hours(task)
        return task

    @classmethod
    def record_ordinary_hours(cls, task, hours=1.5):
        return cls.env["account.analytic.line"].create(
            {
                "name": "Ordinary work",
                "task_id": task.id,
                "project_id": task.project_id.id,
                "employee_id": cls.employee_2.id,
                "unit_amount": hours,
            }
        )

    @classmethod
    def get_files(cls, tasks):
        domain = [("res_model", "=", "project.task"), ("res_id", "in", tasks.ids)]
        return cls.env["ir.attachment"].search(domain)

    def release(self, tickets, shown=True):
        """What a project manager without sales rights does on the ticket's form."""
        tickets.with_user(self.project_manager).write({"is_shown_to_customer": shown})
        self.env.flush_all()


class PresalesWebCommon(PresalesCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.log_in(self.portal_user)

    def log_in(self, user=None):
        """Log the user in; nobody is the public."""
        self.env.flush_all()
        login = user and user.login
        self.authenticate(login, login and login + "x" * (8 - len(login)))

    def open(self, path):
        self.env.flush_all()
        with mute_logger(*ACCESS_LOGGERS):
            return self.url_open(path)

    def call(self, model, method, *arguments, **kwargs):
        """The answer of the server to the customer's browser, ``None`` when it is refused."""
        params = {"model": model, "method": method, "args": arguments, "kwargs": kwargs}
        return self.request(f"/web/dataset/call_kw/{model}/{method}", params)

    def request(self, path, params):
        self.env.flush_all()
        with mute_logger(*ACCESS_LOGGERS):
            try:
                return self.make_jsonrpc_request(path, params)
            except JsonRpcException:
                return None

    def assertHidden(self, text, where=None):
        for secret in SECRETS:
            self.assertNotIn(secret, text, where)
