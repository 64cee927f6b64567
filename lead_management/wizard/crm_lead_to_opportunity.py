from odoo import api, models


class CrmLead2opportunityPartner(models.TransientModel):
    _inherit = "crm.lead2opportunity.partner"

    @api.model
    def default_get(self, fields):
        """An open lead that somebody typed 100 % for can be converted; core takes it for closed.

        :raises UserError: from core, when the lead is won
        """
        context = self.env.context
        lead_id = context.get("default_lead_id") or context.get("active_id")
        if "lead_id" not in fields or not lead_id:
            return super().default_get(fields)
        lead = self.env["crm.lead"].browse(lead_id).exists()
        if not lead or lead.won_status != "pending" or lead.probability != 100:
            return super().default_get(fields)
        unnamed = self.with_context(default_lead_id=False, active_id=False)
        values = super(CrmLead2opportunityPartner, unnamed).default_get(fields)
        return {**values, "lead_id": lead.id}
