from odoo import api, fields, models


class TimesheetsAnalysisReport(models.Model):
    _inherit = "timesheets.analysis.report"

    # core's search view of this report is that of hours, in which we search for leads
    lead_id = fields.Many2one(
        "crm.lead",
        readonly=True,
        groups="sales_team.group_sale_salesman",
        help="The lead the time was spent on.",
    )

    @api.model
    def _select(self):
        return super()._select() + ", A.lead_id AS lead_id"
