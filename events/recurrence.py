"""When a series comes back. Pure.

A rule is only a generator: it gives the local hours of the sessions to make, which are then rows of
their own. It is expanded on the local clock, then each hour is put in its zone: a session at 9 h
stays at 9 h across the changes of clock (lessons 1.1 B).
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, weekday

from events.enums import Frequency

MOST_OCCURRENCES = 200
_DAYS_A_WEEK = 7


def occurrences(
    first: datetime, *, frequency: Frequency, interval: int, until: date
) -> Iterator[datetime]:
    """Yield the local starts after `first` (aware), in its zone, until that day included.

    Monthly is the same weekday of the month: the second Tuesday stays the second Tuesday, and a
    fifth one is skipped where there is none.

    >>> paris = ZoneInfo("Europe/Paris")
    >>> first = datetime(2026, 10, 20, 9, tzinfo=paris)
    >>> [str(start) for start in occurrences(
    ...     first, frequency=Frequency.WEEKLY, interval=1, until=date(2026, 10, 27))]
    ['2026-10-27 09:00:00+01:00']
    """
    zone = first.tzinfo
    assert isinstance(zone, ZoneInfo)
    local = first.replace(tzinfo=None)
    last = datetime.combine(until, time.max)
    if frequency is Frequency.MONTHLY:
        rank = (local.day - 1) // _DAYS_A_WEEK + 1
        rule = rrule(
            MONTHLY,
            dtstart=local,
            interval=interval,
            until=last,
            byweekday=weekday(local.weekday(), rank),
        )
    else:
        step = DAILY if frequency is Frequency.DAILY else WEEKLY
        rule = rrule(step, dtstart=local, interval=interval, until=last)
    for start in rule:
        if start > local:
            yield start.replace(tzinfo=zone)


def same_length(start: datetime, *, of: tuple[datetime, datetime]) -> datetime:
    """Return the local end of a session that starts there and lasts, on the clock, as that one."""
    length: timedelta = of[1].replace(tzinfo=None) - of[0].replace(tzinfo=None)
    return (start.replace(tzinfo=None) + length).replace(tzinfo=start.tzinfo)
