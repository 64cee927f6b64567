"""Days, quarters and fiscal quarters."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta


def day_start(day, tz):
    """When ``day`` starts where the users are, as the database stores it.

    :param date day: the day
    :param str tz: name of the time zone, such as ``Europe/Berlin``; UTC when empty
    :return: naive ``datetime`` in UTC
    """
    local = datetime.combine(day, time.min, tzinfo=ZoneInfo(tz or "UTC"))
    return local.astimezone(UTC).replace(tzinfo=None)


def quarter_start(day):
    """The first day of the calendar quarter that ``day`` is in."""
    return day.replace(day=1) - relativedelta(months=(day.month - 1) % 3)
