"""The Documents tab: files of the lead and of its offers, letters, and sending them."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import clean_context

from ..tools.sent import sent_id


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
        offers = self._without_empty_list("order_ids")._origin._get_offers()
        lead_ids = {order.id: order.opportunity_id.id for order in offers}
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
        self._check_one()
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

    # ------------------------------------------------------------
    # Sending
    # ------------------------------------------------------------

    def action_send_offer(self):
        """Open core's mail composer with the PDF of the main offer.

        :return: the action of ``mail.compose.message``
        :raises AccessError: when the user may not change the lead or read its main offer
        :raises UserError: when the lead has no main offer
        """
        self._check_one()
        self.check_access("write")
        return self._get_composer_action(order=self._get_offer_to_send())

    def action_send_documents(self):
        """Open the dialog that chooses letters, files and the main offer for one mail.

        :return: the action of ``crm.lead.document.send``
        :raises AccessError: when the user may not change the lead
        """
        self._check_one()
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_management.crm_lead_document_send_action"
        )
        action["context"] = {"default_lead_id": self.id, "dialog_size": "medium"}
        return action

    def _get_offer_to_send(self):
        """The main offer (``sale.order``), which the user may read.

        :raises AccessError: when he may not
        :raises UserError: when the lead has none
        """
        order = self._get_main_offers().sudo(False)
        if not order:
            raise UserError(self.env._("The lead has no main offer to send. Write one first."))
        order.check_access("read")
        return order

    def _print_offer(self, order):
        """The PDF of an offer (``ir.attachment``), to be sent with a mail."""
        # defaults of the calling view are for leads, not for files
        env = self.env(context=clean_context(self.env.context))
        reports = env["ir.actions.report"]
        content, kind = reports._render_qweb_pdf("sale.action_report_saleorder", order.ids)
        return env["ir.attachment"].create(
            {
                "name": f"{order.name}.{kind}",
                "raw": content,
                # as the composer's own files: it moves them to the lead when it sends
                "res_model": "mail.compose.message",
                "res_id": 0,
            }
        )

    def _get_composer_action(self, files=None, order=None):
        """Core's mail composer on this lead, with these files.

        :param files: ``ir.attachment``
        :param order: ``sale.order``, an offer that goes along as a PDF
        """
        files = files or self.env["ir.attachment"]
        context = {"default_subject": self.name}
        if order:
            offer = self._print_offer(order)
            context |= self._get_offer_mail_context(order)
            context |= {"lead_sent_order_id": order.id, "lead_sent_file_id": offer.id}
            files = offer | files
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send"),
            "res_model": "mail.compose.message",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_composition_mode": "comment",
                "default_partner_ids": self.partner_id.ids,
                "default_attachment_ids": files.ids,
                **context,
            },
        }

    def _get_offer_mail_context(self, order):
        """Subject and text of the mail, as core's own button on the offer proposes them.

        :param order: ``sale.order``, which the user may read
        :return: dict of defaults of ``mail.compose.message``, empty where there is no template
        """
        template = order._find_mail_template()
        if not template:
            return {}
        texts = {
            name: template._render_field(name, order.ids, compute_lang=True)[order.id]
            for name in ("subject", "body_html")
        }
        return {"default_subject": texts["subject"], "default_body": texts["body_html"]}

    def message_post(self, **kwargs):
        """A message that takes an offer's PDF with it has sent the offer."""
        message = super().message_post(**kwargs)
        context = self.env.context
        if context.get("lead_sent_file_id") in message.attachment_ids._ids:
            order_id = sent_id(context.get("lead_sent_order_id"))
            order = self.env["sale.order"].browse(order_id or [])
            self._mark_offer_as_sent(order)
        return message

    def _mark_offer_as_sent(self, order):
        """The offer went out with a message of this lead, where the user may say so.

        :param order: ``sale.order``, as a client has sent it
        """
        # sudo: only whose offer it is and its state are read
        known = order.exists().sudo()
        if known.opportunity_id != self or not order.has_access("write"):
            return
        if known.state == "draft":
            order.with_context(tracking_disable=True).write({"state": "sent"})
        elif known.state == "sent":
            order._tell_leads_of_sending()
