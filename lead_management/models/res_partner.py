from odoo import api, fields, models

from .lead_phone_mixin import PHONE_END_INDEX, phone_digits_index

SERVICE = [("request_type", "=", "service"), ("active", "=", False)]


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["lead.phone.mixin", "res.partner"]

    is_customer = fields.Boolean(
        compute="_compute_is_customer",
        groups="base.group_user",
        help="Whether the contact, or the company it belongs to, is a customer.",
    )

    service_request_count = fields.Integer(
        "Service Requests",
        compute="_compute_service_request_count",
        groups="sales_team.group_sale_salesman",
        help="Service requests of the contact and of the company it belongs to.",
    )

    # who called? Core has no index that finds a contact by any of these
    _phone_digits_idx = models.Index(phone_digits_index)
    _phone_end_idx = models.Index(PHONE_END_INDEX)
    _email_normalized_idx = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")
    _lower_name_idx = models.Index("(lower(name))")

    @api.depends("customer_rank", "commercial_partner_id.customer_rank")
    def _compute_is_customer(self):
        for partner in self:
            # sudo: the rank alone is read, also where the company contact is out of reach
            commercial = partner.commercial_partner_id.sudo()
            partner.is_customer = partner.customer_rank > 0 or commercial.customer_rank > 0

    def _get_similar_line(self):
        """What tells a contact from others of its name; see ``similar_hint`` of leads."""
        detail = filter(None, [self.phone, self.email, self.city])
        return {
            "model": self._name,
            "id": self.id,
            "name": self.display_name,
            "detail": ", ".join(detail),
            "active": self.active,
        }

    def action_activate_customer(self):
        """Make the contacts' commercial entities customers; suppliers stay suppliers.

        :raises AccessError: when the user may not edit a contact
        """
        self.check_access("write")
        partners = self.commercial_partner_id.filtered(lambda partner: not partner.customer_rank)
        partners._increase_rank("customer_rank")
        return True

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_service_request_count(self):
        """Of the whole commercial entity, in leads that the user may read: one query."""
        customers = self.commercial_partner_id
        leads = self.env["crm.lead"].with_context(active_test=False)
        counts = dict.fromkeys(customers, 0)
        if customers.ids:
            for partner, count in leads._read_group(
                [*SERVICE, ("partner_id", "child_of", customers.ids)], ["partner_id"], ["__count"]
            ):
                if partner.commercial_partner_id in counts:
                    counts[partner.commercial_partner_id] += count
        for partner in self:
            partner.service_request_count = counts.get(partner.commercial_partner_id, 0)

    def action_view_service_requests(self):
        """Open the service requests of the contact's commercial entity.

        :return: an action of ``crm.lead``
        :raises AccessError: when the user may not read the contact
        """
        self._check_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_management.crm_lead_action_service_report"
        )
        customer = self.commercial_partner_id
        action["domain"] = [*SERVICE, ("partner_id", "child_of", customer.ids)]
        action["context"] = {"active_test": False, "default_partner_id": self.id}
        return action

    def action_new_lead(self):
        """Open a new lead of the contact.

        :return: an action of ``crm.lead``
        :raises AccessError: when the user may not read the contact or create leads
        """
        self._check_one()
        self.check_access("read")
        self.env["crm.lead"].check_access("create")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Lead"),
            "res_model": "crm.lead",
            "views": [(self.env.ref("crm.crm_lead_view_form").id, "form")],
            "context": {"default_partner_id": self.id, "default_type": "lead"},
        }

    def action_service_request(self):
        """Open the dialog of a service request for the contact.

        :return: the action of ``crm.lead.service.request``
        :raises AccessError: when the user may not read the contact or create leads
        """
        self._check_one()
        self.check_access("read")
        self.env["crm.lead"].check_access("create")
        action = self.env["crm.lead"].action_service_request()
        address = {name: self[name] for name in ("street", "zip", "city") if self[name]}
        action["context"] = {
            "default_partner_id": self.id,
            **{f"default_{name}": value for name, value in address.items()},
        }
        return action
