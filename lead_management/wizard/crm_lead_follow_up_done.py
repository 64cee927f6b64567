from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import clean_context


class CrmLeadFollowUpDone(models.TransientModel):
    """The dialog behind *Done*: how it went, and what comes next, in one save."""

    _name = "crm.lead.follow.up.done"
    _inherit = ["crm.lead.guard.mixin", "crm.lead.day.mixin"]
    _description = "Follow-up Done"
    _reminder_days = ("next_date",)

    activity_id = fields.Many2one("mail.activity", "Follow-up", required=True, ondelete="cascade")
    step = fields.Char(compute="_compute_step", help="What was to be done.")
    is_next_required = fields.Boolean(
        compute="_compute_step", help="The type of the follow-up always has a next one."
    )
    feedback = fields.Text("How did it go?")
    next_activity_type_id = fields.Many2one(
        "mail.activity.type",
        "Next Step",
        compute="_compute_next_activity_type_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        domain="['|', ('res_model', '=', False), ('res_model', '=', 'crm.lead')]",
    )
    next_summary = fields.Char(
        "What",
        compute="_compute_next_values",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    next_date = fields.Date(
        "When",
        compute="_compute_next_values",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    next_time = fields.Float("Time")
    next_user_id = fields.Many2one(
        "res.users",
        "Who",
        compute="_compute_next_values",
        compute_sudo=False,
        store=True,
        readonly=False,
        domain="[('share', '=', False)]",
    )

    @api.depends("activity_id")
    def _compute_step(self):
        for wizard in self:
            activity = wizard.activity_id
            # asked for, not left to reading: what is in the cache is read without a question
            known = activity and activity.has_access("read")
            wizard.step = known and activity._get_next_step()
            wizard.is_next_required = known and activity.chaining_type == "trigger"

    @api.depends("activity_id")
    def _compute_next_activity_type_id(self):
        for wizard in self:
            kind = wizard.activity_id.activity_type_id
            wizard.next_activity_type_id = (
                kind.triggered_next_type_id or kind.suggested_next_type_ids[:1] or kind
            )

    @api.depends("activity_id", "next_activity_type_id")
    def _compute_next_values(self):
        today = fields.Date.context_today(self)
        for wizard in self:
            activity = wizard.activity_id
            kind = wizard.next_activity_type_id.with_context(
                activity_previous_deadline=activity.date_deadline
            )
            # of some types, Odoo proposes their name
            wizard.next_summary = kind.summary if kind.summary != kind.name else False
            wizard.next_user_id = kind.default_user_id or activity.user_id or self.env.user
            day = kind._get_date_deadline() if kind.delay_count else None
            wizard.next_date = max(day, today) if day else fields.Date.add(today, days=7)

    def action_done(self):
        """Mark the follow-up as done, with the note; nothing comes next.

        :raises AccessError: when the user may not change the follow-up
        :raises UserError: when it is done already
        """
        self._mark_done()
        return {"type": "ir.actions.act_window_close"}

    def action_done_and_plan(self):
        """Mark the follow-up as done, with the note, and plan the next one.

        :raises AccessError: when the user may not change the follow-up, or plan one on its lead
        :raises UserError: when it is done already, or the next one has no type or day
        """
        self._check_one()
        if not (self.next_activity_type_id and self.next_date):
            raise UserError(self.env._("Say what comes next, and when."))
        lead_id = self.activity_id.res_id
        planned = self._mark_done()
        values = self._prepare_next_values()
        if planned:
            # Odoo has planned what always follows: on the day and by whom this dialog says
            planned[:1].write(values)
        else:
            values["res_model_id"] = self.env["ir.model"]._get_id("crm.lead")
            planned.create({**values, "res_id": lead_id})
        return {"type": "ir.actions.act_window_close"}

    def _mark_done(self):
        """Mark the follow-up as done.

        :return: what Odoo planned as its follow-up (``mail.activity``)
        """
        self._check_one()
        # the defaults of the calling view are not for what is planned here
        # pylint: disable=context-overridden
        activity = self.activity_id.with_context(clean_context(self.env.context))
        activity.check_access("write")
        # of two people at once, one is told
        activity._lock_in_words()
        activity._check_to_be_done()
        feedback = (self.feedback or "").strip()
        _messages, planned = activity._action_done(feedback=feedback or False)
        return planned

    def _prepare_next_values(self):
        """Values of the next follow-up; extend it to add more."""
        return {
            "activity_type_id": self.next_activity_type_id.id,
            "summary": self.next_summary,
            "date_deadline": self.next_date,
            "due_time": self.next_time,
            "user_id": self.next_user_id.id or self.env.uid,
        }
