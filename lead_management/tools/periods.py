"""Days, quarters and fiscal quarters."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from odoo.tools.date_utils import start_of


def day_start(day, tz):
    """When ``day`` starts where the users are, as the database stores it.

    :param date day: the day
    :param str tz: name of the time zone, such as ``Europe/Berlin``; UTC when empty
    :return: naive ``datetime`` in UTC
    """
    local = datetime.combine(day, time.min, tzinfo=ZoneInfo(tz or "UTC"))
    return local.astimezone(UTC).replace(tzinfo=None)


def last_quarter_end(day):
    """The last day of the calendar quarter before the one that ``day`` is in."""
    return start_of(day, "quarter") - relativedelta(days=1)


def covered_quarters(since, day, tz):
    """The calendar quarters at whose start ``since`` was past, up to the one ``day`` is in.

    :param datetime since: naive, in UTC, such as when a record of changes began
    :param date day: usually today
    :param str tz: name of the time zone whose midnights quarters begin at; UTC when empty
    :return: list of (first day, start, end), oldest first; start and end as the database
        stores them, the end belongs to the next quarter
    :rtype: list of tuple(date, datetime, datetime)
    """
    quarters = []
    first = start_of(day, "quarter")
    end = day_start(first + relativedelta(months=3), tz)
    while (start := day_start(first, tz)) > since:
        quarters.append((first, start, end))
        first, end = first - relativedelta(months=3), start
    return quarters[::-1]
