from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.crm_lost_reason import KINDS


class CrmLeadLost(models.TransientModel):
    _inherit = "crm.lead.lost"

    lost_reason_id = fields.Many2one(required=True)
    kind = fields.Selection(
        KINDS, "Who Said No", help="Shows the reasons of this kind only. Empty: all reasons."
    )
    wake_up_date = fields.Date(
        "Follow Up Again On", help="The leads stay declined; on this day their owners are reminded."
    )

    @api.onchange("kind")
    def _onchange_kind(self):
        if self.kind and self.lost_reason_id.kind != self.kind:
            self.lost_reason_id = False

    def action_lost_reason_apply(self):
        """Decline the leads, and park them until the day that was entered.

        :raises UserError: when that day is not in the future
        """
        self.ensure_one()
        day = self.wake_up_date
        if day and day <= fields.Date.context_today(self):
            raise UserError(
                self.env._("“Follow Up Again On” lies in the past. Choose a day after today.")
            )
        res = super().action_lost_reason_apply()
        if day:
            self.lead_ids.write({"wake_up_date": day})
        return res
