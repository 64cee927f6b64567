"""Taking back a handover, first half: the plan. Nothing here changes a record."""

from odoo import models
from odoo.tools import format_date

from .handover_plan import TakeBackPlan

NAMED = 5  # of each kind that is in the way


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _plan_take_back(self, keep_orders=False):
        """Say what taking back the handover of this lead would do. Changes nothing.

        :param bool keep_orders: leave the orders as they are now
        :rtype: TakeBackPlan
        """
        self.ensure_one()
        plan = TakeBackPlan(lead=self, keep_orders=keep_orders)
        # sudo: the project of the lead need not be readable; what is known of it neither
        lead = self.sudo()
        plan.project = lead.won_project_id
        plan.records = self._find_handover_records()
        plan.company = (plan.project.company_id or self._get_handover_company()).with_env(self.env)
        plan.orders = plan.orders_to_reset = self.env["sale.order"].sudo()
        plan.hours = self.env["account.analytic.line"].sudo()
        self._refuse_what_is_no_handover(plan)
        if not plan.refusals:
            plan.state = self._find_state_before_won(plan)
            self._plan_returning_hours(plan)
            self._plan_returning_orders(plan)
            self._plan_left_project(plan)
            self._refuse_later_things(plan)
        return plan

    def _refuse_what_is_no_handover(self, plan):
        won = self.won_status == "won"
        if not won and not (self.active and plan.project):
            plan.refusals.append(
                self.env._("“%(lead)s” is not won: there is nothing to take back.", lead=self.name)
            )
        elif not plan.records and (plan.project or self.project_state == "no_project"):
            plan.refusals.append(
                self.env._(
                    "What the handover of “%(lead)s” brought into its project was not recorded: "
                    "it was handed over before version 19.0.1.3.0, or by other means. It cannot "
                    "be taken back by itself.",
                    lead=self.name,
                )
            )
        if plan.company not in self.env.companies:
            plan.refusals.append(
                self.env._(
                    "The lead belongs to %(company)s. Select this company, then try again.",
                    company=plan.company.sudo().name,
                )
            )

    def _find_state_before_won(self, plan):
        """Values of stage, probability and type that the lead had before it was won.

        They are noted at the handover where the lead was open then, and are in the history.
        What is later counts: a lead may have been opened again and won once more.
        """
        if self.won_status != "won":
            return {}
        noted = plan.records.filtered(lambda record: record.before.get("lead"))[-1:]
        state = dict(noted.before["lead"]) if noted else {}
        # sudo: what it was is told with the lead
        history = self.env["crm.lead.history"].sudo()
        row = history.search(
            [("lead_id", "=", self.id), ("won_status", "=", "pending")], order="date desc", limit=1
        )
        if row and (not noted or row.date > noted.create_date):
            state = {
                "stage_id": row.stage_id.id,
                "type": row.type,
                "probability": row.probability,
            }
        stage = self.env["crm.stage"].browse(state.get("stage_id") or []).exists()
        if not stage or stage.is_won:
            stage = self._find_stage_for_type(state.get("type") or self.type)
            state = {}
        if not stage or stage.is_won:
            plan.refusals.append(
                self.env._("“%(lead)s” has no phase to go back to.", lead=self.name)
            )
        if stage.lead_type or not state.get("type"):
            # the phase says it
            state.pop("type", None)
        return {**state, "stage_id": stage.id}

    def _plan_returning_hours(self, plan):
        """The hours that the handover brought and that are still there."""
        ids = [
            line_id
            for record in plan.records
            for _project, _task, line_ids in record.before.get("hours", [])
            for line_id in line_ids
        ]
        plan.hours = plan.hours.search([("id", "in", ids), ("project_id", "=", plan.project.id)])
        if not plan.hours:
            return
        project = plan.company.sudo().lead_project_id
        if project and not (project.active and project.allow_timesheets):
            plan.refusals.append(
                self.env._(
                    "The internal lead project “%(project)s” is archived or does not take "
                    "timesheets: the hours cannot return to it.",
                    project=project.name,
                )
            )
        elif project and (missing := self._get_missing_plans(project, plan.company)):
            plan.refusals.append(
                self.env._(
                    "Hours need the analytic plans %(plans)s, which project “%(project)s” does "
                    "not have.",
                    plans=", ".join(missing),
                    project=project.name,
                )
            )

    def _plan_returning_orders(self, plan):
        """The offers that the handover changed, and those that become quotations again."""
        notes = plan.records._get_order_notes()
        orders = plan.orders.browse(notes).exists()
        plan.orders = orders.filtered(lambda order: order.opportunity_id == self)
        if plan.keep_orders:
            return
        for order in plan.orders:
            note = notes[order.id]
            states = ("cancel",) if note["is_cancelled"] else ("sale", "cancel")
            if note["state"] in ("draft", "sent") and order.state in states:
                plan.orders_to_reset |= order
        mine = plan.orders_to_reset.with_env(self.env)
        for order in (mine - mine._filtered_access("write")).sudo():
            plan.refusals.append(
                self.env._(
                    "Offer %(name)s belongs to %(owner)s: you may not make it a quotation again.",
                    name=order.name,
                    owner=order.user_id.name,
                )
            )
        for order in plan.orders_to_reset.filtered(lambda order: order.state == "sale"):
            self._refuse_order(plan, order)

    def _refuse_order(self, plan, order):
        """Why a confirmed order (sudo) cannot be a quotation again."""
        if order.locked:
            plan.refusals.append(
                self.env._("Order %(name)s is locked: unlock it first.", name=order.name)
            )
        if order.transaction_ids.filtered(lambda tx: tx.state in ("authorized", "done")):
            plan.refusals.append(self.env._("Order %(name)s is paid.", name=order.name))
        delivered = order.order_line.filtered(
            lambda line: line.qty_delivered and line.qty_delivered_method != "timesheet"
        )
        if delivered:
            plan.refusals.append(
                self.env._(
                    "Something was delivered on order %(name)s: %(products)s",
                    name=order.name,
                    products=", ".join(delivered.product_id.mapped("display_name")),
                )
            )

    def _plan_left_project(self, plan):
        """Whether the project goes with the handover that made it."""
        project = plan.project
        if not project:
            return
        # sudo: colleagues' leads count, too
        leads = self.sudo().with_context(active_test=False)
        others = leads.search_count(
            [("won_project_id", "=", project.id), ("id", "!=", self.id)], limit=1
        )
        records = project._find_handover_records()
        makers = {maker for maker in records.mapped("project_made_by") if maker}
        if "order" in makers and plan.keep_orders:
            return  # it is the order's, and the order stays
        plan.archives_project = bool(makers and not others)

    def _refuse_later_things(self, plan):
        """Name what the handover did not bring, one sentence for each kind."""
        records = plan.project._find_handover_records() | plan.records
        things = self._find_handover_things(plan.project, whole=plan.archives_project)
        for kind, label in self._get_thing_labels().items():
            known = {
                record_id for record in records for record_id in (record.known or {}).get(kind, [])
            }
            later = things[kind].filtered(lambda thing, known=known: thing.id not in known)
            if later:
                plan.refusals.append(label % {"names": self._name_things(kind, later)})

    def _get_thing_labels(self):
        """The sentences of what is in the way, by kind; see :meth:`_find_handover_things`."""
        return {
            "hours": self.env._("Hours were recorded since: %(names)s"),
            "invoices": self.env._("There are invoices: %(names)s"),
            "bills": self.env._("There are vendor bills or other entries: %(names)s"),
            "purchases": self.env._("There are purchases: %(names)s"),
            "expenses": self.env._("There are expenses: %(names)s"),
            "costs": self.env._("Other costs were booked: %(names)s"),
            "orders": self.env._("Orders were added: %(names)s"),
            "tasks": self.env._("Tasks were added: %(names)s"),
            "finished": self.env._("Tasks are finished: %(names)s"),
            "messages": self.env._("Customers wrote: %(names)s"),
        }

    def _name_things(self, kind, things):
        """These records (sudo) in words, as far as the user may know them."""
        if kind == "hours":
            return things._get_time_text()
        if kind == "messages":
            names = [
                self.env._(
                    "%(author)s on %(date)s",
                    author=message.author_id.display_name or message.email_from,
                    date=format_date(self.env, message.date),
                )
                for message in things[:NAMED]
            ]
        elif kind in ("invoices", "bills"):
            # sudo: the number of a document tells nothing of what is in it
            names = [move._get_move_display_name() for move in things[:NAMED]]
        elif kind in ("orders", "purchases"):
            names = things[:NAMED].mapped("name")
        else:
            mine = things.with_env(self.env)._filtered_access("read")
            names = mine[:NAMED].mapped("display_name")
        if rest := len(things) - len(names):
            names.append(self.env._("%(count)s more", count=rest) if names else str(rest))
        return ", ".join(names)
