"""Leads that lie around: nothing happened for the days that their stage gives them.

Core's "rotting" counts from the last change of the stage, for opportunities alone. Here it counts
from whatever somebody last did: a message, a follow-up, hours, an offer, a change of stage. It
counts for leads, too, in stages that are for leads.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.flags import get_wanted
from ..tools.marks import MACHINE_WROTE
from ..tools.spans import MOST_DAYS

# of one lead within this time, the first is noted: days are counted
NOTED_AGAIN_AFTER = timedelta(hours=1)
# logs of changes and notes of the system are no activity
SPOKEN = ("comment", "email", "email_outgoing", "sms", "whatsapp_message")


class CrmLead(models.Model):
    _inherit = "crm.lead"

    last_activity_date = fields.Datetime(
        "Last Activity",
        compute="_compute_last_activity_date",
        store=True,
        readonly=True,
        index=True,
        copy=False,
        help="When somebody last did something about the lead: a message, a follow-up planned or "
        "done, hours, an offer, another phase. A change of a field is none.",
    )

    @api.depends("date_last_stage_update")
    def _compute_last_activity_date(self):
        for lead in self:
            days = filter(None, (lead.last_activity_date, lead.date_last_stage_update))
            lead.last_activity_date = max(days, default=self.env.cr.now())

    def _note_activity(self):
        """Something has been done about these leads just now."""
        now = self.env.cr.now().replace(microsecond=0)
        # sudo: whoever writes a message, hours or an offer need not change the lead
        leads = self.sudo().filtered(
            lambda lead: (
                not lead.last_activity_date or lead.last_activity_date < now - NOTED_AGAIN_AFTER
            )
        )
        if leads:
            leads.with_context(mail_notrack=True).write({"last_activity_date": now})

    def _message_post_after_hook(self, message, msg_vals):
        """A message, and a follow-up that is done, is activity."""
        is_spoken = message.message_type in SPOKEN or message.mail_activity_type_id
        # what a machine answers: see mail_thread.py
        if is_spoken and self.env.context.get("lead_machine_wrote") is not MACHINE_WROTE:
            self._note_activity()
        return super()._message_post_after_hook(message, msg_vals)

    # ------------------------------------------------------------
    # Core's rotting, from another day on
    # ------------------------------------------------------------

    def _get_rotting_depends_fields(self):
        return [
            *super()._get_rotting_depends_fields(),
            "active",
            "last_activity_date",
            "next_follow_up",
            "wake_up_date",
        ]

    def _compute_rotting(self):
        now = self.env.cr.now()
        today = fields.Date.context_today(self)
        self.is_rotting = False
        self.rotting_days = 0
        for lead in self:
            days = lead.stage_id.rotting_threshold_days
            if not days or (lead.next_follow_up and lead.next_follow_up >= today):
                continue
            since = lead.last_activity_date or lead.create_date or now
            if (
                since < now - timedelta(days=min(days, MOST_DAYS))
                and lead.active
                and lead.won_status == "pending"
                and lead.request_type != "service"
                and (lead.type == "opportunity" or lead.stage_id.lead_type == "lead")
                and not lead.is_on_hold
            ):
                lead.is_rotting = True
                lead.rotting_days = (now - since).days

    def _search_is_rotting(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        now = self.env.cr.now()
        # sudo: the stages of all teams; only their days are read
        stages = self.env["crm.stage"].sudo().search([("rotting_threshold_days", ">", 0)])
        for_leads = stages.filtered(lambda stage: stage.lead_type == "lead")
        by_days = stages.grouped("rotting_threshold_days")
        rotting = Domain.OR(
            Domain("stage_id", "in", some.ids)
            & Domain("last_activity_date", "<", now - timedelta(days=min(days, MOST_DAYS)))
            for days, some in by_days.items()
        ) & Domain(
            [
                "|",
                ("type", "=", "opportunity"),
                ("stage_id", "in", for_leads.ids),
                ("active", "=", True),
                ("won_status", "=", "pending"),
                ("request_type", "!=", "service"),
                ("is_on_hold", "=", False),
                "|",
                ("next_follow_up", "=", False),
                ("next_follow_up", "<", fields.Date.context_today(self)),
            ]
        )
        wanted = get_wanted(operator, value)
        parts = [part for part, is_on in ((rotting, True), (~rotting, False)) if is_on in wanted]
        return Domain.OR(parts)
