from odoo import fields, models
from odoo.tools import SQL


class CrmLeadPipelineReport(models.Model):
    _inherit = "crm.lead.pipeline.report"
    _depends = {"crm.lead": ["city"]}

    city = fields.Char(readonly=True)

    def _select_additional_fields(self):
        """The pipeline by city."""
        return {**super()._select_additional_fields(), "city": SQL("crm_lead.city")}
