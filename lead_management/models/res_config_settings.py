from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    lead_project_id = fields.Many2one(
        related="company_id.lead_project_id",
        readonly=False,
        domain="[('company_id', '=', company_id), ('is_template', '=', False), "
        "('allow_billable', '=', False)]",
    )
    service_project_id = fields.Many2one(
        related="company_id.service_project_id",
        readonly=False,
        domain="[('company_id', '=', company_id), ('is_template', '=', False)]",
    )
    lead_won_project_template_id = fields.Many2one(
        related="company_id.lead_won_project_template_id",
        readonly=False,
        domain="[('is_template', '=', True), ('company_id', 'in', [company_id, False])]",
    )
    lead_won_confirm_order = fields.Boolean(
        related="company_id.lead_won_confirm_order", readonly=False
    )
    lead_tz = fields.Selection(related="company_id.lead_tz", readonly=False, required=True)
    lead_won_by_order = fields.Boolean(related="company_id.lead_won_by_order", readonly=False)
    lead_offer_sent_stage = fields.Boolean(
        related="company_id.lead_offer_sent_stage", readonly=False
    )
    lead_offer_expiry_days = fields.Integer(
        related="company_id.lead_offer_expiry_days", readonly=False
    )
