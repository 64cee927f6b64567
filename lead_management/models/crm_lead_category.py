from odoo import api, fields, models


class CrmLeadCategory(models.Model):
    _name = "crm.lead.category"
    _inherit = ["crm.lead.guard.mixin", "crm.lead.reference.mixin"]
    _description = "Lead Category"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, help="The topic of a lead, e.g. Bathroom.")
    sequence = fields.Integer(default=10, help="Order in lists and in the side panel.")
    color = fields.Integer(help="Colour of the category on cards and in lists.")
    active = fields.Boolean(
        default=True, help="An archived category stays on its leads but is not offered any more."
    )
    company_id = fields.Many2one(
        "res.company", help="Only leads of this company can have the category. Empty: all can."
    )
    properties_definition = fields.PropertiesDefinition(
        "Questions", help="What is asked about every lead of this category."
    )
    project_template_id = fields.Many2one(
        "project.project",
        domain="[('is_template', '=', True)]",
        check_company=True,
        help="Proposed for the new project when a lead of this category is won.",
    )
    activity_plan_id = fields.Many2one(
        "mail.activity.plan",
        "Follow-up Plan",
        domain="[('res_model', '=', 'crm.lead')]",
        index="btree_not_null",
        ondelete="set null",
        help="A lead that gets this category gets the follow-ups of this plan, for its owner.",
    )

    @api.constrains("activity_plan_id")
    def _check_activity_plan_id(self):
        self.activity_plan_id._check_for_leads()
