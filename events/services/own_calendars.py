"""The private calendar of a mailbox: all its sessions, under a secret address that it may revoke.

The address is sent to the mailbox, never shown: whoever was forwarded the link of one registration
learns nothing of the others.
"""

from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import override

from emn.lib.rate_limit import allow
from events.enums import EndReason
from events.models import OwnCalendar, Registration
from events.models.registrations import EXPECTED
from events.services.telling import tell

MOST_A_DAY = 3
_DAY_S, _SCOPE = 86_400, "events.own_calendar"


def send(*, registration_id: int, now: datetime, is_renewed: bool = False) -> None:
    """Write the address of the mailbox's calendar to it, which is made at the first time.

    `is_renewed`: the former address ends, and a new one is written. Three times a day at most: then
    nothing changes, and nobody is told, for the answer says nothing of the mailbox.
    """
    mailbox = _entry(registration_id).email
    if allow(scope=_SCOPE, key=mailbox, limit=MOST_A_DAY, period_s=_DAY_S, now=now):
        _send(registration_id, now=now, is_renewed=is_renewed)


@transaction.atomic(durable=True)
def _send(registration_id: int, *, now: datetime, is_renewed: bool) -> None:
    entry = _entry(registration_id)
    fresh = {"key": uuid4(), "language": entry.language, "made_at": now}
    calendar, is_new = OwnCalendar.objects.get_or_create(email=entry.email, defaults=fresh)
    if is_renewed and not is_new:
        OwnCalendar.objects.filter(pk=calendar.pk).update(**fresh)
        calendar.refresh_from_db()
    with override(entry.language):
        path = reverse("events:own_calendar", args=[calendar.key])
    tell(
        entry, "own_calendar", session=entry.session, now=now, stamp=now.isoformat(),
        calendar_url=settings.PUBLIC_URL + path,
    )  # fmt: skip


@transaction.atomic(durable=True)
def revoke(*, registration_id: int) -> None:
    """End the address of the mailbox’s calendar. Twice is once."""
    OwnCalendar.objects.filter(email=_entry(registration_id).email).delete()


def entries(key: UUID) -> list[Registration] | None:
    """Return the seats of the mailbox that this address is for, called-off sessions included.

    None when the address leads nowhere, or no more.
    """
    calendar = OwnCalendar.objects.filter(key=key).first()
    if calendar is None:
        return None
    rows = Registration.objects.filter(email=calendar.email, forgotten_at=None)
    seated = rows.filter(status__in=EXPECTED) | rows.filter(end_reason=EndReason.SESSION)
    return list(seated.select_related("session__room", "pool").order_by("session__starts_at", "pk"))


def _entry(registration_id: int) -> Registration:
    rows = Registration.objects.select_related("session", "pool")
    return rows.get(pk=registration_id, forgotten_at=None)
