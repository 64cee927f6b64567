"""Dates of instalments, and how they move."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

UNITS = {
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
    "quarter": relativedelta(months=3),
}


def instalment_dates(first, number, interval, unit):
    """``number`` dates from ``first`` on, every ``interval`` units.

    Each is counted from the first one, so that the last day of a month stays the last:
    31 January, 28 February, 31 March.

    :param date first: the first of them
    :param int number: how many
    :param int interval: how many units lie between two of them
    :param str unit: a key of ``UNITS``
    :rtype: list of date
    """
    return [first + UNITS[unit] * (interval * index) for index in range(number)]


def shift_dates(dates, start, end):
    """Move ``dates`` by as much as ``end`` is later than ``start``.

    By whole months when both are the same day of the month, or both the last; else by days.
    Dates that are all the last of their month stay so when they move by months.

    :param list dates: the dates to move
    :param date start: what they belonged to
    :param date end: what they belong to now
    :rtype: list of date
    """
    if start.day != end.day and not (_is_month_end(start) and _is_month_end(end)):
        return [day + (end - start) for day in dates]
    months = relativedelta(months=(end.year - start.year) * 12 + end.month - start.month)
    if all(map(_is_month_end, dates)):
        months += relativedelta(day=31)
    return [day + months for day in dates]


def _is_month_end(day):
    return (day + timedelta(days=1)).day == 1
