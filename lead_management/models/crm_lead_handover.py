"""Handing won leads over to a project, second half: doing what the plan says."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools.misc import clean_context

from .account_analytic_line import KEEP_AMOUNT
from .project_task import KEEP_ROLES


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
        self._lock_in_words(allow_referencing=True)
        tickets.search([("lead_id", "in", self.ids)])._lock_in_words()
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
        if plan.choices.target == "new":
            made_from = (plan.choices.template.sudo(), project)
            self = self.with_context(lead_handover_template=made_from)
            plan.orders_to_link = plan.orders_to_link.with_context(lead_handover_template=made_from)
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
            records = getattr(plan, name).with_context(lead_handover_partner_ids=())
            setattr(plan, name, records)
        # sudo: the manager need not be readable for a salesperson
        managers = self.env["res.users"].sudo()
        if choices.target == "new":
            managers = managers.browse(choices.project_values.get("user_id") or [])
        return self.with_context(lead_handover_partner_ids=managers.partner_id._ids)

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
            keeping = template.with_context(lead_keep_roles=KEEP_ROLES)
            project = keeping.action_create_from_template(values)
            return project.with_context(lead_keep_roles=False)
        project = Project.create({**values, **self._prepare_blank_project_values()})
        self._translate_columns(project)
        return project

    @api.model
    def _translate_columns(self, project):
        """Name the columns of a new project in every installed language: they are everybody's."""
        for code, _name in self.env["res.lang"].get_installed():
            values = self.with_context(lang=code)._prepare_blank_project_values()
            names = [command[2]["name"] for command in values["type_ids"]]
            for stage, name in zip(project.type_ids.sorted("id"), names, strict=False):
                stage.with_context(lang=code).name = name

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
            # as core's button on the offer: what accounting needs of its lines is asked for
            context = {**clean_context(self.env.context), "validate_analytic": True}
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

        Hours first: what another module refuses to move stays, and its ticket with it. Where a
        ticket stays with some of its hours, the others move to a copy of it.
        """
        # which hours leave which order is forgotten as they move
        leaving = plan.leaving.grouped("so_line")
        refused = self._move_hours(plan.moving, project, plan.choices.hours_billable)
        staying = plan.moving.browse().union(*refused.values())
        moved = plan.moving - staying
        split = plan.split_tickets | staying.task_id
        if split:
            by_ticket = moved.grouped("task_id")
            for ticket in split & moved.task_id:
                copy = plan.twins.get(ticket)
                if not copy:
                    copy = self._split_ticket(plan, ticket, project)
                    plan.copies |= copy
                by_ticket[ticket].write({"task_id": copy.id})
        joined = self._join_twins(plan, moved, plan.tickets - staying.task_id)
        # the hours are there already: they need not follow their tickets
        with self.env.protecting([moved._fields["project_id"]], moved):
            (plan.tickets - staying.task_id - joined).write({"project_id": project.id})
        left = {line: moved & lines for line, lines in leaving.items() if moved & lines}
        return self._get_hours_facts(plan, moved, refused) + self._get_leaving_texts(left)

    def _join_twins(self, plan, moved, tickets):
        """Whole tickets that were split before: the copy takes their hours and parts, and they
        are archived.

        :param tickets: those that nothing stays with
        :return: the tickets that do not move
        """
        joined = tickets.filtered(lambda ticket: ticket in plan.twins)
        for ticket in joined:
            twin = plan.twins[ticket]
            moved.filtered(lambda line, ticket=ticket: line.task_id == ticket).write(
                {"task_id": twin.id}
            )
            parts = (tickets - joined).filtered(
                lambda part, ticket=ticket: part.parent_id == ticket
            )
            parts.write({"parent_id": twin.id})
        joined.write({"active": False})
        return joined

    def _get_hours_facts(self, plan, moved, refused):
        """Sentences about which hours moved, and which stayed and why."""
        facts = []
        if moved:
            facts.append(
                self.env._("%(hours)s moved to the project.", hours=moved._get_time_text())
            )
        if plan.invoiced:
            facts.append(
                self.env._(
                    "%(hours)s stayed where they are: they are invoiced.",
                    hours=plan.invoiced._get_time_text(),
                )
            )
        if plan.locked:
            facts.append(
                self.env._(
                    "%(hours)s stayed where they are: they are locked.",
                    hours=plan.locked._get_time_text(),
                )
            )
        for reason, lines in refused.items():
            facts.append(
                self.env._(
                    "%(hours)s stayed where they are: %(reason)s",
                    hours=lines._get_time_text(),
                    reason=reason,
                )
            )
        return facts

    def _split_ticket(self, plan, ticket, project):
        """Copy a ticket that stays with its invoiced hours into ``project``; return the copy."""
        values = {
            "name": ticket.name,
            "project_id": project.id,
            "is_lead_ticket": True,
            "child_ids": False,
            # the project's order line is confirmed by now, the ticket's empty one must not stay
            "sale_line_id": project.sale_line_id.id,
        }
        copy = ticket.copy(values)
        copy.lead_id = ticket.lead_id
        plan.tickets.filtered(lambda task: task.parent_id == ticket).write({"parent_id": copy.id})
        ticket.state = "1_done"
        return copy

    def _move_hours(self, lines, project, billable=False):
        """Move hours by the ORM: project and all plan columns at once, cost unchanged.

        :param lines: ``account.analytic.line`` in sudo mode; they keep their ticket
        :param bool billable: let the project's order line bill them, or that of the main
            offer where the project has none
        :return: dict of the lines that may not be moved, by reason
        """
        values = {**self._prepare_moved_hours_accounts(project), "project_id": project.id}
        if not billable:
            values.update(so_line=False, is_so_line_edited=True)
        elif project.sale_line_id:
            values["is_so_line_edited"] = False
        else:
            values.update(so_line=self._get_service_line().id, is_so_line_edited=True)
        return lines.with_context(lead_keep_amount=KEEP_AMOUNT)._write_unless_refused(values)

    @api.model
    def _prepare_moved_hours_accounts(self, project):
        """The project's analytic account in every plan, by field name."""
        plans = self.env["account.analytic.line"]._get_plan_fnames()
        return {fname: project[fname].id for fname in plans}

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
