"""Handing won leads over to a project, second half: doing what the plan says."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.tools import SQL
from odoo.tools.misc import clean_context

from .account_analytic_line import KEEP_AMOUNT


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _lock_for_handover(self):
        """Let one handover at a time work on these leads and their tickets.

        Whoever committed a change to one of them since this transaction began makes the
        database refuse the lock for good; Odoo then runs the request again on fresh data.

        :raises UserError: when somebody else is working on them right now
        """
        # sudo: the lock is on tickets the salesperson need not have rights on
        tickets = self.env["project.task"].sudo().with_context(active_test=False)
        try:
            self.lock_for_update(allow_referencing=True)
            tickets.search([("lead_id", "in", self.ids)]).lock_for_update()
        except LockError as error:
            raise UserError(
                self.env._(
                    "Somebody else, or a job in the background, is working on this lead right "
                    "now. Try again in a moment."
                )
            ) from error
        self.invalidate_recordset(["won_project_id", "project_state"])

    def _apply_handover(self, plan):
        """Do what ``plan`` says, in the current transaction.

        The caller checked access to the leads, and that the plan has no refusals.

        :param HandoverPlan plan: made by ``_plan_handover`` in the same transaction
        :return: the project (``project.project`` in sudo mode), empty for target none
        """
        self = self._without_new_followers(plan)
        before = self._note_before_handover(plan)
        facts = self._apply_contact(plan)
        self._choose_main_offers(plan.choices.main_orders)
        self.filtered(lambda lead: lead.won_status != "won").action_set_won()
        project = self._get_or_create_handover_project(plan)
        if project:
            # sudo: the project that the plan has checked need not be readable
            self.sudo().write({"won_project_id": project.id})
        else:
            self.write({"project_state": "no_project"})
        facts += self._apply_orders(plan, project)
        if project:
            facts += self._apply_hours(plan, project)
        facts += self._apply_handover_extension(plan, project)
        for ticket in plan.copies:
            before[ticket.lead_id].setdefault("copies", []).append(ticket.id)
        self._record_handover(before, project, plan.choices.target == "new" and "handover")
        self._post_handover_messages(project, facts)
        return project

    def _without_new_followers(self, plan):
        """Let nobody follow the project and new tasks but the manager that the dialog names.

        Tickets keep the followers they have. Followers can open private projects: core makes
        followers of those of a template or project, of the customer and of whoever creates a
        task; see ``mail.followers``.

        :return: the leads; they and the records of ``plan`` carry it in their context
        """
        choices = plan.choices
        for name in ("tickets", "split_tickets", "moving", "orders_to_link", "orders_to_cancel"):
            records = getattr(plan, name).with_context(lead_handover_partner_ids=[])
            setattr(plan, name, records)
        # sudo: the manager need not be readable for a salesperson
        managers = self.env["res.users"].sudo()
        if choices.target == "new":
            managers = managers.browse(choices.project_values.get("user_id") or [])
        return self.with_context(lead_handover_partner_ids=managers.partner_id.ids)

    def _apply_handover_extension(self, plan, project):
        """Hook for other modules: move what you put into ``plan.extras``.

        Called by ``_apply_handover`` after core's records moved.

        :param project: ``project.project`` in sudo mode, empty for target none
        :return: list of sentences about what was done, for the messages on both sides
        """
        return []

    def _apply_contact(self, plan):
        """Create or link the contact and make it a customer; says what it did."""
        choices = plan.choices
        if choices.partner_choice == "none":
            return []
        facts = []
        partner = choices.partner
        if choices.partner_choice == "create":
            # defaults of the calling view are for leads, not for contacts
            context = clean_context(self.env.context)
            # pylint: disable=context-overridden
            lead = self[:1].with_context(context)
            lead._handle_partner_assignment(
                create_missing=True, with_parent=lead.commercial_partner_id
            )
            partner = lead.partner_id
            facts.append(self.env._("Contact “%(name)s” was created.", name=partner.display_name))
        unlinked = self.filtered(lambda lead: lead.partner_id != partner)
        if len(self) > 1:
            # several leads may be of several contacts: each keeps the one it has
            unlinked = unlinked.filtered(lambda lead: not lead.partner_id)
        if unlinked:
            unlinked._handle_partner_assignment(force_partner_id=partner.id, create_missing=False)
            facts.append(self.env._("Contact “%(name)s” was linked.", name=partner.display_name))
        for new_customer in self.partner_id.filtered(lambda partner: not partner.is_customer):
            facts.append(
                self.env._("“%(name)s” became a customer.", name=new_customer.display_name)
            )
        self.partner_id.action_activate_customer()
        return facts

    def _get_or_create_handover_project(self, plan):
        """The target (``project.project`` in sudo mode), empty for no project.

        sudo: salespeople have no project rights; access to the leads was checked. Defaults
        of the calling view must not leak into the new project.
        """
        choices = plan.choices
        context = clean_context(self.env.context)
        # pylint: disable=context-overridden
        Project = self.env["project.project"].with_context(context)
        Project = Project.with_company(choices.company).sudo()
        if choices.target == "existing":
            choices.project.sudo(False).check_access("read")
            return Project.browse(choices.project.id)
        if choices.target == "none":
            return Project
        values = dict(choices.project_values)
        if choices.partner_choice != "none":
            values["partner_id"] = self.partner_id[:1].id
        if choices.template:
            template = Project.browse(choices.template.id)
            return template.action_create_from_template(values)
        return Project.create({**values, **self._prepare_blank_project_values()})

    @api.model
    def _prepare_blank_project_values(self):
        """What a template would bring: columns, and who sees the project.

        Employees only: with core's default, portal, the customer would be let in unasked.
        """
        stages = [self.env._("To Do"), self.env._("In Progress"), self.env._("Done")]
        return {
            "privacy_visibility": "employees",
            "type_ids": [
                fields.Command.create(
                    {"name": name, "sequence": index, "fold": index == len(stages)}
                )
                for index, name in enumerate(stages, start=1)
            ],
        }

    def _apply_orders(self, plan, project):
        """Link, confirm and cancel offers as planned; says what it did."""
        facts = []
        if plan.orders_to_cancel:
            plan.orders_to_cancel.with_env(self.env).action_cancel()
            names = ", ".join(plan.orders_to_cancel.mapped("name"))
            facts.append(self.env._("Other offers were cancelled: %(names)s", names=names))
        if plan.orders_to_link:
            if not project.partner_id and plan.choices.partner_choice != "none":
                project.partner_id = self.partner_id[:1]
            plan.orders_to_link.write({"project_id": project.id})
            plan.orders_to_link._generate_missing_services()
        orders = plan.choices.orders_to_confirm.with_env(self.env)
        if orders:
            context = clean_context(self.env.context)
            # pylint: disable=context-overridden
            orders.with_context(context).action_confirm()
            names = ", ".join(orders.mapped("name"))
            facts.append(self.env._("Offer %(names)s was confirmed.", names=names))
        if plan.choices.target == "new":
            self._set_project_order_line(project)
        return facts

    def _set_project_order_line(self, project):
        """Time recorded in a new project counts on the main offer's service.

        Only once it is confirmed: a draft line on a project would confirm its quotation. Never
        on an existing project: older hours of others would count on the order as well.
        """
        line = self._get_service_line()
        customer = project.partner_id.commercial_partner_id
        if (
            line
            and not project.sale_line_id
            and (line.order_partner_id.commercial_partner_id == customer)
        ):
            project.write({"sale_line_id": line.id, "reinvoiced_sale_order_id": line.order_id.id})

    def _get_service_line(self):
        """The first service of the confirmed main offer (``sale.order.line``, may be empty)."""
        # sudo: a salesperson of the lead need not be able to read a colleague's offer
        order = self.sudo().main_order_id.filtered(lambda order: order.state == "sale")[:1]
        return order.order_line.filtered("is_service")[:1]

    def _apply_hours(self, plan, project):
        """Move tickets and hours as planned; says what it did.

        Where a ticket stays with its invoiced hours, the others move to a copy of it.
        """
        billable = plan.choices.hours_billable
        moving = plan.moving
        for ticket in plan.split_tickets:
            copy = self._split_ticket(plan, ticket, project)
            plan.copies |= copy
            lines = moving.search([("id", "in", moving.ids), ("task_id", "=", ticket.id)])
            self._move_hours(lines, project, billable, copy)
            moving -= lines
        loose = moving.search([("id", "in", moving.ids), ("task_id", "=", False)])
        self._move_hours(loose, project, billable)
        # on an order already, in spite of the internal project: its delivered quantity changes
        ordered = moving.search([("id", "in", moving.ids), ("so_line", "!=", False)]) - loose
        self._move_hours(ordered, project, billable)
        moving -= loose | ordered
        if billable:
            self._move_hours(moving, project, billable)
            plan.tickets.write({"project_id": project.id})
        else:
            self._move_tickets_with_hours(plan.tickets, moving, project)
        facts = []
        if plan.moving:
            facts.append(
                self.env._("%(hours)s moved to the project.", hours=plan.moving._get_time_text())
            )
        if plan.invoiced:
            facts.append(
                self.env._(
                    "%(hours)s stayed where they are: they are invoiced.",
                    hours=plan.invoiced._get_time_text(),
                )
            )
        return facts

    def _split_ticket(self, plan, ticket, project):
        """Copy a ticket that stays with its invoiced hours into ``project``; return the copy."""
        values = {
            "name": ticket.name,
            "project_id": project.id,
            "child_ids": False,
            # the project's order line is confirmed by now, the ticket's empty one must not stay
            "sale_line_id": project.sale_line_id.id,
        }
        copy = ticket.copy(values)
        copy.lead_id = ticket.lead_id
        plan.tickets.filtered(lambda task: task.parent_id == ticket).write({"parent_id": copy.id})
        ticket.state = "1_done"
        return copy

    def _move_hours(self, lines, project, billable=False, task=None):
        """Move hours by the ORM: project and all plan columns at once, cost unchanged.

        :param lines: ``account.analytic.line`` in sudo mode
        :param bool billable: let the project's order line bill them, or that of the main
            offer where the project has none
        :param task: the task they move to; they keep theirs when empty
        """
        values = {**self._prepare_moved_hours_accounts(project), "project_id": project.id}
        if task:
            values["task_id"] = task.id
        if not billable:
            values.update(so_line=False, is_so_line_edited=True)
        elif project.sale_line_id:
            values["is_so_line_edited"] = False
        else:
            values.update(so_line=self._get_service_line().id, is_so_line_edited=True)
        if lines:
            lines.with_context(lead_keep_amount=KEEP_AMOUNT).write(values)

    @api.model
    def _prepare_moved_hours_accounts(self, project):
        """The project's analytic account in every plan, by field name."""
        plans = self.env["account.analytic.line"]._get_plan_fnames()
        return {fname: project[fname].id for fname in plans}

    @api.model
    def _prepare_moved_hours_columns(self, project):
        """What the ORM would store on hours that move to ``project`` and are not billable."""
        manual = project.billing_type == "manually"
        return {
            **self._prepare_moved_hours_accounts(project),
            "project_id": project.id,
            "company_id": project.company_id.id or SQL.identifier("line", "company_id"),
            "so_line": None,
            "order_id": None,
            "is_so_line_edited": True,
            "timesheet_invoice_type": "billable_manual" if manual else "non_billable",
            "write_uid": self.env.uid,
            "write_date": self.env.cr.now(),
        }

    @api.model
    def _move_tickets_with_hours(self, tickets, lines, project):
        """Move whole tickets and their hours, not billable: one UPDATE for any number of hours.

        The ORM would load and recompute every line, among others its cost at today's rate.
        The stored fields that depend on where a line is are set here to what the ORM would
        compute for a line without order item; a test compares the two.

        :param tickets: ``project.task`` in sudo mode
        :param lines: all hours of ``tickets``, in sudo mode
        """
        stored = [
            *("project_id", "task_id", "parent_task_id", "partner_id", "lead_id"),
            *("so_line", "order_id", "timesheet_invoice_type"),
        ]
        with self.env.protecting([lines._fields[name] for name in stored], lines):
            tickets.write({"project_id": project.id})
            self.env.flush_all()
        values = self._prepare_moved_hours_columns(project)
        assignments = [
            SQL("%s = %s", SQL.identifier(name), None if value is False else value)
            for name, value in values.items()
        ]
        self.env.cr.execute(
            SQL(
                """UPDATE account_analytic_line AS line
                      SET %s, partner_id = COALESCE(task.partner_id, %s)
                     FROM project_task AS task
                    WHERE task.id = line.task_id AND line.id = ANY(%s)""",
                SQL(", ").join(assignments),
                project.partner_id.id or None,
                list(lines.ids),
            )
        )
        self.env.invalidate_all(flush=False)

    def _post_handover_messages(self, project, facts):
        """Tell the leads and the project what the handover did.

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
