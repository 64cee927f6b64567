"""Tokens of a task or a project skip the record rules: what they open is checked here."""

from werkzeug.exceptions import NotFound

from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.project.controllers.portal import ProjectCustomerPortal
from odoo.addons.rating.controllers.main import Rating


class PresalesCustomerPortal(ProjectCustomerPortal):
    def _document_check_access(self, model_name, document_id, access_token=None):
        document_sudo = super()._document_check_access(model_name, document_id, access_token)
        if (
            model_name == "project.task"
            and document_sudo.with_env(request.env)._is_hidden_from_user()
        ):
            raise AccessError(request.env._("This task is not shown to customers."))
        return document_sudo

    def _prepare_tasks_values(
        self,
        page,
        date_begin,
        date_end,
        sortby,
        search,
        search_in,
        groupby,
        url="/my/tasks",
        domain=None,
        su=False,
        project=False,
    ):
        domain = Domain(domain or []) & request.env["project.task"]._get_customer_domain()
        return super()._prepare_tasks_values(
            page,
            date_begin,
            date_end,
            sortby,
            search,
            search_in,
            groupby,
            url,
            domain,
            su,
            project,
        )

    @route()
    def portal_my_project_task(self, project_id=None, task_id=None, access_token=None, **kw):
        # as core looks for it; it breaks where it finds nothing
        tasks = request.env["project.task"]
        # sudo: only which task it is; a token opens it, or the rights of the user
        task = tasks.sudo().search([("id", "=", task_id), ("project_id", "=", project_id)], limit=1)
        task = task.sudo(False)
        if not task or task._is_hidden_from_user() or not (access_token or task.has_access("read")):
            return request.redirect("/my")
        return super().portal_my_project_task(project_id, task_id, access_token, **kw)


class PresalesRating(Rating):
    def _get_rating_and_record(self, token):
        """A link to rate a task leads nowhere once the task is hidden."""
        rating, record_sudo = super()._get_rating_and_record(token)
        if record_sudo._name == "project.task" and record_sudo._is_hidden_from_user():
            raise NotFound
        return rating, record_sudo
