"""The door of a session: who came in, from a list, a word or a ticket.

An act at the door may arrive late, twice, or out of order (a network that was cut): each carries an
identifier of its own and the hour it happened, the log keeps all of them. Who is in is what the
latest act says, an entry or its taking back, in whatever order they arrive (ADR 15).
"""

import hashlib
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q, QuerySet, Sum
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from emn.lib.errors import DomainError
from events import clock_rules
from events.enums import (
    RegistrationStatus,
    ScanOutcome,
    SeatMode,
    SessionKind,
    SignatureMethod,
)
from events.models import CapacityPool, Registration, Scan, Session, Signature
from events.models.registrations import ACTIVE, COMING, EXPECTED, HOLDING, SEATED
from events.services import payments, seats
from events.services.registrations import fold_email

_TICKET = re.compile(r"(?:^|/billet/)([\w-]{22})/?\s*$", re.ASCII)
CAME = RegistrationStatus.PRESENT
ENTRIES = (ScanOutcome.OK, ScanOutcome.ALREADY)
KEPT_AFTER_END = timedelta(hours=2)  # how long a device may hold the list of a session


class DoorRefused(DomainError):
    """The list of the door cannot be closed now, or nobody may come in so."""


@dataclass(frozen=True)
class Attendance:
    """How full a session, or one of its pools, is, in people."""

    expected: int = 0  # with a seat, come in or not
    present: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class Act:
    """What a device says happened at the door: `do` is «scan», «enter» or «undo».

    `code`: what a scanner read; `entry_id`: the registration chosen from the list.
    """

    client_id: UUID
    do: str
    at: datetime
    code: str = ""
    entry_id: int | None = None


@dataclass(frozen=True)
class Listed:
    """One registration as a device may keep it; `digest`: SHA-256 of its ticket, in hexadecimal.

    `is_unpaid`: what it was ordered with is not wholly paid.
    """

    entry_id: int
    digest: str
    name: str
    company: str
    companions: list[str]
    people: int
    mode: str
    status: str
    entered_at: datetime | None
    entered_by: str
    is_unpaid: bool


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
    at = min(scanned_at, now)
    outcome = _outcome(session, entry, at)
    if outcome == ScanOutcome.OK and entry is not None:
        entry.status = CAME
        entry.save(update_fields=["status"])
    return Scan.objects.create(
        session=session, registration=entry, client_id=client_id, outcome=outcome,
        scanned_at=at, received_at=now, by_id=by_id,
    )  # fmt: skip


@transaction.atomic(durable=True)
def undo(
    *,
    session_id: int,
    registration_id: int,
    client_id: UUID,
    by_id: int,
    scanned_at: datetime,
    now: datetime,
) -> Scan | None:
    """Take back an entry that was noted by mistake. Twice is once.

    An entry that happened after it stands; one that arrives after it, but happened before, does
    not count. None for a person who is not of this session. Raises TryAgain.
    """
    session, _pools = seats.lock(session_id)
    known = Scan.objects.filter(client_id=client_id).first()
    if known is not None:
        return known
    rows = session.registrations.filter(forgotten_at=None)
    entry = rows.filter(pk=registration_id).first()
    if entry is None:
        return None
    at = min(scanned_at, now)
    is_late = entry.scans.filter(outcome__in=ENTRIES, scanned_at__gt=at).exists()
    if not is_late and entry.status == CAME:
        entry.status = (
            RegistrationStatus.CONFIRMED if entry.confirmed_at else RegistrationStatus.REGISTERED
        )
        entry.save(update_fields=["status"])
    return Scan.objects.create(
        session=session, registration=entry, client_id=client_id, scanned_at=at, received_at=now,
        outcome=ScanOutcome.LATE if is_late else ScanOutcome.UNDONE, by_id=by_id,
    )  # fmt: skip


def replay(
    *, session_id: int, acts: Sequence[Act], by_id: int, now: datetime
) -> Iterator[tuple[Act, Scan | None]]:
    """Note what a device kept while the network was away, one transaction an act, in its order.

    Yield each act with its row; None for what cannot be an act of this session. Raises TryAgain:
    what was yielded before stands, the rest is to be sent again.
    """
    for act in acts:
        entry_id = act.entry_id
        if act.do == "scan":
            found = registration_of(act.code)
            entry_id = found.pk if found else None
        note = undo if act.do == "undo" else check_in
        yield (
            act,
            note(
                session_id=session_id, registration_id=entry_id or 0, client_id=act.client_id,
                by_id=by_id, scanned_at=act.at, now=now,
            ),
        )  # fmt: skip


@transaction.atomic(durable=True)
def walk_in(
    *,
    session_id: int,
    full_name: str,
    company_name: str,
    email: str,
    pool_id: int | None,
    client_id: UUID,
    by_id: int,
    now: datetime,
    beyond: bool = False,
) -> Scan:
    """Register somebody who stands at the door, and let them in. Twice is once.

    A mailbox that has a seat already keeps it: it is that entry which is noted. `beyond`: whoever
    may do so takes one more in than there are seats. While seats are still offered to those who
    wait, they come first. Raises DoorRefused, RegistrationRefused (which pool?) or TryAgain.
    """
    session, pools = seats.lock(session_id)
    known = Scan.objects.filter(client_id=client_id).first()
    if known is not None:
        return known
    if not session.takes_place or session.ends_at <= now:
        raise DoorRefused(_("Cette session n’a plus lieu, ou est terminée : on n’y entre plus."))
    asked = seats.pool_of(pools, pool_id)
    entry = _there(session, fold_email(email))
    is_sold = session.kind == SessionKind.TRAINING  # by an agreement, never at the door
    if is_sold and (entry is None or entry.status not in SEATED):
        raise DoorRefused(
            _("Une formation se suit sur dossier : inscrivez d’abord la personne par sa page.")
        )
    if entry is None or entry.status not in HOLDING:
        _check_room(session, entry.pool if entry else asked, entry, now=now, beyond=beyond)
    if entry is None:
        entry = Registration(
            session=session, pool=asked, full_name=full_name, email=fold_email(email),
            company_name=company_name, language=get_language() or "fr",
            ticket=secrets.token_urlsafe(16), registered_at=now, told_sequence=session.sequence,
        )  # fmt: skip
    outcome = ScanOutcome.ALREADY if entry.status == CAME else ScanOutcome.OK
    entry.status, entry.expires_at, entry.taken_at = CAME, None, entry.taken_at or now
    entry.save()
    seats.promote(session, pools.values(), now=now)
    return Scan.objects.create(
        session=session, registration=entry, client_id=client_id, outcome=outcome,
        scanned_at=now, received_at=now, by_id=by_id,
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
    return missing(session).update(status=RegistrationStatus.ABSENT)


def missing(session: Session) -> QuerySet[Registration]:
    """Return those who have a seat and have not come.

    Whoever takes part from afar passes by no door: only seats on site are counted. A trainee who
    signed a half-day was there, whatever the door saw.
    """
    signatures = Signature.objects.exclude(method=SignatureMethod.ABSENT)
    signed = signatures.filter(trainee__registration__session=session).values("trainee")
    expected = session.registrations.coming().filter(pool__mode=SeatMode.ON_SITE)
    return expected.exclude(pk__in=signed)


def count(session: Session) -> dict[str, Attendance]:
    """Return how many are expected, in and waiting, on site and remotely."""

    def people(*statuses: str) -> Sum:
        return Sum("registrations__seats", filter=Q(registrations__status__in=statuses), default=0)

    rows = CapacityPool.objects.filter(session=session).order_by("mode").values_list("mode")
    counted = rows.annotate(
        expected=people(*EXPECTED),
        present=people(CAME),
        waiting=people(RegistrationStatus.WAITING),
    )
    return {mode: Attendance(*numbers) for mode, *numbers in counted}


def list_of(session: Session, *, today: date) -> list[Listed]:
    """Return what a device keeps to go on without the network, by name: seven questions at most."""
    entered = {
        entry_id: (at, by or "")
        for entry_id, at, by in session.scans.filter(outcome=ScanOutcome.OK)
        .order_by("pk")
        .values_list("registration", "scanned_at", "by__full_name")
    }
    rows = session.registrations.filter(forgotten_at=None).select_related("pool")
    entries = list(rows.order_by("full_name", "pk").defer("answers"))
    owing = payments.unpaid((entry.pk for entry in entries), today=today)
    listed = []
    for entry in entries:
        at, by = entered.get(entry.pk, (None, "")) if entry.status == CAME else (None, "")
        listed.append(
            Listed(
                entry_id=entry.pk,
                digest=hashlib.sha256(entry.ticket.encode()).hexdigest(),
                name=entry.full_name,
                company=entry.company_name,
                companions=entry.companions,
                people=entry.seats,
                mode=entry.pool.mode,
                status=entry.status,
                entered_at=at,
                entered_by=by,
                is_unpaid=entry.pk in owing,
            )
        )
    return listed


def entry_of(scan: Scan) -> Scan | None:
    """Return the act that let the person of a scan in: when, and by whom."""
    if scan.registration_id is None:
        return None
    rows = Scan.objects.filter(registration=scan.registration_id, outcome=ScanOutcome.OK)
    return rows.select_related("by").order_by("-pk").first()


def may_stay_on_device(session: Session, *, now: datetime) -> bool:
    """Tell whether a device may still keep the list of the session."""
    return now < session.ends_at + KEPT_AFTER_END


def _outcome(session: Session, entry: Registration | None, at: datetime) -> ScanOutcome:
    if entry is None:
        return ScanOutcome.UNKNOWN
    if entry.session_id != session.pk:
        return ScanOutcome.OTHER_SESSION
    last_undone = entry.scans.filter(outcome=ScanOutcome.UNDONE).aggregate(at=Max("scanned_at"))
    if last_undone["at"] is not None and last_undone["at"] > at:
        return ScanOutcome.LATE
    if entry.status == CAME:
        return ScanOutcome.ALREADY
    is_late = entry.status == RegistrationStatus.ABSENT  # noted as absent before the list came in
    return ScanOutcome.OK if is_late or entry.status in COMING else ScanOutcome.NO_SEAT


def _there(session: Session, mailbox: str) -> Registration | None:
    """Return what the mailbox has at this session; nothing for no mailbox."""
    rows = session.registrations.filter(status__in=ACTIVE, forgotten_at=None)
    return rows.filter(email=mailbox).first() if mailbox else None


def _check_room(
    session: Session,
    pool: CapacityPool,
    entry: Registration | None,
    *,
    now: datetime,
    beyond: bool,
) -> None:
    taken = seats.count(pool)
    people = entry.seats if entry else 1
    if taken.seated + people > pool.seats and not beyond:
        raise DoorRefused(_("Toutes les places sont prises. Qui en a le droit peut passer outre."))
    is_offered = clock_rules.may_offer(session.starts_at, now=now)
    if taken.in_line and is_offered and not beyond:
        raise DoorRefused(_("Des personnes attendent une place : elles passent d’abord."))
