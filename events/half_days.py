"""The half-days of a training, and what a minute of them is worth. Pure.

Source: rules R4.06 (one signature a half-day, valid only in it).
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

NOON_FROM, NOON_TO = time(12, 30), time(13, 30)
OPENS, CLOSES = time(9), time(17)  # where a session begins late one day and ends early another
_SATURDAY = 5
_ONE_DAY = timedelta(days=1)

Span = tuple[datetime, datetime]


def cut(start: datetime, end: datetime) -> list[Span]:
    """Return the half-days between two instants of one clock (`start.tzinfo`), in their order.

    Each day keeps the hours of the first and the last; lunch is cut out of a day that spans it;
    a week-end in the middle is free. The wall clock is kept over a change of summer time.
    """
    spans: list[Span] = []
    same_hours = end.time() > start.time()
    for day in _days(start.date(), end.date()):
        opens = start.time() if same_hours or day == start.date() else OPENS
        closes = end.time() if same_hours or day == end.date() else CLOSES
        hours = (
            [(opens, NOON_FROM), (NOON_TO, closes)]
            if opens < NOON_FROM and closes > NOON_TO
            else [(opens, closes)]
        )
        spans += [
            (
                datetime.combine(day, opens, tzinfo=start.tzinfo),
                datetime.combine(day, closes, tzinfo=start.tzinfo),
            )
            for opens, closes in hours
            if opens < closes
        ]
    return spans


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """Return what is left of these spans, in their order, outside those that are taken."""
    left = list(spans)
    for start, end in taken:
        left = [
            part
            for a, b in left
            for part in ((a, min(b, start)), (max(a, end), b))
            if part[0] < part[1]
        ]
    return left


def minutes(spans: Iterable[Span]) -> int:
    """Return how many minutes passed in these spans: on the sun's clock, not on the wall's."""
    total = sum((b.astimezone(UTC) - a.astimezone(UTC) for a, b in spans), timedelta())
    return int(total.total_seconds()) // 60


def is_open(start: datetime, end: datetime, *, now: datetime) -> bool:
    """Tell whether a signature may be given: from the first instant, to the last excluded."""
    return start <= now < end


def _days(first: date, last: date) -> list[date]:
    count = (last - first).days
    days = [first + number * _ONE_DAY for number in range(count + 1)]
    return [day for day in days if day in {first, last} or day.weekday() < _SATURDAY]
