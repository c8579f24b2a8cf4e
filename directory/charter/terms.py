"""Dates of an adhesion. Pure: whoever shows a badge asks here, whatever a nightly task has done.

Days are the portal's own (Europe/Paris). Source: rules R1.03, R1.07.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Term:
    """When an adhesion counts. `expires_on`, `ended_on`, `suspended_until`: the first day after.

    `starts_on` is None before it is active. `suspended_on` and `suspended_until` are set together.
    """

    starts_on: date | None
    expires_on: date | None
    suspended_on: date | None = None
    suspended_until: date | None = None
    ended_on: date | None = None


def is_in_force(term: Term, *, on: date) -> bool:
    """Tell whether the badge and the index may be shown that day."""
    if term.starts_on is None or term.expires_on is None:
        return False
    if not term.starts_on <= on < term.expires_on:
        return False
    if term.ended_on is not None and on >= term.ended_on:
        return False
    return not is_suspended(term, on=on)


def is_suspended(term: Term, *, on: date) -> bool:
    """Tell whether a suspension runs that day."""
    if term.suspended_on is None or term.suspended_until is None:
        return False
    return term.suspended_on <= on < term.suspended_until


def shown_between(term: Term, *, today: date) -> tuple[date, date] | None:
    """Return [first, last) of the days from `today` on which it is in force; None when none is."""
    if term.starts_on is None or term.expires_on is None:
        return None
    first = term.starts_on
    if is_suspended(term, on=today) and term.suspended_until is not None:
        first = max(first, term.suspended_until)
    last = min(term.expires_on, term.ended_on or term.expires_on)
    return (first, last) if max(first, today) < last else None


def reminders_due(*, expires_on: date, reminder_days: tuple[int, ...], on: date) -> int:
    """Return how many reminders ought to have been sent by that day: 0 to len(reminder_days)."""
    left = (expires_on - on).days
    return sum(left <= days for days in reminder_days)


def signatory_since(
    since: date | None, first: date | None, last: date | None, *, on: date
) -> date | None:
    """Return `since` on the days of [first, last), None on the others: what a badge shows."""
    if since is None or first is None or last is None:
        return None
    return since if first <= on < last else None
