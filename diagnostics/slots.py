"""When an adviser can come: hours of the week, less absences, days off and visits taken. Pure.

A visit lasts `VISIT`; `STEP` lies between two starts of one range, so that there is time to drive.
No span of `SPAN` holds more visits than the adviser's limit (mechanics 5.2).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from emn.lib.calendar import is_working_day

VISIT = timedelta(minutes=90)
STEP = timedelta(minutes=120)
NOTICE = timedelta(days=2)  # the soonest that somebody comes
HORIZON = timedelta(days=60)  # the latest that is proposed
SPAN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Range:
    """Local hours of one day of the week: Monday is 0."""

    weekday: int
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Week:
    """What is known of one adviser. `away`: first and last day; `taken`: starts of the visits."""

    ranges: Sequence[Range]
    away: Sequence[tuple[date, date]]
    taken: Collection[datetime]
    limit: int


def free_starts(week: Week, *, now: datetime, clock: ZoneInfo, local_law: bool) -> list[datetime]:
    """Return the aware instants at which a visit can begin, soonest first."""
    first = now + NOTICE
    found = []
    day, last = first.astimezone(clock).date(), (now + HORIZON).astimezone(clock).date()
    while day <= last:
        if is_working_day(day, local_law=local_law) and not _is_away(week, day):
            found += [
                start
                for start in _starts(week, day, clock)
                if start >= first and _is_free(week, start) and allows(week, start)
            ]
        day += timedelta(days=1)
    return sorted(set(found))


def allows(week: Week, start: datetime) -> bool:
    """Tell whether one more visit, at `start`, keeps every span of 30 days within the limit."""
    near = sorted([start, *(taken for taken in week.taken if abs(taken - start) < SPAN)])
    over = zip(near, near[week.limit :], strict=False)
    return all(after - before >= SPAN for before, after in over)


def _starts(week: Week, day: date, clock: ZoneInfo) -> Iterable[datetime]:
    for hours in week.ranges:
        if hours.weekday != day.weekday():
            continue
        start = datetime.combine(day, hours.start, tzinfo=clock)
        while start + VISIT <= datetime.combine(day, hours.end, tzinfo=clock):
            yield start
            start += STEP


def _is_away(week: Week, day: date) -> bool:
    return any(first <= day <= last for first, last in week.away)


def _is_free(week: Week, start: datetime) -> bool:
    return all(abs(taken - start) >= STEP for taken in week.taken)
