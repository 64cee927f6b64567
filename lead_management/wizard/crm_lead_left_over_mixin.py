from odoo import api, fields, models

# how many of them a dialog names
NAMED = 10


class CrmLeadLeftOverMixin(models.AbstractModel):
    """What a dialog that decides leads says about what is still open on them."""

    _name = "crm.lead.left.over.mixin"
    _description = "Left Over Follow-ups"

    follow_up_choice = fields.Selection(
        [("close", "Close them"), ("keep", "Keep them")],
        "Follow-ups",
        default="close",
        required=True,
        help="Closed follow-ups are named in the lead. Meetings stay in the calendar.",
    )
    follow_up_text = fields.Text(compute="_compute_follow_up_text")
    follow_up_kept_text = fields.Text(compute="_compute_follow_up_text")

    @api.depends("lead_ids")
    def _compute_follow_up_text(self):
        for dialog in self:
            found = dialog._get_readable_leads()._find_open_follow_ups()
            mine = found._filtered_access("unlink")
            dialog.follow_up_text = bool(mine) and self.env._(
                "Open follow-ups (%(count)s): %(steps)s",
                count=len(mine),
                steps=self._name_some(mine, lambda activity: activity._get_next_step()),
            )
            others = found - mine
            dialog.follow_up_kept_text = bool(others) and self.env._(
                "Follow-ups that stay, as you may not change them: %(steps)s",
                steps=self._name_some(others, lambda activity: activity._get_next_step()),
            )

    def _get_readable_leads(self):
        """The leads, in the user's rights.

        :raises AccessError: when the user may not read one of them
        """
        leads = self.lead_ids._origin.sudo(False)
        leads.check_access("read")
        return leads

    @api.model
    def _name_some(self, records, get_name):
        """The names of the first records, and how many more there are."""
        names = "; ".join(get_name(record) for record in records[:NAMED])
        if len(records) > NAMED:
            rest = len(records) - NAMED
            return self.env._("%(names)s; and %(count)s more", names=names, count=rest)
        return names

    def _get_follow_ups_to_close(self):
        """Those that are open before the leads are decided, where they are to be closed."""
        if self.follow_up_choice == "keep":
            return self.env["mail.activity"]
        return self.lead_ids._find_open_follow_ups()
