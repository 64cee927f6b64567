"""The next step of a lead, and moving its follow-ups."""

from odoo import api, fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    next_step = fields.Char(
        compute="_compute_next_step",
        help="What is to be done next: the earliest open follow-up, of any user.",
    )

    @api.depends(
        "activity_ids.active",
        "activity_ids.activity_type_id",
        "activity_ids.date_deadline",
        "activity_ids.due_time",
        "activity_ids.summary",
    )
    @api.depends_context("lang")
    def _compute_next_step(self):
        # sudo: who may read the lead may read its follow-ups; asking for each costs the most
        activities = self.env["mail.activity"].sudo()
        domain = [
            ("res_model", "=", self._name),
            ("res_id", "in", self._origin.ids),
            # also where the caller looks at archived leads
            ("active", "=", True),
        ]
        names = ["res_id", "activity_type_id", "summary", "due_time"]
        first = {}
        for activity in activities.search_fetch(domain, names):
            first.setdefault(activity.res_id, activity)
        for lead in self:
            activity = first.get(lead._origin.id)
            lead.next_step = activity and activity._get_next_step()

    # ------------------------------------------------------------
    # Snooze
    # ------------------------------------------------------------

    def action_snooze(self, days=1):
        """Move what is due on each lead by a number of days from today. Where nothing is due,
        the next follow-up moves by that many days.

        :param int days: from 1 on
        :return: a notification that says how many follow-ups are where
        :raises AccessError: when the user may not change one of the leads
        :raises UserError: when there is nothing to move, or ``days`` is no number of days
        """
        self.check_access("write")
        days = self.env["mail.activity"]._check_snooze_days(days)
        return self._get_follow_ups_to_snooze()._snooze(days=days)

    def action_snooze_day(self):
        """``action_snooze`` by a day, for buttons."""
        return self.action_snooze(1)

    def action_snooze_week(self):
        """``action_snooze`` by a week, for buttons."""
        return self.action_snooze(7)

    def action_snooze_until(self):
        """Open the dialog that asks until when.

        :return: the action of ``crm.lead.snooze``
        :raises AccessError: when the user may not change one of the leads
        """
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_management.crm_lead_snooze_action"
        )
        action["context"] = {
            "default_lead_ids": [fields.Command.set(self.ids)],
            "dialog_size": "medium",
        }
        return action

    def _get_follow_ups_to_snooze(self):
        """Of each lead: all that is due, else the next ones; no meetings, and only what the user
        may change.

        :return: ``mail.activity``
        """
        today = fields.Date.context_today(self)
        activities = self.env["mail.activity"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("active", "=", True),
                ("calendar_event_id", "=", False),
            ]
        )
        chosen = activities.browse()
        for of_lead in activities._filtered_access("write").grouped("res_id").values():
            last = max(today, min(of_lead.mapped("date_deadline")))
            chosen |= of_lead.filtered(lambda item, last=last: item.date_deadline <= last)
        return chosen
