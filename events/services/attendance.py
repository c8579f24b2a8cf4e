"""Émargement: who was there, half-day by half-day, in their own hand (R4.06).

A person signs by a link of their own, valid once and only within the half-day. What comes after is
noted by a trainer, with the reason, and says so for good. Nothing is ever rewritten: a trigger of
the database refuses it.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from emn.lib.errors import DomainError
from emn.lib.templatetags.french import clock, day
from events import drawings
from events.enums import SignatureMethod
from events.models import HalfDay, RemoteConnection, Signature, Trainee, Trainer, TrainingSession

Person = Trainee | Trainer


class SignatureRefused(DomainError):
    """The half-day cannot be signed so."""


@transaction.atomic(durable=True)
def sign(
    *,
    half_day_id: int,
    person: Person,
    full_name: str,
    drawing: str,
    origin: str,
    now: datetime,
) -> Signature:
    """Sign a half-day, within it. Twice, even at once, is one signature: the first.

    `drawing`: a path (events.drawings), or empty: the name typed is the signature. `origin`: the
    network that the person signs from. Raises SignatureRefused (before, after, closed, no seat).
    """
    half_day = _held(half_day_id)
    _require_open(half_day.training_session)
    _require_part(half_day, person)
    if known := _known(half_day, person):
        return known
    if not half_day.is_open(now=now):
        raise SignatureRefused(_window(half_day, now=now))
    if not full_name.strip():
        raise SignatureRefused(_("Écrivez votre nom : il vaut signature."))
    if drawing and not drawings.is_drawing(drawing):
        raise SignatureRefused(_("Ce tracé n’est pas lisible : signez encore, ou tapez votre nom."))
    method = SignatureMethod.DRAWN if drawing else SignatureMethod.TYPED
    return _write(
        half_day, person, method, full_name=full_name.strip(), drawing=drawing, origin=origin,
        now=now,
    )  # fmt: skip


@transaction.atomic(durable=True)
def note(
    *,
    half_day_id: int,
    person: Person,
    noted_by: Trainer,
    is_present: bool,
    reason: str,
    now: datetime,
) -> Signature:
    """Note, once the half-day is over, that somebody was there without signing, or was absent.

    Raises SignatureRefused (not over, closed, no reason, already signed, not a trainer of it).
    """
    half_day = _held(half_day_id)
    _require_open(half_day.training_session)
    _require_part(half_day, person)
    _require_part(half_day, noted_by)
    if now < half_day.ends_at:
        raise SignatureRefused(
            _("La demi-journée n’est pas finie : chacun peut encore signer lui-même.")
        )
    if not reason.strip():
        raise SignatureRefused(_("Dites pourquoi : une feuille sans motif ne vaut rien."))
    if _known(half_day, person):
        raise SignatureRefused(_("Cette demi-journée est déjà signée, ou notée."))
    name = person.registration.full_name if isinstance(person, Trainee) else person.name
    method = SignatureMethod.LATE if is_present else SignatureMethod.ABSENT
    return _write(
        half_day, person, method, full_name=name, reason=reason.strip(), noted_by=noted_by, now=now
    )


@transaction.atomic(durable=True)
def join(*, half_day_id: int, trainee: Trainee, now: datetime) -> str:
    """Note that a trainee joins the class from afar; return where it is."""
    half_day = _held(half_day_id)
    _require_part(half_day, trainee)
    url = half_day.training_session.session.remote_url
    if not url or not half_day.is_open(now=now):
        raise SignatureRefused(_("La classe à distance n’est pas ouverte."))
    RemoteConnection.objects.create(half_day=half_day, trainee=trainee, joined_at=now)
    return url


def minutes_signed(signatures: Iterable[Signature]) -> int:
    """Return the minutes of the half-days that somebody was at: what a certificate counts (R4.06).

    The half-days are loaded.
    """
    return sum(row.half_day.minutes for row in signatures if row.is_presence)


def missing_of(half_day: HalfDay, people: Iterable[Person]) -> list[Person]:
    """Return those of whom the half-day says nothing; its signatures are loaded."""
    rows = list(half_day.signatures.all())
    trainees, trainers = {row.trainee_id for row in rows}, {row.trainer_id for row in rows}
    return [
        person
        for person in people
        if person.pk not in (trainees if isinstance(person, Trainee) else trainers)
    ]


# --- Steps ---


def _held(half_day_id: int) -> HalfDay:
    """Return the half-day, held: its hours do not change while somebody signs them."""
    rows = HalfDay.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("training_session__session").get(pk=half_day_id)


def _require_open(own: TrainingSession) -> None:
    if own.closed_at is not None:
        raise SignatureRefused(_("Cette session est close : sa feuille ne change plus."))


def _require_part(half_day: HalfDay, person: Person) -> None:
    own = half_day.training_session
    if isinstance(person, Trainee):
        has_part = (
            person.enrolment.training_session_id == own.pk
            and person.enrolment.is_signed
            and person.registration.is_active
        )
    else:
        has_part = own.trainers.filter(pk=person.pk).exists()
    if not has_part:
        raise SignatureRefused(_("Cette personne n’a pas de place à cette session."))


def _key(person: Person) -> dict[str, Person]:
    return {"trainee" if isinstance(person, Trainee) else "trainer": person}


def _known(half_day: HalfDay, person: Person) -> Signature | None:
    return Signature.objects.filter(half_day=half_day, **_key(person)).first()


def _window(half_day: HalfDay, *, now: datetime) -> str:
    values = {"day": day(half_day.starts_at), "from": clock(half_day.starts_at),
              "to": clock(half_day.ends_at)}  # fmt: skip
    if now < half_day.starts_at:
        return _("Cette demi-journée se signe le %(day)s, de %(from)s à %(to)s.") % values
    return (
        _(
            "Cette demi-journée se signait le %(day)s, de %(from)s à %(to)s. Demandez au formateur "
            "de noter votre présence."
        )
        % values
    )


def _write(
    half_day: HalfDay,
    person: Person,
    method: SignatureMethod,
    *,
    full_name: str,
    now: datetime,
    drawing: str = "",
    reason: str = "",
    noted_by: Trainer | None = None,
    origin: str = "",
) -> Signature:
    row = Signature(
        half_day=half_day, **_key(person), method=method, signed_at=now, full_name=full_name,
        drawing=drawing, reason=reason, noted_by=noted_by, origin=origin,
    )  # fmt: skip
    row.sha256 = digest(row)
    row.save(force_insert=True)
    return row


def digest(row: Signature) -> str:
    """Return the SHA-256 of what was signed: change a sign of it, and it is another."""
    signed = [
        row.half_day_id, row.half_day.starts_at.isoformat(), row.half_day.ends_at.isoformat(),
        row.trainee_id, row.trainer_id, row.method, row.signed_at.isoformat(), row.full_name,
        row.drawing, row.reason, row.noted_by_id,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(signed, ensure_ascii=False).encode()).hexdigest()
