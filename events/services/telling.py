"""What registrations tell: links, calendar entries, tickets, messages."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

import segno
from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import override

from emn.mailings.services import Attachment, queue_email
from events import calendars
from events.models import Registration, Session

_SALT = "events.registration"
QR_SCALE = 8  # pixels a module: readable on a telephone held in the rain


def token(registration_id: int) -> str:
    """Return the secret that lets its holder follow one registration."""
    return signing.dumps(registration_id, salt=_SALT)


def registration_of(value: str) -> Registration | None:
    """Return the registration that the secret opens; None when it opens nothing, or no more."""
    try:
        registration_id = signing.loads(value, salt=_SALT)
    except signing.BadSignature:
        return None
    rows = Registration.objects.select_related("session__room", "pool")
    return rows.filter(pk=registration_id, forgotten_at=None).first()


def path(registration: Registration, language: str) -> str:
    """Return the address of its page, without the host."""
    with override(language):
        return reverse("events:registration", args=[token(registration.pk)])


def ticket_url(registration: Registration, language: str = "fr") -> str:
    """Return the address of the ticket, without any personal data; the QR code says the French."""
    with override(language):
        return settings.PUBLIC_URL + reverse("events:ticket", args=[registration.ticket])


def connection_url(registration: Registration, session: Session) -> str:
    """Return where its person connects; empty for who comes on site, or has no seat."""
    return session.remote_url if registration.is_remote and registration.holds_ticket else ""


def qr_svg(registration: Registration) -> str:
    """Return the QR code to put in a page, as SVG without a fixed size nor an inline style."""
    return qr_of(ticket_url(registration))


def qr_of(address: str) -> str:
    """Return the QR code of an address, as SVG without a fixed size nor an inline style."""
    code = segno.make(address, error="m")
    return str(code.svg_inline(svgclass="qr", lineclass=None, omitsize=True, border=2))


def qr_png(registration: Registration) -> bytes:
    """Return the QR code to put in a message."""
    file = BytesIO()
    segno.make(ticket_url(registration), error="m").save(file, kind="png", scale=QR_SCALE, border=4)
    return file.getvalue()


def tell(
    registration: Registration,
    kind: str,
    *,
    session: Session,
    now: datetime,
    stamp: object = "",
    unsolicited: bool = False,
    with_ticket: bool = False,
    with_calendar: bool = False,
    attachments: Sequence[Attachment] = (),
    **context: object,
) -> None:
    """Write to the person, in their language, with the link that follows the registration.

    `stamp` tells apart messages of one kind: the same one twice is written once. None: the row was
    made in this transaction, there cannot be another.
    """
    if not registration.email:  # came in at the door without one
        return
    language, connection = registration.language, connection_url(registration, session)
    attached = list(attachments)
    if with_calendar:
        with override(language):
            entry = calendars.one(
                session, connection_url=connection if registration.is_remote else None
            )
        attached.append(Attachment("rendez-vous.ics", "text/calendar", entry))
    if with_ticket and not registration.is_remote:
        attached.append(Attachment("billet.png", "image/png", qr_png(registration)))
    values: dict[str, Any] = {
        "session": session,
        "registration": registration,
        "follow_url": settings.PUBLIC_URL + path(registration, language),
        "session_url": settings.PUBLIC_URL + _session_path(session, language),
        "ticket_url": ticket_url(registration, language),
        "connection_url": connection,
        **context,
    }
    queue_email(
        to=registration.email,
        template=f"events/emails/{kind}",
        context=values,
        language=language,
        dedup_key=None if stamp is None else f"events.{kind}:{registration.pk}:{stamp}",
        unsolicited=unsolicited,
        secret=True,
        attachments=attached,
        now=now,
    )


def _session_path(session: Session, language: str) -> str:
    with override(language):
        return session.get_absolute_url()
