from odoo import api, fields, models


class ProjectTask(models.Model):
    _name = "project.task"
    _inherit = ["crm.lead.guard.mixin", "project.task"]

    lead_id = fields.Many2one(
        "crm.lead",
        compute="_compute_lead_id",
        store=True,
        readonly=False,
        recursive=True,
        index="btree_not_null",
        copy=False,
        ondelete="set null",
        groups="sales_team.group_sale_salesman",
        help="The lead this ticket, or the ticket it is a part of, records time for.",
    )

    @api.depends("parent_id.lead_id")
    def _compute_lead_id(self):
        for task in self:
            lead = task.parent_id.lead_id
            # what is done in the customer's project is no presales time any more
            if lead.project_id and lead.project_id == task.parent_id.project_id:
                lead = task.lead_id
            task.lead_id = task.lead_id or lead
