"""When things happen around a training, each rule once. Pure.

What an individual may be asked to pay, and when, is in events/money/withdrawal.py (R4.04).
Source: rules R4.04 to R4.07.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from emn.lib.calendar import add_months

SEATS_WAIT_FOR_SIGNATURE = timedelta(days=7)
CONVOKE_BEFORE_DAYS = 10
MORNING = time(9)
COLD_FROM_MONTHS, COLD_UNTIL_MONTHS = 3, 6
FREE_CANCELLATION_DAYS = 10  # R4.05: contractual, written in the convention
FORFEIT_PERCENT = 50  # of the price, when a company cancels later


def signature_ends(starts_at: datetime, *, now: datetime) -> datetime:
    """Return until when seats wait for their agreement: seven days, or the start."""
    return min(now + SEATS_WAIT_FOR_SIGNATURE, starts_at)


def convoke_at(starts_at: datetime, zone: ZoneInfo) -> datetime:
    """Return when trainees are convoked: J−10, 9 h local; later agreements convoke at once."""
    day = starts_at.astimezone(zone).date() - timedelta(days=CONVOKE_BEFORE_DAYS)
    return datetime.combine(day, MORNING, tzinfo=zone)


def cold_window(ends_at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return from when to when the satisfaction « à froid » is asked: three to six months."""
    day = ends_at.astimezone(zone).date()
    first, last = add_months(day, COLD_FROM_MONTHS), add_months(day, COLD_UNTIL_MONTHS)
    return (
        datetime.combine(first, MORNING, tzinfo=zone),
        datetime.combine(last, MORNING, tzinfo=zone),
    )


def is_free_to_cancel(starts_at: datetime, *, now: datetime, zone: ZoneInfo) -> bool:
    """Tell whether a company that cancels owes nothing: until ten days before the start."""
    day = starts_at.astimezone(zone).date() - timedelta(days=FREE_CANCELLATION_DAYS)
    return now.astimezone(zone).date() <= day


def share_cents(total_cents: int, *, attended: int, planned: int) -> int:
    """Return what is owed for the hours attended, in minutes, of those planned (L6353-7).

    Never more than the total, and a broken cent goes to the buyer.
    """
    return total_cents * min(attended, planned) // planned if planned else 0
