"""Quarters to come, and the fiscal quarter of a day."""

from calendar import monthrange

from dateutil.relativedelta import relativedelta

from odoo.tools.date_utils import start_of


def quarters_from(day, ahead):
    """The first days of the calendar quarter of ``day`` and of the ``ahead`` next ones.

    :param date day: any day of the first quarter
    :param int ahead: how many quarters follow it
    :rtype: list of date
    """
    start = start_of(day, "quarter")
    return [start + relativedelta(months=3 * number) for number in range(ahead + 1)]


def is_calendar_year(last_month, last_day):
    """Whether fiscal years that end on this day are calendar years."""
    return last_month == 12 and last_day >= 31


def fiscal_shift(last_month, last_day):
    """How far back a day is moved for its fiscal quarter to become a calendar one.

    :param int last_month: month in which the fiscal year ends, 1–12
    :param int last_day: its last day, 1–31
    :return: days (for years that end mid-month; taken off first, then the first of that month
        counts) and months
    """
    if last_day >= 28 and monthrange(2025, last_month)[1] <= last_day:
        return 0, last_month % 12
    return last_day, last_month - 1


def fiscal_quarter(day, last_month, last_day):
    """The fiscal quarter of ``day``, such as ``2026 Q1`` or ``2026/27 Q4``.

    The same as ``fiscal_quarter`` of ``crm.lead.pipeline.report``, which has it as SQL.

    :param date day: the day
    :param int last_month: month in which the fiscal year ends, 1–12
    :param int last_day: its last day, 1–31
    """
    days, shift = fiscal_shift(last_month, last_day)
    start = (day - relativedelta(days=days)).replace(day=1) - relativedelta(months=shift)
    year = f"{start.year}/{(start.year + 1) % 100:02}" if shift else str(start.year)
    return f"{year} Q{(start.month + 2) // 3}"


def fiscal_quarters(start, last_month, last_day):
    """The fiscal quarters that the calendar quarter from ``start`` on touches, one or two.

    :param date start: first day of a calendar quarter
    :return: such as ``2026/27 Q3``, ``2026/27 Q2–Q3`` or ``2026/27 Q4 – 2027/28 Q1``
    """
    end = start + relativedelta(months=3, days=-1)
    first, last = (fiscal_quarter(day, last_month, last_day) for day in (start, end))
    if first == last:
        return first
    if first.split()[0] == last.split()[0]:
        return f"{first}–{last.split()[1]}"
    return f"{first} – {last}"
