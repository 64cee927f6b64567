"""Service requests: one dialog from the call to the task, and no figure of the pipeline moves."""

from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import ACCESS_LOGGERS, LeadManagementCommon


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

    def test_reopened_lead_goes_on_in_its_open_task(self):
        lead = self.create_lead(partner_id=self.create_partner().id)
        self.open(lead).action_convert()
        task = lead.service_task_id
        lead.active = True
        self.open(lead).action_convert()
        self.assertEqual(lead.service_task_id, task)
        lead.active = True
        task.state = "1_done"
        self.open(lead).action_convert()
        self.assertNotEqual(lead.service_task_id, task)

    def test_hours_run_from_the_call_to_the_closed_task(self):
        lead = self.create_lead(partner_id=self.create_partner().id)
        self.open(lead).action_convert()
        self.assertFalse(lead.service_done_date)
        start = lead.create_date
        with freeze_time(start + timedelta(hours=5)):
            lead.service_task_id.state = "1_done"
            self.env.flush_all()
        self.assertAlmostEqual(lead.service_hours, 5, places=2)
        # one whose task is open has no hours yet, rather than 0
        self.open(self.create_lead(partner_id=lead.partner_id.id)).action_convert()
        requests = self.env["crm.lead"].with_context(active_test=False)
        domain = [("partner_id", "=", lead.partner_id.id)]
        ((average,),) = requests._read_group(domain, aggregates=["service_hours:avg"])
        self.assertAlmostEqual(average, 5, places=2)
        lead.service_task_id.state = "01_in_progress"
        self.assertEqual((lead.service_done_date, lead.service_hours), (False, 0))
        ((average,),) = requests._read_group(domain, aggregates=["service_hours:avg"])
        self.assertFalse(average)

    def test_contact_shows_what_became_of_its_requests(self):
        company = self.create_partner("Huber Ltd", is_company=True)
        person = self.create_partner("Max Huber", parent_id=company.id)
        lead = self.create_lead(partner_id=person.id)
        self.open(lead).action_convert()
        later = self.create_lead(partner_id=company.id)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = create_date - interval '1 day' WHERE id = %s",
            [lead.id],
        )
        self.env.invalidate_all()
        self.assertEqual((lead.service_later_lead_count, lead.service_later_won_count), (1, 0))
        later.action_set_won()
        self.env.invalidate_all()
        self.assertEqual((lead.service_later_lead_count, lead.service_later_won_count), (1, 1))
        for partner in (company, person):
            partner = partner.with_user(self.salesperson)
            self.assertEqual(partner.service_request_count, 1)
            action = partner.action_view_service_requests()
            leads = self.env["crm.lead"].with_context(active_test=False)
            self.assertEqual(leads.search(action["domain"]), lead)
        other = person.with_user(self.salesperson_2)
        self.assertEqual(other.service_request_count, 0)

    def test_contact_begins_a_request_and_a_lead(self):
        partner = self.create_partner(street="Main 1").with_user(self.salesperson)
        context = partner.action_service_request()["context"]
        self.assertEqual(
            (context["default_partner_id"], context["default_street"]), (partner.id, "Main 1")
        )
        dialog = self.env["crm.lead.service.request"].with_user(self.salesperson)
        form = Form(dialog.with_context(**context))
        form.name = "Tap drips"
        form.save().action_convert()
        self.assertEqual(partner.service_request_count, 1)
        action = partner.action_new_lead()
        self.assertEqual(action["context"]["default_partner_id"], partner.id)
        for name in ("action_service_request", "action_new_lead"):
            with self.assertRaises(AccessError), mute_logger(*ACCESS_LOGGERS):
                getattr(partner.with_user(self.timesheet_user), name)()

    def test_contact_is_looked_up_in_the_leads_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.salesperson.company_ids += company
        theirs = self.create_partner("Theirs", phone="+43 660 7654321", company_id=company.id)
        lead = self.create_lead(
            phone="0660 7654321", company_id=company.id, team_id=False, user_id=self.salesperson.id
        )
        companies = (self.company + company).ids
        action = lead.with_user(self.salesperson).action_service_request()
        dialog = self.env["crm.lead.service.request"].with_user(self.salesperson)
        dialog = dialog.with_context(**action["context"], allowed_company_ids=companies)
        self.assertEqual(Form(dialog).partner_id, theirs)

    def test_service_project_has_a_name_in_every_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"]._load_module_terms(["lead_management"], ["de_DE"])
        project = self.company._get_or_create_service_project()
        values = self.company.with_context(lang="de_DE")._prepare_service_project_values()
        self.assertEqual(project.with_context(lang="de_DE").name, values["name"])
        stages = project.type_ids.sorted("id")
        names = [command[2]["name"] for command in values["type_ids"]]
        self.assertEqual(stages.with_context(lang="de_DE").mapped("name"), names)
        self.assertEqual(stages.mapped("name"), ["To Do", "Done"])

    def test_caller_who_is_not_the_contact_is_kept(self):
        landlord = self.create_partner("Landlord", email="l@test.example.com", phone="+43 1 111111")
        dialog = self.open(
            name="Tap drips",
            email_from="l@test.example.com",
            contact_name="Tina Tenant",
            phone="0660 5555555",
        )
        self.assertEqual(dialog.partner_id, landlord)
        dialog.action_convert()
        text = dialog.lead_id.service_task_id.description
        self.assertIn("Tina Tenant, 0660 5555555", text)
        self.assertNotIn("l@test.example.com", text)
        # what the contact says itself, in whatever notation, is not said again
        dialog = self.open(name="X", contact_name="landlord", phone="01 111111")
        dialog.partner_id = landlord
        dialog.action_convert()
        self.assertNotIn("Caller", dialog.lead_id.service_task_id.description or "")

    def test_what_is_typed_for_a_reopened_request_is_added_to_its_task(self):
        lead = self.create_lead(name="Tap drips", partner_id=self.create_partner().id)
        self.open(lead, user_id=self.salesperson).action_convert()
        task = lead.service_task_id
        lead.active = True
        self.open(
            lead,
            name="Now the cellar",
            description="<p>A foot of water</p>",
            street="Side street 3",
            priority="1",
            date_deadline="2026-12-01 10:00:00",
            user_id=self.salesperson_2,
        ).action_convert()
        self.assertEqual(lead.service_task_id, task)
        self.assertEqual((task.name, task.priority), ("Tap drips", "1"))
        self.assertEqual(str(task.date_deadline), "2026-12-01 10:00:00")
        self.assertEqual(task.user_ids, self.salesperson + self.salesperson_2)
        for text in ("Now the cellar", "A foot of water", "Side street 3"):
            self.assertIn(text, task.message_ids[0].body)
        # nothing typed takes nothing back
        lead.active = True
        self.open(lead).action_convert()
        self.assertEqual((task.priority, str(task.date_deadline)), ("1", "2026-12-01 10:00:00"))

    def test_open_follow_ups_are_told_and_closed_or_kept(self):
        for choice, is_left in (("close", False), ("keep", True)):
            lead = self.create_lead(contact_name="Nora", user_id=self.salesperson.id)
            lead.activity_schedule(
                "mail.mail_activity_data_call", summary="Ring", user_id=self.salesperson.id
            )
            dialog = self.open(lead)
            self.assertIn("Ring", dialog.follow_up_text)
            dialog.follow_up_choice = choice
            dialog.action_convert()
            self.assertEqual(bool(lead.activity_ids), is_left)

    def test_service_request_ends_a_hold(self):
        lead = self.create_lead(contact_name="Nora")
        lead.wake_up_date = self.today() + timedelta(days=9)
        self.open(lead).action_convert()
        self.assertFalse(lead.wake_up_date)
