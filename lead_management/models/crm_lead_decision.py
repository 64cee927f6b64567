"""The customer's decision: won leads become projects, declined ones keep their effort."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError

from odoo.addons.project.models.project_task import CLOSED_STATES


class CrmLead(models.Model):
    _inherit = "crm.lead"

    project_id = fields.Many2one(
        "project.project",
        "Project",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        help="The project in which the won lead's order runs.",
    )
    project_state = fields.Selection(
        [
            ("none", "Not Won"),
            ("pending", "Project Pending"),
            ("converted", "In a Project"),
            ("no_project", "No Project Needed"),
        ],
        compute="_compute_project_state",
        store=True,
        readonly=True,
        copy=False,
        index=True,
        help="What became of the lead after the customer's yes. Pending: it was won without "
        "anybody deciding about the project.",
    )

    @api.depends("won_status", "project_id")
    def _compute_project_state(self):
        for lead in self:
            if lead.project_id:
                lead.project_state = "converted"
            elif lead.won_status != "won":
                lead.project_state = "none"
            elif lead.project_state != "no_project":
                lead.project_state = "pending"

    # ------------------------------------------------------------
    # Won
    # ------------------------------------------------------------

    def action_won(self):
        """Open the dialog that turns the leads into a project.

        :return: the action of ``crm.lead.won``
        :raises AccessError: when the user may not change one of the leads
        :raises UserError: when one of them runs in a project already
        """
        self.check_access("write")
        self._check_not_converted()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_management.crm_lead_won_action"
        )
        action["context"] = {"default_lead_ids": [fields.Command.set(self.ids)]}
        return action

    def _check_not_converted(self):
        # sudo: the project's name is told to who may not open it
        for lead in self.sudo().filtered("project_id"):
            raise UserError(
                self.env._(
                    "“%(lead)s” runs in project “%(project)s” already.",
                    lead=lead.name,
                    project=lead.project_id.name,
                )
            )

    def _lock_for_conversion(self):
        """Let one conversion at a time work on these leads.

        :raises UserError: when somebody else is at it, or has just finished
        """
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(
                self.env._(
                    "Somebody else is working on this lead right now. Reload the page to see "
                    "what became of it."
                )
            ) from error
        self.invalidate_recordset(["project_id", "project_state"])
        self._check_not_converted()

    def _get_conversion_hours(self):
        """The hours that a conversion of these leads is about.

        :return: pair of ``account.analytic.line`` in sudo mode: those that move, and those
            that were invoiced already and stay where they are
        """
        # sudo: the hours of colleagues move too; the caller checked access to the leads
        lines = (
            self.env["account.analytic.line"]
            .sudo()
            .search([("task_id.lead_id", "in", self.ids), ("project_id", "!=", False)])
        )
        moving = lines.filtered(lambda line: line._is_not_billed())
        return moving, lines - moving

    def _move_hours(self, project, billable=False):
        """Move the leads' tickets and hours into ``project``.

        Hours keep their cost, also where the hourly cost changed since; they follow the
        project's analytic accounts in every plan. Invoiced hours stay, and with them their
        ticket: the others of that ticket move to a copy of it.

        :param project: ``project.project`` in sudo mode
        :param bool billable: let the project's order line bill the hours
        :return: pair of ``account.analytic.line`` in sudo mode: moved, and staying
        """
        moving, staying = self._get_conversion_hours()
        tickets = (
            self.env["project.task"]
            .sudo()
            .with_context(active_test=False)
            .search([("lead_id", "in", self.ids), ("project_id", "!=", project.id)])
        )
        split = tickets & staying.task_id
        values = self._prepare_moved_hours_values(project, billable)
        hours = moving.with_context(lead_conversion_keep_amount=True)
        for ticket in split:
            copy = ticket.copy({"name": ticket.name, "project_id": project.id})
            copy.lead_id = ticket.lead_id
            part = hours.filtered(lambda line, ticket=ticket: line.task_id == ticket)
            part.write({**values, "task_id": copy.id})
            hours -= part
        # hours first: a ticket that moves takes its hours' project along, not their accounts
        hours.write(dict(values))
        (tickets - split).write({"project_id": project.id})
        return moving, staying

    @api.model
    def _prepare_moved_hours_values(self, project, billable):
        """Values written on hours that move into ``project``: project and all plan columns."""
        values = {
            "project_id": project.id,
            **{
                fname: project[fname].id
                for fname in self.env["account.analytic.line"]._get_plan_fnames()
            },
        }
        if billable:
            values["is_so_line_edited"] = False
        else:
            values.update(so_line=False, is_so_line_edited=True)
        return values

    def _post_conversion_messages(self, project, facts):
        """Tell the leads and the project what the conversion did.

        :param project: ``project.project``, empty when there is none
        :param list facts: sentences, one per thing that happened
        """
        items = Markup().join(Markup("<li>%s</li>") % fact for fact in facts)
        for lead in self:
            if project:
                body = self.env._("Won. The order runs in %(link)s.", link=project._get_html_link())
            else:
                body = self.env._("Won without a project.")
            lead.message_post(body=Markup("<p>%s</p><ul>%s</ul>") % (body, items))
        if project:
            links = Markup(", ").join(lead._get_html_link() for lead in self)
            body = self.env._("This project comes from %(leads)s.", leads=links)
            project.message_post(body=Markup("<p>%s</p><ul>%s</ul>") % (body, items))

    # ------------------------------------------------------------
    # Declined
    # ------------------------------------------------------------

    def action_decline(self):
        """Open core's dialog, which asks for the reason."""
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id("crm.crm_lead_lost_action")
        action["context"] = {"dialog_size": "medium", "default_lead_ids": self.ids}
        return action

    def action_set_lost(self, **additional_values):
        """Core's way to decline; here it takes a reason.

        :raises UserError: when a lead has no reason and none is given
        """
        if not additional_values.get("lost_reason_id") and not all(
            lead.lost_reason_id for lead in self
        ):
            raise UserError(self.env._("Say why: declining a lead takes a reason."))
        return super().action_set_lost(**additional_values)

    def _handle_won_lost(self, old_status_by_lead, new_status_by_lead):
        """Core's hook on every way to decline or reopen: tickets close and open with the lead.

        Their hours stay where they are, in the lead project.
        """
        res = super()._handle_won_lost(old_status_by_lead, new_status_by_lead)
        nothing = {"is_lost": False}
        lost = {
            is_lost: self.filtered(
                lambda lead, is_lost=is_lost: (
                    new_status_by_lead.get(lead.id, nothing)["is_lost"]
                    == is_lost
                    != old_status_by_lead.get(lead.id, nothing)["is_lost"]
                )
            )
            for is_lost in (True, False)
        }
        lost[True]._close_tickets()
        lost[False]._reopen_tickets()
        return res

    def _close_tickets(self):
        self._get_tickets([("state", "not in", list(CLOSED_STATES))]).write({"state": "1_canceled"})

    def _reopen_tickets(self):
        self._get_tickets([("state", "=", "1_canceled")]).write({"state": "01_in_progress"})

    def _get_tickets(self, domain):
        """The leads' tickets that match ``domain``, in sudo mode: no project rights needed."""
        tickets = self.env["project.task"].sudo()
        return tickets.search([("lead_id", "in", self.ids), *domain]) if self else tickets

    # ------------------------------------------------------------
    # Links
    # ------------------------------------------------------------

    def action_view_project(self):
        """Open the project in which the lead's order runs."""
        self.ensure_one()
        return self._get_project_action(self.project_id)

    @api.model
    def _get_project_action(self, project):
        return {
            "type": "ir.actions.act_window",
            "name": project.display_name,
            "res_model": "project.project",
            "res_id": project.id,
            "views": [(False, "form")],
        }
