"""When a late invoice is recalled. Pure."""

from datetime import date

AFTER_DAYS = (7, 21, 45)


def step_of(due_on: date, *, today: date) -> int:
    """Return the last step of recall that is due: 0 for none, then 1, 2, 3."""
    late = (today - due_on).days
    return sum(late >= days for days in AFTER_DAYS)
