from odoo import fields, models


class ProjectTask(models.Model):
    _inherit = "project.task"

    lead_id = fields.Many2one(
        "crm.lead",
        "Lead",
        index="btree_not_null",
        copy=False,
        ondelete="set null",
        groups="sales_team.group_sale_salesman",
        help="The lead this ticket records time for.",
    )
