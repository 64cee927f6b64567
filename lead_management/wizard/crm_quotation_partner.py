from odoo import api, fields, models


class CrmQuotationPartner(models.TransientModel):
    _inherit = "crm.quotation.partner"

    similar_hint = fields.Json(
        compute="_compute_similar_hint",
        export_string_translation=False,
        help="Contacts that may be the lead's, to link instead of creating one: see the field of "
        "leads.",
    )

    @api.depends("lead_id", "action")
    def _compute_similar_hint(self):
        for wizard in self:
            lead = wizard.lead_id._origin
            is_asked = lead and wizard.action == "create"
            wizard.similar_hint = is_asked and lead._get_similar_contact_lines()

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
