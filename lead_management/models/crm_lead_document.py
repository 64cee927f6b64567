from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import clean_context

REPORT = "lead_management.crm_lead_document_report"


class CrmLeadDocument(models.Model):
    """A letter or report of a lead: the text to go on with, and the PDF made of it.

    It belongs to its lead: who may read the lead reads it, who may change the lead changes it.
    """

    _name = "crm.lead.document"
    _inherit = ["crm.lead.figure.mixin", "crm.lead.guard.mixin"]
    _description = "Document of a Lead"
    _order = "write_date desc, id desc"

    lead_id = fields.Many2one("crm.lead", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="lead_id.company_id")
    template_id = fields.Many2one(
        "crm.lead.document.template",
        index="btree_not_null",
        ondelete="set null",
        domain="[('company_id', 'in', [company_id, False])]",
    )
    name = fields.Char(required=True)
    body = fields.Html("Text")
    attachment_id = fields.Many2one(
        "ir.attachment", "PDF", copy=False, readonly=True, index="btree_not_null"
    )

    @api.model
    def _reads_all_figures(self):
        """Accountants read figures, no letters."""
        return False

    @api.model_create_multi
    def create(self, vals_list):
        """A document that comes with a template alone gets its name and text from it."""
        documents = super().create(vals_list)
        for document, vals in zip(documents, vals_list, strict=True):
            if document.template_id and "body" not in vals:
                document.body = document.template_id._render_for_lead(document.lead_id)
        return documents

    @api.onchange("template_id")
    def _onchange_template_id(self):
        if self.template_id and self.lead_id:
            self.name = self.template_id.name
            self.body = self.template_id._origin._render_for_lead(self.lead_id._origin)

    def action_create_document(self):
        """Keep the document as a PDF in the lead, in place of the one made of it before; one that
        was sent stays as it was sent.

        :return: an action that closes the dialog
        :raises AccessError: when the user may not change the lead
        :raises UserError: when there is no text
        """
        self._check_one()
        self.check_access("write")
        if not self.exists():
            raise UserError(self.env._("This document was deleted meanwhile."))
        # defaults of the calling view are for leads, not for files
        env = self.env(context=clean_context(self.env.context))
        content, kind = env["ir.actions.report"]._render_qweb_pdf(REPORT, self.ids)
        values = {
            "name": f"{self.name}.{kind}",
            "raw": content,
            "mimetype": f"{'application' if kind == 'pdf' else 'text'}/{kind}",
        }
        if self.attachment_id.exists() and not self._is_sent():
            self.attachment_id.write(values)
        else:
            values |= {"res_model": "crm.lead", "res_id": self.lead_id.id}
            self.attachment_id = env["ir.attachment"].create(values).with_env(self.env)
        return {"type": "ir.actions.act_window_close"}

    def _is_sent(self):
        """Whether a message has taken the PDF along."""
        # sudo: messages are counted, not read
        messages = self.env["mail.message"].sudo()
        return bool(
            messages.search_count([("attachment_ids", "in", self.attachment_id.ids)], limit=1)
        )

    def action_send(self):
        """Open core's mail composer on the lead with the PDF, made anew.

        :return: the action of ``mail.compose.message``
        :raises AccessError: when the user may not change the lead
        """
        self._check_one()
        self.action_create_document()
        return self.lead_id._get_composer_action(self.attachment_id)

    def action_open(self):
        """Open the document to go on with it.

        :return: the action of its form
        :raises AccessError: when the user may not read it
        """
        self._check_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }
