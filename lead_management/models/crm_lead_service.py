"""Service requests: a call that is a task, not an order, leaves the pipeline for good."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


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

    @api.depends("request_type")
    def _compute_won_status(self):
        """A service request is neither won nor declined, whatever its probability."""
        res = super()._compute_won_status()
        # sudo: our fields are not for portal users, who may write leads assigned to them
        services = self.filtered(lambda lead: lead.sudo().request_type == "service")
        services.filtered(lambda lead: lead.won_status == "lost").won_status = "pending"
        return res

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
        """Open the service task; the lead where the user may not read the task.

        :raises AccessError: when the user may not read the lead
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: the task need not be readable; then the lead opens
        task = self.sudo().service_task_id.sudo(False)
        record = task if task and task.has_access("read") else self
        return {
            "type": "ir.actions.act_window",
            "name": record.display_name,
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }
