"""Tickets and hours of a lead: where they are recorded, and who sees them."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import ACCESS_LOGGERS, LeadManagementCommon


@tagged("post_install", "-at_install")
class TestLeadTimesheet(LeadManagementCommon):
    def test_lead_project_is_made_on_first_use(self):
        company = self.env["res.company"].create({"name": "Fresh Company"})
        self.assertFalse(company.lead_project_id)
        project = company.sudo()._get_or_create_lead_project()
        self.assertEqual(company.lead_project_id, project)
        self.assertEqual(project.company_id, company)
        self.assertEqual(project.privacy_visibility, "employees")
        self.assertFalse(project.allow_billable)
        self.assertTrue(project.allow_timesheets)
        self.assertTrue(project.account_id)
        self.assertTrue(project.type_ids)
        self.assertFalse(project.partner_id)
        self.assertFalse(project.get_external_id()[project.id], "uninstalling would delete it")
        self.assertEqual(company._get_or_create_lead_project(), project)

    def test_track_time_makes_one_ticket(self):
        lead = self.create_lead().with_user(self.salesperson)
        lead.action_track_time()
        ticket = lead.sudo().task_ids
        self.assertEqual(ticket.name, lead.name)
        self.assertEqual(ticket.project_id, self.company.lead_project_id)
        self.assertEqual(ticket.company_id, self.company)
        self.assertFalse(ticket.user_ids)
        self.assertTrue(ticket.stage_id)
        lead.action_track_time()
        self.assertEqual(lead.sudo().task_ids, ticket)

    def test_track_time_opens_the_ticket_for_who_has_project_rights(self):
        user = self.create_user(
            "lm_both",
            "Both",
            "sales_team.group_sale_salesman_all_leads",
            "project.group_project_user",
        )
        self.create_employee(user)
        lead = self.create_lead().with_user(user)
        action = lead.action_track_time()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("project.task", lead.sudo().task_ids.id)
        )

    def test_track_time_is_a_small_dialog_for_who_has_no_project_rights(self):
        lead = self.create_lead().with_user(self.salesperson)
        action = lead.action_track_time()
        self.assertEqual((action["res_model"], action["target"]), ("account.analytic.line", "new"))
        lines = self.env[action["res_model"]].with_user(self.salesperson)
        with Form(lines.with_context(**action["context"]), view=action["views"][0][0]) as form:
            form.name = "Visit"
            form.unit_amount = 1.5
        line = lead.sudo().timesheet_ids
        self.assertEqual((line.name, line.unit_amount), ("Visit", 1.5))
        self.assertEqual(line.employee_id, self.salesperson.employee_id)
        self.assertEqual(line.task_id, lead.sudo().task_ids)

    def test_closed_ticket_is_not_reused(self):
        lead = self.create_lead()
        first = self.record_hours(lead).task_id
        first.state = "1_done"
        second = self.record_hours(lead).task_id
        self.assertNotEqual(first, second)
        self.assertEqual(self.record_hours(lead).task_id, second)

    def test_hours_by_the_lead_alone(self):
        lead = self.create_lead()
        Line = self.env["account.analytic.line"].with_user(self.salesperson)
        line = Line.create({"lead_id": lead.id, "unit_amount": 1.5, "name": "Call"}).sudo()
        self.assertEqual(line.employee_id, self.employee)
        self.assertEqual(line.task_id, lead.task_ids)
        self.assertEqual(line.project_id, self.company.lead_project_id)
        self.assertEqual(line.account_id, self.company.lead_project_id.account_id)
        self.assertEqual(line.amount, -75)
        self.assertEqual(lead.effective_hours, 1.5)

    def test_hours_by_the_default_of_the_timesheets_tab(self):
        lead = self.create_lead()
        Line = self.env["account.analytic.line"].with_user(self.salesperson)
        line = Line.with_context(default_lead_id=lead.id).create({"unit_amount": 1, "name": "x"})
        self.assertEqual(line.sudo().task_id, lead.task_ids)

    def test_hours_typed_into_the_leads_form(self):
        lead = self.create_lead().with_user(self.salesperson)
        lead.write({"timesheet_ids": [Command.create({"name": "Visit", "unit_amount": 2})]})
        self.assertEqual(lead.effective_hours, 2)
        self.assertEqual(lead.sudo().timesheet_ids.task_id, lead.sudo().task_ids)

    def test_hours_on_a_new_lead_in_one_go(self):
        lead = (
            self.env["crm.lead"]
            .with_user(self.salesperson)
            .create(
                {
                    "name": "New with hours",
                    "timesheet_ids": [Command.create({"name": "Visit", "unit_amount": 2})],
                }
            )
        )
        self.assertEqual(lead.effective_hours, 2)

    def test_hours_on_the_ticket_itself_count_for_the_lead(self):
        lead = self.create_lead()
        lead.action_track_time()
        line = self.env["account.analytic.line"].create(
            {
                "name": "x",
                "task_id": lead.task_ids.id,
                "unit_amount": 3,
                "employee_id": self.employee_2.id,
            }
        )
        self.assertEqual(line.lead_id, lead)
        self.assertEqual(lead.effective_hours, 3)

    def test_totals_are_for_every_salesperson_of_the_lead(self):
        lead = self.create_lead()
        self.record_hours(lead, hours=2)
        self.record_hours(lead, self.employee_2, 3)
        own = lead.with_user(self.salesperson)
        self.assertEqual(own.effective_hours, 5)
        self.assertEqual(own.timesheet_ids.employee_id, self.employee, "single lines: own only")
        for user in (self.sales_all, self.sales_manager):
            self.assertEqual(lead.with_user(user).effective_hours, 5)

    def test_cost_is_for_timesheet_approvers_only(self):
        lead = self.create_lead()
        self.record_hours(lead, hours=2)
        self.record_hours(lead, self.employee_2, 3)
        self.assertEqual(lead.with_user(self.cost_viewer).presales_cost, 220)
        for user in (self.salesperson, self.sales_all, self.sales_manager):
            with self.assertRaises(AccessError):
                lead.with_user(user).read(["presales_cost"])
            self.assertNotIn("presales_cost", lead.with_user(user).fields_get())

    def test_totals_cost_no_query_per_lead(self):
        leads = self.create_leads(20)
        for lead in leads:
            self.record_hours(lead)

        def read(count):
            return self.count_queries(
                lambda: leads[:count].mapped(
                    lambda lead: (lead.effective_hours, lead.presales_cost)
                )
            )

        read(1)
        self.assertEqual(read(10), read(20))

    def test_creating_hours_in_batch_costs_no_ticket_search_per_line(self):
        def record(count):
            leads = self.create_leads(count, name="Batch")
            values = [
                {
                    "lead_id": lead.id,
                    "employee_id": self.employee.id,
                    "unit_amount": 1,
                    "name": "x",
                    "date": "2026-03-02",
                }
                for lead in leads
                for _number in range(2)
            ]
            queries = self.count_queries(lambda: self.env["account.analytic.line"].create(values))
            self.assertEqual(len(leads.task_ids), count)
            self.assertEqual(set(leads.mapped("effective_hours")), {2})
            return queries

        def create_tickets(count):
            """What core needs for the tickets alone."""
            project = self.company.lead_project_id
            values = [{"name": "x", "project_id": project.id} for _number in range(count)]
            return self.count_queries(lambda: self.env["project.task"].create(values))

        record(2), create_tickets(2)
        per_ticket = (create_tickets(20) - create_tickets(10)) / 10
        few, many = record(10), record(20)
        self.assertLessEqual(
            many - few, 10 * per_ticket + 2, f"{few} queries for 10 leads, {many} for 20"
        )

    def test_many_hours_on_one_lead_cost_no_query_per_line_of_ours(self):
        lead = self.create_lead()
        dates = [f"2026-{month:02}-{day:02}" for month in (1, 2, 3) for day in range(1, 28)]
        self.record_hours(lead)

        def record(count):
            return self.count_queries(lambda: self.record_many_hours(lead, dates=dates[:count]))

        record(5)
        few, many = record(30), record(60)
        self.assertLessEqual(many - few, 3, f"{few} queries for 30 lines, {many} for 60")

    # ------------------------------------------------------------
    # Companies
    # ------------------------------------------------------------

    def _create_company(self):
        company = self.env["res.company"].create({"name": "Second Company"})
        self.env.user.company_ids += company
        return company

    def test_one_lead_project_per_company(self):
        company = self._create_company()
        lead = self.create_lead()
        other = self.create_lead(user_id=False, team_id=False, company_id=company.id)
        (lead | other)._get_or_create_tickets()
        self.assertEqual(lead.task_ids.project_id, self.company.lead_project_id)
        self.assertEqual(other.task_ids.project_id, company.lead_project_id)
        self.assertNotEqual(self.company.lead_project_id, company.lead_project_id)
        self.assertEqual(other.task_ids.company_id, company)

    def test_lead_without_company_uses_the_users(self):
        lead = self.create_lead(user_id=False, team_id=False, company_id=False)
        self.assertFalse(lead.company_id)
        line = self.record_hours(lead.with_user(self.sales_all))
        self.assertEqual(line.project_id, self.company.lead_project_id)
        self.assertEqual(line.company_id, self.company)
        self.assertEqual(lead.effective_hours, 1)

    def test_lead_project_must_be_internal_and_of_the_company(self):
        company = self._create_company()
        for values, message in (
            ({"company_id": company.id}, "belong to that company"),
            ({"allow_billable": True}, "billable"),
            ({"privacy_visibility": "portal"}, "portal"),
            ({"is_template": True}, "template"),
        ):
            project = self.create_project(**{"privacy_visibility": "employees", **values})
            with self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
                self.company.lead_project_id = project
        self.company.lead_project_id = self.create_project(privacy_visibility="employees")

    def test_archived_lead_project_is_named(self):
        lead = self.create_lead()
        project = self.company.sudo()._get_or_create_lead_project()
        project.active = False
        with self.assertRaisesRegex(UserError, "settings"):
            lead.action_track_time()

    def test_days_encoding(self):
        self.assertFalse(self.create_lead().encode_uom_in_days)
        self.company.timesheet_encode_uom_id = self.env.ref("uom.product_uom_day")
        lead = self.create_lead()
        self.assertTrue(lead.encode_uom_in_days)
        self.record_hours(lead, hours=8)
        self.assertEqual(lead.effective_hours, 8, "hours in the database, days on screen")

    # ------------------------------------------------------------
    # Who may what
    # ------------------------------------------------------------

    def test_timesheet_user_without_sales_opens_own_lines(self):
        lead = self.create_lead()
        line = self.record_hours(lead, self.timesheet_employee)
        own = line.with_user(self.timesheet_user)
        self.env.invalidate_all()
        values = own.read()[0]
        self.assertEqual(values["unit_amount"], 1)
        self.assertNotIn("lead_id", values)
        self.assertEqual(own.task_id.display_name, lead.name)
        own.unit_amount = 2
        self.assertEqual(lead.effective_hours, 2)
        Line = self.env["account.analytic.line"].with_user(self.timesheet_user)
        Line.search_read([("user_id", "=", self.timesheet_user.id)])
        with Form(own, view="hr_timesheet.hr_timesheet_line_form"):
            pass

    def test_timesheet_user_without_sales_records_on_the_ticket(self):
        lead = self.create_lead()
        lead.action_track_time()
        ticket = lead.task_ids
        line = (
            self.env["account.analytic.line"]
            .with_user(self.timesheet_user)
            .create({"task_id": ticket.id, "project_id": ticket.project_id.id, "unit_amount": 1})
        )
        self.assertEqual(line.sudo().lead_id, lead)

    @mute_logger(*ACCESS_LOGGERS)
    def test_hours_on_a_lead_out_of_reach_are_refused(self):
        lead = self.create_lead()
        for user in (self.salesperson_2, self.timesheet_user):
            Line = self.env["account.analytic.line"].with_user(user)
            with self.assertRaises(AccessError):
                Line.create({"lead_id": lead.id, "unit_amount": 1, "name": "x"})
            with self.assertRaises(AccessError):
                lead.with_user(user).action_track_time()
        self.assertFalse(lead.task_ids)

    @mute_logger(*ACCESS_LOGGERS)
    def test_leads_are_closed_to_who_has_no_sales_rights(self):
        lead = self.create_lead()
        for user in (self.timesheet_user, self.accountant, self.portal_user):
            with self.assertRaises(AccessError):
                lead.with_user(user).read(["name"])

    @mute_logger(*ACCESS_LOGGERS)
    def test_project_manager_reads_leads_of_own_projects_only(self):
        lead, other = self.create_lead(stage="negotiation"), self.create_lead(stage="negotiation")
        own = self.create_project("Own", user_id=self.project_manager.id)
        self.convert(lead, target="existing", project_id=own.id)
        self.convert(other, target="new", user_id=self.salesperson.id)
        self.env.invalidate_all()
        self.assertEqual(own.with_user(self.project_manager).lead_ids, lead)
        self.assertTrue(lead.with_user(self.project_manager).read(["name", "description"]))
        with self.assertRaises(AccessError):
            other.with_user(self.project_manager).read(["name"])
        with self.assertRaises(AccessError):
            lead.with_user(self.project_manager).write({"name": "x"})

    # ------------------------------------------------------------
    # Merge, removal, and lines that are none of our business
    # ------------------------------------------------------------

    def test_lead_with_hours_cannot_be_deleted(self):
        lead, plain = self.create_leads(2)
        line = self.record_hours(lead, self.employee_2)
        with self.assertRaisesRegex(UserError, lead.name), self.env.cr.savepoint():
            (lead | plain).with_user(self.sales_manager).unlink()
        self.assertTrue(line.exists() and lead.exists() and plain.exists())
        plain.with_user(self.sales_manager).unlink()

    def test_merge_moves_tickets_and_hours(self):
        leads = self.create_leads(3, stage="opened")
        lines = self.env["account.analytic.line"].union(
            *(self.record_hours(lead, hours=number) for number, lead in enumerate(leads, 1))
        )
        before = self.read_hours(lines)
        merged = leads.with_user(self.sales_manager).merge_opportunity()
        self.env.invalidate_all()
        self.assertEqual(lines.lead_id, merged)
        self.assertEqual(lines.task_id.lead_id, merged)
        self.assertEqual(merged.effective_hours, 6)
        self.assertEqual(self.read_hours(lines), before)

    def test_merge_moves_hours_whose_ticket_is_gone(self):
        head, tail = self.create_leads(2, stage="opened")
        head.stage_id = self.stages["offer_made"]
        line = self.record_hours(tail)
        line.task_id.active = False
        (head | tail).merge_opportunity()
        self.env.invalidate_all()
        self.assertEqual(line.lead_id, head)

    def test_copy_takes_no_hours_and_no_ticket(self):
        lead = self.create_lead()
        self.record_hours(lead)
        copy = lead.copy()
        self.assertFalse(copy.task_ids)
        self.assertEqual(copy.effective_hours, 0)

    def test_other_analytic_lines_are_untouched(self):
        account = self.create_project().account_id
        line = self.env["account.analytic.line"].create(
            {"name": "Rent", "account_id": account.id, "amount": -500}
        )
        project = self.create_project("Plain")
        hours = self.env["account.analytic.line"].create(
            {
                "name": "x",
                "project_id": project.id,
                "employee_id": self.employee.id,
                "unit_amount": 1,
            }
        )
        self.assertFalse(line.lead_id or hours.lead_id or line.project_id or hours.task_id)
        self.assertEqual(hours.amount, -50)
        hours.unit_amount = 2
        self.assertEqual(hours.amount, -100)

    def test_ticket_taken_off_the_lead_keeps_the_hours_with_it(self):
        lead = self.create_lead()
        line = self.record_hours(lead)
        line.task_id.lead_id = False
        self.env.flush_all()
        self.assertEqual(line.lead_id, lead, "stored from the task, kept for good")
