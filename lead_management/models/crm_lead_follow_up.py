"""The next follow-up of a lead: when, what, written down with a new lead, done, and moving it."""

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, is_html_empty
from odoo.tools.misc import clean_context

from ..tools.attempts import attempt

_logger = logging.getLogger(__name__)


class CrmLead(models.Model):
    _inherit = "crm.lead"

    next_follow_up = fields.Date(
        compute="_compute_next_follow_up",
        store=True,
        help="The earliest open activity on the lead, of any user.",
    )
    follow_up_state = fields.Selection(
        [("overdue", "Overdue"), ("today", "Today"), ("planned", "Planned")],
        compute="_compute_follow_up_state",
        search="_search_follow_up_state",
        help="Where the next follow-up stands today.",
    )
    done_activity_ids = fields.One2many(
        "mail.activity",
        "res_id",
        "Done Follow-ups",
        domain=[("res_model", "=", "crm.lead"), ("active", "=", False)],
        context={"active_test": False},
        bypass_search_access=True,
        groups="base.group_user",
        help="The follow-ups that were done.",
    )
    next_step = fields.Char(
        compute="_compute_next_step",
        help="What is to be done next: the earliest open follow-up, of any user.",
    )
    first_step = fields.Char(
        "What Comes Next",
        store=False,
        help="Only for a new lead: what its first follow-up is about, or the name of a type of "
        "activity. It is planned for the lead's owner.",
    )
    first_step_date = fields.Date(
        "When",
        store=False,
        help="Only for a new lead: the day of its first follow-up. Empty: the next day.",
    )

    # core's fields under our word for them
    activity_ids = fields.One2many(string="Follow-ups")
    activity_user_id = fields.Many2one(string="Responsible for Follow-up")
    activity_type_id = fields.Many2one(string="Type of Next Follow-up")
    activity_date_deadline = fields.Date(string="Day of Next Follow-up")
    my_activity_date_deadline = fields.Date(string="My Next Follow-up")
    activity_summary = fields.Char(string="Summary of Next Follow-up")

    # the list and the columns of the board; not of active leads only, as core's index is: the
    # default filter does not say so of won leads, and could not use it
    _next_follow_up_idx = models.Index("(next_follow_up, priority DESC, id DESC)")
    _board_idx = models.Index("(stage_id, next_follow_up, priority DESC, id DESC)")

    @api.depends("activity_ids.date_deadline", "activity_ids.active")
    def _compute_next_follow_up(self):
        deadlines = dict(
            self.env["mail.activity"]._read_group(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self._origin.ids),
                    # also where the caller looks at archived leads
                    ("active", "=", True),
                ],
                ["res_id"],
                ["date_deadline:min"],
            )
        )
        for lead in self:
            lead.next_follow_up = deadlines.get(lead._origin.id)

    @api.depends("next_follow_up")
    @api.depends_context("tz")
    def _compute_follow_up_state(self):
        today = fields.Date.context_today(self)

        def get_state(lead):
            day = lead.next_follow_up
            if not day:
                return False
            return "overdue" if day < today else "today" if day == today else "planned"

        for state, leads in self.grouped(get_state).items():
            leads.follow_up_state = state

    @api.model
    def _search_follow_up_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        domains = {
            False: Domain("next_follow_up", "=", False),
            "overdue": Domain("next_follow_up", "<", today),
            "today": Domain("next_follow_up", "=", today),
            "planned": Domain("next_follow_up", ">", today),
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    def _read_group_groupby(self, alias, groupby_spec, query):
        """Group by ``follow_up_state``, as the bars of the board do, without a look at the
        activities."""
        if groupby_spec != "follow_up_state":
            return super()._read_group_groupby(alias, groupby_spec, query)
        day = self._field_to_sql(alias, "next_follow_up", query)
        return SQL(
            """CASE WHEN %(day)s < %(today)s THEN 'overdue' WHEN %(day)s = %(today)s THEN 'today'
                    WHEN %(day)s IS NOT NULL THEN 'planned' END""",
            day=day,
            today=fields.Date.context_today(self),
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
            ("res_id", "in", self._without_empty_list("activity_ids")._origin.ids),
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

    def _plan_for_owner(self, summarize, day):
        """Plan a follow-up for whoever owns each of these leads: its salesperson, else the leader
        of its team; without either there is none. The owner gets no mail.

        :param summarize: a function of an environment that returns what to do, in its language
        :param date day: when it is due
        """
        for user, leads in self.grouped(lambda lead: lead._get_follow_up_owner()).items():
            if user:
                # sudo: a customer or code without rights on follow-ups may be the cause
                leads.sudo().with_context(mail_activity_quick_update=True).activity_schedule(
                    "mail.mail_activity_data_todo",
                    day,
                    summary=summarize(self.with_context(lang=user.lang).env),
                    user_id=user.id,
                )

    def _find_own_follow_ups(self, *summarize):
        """The open follow-ups that the addon planned for these leads, whoever has to do them now
        (``mail.activity`` in sudo mode).

        :param summarize: functions as ``_plan_for_owner`` takes them
        """
        # sudo: those of colleagues, too
        activities = self.env["mail.activity"].sudo()
        if not self:
            return activities
        installed = self.env["res.lang"].get_installed()
        envs = [self.with_context(lang=code).env for code, _name in installed]
        return activities.search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("automated", "=", True),
                ("active", "=", True),
                ("summary", "in", [words(env) for words in summarize for env in envs]),
            ]
        )

    def _drop_own_follow_ups(self, *summarize):
        """What the addon asked the owners for is settled: nobody needs to do it any more. What
        somebody wrote a note on stays, and a refusal undoes nothing.

        :param summarize: as ``_find_own_follow_ups`` takes them
        """
        settled = self._find_own_follow_ups(*summarize)
        settled = settled.filtered(lambda activity: is_html_empty(activity.note))
        if settled:
            attempt(settled, settled.unlink, _logger, "Follow-ups %s stay", settled.ids)

    def _get_follow_up_owner(self):
        # sudo: the team need not be readable
        lead = self.sudo()
        return (lead.user_id | lead.team_id.user_id).filtered("active")[:1]

    def action_next_step_done(self):
        """Open the dialog that asks how the next follow-up went and what comes then.

        :return: the action of ``crm.lead.follow.up.done``
        :raises AccessError: when the user may not change the lead or the follow-up
        :raises UserError: when none is open
        """
        self._check_one()
        self.check_access("write")
        domain = [("res_model", "=", self._name), ("res_id", "=", self.id), ("active", "=", True)]
        activity = self.env["mail.activity"].search(domain, limit=1)
        if not activity:
            raise UserError(self.env._("There is no open follow-up. Plan one first."))
        return activity.action_done_and_next()

    def action_plan_next_step(self):
        """Open core's dialog that plans a follow-up.

        :return: the action of ``mail.activity.schedule``
        :raises AccessError: when the user may not change one of the leads
        """
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Plan a Follow-up"),
            "res_model": "mail.activity.schedule",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "active_model": self._name,
                "active_id": self[:1].id,
                "active_ids": self.ids,
                "dialog_size": "large",
            },
        }

    # ------------------------------------------------------------
    # The first step, written down with the lead
    # ------------------------------------------------------------

    @api.model
    def _get_first_step_day(self):
        """When a step is due that came without a day."""
        return fields.Date.add(fields.Date.context_today(self), days=1)

    def _plan_first_steps(self, vals_list):
        """Effect of creating leads: the follow-ups that were written down with them, for their
        owners. After core's ``create``: it adds the owners as followers, and would do so twice.

        :param vals_list: dicts of values as ``create`` takes them, one per lead
        :return: what is planned in lower case, by the id of the lead
        """
        first = {
            lead: (vals.get("first_step") or "").strip()
            for lead, vals in zip(self, vals_list, strict=True)
            if (vals.get("first_step") or "").strip() or vals.get("first_step_date")
        }
        if not first:
            return {}
        days = [vals.get("first_step_date") for vals in vals_list]
        days = dict(zip(self, days, strict=True))
        # of the defaults of the calling view, some would be taken for the follow-up's
        # pylint: disable=context-overridden
        activities = self.env["mail.activity"].with_context(clean_context(self.env.context))
        kinds = activities._get_kinds_of_leads()
        default = activities._default_activity_type_for_model(self._name)
        activities.create(
            [
                lead._prepare_first_step(text, days[lead], kinds, default)
                for lead, text in first.items()
            ]
        )
        return {lead.id: text.lower() for lead, text in first.items()}

    def _prepare_first_step(self, text, day, kinds, default):
        """Values of the first follow-up of this lead; extend it to add more.

        :param str text: what comes next, may be empty
        :param day: when, may be empty
        :param dict kinds: types of activities by their names in lower case
        :param default: the type where the text names none
        """
        kind = kinds.get(text.lower())
        return {
            "activity_type_id": (kind or default).id,
            "summary": False if kind else text,
            "date_deadline": day or self._get_first_step_day(),
            "user_id": (self._get_follow_up_owner() or self.env.user).id,
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "res_id": self.id,
        }

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
