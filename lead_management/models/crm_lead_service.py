"""Service requests: a call that is a task, not an order, leaves the pipeline for good."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from odoo.addons.project.models.project_task import CLOSED_STATES


class CrmLead(models.Model):
    _inherit = "crm.lead"

    request_type = fields.Selection(
        [("project", "Project"), ("service", "Service")],
        default="project",
        readonly=True,
        copy=False,
        index=True,
        help="A service request is done as a task. It is in no figure of the pipeline.",
    )
    service_task_id = fields.Many2one(
        "project.task",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The task in which the service request is done.",
    )
    service_done_date = fields.Datetime(
        "Service Done on",
        compute="_compute_service_done_date",
        store=True,
        help="When the task of the service request was closed.",
    )
    service_hours = fields.Float(
        "Hours until Done",
        compute="_compute_service_done_date",
        store=True,
        aggregator="avg",
        help="Hours from the call to the closed task. Empty while the task is open.",
    )
    service_later_lead_count = fields.Integer(
        "Later Leads",
        compute="_compute_service_later",
        help="Leads of the same customer that came after the service request.",
    )
    service_later_won_count = fields.Integer(
        "Later Orders",
        compute="_compute_service_later",
        help="Those of the later leads that were won.",
    )

    @api.depends("request_type")
    def _compute_won_status(self):
        """A service request is neither won nor declined, whatever its probability."""
        res = super()._compute_won_status()
        # sudo: our fields are not for portal users, who may write leads assigned to them
        services = self.filtered(lambda lead: lead.sudo().request_type == "service")
        services.filtered(lambda lead: lead.won_status == "lost").won_status = "pending"
        return res

    @api.depends("request_type", "service_task_id.state", "create_date")
    def _compute_service_done_date(self):
        now = fields.Datetime.now()
        for lead in self:
            task = lead.service_task_id
            done = lead.request_type == "service" and task.state in CLOSED_STATES
            lead.service_done_date = (lead.service_done_date or now) if done else False
            hours = 0.0
            if done and lead.create_date:
                hours = (lead.service_done_date - lead.create_date).total_seconds() / 3600
            lead.service_hours = hours

    @api.depends("partner_id", "create_date")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_service_later(self):
        """What became of it, in leads that the user may read: one query, however many."""
        customers = self.partner_id.commercial_partner_id
        domain = [("partner_id", "child_of", customers.ids), ("request_type", "=", "project")]
        leads = self.with_context(active_test=False)
        later = leads.search_fetch(
            domain if customers else [("id", "=", False)],
            ["create_date", "partner_id", "won_status"],
        )
        by_customer = later.grouped(lambda lead: lead.partner_id.commercial_partner_id)
        for lead in self:
            customer = lead.partner_id.commercial_partner_id
            since = by_customer.get(customer, later.browse()).filtered(
                lambda other, lead=lead: lead.create_date and other.create_date > lead.create_date
            )
            lead.service_later_lead_count = len(since)
            lead.service_later_won_count = len(since.filtered(lambda o: o.won_status == "won"))

    def _read_group_select(self, aggregate_spec, query):
        """Average hours are of closed tasks: an open one has taken none yet, rather than 0."""
        if aggregate_spec != "service_hours:avg":
            return super()._read_group_select(aggregate_spec, query)
        hours = self._field_to_sql(self._table, "service_hours", query)
        done = self._field_to_sql(self._table, "service_done_date", query)
        return SQL("AVG(%s) FILTER (WHERE %s IS NOT NULL)", hours, done)

    @api.constrains("request_type", "active", "won_status")
    def _check_request_type(self):
        """Service requests are archived: so they are in no figure of open leads."""
        for lead in self:
            if lead.request_type == "service" and (lead.active or lead.won_status == "won"):
                raise ValidationError(
                    self.env._(
                        "“%(lead)s” cannot be a service request while it is open or won.",
                        lead=lead.name,
                    )
                )

    def _imply_request_type(self, vals):
        """Rule of ``write``: a service request that becomes active again is a lead again."""
        if not vals.get("active") or "request_type" in vals:
            return [(self, vals)]
        # sudo: see _compute_won_status
        services = self.filtered(lambda lead: lead.sudo().request_type == "service")
        if not services:
            return [(self, vals)]
        return [(self - services, vals), (services, {**vals, "request_type": "project"})]

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Of several headers, each from another addon, the browser shows the buttons of the last
        one only: they become one."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "kanban":
            first, *others = arch.findall("header") or [None]
            for header in others:
                first.extend(header)
                arch.remove(header)
        return arch, view

    def action_service_request(self):
        """Open the dialog that turns the lead, or no lead, into a task of the service project.

        :return: the action of ``crm.lead.service.request``
        :raises AccessError: when the user may not change the lead
        :raises UserError: when there are several leads, or the lead is not open
        """
        self.check_access("write")
        if len(self) > 1:
            raise UserError(self.env._("Choose one lead: each service request is its own task."))
        self._check_may_become_service()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_management.crm_lead_service_request_action"
        )
        context = {"default_lead_id": self.id} if self else {}
        for target, source in self._get_service_request_defaults().items():
            if self[source]:
                value = self[source]
                context[f"default_{target}"] = getattr(value, "id", value)
        action["context"] = context
        return action

    @api.model
    def _get_service_request_defaults(self):
        """What the dialog takes over: its fields to those of the lead."""
        return {
            "partner_id": "partner_id",
            "contact_name": "contact_name",
            "partner_name": "partner_name",
            "phone": "phone",
            "email_from": "email_from",
            "name": "name",
            "description": "description",
            "street": "street",
            "zip": "zip",
            "city": "city",
        }

    def _check_may_become_service(self):
        """:raises UserError: when one of the leads is not open"""
        for lead in self:
            if lead.request_type == "service":
                raise UserError(
                    self.env._("“%(lead)s” is a service request already.", lead=lead.name)
                )
            if not lead.active or lead.won_status != "pending":
                raise UserError(
                    self.env._(
                        "“%(lead)s” is not open. Only open leads become service requests.",
                        lead=lead.name,
                    )
                )

    def action_view_service_task(self):
        """Open the service task; the lead for who may not read the task or has no project rights:
        the form of a task reads more than the task.

        :raises AccessError: when the user may not read the lead
        """
        self._check_one()
        self.check_access("read")
        # sudo: the task need not be readable; then the lead opens
        task = self.sudo().service_task_id.sudo(False)
        is_project_user = self.env.user.has_group("project.group_project_user")
        record = task if task and is_project_user and task.has_access("read") else self
        return {
            "type": "ir.actions.act_window",
            "name": record.display_name,
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }
