"""What there is in a project of won leads, by kind: noted at the handover, compared later."""

from odoo import models
from odoo.fields import Domain

# what may say by its analytic account, or by the order, that it is for the project
PURCHASES = ("purchase.order.line", "sale_line_id.order_id", "order_id")
EXPENSES = ("hr.expense", "sale_order_id", None)


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _find_handover_things(self, project, whole):
        """What hangs on these leads in their project. Extend it for what of yours is work there.

        :param project: ``project.project`` in sudo mode, may be empty
        :param bool whole: also all else in the project, since it is these leads' alone
        :return: dict of kind to recordset in sudo mode. The kinds are those that
            ``_get_thing_labels`` has a sentence for.
        """
        # sudo: what is in the way is told, whoever recorded it; the lead was checked
        orders = self.env["sale.order"].sudo().search([("opportunity_id", "in", self.ids)])
        # an account that other projects share says nothing about this one
        account = project.account_id if whole else project.account_id.browse()
        if account.with_context(active_test=False).project_ids - project:
            account = account.browse()
        tasks = self._find_handover_tasks(project, orders, whole)
        hours = self._find_later_hours(project, orders, tasks, whole)
        invoices, bills = self._find_invoices(orders, hours, account)
        running = orders.filtered(
            lambda order: project in (order.project_id | order.order_line.project_id)
        )
        if whole:
            linked = [("project_id", "=", project.id)]
            lines = [("order_line.project_id", "=", project.id)]
            running |= orders.search(Domain.OR([linked, lines]))
        return {
            "hours": hours,
            "invoices": invoices,
            "bills": bills,
            "purchases": self._find_costs(PURCHASES, orders, account),
            "expenses": self._find_costs(EXPENSES, orders, account),
            "costs": self._find_other_costs(account),
            "orders": running.filtered(lambda order: order.state != "cancel"),
            "tasks": tasks,
            "finished": tasks.filtered(lambda task: task.state == "1_done"),
            "messages": self._find_customer_messages(project, tasks, whole),
        }

    def _find_handover_tasks(self, project, orders, whole):
        """The leads' tickets in the project, and the tasks of their orders."""
        tasks = self.env["project.task"].sudo().with_context(active_test=False)
        domains = [
            [("sale_line_id.order_id", "in", orders.ids)],
            [("id", "in", orders.order_line.task_id.ids)],
        ]
        if project:
            domains.append([("lead_id", "in", self.ids), ("project_id", "=", project.id)])
        if whole:
            domains.append([("project_id", "=", project.id)])
        return tasks.search(Domain.OR(domains) & Domain("project_id", "!=", False))

    def _find_later_hours(self, project, orders, tasks, whole):
        """The hours on these tasks, and those that are billed on the orders."""
        domains = [
            [("task_id", "in", tasks.ids)],
            [("so_line.order_id", "in", orders.ids)],
        ]
        if project:
            domains.append([("lead_id", "in", self.ids), ("project_id", "=", project.id)])
        if whole:
            domains.append([("project_id", "=", project.id)])
        lines = self.env["account.analytic.line"].sudo()
        return lines.search(Domain.OR(domains) & Domain("project_id", "!=", False))

    def _find_invoices(self, orders, hours, account):
        """Customers' invoices and vendors' bills, those that are cancelled left out.

        :return: pair of ``account.move``
        """
        items = self.env["account.move.line"].sudo()
        moves = orders.order_line.invoice_lines.move_id
        billed = hours.search([("id", "in", hours.ids), ("timesheet_invoice_id", "!=", False)])
        moves |= billed.timesheet_invoice_id
        if account:
            moves |= items.search([("analytic_distribution", "in", account.ids)]).move_id
        moves = moves.filtered(lambda move: move.state != "cancel")
        invoices = moves.filtered(lambda move: move.is_sale_document(include_receipts=True))
        return invoices, moves - invoices

    def _find_costs(self, source, orders, account):
        """Records of a model that is there when its module is installed.

        :param source: name of the model, path to the order that they are for, and the field
            of the document they are a line of, if any
        """
        name, path, document = source
        if name not in self.env:
            return self.env["account.move"].sudo()
        lines = self.env[name].sudo()
        domains = []
        if account:
            domains.append([("analytic_distribution", "in", account.ids)])
        if path.split(".")[0] in lines._fields:
            domains.append([(path, "in", orders.ids)])
        found = lines.search(Domain.OR(domains)) if domains else lines
        found = found[document] if document else found
        return found.filtered(lambda record: record.state not in ("cancel", "refused"))

    def _find_other_costs(self, account):
        """What was booked on the account that comes from no hours and no document."""
        lines = self.env["account.analytic.line"].sudo()
        if not account:
            return lines
        return lines.search(
            [
                (account.root_plan_id._column_name(), "=", account.id),
                ("project_id", "=", False),
                ("move_line_id", "=", False),
            ]
        )

    def _find_customer_messages(self, project, tasks, whole):
        """What people from outside wrote on these tasks, and on the project."""
        threads = Domain("model", "=", "project.task") & Domain("res_id", "in", tasks.ids)
        if whole:
            threads |= Domain("model", "=", "project.project") & Domain("res_id", "=", project.id)
        written = Domain("message_type", "in", ("comment", "email"))
        outside = Domain("author_id", "=", False) | Domain("author_id.partner_share", "=", True)
        return self.env["mail.message"].sudo().search(threads & written & outside)
