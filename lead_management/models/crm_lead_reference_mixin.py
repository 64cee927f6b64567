"""What PostgreSQL deletes or empties by itself when a record goes: settled before."""

from odoo import api, models

from .crm_lead_history import RECORDED


class CrmLeadReferenceMixin(models.AbstractModel):
    """Records whose deletion reaches leads, follow-ups and the history by foreign keys alone.

    No method of those runs then, and what is computed from them stays as it was. Which keys
    there are, and which of them need this, is in ``tests/test_foreign_keys.py``.
    """

    _name = "crm.lead.reference.mixin"
    _description = "Referred to by Leads"

    @api.ondelete(at_uninstall=True)
    def _unlink_settle_leads(self):
        """The history keeps the names and notes the leads; follow-ups go by the ORM."""
        # sudo: who may delete the record need not read the leads, and nobody writes the history
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        history = self.env["crm.lead.history"].sudo()
        history._keep_names(self.sudo())
        for name in RECORDED:
            if leads._fields[name].comodel_name == self._name:
                leads.search([(name, "in", self.ids)])._record_later()
        self._find_follow_ups_that_go().unlink()

    def _find_follow_ups_that_go(self):
        """The follow-ups on leads that are deleted along with these records.

        :return: ``mail.activity`` in sudo mode, done ones included
        """
        # sudo: those of all users go
        activities = self.env["mail.activity"].sudo().with_context(active_test=False)
        names = [
            name
            for name in ("user_id", "calendar_event_id")
            if activities._fields[name].comodel_name == self._name
        ]
        found = activities.browse()
        for name in names:
            found |= activities.search([("res_model", "=", "crm.lead"), (name, "in", self.ids)])
        return found


class ResUsers(models.Model):
    _name = "res.users"
    _inherit = ["res.users", "crm.lead.reference.mixin"]


class CrmTeam(models.Model):
    _name = "crm.team"
    _inherit = ["crm.team", "crm.lead.reference.mixin"]


class CalendarEvent(models.Model):
    _name = "calendar.event"
    _inherit = ["calendar.event", "crm.lead.reference.mixin"]
