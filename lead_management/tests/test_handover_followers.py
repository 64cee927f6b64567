"""Winning a lead lets nobody into a project but the manager whom the dialog names."""

from odoo.tests import tagged

from .common import PROJECT_MANAGER, LeadManagementCommon

VISIBILITIES = ("followers", "invited_users", "employees", "portal")
TRACKINGS = ("no", "task_global_project", "task_in_project", "project_only")


@tagged("post_install", "-at_install")
class TestHandoverFollowers(LeadManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.portal_user.partner_id
        cls.colleague = cls.create_user("lm_colleague", "Colleague")
        cls.manager = cls.create_user("lm_manager", "Project manager", PROJECT_MANAGER)
        cls.people = (cls.colleague | cls.sales_all | cls.sales_manager).partner_id | cls.customer

    @classmethod
    def create_followed_lead(cls):
        """A lead that people and its customer follow, with hours and a ticket with a follower."""
        lead = cls.create_lead(stage="negotiation", partner_id=cls.customer.id)
        lead.message_subscribe(cls.people.ids)
        cls.record_hours(lead, hours=2)
        lead.task_ids.write({"partner_id": cls.customer.id})
        lead.task_ids.message_follower_ids.unlink()
        lead.task_ids.message_subscribe(cls.timesheet_user.partner_id.ids)
        return lead

    @classmethod
    def create_followed_project(cls, **values):
        """A project that people and a customer follow, with a task they follow as well."""
        project = cls.create_project("Followed", allow_billable=True, user_id=False, **values)
        project.message_subscribe(cls.people.ids)
        task = cls.env["project.task"].create({"name": "Old", "project_id": project.id})
        task.message_subscribe(cls.people.ids)
        project._add_collaborators(cls.customer)
        return project

    def read_followers(self, project):
        """The partners that follow the project, those of each task, and the collaborators."""
        project.invalidate_recordset()
        tasks = project.with_context(active_test=False).task_ids
        return (
            project.message_partner_ids,
            {task: task.message_partner_ids for task in tasks},
            project.collaborator_ids.partner_id,
        )

    def win(self, lead, user=None, **values):
        return self.convert(lead, user or self.salesperson, **values).with_user(self.env.user)

    def assertLetsIn(self, project, manager, tickets):
        """Only the manager follows the project and its new tasks; tickets are followed as ever."""
        followers, by_task, collaborators = self.read_followers(project)
        self.assertEqual(followers, manager)
        self.assertFalse(collaborators)
        for task, partners in by_task.items():
            if task in tickets:
                self.assertEqual(partners, self.timesheet_user.partner_id, task.name)
            else:
                self.assertLessEqual(partners, manager, task.name)

    def test_a_new_project(self):
        for tracking in TRACKINGS:
            for user in (self.salesperson, self.sales_manager):
                for manager in (self.manager, self.env["res.users"]):
                    lead = self.create_followed_lead()
                    self.create_offer(lead, tracking=tracking, user_id=user.id)
                    tickets = lead.task_ids
                    project = self.win(
                        lead, user, confirm_order=True, user_id=manager.id, project_name="New"
                    )
                    self.assertEqual(lead.main_order_id.state, "sale")
                    self.assertLessEqual(tickets, project.task_ids)
                    if tracking == "task_in_project":
                        self.assertGreater(project.task_ids, tickets)
                    self.assertLetsIn(project, manager.partner_id, tickets)

    def test_a_project_of_a_template(self):
        for visibility in VISIBILITIES:
            template = self.create_followed_project(
                is_template=True, privacy_visibility=visibility, partner_id=False
            )
            self.company.lead_won_project_template_id = template
            lead = self.create_followed_lead()
            self.create_offer(lead, tracking="task_in_project")
            tickets = lead.task_ids
            project = self.win(
                lead,
                confirm_order=True,
                user_id=self.manager.id,
                project_template_id=template.id,
            )
            self.assertEqual(project.privacy_visibility, visibility)
            self.assertIn("Old", project.task_ids.mapped("name"))
            self.assertLetsIn(project, self.manager.partner_id, tickets)
            self.assertEqual(template.message_partner_ids, self.people)

    def test_an_existing_project(self):
        for visibility in VISIBILITIES:
            for tracking in TRACKINGS:
                project = self.create_followed_project(privacy_visibility=visibility)
                project.message_unsubscribe(self.sales_manager.partner_id.ids)
                if visibility in ("followers", "invited_users"):
                    project.message_subscribe(self.salesperson.partner_id.ids)
                before, tasks, collaborators = self.read_followers(project)
                lead = self.create_followed_lead()
                self.create_offer(lead, tracking=tracking)
                tickets = lead.task_ids
                self.win(
                    lead,
                    confirm_order=True,
                    target="existing",
                    project_id=project.id,
                    user_id=self.manager.id,
                    accept_other_customer=True,
                )
                self.assertEqual(tickets.project_id, project)
                after, by_task, new_collaborators = self.read_followers(project)
                self.assertEqual(after, before, visibility)
                self.assertEqual(new_collaborators, collaborators)
                for task, partners in by_task.items():
                    expected = tasks.get(task, self.env["res.partner"])
                    if task in tickets:
                        expected = self.timesheet_user.partner_id
                    self.assertEqual(partners, expected, task.name)

    def test_the_project_a_product_makes_or_collects_tasks_in(self):
        """Not only the project of the dialog: also the one that the order brings."""
        shared = self.create_followed_project(privacy_visibility="followers")
        before, tasks, _collaborators = self.read_followers(shared)
        product = self.create_product("task_global_project", project_id=shared.id)
        lead = self.create_followed_lead()
        self.create_offer(lead, products=product)
        self.win(lead, confirm_order=True, project_name="New", user_id=self.manager.id)
        after, by_task, _collaborators = self.read_followers(shared)
        self.assertGreater(len(by_task), len(tasks))
        self.assertEqual(after, before)
        for task in by_task.keys() - tasks.keys():
            self.assertFalse(by_task[task])

    def test_no_project(self):
        lead = self.create_followed_lead()
        self.create_offer(lead)
        tickets = lead.task_ids
        before = tickets.project_id.message_partner_ids
        self.win(lead, target="none", confirm_order=True)
        self.assertEqual(tickets.project_id.message_partner_ids, before)
        self.assertEqual(tickets.message_partner_ids, self.timesheet_user.partner_id)

    def test_the_private_project_stays_closed_to_who_won_the_lead(self):
        """He lands on the lead; the manager opens the project and its tickets."""
        template = self.create_project(
            "Private", is_template=True, privacy_visibility="followers", user_id=False
        )
        self.company.lead_won_project_template_id = template
        lead = self.create_followed_lead()
        dialog = self.open_won_dialog(
            lead, self.salesperson, project_template_id=template.id, user_id=self.manager.id
        )
        action = dialog.action_convert()
        project = lead.won_project_id
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", lead.id))
        for user in (self.salesperson, self.colleague, self.sales_all):
            self.assertFalse(project.with_user(user).has_access("read"), user.login)
        self.assertTrue(project.with_user(self.manager).has_access("read"))
        self.assertTrue(project.task_ids.with_user(self.manager).has_access("read"))

    def test_who_works_in_the_project_later_follows_as_ever(self):
        """Core's rules hold again when the handover is done."""
        lead = self.create_followed_lead()
        project = self.win(lead, user_id=self.manager.id)
        task = (
            self.env["project.task"]
            .with_user(self.project_manager)
            .create({"name": "Later", "project_id": project.id})
        )
        self.assertIn(self.project_manager.partner_id, task.message_partner_ids)
        self.assertIn(self.manager.partner_id, task.message_partner_ids)
        project.user_id = self.colleague
        self.assertIn(self.colleague.partner_id, project.message_partner_ids)

    def test_several_leads_at_once(self):
        leads = self.create_followed_lead() | self.create_followed_lead()
        tickets = leads.task_ids
        project = self.convert(leads, self.salesperson, user_id=self.manager.id)
        self.assertEqual(tickets.project_id, project)
        self.assertLetsIn(project.with_user(self.env.user), self.manager.partner_id, tickets)

    def test_a_split_ticket(self):
        """Where invoiced hours stay behind, the copy of the ticket has no followers."""
        lead = self.create_followed_lead()
        invoiced = self.record_hours(lead, date="2026-03-03")
        invoiced.write({"timesheet_invoice_id": self.create_invoice().id})
        invoiced.timesheet_invoice_type = "billable_time"
        ticket = lead.task_ids
        project = self.win(lead, user_id=self.manager.id)
        self.assertEqual(project.message_partner_ids, self.manager.partner_id)
        copy = project.task_ids - ticket
        self.assertEqual(copy.lead_id, lead)
        self.assertLessEqual(copy.message_partner_ids, self.manager.partner_id)
        self.assertTrue(copy.is_internal_presales)

    def test_collaborators_of_a_template_are_not_copied(self):
        template = self.create_followed_project(is_template=True, privacy_visibility="portal")
        self.assertTrue(template.collaborator_ids)
        self.company.lead_won_project_template_id = template
        project = self.win(
            self.create_followed_lead(),
            project_template_id=template.id,
            user_id=self.manager.id,
            partner_choice="link",
            partner_id=self.customer.id,
        )
        self.assertEqual(project.partner_id, self.customer)
        self.assertFalse(project.collaborator_ids)
        portal = self.env["project.project"].with_user(self.portal_user)
        self.assertFalse(portal.search([("id", "=", project.id)]))
