"""Days on which the clocks of the index run: months, working days, French public holidays. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
_AFTER_EASTER = (1, 39, 50)  # Easter Monday, Ascension, Whit Monday


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(last, day.day))
        except ValueError:
            continue
    raise AssertionError  # every month has 28 days


def easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (anonymous algorithm, Meeus 1991)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leap, odd = divmod(century, 4)
    shift = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - leap - shift + 15) % 30
    quarter, left = divmod(rest, 4)
    weekday = (32 + 2 * odd + 2 * quarter - moon - left) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=256)
def public_holidays(year: int, *, local_law: bool) -> frozenset[date]:
    """Return the public holidays of a year.

    `local_law`: with those of Moselle, Bas-Rhin and Haut-Rhin, Good Friday and 26 December.
    Source: Code du travail, art. L. 3133-1 and L. 3134-13.
    """
    sunday = easter(year)
    days = {date(year, month, day) for month, day in _FIXED}
    days |= {sunday + timedelta(days=after) for after in _AFTER_EASTER}
    if local_law:
        days |= {sunday - timedelta(days=2), date(year, 12, 26)}
    return frozenset(days)


def is_working(day: date, *, local_law: bool) -> bool:
    """Tell whether offices work that day: Monday to Friday, public holidays aside."""
    return day.weekday() < _SATURDAY and day not in public_holidays(day.year, local_law=local_law)


def _days_after(day: date) -> Iterator[date]:
    while True:
        day += ONE_DAY
        yield day


def add_working_days(day: date, count: int, *, local_law: bool) -> date:
    """Return the `count`-th working day after `day` (1 is the next one)."""
    for following in _days_after(day):
        count -= is_working(following, local_law=local_law)
        if count <= 0:
            return following
    raise AssertionError  # there is always a next day


@lru_cache(maxsize=20_000)
def working_days_between(start: date, end: date, *, local_law: bool) -> int:
    """Count the working days after `start`, up to and with `end`; 0 when `end` is not later."""
    days = (end - start).days
    return sum(
        is_working(start + timedelta(days=number), local_law=local_law)
        for number in range(1, days + 1)
    )
