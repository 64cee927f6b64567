from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ..tools.spans import EARLIEST, REMINDER_YEARS_AHEAD, YEARS_AHEAD, is_sensible, latest


class CrmLeadDayMixin(models.AbstractModel):
    """Days that nobody plans for are refused where they are entered.

    Only what is entered: a record that has such a day already can be changed all the same.
    """

    _name = "crm.lead.day.mixin"
    _description = "Sensible Days"

    # the fields whose days are checked
    _sensible_days = ()
    # the fields with days of reminders, which may be further away
    _reminder_days = ()

    @api.model_create_multi
    def create(self, vals_list):
        """
        :raises ValidationError: when a day is before 1990 or more than fifty years ahead
        """
        self._check_entered_days(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """
        :raises ValidationError: when a day is before 1990 or more than fifty years ahead
        """
        self._check_entered_days([vals])
        return super().write(vals)

    @api.model
    def _check_entered_days(self, vals_list):
        """Check the days in dicts of values.

        :raises ValidationError: naming the field and what is possible
        """
        years = dict.fromkeys(self._sensible_days, YEARS_AHEAD)
        years.update(dict.fromkeys(self._reminder_days, REMINDER_YEARS_AHEAD))
        for name in years:
            for value in (vals[name] for vals in vals_list if vals.get(name)):
                if reason := self._get_day_refusal(value, years[name]):
                    raise ValidationError(
                        self.env._(
                            "%(field)s: %(reason)s",
                            field=self._fields[name]._description_string(self.env),
                            reason=reason,
                        )
                    )

    @api.model
    def _get_day_refusal(self, value, years=YEARS_AHEAD):
        """Why nobody plans for this day, in words; False when it is all right.

        :param value: date or its string; what is no day is left to the ORM
        """
        try:
            day = fields.Date.to_date(value)
        except (TypeError, ValueError):
            return False
        today = fields.Date.context_today(self)
        if not day or is_sensible(day, today, years):
            return False
        return self.env._(
            "%(day)s is out of reach. Enter a day from %(first)s to %(last)s.",
            day=format_date(self.env, day),
            first=format_date(self.env, EARLIEST),
            last=format_date(self.env, latest(today, years)),
        )
