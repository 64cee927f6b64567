"""Track Time: one ticket, and none for who could not record on it; similar contacts by name."""

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SALES, TIMESHEET, TIMESHEET_APPROVER, LeadManagementCommon

PROJECT_USER = "project.group_project_user"


@tagged("post_install", "-at_install")
class TestTrackTime(LeadManagementCommon):
    def _get_tickets(self, lead):
        return self.env["project.task"].search([("lead_id", "=", lead.id)])

    def test_ten_hours_created_with_a_lead_make_one_ticket(self):
        hours = [
            Command.create({"name": "x", "unit_amount": 1, "employee_id": self.employee.id})
            for _number in range(10)
        ]
        lead = self.create_lead(timesheet_ids=hours)
        self.assertEqual(len(self._get_tickets(lead)), 1)
        self.assertEqual(lead.effective_hours, 10)
        by_person = self.env["crm.lead"].with_user(self.salesperson)
        saved = by_person.web_save({"name": "Saved", "timesheet_ids": hours}, {})
        lead = by_person.browse(saved[0]["id"])
        self.assertEqual(len(self._get_tickets(lead)), 1)

    def test_ten_clicks_make_one_ticket(self):
        lead = self.create_lead().with_user(self.salesperson)
        for _number in range(10):
            lead.action_track_time()
        self.assertEqual(len(self._get_tickets(lead)), 1)

    def test_without_an_employee_it_says_so_and_leaves_no_ticket(self):
        for number, groups in enumerate(((SALES, TIMESHEET), (SALES, PROJECT_USER, TIMESHEET))):
            user = self.create_user(f"lm_nobody_{number}", "Nora Nobody", *groups)
            lead = self.create_lead(user_id=user.id).with_user(user)
            with self.assertRaisesRegex(UserError, "no employee for your user"):
                lead.action_track_time()
            self.assertFalse(self._get_tickets(lead))
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.env["account.analytic.line"].with_user(user).create(
                    {"lead_id": lead.id, "name": "x", "unit_amount": 1}
                )
            self.assertFalse(self._get_tickets(lead))

    def test_an_employee_who_left_or_works_elsewhere_is_none(self):
        lead = self.create_lead().with_user(self.salesperson)
        self.employee.active = False
        with self.assertRaisesRegex(UserError, "no employee"):
            lead.action_track_time()
        self.employee.write({"active": True})
        self.employee.company_id = self.env["res.company"].create({"name": "Elsewhere"})
        with self.assertRaisesRegex(UserError, "no employee"):
            lead.action_track_time()

    def test_who_records_for_others_needs_no_employee(self):
        user = self.create_user("lm_approver", "Ada Approver", SALES, TIMESHEET_APPROVER)
        lead = self.create_lead(user_id=user.id).with_user(user)
        lead.action_track_time()
        self.assertEqual(len(self._get_tickets(lead)), 1)

    def test_a_percent_sign_in_a_name_is_no_wildcard(self):
        other, same = self.create_partner("Max Huber"), self.create_partner("100% Huber")
        archived = self.create_partner("50_ Huber", active=False)
        for name, found in (("%", ()), ("100% huber", same), ("50_ Huber", archived), ("_", ())):
            lead = self.create_lead(contact_name=name)
            partners = lead._find_similar_partners()
            self.assertEqual(partners, other.browse(partner.id for partner in found), name)
