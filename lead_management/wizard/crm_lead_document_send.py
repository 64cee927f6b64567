from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmLeadDocumentSend(models.TransientModel):
    """The dialog behind *Send Documents*: letters, files and the main offer in one mail."""

    _name = "crm.lead.document.send"
    _inherit = ["crm.lead.guard.mixin"]
    _description = "Send Documents"

    lead_id = fields.Many2one("crm.lead", required=True, ondelete="cascade")
    order_id = fields.Many2one(
        "sale.order", "Offer", compute="_compute_offered", compute_sudo=False
    )
    available_letter_ids = fields.Many2many(
        "crm.lead.document", compute="_compute_offered", compute_sudo=False
    )
    available_file_ids = fields.Many2many(
        "ir.attachment", compute="_compute_offered", compute_sudo=False
    )
    with_offer = fields.Boolean(
        "Main Offer",
        compute="_compute_with_offer",
        store=True,
        readonly=False,
        help="The PDF of the main offer goes along; the offer then counts as sent.",
    )
    letter_ids = fields.Many2many(
        "crm.lead.document",
        string="Letters",
        domain="[('id', 'in', available_letter_ids)]",
        help="Their PDFs are made anew.",
    )
    file_ids = fields.Many2many(
        "ir.attachment", string="Files", domain="[('id', 'in', available_file_ids)]"
    )

    @api.depends("lead_id")
    def _compute_offered(self):
        """What the lead has to send, in the user's rights."""
        for wizard in self:
            lead = wizard.lead_id._origin.sudo(False)
            lead.check_access("read")
            # whose offer it is need not be for the user to read: then there is none to send
            wizard.order_id = lead._get_main_offers().sudo(False)._filtered_access("read")
            wizard.available_letter_ids = lead.document_ids
            files = lead.attachment_ids | lead.offer_attachment_ids
            wizard.available_file_ids = files - lead.document_ids.attachment_id

    @api.depends("lead_id")
    def _compute_with_offer(self):
        for wizard in self:
            wizard.with_offer = bool(wizard.order_id)

    def action_send(self):
        """Open core's mail composer on the lead, with all that is chosen.

        :return: the action of ``mail.compose.message``
        :raises AccessError: when the user may not change the lead
        :raises UserError: when nothing is chosen
        """
        self._check_one()
        lead = self.lead_id
        lead.check_access("write")
        letters = self.letter_ids & self.available_letter_ids
        # a file each; a mail has few of them
        for letter in letters:
            letter.action_create_document()
        files = letters.attachment_id | (self.file_ids & self.available_file_ids)
        order = self.order_id if self.with_offer else None
        if not files and not order:
            raise UserError(self.env._("Choose what to send."))
        return lead._get_composer_action(files, order)
