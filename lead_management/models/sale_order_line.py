from odoo import models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _timesheet_service_generation(self):
        """Lines of a lead's offer use the project the lead runs in, never a second one.

        Core creates a project for every product that asks for one unless the line has one; the
        tasks of its template come into the lead's project instead.
        """
        # sudo: as in core's caller, salespeople need no project rights to confirm an order
        waiting = self.sudo()._get_so_lines_new_project()
        waiting = waiting.filtered(lambda line: not line.project_id)
        left_behind = waiting.filtered("task_id") | waiting._get_sold_tasks().sold_with_line_id
        for order, lines in waiting.grouped("order_id").items():
            project = order.opportunity_id.won_project_id
            if project:
                lines.write({"project_id": project.id})
                (lines - left_behind)._bring_template_tasks(project)
        res = super()._timesheet_service_generation()
        left_behind._fetch_tasks()
        return res

    def _get_sold_tasks(self):
        """The tasks that these lines (sudo) brought from their products' templates, archived ones
        included (``project.task``)."""
        tasks = self.env["project.task"].with_context(active_test=False)
        return tasks.search([("sold_with_line_id", "in", self.ids)])

    def _fetch_tasks(self):
        """Tasks that stayed in another project, when it was taken back, follow their lines."""
        for project, lines in self.grouped("project_id").items():
            tasks = lines.task_id | lines._get_sold_tasks()
            here = [("project_id", "=", project.id), ("active", "=", True)]
            tasks -= tasks.filtered_domain(here)
            if project and tasks:
                tasks |= tasks.with_context(active_test=False)._get_all_subtasks()
                tasks.write({"project_id": project.id, "active": True})

    def _find_template_lines(self, company):
        """Of these lines (sudo), the first one of each order and project template, as core makes
        a project of each.

        :param company: ``res.company``: templates of others cannot be used
        :return: pair of ``sale.order.line``: whose tasks come, and whose cannot
        """
        coming = others = self.browse()
        known = set()
        for line in self._get_so_lines_new_project().sorted(lambda x: (x.sequence, x.id)):
            template = line.product_id.project_template_id
            key = (line.order_id, template)
            if not template or key in known or line.product_uom_qty <= 0:
                continue
            known.add(key)
            if template.company_id and template.company_id != company:
                others |= line
            else:
                coming |= line
        return coming, others

    def _filtered_in_template(self, project):
        """Those of these lines (sudo) whose product's template ``project`` was made from when
        their lead was handed over: what is in the template is there already, for the first order.
        """
        leads = self.order_id.opportunity_id
        made_from = project._get_handover_templates(leads)
        lines = self.filtered(lambda line: line.product_id.project_template_id & made_from)
        if not lines:
            return lines
        earlier = self.search(
            [
                ("project_id", "=", project.id),
                ("order_id.opportunity_id", "in", leads.ids),
                ("order_id", "not in", self.order_id.ids),
                ("state", "=", "sale"),
                ("product_id.project_template_id", "in", made_from.ids),
            ]
        )
        used = earlier.product_id.project_template_id
        return lines.filtered(lambda line: line.product_id.project_template_id not in used)

    def _bring_template_tasks(self, project):
        """Copy the tasks of the sold products' templates into ``project`` (both in sudo mode).

        A project that was made from the same template has them already.
        """
        lines, _others = self._find_template_lines(project.company_id or self.company_id[:1])
        for line in lines - lines._filtered_in_template(project):
            tasks = line.product_id.project_template_id._copy_tasks_into(project)
            tasks.write(
                {
                    "sale_line_id": line.id,
                    "partner_id": line.order_id.partner_id.id,
                    "sold_with_line_id": line.id,
                }
            )
            own = self.env["project.milestone"]
            if line.product_id.service_policy == "delivered_milestones":
                own = line._get_or_create_milestones(project)
            for milestone, group in tasks.grouped("milestone_id").items():
                if milestone and milestone.project_id != project:
                    group.milestone_id = own.filtered(
                        lambda other, name=milestone.name: other.name == name
                    )[:1]

    def _handle_milestones(self, project):
        """A line gets milestones of its own in the project that its lead runs in: those of its
        product's template, or one. Core takes all in the project that have no line."""
        # sudo: as in core's caller
        line = self.sudo()
        lead_project = line.order_id.opportunity_id.won_project_id
        if (
            not project
            or project != lead_project
            or line.product_id.service_policy != "delivered_milestones"
        ):
            return super()._handle_milestones(project)
        own = line._get_or_create_milestones(lead_project)
        if line.task_id and not line.task_id.milestone_id:
            line.task_id.milestone_id = own[:1]
        return None

    def _get_or_create_milestones(self, project):
        """The milestones that this line (sudo) is delivered by in ``project``, made when it has
        none: those of its product's template, or one (``project.milestone``)."""
        milestones = self.env["project.milestone"]
        own = milestones.search([("sale_line_id", "=", self.id)])
        if own:
            return own
        project.allow_milestones = True
        # the template comes with the first line that sells it
        first, _others = self.order_id.order_line._find_template_lines(self.company_id)
        template = self.product_id.project_template_id if self in first else project.browse()
        names = template.allow_milestones and template.milestone_ids.mapped("name") or [self.name]
        if template and self._filtered_in_template(project):
            free = [("project_id", "=", project.id), ("sale_line_id", "=", False)]
            own = milestones.search([*free, ("name", "in", names)])
        if own:
            quantity = self.product_uom_qty / len(own)
            own.write({"sale_line_id": self.id, "product_uom_qty": quantity})
            return own
        return milestones.create(
            [
                {
                    "name": name,
                    "project_id": project.id,
                    "sale_line_id": self.id,
                    "quantity_percentage": 1 / len(names),
                }
                for name in names
            ]
        )
