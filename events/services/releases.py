"""What the clock takes back: seats that no mailbox took in time, or whose people say nothing."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from events import clock_rules
from events.enums import EndReason, RegistrationStatus
from events.models import Registration
from events.services import seats
from events.services.registrations import end
from events.services.telling import tell


@transaction.atomic(durable=True)
def end_out_of_time(*, session_id: int, now: datetime) -> int:
    """Take back the seats and places in line that no mailbox took in time; return how many.

    An offer that ended is told; an address that never answered is not written to again.
    """
    session, pools = seats.lock(session_id)
    rows = session.registrations.out_of_time(now=now).order_by("pk")
    ended = 0
    for entry in rows:
        was_offered = entry.status == RegistrationStatus.OFFERED
        end(entry, EndReason.OFFER if was_offered else EndReason.HOLD, now=now)
        if was_offered:
            tell(entry, "offer_ended", session=session, now=now)
        ended += 1
    seats.promote(session, pools.values(), now=now)
    return ended


@transaction.atomic(durable=True)
def release_silent(*, session_id: int, now: datetime) -> int:
    """Give the seats of those who did not say that they come to those who wait (mechanics 4.4).

    The last to have registered first, and only those whose seats the line takes at once; everybody
    else keeps theirs. Return how many were released.
    """
    session, pools = seats.lock(session_id)
    if not session.takes_place or not (
        clock_rules.release_at(session.starts_at, session.clock) <= now
        and clock_rules.may_offer(session.starts_at, now=now)
    ):
        return 0
    released = 0
    for pool in pools.values():
        silent = pool.registrations.filter(
            status=RegistrationStatus.REGISTERED, asked_at__lte=now - clock_rules.ANSWER_TIME
        ).order_by("-pk")
        groups = pool.registrations.in_line().values_list("seats", flat=True)
        for entry in _needed(list(silent), groups, pool.seats - seats.count(pool).seated):
            end(entry, EndReason.SILENCE, now=now)
            tell(entry, "released", session=session, now=now)
            released += 1
    seats.promote(session, pools.values(), now=now)
    return released


def _needed(silent: list[Registration], groups: Iterable[int], left: int) -> list[Registration]:
    """Return those of the silent whose seats the groups in line take, each whole, in its order.

    `left`: the free seats, fewer than none where more were taken than there are.
    """
    needed: list[Registration] = []
    for group in groups:
        chosen: list[Registration] = []
        freed = left
        for entry in silent:
            if freed >= group:
                break
            chosen.append(entry)
            freed += entry.seats
        if freed < group:  # it stays at the head of the line, and nobody passes it
            break
        for entry in reversed(chosen):  # no more than it takes: the first to have registered stay
            if freed - entry.seats >= group:
                chosen.remove(entry)
                freed -= entry.seats
        silent = [entry for entry in silent if entry not in chosen]
        needed += chosen
        left = freed - group
    return needed
