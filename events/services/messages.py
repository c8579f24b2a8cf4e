"""Messages of the centre to the people of a session: written once, each person gets it once.

The recipients are frozen when it is written; a task writes to each, and begins again where it was
stopped: the outbox knows who had it.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from emn.lib.commit import after_commit
from emn.lib.errors import DomainError
from events.models import Registration, SessionMessage
from events.models.registrations import REACHABLE
from events.services.telling import tell
from events.tasks import send_message


class MessageRefused(DomainError):
    """The message cannot be written so."""


def recipients(session_id: int, statuses: Iterable[str]) -> list[int]:
    """Return the registrations that a message to these states would reach."""
    wanted = [status for status in statuses if status in REACHABLE]
    rows = Registration.objects.filter(session=session_id, status__in=wanted, forgotten_at=None)
    return list(rows.order_by("pk").values_list("pk", flat=True))


@transaction.atomic(durable=True)
def write(
    *,
    session_id: int,
    key: UUID,
    statuses: Iterable[str],
    subject: str,
    body: str,
    by_id: int,
    now: datetime,
) -> SessionMessage:
    """Write a message; a task sends it. `key`: of the form that was shown.

    The same words to the same states from the same form are one message, however often they are
    sent; other words are another.     Raises MessageRefused (nobody to write to).
    """
    wanted = sorted(statuses)
    found = recipients(session_id, wanted)
    if not found:
        raise MessageRefused(_("Personne n’est dans ces états : il n’y a personne à qui écrire."))
    message, is_new = SessionMessage.objects.get_or_create(
        key=uuid5(key, json.dumps([wanted, subject, body])),
        defaults={
            "session_id": session_id, "statuses": wanted, "subject": subject, "body": body,
            "recipients": found, "by_id": by_id, "written_at": now,
        },
    )  # fmt: skip
    if is_new:
        after_commit(lambda: send_message.delay(message_id=message.pk))
    return message


def send(*, message_id: int, now: datetime) -> int:
    """Write to each recipient who has not had it, then close. Safe to run twice."""
    message = SessionMessage.objects.select_related("session__room").get(pk=message_id)
    if message.sent_at is not None:
        return 0
    done = sum(_send_to(message, key, now=now) for key in message.recipients)
    SessionMessage.objects.filter(pk=message_id, sent_at=None).update(sent_at=now)
    return done


@transaction.atomic(durable=True)
def _send_to(message: SessionMessage, registration_id: int, *, now: datetime) -> int:
    rows = Registration.objects.select_related("pool")
    entry = rows.filter(pk=registration_id, forgotten_at=None).first()
    if entry is None:
        return 0
    tell(
        entry, "message", session=message.session, now=now, stamp=message.pk,
        subject=message.subject, body=message.body,
    )  # fmt: skip
    return 1


def unsent() -> list[int]:
    """Return the messages that a worker left half sent, or never heard of."""
    rows = SessionMessage.objects.filter(sent_at=None).order_by("pk")
    return list(rows.values_list("pk", flat=True))
