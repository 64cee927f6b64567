from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmLeadSnooze(models.TransientModel):
    """The dialog that moves the next follow-ups of leads to another day."""

    _name = "crm.lead.snooze"
    _inherit = ["crm.lead.guard.mixin", "crm.lead.day.mixin"]
    _description = "Snooze"
    _reminder_days = ("date",)

    lead_ids = fields.Many2many("crm.lead", context={"active_test": False})
    date = fields.Date(
        "Until", required=True, compute="_compute_date", store=True, readonly=False, precompute=True
    )
    follow_up_count = fields.Integer(
        "Follow-ups",
        compute="_compute_follow_up_count",
        help="How many follow-ups move. Meetings stay.",
    )

    @api.depends("lead_ids")
    def _compute_date(self):
        """A week from today, or from the last day on which one of the follow-ups is due: none is
        moved forward unasked."""
        today = fields.Date.context_today(self)
        for wizard in self:
            follow_ups = wizard.lead_ids._origin._get_follow_ups_to_snooze()
            last = max([today, *follow_ups.mapped("date_deadline")])
            wizard.date = fields.Date.add(last, days=7)

    @api.depends("lead_ids")
    def _compute_follow_up_count(self):
        for wizard in self:
            leads = wizard.lead_ids._origin
            wizard.follow_up_count = len(leads._get_follow_ups_to_snooze())

    def action_snooze(self):
        """Move the follow-ups to the day.

        :return: a notification that says how many
        :raises AccessError: when the user may not change one of the leads
        :raises UserError: when the day is past, or there is nothing to move
        """
        self._check_one()
        self.lead_ids.check_access("write")
        if self.date < fields.Date.context_today(self):
            raise UserError(self.env._("Choose a day from today on."))
        return self.lead_ids._get_follow_ups_to_snooze()._snooze(day=self.date)

    def action_snooze_day(self):
        """As ``action_snooze`` of the leads, by one day."""
        self._check_one()
        return self.lead_ids.action_snooze(1)

    def action_snooze_week(self):
        """As ``action_snooze`` of the leads, by a week."""
        self._check_one()
        return self.lead_ids.action_snooze(7)
