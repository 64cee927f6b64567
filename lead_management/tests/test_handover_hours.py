"""Hours of a lead that is handed over: where they go, what they cost, who sees them."""

import re

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestHandoverHours(HandoverCommon):
    def _create_lead(self, **values):
        return self.create_lead(stage="negotiation", partner_id=self.partner.id, **values)

    def _create_billed_by_hour(self, lead):
        product = self.create_product(invoice_policy="delivery", service_type="timesheet")
        return self.create_offer(lead, products=product)

    def test_task_and_every_account_follow_the_hours(self):
        lead = self._create_lead()
        lines = self.record_hours(lead) | self.record_hours(lead, self.employee_2)
        self.assertEqual(lines[self.department], self.departments[0])
        self.convert(lead, self.salesperson, target="existing", project_id=self.target.id)
        self.env.invalidate_all()
        self.assertHoursIn(lines, self.target)
        self.assertEqual(lines.account_id, self.target.account_id)
        self.assertEqual(lines[self.department], self.departments[1])

    def test_moved_hours_keep_the_cost_of_their_day(self):
        for billable in (False, True):
            lead = self._create_lead()
            line, invoiced = self.record_hours(lead, hours=2), self.record_hours(lead)
            invoiced.timesheet_invoice_id = self.invoice
            whole = self.record_hours(lead, hours=3, task_id=self.create_ticket(lead).id)
            amounts = [line.amount, invoiced.amount, whole.amount]
            self.employee.hourly_cost += 400
            project = self.convert(lead, self.salesperson, hours_billable=billable)
            self.env.invalidate_all()
            self.assertEqual((line | whole).project_id, project)
            self.assertEqual([line.amount, invoiced.amount, whole.amount], amounts)

    def test_after_a_credit_note_hours_join_the_ticket_they_were_split_from(self):
        """Billed hours stay behind; when the invoice goes, they follow without a second ticket."""
        lead = self._create_lead()
        order = self._create_billed_by_hour(self.env["crm.lead"])
        order.action_confirm()
        billed = self.record_hours(lead, hours=2, so_line=order.order_line.id)
        free = self.record_hours(lead, hours=3)
        billed.write({"is_so_line_edited": True, "timesheet_invoice_id": self.invoice.id})
        self.assertEqual(order.order_line.qty_delivered, 2)
        self._create_billed_by_hour(lead)
        project = self.convert(lead, self.salesperson)
        ticket = free.task_id
        self.assertEqual((billed.project_id, free.project_id), (self.lead_project, project))
        self.assertEqual(order.order_line.qty_delivered, 2)
        self.invoice.button_cancel()
        dialog = self.open_won_dialog(lead, self.salesperson)
        self.assertRegex(dialog.warning_text, f"2:00.* leave order {order.name}.*not billed any")
        dialog.action_convert()
        self.env.invalidate_all()
        self.assertHoursIn(billed | free, project)
        self.assertEqual((billed | free).task_id, ticket)
        self.assertEqual(lead.task_ids, ticket)
        self.assertFalse(billed.so_line)
        self.assertEqual(order.order_line.qty_delivered, 0)
        message = lead.message_ids.filtered(lambda message: order.name in message.body)
        self.assertIn("not billed any more", message.body)

    def test_after_a_credit_note_hours_count_where_they_are_billed_now(self):
        lead = self._create_lead()
        offer = self._create_billed_by_hour(lead)
        billed = self.record_hours(lead, hours=2)
        self.record_hours(lead, hours=3)
        billed.timesheet_invoice_id = self.invoice
        self.convert(lead, self.salesperson, hours_billable=True)
        self.assertEqual(offer.order_line.qty_delivered, 3)
        # as core's credit note
        billed.timesheet_invoice_id = False
        self.convert(lead, self.salesperson, hours_billable=True)
        self.env.invalidate_all()
        self.assertEqual(offer.order_line.qty_delivered, 5)
        self.assertEqual(len(lead.task_ids), 1)

    def test_presales_hours_do_not_count_as_delivered(self):
        lead = self._create_lead()
        offer = self._create_billed_by_hour(lead)
        line = self.record_hours(lead, hours=2)
        project = self.convert(lead, self.salesperson)
        self.assertEqual(project.sale_line_id, offer.order_line)
        line.task_id.sale_line_id = offer.order_line
        self.env.add_to_compute(line._fields["so_line"], line)
        self.env.flush_all()
        self.assertFalse(line.so_line)
        self.assertTrue(line.is_so_line_edited)
        self.assertEqual(offer.order_line.qty_delivered, 0)

    def test_one_invoiced_line_does_not_stop_the_others(self):
        """Core refuses the whole batch when one line is invoiced by delivery."""
        lead = self._create_lead()
        order = self._create_billed_by_hour(self.env["crm.lead"])
        order.action_confirm()
        invoiced = self.record_hours(lead, so_line=order.order_line.id)
        others = self.record_hours(lead, hours=2) | self.record_hours(lead, self.employee_2, 3)
        invoiced.timesheet_invoice_id = self.invoice
        dialog = self.open_won_dialog(lead, self.salesperson)
        self.assertRegex(dialog.hours_text, "05:00.* move .*01:00.* stay .*invoiced")
        dialog.action_convert()
        self.env.invalidate_all()
        self.assertHoursIn(others, lead.won_project_id)
        self.assertEqual(
            (invoiced.project_id, invoiced.so_line), (self.lead_project, order.order_line)
        )

    def test_a_target_that_cannot_take_the_hours_is_refused_in_words(self):
        lead = self._create_lead()
        line = self.record_hours(lead, self.employee_2)
        self.employee_2.active = False
        other = self.env["res.company"].create({"name": "Other Company"})
        archived, missing = self.create_project("Archived"), self.create_project("Missing")
        archived.account_id.active = False
        missing.account_id = False
        targets = {"active analytic account": archived, "not take timesheets": missing}
        targets["Other Company"] = self.create_project("Elsewhere", company_id=other.id)
        plan = self.departments.plan_id
        plan.applicability_ids = [
            Command.create({"business_domain": "timesheet", "applicability": "mandatory"})
        ]
        targets[plan.name] = self.create_project("Without department")
        for reason, project in targets.items():
            dialog = self.open_won_dialog(lead, target="existing", project_id=project.id)
            self.assertIn(reason, dialog.refusal_text or "", project.name)
            with self.assertRaisesRegex(UserError, re.escape(reason)), self.env.cr.savepoint():
                dialog.action_convert()
        self.assertIn(plan.name, self.open_won_dialog(lead).refusal_text)
        self.convert(lead, self.salesperson, target="existing", project_id=self.target.id)
        self.assertHoursIn(line, self.target)

    def test_moved_hours_do_not_reach_the_customers_portal(self):
        self.portal_user.partner_id.parent_id = self.partner
        lead = self._create_lead()
        lead.message_subscribe(self.portal_user.partner_id.ids)
        line = self.record_hours(lead)
        project = self.convert(lead, self.salesperson)
        self.assertEqual(self.lead_project.privacy_visibility, "employees")
        self.assertEqual(project.privacy_visibility, "employees")
        lines = self.env["account.analytic.line"].with_user(self.portal_user)
        self.assertNotIn(line, lines.sudo().search(lines._timesheet_get_portal_domain()))

    def test_timesheet_user_without_crm_opens_own_hours(self):
        line = self.record_hours(self._create_lead(), self.timesheet_employee)
        self.env.invalidate_all()
        own = line.with_user(self.timesheet_user)
        self.assertNotIn("lead_id", own.fields_get())
        self.assertEqual(own.read()[0]["unit_amount"], 1)
        self.assertEqual(own.task_id.display_name, "Bathroom Huber")
        views = own.get_views([(False, "form"), (False, "list"), (False, "search")])["views"]
        for view in views.values():
            self.assertNotIn('name="lead_id"', view["arch"])
