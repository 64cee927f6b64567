from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import ormcache

from odoo.addons.base.models.res_partner import _tz_get


class ResCompany(models.Model):
    _inherit = "res.company"

    lead_project_id = fields.Many2one(
        "project.project",
        "Internal Lead Project",
        groups="base.group_user",
        domain="[('company_id', '=', id), ('is_template', '=', False)]",
        help="Collects the tickets and hours of leads until they are decided, and those of "
        "declined leads for good. Created on first use.",
    )
    service_project_id = fields.Many2one(
        "project.project",
        groups="base.group_user",
        domain="[('company_id', '=', id), ('is_template', '=', False)]",
        help="Collects the tasks of service requests. Created on first use.",
    )
    lead_won_project_template_id = fields.Many2one(
        "project.project",
        "Template of New Projects",
        groups="base.group_user",
        domain="[('is_template', '=', True), ('company_id', 'in', [id, False])]",
        help="Proposed when a lead is won whose category has no template of its own.",
    )
    lead_won_confirm_order = fields.Boolean(
        "Confirm the Main Offer",
        default=True,
        groups="base.group_user",
        help="Proposed when a lead is won.",
    )

    lead_tz = fields.Selection(
        _tz_get,
        "Time Zone of Figures",
        compute="_compute_lead_tz",
        store=True,
        readonly=False,
        groups="base.group_user",
        help="Where the days of figures about leads end at midnight, for every reader. Proposed "
        "from the working hours of the company.",
    )
    lead_won_by_order = fields.Boolean(
        "Confirmed Offers Win Their Lead",
        groups="base.group_user",
        help="A lead is won as soon as one of its offers is confirmed, also by the customer.",
    )

    lead_offer_sent_stage = fields.Boolean(
        "Sent Offers Move Their Lead On",
        groups="base.group_user",
        help="A lead moves to “Offer Made” as soon as one of its offers is sent, unless it is "
        "further on.",
    )
    lead_offer_expiry_days = fields.Integer(
        "Remind of Expiring Offers",
        default=3,
        groups="base.group_user",
        help="How many days before an offer expires the owner of its lead gets a follow-up. 0: "
        "never.",
    )

    _lead_offer_expiry_days_positive = models.Constraint(
        "CHECK(lead_offer_expiry_days >= 0)",
        "Enter how many days before an offer expires its lead's owner is reminded: 0 or more.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """A new company wins its leads and moves them on as the current one does."""
        # sudo: only these settings are read
        current = self.env.company.sudo()
        proposal = {name: current[name] for name in ("lead_won_by_order", "lead_offer_sent_stage")}
        companies = super().create([{**proposal, **vals} for vals in vals_list])
        # core forgets before, and may have remembered meanwhile
        self.env.registry.clear_cache()
        return companies

    @api.model
    @ormcache()
    def _get_ids_in_use(self):
        """The ids of all companies that are not archived; core forgets what is remembered whenever
        one comes, goes or is archived. The board asks for each of its columns.

        :rtype: tuple
        """
        # sudo: all companies count, whoever asks
        return tuple(self.sudo().with_context(active_test=True).search([]).ids)

    @api.depends("resource_calendar_id")
    def _compute_lead_tz(self):
        """Proposed once; what somebody has chosen stays whatever becomes of the calendar."""
        for company in self.filtered(lambda company: not company.lead_tz):
            # sudo: the calendar's time zone alone is read
            company.lead_tz = company.sudo().resource_calendar_id.tz or self.env.user.tz or "UTC"

    def _get_lead_tz(self):
        """The time zone in which days of figures end, for every reader.

        :rtype: str
        """
        self.ensure_one()
        # sudo: the setting alone is read
        return self.sudo().lead_tz or "UTC"

    def _get_lead_today(self):
        """Which day it is for figures about leads and for jobs.

        :rtype: date
        """
        # the environment's time zone is what core asks for; it is the reader's otherwise
        return fields.Date.context_today(self.with_context(tz=self._get_lead_tz()))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_leads(self):
        """Leads and figures of a deleted company would be everybody's, or nobody's."""
        # sudo: leads count that the user may not read
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        history = self.env["crm.lead.history"].sudo()
        for company in self:
            domain = [("company_id", "=", company.id)]
            if leads.search_count(domain, limit=1) or history.search_count(domain, limit=1):
                raise UserError(
                    self.env._(
                        "There are leads of %(company)s, or figures of its leads. Archive the "
                        "company instead of deleting it.",
                        company=company.name,
                    )
                )

    @api.constrains("lead_project_id")
    def _check_lead_project_id(self):
        for company in self.filtered("lead_project_id"):
            # sudo: whoever may edit the company need not have project rights
            project = company.lead_project_id.sudo()
            if project.company_id != company:
                raise ValidationError(
                    self.env._(
                        "The internal lead project of %(company)s must belong to that company.",
                        company=company.name,
                    )
                )
            if project.is_template or project.allow_billable:
                raise ValidationError(
                    self.env._(
                        "“%(project)s” cannot be the internal lead project: it must be neither "
                        "a template nor billable.",
                        project=project.name,
                    )
                )
            if project.privacy_visibility in ("portal", "invited_users"):
                raise ValidationError(
                    self.env._(
                        "“%(project)s” cannot be the internal lead project: customers could "
                        "see it in their portal.",
                        project=project.name,
                    )
                )

    def _get_or_create_lead_project(self):
        """The company's internal lead project, created on first use. Call it in sudo mode.

        :return: ``project.project``, one
        :raises UserError: when the project in the settings cannot take hours any more
        """
        self.ensure_one()
        if not self.lead_project_id:
            # two first users at once: the second one waits, then retries on fresh data
            self.env.cr.execute(
                "SELECT 1 FROM res_company WHERE id = %s FOR NO KEY UPDATE", (self.id,)
            )
            project = self.env["project.project"].with_context(mail_create_nosubscribe=True)
            self.lead_project_id = project.create(self._prepare_lead_project_values())
            self._translate_project(self.lead_project_id, "_prepare_lead_project_values")
        project = self.lead_project_id
        if not project.active or not project.allow_timesheets:
            raise UserError(
                self.env._(
                    "The internal lead project “%(project)s” is archived or does not take "
                    "timesheets. Choose another one in the CRM settings.",
                    project=project.name,
                )
            )
        return project

    def _prepare_lead_project_values(self):
        """Values of the internal lead project. Extend it to add more."""
        return {
            "name": self.env._("Leads (internal)"),
            "company_id": self.id,
            "user_id": False,
            "allow_timesheets": True,
            "allow_billable": False,
            "privacy_visibility": "employees",
            "type_ids": [fields.Command.create({"name": self.env._("Leads")})],
        }

    @api.constrains("service_project_id")
    def _check_service_project_id(self):
        for company in self.filtered("service_project_id"):
            # sudo: whoever may edit the company need not have project rights
            project = company.service_project_id.sudo()
            if project.company_id != company or project.is_template:
                raise ValidationError(
                    self.env._(
                        "The service project of %(company)s must belong to that company and be "
                        "no template.",
                        company=company.name,
                    )
                )

    def _get_or_create_service_project(self):
        """The company's project of service tasks, created on first use. Call it in sudo mode.

        :return: ``project.project``, one
        :raises UserError: when the project in the settings is archived
        """
        self.ensure_one()
        if not self.service_project_id:
            # two first users at once: see _get_or_create_lead_project
            self.env.cr.execute(
                "SELECT 1 FROM res_company WHERE id = %s FOR NO KEY UPDATE", (self.id,)
            )
            project = self.env["project.project"].with_context(mail_create_nosubscribe=True)
            self.service_project_id = project.create(self._prepare_service_project_values())
            self._translate_project(self.service_project_id, "_prepare_service_project_values")
        project = self.service_project_id
        if not project.active:
            raise UserError(
                self.env._(
                    "The service project “%(project)s” is archived. Choose another one in the "
                    "CRM settings.",
                    project=project.name,
                )
            )
        return project

    def _prepare_service_project_values(self):
        """Values of the service project. Extend it to add more."""
        return {
            "name": self.env._("Service"),
            "company_id": self.id,
            "user_id": False,
            "allow_timesheets": True,
            "allow_billable": True,
            "privacy_visibility": "employees",
            "type_ids": [
                fields.Command.create({"name": self.env._("To Do")}),
                fields.Command.create({"name": self.env._("Done"), "fold": True}),
            ],
        }

    def _translate_project(self, project, prepare):
        """Name a new project and its stages in every installed language.

        :param prepare: name of the method with the values it was created with
        """
        for code, _name in self.env["res.lang"].get_installed():
            values = getattr(self.with_context(lang=code), prepare)()
            stages = [command[2]["name"] for command in values["type_ids"]]
            project.with_context(lang=code).name = values["name"]
            for stage, name in zip(project.type_ids.sorted("id"), stages, strict=False):
                stage.with_context(lang=code).name = name
