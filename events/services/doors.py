"""The door of a session: who came in, from a list, a word or a ticket.

An act at the door may arrive late, twice, or out of order (a network that was cut): each carries an
identifier of its own, the first to arrive counts, the log keeps all of them.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from emn.lib.errors import DomainError
from events.enums import RegistrationStatus, ScanOutcome
from events.models import Registration, Scan, Session
from events.models.registrations import COMING
from events.services import seats

_TICKET = re.compile(r"(?:^|/billet/)([\w-]{22})/?\s*$", re.ASCII)
CAME = RegistrationStatus.PRESENT


class DoorRefused(DomainError):
    """The list of the door cannot be closed now."""


@dataclass(frozen=True)
class Attendance:
    """How full a session is, in people: expected, come in, and registrations left to come."""

    expected: int
    present: int
    to_come: int


def ticket_in(read: str) -> str:
    """Return the secret of a ticket in what a scanner read, an address or the secret alone."""
    found = _TICKET.search(read.strip())
    return found[1] if found else ""


def registration_of(read: str) -> Registration | None:
    """Return whose ticket it is; None for what is no ticket of ours."""
    return Registration.objects.filter(ticket=ticket_in(read), forgotten_at=None).first()


@transaction.atomic(durable=True)
def check_in(
    *,
    session_id: int,
    registration_id: int | None,
    client_id: UUID,
    by_id: int,
    scanned_at: datetime,
    now: datetime,
) -> Scan:
    """Note one act at the door, and let the person in when there is a seat. Twice is once.

    `registration_id` None: a ticket that nobody knows. Raises Session.DoesNotExist or TryAgain.
    """
    session, _pools = seats.lock(session_id)
    known = Scan.objects.filter(client_id=client_id).first()
    if known is not None:
        return known
    rows = Registration.objects.filter(forgotten_at=None)
    entry = rows.filter(pk=registration_id).first() if registration_id else None
    outcome = _outcome(session, entry)
    if outcome == ScanOutcome.OK and entry is not None:
        entry.status = CAME
        entry.save(update_fields=["status"])
    return Scan.objects.create(
        session=session, registration=entry, client_id=client_id, outcome=outcome,
        scanned_at=min(scanned_at, now), received_at=now, by_id=by_id,
    )  # fmt: skip


@transaction.atomic(durable=True)
def undo(*, session_id: int, registration_id: int, by_id: int, now: datetime) -> Scan | None:
    """Take back an entry that was noted by mistake; None when there is none to take back."""
    session, _pools = seats.lock(session_id)
    entry = session.registrations.filter(pk=registration_id, status=CAME).first()
    if entry is None:
        return None
    entry.status = (
        RegistrationStatus.CONFIRMED if entry.confirmed_at else RegistrationStatus.REGISTERED
    )
    entry.save(update_fields=["status"])
    return Scan.objects.create(
        session=session, registration=entry, outcome=ScanOutcome.UNDONE, scanned_at=now,
        received_at=now, by_id=by_id,
    )  # fmt: skip


@transaction.atomic(durable=True)
def close_door(*, session_id: int, now: datetime) -> int:
    """Note as absent, without a word, those who had a seat and did not come; return how many.

    Raises DoorRefused (not over yet, nobody was let in: the list was not kept).
    """
    session, _pools = seats.lock(session_id)
    if session.ends_at > now or session.is_cancelled:
        raise DoorRefused(_("Les absents se notent une fois la session passée."))
    if not session.registrations.filter(status=CAME).exists():
        raise DoorRefused(
            _("Personne n’a été pointé : l’accueil de cette session n’a pas été tenu.")
        )
    return session.registrations.coming().update(status=RegistrationStatus.ABSENT)


def count(session: Session) -> Attendance:
    """Return how many are expected and in."""
    coming = Q(status__in=COMING)
    row = session.registrations.aggregate(
        present=Sum("seats", filter=Q(status=CAME), default=0),
        expected=Sum("seats", filter=coming | Q(status=CAME), default=0),
        to_come=Count("pk", filter=coming),
    )
    return Attendance(**row)


def _outcome(session: Session, entry: Registration | None) -> ScanOutcome:
    if entry is None:
        return ScanOutcome.UNKNOWN
    if entry.session_id != session.pk:
        return ScanOutcome.OTHER_SESSION
    if entry.status == CAME:
        return ScanOutcome.ALREADY
    is_late = entry.status == RegistrationStatus.ABSENT  # noted as absent before the list came in
    return ScanOutcome.OK if is_late or entry.status in COMING else ScanOutcome.NO_SEAT
