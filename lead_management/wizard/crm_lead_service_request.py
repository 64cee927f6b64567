from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import email_normalize
from odoo.tools.misc import clean_context

from odoo.addons.project.models.project_task import CLOSED_STATES

from ..tools.phone import national_digits


class CrmLeadServiceRequest(models.TransientModel):
    """The dialog behind "Service Request": a task for who called, the lead closed with it."""

    _name = "crm.lead.service.request"
    _inherit = ["crm.lead.guard.mixin", "crm.lead.day.mixin", "crm.lead.left.over.mixin"]
    _description = "Service Request"
    _reminder_days = ("date_deadline",)

    lead_id = fields.Many2one("crm.lead", context={"active_test": False})
    lead_ids = fields.Many2many(
        "crm.lead", string="Leads", compute="_compute_lead_ids", compute_sudo=False
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Contact",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
    )
    contact_name = fields.Char("Name")
    partner_name = fields.Char("Company")
    phone = fields.Char()
    email_from = fields.Char("E-mail")
    name = fields.Char("Title", required=True)
    description = fields.Html()
    street = fields.Char()
    zip = fields.Char("Postcode")
    city = fields.Char()
    priority = fields.Selection(
        lambda self: self.env["project.task"]._fields["priority"]._description_selection(self.env),
        default="0",
    )
    date_deadline = fields.Datetime("Until")
    user_id = fields.Many2one("res.users", "Who Goes", domain="[('share', '=', False)]")

    @api.constrains("user_id")
    def _check_user_id(self):
        """The task is for somebody who works here."""
        for wizard in self:
            # sudo: users of other companies need not be readable
            user = wizard.user_id.sudo()
            if user and (user.share or not user.active):
                raise ValidationError(self.env._("Choose an employee who goes."))

    @api.depends("lead_id")
    def _compute_lead_ids(self):
        for wizard in self:
            wizard.lead_ids = wizard.lead_id

    @api.depends("email_from", "phone", "lead_id")
    def _compute_partner_id(self):
        for wizard in self:
            found = wizard.partner_id or wizard._find_partners().filtered("active")
            wizard.partner_id = found[:1]

    def _get_lead_company(self):
        """The company of the lead, which the user may read (``res.company``)."""
        self.lead_id.check_access("read")
        return self.lead_id.company_id

    def _find_partners(self):
        """Contacts with the e-mail address or the phone number, in the user's rights."""
        self.ensure_one()
        leads = self.env["crm.lead"].sudo(False)
        lead = leads.new(
            {
                "email_from": self.email_from,
                "phone": self.phone,
                "company_id": (self._get_lead_company() or self.env.company).id,
            }
        )
        return lead._find_similar_partners()

    def action_convert(self):
        """Create the task, with the contact, and close the lead as a service request.

        :return: the task's action; the lead's where the user may not read the task
        :raises UserError: when the lead is not open, or nobody is named
        :raises AccessError: when the user may not change the lead
        """
        self._check_one()
        # a second click finds the lead, or is told
        self._lock_in_words()
        # the defaults of the calling view are not for what is created here
        # pylint: disable=context-overridden
        wizard = self.with_context(clean_context(self.env.context))
        lead = wizard.lead_id
        if lead:
            lead.check_access("write")
            lead._lock_for_handover()
            lead._check_may_become_service()
        partner = wizard.partner_id or wizard._get_typed_partner()
        follow_ups = wizard._get_follow_ups_to_close()
        if not lead:
            lead = wizard.lead_id = lead.create(wizard._prepare_lead_values())
        wizard._link_partner(lead, partner)
        task = wizard._get_open_task(lead)
        if task:
            wizard._add_to_task(lead, task)
        else:
            task = wizard._create_task(lead)
        lead.write({"request_type": "service", "active": False, "service_task_id": task.id})
        lead._close_left_over(follow_ups)
        # sudo: the task that the lead had need not be readable; its name is the lead's own
        title = task.sudo().name
        lead.message_post(body=self.env._("Service request: task “%(task)s”.", task=title))
        return lead.action_view_service_task()

    def _get_typed_partner(self):
        """The contact that the typed data is of; empty when there is none yet.

        :raises UserError: when nothing is typed, or only an archived contact is found
        """
        if not (self.contact_name or self.partner_name or self.email_from or self.phone):
            raise UserError(self.env._("Say who it is for: a contact, a name or a phone number."))
        partners = self._find_partners()
        if partners and not partners.filtered("active"):
            raise UserError(
                self.env._(
                    "“%(name)s” has this e-mail address or phone number and is archived. "
                    "Restore the contact first.",
                    name=partners[:1].display_name,
                )
            )
        return partners.filtered("active")[:1]

    def _link_partner(self, lead, partner):
        """Link the contact to the lead, or create it from what was typed."""
        if partner:
            lead.partner_id = partner
        elif not lead.partner_id:
            names = ("contact_name", "partner_name", "email_from", "phone")
            lead.write({name: self[name] for name in names if self[name]})
            if not (lead.contact_name or lead.partner_name):
                lead.contact_name = lead.email_from or lead.phone
            lead._handle_partner_assignment(create_missing=True)

    def _prepare_lead_values(self):
        """Values of the lead that records a request nobody wrote down before."""
        names = ("name", "contact_name", "partner_name", "email_from", "phone")
        names += ("description", "street", "zip", "city")
        return {
            "type": "lead",
            "user_id": self.env.uid,
            **{name: self[name] for name in names if self[name]},
        }

    def _get_open_task(self, lead):
        """The task that the lead had before it was reopened, unless it is done: the request goes
        on there. The user may not see it (``project.task``)."""
        # sudo: a salesperson need not have project rights; the lead was checked in his
        task = lead.sudo().service_task_id
        still = task.active and task.state not in CLOSED_STATES
        return task.sudo(False) if still else task.browse()

    def _create_task(self, lead):
        """The task in the company's service project (``project.task``, in the user's rights)."""
        company = lead.company_id or self.env.company
        # sudo: a salesperson need not have project rights; the lead was checked in his
        project = company.sudo()._get_or_create_service_project()
        task = project.env["project.task"].create(self._prepare_task_values(lead, project))
        return task.sudo(False)

    def _add_to_task(self, lead, task):
        """The request goes on in the task that the lead had: what was typed is added to it.

        :param task: ``project.task``
        """
        values = {}
        if self.date_deadline:
            values["date_deadline"] = self.date_deadline
        if self.user_id:
            values["user_ids"] = [fields.Command.link(self.user_id.id)]
        # sudo: a salesperson need not have project rights; the lead was checked in his
        task = task.sudo()
        if (self.priority or "0") > (task.priority or "0"):
            values["priority"] = self.priority
        task.write(values)
        title = self.env._("Service request again: %(title)s", title=self.name)
        task.message_post(body=Markup("<p>%s</p>") % title + self._get_task_text(lead))

    def _prepare_task_values(self, lead, project):
        """Values of the task; extend it to add more."""
        return {
            "name": self.name,
            "project_id": project.id,
            "partner_id": lead.partner_id.id,
            "priority": self.priority or "0",
            "date_deadline": self.date_deadline,
            "user_ids": [fields.Command.set(self.user_id.ids)],
            "description": self._get_task_text(lead),
        }

    def _get_task_text(self, lead):
        """What the task says: where it is, who called if the contact does not say so, and what
        was written down.

        :rtype: Markup
        """
        town = f"{self.zip or ''} {self.city or ''}".strip()
        place = ", ".join(filter(None, [self.street, town]))
        lines = []
        if place:
            lines.append(self.env._("Address: %(address)s", address=place))
        if caller := self._get_caller(lead.partner_id):
            lines.append(self.env._("Caller: %(details)s", details=caller))
        return Markup().join(Markup("<p>%s</p>") % line for line in lines) + (
            self.description or Markup()
        )

    def _get_caller(self, partner):
        """What was typed about the caller and is not the contact's, in words: the tenant's number
        is needed where the landlord is the customer."""
        names = partner | partner.parent_id
        known = {name.strip().lower() for name in names.mapped("name") if name}
        typed = [name for name in (self.contact_name, self.partner_name) if name]
        details = [name for name in typed if name.strip().lower() not in known]
        if self.phone and national_digits(self.phone) != national_digits(partner.phone):
            details.append(self.phone)
        email = email_normalize(self.email_from) or self.email_from
        if email and email != partner.email_normalized:
            details.append(self.email_from)
        return ", ".join(details)
