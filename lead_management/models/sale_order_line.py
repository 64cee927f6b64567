from odoo import models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _timesheet_service_generation(self):
        """Lines of a lead's offer use the project the lead runs in, never a second one.

        Core creates a project for every product that asks for one unless the line has one.
        """
        # sudo: as in core's caller, salespeople need no project rights to confirm an order
        for order, lines in self.sudo().grouped("order_id").items():
            project = order.opportunity_id.won_project_id
            if project:
                new = lines._get_so_lines_new_project().filtered(lambda line: not line.project_id)
                new.write({"project_id": project.id})
        return super()._timesheet_service_generation()
