"""When things happen around a session, each period in one place. Pure.

Source: mechanics 4.3 and 4.4; lessons 1.2 (no offer in the last hours).
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

HOLD_LASTS = timedelta(hours=2)  # a seat, or a place in line, waits so long for its mailbox
OFFER_LASTS = timedelta(hours=24)
SHORTEST_OFFER = timedelta(hours=1)
NO_OFFER_IN_THE_LAST = timedelta(hours=2)
ASK_BEFORE_DAYS = 2  # J−2, in the morning
ASK_FROM = time(9)
RELEASE_BEFORE_DAYS = 1  # J−1, at noon
RELEASE_AT = time(12)
ANSWER_TIME = timedelta(hours=24)  # nobody loses a seat for a question put the same day
ABSENCES_THAT_COST_PRIORITY = 2
PRIORITY_LOST_FOR = timedelta(days=60)


def _days_before(starts_at: datetime, days: int, at: time, zone: ZoneInfo) -> datetime:
    day = starts_at.astimezone(zone).date() - timedelta(days=days)
    return datetime.combine(day, at, tzinfo=zone)


def ask_at(starts_at: datetime, zone: ZoneInfo) -> datetime:
    """Return when those who registered are asked whether they still come: J−2, 9 h local."""
    return _days_before(starts_at, ASK_BEFORE_DAYS, ASK_FROM, zone)


def release_at(starts_at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the seats of those who did not answer may go to others: J−1, noon local."""
    return _days_before(starts_at, RELEASE_BEFORE_DAYS, RELEASE_AT, zone)


def answer_by(starts_at: datetime, zone: ZoneInfo, *, asked_at: datetime) -> datetime | None:
    """Return when the seat of somebody asked then, and silent, may go to others.

    None when it stays theirs: the session was moved so late that nobody could take it over.
    """
    last = max(release_at(starts_at, zone), asked_at + ANSWER_TIME)
    return last if may_offer(starts_at, now=last) else None


def may_offer(starts_at: datetime, *, now: datetime) -> bool:
    """Tell whether a seat may still be offered: whoever is called must have time to come."""
    return now <= starts_at - NO_OFFER_IN_THE_LAST - SHORTEST_OFFER


def offer_ends(starts_at: datetime, *, now: datetime) -> datetime:
    """Return until when an offer made now waits: a day, or two hours before the start."""
    return min(now + OFFER_LASTS, starts_at - NO_OFFER_IN_THE_LAST)


def hold_ends(starts_at: datetime, *, now: datetime) -> datetime:
    """Return until when a seat, or a place in line, taken now waits for its mailbox."""
    return min(now + HOLD_LASTS, starts_at)
