from odoo import fields, models


class LeadVisit(models.Model):
    _name = "lead.visit"
    _description = "Visit at the Customer's"

    lead_id = fields.Many2one("crm.lead", required=True, index=True, ondelete="cascade")
    project_id = fields.Many2one("project.project", index="btree_not_null", ondelete="set null")
    cost = fields.Char()
