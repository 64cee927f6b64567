"""Handing won leads over to a project, first half: the plan. Nothing here changes a record.

Other modules take part through ``_extend_handover_plan``, and in the second half through
``_apply_handover_extension``.
"""

from odoo import api, models
from odoo.tools import format_date

from .handover_plan import HandoverPlan


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _plan_handover(self, choices):
        """Say what handing these leads over would do. Changes nothing.

        Called by the dialog whenever a choice changes, and once more when it is applied.

        :param HandoverChoices choices: see ``models/handover_plan.py``
        :rtype: HandoverPlan
        """
        plan = HandoverPlan(leads=self, choices=choices)
        self._plan_hours(plan)
        self._plan_orders(plan)
        self._plan_template_tasks(plan)
        self._plan_contact(plan)
        self._plan_project(plan)
        self._extend_handover_plan(plan)
        return plan

    def _extend_handover_plan(self, plan):
        """Hook for other modules: add to ``plan`` what of yours should move as well.

        Called last by ``_plan_handover``; must not change any record. Put your own records
        into ``plan.extras``, sentences into ``plan.warnings`` and ``plan.refusals``.
        """

    def _get_handover_company(self):
        """The company the handover happens in (``res.company``, one).

        Leads without a company belong to the one that holds their hours or wrote their offers.
        """
        # sudo: which company counts does not depend on who looks
        leads = self.sudo()
        domain = [("lead_id", "in", self.ids), ("is_lead_ticket", "=", True)]
        tickets = self.env["project.task"].sudo().search(domain)
        companies = leads.company_id or tickets.project_id.company_id
        companies = companies or self._get_offers().company_id
        return companies[:1].with_env(self.env) or self.env.company

    def _plan_hours(self, plan):
        """Which tickets and hours move, and which hours stay.

        Hours that are invoiced or may not be changed stay, and with them their ticket. So do those
        of a ticket that somebody moved into a billable project: the internal lead project never
        is one. What another module refuses at moving is found then.
        """
        tickets = self._collect_handover_tickets()
        lines = self.env["account.analytic.line"].sudo()
        hours = self._collect_handover_hours(tickets)
        placed = tickets.filtered(
            lambda task: task.project_id.allow_billable or task.project_id == plan.choices.project
        )
        plan.elsewhere = hours & lines.search([("task_id", "in", placed.ids)])
        # one query for any number of hours
        hours.fetch(["date", "timesheet_invoice_id"])
        kept = hours.filtered(lambda line: line._is_readonly()) - plan.elsewhere
        plan.invoiced = kept.filtered(lambda line: not line._is_not_billed())
        plan.locked = kept - plan.invoiced
        plan.moving = hours - kept - plan.elsewhere
        staying = kept.task_id
        # a ticket stays with hours that stay; it is split when it has others
        plan.split_tickets = plan.copies = tickets.browse()
        if staying:
            others = [("id", "in", plan.moving.ids), ("task_id", "in", staying.ids)]
            plan.split_tickets = lines.search(others).task_id
        plan.tickets = tickets - placed - staying
        self._plan_twins(plan, placed)
        if not plan.needs_project:
            empty = tickets.browse()
            plan.tickets = plan.split_tickets = empty
            plan.moving = lines.browse()
            plan.twins = {}
        self._plan_leaving_hours(plan)

    def _plan_twins(self, plan, placed):
        """Tickets that were split before: their copy in the project takes the hours that may move
        by now, as after a credit note. A second ticket of the name would come otherwise.

        :param placed: the tickets (``project.task``, sudo) that are in a project already
        """
        copies = {
            ticket_id
            for record in self._find_handover_records()
            for ticket_id in record.before.get("copies", [])
        }
        twins = placed.filtered(
            lambda task: task.id in copies and task.project_id == plan.choices.project
        )
        for ticket in plan.tickets | plan.split_tickets:
            twin = twins.filtered(
                lambda task, ticket=ticket: (
                    (task.lead_id, task.name) == (ticket.lead_id, ticket.name)
                )
            )
            if twin:
                plan.twins[ticket] = twin[:1]

    def _plan_leaving_hours(self, plan):
        """Hours that count as delivered on an order, and would not any more."""
        plan.leaving = plan.moving.browse()
        if plan.choices.hours_billable or not plan.moving:
            return
        counted = [("id", "in", plan.moving.ids), ("so_line", "!=", False)]
        plan.leaving = plan.moving.search(counted)
        plan.warnings += self._get_leaving_texts(plan.leaving.grouped("so_line"))

    def _get_leaving_texts(self, hours_by_line):
        """Sentences about hours that are not billed any more, one per order line.

        :param dict hours_by_line: of ``sale.order.line`` to ``account.analytic.line``, in sudo mode
        """
        return [
            self.env._(
                "%(hours)s leave order %(order)s, where they count as delivered: they are "
                "not billed any more.",
                hours=lines._get_time_text(),
                order=line.order_id.name,
            )
            for line, lines in hours_by_line.items()
        ]

    def _plan_template_tasks(self, plan):
        """Which tasks the templates of the sold products bring, and what they cannot bring."""
        choices = plan.choices
        plan.template_lines = self.env["sale.order.line"].sudo()
        if not plan.needs_project:
            return
        # sudo: what is sold is told with the offer; templates need not be readable
        orders = choices.orders_to_confirm.sudo() | plan.orders_to_link.filtered(
            lambda order: order.state == "sale"
        )
        lines = orders.order_line.filtered(lambda line: not line.project_id)
        lines -= lines._get_sold_tasks().sold_with_line_id
        coming, others = lines._find_template_lines(choices.company)
        if choices.target == "new":
            there = coming.filtered(
                lambda line: line.product_id.project_template_id == choices.template.sudo()
            )
        else:
            there = coming._filtered_in_template(choices.project.sudo())
        plan.template_lines = coming - there
        for template in others.product_id.project_template_id:
            plan.warnings.append(
                self.env._(
                    "The tasks of template “%(template)s” do not come: it belongs to %(company)s.",
                    template=template.name,
                    company=template.company_id.name,
                )
            )

    def _collect_handover_tickets(self):
        """The leads' tickets that are in a project (``project.task`` in sudo mode)."""
        # sudo: colleagues' hours move too; who may hand over is checked on the leads
        tasks = self.env["project.task"].sudo().with_context(active_test=False)
        return tasks.search(
            [
                ("lead_id", "in", self.ids),
                ("is_lead_ticket", "=", True),
                ("project_id", "!=", False),
            ]
        )

    def _collect_handover_hours(self, tickets):
        """The hours on ``tickets``, and those in the lead project whose ticket was taken off.

        :param tickets: ``project.task`` in sudo mode
        :return: ``account.analytic.line`` in sudo mode
        """
        lines = self.env["account.analytic.line"].sudo()
        loose = [
            ("lead_id", "in", self.ids),
            ("task_id", "=", False),
            ("project_id", "!=", False),
            ("project_id.allow_billable", "=", False),
        ]
        on_tickets = [("task_id", "in", tickets.ids), ("project_id", "!=", False)]
        return lines.search(on_tickets) | lines.search(loose)

    def _plan_orders(self, plan):
        """Which offers are linked to the project, and which are cancelled."""
        choices = plan.choices
        # all offers of the lead follow it, also a colleague's; who confirms or cancels one needs
        # the right to
        orders = self._get_offers()
        quotations = orders.filtered(lambda order: order.state in ("draft", "sent"))
        plan.other_quotations = quotations - choices.main_orders
        plan.orders_to_cancel = (
            plan.other_quotations if choices.cancel_other_orders else orders.browse()
        )
        kept = orders - plan.orders_to_cancel
        plan.orders_to_link = (
            kept.filtered(lambda order: not order.project_id)
            if plan.needs_project
            else orders.browse()
        )
        self._plan_order_rights(plan)
        projects = self._get_order_projects(kept)
        for project in projects - choices.project.sudo():
            if project.sudo(False).has_access("read"):
                message = self.env._(
                    "An order of this lead runs in project “%(project)s” already.",
                    project=project.name,
                )
            else:
                message = self.env._("An order of this lead runs in a project out of your reach.")
            if choices.target == "new":
                plan.refusals.append(
                    message + " " + self.env._("Choose it as the existing project.")
                )
            else:
                plan.warnings.append(message)

    def _plan_order_rights(self, plan):
        """Whether the user may confirm and cancel what is planned, and what has expired."""
        choices = plan.choices
        changed = (choices.orders_to_confirm | plan.orders_to_cancel).with_env(self.env)
        for order in changed - changed._filtered_access("write"):
            plan.refusals.append(
                self.env._(
                    "Offer %(name)s belongs to %(owner)s: you may not confirm or cancel it.",
                    name=order.sudo().name,
                    owner=order.sudo().user_id.name,
                )
            )
        for order in choices.orders_to_confirm.sudo().filtered("is_expired"):
            plan.warnings.append(
                self.env._(
                    "Offer %(name)s expired on %(date)s.",
                    name=order.name,
                    date=format_date(self.env, order.validity_date),
                )
            )

    @api.model
    def _get_order_projects(self, orders):
        """The projects that confirmed orders run in already (``project.project``, sudo)."""
        # sudo: the projects of an order need not be readable for a salesperson
        confirmed = orders.sudo().filtered(lambda order: order.state == "sale")
        return confirmed.project_id | confirmed.order_line.project_id

    def _plan_contact(self, plan):
        choices = plan.choices
        if choices.partner_choice == "link" and not choices.partner:
            plan.refusals.append(self.env._("Choose the contact to link."))
        if choices.partner_choice == "create":
            contacts = {
                (lead.contact_name, lead.partner_name, lead.email_normalized)
                for lead in self.filtered(lambda lead: not lead.partner_id)
            }
            if len(contacts) > 1:
                plan.refusals.append(
                    self.env._("The leads are of different people: create their contacts first.")
                )
        company = choices.company
        contacts = choices.partner if choices.partner_choice == "link" else self.partner_id
        # sudo: the contact of another company need not be readable
        for contact in contacts.sudo().filtered(lambda contact: contact.company_id - company):
            plan.refusals.append(
                self.env._(
                    "The contact belongs to %(contacts_company)s, the lead to %(company)s.",
                    contacts_company=contact.company_id.name,
                    company=company.name,
                )
            )
        plan.similar_partners = self.env["res.partner"]
        if choices.partner_choice == "create":
            self._plan_similar_contacts(plan)

    def _plan_similar_contacts(self, plan):
        """Name the contacts that the new one may be a second time."""
        plan.similar_partners = self[:1]._find_similar_partners()
        archived = plan.similar_partners.filtered(lambda partner: not partner.active)
        if plan.similar_partners - archived:
            plan.warnings.append(
                self.env._(
                    "Similar contacts exist: %(names)s. Choose “Link a contact” to use one.",
                    names=", ".join((plan.similar_partners - archived).mapped("display_name")),
                )
            )
        if archived:
            plan.warnings.append(
                self.env._(
                    "A similar contact is archived: %(names)s. Restore it to use it again.",
                    names=", ".join(archived.mapped("display_name")),
                )
            )

    def _plan_project(self, plan):
        """Why the target cannot take what the leads bring."""
        choices = plan.choices
        orders = plan.orders_to_link | choices.orders_to_confirm
        companies = choices.company | plan.moving._get_companies() | orders.company_id
        companies |= self.company_id
        if choices.company not in self.env.companies:
            plan.refusals.append(
                self.env._(
                    "The lead belongs to %(company)s. Select this company, then try again.",
                    company=choices.company.sudo().name,
                )
            )
        if len(companies) > 1:
            plan.refusals.append(
                self.env._(
                    "The leads, their hours and offers belong to different companies: %(names)s.",
                    names=", ".join(companies.sudo().mapped("name")),
                )
            )
        if choices.hours_billable and plan.moving and not self._has_billable_service(plan):
            plan.warnings.append(
                self.env._(
                    "No service is ordered that the hours could be billed on: they will not be."
                )
            )
        # sudo: the lead's project need not be readable for a salesperson
        for project in self.sudo().won_project_id - choices.project.sudo():
            plan.refusals.append(
                self.env._(
                    "The lead runs in project “%(project)s” already: choose that one.",
                    project=project.name,
                )
            )
        if choices.target == "new":
            self._plan_new_project(plan)
        elif choices.target == "existing":
            self._plan_existing_project(plan)

    def _has_billable_service(self, plan):
        """Whether an order line will be there that hours can be billed on."""
        orders = plan.choices.orders_to_confirm | self.sudo().main_order_id.filtered(
            lambda order: order.state == "sale"
        )
        in_project = plan.choices.project.sudo().sale_line_id
        return bool(in_project or orders.sudo().order_line.filtered("is_service"))

    def _plan_new_project(self, plan):
        choices = plan.choices
        if not (choices.project_values.get("name") or "").strip():
            plan.refusals.append(self.env._("Give the new project a name."))
        # sudo: salespeople need no right on templates that are set up for them
        template = choices.template.sudo()
        mine = choices.template.with_env(self.env)
        if template and (
            not template.is_template
            or not (mine._filtered_set_up_templates() or mine.has_access("read"))
        ):
            plan.refusals.append(self.env._("The template is none, or you may not use it."))
            return
        if template.company_id and template.company_id != choices.company:
            plan.refusals.append(
                self.env._(
                    "Template “%(template)s” belongs to %(company)s.",
                    template=template.name,
                    company=template.company_id.name,
                )
            )
        missing = self._get_missing_plans(template, choices.company) if plan.moving else []
        if missing:
            plan.refusals.append(
                self.env._(
                    "Hours need the analytic plans %(plans)s, which a new project does not "
                    "have. Use a template that has them, or create the project first and "
                    "choose it as the existing one.",
                    plans=", ".join(missing),
                )
            )

    def _plan_existing_project(self, plan):
        choices = plan.choices
        if not choices.project:
            plan.refusals.append(self.env._("Choose the project."))
            return
        if not choices.project.sudo(False).has_access("read"):
            plan.refusals.append(self.env._("You have no access to this project."))
            return
        # sudo: the project's accounts and customer need not be readable for a salesperson
        project = choices.project.sudo()
        running = self._get_order_projects(self._get_offers())
        if plan.orders_to_link and not (project.allow_billable or project in running):
            plan.refusals.append(
                self.env._(
                    "Project “%(project)s” is not billable: no order can run in it. Making it "
                    "billable would put the time recorded in it on the order.",
                    project=project.name,
                )
            )
        if plan.moving or plan.tickets:
            plan.refusals += self._get_hours_refusals(plan, project)
        if project.is_lead_project or project.is_template or not project.active:
            plan.refusals.append(
                self.env._(
                    "“%(project)s” is archived, a template or the internal lead project. "
                    "Choose another project.",
                    project=project.name,
                )
            )
        if project.company_id and project.company_id != choices.company:
            plan.refusals.append(
                self.env._(
                    "Project “%(project)s” belongs to %(company)s.",
                    project=project.name,
                    company=project.company_id.name,
                )
            )
        self._plan_customer(plan, project)

    def _plan_customer(self, plan, project):
        """Whether ``project`` (sudo) is for somebody else than the leads are from."""
        choices = plan.choices
        customer = project.partner_id.commercial_partner_id
        partners = (choices.partner or self.partner_id).commercial_partner_id
        if customer and (partners - customer or choices.partner_choice == "create"):
            plan.other_customer = customer
            message = self.env._(
                "Project “%(project)s” is for %(customer)s, who is not the contact of the lead.",
                project=project.name,
                customer=customer.display_name,
            )
            (plan.warnings if choices.accept_other_customer else plan.refusals).append(message)

    def _get_hours_refusals(self, plan, project):
        """Why ``project`` (sudo) cannot take the hours; a list of sentences."""
        refusals = []
        if not project.allow_timesheets:
            refusals.append(
                self.env._("Project “%(project)s” does not take timesheets.", project=project.name)
            )
        elif not project.account_id.active:
            refusals.append(
                self.env._(
                    "Project “%(project)s” has no active analytic account for the hours.",
                    project=project.name,
                )
            )
        if project.company_id and (plan.moving._get_companies() - project.company_id):
            refusals.append(
                self.env._(
                    "The hours belong to another company than project “%(project)s”.",
                    project=project.name,
                )
            )
        missing = self._get_missing_plans(project, plan.choices.company) if plan.moving else []
        if missing:
            refusals.append(
                self.env._(
                    "Hours need the analytic plans %(plans)s, which project “%(project)s” does "
                    "not have.",
                    plans=", ".join(missing),
                    project=project.name,
                )
            )
        return refusals

    @api.model
    def _get_missing_plans(self, project, company):
        """Names of the analytic plans that timesheets must have and ``project`` has not."""
        plans = self.env["account.analytic.line"]._get_mandatory_plans(
            company, business_domain="timesheet"
        )
        return [
            plan["name"]
            for plan in plans
            if plan["column_name"] != "account_id" and not project[plan["column_name"]]
        ]
