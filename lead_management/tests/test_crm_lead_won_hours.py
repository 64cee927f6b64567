"""Won: the hours move to the project and cost what they cost when they were recorded."""

from odoo.tests import tagged

from .common import LeadManagementCommon


@tagged("post_install", "-at_install")
class TestWonHours(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.create_partner()

    def _create_lead(self):
        return self.create_lead(stage="negotiation", partner_id=self.partner.id)

    def test_project_task_and_account_follow_and_the_cost_stays(self):
        lead = self._create_lead()
        lines = self.record_hours(lead, hours=2) | self.record_hours(lead, self.employee_2, 3)
        before = self.read_hours(lines)
        amounts = lines.mapped("amount")
        self.assertEqual(amounts, [-100, -120])
        (self.employee | self.employee_2).write({"hourly_cost": 500})
        project = self.convert(lead, self.salesperson)
        self.env.invalidate_all()
        self.assertEqual(lines.project_id, project)
        self.assertEqual(lines.task_id, lead.task_ids)
        self.assertEqual(lines.task_id.project_id, project)
        self.assertEqual(lines.account_id, project.account_id)
        self.assertEqual(lines.mapped("amount"), amounts)
        self.assertEqual(lines.lead_id, lead)
        self.assertEqual(self.read_hours(lines), before)

    def test_every_plan_follows(self):
        plan = self.env["account.analytic.plan"].create({"name": "Department (test)"})
        fname = plan._column_name()
        old, new = self.env["account.analytic.account"].create(
            [{"name": "Old", "plan_id": plan.id}, {"name": "New", "plan_id": plan.id}]
        )
        self.company.sudo()._get_or_create_lead_project()[fname] = old
        lead, other = self._create_lead(), self._create_lead()
        line, other_line = self.record_hours(lead), self.record_hours(other)
        self.assertEqual(line[fname], old)
        target = self.create_project(**{fname: new.id})
        self.convert(lead, target="existing", project_id=target.id)
        self.assertEqual(line[fname], new)
        self.assertEqual(line.account_id, target.account_id)
        self.convert(other, target="existing", project_id=self.create_project("Plain").id)
        self.assertFalse(other_line[fname])

    def test_hours_are_not_billable_unless_chosen(self):
        for billable in (False, True):
            lead = self._create_lead()
            product = self.create_product(
                "task_in_project", invoice_policy="delivery", service_type="timesheet"
            )
            offer = self.create_offer(lead, products=product)
            line = self.record_hours(lead, hours=2)
            project = self.convert(lead, self.salesperson, hours_billable=billable)
            self.env.flush_all()
            self.assertTrue(project.allow_billable)
            self.assertEqual(bool(line.so_line), billable)
            self.assertEqual(line.so_line.order_id, offer if billable else offer.browse())
            self.assertEqual(offer.order_line.qty_delivered, 2 if billable else 0)
            self.assertEqual(line.amount, -100)

    def test_not_billable_in_an_existing_billable_project_whatever_comes(self):
        product = self.create_product("no", invoice_policy="delivery", service_type="timesheet")
        order = self.create_offer(
            self.env["crm.lead"], products=product, partner_id=self.partner.id
        )
        order.action_confirm()
        target = self.create_project(
            allow_billable=True, partner_id=self.partner.id, sale_line_id=order.order_line.id
        )
        lead = self._create_lead()
        line = self.record_hours(lead, hours=2)
        self.convert(lead, self.salesperson, target="existing", project_id=target.id)
        self.assertFalse(line.so_line)
        line.task_id.sale_line_id = order.order_line
        self.env.flush_all()
        self.assertFalse(line.so_line)
        self.assertEqual(order.order_line.qty_delivered, 0)

    def _invoice(self, line):
        line.timesheet_invoice_id = self.create_invoice()

    def test_invoiced_hours_stay_with_their_ticket(self):
        lead = self._create_lead()
        invoiced, free, free_2 = (
            self.record_hours(lead, hours=1),
            self.record_hours(lead, hours=2),
            self.record_hours(lead, self.employee_2, 3),
        )
        ticket = invoiced.task_id
        self._invoice(invoiced)
        before = self.read_hours(invoiced | free | free_2)
        wizard = self.open_won_dialog(lead, self.salesperson)
        self.assertIn("05:00", wizard.hours_text)
        self.assertIn("01:00", wizard.hours_text)
        self.assertIn("invoiced", wizard.hours_text)
        wizard.action_convert()
        project = lead.won_project_id
        self.env.invalidate_all()
        self.assertEqual(invoiced.project_id, self.company.lead_project_id)
        self.assertEqual(invoiced.task_id, ticket)
        self.assertEqual(ticket.project_id, self.company.lead_project_id)
        self.assertEqual(invoiced.account_id, self.company.lead_project_id.account_id)
        self.assertEqual((free | free_2).project_id, project)
        self.assertEqual((free | free_2).task_id.project_id, project)
        self.assertEqual((free | free_2).account_id, project.account_id)
        self.assertEqual(len((free | free_2).task_id), 1)
        self.assertEqual(lead.effective_hours, 6)
        self.assertEqual(self.read_hours(invoiced | free | free_2), before)

    def test_hours_on_a_cancelled_invoice_move(self):
        lead = self._create_lead()
        line = self.record_hours(lead)
        self._invoice(line)
        line.timesheet_invoice_id.button_cancel()
        project = self.convert(lead, self.salesperson)
        self.assertEqual(line.project_id, project)

    def test_all_hours_invoiced(self):
        lead = self._create_lead()
        line = self.record_hours(lead)
        self._invoice(line)
        project = self.convert(lead, self.salesperson)
        self.assertTrue(project)
        self.assertEqual(line.project_id, self.company.lead_project_id)

    def test_several_tickets_closed_and_archived_ones_too(self):
        lead = self._create_lead()
        first = self.record_hours(lead)
        first.task_id.state = "1_done"
        second = self.record_hours(lead)
        self.assertNotEqual(first.task_id, second.task_id)
        second.task_id.active = False
        self.env.flush_all()
        project = self.convert(lead, self.salesperson)
        for line in first | second:
            self.assertEqual(line.project_id, project)
            self.assertEqual(line.task_id.project_id, project)
            self.assertEqual(line.account_id, project.account_id)

    def test_ticket_without_hours_moves(self):
        lead = self._create_lead()
        lead.with_user(self.salesperson).action_track_time()
        project = self.convert(lead, self.salesperson)
        self.assertEqual(lead.task_ids.project_id, project)

    def test_subtasks_of_a_ticket_move_with_their_hours(self):
        lead = self._create_lead()
        line = self.record_hours(lead)
        subtask = self.env["project.task"].create(
            {
                "name": "Measure",
                "parent_id": line.task_id.id,
                "project_id": line.project_id.id,
                "lead_id": lead.id,
            }
        )
        sub_line = self.env["account.analytic.line"].create(
            {
                "task_id": subtask.id,
                "project_id": subtask.project_id.id,
                "employee_id": self.employee.id,
                "unit_amount": 2,
                "name": "x",
            }
        )
        self.assertEqual(sub_line.lead_id, lead)
        project = self.convert(lead, self.salesperson)
        self.assertEqual((line | sub_line).project_id, project)
        self.assertEqual((line | sub_line).account_id, project.account_id)
        self.assertEqual(subtask.parent_id, line.task_id)

    def test_hours_of_an_archived_employee_move(self):
        lead = self._create_lead()
        line = self.record_hours(lead, self.employee_2)
        self.employee_2.active = False
        project = self.convert(lead, self.salesperson)
        self.assertEqual(line.project_id, project)
        self.assertEqual(line.amount, -40)

    def test_hours_of_other_leads_stay(self):
        lead, other = self._create_lead(), self._create_lead()
        self.record_hours(lead)
        line = self.record_hours(other)
        self.convert(lead, self.salesperson)
        self.assertEqual(line.project_id, self.company.lead_project_id)
        self.assertEqual(line.account_id, self.company.lead_project_id.account_id)

    def test_hours_recorded_later_go_to_the_project(self):
        lead = self._create_lead()
        self.record_hours(lead)
        project = self.convert(lead, self.salesperson)
        later = self.record_hours(lead, date="2026-04-01")
        self.assertEqual(later.project_id, project)
        self.assertEqual(later.account_id, project.account_id)
        self.assertEqual(lead.effective_hours, 2)

    def test_hours_stay_out_of_the_customers_portal(self):
        lead = self._create_lead()
        self.portal_user.partner_id.parent_id = self.partner
        line = self.record_hours(lead)
        self.convert(lead, self.salesperson)
        lines = self.env["account.analytic.line"].with_user(self.portal_user)
        domain = lines._timesheet_get_portal_domain()
        self.assertNotIn(line, lines.sudo().search(domain))

    def test_invariant_holds_when_plan_and_cost_change_together(self):
        lead = self._create_lead()
        lines = self.record_many_hours(
            lead, hours=1.25, dates=[f"2026-03-{day:02}" for day in range(2, 12)]
        )
        before = self.read_hours(lines)
        self.employee.hourly_cost = 77
        self.convert(lead, self.salesperson)
        self.assertEqual(self.read_hours(lines), before)

    def test_number_of_queries_does_not_depend_on_the_number_of_hours(self):
        def queries(count):
            lead = self._create_lead()
            self.create_offer(lead, tracking="task_in_project")
            dates = [f"2026-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 25)]
            self.record_many_hours(lead, dates=dates[:count])
            wizard = self.open_won_dialog(lead, self.salesperson)
            return self.count_queries(wizard.action_convert)

        queries(2)
        few, many = queries(50), queries(100)
        # Odoo updates a hundred rows per statement
        self.assertLessEqual(many - few, 2, f"{few} queries at 50 hours, {many} at 100")

    def test_number_of_queries_of_the_dialog(self):
        def queries(count):
            lead = self._create_lead()
            self.record_many_hours(lead, dates=["2026-03-02"] * count)
            return self.count_queries(
                lambda: self.open_won_dialog(lead, self.salesperson).hours_text
            )

        queries(2)
        self.assertLessEqual(queries(100), queries(50) + 1)
