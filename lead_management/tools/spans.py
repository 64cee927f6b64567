"""Which days make sense for plans about leads."""

from datetime import date

from dateutil.relativedelta import relativedelta

EARLIEST = date(1990, 1, 1)
YEARS_AHEAD = 50


def latest(today):
    """The last day that somebody may plan for.

    :param date today: where the user is
    """
    return today + relativedelta(years=YEARS_AHEAD)


def is_sensible(day, today):
    """Whether somebody may plan for ``day``: others are slips of the finger."""
    return EARLIEST <= day <= latest(today)
