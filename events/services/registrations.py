"""Registering, by the person: a seat or a place in line, then the mailbox's own word.

Whoever types an address takes nothing for good: a free seat is held two hours for the mailbox to
say yes by a button, and so is a place in line: until then it costs nobody a seat, and nobody is
told that it stands before them. The answer given to the page depends on the seats, never on who is
registered already.
"""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from directory.models import Company
from emn.lib.commit import Bell
from events import clock_rules
from events.enums import Availability, EndReason, RegistrationStatus, SessionKind
from events.models import CapacityPool, Registration, Session, Trainee
from events.models.registrations import ACTIVE, COMING, KEPT
from events.services import seats
from events.services.seats import RegistrationRefused, Taken
from events.services.telling import tell
from events.tasks import greet

_LINE = (RegistrationStatus.PENDING, RegistrationStatus.WAITING)
SIREN_DIGITS = 9
_greetings = Bell(lambda delay: greet.apply_async(countdown=delay, retry=False), every_s=0.5)


def fold_email(value: str) -> str:
    """Return the address as it is compared: without blanks, in lower case."""
    return value.strip().lower()


@transaction.atomic(durable=True)
def register(
    *,
    session_id: int,
    pool_id: int | None,
    full_name: str,
    email: str,
    company_name: str,
    language: str,
    now: datetime,
    siret: str = "",
    people: int = 1,
    companions: Sequence[str] = (),
    answers: Sequence[tuple[str, str]] = (),
    along: Callable[[int], object] | None = None,
) -> Availability:
    """Hold a seat, or take the next place in line; the mailbox is written to by a task.

    `along`: what is written with a new registration, by its key, in its transaction.

    A training has no seat to take here, only its line: an agreement takes its seats
    (events.services.enrolments).

    Return OPEN when there was a seat, WAITING when there was a place in line: what any address
    would have got. A mailbox known already keeps what it has, and is told so. Under the lock there
    are two ways to the database and back: reading with counting, writing.

    Raises Session.DoesNotExist, RegistrationRefused (closed, full with its line, too many people,
    too many of one company), or TryAgain.
    """
    company_id = _company_of(siret)
    session, pools = seats.lock(session_id)
    pool = _open_pool(session, pools, pool_id, people, now=now)
    refuse_beyond_company_limit(session, siret, people)
    taken = Taken(*pool.taken)
    left = pool.seats - taken.seated
    has_seat = people <= left and not taken.in_line
    if has_seat and session.kind == SessionKind.TRAINING:
        raise RegistrationRefused(
            _("Une place est libre : inscrivez-vous par la page de la formation.")
        )
    if not has_seat and taken.in_line + taken.pending + people > pool.waiting_limit:
        raise RegistrationRefused(_("Cette session est complète, et sa liste d’attente aussi."))
    is_new, registration_id = _write(
        {
            "session_id": session.pk,
            "pool_id": pool.pk,
            "status": RegistrationStatus.HELD if has_seat else RegistrationStatus.PENDING,
            "seats": people,
            "full_name": full_name,
            "email": fold_email(email),
            "language": language,
            "company_name": company_name,
            "siret": siret,
            "company_id": company_id,
            "companions": list(companions),
            "answers": json.dumps(answers),
            "ticket": secrets.token_urlsafe(16),
            "is_deferred": False,
            "registered_at": now,
            "expires_at": clock_rules.hold_ends(session.starts_at, now=now),
            "end_reason": "",
            "told_sequence": session.sequence,
            "greeting_due_at": now,
        }
    )
    if is_new and along is not None:
        along(registration_id)
    if is_new and has_seat:
        seats.show(pool, left - people, 0, taken.pending)
    elif is_new:
        seats.show(pool, left, taken.in_line, taken.pending + people)
    _greetings.ring_after_commit()
    return Availability.OPEN if has_seat else Availability.WAITING


def _company_of(siret: str) -> int | None:
    if not siret:
        return None
    return Company.objects.filter(siret=siret).values_list("pk", flat=True).first()


def _write(values: dict[str, Any]) -> tuple[bool, int]:
    """Write a registration, or note that the mailbox which has one asked again; tell which.

    Return whether it is new, and its key.
    """
    columns, places = ", ".join(values), ", ".join(["%s"] * len(values))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO events_registration AS there ({columns}) VALUES ({places})
            ON CONFLICT (session_id, email)
                WHERE forgotten_at IS NULL AND email <> ''
                    AND status IN ({seats.sql_list(ACTIVE)})
            DO UPDATE SET greeting_due_at =
                coalesce(there.greeting_due_at, excluded.greeting_due_at)
            RETURNING xmax = 0, id
            """,  # noqa: S608 -- made of constants; the values are bound
            [*values.values()],
        )
        is_new, registration_id = cursor.fetchone()
        return bool(is_new), int(registration_id)


def position(entry: Registration) -> int:
    """Return the rank on the waiting list, 1 for the next; 0 for who does not wait."""
    if entry.status != RegistrationStatus.WAITING:
        return 0
    line = Registration.objects.filter(pool=entry.pool_id, status=RegistrationStatus.WAITING)
    ahead = line.filter(is_deferred=entry.is_deferred, pk__lt=entry.pk).count()
    if entry.is_deferred:
        ahead += line.filter(is_deferred=False).count()
    return ahead + 1


def has_lost_priority(email: str, *, now: datetime) -> bool:
    """Tell whether the person stays behind the others: two absences without a word (mechanics 4.4).

    Access is never lost. The sixty days run from the start of the last session missed.
    """
    missed = Registration.objects.filter(email=email, status=RegistrationStatus.ABSENT)
    starts = list(
        missed.order_by("-session__starts_at", "-pk").values_list("session__starts_at", flat=True)[
            : clock_rules.ABSENCES_THAT_COST_PRIORITY
        ]
    )
    return (
        len(starts) == clock_rules.ABSENCES_THAT_COST_PRIORITY
        and starts[0] > now - clock_rules.PRIORITY_LOST_FOR
    )


@transaction.atomic(durable=True)
def enter_line(*, registration_id: int, now: datetime) -> Registration:
    """Keep the place in line that was asked for: the mailbox said yes. Twice is once.

    The rank is that of arrival. A seat that is free meanwhile is offered at once. Raises
    Registration.DoesNotExist, RegistrationRefused (the time is over), or TryAgain.
    """
    session, pools, entry = _locked(registration_id)
    if entry.status != RegistrationStatus.PENDING:
        if entry.is_active:
            return entry
        raise RegistrationRefused(_("Cette place dans la file n’est plus gardée."))
    entry.status, entry.in_line_at, entry.expires_at = RegistrationStatus.WAITING, now, None
    entry.is_deferred = has_lost_priority(entry.email, now=now)
    entry.greeting_due_at = None
    entry.save(
        update_fields=["status", "in_line_at", "expires_at", "is_deferred", "greeting_due_at"]
    )
    seats.promote(session, pools.values(), now=now)
    return entry


@transaction.atomic(durable=True)
def take_seat(*, registration_id: int, now: datetime) -> Registration:
    """Make a seat of what was held or offered: the mailbox said yes. Twice is once.

    Whoever says so within two days of the start has confirmed as well. Raises
    Registration.DoesNotExist, RegistrationRefused (the time is over), or TryAgain.
    """
    session, _pools, entry = _locked(registration_id)
    if entry.status in COMING:
        return entry
    if entry.status not in KEPT or session.ends_at <= now:
        raise RegistrationRefused(_("Cette place n’est plus gardée."))
    if session.kind == SessionKind.TRAINING:  # sold by an agreement: events.services.enrolments
        raise RegistrationRefused(_("Cette place se prend par un dossier d’inscription."))
    has_confirmed = now >= clock_rules.ask_at(session.starts_at, session.clock)
    entry.status = RegistrationStatus.CONFIRMED if has_confirmed else RegistrationStatus.REGISTERED
    entry.expires_at, entry.taken_at = None, now
    entry.confirmed_at = now if has_confirmed else None
    entry.greeting_due_at = None
    entry.save(
        update_fields=["status", "expires_at", "taken_at", "confirmed_at", "greeting_due_at"]
    )
    tell(entry, "confirmed", session=session, now=now, with_ticket=True, with_calendar=True)
    return entry


@transaction.atomic(durable=True)
def confirm_coming(*, registration_id: int, now: datetime) -> Registration:
    """Note that the person still comes. Twice is once. Raises RegistrationRefused or TryAgain."""
    _session, _pools, entry = _locked(registration_id)
    if entry.status == RegistrationStatus.CONFIRMED:
        return entry
    if entry.status != RegistrationStatus.REGISTERED:
        raise RegistrationRefused(_("Cette inscription n’a pas, ou plus, de place à confirmer."))
    entry.status, entry.confirmed_at = RegistrationStatus.CONFIRMED, now
    entry.save(update_fields=["status", "confirmed_at"])
    return entry


@transaction.atomic(durable=True)
def cancel_registration(
    *, registration_id: int, now: datetime, reason: EndReason = EndReason.PERSON
) -> Registration:
    """Give a seat, or a place in line, back; the waiting list has it at once. Twice is once.

    In the last day it is an excused absence: the chair may stay empty, the word was given.
    Raises Registration.DoesNotExist, RegistrationRefused (the session has begun), or TryAgain.
    """
    session, pools, entry = _locked(registration_id)
    if not entry.is_active:
        return entry
    _refuse_trainee(session, entry)
    if session.starts_at <= now:
        raise RegistrationRefused(_("La session a commencé : l’inscription ne s’annule plus."))
    was_in_line = entry.status in _LINE
    late = now >= clock_rules.release_at(session.starts_at, session.clock)
    excused = late and entry.status in COMING
    end(entry, reason, now=now, excused=excused)
    seats.promote(session, pools.values(), now=now)
    if not was_in_line or reason != EndReason.PERSON:
        tell(entry, "cancelled", session=session, now=now)
    return entry


@transaction.atomic(durable=True)
def change_registration(
    *,
    registration_id: int,
    full_name: str,
    company_name: str,
    people: int,
    now: datetime,
    companions: Sequence[str] = (),
) -> Registration:
    """Set the name, the company, how many come. Fewer people give their seats back at once.

    More people need free seats that nobody waits for. Raises RegistrationRefused or TryAgain.
    """
    session, pools, entry = _locked(registration_id)
    if not entry.is_active or session.starts_at <= now:
        raise RegistrationRefused(_("Cette inscription est terminée : elle ne se change plus."))
    _refuse_trainee(session, entry)
    pool = pools[entry.pool_id]
    if not 1 <= people <= session.group_limit:
        raise RegistrationRefused(_too_many(session))
    more = people - entry.seats
    if more > 0:
        if entry.status in _LINE:
            raise RegistrationRefused(
                _("Sur la liste d’attente, un groupe ne grandit pas : inscrivez-vous à nouveau.")
            )
        refuse_beyond_company_limit(session, entry.siret, more)
        taken = seats.count(pool)
        if more > pool.seats - taken.seated or taken.in_line:
            raise RegistrationRefused(_("Il n’y a plus assez de places pour autant de personnes."))
    entry.full_name, entry.company_name, entry.seats = full_name, company_name, people
    entry.companions = list(companions)
    entry.save(update_fields=["full_name", "company_name", "seats", "companions"])
    seats.promote(session, pools.values(), now=now)
    return entry


@transaction.atomic(durable=True)
def promote(*, session_id: int, now: datetime) -> int:
    """Offer the free seats of a session to its waiting list; return how many offers."""
    session, pools = seats.lock(session_id)
    return seats.promote(session, pools.values(), now=now)


@transaction.atomic(durable=True)
def offer_one_more(*, session_id: int, pool_id: int, now: datetime) -> Registration:
    """Offer a seat to the first of a waiting list, beyond the chairs if need be; return who has it.

    Raises RegistrationRefused (nobody waits, too late) or TryAgain.
    """
    session, pools = seats.lock(session_id)
    pool = seats.pool_of(pools, pool_id)
    first = pool.registrations.in_line().first()
    if first is None:
        raise RegistrationRefused(_("Personne n’attend plus."))
    if not session.takes_place or not clock_rules.may_offer(session.starts_at, now=now):
        raise RegistrationRefused(_("Il est trop tard pour proposer une place."))
    lacking = first.seats - (pool.seats - seats.count(pool).seated)
    if lacking > 0:
        pool.overbooking += lacking
        pool.save(update_fields=["overbooking"])
    seats.promote(session, [pool], now=now)
    return first


@transaction.atomic(durable=True)
def give_beyond_chairs(*, session_id: int, extra: Mapping[int, int], now: datetime) -> int:
    """Set how many seats are given beyond the chairs of each pool; return how many offers it made.

    Fewer takes nothing back from anybody. Raises TryAgain.
    """
    session, pools = seats.lock(session_id)
    for pool_id, count in extra.items():
        pools[pool_id].overbooking = count
        pools[pool_id].save(update_fields=["overbooking"])
    return seats.promote(session, pools.values(), now=now)


def end(entry: Registration, reason: EndReason, *, now: datetime, excused: bool = False) -> None:
    """End a registration; call it under the lock, then promote."""
    entry.status = RegistrationStatus.EXCUSED if excused else RegistrationStatus.CANCELLED
    entry.end_reason, entry.ended_at, entry.expires_at = reason, now, None
    entry.save(update_fields=["status", "end_reason", "ended_at", "expires_at"])


def _locked(
    registration_id: int,
) -> tuple[Session, dict[int, CapacityPool], Registration]:
    """Hold the seats of the session, then read the registration as it is now."""
    rows = Registration.objects.filter(forgotten_at=None)
    session_id = rows.values_list("session_id", flat=True).get(pk=registration_id)
    session, pools = seats.lock(session_id)
    return session, pools, rows.select_related("pool").get(pk=registration_id)


def _refuse_trainee(session: Session, entry: Registration) -> None:
    """Leave a seat that an agreement took to its enrolment: with it go the order and the papers."""
    is_training = session.kind == SessionKind.TRAINING
    if is_training and Trainee.objects.filter(registration=entry).exists():
        raise RegistrationRefused(
            _("Cette place va avec un dossier de formation : c’est le dossier qui se termine.")
        )


def _open_pool(
    session: Session,
    pools: dict[int, CapacityPool],
    pool_id: int | None,
    people: int,
    *,
    now: datetime,
) -> CapacityPool:
    if not pools or not session.takes_registrations(now=now):
        raise RegistrationRefused(_("Les inscriptions à cette session sont fermées."))
    pool = seats.pool_of(pools, pool_id)
    if not 1 <= people <= min(session.group_limit, pool.seats):
        raise RegistrationRefused(_too_many(session))
    return pool


def refuse_beyond_company_limit(session: Session, siret: str, people: int) -> None:
    """Count the people of one SIREN; call it under the lock. Raises RegistrationRefused."""
    if session.company_limit is None:
        return
    if not siret:
        raise RegistrationRefused(_("Cette session compte par entreprise : donnez son SIRET."))
    there = session.registrations.active().filter(siret__startswith=siret[:SIREN_DIGITS]).seats()
    if there + people > session.company_limit:
        raise RegistrationRefused(
            _("Cette session prend %(count)s personnes au plus d’une même entreprise.")
            % {"count": session.company_limit}
        )


def _too_many(session: Session) -> str:
    return _("Une inscription compte %(count)s personnes au plus.") % {"count": session.group_limit}
