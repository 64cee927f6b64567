"""Who called: contacts and leads that are known, found while a call is written down."""

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.phone import same_number_patterns
from .lead_phone_mixin import PHONE_END_INDEX, phone_digits_index

# lines of each kind
SHOWN = 3


def _get_name_domain(field_name, names):
    """Who is called so, in upper or lower case, in terms of an index of contacts and leads.

    :param list names: without those that are empty
    """

    def to_sql(model, alias, query):
        # PostgreSQL's lower case on both sides: it depends on the database's locale
        lower = SQL(", ").join(SQL("lower(%s)", name) for name in names)
        return SQL(
            "lower(%s) = ANY(ARRAY[%s])", model._field_to_sql(alias, field_name, query), lower
        )

    return Domain.custom(to_sql=to_sql)


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["lead.phone.mixin", "crm.lead"]

    similar_partner_ids = fields.Many2many(
        "res.partner",
        string="Similar Contacts",
        compute="_compute_similar_partner_ids",
        context={"active_test": False},
        help="Contacts with the lead's e-mail address, phone number or name, while none is linked.",
    )

    similar_hint = fields.Json(
        "Known Already",
        compute="_compute_similar_hint",
        export_string_translation=False,
        help="Contacts and open leads that the user may read and that may be this one: a list "
        "of dicts with the keys model, id, name, detail, active.",
    )

    # core's indexes of these columns find parts of words, which takes longer the more leads there
    # are with the same parts
    _email_idx = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")
    _contact_name_idx = models.Index("(lower(contact_name)) WHERE contact_name IS NOT NULL")
    _partner_name_idx = models.Index("(lower(partner_name)) WHERE partner_name IS NOT NULL")
    _phone_digits_idx = models.Index(phone_digits_index)
    _phone_end_idx = models.Index(PHONE_END_INDEX)

    @api.depends(
        "partner_id", "email_normalized", "phone", "contact_name", "partner_name", "company_id"
    )
    def _compute_similar_partner_ids(self):
        for lead in self:
            lead.similar_partner_ids = not lead.partner_id and lead._find_similar_partners()

    @api.depends(
        "partner_id", "email_normalized", "phone", "contact_name", "partner_name", "company_id"
    )
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_similar_hint(self):
        for lead in self:
            contacts = lead.similar_partner_ids._origin[:SHOWN]
            lead.similar_hint = [
                *lead._get_similar_contact_lines(),
                *(known._get_similar_line() for known in lead._find_similar_leads(contacts)),
            ]

    def _get_similar_contact_lines(self):
        """The contacts among the lines of ``similar_hint``; dialogs that ask for the contact show
        them, too.

        :rtype: list of dict
        """
        self.ensure_one()
        contacts = self.similar_partner_ids._origin[:SHOWN]
        return [contact._get_similar_line() for contact in contacts]

    def _get_similar_line(self):
        """What tells an open lead from others of its kind; see ``similar_hint``."""
        # sudo: who has the lead is told to who may read the lead
        owner = self.user_id.sudo().name
        detail = filter(None, [self.stage_id.name, self.city, owner])
        return {
            "model": self._name,
            "id": self.id,
            "name": self.name,
            "detail": ", ".join(detail),
            "active": True,
        }

    def action_create_contact(self):
        """Create the address-book contact from the lead's own data and link it.

        A contact that has the lead's e-mail address already is linked instead of doubled. Where
        others are similar, the user is asked first; the context key ``create_contact_anyway``
        is the answer.

        :return: a notification that names the contact, or the question
        :raises UserError: when the lead has nothing to make a contact of
        :raises RedirectWarning: when an archived contact has the e-mail address
        """
        self._check_one()
        self.check_access("write")
        if self.partner_id:
            return True
        if not (self.contact_name or self.partner_name or self.email_from):
            raise UserError(
                self.env._("Enter the contact's name, company or e-mail address first.")
            )
        existing = self._find_matching_partner()
        if not existing:
            self._check_archived_contact()
            similar = self._find_similar_partners().filtered("active")
            if similar and not self.env.context.get("create_contact_anyway"):
                return self._ask_before_doubling(similar)
        self._handle_partner_assignment(force_partner_id=existing.id, create_missing=True)
        return self._get_contact_notification(existing)

    def _get_contact_notification(self, existing):
        """What *Create Contact* did (an action): ``existing`` was linked, or a contact created."""
        message = (
            self.env._(
                "“%(name)s” has this e-mail address already and was linked.",
                name=existing.display_name,
            )
            if existing
            else self.env._("Contact “%(name)s” was created.", name=self.partner_id.display_name)
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info" if existing else "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _ask_before_doubling(self, similar):
        """The question whether to create a contact that may be there already (an action)."""
        return {
            "type": "ir.actions.client",
            "tag": "lead_confirm",
            "params": {
                "title": self.env._("Create a second contact?"),
                "body": self.env._(
                    "Similar contacts exist: %(names)s. Link one of them, unless this is "
                    "somebody else.",
                    names=", ".join(similar.mapped("display_name")),
                ),
                "confirm_label": self.env._("Create Anyway"),
                "model": self._name,
                "method": "action_create_contact",
                "ids": self.ids,
                "context": {"create_contact_anyway": True},
            },
        }

    def _find_matching_partner(self):
        """Core's, but never a contact that another company has to itself."""
        email = self.email_normalized or self.email_from
        if self.partner_id or not email:
            return super()._find_matching_partner()
        company = self._get_handover_company()
        return self._partner_find_from_emails_single(
            [email],
            filter_found=lambda partner: partner.company_id <= company,
            no_create=True,
        )

    def _check_archived_contact(self):
        """:raises RedirectWarning: when an archived contact has the lead's e-mail address"""
        if not self.email_normalized:
            return
        same = [("email_normalized", "=", self.email_normalized), ("active", "=", False)]
        company = [("company_id", "in", [False, self._get_handover_company().id])]
        partner = self.env["res.partner"].search([*same, *company], limit=1)
        if partner:
            raise RedirectWarning(
                self.env._(
                    "“%(name)s” has this e-mail address and is archived. Restore the contact, "
                    "then link it.",
                    name=partner.display_name,
                ),
                {
                    "type": "ir.actions.act_window",
                    "res_model": "res.partner",
                    "res_id": partner.id,
                    "views": [(False, "form")],
                },
                self.env._("Open the Contact"),
            )

    def _find_similar_partners(self, limit=5):
        """Contacts that may be the lead's: same e-mail address, phone number or name. Archived
        ones come last.

        :return: ``res.partner``, at most ``limit``; empty when the lead has no such data
        """
        self.ensure_one()
        partners = self.env["res.partner"].with_context(active_test=False)
        domains = self._get_similar_domains()
        if names := self._get_names("contact_name", "partner_name"):
            domains.append(_get_name_domain("name", names))
        if not domains:
            return partners
        company = Domain("company_id", "in", [False, (self.company_id or self.env.company).id])
        # in this order the contacts are found by what is sought, and sorted then
        found = partners.search(Domain.OR(domains) & company, order="active DESC, id", limit=limit)
        return found.with_env(self.env)

    def _find_similar_leads(self, partners, limit=SHOWN):
        """Open leads that may be this one: of the same e-mail address, phone number, name or
        contact, and of those that the user may read.

        :param partners: ``res.partner``, contacts whose leads count, too
        :return: ``crm.lead``, at most ``limit``, those changed last first
        """
        self.ensure_one()
        domains = self._get_similar_domains()
        domains += [
            _get_name_domain(field, names)
            for field in ("contact_name", "partner_name")
            if (names := self._get_names(field))
        ]
        if contacts := (self.partner_id._origin | partners).ids:
            domains.append(Domain("partner_id", "in", contacts))
        if not domains:
            return self.browse()
        still = [
            ("active", "=", True),
            ("won_status", "=", "pending"),
            ("id", "!=", self._origin.id),
            ("company_id", "in", [False, (self.company_id or self.env.company).id]),
        ]
        # no index has this order: one that had it would be read from end to end
        order = "write_date DESC, id DESC"
        return self.env["crm.lead"].search(
            Domain.OR(domains) & Domain(still), order=order, limit=limit
        )

    def _get_names(self, *field_names):
        """What stands in these fields of the lead, without blanks around it."""
        return sorted({self[name].strip() for name in field_names if self[name]} - {""})

    def _get_similar_domains(self):
        """What a contact or a lead of the same person has, in terms of an index."""
        domains = []
        if self.email_normalized:
            domains.append(Domain("email_normalized", "=", self.email_normalized))
        if same_number_patterns(self.phone):
            domains.append(Domain("phone_any", "=", self.phone))
        return domains
