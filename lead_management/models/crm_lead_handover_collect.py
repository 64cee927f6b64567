"""Handing won leads over to a project: finding what there is, for the plan."""

from odoo import api, models

from .handover_plan import HandoverFindings

# what the plan reads of each hour, in one query for any number of them
READ_OF_HOURS = ["date", "timesheet_invoice_id", "task_id", "so_line", "company_id"]


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _collect_handover(self, choices):
        """Read all that a plan of handing these leads over is made of.

        :param HandoverChoices choices: see ``models/handover_plan.py``
        :rtype: HandoverFindings
        """
        tickets = self._collect_handover_tickets()
        orders = self._get_offers()
        running = self._get_order_projects(orders)
        records = self._find_handover_records()
        changeable = (choices.orders_to_confirm | orders).with_env(self.env)
        coming, foreign = self._collect_template_lines(choices, orders)
        hours = self._collect_handover_hours(tickets)
        template = choices.template.with_env(self.env)
        return HandoverFindings(
            tickets=tickets,
            hours=hours,
            copy_ids={key for record in records for key in record.before.get("copies", [])},
            mandatory_plans=self._get_plans_of_hours(choices.company) if hours else [],
            orders=orders,
            running=running,
            readable=(running | choices.project).sudo(False)._filtered_access("read"),
            writable=changeable._filtered_access("write"),
            template_lines=coming,
            foreign_template_lines=foreign,
            may_use_template=bool(
                template and (template._filtered_set_up_templates() or template.has_access("read"))
            ),
            similar_partners=(
                self[:1]._find_similar_partners()
                if choices.partner_choice == "create"
                else self.env["res.partner"]
            ),
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
        hours = lines.search(on_tickets) | lines.search(loose)
        hours.fetch(READ_OF_HOURS)
        return hours

    def _collect_template_lines(self, choices, orders):
        """The lines of ordered products whose templates' tasks are not in the project yet.

        :return: pair of ``sale.order.line`` in sudo mode: whose tasks can come, and whose cannot,
            as the template is another company's
        """
        # sudo: what is sold is told with the offer; templates need not be readable
        ordered = choices.orders_to_confirm.sudo() | orders.sudo().filtered(
            lambda order: order.state == "sale" and not order.project_id
        )
        lines = ordered.order_line.filtered(lambda line: not line.project_id)
        lines -= lines._get_sold_tasks().sold_with_line_id
        coming, foreign = lines._find_template_lines(choices.company)
        if choices.target == "new":
            there = coming.filtered(
                lambda line: line.product_id.project_template_id == choices.template.sudo()
            )
        else:
            there = coming._filtered_in_template(choices.project.sudo())
        return coming - there, foreign

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

    @api.model
    def _get_order_projects(self, orders):
        """The projects that confirmed orders run in already (``project.project``, sudo)."""
        # sudo: the projects of an order need not be readable for a salesperson
        confirmed = orders.sudo().filtered(lambda order: order.state == "sale")
        return confirmed.project_id | confirmed.order_line.project_id

    @api.model
    def _get_plans_of_hours(self, company):
        """The analytic plans that timesheets must have, as dicts; the account itself is none."""
        lines = self.env["account.analytic.line"]
        plans = lines._get_mandatory_plans(company, business_domain="timesheet")
        return [plan for plan in plans if plan["column_name"] != "account_id"]
