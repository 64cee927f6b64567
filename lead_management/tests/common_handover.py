"""What the generated tests of handovers share: a second analytic plan, what they look at."""

import contextlib

from hypothesis import HealthCheck, Phase

from odoo.fields import Command

from .common import LeadManagementCommon

# of generated tests: the same examples in every run
OPTIONS = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "phases": [Phase.generate],  # shrinking takes minutes
    "suppress_health_check": list(HealthCheck),
}
TRACKINGS = ("no", "task_global_project", "task_in_project", "project_only")


class HandoverCommon(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.create_partner()
        cls.employees = cls.employee | cls.employee_2 | cls.timesheet_employee
        cls.invoice = cls.create_invoice()
        plan = cls.env["account.analytic.plan"].create({"name": "Department (test)"})
        cls.department = plan._column_name()
        cls.departments = cls.env["account.analytic.account"].create(
            [{"name": name, "plan_id": plan.id} for name in ("Sales", "Assembly")]
        )
        cls.lead_project = cls.company.sudo()._get_or_create_lead_project()
        cls.lead_project[cls.department] = cls.departments[0]
        cls.target = cls.create_project(
            allow_billable=True, **{cls.department: cls.departments[1].id}
        )
        shared = cls.create_project("Global", allow_billable=True)
        cls.products = {
            tracking: cls.create_product(
                tracking, project_id=tracking == "task_global_project" and shared.id
            )
            for tracking in TRACKINGS
        }
        cls.env.flush_all()

    @classmethod
    def create_template(cls):
        """A template with a task, in the second department."""
        return cls.create_project(
            "Template",
            is_template=True,
            task_ids=[Command.create({"name": "Kick-off"})],
            **{cls.department: cls.departments[1].id},
        )

    @contextlib.contextmanager
    def undone(self):
        """What happens in this block is undone at its end, in the database and in the cache."""
        self.env.flush_all()
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            yield
        finally:
            self.env.clear()
            savepoint.close(rollback=True)
            self.env.clear()

    def count_projects(self):
        """All projects, archived ones and templates too."""
        return self.env["project.project"].with_context(active_test=False).search_count([])

    def all_hours(self):
        """Every timesheet line of the three employees, wherever it is."""
        lines = self.env["account.analytic.line"]
        return lines.search([("employee_id", "in", self.employees.ids)])

    def create_ticket(self, lead, **values):
        """One more ticket of the lead, in the lead project unless told otherwise."""
        return self.env["project.task"].create(
            {
                "name": "Ticket",
                "lead_id": lead.id,
                "project_id": self.lead_project.id,
                "company_id": self.company.id,
                **values,
            }
        )

    def assertHoursIn(self, lines, project):
        """The lines, their tasks and all their analytic accounts are in the project."""
        for line in lines:
            self.assertEqual(line.project_id, project)
            self.assertEqual(line.task_id.project_id, project)
            for fname in line._get_plan_fnames():
                self.assertEqual(line[fname], project[fname], fname)
