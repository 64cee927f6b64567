"""The Documents tab: files of the lead and of its offers, letters, and sending them."""

from odoo import api, fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    document_ids = fields.One2many(
        "crm.lead.document",
        "lead_id",
        "Letters",
        help="The documents written from templates. Their PDFs are among the files.",
    )
    offer_attachment_ids = fields.Many2many(
        "ir.attachment",
        string="Files of Offers",
        compute="_compute_offer_attachment_ids",
        help="The files of the lead's offers, as far as the user may read them.",
    )

    @api.depends("order_ids")
    def _compute_offer_attachment_ids(self):
        # sudo: only which offers the leads have; the files are searched in the user's rights
        lead_ids = {order.id: order.opportunity_id.id for order in self._origin._get_offers()}
        files = self.env["ir.attachment"].search(
            [
                ("res_model", "=", "sale.order"),
                ("res_id", "in", list(lead_ids)),
                ("res_field", "=", False),
            ]
        )
        by_lead = files.grouped(lambda file: lead_ids[file.res_id])
        for lead in self:
            lead.offer_attachment_ids = by_lead.get(lead._origin.id, files.browse())

    def action_new_document(self):
        """Open the dialog that writes a letter from a template.

        :return: the action of ``crm.lead.document``
        :raises AccessError: when the user may not change the lead
        """
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Document"),
            "res_model": "crm.lead.document",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_lead_id": self.id},
        }

    def _get_document_address(self):
        """Street, postal code and city of the lead, else of its contact, in one line.

        :rtype: str
        """
        self.ensure_one()
        # sudo: the lead's contact need not be readable
        source = self if self.street or self.city else self.partner_id.sudo()
        place = " ".join(filter(None, (source.zip, source.city)))
        return ", ".join(filter(None, (source.street, place)))
