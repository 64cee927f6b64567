"""Work from before the order is never shown outside, until somebody releases the ticket."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_presales import PresalesWebCommon

LISTS = (
    "/my/tasks",
    "/my/tasks?groupby=project_id",
    "/my/tasks?groupby=stage_id&search_in=name&search=Secret",
    "/my/timesheets",
    "/my/timesheets?groupby=none",
    "/my/timesheets?groupby=task_id",
    "/my/timesheets?groupby=parent_task_id",
    "/my/timesheets?groupby=employee_id",
    "/my/timesheets?groupby=date&search_in=name&search=Secret",
)


@tagged("post_install", "-at_install")
class TestPresalesPages(PresalesWebCommon):
    """The pages of the customer's portal, with and without tokens."""

    def get_pages(self, tasks):
        """(login, path) of every page of these tasks, by the customer and by the public."""
        for task in tasks:
            project = task.project_id
            token, project_token = task._portal_ensure_token(), project._portal_ensure_token()
            by_project = f"/my/projects/{project.id}/task/{task.id}"
            yield self.portal_user, f"/my/tasks/{task.id}"
            yield self.portal_user, by_project
            yield self.portal_user, f"{by_project}?access_token={project_token}"
            for user in (self.portal_user, None):
                yield user, f"/my/tasks/{task.id}?access_token={token}"
                yield user, f"/my/tasks/{task.id}?access_token={token}&report_type=html"
            yield None, f"{by_project}?access_token={project_token}"

    def test_lists_show_ordinary_tasks_and_their_hours_only(self):
        for path in LISTS:
            response = self.open(path)
            self.assertEqual(response.status_code, 200, path)
            typed_in = ("search=Secret", 'value="Secret"')
            self.assertHidden(response.text.replace(typed_in[0], "").replace(typed_in[1], ""), path)
            if "Secret" not in path:
                self.assertIn("Ordinary task", response.text, path)
                self.assertEqual("Ordinary work" in response.text, "timesheets" in path, path)

    def test_lists_show_released_tickets_and_their_hours(self):
        self.release(self.tickets)
        for path in LISTS:
            text = self.open(path).text
            self.assertIn("Secret remark" if "timesheets" in path else "Secret bathroom", text)
            self.assertIn("07:15", text, path)

    def test_counters(self):
        params = {"counters": ["task_count", "timesheet_count"]}
        counters = self.request("/my/counters", params)
        self.assertEqual((counters["task_count"], counters["timesheet_count"]), (2, 2))
        self.release(self.tickets)
        counters = self.request("/my/counters", params)
        self.assertEqual((counters["task_count"], counters["timesheet_count"]), (4, 4))

    def test_pages_of_a_ticket_lead_home(self):
        for user, path in self.get_pages(self.tickets):
            self.log_in(user)
            response = self.open(path)
            self.assertEqual(response.status_code, 200, path)
            self.assertNotIn("/task", response.url, path)
            self.assertHidden(response.text, path)

    def test_pages_of_ordinary_tasks_and_released_tickets_open(self):
        self.release(self.tickets)
        for tasks, name in ((self.tasks, "Ordinary task"), (self.tickets, "Secret bathroom")):
            for user, path in self.get_pages(tasks):
                self.log_in(user)
                response = self.open(path)
                self.assertEqual(response.status_code, 200, path)
                if "report_type" not in path:
                    self.assertIn(name, response.text, path)
        self.log_in(self.portal_user)
        for path, word in (
            (f"/my/tasks/{self.tickets[0].id}", "Secret description"),
            (f"/my/tasks/{self.tickets[0].id}", "Secret.txt"),
            (f"/my/tasks/{self.tickets[0].id}", "Secret remark"),
            (f"/my/tasks/{self.tickets[0].id}?report_type=html", "Secret remark"),
        ):
            self.assertIn(word, self.open(path).text)

    def test_page_of_a_project_by_its_token(self):
        for project in self.projects:
            path = f"/my/projects/{project.id}?access_token={project._portal_ensure_token()}"
            for user in (None, self.portal_user):
                self.log_in(user)
                response = self.open(path)
                self.assertIn("Ordinary task", response.text)
                self.assertHidden(response.text, path)
            self.release(project.task_ids & self.tickets)
            self.log_in()
            self.assertIn("Secret bathroom", self.open(path).text)

    def test_printed_hours(self):
        for ticket in self.tickets:
            response = self.open(f"/my/tasks/{ticket.id}?report_type=pdf")
            self.assertNotEqual(response.headers.get("Content-Type"), "application/pdf")
            self.assertHidden(response.text)
        for task in self.tasks:
            response = self.open(f"/my/tasks/{task.id}?report_type=pdf")
            self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.release(self.tickets)
        response = self.open(f"/my/tasks/{self.tickets[0].id}?report_type=pdf")
        self.assertEqual(response.headers["Content-Type"], "application/pdf")

    def test_links_in_mails_lead_home(self):
        for ticket in self.tickets:
            path = f"/mail/view?model=project.task&res_id={ticket.id}"
            for query in ("", f"&access_token={ticket._portal_ensure_token()}"):
                response = self.open(path + query)
                self.assertNotIn("/task", response.url)
                self.assertHidden(response.text)

    def test_ratings_asked_for_before(self):
        ticket = self.tickets[0]
        self.release(ticket)
        path = f"/rate/{ticket._rating_get_access_token()}/5"
        self.log_in()
        self.assertEqual(self.open(path).status_code, 200)
        self.release(ticket, False)
        self.assertEqual(self.open(path).status_code, 404)

    def test_employees_see_the_ticket_wherever_the_customer_does_not(self):
        self.log_in(self.project_manager)
        for ticket in self.tickets:
            self.assertIn("Secret description", self.open(f"/my/tasks/{ticket.id}").text)
        self.assertIn("Secret bathroom", self.open("/my/tasks").text)
        token = self.shared_after._portal_ensure_token()
        path = f"/my/projects/{self.shared_after.id}?access_token={token}"
        self.assertIn("Secret bathroom", self.open(path).text)


@tagged("post_install", "-at_install")
class TestPresalesRpc(PresalesWebCommon):
    """What the customer's browser gets of the server when it asks for records."""

    def setUp(self):
        super().setUp()
        for project in self.projects:
            project._add_collaborators(self.customer)
            project.task_ids.message_subscribe(self.customer.ids)

    def test_collaborators_edit_ordinary_tasks(self):
        for task in self.tasks:
            self.assertTrue(self.call("project.task", "write", task.ids, {"name": "Renamed"}))
        self.assertEqual(self.tasks.mapped("name"), ["Renamed", "Renamed"])

    def test_tickets_are_refused(self):
        for ticket in self.tickets:
            for method, arguments in (
                ("read", [["name"]]),
                ("web_read", [{"name": {}}]),
                ("write", [{"name": "x"}]),
                ("write", [{"is_shown_to_customer": True}]),
                ("project_sharing_toggle_is_follower", []),
                ("get_mention_suggestions", ["a"]),
                ("export_data", [["name"]]),
                ("message_get_followers", []),
            ):
                result = self.call("project.task", method, ticket.ids, *arguments)
                self.assertFalse(result, f"{method} {result}")

    def test_nobody_outside_releases_a_ticket(self):
        self.assertIsNone(
            self.call("project.task", "write", self.tasks.ids, {"is_shown_to_customer": True})
        )
        for user in (self.portal_user, self.salesperson, self.timesheet_user):
            with self.assertRaises(AccessError, msg=user.login), self.env.cr.savepoint():
                self.tickets.with_user(user).write({"is_shown_to_customer": True})
        self.release(self.tickets)
        self.assertFalse(any(self.tickets.mapped("is_internal_presales")))

    def test_searches_find_ordinary_tasks_only(self):
        domain = [("project_id", "in", self.projects.ids)]
        found = self.call("project.task", "search", domain)
        self.assertEqual(set(found), set(self.tasks.ids))
        self.assertEqual(self.call("project.task", "search_count", domain), 2)
        self.assertEqual(self.call("project.task", "name_search", "Secret"), [])
        groups = self.call("project.task", "formatted_read_group", domain, ["name"], ["__count"])
        self.assertEqual({group["name"] for group in groups}, {"Ordinary task"})
        for path in ("task_ids.name", "task_ids.timesheet_ids.name", "timesheet_ids.name"):
            for word, count in (("Secret", 0), ("Ordinary", 2)):
                domain_of_projects = [(path, "ilike", word)]
                found = self.call("project.project", "search_count", domain_of_projects)
                self.assertIn(found, (count, None), domain_of_projects)
        self.release(self.tickets)
        found = self.call("project.task", "search", domain)
        self.assertEqual(set(found), set((self.tasks | self.tickets).ids))

    def test_no_task_is_tied_to_a_ticket(self):
        ticket, task = self.tickets[0], self.tasks[0]
        self.assertIsNone(self.call("project.task", "write", task.ids, {"parent_id": ticket.id}))
        link = {"child_ids": [(4, ticket.id)]}
        self.assertIsNone(self.call("project.task", "write", task.ids, link))
        context = {"default_project_id": task.project_id.id}
        for parent, allowed in ((ticket, False), (task, True)):
            created = self.call(
                "project.task",
                "create",
                {"name": "Mine", "parent_id": parent.id},
                context=context,
            )
            self.assertEqual(bool(created), allowed, parent.name)

    def test_hours_of_tickets_are_refused(self):
        model = "account.analytic.line"
        visible = self.tasks.timesheet_ids
        domain = [("project_id", "in", self.projects.ids)]
        self.assertEqual(set(self.call(model, "search", domain)), set(visible.ids))
        self.assertIsNone(self.call(model, "read", self.lines.ids, ["name"]))
        groups = self.call(
            model, "formatted_read_group", domain, ["project_id"], ["unit_amount:sum"]
        )
        self.assertEqual([group["unit_amount:sum"] for group in groups], [1.5, 1.5])
        self.release(self.tickets)
        self.assertEqual(set(self.call(model, "search", domain)), set((visible | self.lines).ids))

    def test_projects_do_not_count_hidden_hours(self):
        read = self.call("project.project", "read", self.projects.ids, ["effective_hours"])
        self.assertEqual([values["effective_hours"] for values in read], [1.5, 1.5])
        self.assertEqual(self.projects.mapped("effective_hours"), [8.75, 8.75])
        self.release(self.tickets)
        read = self.call("project.project", "read", self.projects.ids, ["effective_hours"])
        self.assertEqual([values["effective_hours"] for values in read], [8.75, 8.75])

    def test_no_field_of_a_project_tells_hidden_work(self):
        """Whatever fields other addons bring: they say the same with and without tickets."""
        fields = self.call("project.project", "fields_get", [], ["type"])
        numbers = [
            name for name, field in fields.items() if field["type"] in ("integer", "float", "html")
        ]
        project = self.shared_after
        readable = [
            name for name in numbers if self.call("project.project", "read", project.ids, [name])
        ]
        self.assertIn("task_count", readable)
        hidden = self.call("project.project", "read", project.ids, readable)
        ticket = self.tickets & project.task_ids
        ticket.timesheet_ids.unlink()
        ticket.unlink()
        self.assertEqual(self.call("project.project", "read", project.ids, readable), hidden)

    def get_links(self, file):
        """The links to a file that core writes on pages and in messages."""
        for token in (file.generate_access_token()[0], file._get_raw_access_token()):
            yield f"/web/content/{file.id}?access_token={token}"

    def test_files(self):
        for tasks, content in ((self.tasks, b"Plan"), (self.tickets, None)):
            for file in self.get_files(tasks):
                self.assertIsNone(self.call("ir.attachment", "read", file.ids, ["name"]))
                self.assertIn(self.open(f"/web/content/{file.id}").status_code, (403, 404))
                for path in self.get_links(file):
                    response = self.open(path)
                    if content:
                        self.assertEqual(response.content, content)
                    else:
                        self.assertIn(response.status_code, (403, 404))

    def test_files_of_a_ticket_taken_back(self):
        self.release(self.tickets)
        paths = list(self.get_links(self.get_files(self.tickets)[0]))
        for user in (self.portal_user, None):
            self.log_in(user)
            self.assertEqual({self.open(path).content for path in paths}, {b"Secret file"})
        self.release(self.tickets, False)
        for user in (self.portal_user, None):
            self.log_in(user)
            for path in paths:
                self.assertIn(self.open(path).status_code, (403, 404), path)
        self.log_in(self.project_manager)
        self.assertEqual({self.open(path).content for path in paths}, {b"Secret file"})


@tagged("post_install", "-at_install")
class TestPresalesChatter(PresalesWebCommon):
    """Messages, by the chatter of the portal and of shared projects."""

    def get_threads(self, task):
        """The ways to say who one is; the first one is none."""
        yield {}
        yield {"token": task._portal_ensure_token()}
        yield {"hash": task._sign_token(self.customer.id), "pid": self.customer.id}
        yield {"project_sharing_id": task.project_id.id}
        token = task.project_id._portal_ensure_token()
        yield {"project_sharing_id": task.project_id.id, "token": token}

    def read_messages(self, task):
        """All that the routes of the chatter say about the task's messages."""
        self.shared_after._add_collaborators(self.customer)
        thread = {"thread_model": "project.task", "thread_id": task.id}
        answers = [
            self.request("/mail/thread/messages", thread),
            self.call("mail.message", "search_read", [("res_id", "=", task.id)], ["body"]),
        ]
        for user in (self.portal_user, None):
            self.log_in(user)
            for access in self.get_threads(task):
                answers.append(self.request("/mail/chatter_fetch", {**thread, **access}))
                answers.append(self.request("/portal/chatter_init", {**thread, **access}))
        self.log_in(self.portal_user)
        return str(answers)

    def post(self, task, access):
        params = {
            "thread_model": "project.task",
            "thread_id": task.id,
            "post_data": {"body": "Posted", "message_type": "comment"},
        }
        self.request("/mail/message/post", {**params, **access})
        return "Posted" in str(task.message_ids.mapped("body"))

    def test_messages_of_tickets_are_not_told(self):
        task, ticket = (tasks & self.shared_after.task_ids for tasks in (self.tasks, self.tickets))
        self.assertIn("Ordinary comment", self.read_messages(task))
        self.assertHidden(self.read_messages(ticket))
        self.release(ticket)
        self.assertIn("Secret comment", self.read_messages(ticket))
        self.release(ticket, False)
        self.assertHidden(self.read_messages(ticket))

    def test_nobody_outside_posts_on_a_ticket(self):
        task, ticket = (tasks & self.shared_after.task_ids for tasks in (self.tasks, self.tickets))
        self.shared_after._add_collaborators(self.customer)
        for access in self.get_threads(ticket):
            self.assertFalse(self.post(ticket, access), access)
        self.assertTrue(self.post(task, {}))
        self.release(ticket)
        self.assertTrue(self.post(ticket, {}))
