"""Won: the dialog turns leads into a project, its contact and its offers, once."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ACCESS_LOGGERS, LeadManagementCommon


@tagged("post_install", "-at_install")
class TestWonProject(LeadManagementCommon):
    def test_new_blank_project(self):
        lead = self.create_lead(stage="negotiation", contact_name="Maria Huber")
        wizard = self.open_won_dialog(lead, self.salesperson)
        self.assertEqual(wizard.project_name, lead.name)
        self.assertEqual(wizard.target, "new")
        action = wizard.action_convert()
        project = lead.won_project_id
        self.assertEqual(project.name, lead.name)
        self.assertEqual(project.partner_id, lead.partner_id)
        self.assertEqual(project.company_id, self.company)
        self.assertEqual(project.user_id, self.salesperson)
        self.assertTrue(project.allow_timesheets and project.allow_billable)
        self.assertEqual(project.privacy_visibility, "employees")
        self.assertTrue(project.account_id)
        self.assertTrue(project.type_ids)
        self.assertEqual(lead.won_status, "won")
        self.assertEqual(lead.stage_id, self.stages["won"])
        self.assertEqual(lead.project_state, "converted")
        self.assertEqual(project.lead_ids, lead)
        self.assertEqual(project.lead_count, 1)
        self.assertEqual(action["effect"]["type"], "rainbow_man")

    def test_result_opens_the_project_for_who_may_read_it(self):
        lead = self.create_lead(stage="negotiation")
        action = self.open_won_dialog(lead).action_convert()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("project.project", lead.won_project_id.id)
        )

    def test_name_and_manager_can_be_chosen(self):
        lead = self.create_lead(stage="negotiation")
        project = self.convert(
            lead, self.salesperson, project_name="Bath 2026", user_id=self.project_manager.id
        )
        self.assertEqual(project.name, "Bath 2026")
        self.assertEqual(project.user_id, self.project_manager)

    def _create_template(self, **values):
        return self.create_project(
            "Bathroom template",
            is_template=True,
            task_ids=[Command.create({"name": "Plan"}), Command.create({"name": "Build"})],
            **values,
        )

    def test_template_of_the_category(self):
        template = self._create_template(user_id=self.project_manager.id)
        category = self.env["crm.lead.category"].create(
            {
                "name": "Bathroom",
                "project_template_id": template.id,
                "company_id": self.company.id,
            }
        )
        lead = self.create_lead(stage="negotiation", category_id=category.id)
        wizard = self.open_won_dialog(lead, self.salesperson)
        self.assertEqual(wizard.project_template_id, template)
        self.assertEqual(wizard.user_id, self.project_manager)
        wizard.action_convert()
        project = lead.won_project_id
        self.assertNotEqual(project, template)
        self.assertFalse(project.is_template)
        self.assertEqual(project.name, lead.name)
        self.assertEqual(project.company_id, self.company)
        self.assertEqual(set(project.task_ids.mapped("name")), {"Plan", "Build"})
        self.assertEqual(len(template.task_ids), 2)

    def test_template_of_the_company_where_the_category_has_none(self):
        template = self._create_template()
        self.company.lead_won_project_template_id = template
        lead = self.create_lead(stage="negotiation")
        self.assertEqual(self.open_won_dialog(lead).project_template_id, template)
        blank = self.convert(lead, self.salesperson, project_template_id=False)
        self.assertFalse(blank.task_ids)

    def test_template_without_company_gives_a_project_of_the_leads_company(self):
        template = self._create_template(company_id=False)
        lead = self.create_lead(stage="negotiation")
        project = self.convert(lead, self.salesperson, project_template_id=template.id)
        self.assertEqual(project.company_id, self.company)

    def test_existing_project(self):
        target = self.create_project(allow_billable=True)
        lead = self.create_lead(stage="negotiation")
        self.record_hours(lead)
        project = self.convert(lead, self.salesperson, target="existing", project_id=target.id)
        self.assertEqual(project, target)
        self.assertEqual(target.name, "Running Project")
        self.assertEqual(lead.timesheet_ids.project_id, target)
        self.assertEqual(lead.project_state, "converted")

    def test_two_leads_into_the_same_project_one_after_the_other(self):
        target = self.create_project()
        leads = self.create_leads(2, stage="negotiation")
        for lead in leads:
            self.convert(lead, self.salesperson, target="existing", project_id=target.id)
        self.assertEqual(target.lead_ids, leads)
        self.assertEqual(target.lead_count, 2)

    def test_several_leads_become_one_project(self):
        leads = self.create_leads(3, stage="negotiation")
        for lead in leads:
            self.record_hours(lead, hours=2)
        project = self.convert(leads, self.salesperson, project_name="All three")
        self.assertEqual(len(project), 1)
        self.assertEqual(project.lead_ids, leads)
        self.assertEqual(sum(project.timesheet_ids.mapped("unit_amount")), 6)
        self.assertEqual(set(leads.mapped("won_status")), {"won"})

    def test_no_project(self):
        lead = self.create_lead(stage="negotiation")
        line = self.record_hours(lead)
        project = self.convert(lead, self.salesperson, target="none")
        self.assertFalse(project)
        self.assertEqual(lead.won_status, "won")
        self.assertEqual(lead.project_state, "no_project")
        self.assertEqual(line.project_id, self.company.lead_project_id, "hours stay")

    def test_refusals_name_what_is_missing(self):
        lead = self.create_lead(stage="negotiation")
        for values, message in (
            ({"project_name": False}, "name"),
            ({"target": "existing"}, "Choose the project"),
            ({"partner_choice": "link", "partner_id": False}, "Choose the contact"),
        ):
            wizard = self.open_won_dialog(lead, self.salesperson, **values)
            self.assertIn(message, wizard.refusal_text)
            with self.assertRaisesRegex(UserError, message):
                wizard.action_convert()
        self.assertEqual(lead.won_status, "pending")
        self.assertFalse(lead.won_project_id)

    def test_leads_of_two_companies_are_refused(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        leads = self.create_leads(2, stage="negotiation")
        leads[1].write({"user_id": False, "team_id": False, "company_id": other.id})
        self.assertIn("different companies", self.open_won_dialog(leads).refusal_text)

    def test_existing_project_of_another_customer_is_refused_until_accepted(self):
        lead = self.create_lead(stage="negotiation", partner_id=self.create_partner("A").id)
        target = self.create_project(
            allow_billable=True, partner_id=self.create_partner("Other Customer").id
        )
        wizard = self.open_won_dialog(lead, target="existing", project_id=target.id)
        self.assertTrue(wizard.has_other_customer)
        self.assertIn("Other Customer", wizard.refusal_text)
        with self.assertRaisesRegex(UserError, "Other Customer"):
            wizard.action_convert()
        wizard.accept_other_customer = True
        self.assertFalse(wizard.refusal_text)
        self.assertIn("Other Customer", wizard.warning_text)
        wizard.action_convert()
        self.assertEqual(target.partner_id.name, "Other Customer")
        self.assertEqual(lead.won_project_id, target)

    def test_other_customer_can_be_accepted_after_a_contact_was_linked_and_taken_back(self):
        lead = self.create_lead(stage="negotiation", partner_id=self.create_partner("A").id)
        customer = self.create_partner("Other Customer")
        target = self.create_project(allow_billable=True, partner_id=customer.id)
        wizard = self.open_won_dialog(lead, target="existing", project_id=target.id)
        wizard.write({"partner_choice": "link", "partner_id": customer.id})
        self.assertFalse(wizard.has_other_customer)
        wizard.partner_choice = "none"
        self.assertIn("Other Customer", wizard.refusal_text)
        self.assertTrue(wizard.has_other_customer)

    def test_existing_project_of_the_same_company_does_not_warn(self):
        company = self.create_partner("Huber Ltd", is_company=True)
        people = self.create_partner("A", parent_id=company.id)
        lead = self.create_lead(stage="negotiation", partner_id=people.id)
        target = self.create_project(allow_billable=True, partner_id=company.id)
        wizard = self.open_won_dialog(lead, target="existing", project_id=target.id)
        self.assertFalse(wizard.warning_text or wizard.refusal_text)

    def test_projects_that_cannot_be_the_target_are_refused(self):
        lead = self.create_lead(stage="negotiation")
        self.record_hours(lead)
        other = self.env["res.company"].create({"name": "Other Company"})
        archived = self.create_project("Archived")
        archived.active = False
        for project, message in (
            (self.company.lead_project_id, "internal lead project"),
            (self.create_project("Template", is_template=True), "template"),
            (archived, "archived"),
            (self.create_project("No hours", allow_timesheets=False), "timesheets"),
            (self.create_project("Elsewhere", company_id=other.id), "another company"),
        ):
            wizard = self.open_won_dialog(lead, target="existing", project_id=project.id)
            self.assertIn(message, wizard.refusal_text or "", project.name)

    def test_defaults_of_the_view_do_not_leak(self):
        lead = self.create_lead(stage="negotiation", contact_name="Maria Huber")
        self.record_hours(lead)
        offer = self.create_offer(lead, tracking="task_in_project")
        wizard = self.open_won_dialog(lead, self.salesperson, partner_choice="create")
        wizard = wizard.with_context(
            default_type="opportunity",
            default_name="leaked",
            default_user_id=self.salesperson_2.id,
            default_stage_id=self.stages["new"].id,
            default_parent_id=self.create_partner("Leak").id,
            default_partner_id=self.create_partner("Leak").id,
            default_company_id=False,
            default_privacy_visibility="portal",
            default_state="cancel",
        )
        wizard.action_convert()
        project = lead.won_project_id
        self.assertEqual(project.name, "Bathroom Huber")
        self.assertEqual(project.partner_id, lead.partner_id)
        self.assertEqual(project.user_id, self.salesperson)
        self.assertEqual(project.privacy_visibility, "employees")
        self.assertEqual(lead.partner_id.name, "Maria Huber")
        self.assertEqual(offer.state, "sale")
        self.assertEqual(offer.order_line.task_id.state, "01_in_progress")
        self.assertEqual(lead.stage_id, self.stages["won"])

    # ------------------------------------------------------------
    # Without the dialog
    # ------------------------------------------------------------

    def test_any_other_way_to_won_leaves_the_project_pending(self):
        dragged, marked, created, done, opened = (
            self.create_lead(stage="negotiation"),
            self.create_lead(stage="negotiation"),
            self.create_lead(stage="won"),
            self.create_lead(stage="negotiation"),
            self.create_lead(stage="negotiation"),
        )
        dragged.with_user(self.salesperson).write({"stage_id": self.stages["won"].id})
        marked.with_user(self.salesperson).action_set_won_rainbowman()
        self.convert(done, self.salesperson)
        leads = dragged | marked | created | done | opened
        found = self.env["crm.lead"].search(
            [("id", "in", leads.ids), ("project_state", "=", "pending")]
        )
        self.assertEqual(found, (dragged | marked | created).sorted())
        self.assertEqual(opened.project_state, "none")

    def test_pending_lead_can_be_converted_later(self):
        lead = self.create_lead(stage="won")
        closed = lead.date_closed
        self.record_hours(lead)
        project = self.convert(lead, self.salesperson)
        self.assertEqual(lead.project_state, "converted")
        self.assertEqual(lead.timesheet_ids.project_id, project)
        self.assertEqual(lead.date_closed, closed)

    def test_leaving_won_without_project_is_not_pending_any_more(self):
        lead = self.create_lead(stage="won")
        lead.stage_id = self.stages["opened"]
        self.assertEqual(lead.project_state, "none")

    def test_no_project_lead_can_get_one_later(self):
        lead = self.create_lead(stage="negotiation")
        self.convert(lead, target="none")
        self.assertTrue(self.convert(lead))
        self.assertEqual(lead.project_state, "converted")

    def test_won_again_after_no_project_is_pending_again(self):
        lead = self.create_lead(stage="negotiation")
        self.convert(lead, target="none")
        lead.stage_id = self.stages["opened"]
        self.env.flush_all()
        self.assertEqual(lead.project_state, "none")
        lead.stage_id = self.stages["won"]
        self.assertEqual(lead.project_state, "pending")

    def test_converting_again_changes_nothing_twice(self):
        lead = self.create_lead(stage="negotiation")
        line = self.record_hours(lead)
        offer = self.create_offer(lead, tracking="task_in_project")
        first, second = self.open_won_dialog(lead), self.open_won_dialog(lead)
        first.action_convert()
        project, messages = lead.won_project_id, lead.message_ids
        projects = self.env["project.project"].search_count([])
        for action in (second.action_convert(), lead.action_won()):
            self.assertEqual(
                (action["res_model"], action["res_id"]), ("project.project", project.id)
            )
        self.assertEqual(lead.won_project_id, project)
        self.assertEqual(self.env["project.project"].search_count([]), projects)
        self.assertEqual(line.project_id, project)
        self.assertEqual(offer.state, "sale")
        self.assertEqual(lead.message_ids, messages)

    def test_leads_of_which_only_one_runs_in_a_project_are_refused(self):
        done, still_open = self.create_leads(2, stage="negotiation")
        wizard = self.open_won_dialog(done | still_open)
        self.convert(done)
        with self.assertRaisesRegex(UserError, "already"):
            (done | still_open).action_won()
        with self.assertRaisesRegex(UserError, "already"):
            wizard.action_convert()
        self.assertEqual(still_open.won_status, "pending")

    def test_converted_lead_that_was_reopened_is_won_again_in_its_project(self):
        lead = self.create_lead(stage="negotiation")
        project = self.convert(lead)
        lead.stage_id = self.stages["opened"]
        self.assertEqual(lead.won_status, "pending")
        lead.action_won()
        self.assertEqual((lead.won_status, lead.won_project_id), ("won", project))

    def test_failed_handover_changes_nothing(self):
        lead = self.create_lead(stage="negotiation")
        line = self.record_hours(lead)
        target = self.create_project()
        target.account_id.active = False
        wizard = self.open_won_dialog(lead, target="existing", project_id=target.id)
        with self.assertRaisesRegex(UserError, "analytic account"), self.env.cr.savepoint():
            wizard.action_convert()
        self.assertEqual(lead.won_status, "pending")
        self.assertEqual(line.project_id, self.company.lead_project_id)

    # ------------------------------------------------------------
    # Who may
    # ------------------------------------------------------------

    def test_salesperson_without_project_rights_does_it_all(self):
        self.assertFalse(self.salesperson.has_group("project.group_project_user"))
        lead = self.create_lead(stage="negotiation", contact_name="Maria Huber")
        lead.with_user(self.salesperson).action_track_time()
        self.record_hours(lead.with_user(self.salesperson), hours=2)
        self.record_hours(lead, self.employee_2, hours=3)
        main, other = self.create_offer(lead, tracking="task_in_project"), self.create_offer(lead)
        lead.main_order_id = main
        wizard = self.open_won_dialog(lead, self.salesperson, other_orders="cancel")
        self.assertIn("05:00", wizard.hours_text)
        self.assertIn(self.employee_2.name, wizard.hours_text)
        wizard.action_convert()
        self.assertEqual((main.state, other.state), ("sale", "cancel"))
        self.assertEqual(sum(lead.won_project_id.timesheet_ids.mapped("unit_amount")), 5)
        self.assertTrue(lead.partner_id.is_customer)

    @mute_logger(*ACCESS_LOGGERS)
    def test_nobody_converts_a_lead_out_of_reach(self):
        lead = self.create_lead(stage="negotiation")
        for user in (
            self.salesperson_2,
            self.timesheet_user,
            self.project_manager,
            self.accountant,
            self.portal_user,
        ):
            with self.assertRaises(AccessError):
                lead.with_user(user).action_won()
            with self.assertRaises(AccessError):
                self.env["crm.lead.won"].with_user(user).create(
                    {"lead_ids": [Command.set(lead.ids)], "project_name": "x"}
                ).action_convert()
        self.assertEqual(lead.won_status, "pending")
        self.assertFalse(lead.won_project_id)

    def test_sales_with_all_documents_convert_the_leads_of_others(self):
        lead = self.create_lead(stage="negotiation")
        self.convert(lead, self.sales_all)
        self.assertEqual(lead.project_state, "converted")

    # ------------------------------------------------------------
    # Told to whom
    # ------------------------------------------------------------

    def test_messages_on_both_sides_link_each_other(self):
        lead = self.create_lead(stage="negotiation")
        self.record_hours(lead, hours=4.5)
        project = self.convert(lead, self.salesperson)
        on_lead, on_project = lead.message_ids[0].body, project.message_ids[0].body
        self.assertIn(f'data-oe-id="{project.id}"', on_lead)
        self.assertIn(f'data-oe-id="{lead.id}"', on_project)
        self.assertIn("4:30", on_lead)
        self.assertIn("4:30", on_project.replace("04:30", "4:30"))

    def test_dialog_says_what_will_happen_and_changes_nothing(self):
        lead = self.create_lead(stage="negotiation", contact_name="Maria Huber")
        self.record_hours(lead, hours=4.5)
        offer = self.create_offer(lead, price=10500)
        self.env.flush_all()
        wizard = self.open_won_dialog(lead, self.salesperson, partner_choice="create")
        self.assertIn("04:30", wizard.hours_text)
        self.assertIn(self.employee.name, wizard.hours_text)
        self.assertIn(offer.name, wizard.order_text)
        self.assertIn("10,500.00", wizard.order_text)
        self.assertIn("Maria Huber", wizard.contact_text)
        self.assertFalse(wizard.warning_text)
        self.assertFalse(wizard.refusal_text)
        self.assertEqual((lead.won_status, offer.state), ("pending", "draft"))
        self.assertFalse(lead.partner_id)
