"""Handing won leads over to a project: the plan, made of what ``_collect_handover`` found.

Nothing here searches, and nothing changes a record. Each part looks at the plan so far and at the
findings, and returns the values and sentences that it adds. Other modules take part through
``_extend_handover_plan``, and when the plan is applied through ``_apply_handover_extension``.
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
        found = self._collect_handover(choices)
        plan = HandoverPlan(leads=self, choices=choices, similar_partners=found.similar_partners)
        for part in (
            self._plan_hours,
            self._plan_leaving_hours,
            self._plan_orders,
            self._plan_order_rights,
            self._plan_order_projects,
            self._plan_template_tasks,
            self._plan_contact,
            self._plan_project,
        ):
            plan = plan.also(**part(plan, found))
        self._extend_handover_plan(plan)
        return plan

    def _extend_handover_plan(self, plan):
        """Hook for other modules: add to ``plan`` what of yours should move as well.

        Called last by ``_plan_handover``, so for the Won dialog only; returns nothing and must not
        change any record. Call super. Put your own records into ``plan.extras``, sentences into
        ``plan.warnings`` and ``plan.refusals``.

        :param HandoverPlan plan: made of all other parts
        """

    def _plan_hours(self, plan, found):
        """Which tickets and hours move, and which hours stay.

        Hours that are invoiced or may not be changed stay, and with them their ticket. So do those
        of a ticket that somebody moved into a billable project: the internal lead project never
        is one. What another module refuses at moving is found then.
        """
        tickets, hours = found.tickets, found.hours
        placed = tickets.filtered(
            lambda task: task.project_id.allow_billable or task.project_id == plan.choices.project
        )
        elsewhere = hours.filtered(lambda line: line.task_id in placed)
        kept = hours.filtered(lambda line: line._is_readonly()) - elsewhere
        invoiced = kept.filtered(lambda line: not line._is_not_billed())
        staying = {"invoiced": invoiced, "locked": kept - invoiced, "elsewhere": elsewhere}
        if not plan.needs_project:
            nothing = tickets.browse()
            return {
                **staying,
                "moving": hours.browse(),
                **{name: nothing for name in ("tickets", "split_tickets", "copies")},
            }
        moving = hours - kept - elsewhere
        # a ticket stays with hours that stay; it is split when it has others
        split = moving.task_id & kept.task_id
        whole = tickets - placed - kept.task_id
        return {
            **staying,
            "moving": moving,
            "tickets": whole,
            "split_tickets": split,
            "copies": tickets.browse(),
            "twins": self._find_twins(whole | split, placed, plan.choices.project, found.copy_ids),
        }

    @api.model
    def _find_twins(self, tickets, placed, project, copy_ids):
        """Tickets that were split before: their copy in the project takes the hours that may move
        by now, as after a credit note. A second ticket of the name would come otherwise.

        :param tickets: ``project.task`` that would move
        :param placed: those that are in a project already
        :param set copy_ids: of all copies that handovers made
        :return: dict of ticket to its copy
        """
        copies = {
            (task.lead_id, task.name): task
            for task in reversed(placed)
            if task.id in copy_ids and task.project_id == project
        }
        keys = {ticket: (ticket.lead_id, ticket.name) for ticket in tickets}
        return {ticket: copies[key] for ticket, key in keys.items() if key in copies}

    def _plan_leaving_hours(self, plan, found):
        """Hours that count as delivered on an order, and would not any more."""
        if plan.choices.hours_billable:
            return {"leaving": found.hours.browse()}
        leaving = plan.moving.filtered("so_line")
        return {
            "leaving": leaving,
            "warnings": self._get_leaving_texts(leaving.grouped("so_line")),
        }

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

    def _plan_orders(self, plan, found):
        """Which offers are linked to the project, and which are cancelled.

        All offers of the lead follow it, also a colleague's.
        """
        choices, nothing = plan.choices, found.orders.browse()
        quotations = found.orders.filtered(lambda order: order.state in ("draft", "sent"))
        others = quotations - choices.main_orders
        cancelled = others if choices.cancel_other_orders else nothing
        unlinked = (found.orders - cancelled).filtered(lambda order: not order.project_id)
        return {
            "other_quotations": others,
            "orders_to_cancel": cancelled,
            "orders_to_link": unlinked if plan.needs_project else nothing,
        }

    def _plan_order_rights(self, plan, found):
        """Whether the user may confirm and cancel what is planned, and what has expired."""
        confirmed = plan.choices.orders_to_confirm
        changed = confirmed | plan.orders_to_cancel
        return {
            "refusals": [
                self.env._(
                    "Offer %(name)s belongs to %(owner)s: you may not confirm or cancel it.",
                    name=order.name,
                    owner=order.user_id.name,
                )
                # sudo: the offer is told with the lead
                for order in changed.sudo() - found.writable
            ],
            "warnings": [
                self.env._(
                    "Offer %(name)s expired on %(date)s.",
                    name=order.name,
                    date=format_date(self.env, order.validity_date),
                )
                for order in confirmed.sudo().filtered("is_expired")
            ],
        }

    def _plan_order_projects(self, plan, found):
        """Orders that run in other projects than the chosen one."""
        messages = [
            self.env._(
                "An order of this lead runs in project “%(project)s” already.",
                project=project.name,
            )
            if project in found.readable
            else self.env._("An order of this lead runs in a project out of your reach.")
            for project in found.running - plan.choices.project
        ]
        if plan.choices.target != "new":
            return {"warnings": messages}
        remedy = self.env._("Choose it as the existing project.")
        return {"refusals": [f"{message} {remedy}" for message in messages]}

    def _plan_template_tasks(self, plan, found):
        """Which tasks the templates of the sold products bring, and what they cannot bring."""
        if not plan.needs_project:
            return {"template_lines": found.template_lines.browse()}
        return {
            "template_lines": found.template_lines,
            "warnings": [
                self.env._(
                    "The tasks of template “%(template)s” do not come: it belongs to %(company)s.",
                    template=template.name,
                    company=template.company_id.name,
                )
                for template in found.foreign_template_lines.product_id.project_template_id
            ],
        }

    def _plan_contact(self, plan, found):
        choices, refusals = plan.choices, []
        if choices.partner_choice == "link" and not choices.partner:
            refusals.append(self.env._("Choose the contact to link."))
        if choices.partner_choice == "create":
            contacts = {
                (lead.contact_name, lead.partner_name, lead.email_normalized)
                for lead in self.filtered(lambda lead: not lead.partner_id)
            }
            if len(contacts) > 1:
                refusals.append(
                    self.env._("The leads are of different people: create their contacts first.")
                )
        company = choices.company
        contacts = choices.partner if choices.partner_choice == "link" else self.partner_id
        # sudo: the contact of another company need not be readable
        for contact in contacts.sudo().filtered(lambda contact: contact.company_id - company):
            refusals.append(
                self.env._(
                    "The contact belongs to %(contacts_company)s, the lead to %(company)s.",
                    contacts_company=contact.company_id.name,
                    company=company.name,
                )
            )
        return {
            "refusals": refusals,
            "warnings": self._get_similar_warnings(found.similar_partners),
        }

    @api.model
    def _get_similar_warnings(self, partners):
        """Sentences that name the contacts that the new one may be a second time."""
        warnings = []
        archived = partners.filtered(lambda partner: not partner.active)
        if partners - archived:
            warnings.append(
                self.env._(
                    "Similar contacts exist: %(names)s. Choose “Link a contact” to use one.",
                    names=", ".join((partners - archived).mapped("display_name")),
                )
            )
        if archived:
            warnings.append(
                self.env._(
                    "A similar contact is archived: %(names)s. Restore it to use it again.",
                    names=", ".join(archived.mapped("display_name")),
                )
            )
        return warnings

    def _plan_project(self, plan, found):
        """Why the target cannot take what the leads bring."""
        choices = plan.choices
        refusals, warnings = self._get_company_refusals(plan), []
        if choices.hours_billable and plan.moving and not self._has_billable_service(choices):
            warnings.append(
                self.env._(
                    "No service is ordered that the hours could be billed on: they will not be."
                )
            )
        # sudo: the lead's project need not be readable for a salesperson
        for project in self.sudo().won_project_id - choices.project.sudo():
            refusals.append(
                self.env._(
                    "The lead runs in project “%(project)s” already: choose that one.",
                    project=project.name,
                )
            )
        values = {}
        if choices.target == "new":
            refusals += self._get_new_project_refusals(plan, found)
        elif choices.project:
            values = self._plan_existing_project(plan, found)
            refusals += values.pop("refusals", [])
            warnings += values.pop("warnings", [])
        elif choices.target == "existing":
            refusals.append(self.env._("Choose the project."))
        return {**values, "refusals": refusals, "warnings": warnings}

    def _get_company_refusals(self, plan):
        """Why the leads, what they bring and the user do not meet in a company; a list."""
        company = plan.choices.company
        orders = plan.orders_to_link | plan.choices.orders_to_confirm
        companies = company | plan.moving.company_id | orders.company_id | self.company_id
        refusals = []
        if company not in self.env.companies:
            refusals.append(
                self.env._(
                    "The lead belongs to %(company)s. Select this company, then try again.",
                    company=company.sudo().name,
                )
            )
        if len(companies) > 1:
            refusals.append(
                self.env._(
                    "The leads, their hours and offers belong to different companies: %(names)s.",
                    names=", ".join(companies.sudo().mapped("name")),
                )
            )
        return refusals

    def _has_billable_service(self, choices):
        """Whether an order line will be there that hours can be billed on."""
        orders = choices.orders_to_confirm | self.sudo().main_order_id.filtered(
            lambda order: order.state == "sale"
        )
        in_project = choices.project.sudo().sale_line_id
        return bool(in_project or orders.sudo().order_line.filtered("is_service"))

    def _get_new_project_refusals(self, plan, found):
        """Why no project can be made as chosen; a list of sentences."""
        choices = plan.choices
        refusals = []
        if not (choices.project_values.get("name") or "").strip():
            refusals.append(self.env._("Give the new project a name."))
        # sudo: salespeople need no right on templates that are set up for them
        template = choices.template.sudo()
        if template and not (template.is_template and found.may_use_template):
            return [*refusals, self.env._("The template is none, or you may not use it.")]
        if template.company_id and template.company_id != choices.company:
            refusals.append(
                self.env._(
                    "Template “%(template)s” belongs to %(company)s.",
                    template=template.name,
                    company=template.company_id.name,
                )
            )
        missing = plan.moving and self._name_missing_plans(template, found.mandatory_plans)
        if missing:
            refusals.append(
                self.env._(
                    "Hours need the analytic plans %(plans)s, which a new project does not "
                    "have. Use a template that has them, or create the project first and "
                    "choose it as the existing one.",
                    plans=missing,
                )
            )
        return refusals

    def _plan_existing_project(self, plan, found):
        choices = plan.choices
        if choices.project not in found.readable:
            return {"refusals": [self.env._("You have no access to this project.")]}
        # sudo: the project's accounts and customer need not be readable for a salesperson
        project = choices.project.sudo()
        refusals = []
        if plan.orders_to_link and not (project.allow_billable or project in found.running):
            refusals.append(
                self.env._(
                    "Project “%(project)s” is not billable: no order can run in it. Making it "
                    "billable would put the time recorded in it on the order.",
                    project=project.name,
                )
            )
        if plan.moving or plan.tickets:
            refusals += self._get_hours_refusals(plan, found, project)
        if project.is_lead_project or project.is_template or not project.active:
            refusals.append(
                self.env._(
                    "“%(project)s” is archived, a template or the internal lead project. "
                    "Choose another project.",
                    project=project.name,
                )
            )
        if project.company_id and project.company_id != choices.company:
            refusals.append(
                self.env._(
                    "Project “%(project)s” belongs to %(company)s.",
                    project=project.name,
                    company=project.company_id.name,
                )
            )
        part = self._plan_other_customer(choices, project)
        return {**part, "refusals": refusals + part.get("refusals", [])}

    def _plan_other_customer(self, choices, project):
        """Whom ``project`` (sudo) is for, when that is not whom the leads are from."""
        customer = project.partner_id.commercial_partner_id
        partners = (choices.partner or self.partner_id).commercial_partner_id
        if not customer or not (partners - customer or choices.partner_choice == "create"):
            return {}
        message = self.env._(
            "Project “%(project)s” is for %(customer)s, who is not the contact of the lead.",
            project=project.name,
            customer=customer.display_name,
        )
        kind = "warnings" if choices.accept_other_customer else "refusals"
        return {"other_customer": customer, kind: [message]}

    def _get_hours_refusals(self, plan, found, project):
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
        if project.company_id and (plan.moving.company_id - project.company_id):
            refusals.append(
                self.env._(
                    "The hours belong to another company than project “%(project)s”.",
                    project=project.name,
                )
            )
        missing = plan.moving and self._name_missing_plans(project, found.mandatory_plans)
        if missing:
            refusals.append(self._get_missing_plans_refusal(project, missing))
        return refusals

    @api.model
    def _get_missing_plans_refusal(self, project, names):
        return self.env._(
            "Hours need the analytic plans %(plans)s, which project “%(project)s” does not have.",
            plans=names,
            project=project.name,
        )

    @api.model
    def _name_missing_plans(self, project, plans):
        """Names of the analytic plans that ``project`` has no account of; empty when it has all.

        :param plans: dicts, see ``_get_plans_of_hours``
        """
        return ", ".join(plan["name"] for plan in plans if not project[plan["column_name"]])
