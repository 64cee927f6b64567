from odoo import api, fields, models
from odoo.tools import format_amount, format_date


class CrmLeadDocumentTemplate(models.Model):
    """A letter or report with placeholders for what the lead knows.

    Only sales managers write templates, and, as core has it, only editors of mail templates
    write code in them; salespeople have them filled in, in their own rights.
    """

    _name = "crm.lead.document.template"
    _inherit = ["mail.render.mixin", "crm.lead.guard.mixin"]
    _description = "Document Template of Leads"
    _order = "sequence, name, id"
    # core checks who writes a template, as it does for mail templates
    _unrestricted_rendering = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index="btree_not_null")
    body = fields.Html(
        "Text",
        translate=True,
        render_engine="qweb",
        render_options={"post_process": True},
        sanitize="email_outgoing",
        help="The lead is “object”, its main offer “offer”, its contact “contact”.",
    )

    def _compute_render_model(self):
        self.render_model = "crm.lead"

    def _render_for_lead(self, lead):
        """The text with the lead's data in it, in the customer's language. Whatever customers
        have written is escaped.

        :param lead: ``crm.lead``, one that the user may read
        :return: html
        :raises AccessError: when the user may not read the template or the lead
        :raises UserError: when the template cannot be filled in
        """
        self.ensure_one()
        self.check_access("read")
        lead = lead.sudo(False)
        lead.check_access("read")
        lang = lead.partner_id.lang or lead.lang_id.code or self.env.user.lang
        template = self.sudo(False).with_context(lang=lang)
        rendered = template._render_field(
            "body",
            lead.ids,
            set_lang=lang,
            add_context=template._prepare_lead_values(lead.with_context(lang=lang)),
        )
        return rendered[lead.id]

    @api.model
    def _prepare_lead_values(self, lead):
        """What a template can say besides ``object``; extend it to add more.

        Texts, no records: the offer of a colleague is told with the lead, but nothing else of it.

        :rtype: dict of dict of str
        """
        # sudo: the offer of a lead is told to who may read the lead
        offer = lead._get_main_offers()
        amount = offer and format_amount(self.env, offer.amount_untaxed, offer.currency_id)
        address = lead._get_document_address()
        return {
            "today": format_date(self.env, fields.Date.context_today(lead)),
            "contact": {
                "name": lead.contact_name or lead.partner_id.name or "",
                "company": lead.partner_name or "",
                "address": address,
            },
            "offer": {
                "name": offer.name or "",
                "amount": amount or "",
                "date": offer and format_date(self.env, offer.date_order) or "",
                "validity_date": format_date(self.env, offer.validity_date) or "",
            },
        }
