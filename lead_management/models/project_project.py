from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.flags import flag_domain


class ProjectProject(models.Model):
    _inherit = "project.project"

    lead_ids = fields.One2many(
        "crm.lead",
        "won_project_id",
        "Leads",
        groups="sales_team.group_sale_salesman,project.group_project_manager",
        help="The leads whose orders run in this project.",
    )
    lead_count = fields.Integer(
        compute="_compute_lead_count",
        groups="sales_team.group_sale_salesman,project.group_project_manager",
        help="Number of leads whose orders run in this project.",
    )
    is_lead_project = fields.Boolean(
        "Internal Lead Project",
        compute="_compute_is_lead_project",
        search="_search_is_lead_project",
        groups="base.group_user",
        help="Whether a company collects the hours of its leads in this project.",
    )
    declined_lead_count = fields.Integer(
        compute="_compute_declined_lead_count",
        groups="sales_team.group_sale_salesman",
        help="Declined leads of the companies that collect their leads in this project.",
    )

    @api.model
    def _has_field_access(self, field, operation):
        """What hours cost, those from before the order among them, is nothing for customers. In
        stock, they can read it. No ``groups``: see ``sale.order``."""
        if field.name == "analytic_account_balance" and not self.env.su and self.env.user.share:
            return False
        return super()._has_field_access(field, operation)

    @api.depends("lead_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_lead_count(self):
        counts = dict(
            self.env["crm.lead"]
            .with_context(active_test=False)
            ._read_group([("won_project_id", "in", self.ids)], ["won_project_id"], ["__count"])
        )
        for project in self:
            project.lead_count = counts.get(project._origin, 0)

    def _compute_is_lead_project(self):
        lead_projects = self._get_lead_projects()
        for project in self:
            project.is_lead_project = project._origin in lead_projects

    @api.model
    def _search_is_lead_project(self, operator, value):
        return flag_domain(operator, value, [("id", "in", self._get_lead_projects().ids)])

    @api.model
    def _get_lead_projects(self):
        """All companies' internal lead projects, in the current user's rights."""
        # sudo: the mark does not depend on which companies the user may see
        companies = self.env["res.company"].sudo().search([("lead_project_id", "!=", False)])
        return companies.lead_project_id.sudo(False)

    def _filtered_set_up_templates(self):
        """Those of these projects that are set up as templates, for a company the user works in
        or for a category: whoever wins a lead may use them without any right on them."""
        categories = self.env["crm.lead.category"].with_context(active_test=False)
        categories = categories.search([("project_template_id", "in", self.ids)])
        # sudo: only which templates are set up is read
        set_up = categories.sudo().project_template_id
        set_up |= self.env.companies.sudo().lead_won_project_template_id
        return self & set_up.with_env(self.env)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_declined_lead_count(self):
        for project in self:
            project.declined_lead_count = (
                self.env["crm.lead"]
                .with_context(active_test=False)
                .search_count(project._get_declined_lead_domain())
                if project.is_lead_project
                else 0
            )

    @api.depends_context("uid")
    def _compute_remaining_hours(self):
        """Customers can read these totals: theirs are without the hours they do not see."""
        super()._compute_remaining_hours()
        if not self.env.user.share:
            return
        lines = self.env["account.analytic.line"]
        domain = Domain("project_id", "in", self.ids) & ~lines._get_customer_domain()
        for project, hours in lines._read_group(domain, ["project_id"], ["unit_amount:sum"]):
            project.effective_hours = round(project.effective_hours - hours, 2)
            project.remaining_hours = project.allocated_hours - project.effective_hours
            project.is_project_overtime = project.remaining_hours < 0

    def _get_declined_lead_domain(self):
        """The declined leads of the companies whose lead project this is."""
        companies = (
            self.env["res.company"].sudo().search([("lead_project_id", "=", self._origin.id)])
        )
        return [("won_status", "=", "lost"), ("company_id", "in", [*companies.ids, False])]

    @api.constrains("allow_billable", "privacy_visibility", "is_template", "company_id")
    def _check_lead_project(self):
        """An internal lead project stays what it was when it was chosen."""
        # sudo: also for who may not see the companies
        companies = self.env["res.company"].sudo()
        companies.search([("lead_project_id", "in", self.ids)])._check_lead_project_id()

    def _get_handover_templates(self, leads):
        """The templates that the handover of ``leads`` made this project (sudo) from
        (``project.project``)."""
        records = self._find_handover_records().filtered(
            lambda record: record.lead_id in leads and not record.is_taken_back
        )
        noted = {record.before.get("template_id") or 0 for record in records}
        # the record of a handover is written at its end
        pair = self.env.context.get("lead_handover_template")
        # a client cannot send a tuple
        made = pair[0] if isinstance(pair, tuple) and pair[1] == self else self.browse()
        return made | self.browse(noted - {0}).exists()

    def _copy_tasks_into(self, project):
        """Copy all tasks of this template into a project (both in sudo mode), with their roles.

        Tasks in a phase that the project does not have come into its first one. Their milestones
        are still those of the template.

        :return: the new tasks, subtasks and archived ones included
        """
        tasks = self.env["project.task"].with_context(active_test=False)
        domain = [("project_id", "=", project.id)]
        before = set(tasks.search(domain).ids)
        context = {"copy_from_template": True, "copy_from_project_template": True}
        self.with_context(**context).map_tasks(project.id)
        new = tasks.search([*domain, ("id", "not in", list(before))])
        lost = new.filtered(lambda task: task.stage_id not in project.type_ids)
        if lost:
            lost.write({"stage_id": project.type_ids[:1].id})
        return new

    @api.ondelete(at_uninstall=False)
    def _unlink_pending_again(self):
        """The leads of a deleted project wait for another one."""
        # sudo: whoever may delete the project need not see its leads
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        leads.search([("won_project_id", "in", self.ids)]).write({"won_project_id": False})

    def _thread_to_store(self, store, fields, *, request_list=None):
        """Let salespeople without project rights open the project of their lead.

        Core, before odoo/odoo#258352, reads the collaborators in the user's rights as soon as
        the chatter shows followers, and answers with an access error.
        """
        if request_list and "followers" in request_list:
            # sudo: only brings them into the cache, where core finds them
            self.sudo().collaborator_ids.mapped("partner_id")
        return super()._thread_to_store(store, fields, request_list=request_list)

    def action_view_leads(self):
        """Open the leads whose orders run here, with their notes, documents and chatter.

        :raises AccessError: when the user may not read the project
        """
        self._check_one()
        self.check_access("read")
        leads = (
            self.env["crm.lead"]
            .with_context(active_test=False)
            .search([("won_project_id", "=", self.id)])
        )
        is_sales = self.env.user.has_group("sales_team.group_sale_salesman")
        form = False if is_sales else self.env.ref("lead_management.crm_lead_view_form_notes").id
        lists = self.env.ref("lead_management.crm_lead_view_list_notes").id
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Leads of %(project)s", project=self.name),
            "res_model": "crm.lead",
            "domain": [("won_project_id", "=", self.id)],
            "context": {"active_test": False, "create": False},
            "views": [(lists, "list"), (form, "form")],
            "help": self._get_empty_help(
                self.env._("No lead has become this project"),
                self.env._(
                    "Press “Won” on a lead and choose this project: its notes are here then."
                ),
            ),
        }
        if len(leads) == 1:
            action.update(res_id=leads.id, views=[(form, "form")])
        return action

    def action_view_declined_leads(self):
        """Open the declined leads with their reason, effort and offers.

        :raises AccessError: when the user may not read the project
        """
        self._check_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Declined Leads"),
            "res_model": "crm.lead",
            "domain": self._get_declined_lead_domain(),
            "context": {"active_test": False, "create": False},
            "views": [
                (self.env.ref("lead_management.crm_lead_view_list_declined").id, "list"),
                (self.env.ref("lead_management.crm_lead_view_kanban_declined").id, "kanban"),
                (False, "form"),
            ],
            "mobile_view_mode": "kanban",
            "help": self._get_empty_help(
                self.env._("No lead was declined yet"),
                self.env._(
                    "“Declined” on a lead closes it with its reason; its hours and offers stay and "
                    "are listed here."
                ),
            ),
        }

    @api.model
    def _get_empty_help(self, title, text):
        """What a list says while it is empty: as the help of an action."""
        return Markup('<p class="o_view_nocontent_smiling_face">%s</p><p>%s</p>') % (title, text)
