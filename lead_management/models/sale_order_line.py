from odoo import models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _timesheet_service_generation(self):
        """Lines of a lead's offer use the project the lead runs in, never a second one.

        Core creates a project for every product that asks for one unless the line has one.
        """
        # sudo: as in core's caller, salespeople need no project rights to confirm an order
        left_behind = self.sudo()._get_so_lines_new_project()
        left_behind = left_behind.filtered(lambda line: line.task_id and not line.project_id)
        for order, lines in self.sudo().grouped("order_id").items():
            project = order.opportunity_id.won_project_id
            if project:
                new = lines._get_so_lines_new_project().filtered(lambda line: not line.project_id)
                new.write({"project_id": project.id})
        res = super()._timesheet_service_generation()
        left_behind._fetch_tasks()
        return res

    def _fetch_tasks(self):
        """Tasks that stayed in another project, when it was taken back, follow their lines."""
        for project, lines in self.grouped("project_id").items():
            tasks = lines.task_id - lines.task_id.filtered_domain([("project_id", "=", project.id)])
            if project and tasks:
                tasks |= tasks.with_context(active_test=False)._get_all_subtasks()
                tasks.write({"project_id": project.id, "active": True})
