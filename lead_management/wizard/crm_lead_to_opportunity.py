from odoo import api, models

from ..models.crm_lead import Refusals
from ..tools.sent import sent_id


class CrmLead2opportunityPartner(models.TransientModel):
    _inherit = "crm.lead2opportunity.partner"

    @api.model
    def default_get(self, fields):
        """An open lead that somebody typed 100 % for can be converted; core takes it for closed.

        :raises UserError: from core, when the lead is won
        """
        context = self.env.context
        lead_id = sent_id(context.get("default_lead_id") or context.get("active_id"))
        if "lead_id" not in fields or not lead_id:
            return super().default_get(fields)
        lead = self.env["crm.lead"].browse(lead_id).exists()
        if not lead or lead.won_status != "pending" or lead.probability != 100:
            return super().default_get(fields)
        unnamed = self.with_context(default_lead_id=False, active_id=False)
        values = super(CrmLead2opportunityPartner, unnamed).default_get(fields)
        return {**values, "lead_id": lead.id}


class CrmLead2opportunityPartnerMass(models.TransientModel):
    _inherit = "crm.lead2opportunity.partner.mass"

    def action_mass_convert(self):
        """Core's; duplicates that cannot be merged and leads that refuse stay as they are and are
        named, and all others are converted."""
        self._check_one()
        refused = Refusals(self.env["crm.lead"])
        wizard = super(CrmLead2opportunityPartnerMass, self.with_context(lead_refusals=refused))
        action = wizard.action_mass_convert()
        skipped = refused.leads & self.lead_tomerge_ids
        if not skipped:
            return action
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("Not converted"),
                "message": self.env._(
                    "%(leads)s stay as they are. %(reasons)s",
                    leads=", ".join(skipped.mapped("display_name")),
                    reasons=" ".join(dict.fromkeys(refused.reasons)),
                ),
                "next": action,
            },
        }

    def _convert_and_allocate(self, leads, user_ids, team_id=False):
        refused = self.env.context.get("lead_refusals")
        convert = super()._convert_and_allocate
        if not isinstance(refused, Refusals):
            return convert(leads, user_ids, team_id=team_id)
        leads -= refused.leads
        at_once = Refusals(leads.browse())
        done = at_once.attempt(leads, lambda: convert(leads, user_ids, team_id=team_id))
        if not done:
            # who it is; the others go together, as the salespeople take turns
            for lead in leads:
                refused.attempt(lead, lambda lead=lead: convert(lead, user_ids, team_id), True)
            done = [convert(leads - refused.leads, user_ids, team_id=team_id)]
        return done[0]
