"""Days as people and the law count them: months, public holidays, working days. Pure.

Working days are Monday to Friday but for the public holidays of Code du travail, art. L3133-1, and,
where the droit local holds (`local_law`: Bas-Rhin, Haut-Rhin, Moselle), of art. L3134-13: Good
Friday and 26 December. That article keeps Good Friday for the communes with a Protestant church or
a mixed one; it is taken as free everywhere.
"""

import calendar
from datetime import date, timedelta
from functools import lru_cache

LOCAL_LAW = frozenset({"57", "67", "68"})  # départements of the droit local
_MONTHS_A_YEAR = 12
_SATURDAY = 5
_ONE_DAY = timedelta(days=1)
_FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
_AFTER_EASTER = (1, 39, 50)  # days: Easter Monday, Ascension, Whit Monday


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later; the last of the month when it has no such day."""
    years, month = divmod(day.month - 1 + months, _MONTHS_A_YEAR)
    year = day.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher).

    >>> easter(2026)
    datetime.date(2026, 4, 5)
    """
    century, of_century = divmod(year, 100)
    golden = year % 19
    skipped = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - skipped + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - epact - of_century % 4) % 7
    correction = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=256)
def public_holidays(year: int, *, local_law: bool) -> frozenset[date]:
    """Return the public holidays of a year."""
    sunday = easter(year)
    days = {date(year, month, day) for month, day in _FIXED}
    days |= {sunday + timedelta(days=after) for after in _AFTER_EASTER}
    if local_law:
        days |= {sunday - timedelta(days=2), date(year, 12, 26)}
    return frozenset(days)


def is_working_day(day: date, *, local_law: bool) -> bool:
    """Tell whether people work on that day: neither a week-end nor a public holiday."""
    return day.weekday() < _SATURDAY and day not in public_holidays(day.year, local_law=local_law)


def add_working_days(day: date, count: int, *, local_law: bool) -> date:
    """Return the day that is `count` (≥ 0) working days after `day`.

    The day itself is not counted; from a day off, counting starts at the next working day.

    >>> add_working_days(date(2026, 11, 27), 1, local_law=True)  # a Friday
    datetime.date(2026, 11, 30)
    """
    if count < 0:
        raise ValueError("working days are counted forwards")
    while count:
        day += _ONE_DAY
        count -= is_working_day(day, local_law=local_law)
    return day


@lru_cache(maxsize=20_000)  # the computation of all indexes asks for the same days again and again
def working_days_between(start: date, end: date, *, local_law: bool) -> int:
    """Return how many working days lie after `start`, up to `end` included; 0 when end ≤ start."""
    return sum(
        is_working_day(start + timedelta(days=number), local_law=local_law)
        for number in range(1, (end - start).days + 1)
    )
