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

from events.enums import EndReason, RegistrationStatus
from events.models import OwnCalendar, Registration
from events.models.registrations import COMING
from events.services.telling import tell

SEATED = (*COMING, RegistrationStatus.PRESENT)


@transaction.atomic(durable=True)
def send(*, registration_id: int, now: datetime) -> OwnCalendar:
    """Give the mailbox of a registration a new address, which ends the former; write it there."""
    entry = _entry(registration_id)
    calendar, _made = OwnCalendar.objects.update_or_create(
        email=entry.email, defaults={"key": uuid4(), "language": entry.language, "made_at": now}
    )
    with override(entry.language):
        path = reverse("events:own_calendar", args=[calendar.key])
    tell(
        entry, "own_calendar", session=entry.session, now=now, stamp=calendar.key,
        calendar_url=settings.PUBLIC_URL + path,
    )  # fmt: skip
    return calendar


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
    seated = rows.filter(status__in=SEATED) | rows.filter(end_reason=EndReason.SESSION)
    return list(seated.select_related("session__room", "pool").order_by("session__starts_at", "pk"))


def _entry(registration_id: int) -> Registration:
    rows = Registration.objects.select_related("session", "pool")
    return rows.get(pk=registration_id, forgotten_at=None)
