from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

# A context is what a client sends, too: only this very object, which nobody can send, counts.
KEEP_ROLES = object()


class LeadOfTask(fields.Many2one):
    """A lead that salespeople alone are told. For other employees it is empty, and no error: other
    addons show a field of this name in everybody's task forms."""

    def __get__(self, records, owner=None):
        if records is not None and records._hides_lead():
            return records.env[self.comodel_name]
        return super().__get__(records, owner)


class ProjectTask(models.Model):
    _name = "project.task"
    _inherit = ["crm.lead.guard.mixin", "project.task"]

    lead_id = LeadOfTask(
        "crm.lead",
        compute="_compute_lead_id",
        store=True,
        readonly=False,
        recursive=True,
        index="btree_not_null",
        copy=False,
        ondelete="set null",
        groups="base.group_user",
        help="The lead this ticket, or the ticket it is a part of, records time for.",
    )
    is_presales = fields.Boolean(
        "Presales",
        compute="_compute_is_presales",
        store=True,
        copy=False,
        groups="base.group_user",
        help="Whether this is a task with work from before the order.",
    )
    is_lead_ticket = fields.Boolean(
        "Ticket of a Lead",
        compute="_compute_is_lead_ticket",
        store=True,
        recursive=True,
        copy=False,
        groups="base.group_user",
        help="Whether this was made as a lead's ticket, or as a part of one: winning and declining "
        "the lead act on it.",
    )
    is_shown_to_customer = fields.Boolean(
        "Shown to Customer",
        inverse="_inverse_is_shown_to_customer",
        copy=False,
        tracking=True,
        groups="base.group_user",
        help="Work from before the order is internal: customers do not see the ticket and its "
        "hours in the portal, whoever may see the project. Switch this on to show them.",
    )
    is_internal_presales = fields.Boolean(
        "Presales, Internal",
        compute="_compute_is_internal_presales",
        store=True,
        recursive=True,
        groups="base.group_user",
        help="Whether customers never see this task, as a ticket of a lead or a part of one.",
    )

    sold_with_line_id = fields.Many2one(
        "sale.order.line",
        "Came with Order Line",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_user",
        help="The order line whose product's project template the task was copied from.",
    )

    def write(self, vals):
        """Core takes the roles of a template's tasks off the new ones, given out or not."""
        if self.env.context.get("lead_keep_roles") is KEEP_ROLES and vals.keys() == {"role_ids"}:
            return True
        return super().write(vals)

    @api.depends("parent_id.lead_id")
    def _compute_lead_id(self):
        for task in self:
            lead = task.parent_id.lead_id
            # what is done in the customer's project is no presales time any more
            if lead.won_project_id and lead.won_project_id == task.parent_id.project_id:
                lead = task.lead_id
            task.lead_id = task.lead_id or lead

    @api.depends("lead_id")
    def _compute_is_presales(self):
        """A task of a lead stays one, also when the lead is deleted or the task taken off."""
        for task in self:
            task.is_presales = task.is_presales or bool(task.lead_id)

    @api.depends("lead_id", "project_id", "parent_id.is_lead_ticket")
    def _compute_is_lead_ticket(self):
        """A task elsewhere that another addon linked to a lead is none: we leave it alone."""
        for task in self:
            is_ticket = task.project_id.is_lead_project or task.parent_id.is_lead_ticket
            task.is_lead_ticket = task.is_lead_ticket or bool(task.lead_id and is_ticket)

    @api.depends("is_presales", "is_shown_to_customer", "parent_id.is_internal_presales")
    def _compute_is_internal_presales(self):
        for task in self:
            is_hidden = task.is_presales and not task.is_shown_to_customer
            task.is_internal_presales = is_hidden or task.parent_id.is_internal_presales

    def _inverse_is_shown_to_customer(self):
        """Whom core subscribes in a project that the portal shows, and unsubscribes after it."""
        # sudo: subtasks need not be readable for who may write the ticket
        tickets = self.sudo()
        for task in tickets | tickets._get_all_subtasks():
            if task.is_internal_presales:
                customers = task.message_partner_ids.filtered("partner_share")
                task.message_unsubscribe(customers.ids)
            elif task.project_id.privacy_visibility in ("invited_users", "portal"):
                task.message_subscribe(task.partner_id.ids)

    # ------------------------------------------------------------
    # The lead is for salespeople: others read nothing, and may not search, group or sort by it
    # ------------------------------------------------------------

    def _register_hook(self):
        """An addon that is loaded later and has this field, too, would take its type away."""
        super()._register_hook()
        field = self._fields["lead_id"]
        if not isinstance(field, LeadOfTask):
            # made of several definitions, it belongs to this registry alone
            field.__class__ = LeadOfTask

    def _hides_lead(self):
        """Whether the current user is an employee without sales rights."""
        user = self.env.user
        is_sales = self.env.su or user.has_group("sales_team.group_sale_salesman")
        return not is_sales and user._is_internal()

    @api.model
    def _has_field_access(self, field, operation):
        if field.name == "lead_id" and operation == "write" and self._hides_lead():
            return False
        return super()._has_field_access(field, operation)

    def read(self, fields=None, load="_classic_read"):
        """Forms read with other things, and get an empty lead; who asks for it by name is refused.

        :raises AccessError: when an employee without sales rights asks for the lead of a ticket
        """
        # sudo: only whether there is one
        if load and "lead_id" in (fields or ()) and self._hides_lead() and self.sudo().lead_id:
            self._check_field_access(self._fields["lead_id"], "read")
        return super().read(fields, load)

    # pylint: disable=missing-return
    @api.model
    def _check_field_access(self, field, operation):
        """Core asks this for whatever a query uses: conditions, groups, order."""
        if field.name == "lead_id" and self._hides_lead():
            raise AccessError(self.env._("The lead of a task is for salespeople."))
        super()._check_field_access(field, operation)

    def _determine_fields_to_fetch(self, field_names=None, ignore_when_in_cache=False):
        """What is hidden is not read from the database at all."""
        is_hidden = self._hides_lead()
        if is_hidden and field_names is not None:
            field_names = [name for name in field_names if name != "lead_id"]
        found = super()._determine_fields_to_fetch(field_names, ignore_when_in_cache)
        return [field for field in found if not (is_hidden and field.name == "lead_id")]

    # ------------------------------------------------------------
    # What customers do not see: used by the record rule, the portal and the chatter
    # ------------------------------------------------------------

    @api.model
    def _get_customer_domain(self):
        """What portal and public users may see, at most, of tasks; internal users: all.

        Called by the record rule, and by the portal where it searches in sudo mode. ``!=``
        because the column is empty on the tasks that were there before the addon.
        """
        if not self.env.user.share:
            return Domain.TRUE
        return Domain("is_internal_presales", "!=", True)

    def _is_hidden_from_user(self):
        """Whether the current user is from outside and this is internal presales work."""
        return self.env.user.share and any(self.sudo().mapped("is_internal_presales"))

    @api.model
    def _get_thread_with_access(self, thread_id, **kwargs):
        """Tokens of the task or its project open no hidden ticket."""
        thread = super()._get_thread_with_access(thread_id, **kwargs)
        return self.browse() if thread._is_hidden_from_user() else thread

    @api.depends("timesheet_ids.lead_id", "is_internal_presales", "is_shown_to_customer")
    def _compute_effective_hours(self):
        """Presales hours on another task than a ticket are no time spent on that task.

        Customers who see the task see its totals, in many places, also stored ones.
        """
        tasks = self.filtered(
            lambda task: not (task.is_internal_presales or task.is_shown_to_customer)
        )
        super(ProjectTask, self - tasks)._compute_effective_hours()
        if not any(tasks._ids):
            for task in tasks:
                lines = task.timesheet_ids.filtered(lambda line: not line.lead_id)
                task.effective_hours = sum(lines.mapped("unit_amount"))
            return
        domain = [("task_id", "in", tasks.ids), ("lead_id", "=", False)]
        lines = self.env["account.analytic.line"]
        hours = dict(lines._read_group(domain, ["task_id"], ["unit_amount:sum"]))
        for task in tasks:
            task.effective_hours = hours.get(task, 0.0)

    # pylint: disable=missing-return
    @api.depends("child_ids.is_internal_presales")
    def _compute_subtask_effective_hours(self):
        """The total of a task that customers see is without the subtasks they do not see."""
        tasks = self.with_context(active_test=False).filtered(
            lambda task: (
                not task.is_internal_presales and any(task.child_ids.mapped("is_internal_presales"))
            )
        )
        super(ProjectTask, self - tasks)._compute_subtask_effective_hours()
        for task in tasks:
            shown = task.child_ids.filtered(lambda child: not child.is_internal_presales)
            task.subtask_effective_hours = sum(
                child.effective_hours + child.subtask_effective_hours for child in shown
            )

    # ------------------------------------------------------------
    # What customers are not told
    # ------------------------------------------------------------

    def message_notify(self, *, partner_ids=False, **kwargs):
        """Core tells all followers of a project about a ticket that moves into it."""
        if partner_ids and any(self.sudo().mapped("is_internal_presales")):
            partners = self.env["res.partner"].browse(partner_ids).sudo()
            partner_ids = partners.filtered(lambda partner: not partner.partner_share).ids
            if not partner_ids:
                return self.env["mail.message"]
        return super().message_notify(partner_ids=partner_ids, **kwargs)

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Customers who follow a hidden ticket get what is addressed to them, no more."""
        recipients = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        if not self[:1].sudo().is_internal_presales:
            return recipients
        addressed = (msg_vals or {}).get("partner_ids") or message.sudo().partner_ids.ids
        return [
            recipient
            for recipient in recipients
            if not recipient["share"] or recipient["id"] in addressed
        ]

    def _track_template(self, changes):
        """The mail of a stage is written to the customer."""
        templates = super()._track_template(changes)
        if self[:1].sudo().is_internal_presales:
            templates.pop("stage_id", None)
        return templates

    def _send_task_rating_mail(self, force_send=False):
        tasks = self.filtered(lambda task: not task.sudo().is_internal_presales)
        return super(ProjectTask, tasks)._send_task_rating_mail(force_send=force_send)

    def _send_sms(self):
        """The message of a stage; called by core's project_sms, where it is installed."""
        tasks = self.filtered(lambda task: not task.sudo().is_internal_presales)
        return super(ProjectTask, tasks)._send_sms()

    # ------------------------------------------------------------
    # Copies
    # ------------------------------------------------------------

    def copy_data(self, default=None):
        """A copy is without the hidden subtasks of a task that customers see.

        The next occurrence of a recurring ticket, made in sudo mode, is hidden as well.
        """
        values_list = super().copy_data(default)
        for task, values in zip(self, values_list, strict=True):
            if task.sudo().is_internal_presales:
                if self.env.su:
                    values["lead_id"] = task.lead_id.id
            elif values.get("child_ids") and not (default or {}).get("child_ids"):
                if self.env.context.get("copy_from_template"):
                    task = task.with_context(active_test=True)  # as core does
                values["child_ids"] = [
                    command
                    for child, command in zip(task.child_ids, values["child_ids"], strict=True)
                    if not child.sudo().is_internal_presales
                ]
        return values_list

    def _create_task_mapping(self, copied_tasks):
        """Core takes the tasks and their copies for equally many."""
        originals = self
        if len(self) != len(copied_tasks):
            originals = self.filtered(lambda task: not task.sudo().is_internal_presales)
        return super(ProjectTask, originals)._create_task_mapping(copied_tasks)

    def copy(self, default=None):
        """The copy of a project has no hidden ticket; a copy of such a ticket is hidden as well."""
        originals = self
        if self.env.context.get("copy_project"):
            originals = self.filtered(lambda task: not task.sudo().is_internal_presales)
        copies = super(ProjectTask, originals).copy(default)
        # sudo: who may copy a ticket need not see its lead
        for original, copy in zip(originals.sudo(), copies.sudo(), strict=True):
            if original.is_internal_presales and not copy.lead_id:
                copy.lead_id = original.lead_id
        return copies
