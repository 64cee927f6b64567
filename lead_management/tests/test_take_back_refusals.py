"""What is in the way of taking a handover back is said by name, and nothing happens."""

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common_take_back import TakeBackCommon


@tagged("post_install", "-at_install")
class TestTakeBackRefusals(TakeBackCommon):
    def setUp(self):
        super().setUp()
        self.offer = self.create_offer(self.lead, products=self.products["task_in_project"])
        self.project = self.hand_over(confirm_order=True)
        self.task = self.offer.order_line.task_id
        self.assertTrue(self.task)

    def create_bill(self, account):
        journal = self.env["account.journal"].create(
            {"name": "Bills (test)", "type": "purchase", "code": "TBIL"}
        )
        expense = self.env["account.account"].create(
            {"name": "Expenses (test)", "code": "600999", "account_type": "expense"}
        )
        return self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "journal_id": journal.id,
                "partner_id": self.create_partner("Vendor").id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Tiles",
                            "price_unit": 10,
                            "account_id": expense.id,
                            "tax_ids": False,
                            "analytic_distribution": {str(account.id): 100},
                        }
                    )
                ],
            }
        )

    def record_work(self, task, employee=None):
        return self.env["account.analytic.line"].create(
            {
                "name": "Work",
                "project_id": task.project_id.id,
                "task_id": task.id,
                "employee_id": (employee or self.timesheet_employee).id,
                "unit_amount": 4.5,
            }
        )

    def test_hours_on_a_ticket(self):
        line = self.record_work(self.ticket)
        self.assertRefused("Hours were recorded since: 04:30 hours of Tim Timesheet")
        line.unlink()
        self.take_back()

    def test_hours_on_a_task_of_the_order(self):
        self.record_work(self.task)
        self.assertRefused("Hours were recorded since: 04:30 hours of Tim Timesheet")

    def test_hours_without_a_task(self):
        line = self.record_work(self.task)
        line.task_id = False
        self.assertRefused("Hours were recorded since")

    def test_invoiced_hours(self):
        self.lines[0].timesheet_invoice_id = self.invoice
        self.assertRefused("There are invoices: ", self.invoice._get_move_display_name())

    def test_invoiced_order(self):
        invoice = self.offer._create_invoices()
        self.assertRefused("There are invoices: ", invoice._get_move_display_name())
        self.assertRefused("There are invoices: ", order_choice="keep")
        invoice.button_cancel()
        self.take_back()

    def test_invoice_from_before_is_not_in_the_way(self):
        lead = self.create_lead(stage="negotiation", partner_id=self.partner.id)
        offer = self.create_offer(lead)
        offer.action_confirm()
        offer._create_invoices()
        self.hand_over(lead)
        self.take_back(lead)
        self.assertAsBefore(lead)
        self.assertEqual(offer.state, "sale")

    def test_vendor_bill(self):
        bill = self.create_bill(self.project.account_id)
        self.assertRefused("There are vendor bills", bill._get_move_display_name())
        bill.button_cancel()
        self.take_back()

    def test_other_costs(self):
        line = self.env["account.analytic.line"].create(
            {"name": "Rent", "account_id": self.project.account_id.id, "amount": -5}
        )
        form = self.open_take_back(user=self.env.user)
        self.assertIn("Other costs were booked: Rent", form.refusal_text)
        self.assertRefused("Other costs were booked: 1")  # whose name a salesperson may not read
        line.unlink()
        self.take_back()

    def test_bill_on_an_account_that_other_projects_share(self):
        self.create_bill(self.departments[1])
        self.assertFalse(self.open_take_back().refusal_text)

    def test_finished_tasks(self):
        self.ticket.state = "1_done"
        self.task.state = "1_done"
        self.assertRefused("Tasks are finished: ", self.ticket.name, self.task.name)
        self.ticket.state = "01_in_progress"
        self.task.state = "1_canceled"
        self.take_back()

    def test_task_added_later(self):
        task = self.env["project.task"].create({"name": "Later", "project_id": self.project.id})
        self.assertRefused("Tasks were added: Later")
        task.active = False
        self.assertRefused("Tasks were added: Later")

    def test_ticket_added_later(self):
        self.ticket.state = "1_canceled"
        ticket = self.lead._get_or_create_tickets()[self.lead]
        self.assertEqual(ticket.project_id, self.project)
        self.assertRefused(f"Tasks were added: {ticket.name}")

    def test_order_added_later(self):
        order = self.create_offer(self.create_lead(), project_id=self.project.id)
        self.assertRefused(f"Orders were added: {order.name}")
        order.action_cancel()
        self.take_back()

    def test_message_of_the_customer(self):
        self.project.message_post(body="From us", message_type="comment")
        self.task.message_post(body="Notice", author_id=self.partner.id)
        self.assertFalse(self.open_take_back().refusal_text)
        self.task.message_post(
            body="When?",
            author_id=self.partner.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        self.assertRefused(f"Customers wrote: {self.partner.name} on ")

    def test_mail_of_somebody_unknown(self):
        self.project.message_post(
            body="When?", author_id=False, email_from="who@test.example.com", message_type="email"
        )
        self.assertRefused("Customers wrote: who@test.example.com on ")

    def test_message_from_before_is_not_in_the_way(self):
        lead = self.create_lead(stage="negotiation", partner_id=self.partner.id)
        ticket = self.record_hours(lead).task_id
        ticket.message_post(body="When?", author_id=self.partner.id, message_type="comment")
        self.hand_over(lead)
        self.take_back(lead)
        self.assertAsBefore(lead)

    def test_several_reasons_are_several_lines(self):
        self.record_work(self.ticket)
        for number in range(7):
            self.env["project.task"].create(
                {"name": f"Later {number}", "project_id": self.project.id}
            )
        lines = self.open_take_back().refusal_text.split("\n")
        self.assertEqual(len(lines), 2)
        self.assertIn("2 more", lines[1])

    def test_locked_order(self):
        self.offer.action_lock()
        self.assertRefused(f"Order {self.offer.name} is locked")
        form = self.open_take_back()
        form.order_choice = "keep"
        self.assertFalse(form.refusal_text)
        form.save().action_take_back()
        self.assertEqual(self.offer.state, "sale")
        self.assertFalse(self.offer.project_id or self.offer.order_line.analytic_distribution)

    def test_delivered_order(self):
        self.offer.order_line.qty_delivered_method = "manual"
        self.offer.order_line.qty_delivered = 1
        self.assertRefused(f"delivered on order {self.offer.name}: Service task_in_project")

    def test_colleague_s_order(self):
        self.offer.user_id = self.salesperson_2
        self.assertRefused(f"Offer {self.offer.name} belongs to {self.salesperson_2.name}")
        self.take_back(order_choice="keep")

    def test_work_in_an_existing_project(self):
        """Only what is the lead's counts: the project was there, for others too."""
        lead = self.create_lead(stage="negotiation", partner_id=self.partner.id)
        ticket = self.record_hours(lead).task_id
        self.hand_over(lead, project_id=self.target.id, accept_other_customer=True)
        task = self.env["project.task"].create({"name": "Theirs", "project_id": self.target.id})
        self.record_work(task)
        self.assertFalse(self.open_take_back(lead).refusal_text)
        self.record_work(ticket)
        self.assertIn("Hours were recorded", self.open_take_back(lead).refusal_text)

    def test_handed_over_before_there_was_a_record(self):
        self.lead._find_handover_records().unlink()
        self.assertRefused("was not recorded")

    def test_lead_that_is_not_won(self):
        lead = self.create_lead()
        self.assertIn("is not won", self.open_take_back(lead).refusal_text)
        self.take_back()
        dialog = self.env["crm.lead.take.back"].create({"lead_id": self.lead.id})
        with self.assertRaisesRegex(UserError, "is not won"):
            dialog.action_take_back()

    def test_lead_that_was_dragged_to_won_has_nothing_but_a_phase(self):
        lead = self.create_lead(stage="opened")
        lead.stage_id = self.stages["won"]
        self.take_back(lead)
        self.assertEqual(lead.won_status, "pending")

    def test_internal_lead_project_is_archived(self):
        self.lead_project.active = False
        self.assertRefused("The internal lead project")

    def test_mandatory_plan_that_the_lead_project_has_not(self):
        plan = self.departments.plan_id
        plan.write(
            {
                "default_applicability": "optional",
                "applicability_ids": [
                    Command.create({"business_domain": "timesheet", "applicability": "mandatory"})
                ],
            }
        )
        self.lead_project[self.department] = False
        self.assertRefused("Hours need the analytic plans")

    def test_company_that_is_not_selected(self):
        other = self.env["res.company"].create({"name": "Other"})
        user = new_test_user(
            self.env,
            login="lm_both",
            groups="sales_team.group_sale_salesman_all_leads",
            company_id=other.id,
            company_ids=[Command.set((other | self.company).ids)],
        )
        dialogs = self.env["crm.lead.take.back"].with_user(user)
        self.lead.write({"team_id": False, "company_id": False})
        dialog = dialogs.with_context(allowed_company_ids=other.ids).new({"lead_id": self.lead.id})
        self.assertIn("Select this company", dialog.refusal_text)

    def test_form_of_a_wrong_lead(self):
        lead = self.create_lead()
        gone = lead.id
        lead.unlink()
        with self.assertRaises(UserError):
            self.lead.browse(gone).with_user(self.salesperson).action_take_back()
