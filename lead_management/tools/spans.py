"""Which days make sense for plans about leads."""

from datetime import date

from dateutil.relativedelta import relativedelta

EARLIEST = date(1990, 1, 1)
YEARS_AHEAD = 50
# the most days that a setting counts with: from 36500 on it is always, or never
MOST_DAYS = 36500
# of reminders: some write a day far away for "not any more"
REMINDER_YEARS_AHEAD = 100


def latest(today, years=YEARS_AHEAD):
    """The last day that somebody may plan for.

    :param date today: where the user is
    """
    return today + relativedelta(years=years)


def is_sensible(day, today, years=YEARS_AHEAD):
    """Whether somebody may plan for ``day``: others are slips of the finger."""
    return EARLIEST <= day <= latest(today, years)
