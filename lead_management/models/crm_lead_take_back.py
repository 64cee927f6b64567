"""Taking back a handover, second half: doing what the plan says."""

import logging

from markupsafe import Markup

from odoo import models
from odoo.exceptions import LockError, UserError

from ..tools.marks import NEEDS_SETTLED
from .account_analytic_line import KEEP_AMOUNT

_logger = logging.getLogger(__name__)


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def action_take_back(self):
        """Open the dialog that undoes the handover of one won lead.

        :return: the action of ``crm.lead.take.back``
        :raises AccessError: when the user may not change the lead
        :raises UserError: when it is not one lead
        """
        if len(self) != 1:
            raise UserError(self.env._("Take back one lead at a time."))
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_management.crm_lead_take_back_action"
        )
        action["context"] = {"default_lead_id": self.id}
        return action

    def _take_back(self, keep_orders):
        """Undo the handover of this lead, in the current transaction.

        :param bool keep_orders: leave the orders as they are now
        :raises AccessError: when the user may not change the lead
        :raises UserError: when something is in the way, or somebody else works on the lead
        """
        self.check_access("write")
        self._lock_for_handover()
        self._lock_project_of_handover()
        plan = self._plan_take_back(keep_orders)
        if plan.refusals:
            raise UserError("\n".join(plan.refusals))
        # nobody becomes a follower of a project, or of a ticket, by this
        plan.lead = self.with_context(lead_handover_partner_ids=())
        plan.lead._apply_take_back(plan)

    def _lock_project_of_handover(self):
        """Let nobody add to the project while the handover is taken back.

        :raises UserError: when somebody does so right now
        """
        try:
            # sudo: the project need not be readable
            self.sudo().won_project_id.lock_for_update()
        except LockError as error:
            raise UserError(
                self.env._(
                    "Somebody else is working in the project right now. Try again in a moment."
                )
            ) from error

    def _apply_take_back(self, plan):
        """Do what ``plan`` says. What it says was checked, and that nothing is in the way."""
        facts = []
        values = {**plan.state, "won_project_id": False}
        # a phase that the lead was in needs nothing to be gone back to
        self.with_context(lead_needs=NEEDS_SETTLED).write(values)
        if plan.state:
            facts.append(
                self.env._(
                    "The lead is in phase “%(stage)s” again, with %(probability)s %%.",
                    stage=self.stage_id.name,
                    probability=round(self.probability, 2),
                )
            )
        facts += self._return_hours(plan)
        self._return_tickets(plan)
        facts += self._return_orders(plan)
        facts += self._leave_project(plan)
        facts += self._apply_take_back_extension(plan)
        plan.records.write({"is_taken_back": True})
        self._post_take_back_messages(plan, facts)
        _logger.info("Lead %s was taken back from project %s", self.id, plan.project.id)

    def _apply_take_back_extension(self, plan):
        """Hook for other modules: undo what ``_apply_handover_extension`` did.

        :param TakeBackPlan plan: see ``models/handover_plan.py``
        :return: list of sentences about what was done, for the messages on both sides
        """
        return []

    # ------------------------------------------------------------
    # Hours and tickets
    # ------------------------------------------------------------

    def _get_return_project(self, plan, project_id):
        """Where hours and tickets return to: the internal project that they were in, or else
        that of the company (``project.project`` in sudo mode)."""
        project = plan.project.browse(project_id or []).exists()
        if project.active and project.allow_timesheets and not project.allow_billable:
            return project
        # sudo: a salesperson needs no project rights
        return plan.company.sudo()._get_or_create_lead_project()

    def _return_hours(self, plan):
        """Hours go back to the ticket they were on, at the cost they have; says what it did."""
        tasks = self.env["project.task"].sudo()
        groups = [
            group for record in reversed(plan.records) for group in record.before.get("hours", [])
        ]
        there = tasks.browse({task_id for _project, task_id, _ids in groups if task_id}).exists()
        for project_id, task_id, line_ids in groups:
            lines = plan.hours & plan.hours.browse(line_ids)
            if not lines:
                continue
            project = self._get_return_project(plan, project_id)
            task = there & tasks.browse(task_id or [])
            if task_id and not task:
                task = self._get_or_create_tickets()[self]
                project = task.project_id
            lines.with_context(lead_keep_amount=KEEP_AMOUNT).write(
                {
                    **self._prepare_moved_hours_accounts(project),
                    "project_id": project.id,
                    "task_id": task.id,
                    # internal work has no customer; computed, it would be a second update
                    "partner_id": False,
                    "so_line": False,
                    "is_so_line_edited": False,
                }
            )
        if not plan.hours:
            return []
        time = plan.hours._get_time_text()
        return [self.env._("%(hours)s returned to the lead.", hours=time)]

    def _return_tickets(self, plan):
        """Tickets go back to where they were, in the state they had; copies of split ones go.

        One that somebody moved to another project since stays there.
        """
        notes = plan.records._get_ticket_notes()
        # sudo: a salesperson needs no project rights
        tasks = self.env["project.task"].sudo().with_context(active_test=False)
        tickets = tasks.browse(notes).exists()
        moved = tickets.filtered(lambda ticket: ticket.project_id == plan.project)
        stayed = tickets.filtered(
            lambda ticket: ticket.project_id.id == notes[ticket.id]["project_id"]
        )
        for project_id, part in moved.grouped(lambda t: notes[t.id]["project_id"]).items():
            part.write({"project_id": self._get_return_project(plan, project_id).id})
        parents = tasks.browse({note["parent_id"] or 0 for note in notes.values()}).exists()
        stages = tasks.stage_id.browse({note["stage_id"] or 0 for note in notes.values()}).exists()

        def get_changes(ticket):
            note = notes[ticket.id]
            stage = stages.filtered(
                lambda stage: (
                    stage.id == note["stage_id"] and ticket.project_id in stage.project_ids
                )
            )
            parent = parents & parents.browse(note["parent_id"] or [])
            values = {"parent_id": parent.id, "stage_id": stage.id or ticket.stage_id.id}
            values["active"] = note["active"]
            return tuple((name, value) for name, value in values.items())

        for values, part in (moved | stayed).grouped(get_changes).items():
            part.write(dict(values))
        # core may change the state with the phase
        for state, part in (moved | stayed).grouped(lambda t: notes[t.id]["state"]).items():
            part.write({"state": state})
        copies = {task for record in plan.records for task in record.before.get("copies", [])}
        tasks.browse(copies).exists().write({"active": False})

    # ------------------------------------------------------------
    # Orders and project
    # ------------------------------------------------------------

    def _return_orders(self, plan):
        """Offers leave the project, and are what they were where the user wants it."""
        notes = plan.records._get_order_notes()
        self._reset_orders(plan, notes)
        self._unlink_orders(plan, notes)
        if not plan.orders_to_reset:
            return []
        names = ", ".join(plan.orders_to_reset.mapped("name"))
        return [self.env._("Quotations again: %(names)s", names=names)]

    def _reset_orders(self, plan, notes):
        """Orders become quotations on core's way; nobody is mailed."""
        orders = plan.orders_to_reset.with_env(self.env)
        for order in orders.filtered("signature"):
            # core forgets the signature; the signed document stays in the order's messages
            order.message_post(
                body=self.env._(
                    "Signed by %(name)s on %(date)s, and made a quotation again.",
                    name=order.signed_by,
                    date=order.signed_on,
                )
            )
        orders.filtered(lambda order: order.state == "sale").action_cancel()
        orders.action_draft()
        for (state, date_order), part in orders.grouped(
            lambda order: (notes[order.id]["state"], notes[order.id]["date_order"])
        ).items():
            part.write({"state": state, "date_order": date_order})
        # sudo: salespeople need no right on milestones
        milestones = self.env["project.milestone"].sudo()
        found = milestones.search(
            [
                ("project_id", "=", plan.project.id),
                ("sale_line_id.order_id", "in", orders.ids),
            ]
        )
        # those that were there before are the project's own
        brought = found.filtered(lambda item: item.create_date >= plan.records[0].create_date)
        (found if plan.archives_project else found - brought).write({"sale_line_id": False})
        if not plan.archives_project:
            brought.unlink()

    def _unlink_orders(self, plan, notes):
        """Orders that the handover linked to the project leave it.

        Those that are kept stay with their tasks where the project stays. The tasks themselves
        stay in any case, as core leaves them: confirmed again, an order takes its tasks along.
        """
        project = plan.project

        def runs_there(order):
            return order.state == "sale" and project in order.order_line.project_id

        left = plan.orders
        if not plan.archives_project:
            left = left.filtered(lambda order: not runs_there(order))
        left.order_line.filtered(lambda line: line.project_id == project).write(
            {"project_id": False}
        )
        if not plan.archives_project:
            # confirmed again, the order takes them along
            tasks = left.order_line.sudo()._get_sold_tasks()
            tasks.filtered(lambda task: task.project_id == project).write({"active": False})
        linked = left.filtered(
            lambda order: notes[order.id]["is_linked"] and order.project_id == project
        )
        linked.write({"project_id": False})
        # a handover has it computed; so has this, that locked orders take it as well
        field = linked.order_line._fields["analytic_distribution"]
        with self.env.protecting([field], linked.order_line):
            for line in linked.order_line:
                before = notes[line.order_id.id]["distributions"]
                line.analytic_distribution = before.get(str(line.id)) or False

    def _leave_project(self, plan):
        """Archive the project that the handover made; leave any other as it was."""
        project = plan.project
        if not project:
            return []
        own = project.reinvoiced_sale_order_id | project.sale_line_id.order_id
        is_made = any(project._find_handover_records().mapped("project_made_by"))
        runs = project in plan.orders.order_line.project_id
        if is_made and own and own <= plan.orders and not runs:
            project.write({"sale_line_id": False, "reinvoiced_sale_order_id": False})
        if not plan.archives_project:
            self._leave_customer(plan)
            return []
        name = project.name
        project._mark_as_taken_back()
        return [self.env._("Project “%(project)s” was archived.", project=name)]

    def _leave_customer(self, plan):
        """A project that had no customer has none again, when no other lead is in it."""
        project = plan.project
        records = project._find_handover_records().filtered(lambda record: not record.is_taken_back)
        partners = {record.before.get("project_partner_id") for record in records}
        if records == plan.records and partners == {False} and project.partner_id:
            project.write({"partner_id": False})

    def _post_take_back_messages(self, plan, facts):
        """Tell the lead and the project.

        :param list facts: sentences, one per thing that happened
        """
        items = Markup("<ul>%s</ul>") % Markup().join(Markup("<li>%s</li>") % f for f in facts)
        project = plan.project.with_env(self.env).sudo()
        body = self.env._("The handover was taken back.")
        if project:
            body = self.env._(
                "The handover to %(link)s was taken back.", link=project._get_html_link()
            )
            told = self.env._(
                "The handover of %(link)s was taken back.", link=self._get_html_link()
            )
            project.message_post(body=Markup("<p>%s</p>%s") % (told, items))
        self.message_post(body=Markup("<p>%s</p>%s") % (body, items))
