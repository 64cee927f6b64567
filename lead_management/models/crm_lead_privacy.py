"""Erasing a person from leads and from what leads left behind. Figures stay."""

from odoo import models
from odoo.exceptions import AccessError
from odoo.fields import Domain

ERASERS = ("sales_team.group_sale_manager", "base.group_erp_manager")
PERSON_FIELDS = (
    "contact_name",
    "partner_name",
    "email_from",
    "email_cc",
    "phone",
    "function",
    "street",
    "street2",
    "zip",
    "city",
    "website",
    "referred",
    "description",
)
MESSAGE_FIELDS = (
    "body",
    "subject",
    "reply_to",
    "incoming_email_to",
    "incoming_email_cc",
    "outgoing_email_to",
)
NAMED_AFTER_PERSONS = ("res.partner", "crm.lead", "project.task", "project.project")
TEXT_TYPES = ("char", "text", "html")


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _check_may_blank(self):
        """:raises AccessError: see ``action_blank_person``"""
        if not any(self.env.user.has_group(group) for group in ERASERS):
            raise AccessError(
                self.env._(
                    "Only administrators of sales or of access rights may blank the person of "
                    "a lead."
                )
            )
        if self.env.user.has_group(ERASERS[0]):
            self.check_access("write")
        # sudo: the administrator of access rights need not read leads
        foreign = self.sudo().company_id - self.env.user.company_ids
        if foreign:
            raise AccessError(
                self.env._(
                    "These leads are of other companies: %(companies)s",
                    companies=", ".join(foreign.mapped("name")),
                )
            )

    def action_blank_person(self):
        """Blank who the leads are about: contact and address, titles, notes, answers in words;
        titles of tickets, descriptions of hours, follow-ups, meetings; letters, files, messages
        and tracked values. Amounts, hours, days, phases and offers stay; so does the contact of
        the address book, which core's own lookup erases. All leads, or none.

        :return: a notification
        :raises AccessError: when the user is neither sales nor access-rights administrator, or
            may not change the leads
        """
        self._check_may_blank()
        # sudo: the administrator of access rights need not read leads, nor a sales administrator
        # tickets, hours and messages
        leads = self.sudo().with_context(tracking_disable=True, mail_notrack=True)
        leads._blank_person()
        leads._message_log_batch(
            bodies=dict.fromkeys(
                leads.ids, self.env._("The person of this lead was blanked. Figures stay.")
            )
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Blanked in %(count)s leads.", count=len(leads)),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _get_erased_title(self):
        self.ensure_one()
        return self.env._("Erased (lead %(number)s)", number=self.id)

    def _get_person_fields(self):
        """The fields of leads that tell who it is. Other addons add theirs.

        :rtype: list of str
        """
        return [name for name in PERSON_FIELDS if name in self._fields]

    def _blank_person(self):
        """Do it, in sudo mode. Other addons blank what they derive from leads."""
        derived = self._find_personal_records()
        persons = {
            lead: {*filter(None, (lead.name, lead.contact_name, lead.partner_id.name))}
            for lead in self
        }
        self._blank_projects(persons)
        self._blank_messages(derived, persons)
        self._blank_tickets(derived)
        self._blank_answers()
        for kind, activities in derived["mail.activity"].grouped("activity_type_id").items():
            activities.write({"summary": kind.name, "note": False, "feedback": False})
        derived["calendar.event"].with_context(dont_notify=True).write(
            {"name": self.env._("Meeting"), "description": False, "location": False}
        )
        derived["crm.lead.document"].unlink()
        derived["ir.attachment"].exists().unlink()
        blanks = dict.fromkeys(self._get_person_fields(), False)
        for lead in self:
            orders = derived["sale.order"].filtered(lambda o, lead=lead: o.opportunity_id == lead)
            orders.filtered(lambda o, lead=lead: o.origin == lead.name).origin = False
            # with the contact in the same save: core writes an address back to a linked one
            lead.write({"name": lead._get_erased_title(), "partner_id": False, **blanks})
        # what they are called is stored with them
        derived["mail.activity"]._compute_res_name()

    def _find_personal_records(self):
        """What was made of these leads and may name the person, in sudo mode.

        :return: dict of model name to recordset
        """
        everything = self.sudo().with_context(active_test=False).env

        def find(model, domain):
            return everything[model].search(domain)

        tickets = find("project.task", [("lead_id", "in", self.ids)])
        on_leads = Domain("res_model", "=", "crm.lead") & Domain("res_id", "in", self.ids)
        on_both = on_leads | (
            Domain("res_model", "=", "project.task") & Domain("res_id", "in", tickets.ids)
        )
        return {
            "project.task": tickets,
            "account.analytic.line": find("account.analytic.line", [("lead_id", "in", self.ids)]),
            "project.project": self.sudo().won_project_id,
            "crm.lead.document": find("crm.lead.document", [("lead_id", "in", self.ids)]),
            "ir.attachment": find("ir.attachment", on_both & Domain("id", "!=", False)),
            "mail.activity": find("mail.activity", on_both),
            "calendar.event": find("calendar.event", [("opportunity_id", "in", self.ids)]),
            "sale.order": find("sale.order", [("opportunity_id", "in", self.ids)]),
        }

    # ------------------------------------------------------------
    # Parts of it
    # ------------------------------------------------------------

    def _blank_projects(self, persons):
        """A project that a handover or an order made bears the lead's title; one that was there
        is renamed when it names the person."""
        made = self.won_project_id._find_handover_records().filtered("project_made_by").project_id
        for lead, names in persons.items():
            project = lead.won_project_id
            title = project.name or ""
            if project and (project in made or any(name in title for name in names)):
                languages, _info = project.get_field_translations("name")
                project.name = lead._get_erased_title()
                project.update_field_translations(
                    "name", {item["lang"]: project.name for item in languages}
                )

    def _blank_tickets(self, derived):
        for lead, tickets in derived["project.task"].grouped("lead_id").items():
            tickets.write(
                {"name": lead._get_erased_title(), "description": False, "email_cc": False}
            )
            # a running project bills its customer: there, the contact is the one of the order
            (tickets - tickets.filtered("project_id.allow_billable")).write({"partner_id": False})
        derived["account.analytic.line"].write({"name": "/"})

    def _blank_answers(self):
        """Answers to questions that were given in words."""
        names = [name for name, field in self._fields.items() if field.type == "properties"]
        for values in self.read(names):
            lead = self.browse(values["id"])
            for name in names:
                answers = values[name] or []
                if any(item["type"] in TEXT_TYPES and item.get("value") for item in answers):
                    lead[name] = {
                        item["name"]: False if item["type"] in TEXT_TYPES else item.get("value")
                        for item in answers
                        if item["type"] != "separator"
                    }

    def _find_messages(self, derived, persons):
        """Messages of leads and tickets, and notes about them on offers and projects
        (``mail.message``)."""
        messages = self.env["mail.message"]
        for records in (self, derived["project.task"]):
            domain = [("model", "=", records._name), ("res_id", "in", records.ids)]
            messages |= messages.search(domain)
        names = set().union(*persons.values())
        for records in (derived["sale.order"], derived["project.project"]):
            notes = messages.search(
                [
                    ("model", "=", records._name),
                    ("res_id", "in", records.ids),
                    ("message_type", "in", ("notification", "auto_comment")),
                ]
            )
            messages |= notes.filtered(
                lambda note: any(name in (note.body or "") for name in names)
            )
        return messages

    def _blank_messages(self, derived, persons):
        """See ``_find_messages``; with their files, mails, tracked values, and the followers."""
        messages = self._find_messages(derived, persons)
        outside = messages.filtered(
            lambda message: not message.author_id or message.author_id.partner_share
        )
        outside.write({"author_id": False, "email_from": False})
        messages.attachment_ids.unlink()
        messages.write(dict.fromkeys(MESSAGE_FIELDS, False))
        self.env["mail.mail"].search([("mail_message_id", "in", messages.ids)]).write(
            {"body_html": False, "email_to": False, "state": "cancel"}
        )
        values = self.env["mail.tracking.value"].search([("mail_message_id", "in", messages.ids)])
        values.filtered(
            lambda value: (
                value.field_id.ttype in TEXT_TYPES
                or value.field_id.relation in NAMED_AFTER_PERSONS
                or not value.field_id
            )
        ).write(
            dict.fromkeys(
                ("old_value_char", "new_value_char", "old_value_text", "new_value_text"), False
            )
        )
        for records in (self, derived["project.task"]):
            self.env["mail.followers"].search(
                [
                    ("res_model", "=", records._name),
                    ("res_id", "in", records.ids),
                    ("partner_id.partner_share", "=", True),
                ]
            ).unlink()

    # ------------------------------------------------------------
    # Core's privacy lookup
    # ------------------------------------------------------------

    def _register_hook(self):
        """Let core's privacy lookup find what leads left behind, where its module is installed:
        this addon works without it, and cannot inherit from what may not be there."""
        res = super()._register_hook()
        wizard = self.env.registry.get("privacy.lookup.wizard")
        original = wizard and wizard.action_lookup
        if original and not getattr(original, "finds_leads", False):

            def action_lookup(self):
                action = original(self)
                self._origin.env["crm.lead"]._complete_privacy_lookup(self)
                return action

            action_lookup.finds_leads = True
            wizard.action_lookup = action_lookup
        return res

    def _complete_privacy_lookup(self, wizard):
        """Add to core's lookup leads whose contact is on the lead alone, and what leads left.

        :param wizard: ``privacy.lookup.wizard``, in the rights of whoever may look up
        """
        wizard.ensure_one()
        wizard.check_access("write")
        found = {(line.res_model, line.res_id) for line in wizard.line_ids}
        # sudo: the lookup is for system administrators; core's own query asks for no rights either
        every_lead = self.sudo().with_context(active_test=False)
        name = wizard.name.strip()
        leads = every_lead.browse(key for model, key in found if model == "crm.lead")
        leads |= every_lead.search(
            ["|", ("contact_name", "ilike", name), ("partner_name", "ilike", name)]
        )
        models = self.env["ir.model"].sudo()
        lines = []
        for records in (leads, *leads.exists()._find_personal_records().values()):
            model_id = models._get_id(records._name)
            lines += [
                {
                    "wizard_id": wizard.id,
                    "res_model_id": model_id,
                    "res_id": record.id,
                    "is_active": record.active if "active" in record._fields else True,
                }
                for record in records
                if (records._name, record.id) not in found
            ]
        wizard.env["privacy.lookup.wizard.line"].create(lines)
