"""Service requests: one dialog from the call to the task, and no figure of the pipeline moves."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import LeadManagementCommon
from .common_figures import ACCESS_LOGGERS


@tagged("post_install", "-at_install")
class TestServiceRequest(LeadManagementCommon):
    def open(self, lead=None, user=None, **values):
        """The dialog as the browser saves it, by a salesperson without project rights."""
        leads = (lead or self.env["crm.lead"]).with_user(user or self.salesperson)
        action = leads.action_service_request()
        dialogs = self.env[action["res_model"]].with_user(user or self.salesperson)
        form = Form(dialogs.with_context(**action["context"]))
        for name, value in values.items():
            setattr(form, name, value)
        return form.save()

    def test_open_lead_becomes_a_task(self):
        partner = self.create_partner()
        lead = self.create_lead(name="Tap drips", partner_id=partner.id)
        dialog = self.open(
            lead,
            priority="1",
            date_deadline="2026-12-01 10:00:00",
            user_id=self.salesperson_2,
            city="Linz",
        )
        dialog.action_convert()
        task = lead.service_task_id
        self.assertEqual(task.project_id, self.company.service_project_id)
        self.assertEqual((task.name, task.priority), ("Tap drips", "1"))
        self.assertEqual((task.partner_id, task.user_ids), (partner, self.salesperson_2))
        self.assertIn("Linz", task.description)
        self.assertEqual(str(task.date_deadline), "2026-12-01 10:00:00")
        self.assertEqual(lead.request_type, "service")
        self.assertFalse(lead.active)

    def test_request_from_nothing_creates_contact_and_lead(self):
        dialog = self.open(name="Tap drips", contact_name="Nora New", phone="+43 660 1234567")
        dialog.action_convert()
        lead = dialog.lead_id
        self.assertEqual(lead.partner_id.name, "Nora New")
        self.assertEqual(lead.service_task_id.partner_id, lead.partner_id)
        self.assertFalse(lead.sudo().history_ids.filtered("is_open"))

    def test_contact_is_found_by_email_or_phone(self):
        by_email = self.create_partner("A", email="a@test.example.com")
        by_phone = self.create_partner("B", phone="+43 660 7654321")
        dialog = self.open(name="X", email_from="A@test.example.com")
        self.assertEqual(dialog.partner_id, by_email)
        dialog = self.open(name="Y", phone="+43 660 7654321")
        self.assertEqual(dialog.partner_id, by_phone)

    def test_archived_contact_is_named_and_not_doubled(self):
        self.create_partner("Old", email="old@test.example.com", active=False)
        dialog = self.open(name="X", email_from="old@test.example.com")
        with self.assertRaisesRegex(UserError, "Old"):
            dialog.action_convert()

    def test_nobody_is_refused(self):
        with self.assertRaises(UserError):
            self.open(name="X").action_convert()

    def test_clicked_twice_is_one_task(self):
        lead = self.create_lead(contact_name="Nora")
        dialog, other = self.open(lead), self.open(lead)
        dialog.action_convert()
        task = lead.service_task_id
        for again in (dialog, other):
            with self.assertRaisesRegex(UserError, "already"):
                again.action_convert()
        self.assertEqual(self.company.service_project_id.task_ids, task)

    def test_neither_open_nor_won_nor_declined_also_at_probability_zero(self):
        lead = self.create_lead(contact_name="Nora", probability=0)
        self.open(lead).action_convert()
        self.env["crm.lead.history"]._record_pending()
        last = lead.history_ids.sorted("id")[-1:]
        self.assertEqual((lead.won_status, last.won_status), ("pending", "pending"))
        self.assertFalse(last.is_open)

    def test_reopened_is_a_lead_again_and_keeps_its_task(self):
        lead = self.create_lead(contact_name="Nora")
        self.open(lead).action_convert()
        lead.action_unarchive()
        self.assertEqual(lead.request_type, "project")
        self.assertTrue(lead.active and lead.service_task_id)

    def test_copy_is_no_service_request(self):
        lead = self.create_lead(contact_name="Nora")
        self.open(lead).action_convert()
        copy = lead.copy({"active": True})
        self.assertEqual(copy.request_type, "project")
        self.assertFalse(copy.service_task_id)

    def test_deleted_task_leaves_the_request(self):
        lead = self.create_lead(contact_name="Nora")
        self.open(lead).action_convert()
        lead.service_task_id.unlink()
        self.assertEqual(lead.request_type, "service")
        self.assertEqual(lead.action_view_service_task()["res_id"], lead.id)

    def test_several_or_decided_leads_are_refused_in_words(self):
        with self.assertRaises(UserError):
            self.create_leads(2).action_service_request()
        lead = self.create_lead()
        lead.action_set_lost(lost_reason_id=self.reason.id)
        with self.assertRaisesRegex(UserError, "not open"):
            lead.action_service_request()

    @mute_logger(*ACCESS_LOGGERS)
    def test_without_sales_rights_refused(self):
        lead = self.create_lead()
        for user in (self.portal_user, self.timesheet_user, self.salesperson_2):
            with self.assertRaises(AccessError):
                lead.with_user(user).action_service_request()
