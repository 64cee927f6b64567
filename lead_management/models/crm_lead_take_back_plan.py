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
        # sudo: the project of the lead need not be readable; what is known of it neither
        project = self.sudo().won_project_id
        company = (project.company_id or self._get_handover_company()).with_env(self.env)
        plan = TakeBackPlan(
            lead=self,
            keep_orders=keep_orders,
            project=project,
            company=company,
            records=self._find_handover_records(),
            hours=self.env["account.analytic.line"].sudo(),
            orders=self.env["sale.order"].sudo(),
            orders_to_reset=self.env["sale.order"].sudo(),
        )
        plan = plan.also(refusals=self._get_no_handover_refusals(plan))
        if not plan.refusals:
            for part in (
                self._plan_state,
                self._plan_returning_hours,
                self._plan_returning_orders,
                self._plan_left_project,
                self._plan_later_things,
            ):
                plan = plan.also(**part(plan))
        return plan

    def _get_no_handover_refusals(self, plan):
        """Why there is nothing to take back; a list of sentences."""
        refusals = []
        won = self.won_status == "won"
        if not won and not (self.active and plan.project):
            refusals.append(
                self.env._("“%(lead)s” is not won: there is nothing to take back.", lead=self.name)
            )
        elif not plan.records and (plan.project or self.project_state == "no_project"):
            refusals.append(
                self.env._(
                    "What the handover of “%(lead)s” brought into its project was not recorded: "
                    "it was handed over before version 19.0.1.3.0, or by other means. It cannot "
                    "be taken back by itself.",
                    lead=self.name,
                )
            )
        if plan.company not in self.env.companies:
            refusals.append(
                self.env._(
                    "The lead belongs to %(company)s. Select this company, then try again.",
                    company=plan.company.sudo().name,
                )
            )
        return refusals

    def _plan_state(self, plan):
        """Values of stage, probability and type that the lead had before it was won.

        They are noted at the handover where the lead was open then, and are in the history.
        What is later counts: a lead may have been opened again and won once more.
        """
        if self.won_status != "won":
            return {"state": {}}
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
            return {
                "refusals": [self.env._("“%(lead)s” has no phase to go back to.", lead=self.name)]
            }
        if stage.lead_type or not state.get("type"):
            # the phase says it
            state.pop("type", None)
        return {"state": {**state, "stage_id": stage.id}}

    def _plan_returning_hours(self, plan):
        """The hours that the handover brought and that are still there."""
        ids = [
            line_id
            for record in plan.records
            for _project, _task, line_ids in record.before.get("hours", [])
            for line_id in line_ids
        ]
        hours = plan.hours.search([("id", "in", ids), ("project_id", "=", plan.project.id)])
        return {
            "hours": hours,
            "refusals": self._get_lead_project_refusals(plan.company) if hours else [],
        }

    def _get_lead_project_refusals(self, company):
        """Why hours cannot return to the company's lead project; a list of sentences."""
        # sudo: a salesperson needs no project rights
        project = company.sudo().lead_project_id
        if not project:
            return []  # it is made when it is needed
        if not (project.active and project.allow_timesheets):
            return [
                self.env._(
                    "The internal lead project “%(project)s” is archived or does not take "
                    "timesheets: the hours cannot return to it.",
                    project=project.name,
                )
            ]
        missing = self._name_missing_plans(project, self._get_plans_of_hours(company))
        return [self._get_missing_plans_refusal(project, missing)] if missing else []

    def _plan_returning_orders(self, plan):
        """The offers that the handover changed, and those that become quotations again."""
        notes = plan.records._get_order_notes()
        orders = plan.orders.browse(notes).exists()
        orders = orders.filtered(lambda order: order.opportunity_id == self)
        if plan.keep_orders:
            return {"orders": orders}

        def is_reset(order):
            note = notes[order.id]
            states = ("cancel",) if note["is_cancelled"] else ("sale", "cancel")
            return note["state"] in ("draft", "sent") and order.state in states

        reset = orders.filtered(is_reset)
        mine = reset.with_env(self.env)
        refusals = [
            self.env._(
                "Offer %(name)s belongs to %(owner)s: you may not make it a quotation again.",
                name=order.name,
                owner=order.user_id.name,
            )
            for order in (mine - mine._filtered_access("write")).sudo()
        ]
        for order in reset.filtered(lambda order: order.state == "sale"):
            refusals += self._get_order_refusals(order)
        return {"orders": orders, "orders_to_reset": reset, "refusals": refusals}

    def _get_order_refusals(self, order):
        """Why a confirmed order (sudo) cannot be a quotation again; a list of sentences."""
        refusals = []
        if order.locked:
            refusals.append(
                self.env._("Order %(name)s is locked: unlock it first.", name=order.name)
            )
        if order.transaction_ids.filtered(lambda tx: tx.state in ("authorized", "done")):
            refusals.append(self.env._("Order %(name)s is paid.", name=order.name))
        delivered = order.order_line.filtered(
            lambda line: line.qty_delivered and line.qty_delivered_method != "timesheet"
        )
        if delivered:
            refusals.append(
                self.env._(
                    "Something was delivered on order %(name)s: %(products)s",
                    name=order.name,
                    products=", ".join(delivered.product_id.mapped("display_name")),
                )
            )
        return refusals

    def _plan_left_project(self, plan):
        """Whether the project goes with the handover that made it."""
        project = plan.project
        if not project:
            return {}
        # sudo: colleagues' leads count, too
        leads = self.sudo().with_context(active_test=False)
        others = leads.search_count(
            [("won_project_id", "=", project.id), ("id", "!=", self.id)], limit=1
        )
        records = project._find_handover_records()
        makers = {maker for maker in records.mapped("project_made_by") if maker}
        if "order" in makers and plan.keep_orders:
            return {}  # it is the order's, and the order stays
        return {"archives_project": bool(makers and not others)}

    def _plan_later_things(self, plan):
        """Name what the handover did not bring, one sentence for each kind."""
        records = plan.project._find_handover_records() | plan.records
        things = self._find_handover_things(plan.project, whole=plan.archives_project)
        refusals = []
        for kind, label in self._get_thing_labels().items():
            known = {
                record_id for record in records for record_id in (record.known or {}).get(kind, [])
            }
            later = things.get(kind, self.browse()).filtered(
                lambda thing, known=known: thing.id not in known
            )
            if later:
                refusals.append(label % {"names": self._name_things(kind, later)})
        return {"refusals": refusals}

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
