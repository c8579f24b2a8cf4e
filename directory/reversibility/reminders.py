"""When to look at a project again: every six months from the day it was last read. Pure."""

from datetime import date

from emn.lib.calendar import add_months

EVERY_MONTHS = 6


def next_reminder(since: date, *, after: date) -> date:
    """Return the first day later than `after` that is a whole number of six months from `since`.

    Counted from `since` each time: a 31 August comes back on 28 February, then on 31 August.

    >>> next_reminder(date(2026, 8, 31), after=date(2027, 2, 28))
    datetime.date(2027, 8, 31)
    """
    months = (after.year - since.year) * 12 + after.month - since.month
    step = max(1, months // EVERY_MONTHS)
    while (day := add_months(since, step * EVERY_MONTHS)) <= after:
        step += 1
    return day


def is_stale(checked_on: date | None, *, on: date) -> bool:
    """Tell whether nobody has checked for six months, or ever."""
    return checked_on is None or add_months(checked_on, EVERY_MONTHS) <= on
