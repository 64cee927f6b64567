"""Qualified or not: the decision about a lead before it becomes an opportunity."""

from odoo import models
from odoo.exceptions import UserError


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def action_not_qualified(self):
        """Open the dialog that declines the leads as not qualified, with an optional day on
        which their owners get a follow-up.

        :return: the action of ``crm.lead.lost``
        :raises AccessError: when the user may not change one of the leads
        :raises UserError: when one of them is won
        """
        self.check_access("write")
        for lead in self.filtered(lambda lead: lead.won_status == "won"):
            raise UserError(
                self.env._("“%(lead)s” is won: it cannot be not qualified.", lead=lead.name)
            )
        action = self.action_decline()
        action["name"] = self.env._("Not Qualified")
        action["context"]["default_kind"] = "not_qualified"
        return action

    def action_qualify(self):
        """Make the leads opportunities, in the first stage for opportunities of their teams.

        What is an opportunity already stays as it is; no contact is asked for. A lead in a
        stage that is for both keeps its stage.

        :raises AccessError: when the user may not change one of the leads
        :raises UserError: when one of them is not open
        """
        self.check_access("write")
        for lead in self.filtered(lambda lead: lead.won_status != "pending" or not lead.active):
            raise UserError(
                self.env._("“%(lead)s” is not open: reopen it to qualify it.", lead=lead.name)
            )
        leads = self.filtered(lambda lead: lead.type == "lead")
        for group in leads.grouped(lambda lead: (lead.team_id, lead.stage_id)).values():
            stage = group.stage_id
            if stage.lead_type == "lead":
                stage = group._find_stage_for_type("opportunity") or stage
            # the stage goes along, also where it is the same: so team and owner stay
            group.write(
                {
                    "type": "opportunity",
                    "stage_id": stage.id,
                    "date_conversion": self.env.cr.now(),
                }
            )
        return True
