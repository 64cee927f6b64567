from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountAnalyticLine(models.Model):
    """Hours as other modules lock them: approved ones, and those of a closed period."""

    _inherit = "account.analytic.line"

    is_approved = fields.Boolean()
    is_closed = fields.Boolean()
    project_code = fields.Char(compute="_compute_project_code", store=True)

    @api.depends("project_id.name", "task_id.project_id.name")
    def _compute_project_code(self):
        for line in self:
            line.project_code = (
                f"{line.project_id.name or '-'}/{line.task_id.project_id.name or '-'}"
            )

    def _is_readonly(self):
        """Approved hours may not be changed."""
        return super()._is_readonly() or self.is_approved

    def write(self, vals):
        """:raises UserError: for hours of a closed period, and for approved ones"""
        if "project_id" in vals and any(line.is_closed or line.is_approved for line in self):
            raise UserError("The period is closed.")
        return super().write(vals)
