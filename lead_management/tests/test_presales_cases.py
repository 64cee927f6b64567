"""Presales work that was copied, moved or made a part of something, and who is told of it."""

from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location

from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools.misc import file_path

from .common import PROJECT_MANAGER
from .common_presales import PresalesCommon, PresalesWebCommon

TOTALS = ("effective_hours", "subtask_effective_hours", "total_hours_spent", "progress")


@tagged("post_install", "-at_install")
class TestPresalesElsewhere(PresalesWebCommon):
    """Other tasks than the ticket, as the customer sees them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.shared_after
        cls.ticket = cls.tickets & cls.project.task_ids
        cls.task = cls.tasks & cls.project.task_ids
        cls.project._add_collaborators(cls.customer)

    def find(self, model="project.task"):
        """What the customer finds in the project."""
        found = self.call(model, "search", [("project_id", "=", self.project.id)])
        return self.env[model].browse(found)

    def read_task(self):
        """The ordinary task's page, and its totals."""
        pages = [f"/my/tasks/{self.task.id}", "/my/tasks", f"/my/projects/{self.project.id}"]
        text = "".join(self.open(path).text for path in pages)
        return text, self.call("project.task", "read", self.task.ids, TOTALS)[0]

    def test_subtasks_of_a_ticket_are_hidden_with_it(self):
        values = {"name": "Subtask", "project_id": self.project.id, "partner_id": self.customer.id}
        subtask = self.env["project.task"].create({**values, "parent_id": self.ticket.id})
        below = self.env["project.task"].create({**values, "parent_id": subtask.id})
        subtasks = subtask | below
        self.record_ordinary_hours(below)
        self.assertFalse(subtasks.lead_id)
        self.assertEqual(self.find(), self.task)
        self.assertEqual(self.find("account.analytic.line"), self.task.timesheet_ids)
        self.assertFalse(subtasks.message_partner_ids & self.customer)
        self.release(self.ticket)
        self.assertEqual(self.find(), self.task | self.ticket | subtasks)
        self.assertLessEqual(below.timesheet_ids, self.find("account.analytic.line"))
        self.release(self.ticket, False)
        self.assertEqual(self.find(), self.task)
        subtask.parent_id = self.task
        self.assertEqual(self.find(), self.task | subtasks)

    def test_hours_moved_to_an_ordinary_task_are_hidden_and_not_in_its_totals(self):
        self.task.allocated_hours = 10
        text, totals = self.read_task()
        self.assertIn("Ordinary work", text)
        line = self.ticket.timesheet_ids
        line.with_user(self.project_manager).task_id = self.task
        self.assertEqual(self.task.timesheet_ids.lead_id, self.ticket.lead_id)
        text, new_totals = self.read_task()
        self.assertHidden(text)
        self.assertNotIn("08:45", text)
        self.assertEqual(new_totals, totals)
        self.assertEqual(totals["progress"], 0.15)
        self.assertNotIn(line, self.find("account.analytic.line"))
        groups = self.call(
            "project.task", "formatted_read_group", [], ["project_id"], ["effective_hours:sum"]
        )
        self.assertIn(1.5, [group["effective_hours:sum"] for group in groups])
        line.with_user(self.project_manager).task_id = self.ticket
        self.release(self.ticket)
        self.assertIn(line, self.find("account.analytic.line"))

    def test_a_ticket_below_an_ordinary_task_is_not_in_its_totals(self):
        before = self.read_task()[1]
        self.ticket.with_user(self.project_manager).parent_id = self.task
        text, totals = self.read_task()
        self.assertHidden(text)
        self.assertEqual(totals, before)
        children = self.call("project.task", "read", self.task.ids, ["child_ids", "subtask_count"])
        self.assertEqual((children[0]["child_ids"], children[0]["subtask_count"]), ([], 0))
        self.release(self.ticket)
        self.assertEqual(self.read_task()[1]["subtask_effective_hours"], 7.25)

    def test_tasks_made_from_a_ticket_are_hidden(self):
        copy = self.ticket.with_user(self.project_manager).copy()
        self.assertTrue(copy.is_internal_presales)
        self.assertEqual(self.find(), self.task)
        self.release(self.ticket)
        self.assertEqual(self.find(), self.task | self.ticket)
        self.assertFalse(self.ticket.with_user(self.project_manager).copy().is_internal_presales)

    def test_next_occurrence_of_a_ticket_is_hidden(self):
        self.project.allow_recurring_tasks = True
        self.ticket.write({"recurring_task": True, "repeat_unit": "week", "repeat_interval": 1})
        self.ticket.state = "1_done"
        occurrences = self.ticket.recurrence_id.task_ids
        self.assertEqual(len(occurrences), 2)
        self.assertTrue(all(occurrences.mapped("is_internal_presales")))

    def test_a_copy_of_the_project_has_no_ticket(self):
        self.project.allow_task_dependencies = True
        hidden, shown = self.env["project.task"].create(
            [
                {"name": name, "project_id": self.project.id, "parent_id": self.task.id}
                for name in ("Secret part", "Shown part")
            ]
        )
        hidden.lead_id = self.ticket.lead_id
        shown.depend_on_ids = self.task
        project = self.project.with_user(self.project_manager)
        template = self.env["project.project"].browse(
            project.action_create_template_from_project()["params"]["project_id"]
        )
        for copy in (project.copy(), template, template.action_create_from_template()):
            tasks = copy.sudo().task_ids
            self.assertEqual(sorted(tasks.mapped("name")), ["Ordinary task", "Shown part"])
            self.assertFalse(any(tasks.mapped("is_internal_presales")))
            part = tasks.filtered("parent_id")
            self.assertEqual(part.depend_on_ids, part.parent_id)

    def test_a_copy_of_a_task_has_no_hidden_subtask(self):
        """Also where an archived one, which a template does not copy, is among them."""
        values = {"project_id": self.project.id, "parent_id": self.task.id}
        archived, hidden, shown = self.env["project.task"].create(
            [{"name": name, **values} for name in ("Archived", "Secret part", "Shown part")]
        )
        archived.active = False
        hidden.lead_id = self.ticket.lead_id
        task = self.task.with_user(self.project_manager)
        from_template = task.browse(task.action_create_from_template())
        for copy in (task.copy(), from_template, task.sudo().copy()):
            names = " ".join(copy.sudo().child_ids.mapped("name"))
            self.assertIn(shown.name, names)
            self.assertNotIn(hidden.name, names)

    def test_released_tickets_are_copied_with_the_project(self):
        self.release(self.ticket)
        copy = self.project.with_user(self.project_manager).copy().sudo()
        self.assertIn("Secret bathroom", copy.task_ids.mapped("name"))

    def test_a_ticket_whose_lead_was_deleted_stays_hidden_until_released(self):
        lead = self.create_lead(name="Secret other", partner_id=self.customer.id)
        ticket = lead._get_or_create_tickets()[lead]
        ticket.project_id = self.project
        lead.unlink()
        self.env.invalidate_all()
        self.assertFalse(ticket.lead_id)
        ticket.active = True
        self.assertEqual(self.find(), self.task)
        self.assertTrue(ticket.is_presales)
        self.release(ticket)
        self.assertEqual(self.find(), self.task | ticket)


@tagged("post_install", "-at_install")
class TestPresalesMail(PresalesCommon):
    """Who follows a ticket, and what the customer gets by mail."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.follower = cls.create_partner("Customer's wife", email="wife@test.example.com")
        cls.outsiders = cls.customer | cls.follower

    def test_customers_do_not_follow_tickets(self):
        self.assertFalse(self.tickets.message_partner_ids & self.outsiders)
        self.assertIn(self.customer, self.tasks[0].message_partner_ids)
        for task in self.tickets | self.tasks:
            task.message_subscribe((self.outsiders | self.sales_all.partner_id).ids)
            self.assertIn(self.sales_all.partner_id, task.message_partner_ids)
            shown = self.outsiders if task in self.tasks else self.outsiders.browse()
            self.assertEqual(task.message_partner_ids & self.outsiders, shown)
        tasks = self.shared_after.task_ids
        self.env["mail.followers"]._insert_followers(tasks._name, tasks.ids, self.outsiders.ids)
        self.assertFalse(self.tickets.message_partner_ids & self.outsiders)

    def test_released_tickets_are_followed_by_their_customer_until_taken_back(self):
        for shown in (True, False, True):
            self.release(self.tickets, shown)
            for ticket in self.tickets:
                self.assertEqual(self.customer in ticket.message_partner_ids, shown)

    def test_a_ticket_released_in_a_project_of_employees_has_no_customer_following(self):
        self.shared_after.privacy_visibility = "employees"
        ticket = self.shared_after.task_ids & self.tickets
        self.release(ticket)
        self.assertNotIn(self.customer, ticket.message_partner_ids)
        self.shared_after.privacy_visibility = "portal"
        self.assertIn(self.customer, ticket.message_partner_ids)

    def test_comments_are_mailed_to_who_follows_and_may_see(self):
        for ticket, task in zip(self.tickets, self.tasks, strict=True):
            # followed before it became a ticket
            task.lead_id = ticket.lead_id
            self.assertIn(self.customer, task.message_partner_ids)
            self.assertNotIn(self.customer, self.comment(task))
            self.release(task)
            self.assertIn(self.customer, self.comment(task))
            self.release(task, False)
            self.assertNotIn(self.customer, self.comment(task))
            self.assertIn(self.customer, self.comment(task, partner_ids=self.customer.ids))

    def comment(self, task, **values):
        """Who is told of a comment."""
        with self.new_messages(task) as told:
            task.message_post(
                body="Secret comment",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                **values,
            )
        return told

    @contextmanager
    def new_messages(self, task):
        """The partners that messages about the task are addressed or mailed to in this block."""
        self.env.flush_all()
        self.env.cr.flush()  # what was before is committed: core tracks changes after that
        domain = [("model", "=", task._name), ("res_id", "in", task.ids)]
        before = self.env["mail.message"].search(domain)
        told = set()
        yield told
        self.env.flush_all()
        self.env.cr.flush()
        messages = self.env["mail.message"].search(domain) - before
        self.assertTrue(messages)
        told.update(messages.partner_ids | messages.notification_ids.res_partner_id)

    def set_up_stage(self, project):
        """A first stage that tells the customer by mail, by rating and by text message."""
        template = self.env["mail.template"].create(
            {
                "name": "Stage",
                "model_id": self.env["ir.model"]._get_id("project.task"),
                "subject": "Secret stage",
                "body_html": "<p>Secret stage</p>",
                "partner_to": "{{ object.partner_id.id }}",
            }
        )
        values = {
            "name": "Telling",
            "sequence": -1,
            "project_ids": [Command.link(project.id)],
            "mail_template_id": template.id,
            "rating_active": True,
            "rating_status": "stage",
            "rating_template_id": self.env.ref("project.rating_project_request_email_template").id,
        }
        if "sms_template_id" in self.env["project.task.type"]._fields:
            sms = {"name": "SMS", "body": "Secret", "model_id": template.model_id.id}
            values["sms_template_id"] = self.env["sms.template"].create(sms).id
            self.customer.phone = "+32455001122"
        return self.env["project.task.type"].create(values)

    def test_stages_tell_the_customer_of_what_he_sees(self):
        project = self.create_shared_project("With stages")
        stage = self.set_up_stage(project)
        followers = project.message_follower_ids.filtered(
            lambda follower: follower.partner_id == self.customer
        )
        followers.subtype_ids |= self.env.ref("project.mt_project_task_new")
        lead = self.create_presales()
        ticket = lead.task_ids
        with self.new_messages(ticket) as told:
            self.win(lead, target="existing", project_id=project.id)
        self.assertEqual((ticket.project_id, ticket.stage_id), (project, stage))
        self.assertNotIn(self.customer, told)
        with self.new_messages(ticket) as told:
            ticket.stage_id = stage.copy({"name": "Next"})
        self.assertNotIn(self.customer, told)
        self.assertFalse(ticket.rating_ids)
        self.assertFalse(self.find_text_messages(ticket))
        self.release(ticket)
        with self.new_messages(ticket) as told:
            ticket.stage_id = stage
        self.assertIn(self.customer, told)
        self.assertTrue(ticket.rating_ids)
        self.assertEqual(bool(self.find_text_messages(ticket)), "sms_template_id" in stage._fields)

    def find_text_messages(self, ticket):
        return ticket.message_ids.filtered(lambda message: message.message_type == "sms")


@tagged("post_install", "-at_install")
class TestPresalesForm(PresalesCommon):
    def test_project_managers_release_tickets_on_the_form(self):
        manager = self.create_user("lm_pm_only", "Project only", PROJECT_MANAGER)
        ticket = self.tickets[0].with_user(manager)
        with Form(ticket, view="project.view_task_form2") as form:
            self.assertTrue(form.is_presales)
            self.assertFalse(form.is_shown_to_customer)
            form.is_shown_to_customer = True
        self.assertFalse(ticket.is_internal_presales)
        with Form(self.tasks[0].with_user(manager), view="project.view_task_form2") as form:
            self.assertFalse(form.is_presales)
            with self.assertRaises(AssertionError):
                form.is_shown_to_customer = True

    def test_internal_presales_is_a_filter(self):
        views = self.env["project.task"].get_views([(False, "search")])["views"]
        self.assertIn("internal_presales", views["search"]["arch"])
        tasks = self.env["project.task"].search([("is_internal_presales", "=", True)])
        self.assertLessEqual(self.tickets, tasks)

    def test_coming_from_the_version_before(self):
        """Tickets of leads and all below them are hidden by one statement."""
        task = self.tasks[0]
        subtask, child = self.env["project.task"].create(
            [
                {"name": "Part", "parent_id": parent.id, "project_id": self.shared_after.id}
                for parent in (self.tickets[0], task)
            ]
        )
        lead = self.tickets[0].lead_id
        child.lead_id = lead
        self.record_ordinary_hours(child, 4)
        self.record_ordinary_hours(task, 8).lead_id = lead
        everything = self.tickets | subtask | child | self.tasks
        self.env.flush_all()
        self.env.cr.execute(
            """
            ALTER TABLE project_task DROP COLUMN is_internal_presales,
                                     DROP COLUMN is_shown_to_customer;
            UPDATE project_task SET effective_hours = 9.5, subtask_effective_hours = 4,
                                    total_hours_spent = 13.5
             WHERE id = %s
            """,
            task.ids,
        )
        self.env.invalidate_all()
        for name in ("pre-presales", "post-presales"):
            self.load_migration("19.0.1.2.0", name).migrate(self.env.cr, "19.0.1.1.0")
        self.env.flush_all()
        self.env.invalidate_all()
        hidden = self.tickets | subtask | child
        self.assertEqual(everything.filtered("is_internal_presales"), hidden)
        self.assertFalse(any(everything.mapped("is_shown_to_customer")))
        self.assertEqual((task.total_hours_spent, task.subtask_effective_hours), (1.5, 0))
        self.assertEqual(child.effective_hours, 4)

    def load_migration(self, version, name):
        path = file_path(f"lead_management/migrations/{version}/{name}.py")
        spec = spec_from_file_location("migration", path)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
