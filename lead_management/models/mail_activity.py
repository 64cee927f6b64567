"""Follow-ups of leads: a time of day, moving them, and what "My Day" shows of their leads."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date, format_duration

from ..tools.flags import get_wanted
from ..tools.spans import REMINDER_YEARS_AHEAD, latest

MAX_SNOOZE_DAYS = 3660


class MailActivity(models.Model):
    _name = "mail.activity"
    _inherit = ["crm.lead.guard.mixin", "mail.activity"]
    _order = "date_deadline ASC, due_time ASC, id ASC"

    due_time = fields.Float(
        "Time",
        default=0.0,
        aggregator=None,
        help="The time of day at which it is due, in the time zone of whoever does it. "
        "Empty: any time that day.",
    )
    lead_plan_id = fields.Many2one(
        "mail.activity.plan",
        "Started by Plan",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The plan of a phase or category that started this follow-up.",
    )
    lead_id = fields.Many2one(
        "crm.lead",
        compute="_compute_lead_facts",
        search="_search_lead_id",
        help="The lead that the follow-up is on, where the user may read it.",
    )
    lead_contact = fields.Char(
        "Contact", compute="_compute_lead_facts", help="Who is behind the lead."
    )
    lead_phone = fields.Char(
        "Phone", compute="_compute_lead_facts", help="The phone number of the lead."
    )
    is_lead_on_hold = fields.Boolean(
        compute="_compute_is_lead_on_hold",
        search="_search_is_lead_on_hold",
        help="The follow-up is on a lead that is on hold.",
    )

    _due_time_in_a_day = models.Constraint(
        "CHECK(due_time >= 0 AND due_time < 24)",
        "Enter a time of day from 0:00 to 23:59.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Who plans a follow-up has done something about the lead; the system has not."""
        activities = super().create(vals_list)
        activities._check_lead_days()
        planned = activities.filtered(
            lambda activity: activity.res_model == "crm.lead" and not activity.automated
        )
        self.env["crm.lead"].browse(planned.mapped("res_id"))._note_activity()
        return activities

    def write(self, vals):
        res = super().write(vals)
        if "date_deadline" in vals:
            self._check_lead_days()
        return res

    def _check_lead_days(self):
        """:raises ValidationError: when a follow-up of a lead is on a day that nobody plans for"""
        on_leads = self.filtered(lambda activity: activity.res_model == "crm.lead")
        for day in set(on_leads.mapped("date_deadline")):
            reason = self.env["crm.lead.day.mixin"]._get_day_refusal(day, REMINDER_YEARS_AHEAD)
            if reason:
                raise ValidationError(reason)

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_lead_facts(self):
        on_leads = self.filtered(lambda activity: activity.res_model == "crm.lead")
        leads = self.env["crm.lead"].browse(on_leads.mapped("res_id")).exists()
        # in the user's rights: whoever has to do it need not read the lead
        readable = {lead.id: lead for lead in leads._filtered_access("read")}
        for activity in self:
            lead = activity.res_model == "crm.lead" and readable.get(activity.res_id)
            activity.lead_id = lead and lead.id
            activity.lead_contact = lead and (
                # sudo: the contact of a lead is named to who may read the lead
                lead.sudo().partner_id.display_name or lead.contact_name or lead.partner_name
            )
            activity.lead_phone = lead and lead.phone

    @api.model
    def _search_lead_id(self, operator, value):
        if operator not in ("in", "any"):
            return NotImplemented
        leads = self.env["crm.lead"].with_context(active_test=False)
        may_read = leads.has_access("read")

        def on_leads(domain):
            found = leads._search(domain) if may_read else []
            return Domain([("res_model", "=", "crm.lead"), ("res_id", "in", found)])

        if operator == "any":
            return on_leads(Domain(value))
        found = on_leads(Domain("id", "in", value))
        if False in value:
            # as it is read: of other records, or of leads that the user may not read
            found |= ~on_leads(Domain.TRUE)
        return found

    @api.depends("res_model", "res_id")
    @api.depends_context("tz")
    def _compute_is_lead_on_hold(self):
        on_leads = self.filtered(lambda activity: activity.res_model == "crm.lead")
        # sudo: whoever has to do it need not read the lead
        leads = self.env["crm.lead"].sudo().browse(on_leads.mapped("res_id")).exists()
        on_hold = set(leads.filtered("is_on_hold").ids)
        for activity in self:
            activity.is_lead_on_hold = (
                activity.res_model == "crm.lead" and activity.res_id in on_hold
            )

    @api.model
    def _search_is_lead_on_hold(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        # sudo: as above
        on_hold = self.env["crm.lead"].sudo()._search([("is_on_hold", "=", True)])
        found = Domain([("res_model", "=", "crm.lead"), ("res_id", "in", on_hold)])
        others = Domain("res_model", "!=", "crm.lead") | Domain("res_id", "not in", on_hold)
        wanted = get_wanted(operator, value)
        return Domain.OR(
            part for part, is_on in ((found, True), (others, False)) if is_on in wanted
        )

    @api.model
    def _get_kinds_of_leads(self):
        """The types of activities that leads may have, by their names in lower case."""
        kinds = self.env["mail.activity.type"].search_fetch(
            [("res_model", "in", [False, "crm.lead"])], ["name"]
        )
        return {kind.name.strip().lower(): kind for kind in reversed(kinds)}

    def _get_next_step(self):
        """What is to be done, in a few words: time, type and summary.

        :rtype: str
        """
        self.ensure_one()
        # sudo: a foreign type still names what there is to do
        kind = (self if self.env.su else self.sudo()).activity_type_id.name
        # Odoo proposes the name of the type as summary of some types
        step = ": ".join(word for word in dict.fromkeys([kind, self.summary]) if word)
        return f"{format_duration(self.due_time)} {step}" if self.due_time else step

    # ------------------------------------------------------------
    # Snooze
    # ------------------------------------------------------------

    def action_snooze(self, days=1):
        """Move open follow-ups by a number of days; overdue ones by that many from today.

        A meeting stays: others have agreed to it.

        :param int days: from 1 on
        :return: a notification that says where they are now
        :raises AccessError: when the user may not change one of them
        :raises UserError: when there is nothing to move, or ``days`` is no number of days
        """
        self.check_access("write")
        days = self._check_snooze_days(days)
        movable = self.filtered(lambda activity: activity.active and not activity.calendar_event_id)
        return movable._snooze(days=days)

    def action_snooze_day(self):
        """``action_snooze`` by a day, for buttons."""
        return self.action_snooze(1)

    def action_snooze_week(self):
        """``action_snooze`` by a week, for buttons."""
        return self.action_snooze(7)

    @api.model
    def _check_snooze_days(self, days):
        """:raises UserError: when ``days`` is no number of days"""
        if isinstance(days, bool) or not isinstance(days, int) or not 0 < days <= MAX_SNOOZE_DAYS:
            raise UserError(
                self.env._("Enter a number of days from 1 to %(max)s.", max=MAX_SNOOZE_DAYS)
            )
        return days

    def _snooze(self, days=0, day=None):
        """Move these follow-ups: by ``days``, from today on where they are due, or to ``day``.

        :return: a notification
        :raises UserError: when these are none
        """
        if not self:
            raise UserError(
                self.env._(
                    "There is no open follow-up to move. Plan one first; meetings are moved in "
                    "the calendar."
                )
            )
        today = fields.Date.context_today(self)
        # what is out of reach already, from before days were checked, comes back to this one
        last = latest(today, REMINDER_YEARS_AHEAD) - timedelta(days=days)
        targets = self.grouped(
            lambda activity: (
                day or min(max(activity.date_deadline, today), last) + timedelta(days=days)
            )
        )
        for target, activities in targets.items():
            activities.write({"date_deadline": target})
        day = format_date(self.env, target)
        if len(self) == 1:
            message = self.env._("Follow-up moved to %(day)s", day=day)
        elif len(targets) == 1:
            message = self.env._("%(count)s follow-ups moved to %(day)s", count=len(self), day=day)
        else:
            message = self.env._("%(count)s follow-ups moved", count=len(self))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # ------------------------------------------------------------
    # Done, and the next one
    # ------------------------------------------------------------

    def action_done_and_next(self):
        """Open the dialog that asks how it went and what comes next.

        :return: the action of ``crm.lead.follow.up.done``
        :raises AccessError: when the user may not change the follow-up
        :raises UserError: when it is done already
        """
        self._check_one()
        self.check_access("write")
        self._check_to_be_done()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_management.crm_lead_follow_up_done_action"
        )
        action["context"] = {"default_activity_id": self.id, "dialog_size": "medium"}
        return action

    def _check_to_be_done(self):
        """:raises UserError: when the follow-up is gone or done, or is on no lead"""
        if not self.exists() or not self.active:
            raise UserError(self.env._("This follow-up is done already."))
        if self.res_model != "crm.lead":
            raise UserError(self.env._("This is no follow-up of a lead."))
