from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    is_customer = fields.Boolean(
        compute="_compute_is_customer",
        groups="base.group_user",
        help="Whether the contact, or the company it belongs to, is a customer.",
    )

    @api.depends("customer_rank", "commercial_partner_id.customer_rank")
    def _compute_is_customer(self):
        for partner in self:
            # sudo: the rank alone is read, also where the company contact is out of reach
            commercial = partner.commercial_partner_id.sudo()
            partner.is_customer = partner.customer_rank > 0 or commercial.customer_rank > 0

    def action_activate_customer(self):
        """Make the contacts' commercial entities customers; suppliers stay suppliers.

        :raises AccessError: when the user may not edit a contact
        """
        self.check_access("write")
        partners = self.commercial_partner_id.filtered(lambda partner: not partner.customer_rank)
        partners._increase_rank("customer_rank")
        return True
