from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date, format_datetime
from odoo.tools.safe_eval import safe_eval

from ..tools.periods import last_quarter_end


class CrmLeadPipelinePeriod(models.TransientModel):
    """The dialog that asks for which days a report is wanted."""

    _name = "crm.lead.pipeline.period"
    _inherit = ["crm.lead.day.mixin"]
    _description = "Days of a Pipeline Report"

    report = fields.Selection(
        [("movement", "Movements"), ("snapshot", "Pipeline on a Day")],
        required=True,
        default="movement",
    )
    choice = fields.Selection(
        [
            ("this_quarter", "Since the Last Quarter's End"),
            ("last_quarter", "Last Quarter"),
            ("this_month", "Since the Last Month's End"),
            ("last_month", "Last Month"),
            ("this_year", "Since the Last Year's End"),
        ],
        "Period",
        default="this_quarter",
        help="Fills in the two days. You can change them.",
    )
    date_from = fields.Date(
        "From",
        compute="_compute_dates",
        store=True,
        readonly=False,
        help="The pipeline at the end of this day is the opening.",
    )
    date_to = fields.Date(
        "To",
        compute="_compute_dates",
        store=True,
        readonly=False,
        help="The pipeline at the end of this day is the closing.",
    )
    day = fields.Date(
        default=lambda self: self.env.company._get_lead_today(),
        help="The pipeline is shown as it was when this day ended.",
    )
    warning = fields.Text(compute="_compute_warning")

    @api.depends("choice")
    def _compute_dates(self):
        """The days of the chosen period; what was typed stays without a choice."""
        for wizard in self:
            if wizard.choice or not (wizard.date_from and wizard.date_to):
                period = wizard._get_period(wizard.choice or "this_quarter")
                wizard.date_from, wizard.date_to = period

    @api.onchange("date_from", "date_to")
    def _onchange_dates(self):
        if self.choice and (self.date_from, self.date_to) != self._get_period(self.choice):
            self.choice = False

    @api.model
    def _get_period(self, choice):
        """The days that a choice of a period stands for.

        :param str choice: key of ``choice``
        :rtype: tuple(date, date)
        """
        today = self.env.company._get_lead_today()
        month = today.replace(day=1)
        one_day = relativedelta(days=1)
        quarter_end = last_quarter_end(today)
        return {
            "this_quarter": (quarter_end, today),
            "last_quarter": (last_quarter_end(quarter_end), quarter_end),
            "this_month": (month - one_day, today),
            "last_month": (month - relativedelta(months=1) - one_day, month - one_day),
            "this_year": (month.replace(month=1) - one_day, today),
        }[choice]

    @api.depends("report", "date_from", "day")
    def _compute_warning(self):
        start = self.env["crm.lead.history"]._get_start()
        for wizard in self:
            day = wizard.day if wizard.report == "snapshot" else wizard.date_from
            wizard.warning = day and wizard._get_warning(day, start)

    def _get_warning(self, day, start):
        """What to know about a day that the history does not reach back to.

        :param date day: the first day whose pipeline is asked for
        :param start: when the history begins; ``None`` without one
        :rtype: str or bool
        """
        if reason := self._get_day_refusal(day):
            return reason
        if not start:
            return self.env._("There is no history of leads yet. It begins with the next lead.")
        if self.env["crm.lead.report.mixin"]._get_day_end(day) > start:
            return False
        return self.env._(
            "The history of leads begins on %(start)s. What was in the pipeline before is not "
            "known: for %(day)s it counts as empty.",
            start=format_datetime(
                self.env, start, tz=self.env.company._get_lead_tz(), dt_format="short"
            ),
            day=format_date(self.env, day),
        )

    def _check_days(self):
        """Refuse days without a meaning.

        :raise ValidationError: naming what to change
        """
        self._check_one()
        is_snapshot = self.report == "snapshot"
        days = [self.day] if is_snapshot else [self.date_from, self.date_to]
        if not all(days):
            raise ValidationError(
                self.env._("Enter the day.") if is_snapshot else self.env._("Enter both days.")
            )
        today = self.env.company._get_lead_today()
        if max(days) > today:
            raise ValidationError(
                self.env._(
                    "%(day)s is in the future. Enter today or a day before.",
                    day=format_date(self.env, max(days)),
                )
            )
        for reason in filter(None, map(self._get_day_refusal, days)):
            raise ValidationError(reason)
        if days[0] > days[-1]:
            raise ValidationError(
                self.env._(
                    "The first day (%(date_from)s) is after the second (%(date_to)s). Enter the "
                    "earlier day first.",
                    date_from=format_date(self.env, self.date_from),
                    date_to=format_date(self.env, self.date_to),
                )
            )

    def action_open(self):
        """Open the report for the days entered.

        :return: the report's action; its name says the days, its context holds them
        :raise ValidationError: when a day is missing, before 1990, in the future, or the first
            day is after the second
        """
        self._check_days()
        if self.report == "snapshot":
            xmlid = "lead_management.crm_lead_snapshot_report_action"
            days = {"snapshot_date": fields.Date.to_string(self.day)}
            name = self.env._("Pipeline on %(day)s", day=format_date(self.env, self.day))
        else:
            xmlid = "lead_management.crm_lead_movement_report_action"
            days = {
                "date_from": fields.Date.to_string(self.date_from),
                "date_to": fields.Date.to_string(self.date_to),
            }
            name = self.env._(
                "Movements %(date_from)s – %(date_to)s",
                date_from=format_date(self.env, self.date_from),
                date_to=format_date(self.env, self.date_to),
            )
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        context = {**safe_eval(action["context"] or "{}"), **days}
        return {**action, "name": name, "display_name": name, "context": context}
