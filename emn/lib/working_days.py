"""Working days in France, with the two more of Alsace and Moselle. Pure: no Django, no clock.

Monday to Friday but for the public holidays of Code du travail, art. L3133-1, and, in Bas-Rhin,
Haut-Rhin and Moselle, of art. L3134-13: Good Friday and 26 December. That article keeps Good Friday
for the communes with a Protestant church or a mixed one; it is taken as free everywhere.
"""

from datetime import date, timedelta
from functools import lru_cache

LOCAL_LAW = frozenset({"57", "67", "68"})  # départements of the droit local
SATURDAY = 5
_ONE_DAY = timedelta(days=1)


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


@lru_cache(maxsize=64)
def holidays(year: int, departement: str = "57") -> frozenset[date]:
    """Return the public holidays of a year in a département («57», «54»…)."""
    sunday = easter(year)
    days = {
        date(year, 1, 1),
        sunday + timedelta(days=1),
        date(year, 5, 1),
        date(year, 5, 8),
        sunday + timedelta(days=39),  # Ascension
        sunday + timedelta(days=50),  # Whit Monday
        date(year, 7, 14),
        date(year, 8, 15),
        date(year, 11, 1),
        date(year, 11, 11),
        date(year, 12, 25),
    }
    if departement in LOCAL_LAW:
        days |= {sunday - timedelta(days=2), date(year, 12, 26)}
    return frozenset(days)


def is_working_day(day: date, departement: str = "57") -> bool:
    """Tell whether people work on that day: neither a week-end nor a public holiday."""
    return day.weekday() < SATURDAY and day not in holidays(day.year, departement)


def add_working_days(day: date, count: int, departement: str = "57") -> date:
    """Return the day that is `count` (≥ 0) working days after `day`.

    The day itself is not counted; from a day off, counting starts at the next working day.

    >>> add_working_days(date(2026, 11, 27), 1)  # a Friday
    datetime.date(2026, 11, 30)
    """
    if count < 0:
        raise ValueError("working days are counted forwards")
    while count:
        day += _ONE_DAY
        count -= is_working_day(day, departement)
    return day


def working_days_between(start: date, end: date, departement: str = "57") -> int:
    """Return how many working days lie after `start`, up to `end` included; 0 when end ≤ start."""
    span = (end - start).days
    return sum(is_working_day(start + timedelta(days=n), departement) for n in range(1, span + 1))
