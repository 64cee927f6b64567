from odoo import api, models


class CrmQuotationPartner(models.TransientModel):
    _inherit = "crm.quotation.partner"

    @api.model
    def default_get(self, fields):
        """Propose to link the contact that is known by phone number or name, too: core proposes
        only one of the same e-mail address, else to create another one."""
        result = super().default_get(fields)
        if result.get("lead_id") and not result.get("partner_id"):
            lead = self.env["crm.lead"].browse(result["lead_id"])
            lead.check_access("read")
            similar = lead._find_similar_partners().filtered("active")[:1]
            if similar:
                result.update({"action": "exist", "partner_id": similar.id})
        return result
