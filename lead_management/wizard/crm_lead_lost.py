from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.crm_lost_reason import KINDS


class CrmLeadLost(models.TransientModel):
    _name = "crm.lead.lost"
    _inherit = [
        "crm.lead.guard.mixin",
        "crm.lead.day.mixin",
        "crm.lead.left.over.mixin",
        "crm.lead.lost",
    ]
    _reminder_days = ("wake_up_date",)

    # follow-ups and offers are told of these leads
    _guarded_core_fields = ("lead_ids",)

    lost_reason_id = fields.Many2one(required=True)
    kind = fields.Selection(
        KINDS, "Who Said No", help="Shows the reasons of this kind only. Empty: all reasons."
    )
    wake_up_date = fields.Date(
        "Follow Up Again On", help="The leads stay declined; on this day their owners are reminded."
    )

    offer_choice = fields.Selection(
        [("cancel", "Cancel them"), ("keep", "Keep them")],
        "Offers",
        default="cancel",
        required=True,
        help="The customer gets no mail.",
    )
    offer_text = fields.Text(compute="_compute_offer_text")
    offer_kept_text = fields.Text(compute="_compute_offer_text")

    @api.depends("lead_ids")
    def _compute_offer_text(self):
        for dialog in self:
            # sudo: the offers of a lead are told to who may read the lead
            found = dialog._get_readable_leads()._find_open_offers()
            mine = found.sudo(False)._filtered_access("write").sudo()
            dialog.offer_text = bool(mine) and self.env._(
                "Open offers (%(count)s): %(names)s",
                count=len(mine),
                names=self._name_some(mine, lambda order: order.name),
            )
            others = found - mine
            dialog.offer_kept_text = bool(others) and self.env._(
                "Offers that stay, as you may not change them: %(names)s",
                names=self._name_some(others, lambda order: order.name),
            )

    @api.onchange("kind")
    def _onchange_kind(self):
        if self.kind and self.lost_reason_id.kind != self.kind:
            self.lost_reason_id = False

    def action_lost_reason_apply(self):
        """Decline the leads, close what is left over on them as chosen, and park them until the
        day that was entered. What the user may not change stays.

        :raises AccessError: when the user may not change one of the leads
        :raises UserError: when that day is not in the future, or one of the leads is won
        """
        self._check_one()
        day = self.wake_up_date
        if day and day <= self.env.company._get_lead_today():
            raise UserError(
                self.env._("“Follow Up Again On” lies in the past. Choose a day after today.")
            )
        # won meanwhile, or one of many that were ticked: core's refusal does not say which
        for lead in self.lead_ids.filtered(lambda lead: lead.won_status == "won"):
            raise UserError(
                self.env._(
                    "“%(lead)s” is won: it cannot be declined. Reopen it first.", lead=lead.name
                )
            )
        follow_ups = self._get_follow_ups_to_close()
        res = super().action_lost_reason_apply()
        # once they are decided: a value that follows its offer stays
        offers = self.lead_ids._find_open_offers() if self.offer_choice == "cancel" else None
        self.lead_ids._close_left_over(follow_ups, offers)
        if day:
            self.lead_ids.write({"wake_up_date": day})
        return res
