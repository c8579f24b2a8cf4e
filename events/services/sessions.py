"""Sessions: written, made into series, published, moved, called off."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import override

from emn.lib.commit import after_commit
from emn.lib.db import violation_as
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.lib.text import stem, words
from events import recurrence
from events.enums import (
    EndReason,
    Frequency,
    RegistrationStatus,
    SeatMode,
    SessionKind,
    SessionMode,
    SessionStatus,
)
from events.models import CapacityPool, Registration, Room, Series, Session, TrainingSession
from events.models.registrations import ACTIVE, EXPECTED
from events.models.sessions import LONGEST_SESSION, RESERVED_SLUGS
from events.services import rendezvous, seats
from events.tasks import tell_changes

LANGUAGES = [code for code, _name in settings.LANGUAGES]
LONGEST_TERM = 60
FARTHEST = timedelta(days=5 * 366)  # how far ahead one copies: beyond, a year was mistyped
_TITLE = f"title_{settings.LANGUAGE_CODE}"
_NO_DOUBLE_BOOKING = "events_session_no_double_booking"
# What a copy takes over, but for its dates, its address and its life.
_COPIED = (
    "kind", "language", "access", "mode", "room_id", "elsewhere", "remote_url", "zone",
    "group_limit", "company_limit", "is_private",
    *(f"{name}_{code}" for name in ("title", "summary", "description") for code in LANGUAGES),
)  # fmt: skip


class SessionRefused(DomainError):
    """The session cannot be made, published, moved or called off so."""


# --- Steps that the back office and the services share ---


def free_slug(session: Session) -> str:
    """Return an address for the session: its title and its day, numbered when it is taken."""
    day = session.local_start.date().isoformat()
    base = (
        f"{slugify(getattr(session, _TITLE) or session.title)[:80].strip('-') or 'session'}-{day}"
    )
    taken = set(
        Session.objects.filter(slug__startswith=base)
        .exclude(pk=session.pk)
        .values_list("slug", flat=True)
    ) | set(RESERVED_SLUGS)
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug


def terms_of(session: Session) -> list[str]:
    """Return the folded stems that the session is found by, in its three languages."""
    texts = {code: [getattr(session, f"{name}_{code}") or "" for name in ("title", "summary",
             "description")] for code in LANGUAGES}  # fmt: skip
    labels: list[Any] = [session.room, *session.themes.all()] if session.pk else [session.room]
    for code in LANGUAGES:
        texts[code] += [getattr(label, f"name_{code}") or "" for label in labels if label]
        with override(code):
            texts[code].append(str(session.get_kind_display()))
    texts["fr"].append(session.elsewhere)
    if session.pk:
        for speaker in session.speakers.all():
            texts["fr"] += [speaker.name, speaker.organisation]
    found = {
        stem(word, code)[:LONGEST_TERM]
        for code, lines in texts.items()
        for line in lines
        for word in words(line)
    }
    return sorted(found)


def write_terms(session: Session) -> None:
    """Bring the terms in line with the words, the themes and the speakers."""
    terms = terms_of(session)
    if terms != session.terms:
        session.terms = terms
        session.save(update_fields=["terms"])


# --- Making sessions ---


@transaction.atomic(durable=True)
def make_series(
    *, session_id: int, frequency: Frequency, interval: int, until: date, now: datetime
) -> list[Session]:
    """Repeat a session until that day, as drafts; all of them or none.

    Raises SessionRefused (nothing to make, too many, the room is taken: the days are named).
    """
    model = _locked(session_id)
    rule = recurrence.occurrences(
        model.local_start, frequency=frequency, interval=interval, until=until
    )
    starts = list(islice(rule, recurrence.MOST_OCCURRENCES + 1))  # whatever year was typed
    if not starts:
        raise SessionRefused(_("Cette règle ne donne aucune date d’ici là."))
    if len(starts) > recurrence.MOST_OCCURRENCES:
        raise SessionRefused(
            _("Cette règle donne plus de %(count)s dates. Rapprochez la fin.")
            % {"count": recurrence.MOST_OCCURRENCES}
        )
    spans = [(start, recurrence.same_length(start, of=_span(model))) for start in starts]
    if clashes := [start for start, end in spans if _is_taken(model.room_id, start, end)]:
        days = ", ".join(f"{start:%d/%m/%Y}" for start in clashes[:10])
        raise SessionRefused(_("La salle est déjà prise : %(days)s.") % {"days": days})
    series = model.series or Series.objects.create(
        frequency=frequency, interval=interval, until_on=until, created_at=now
    )
    if model.series is None:
        model.series = series
        model.save(update_fields=["series"])
    with _room_is_free():
        return [_copy(model, start, end, series=series, now=now) for start, end in spans]


@transaction.atomic(durable=True)
def duplicate(*, session_id: int, starts_at: datetime, now: datetime) -> Session:
    """Make a draft like this one, at another date.

    Raises SessionRefused (over, too far to come, the room is taken).
    """
    if not now < starts_at < now + FARTHEST:
        raise SessionRefused(_("La copie a lieu dans les cinq ans qui viennent."))
    model = _locked(session_id)
    start = starts_at.astimezone(model.clock)
    end = recurrence.same_length(start, of=_span(model))
    with _room_is_free():
        return _copy(model, start, end, series=None, now=now)


def _copy(
    model: Session, start: datetime, end: datetime, *, series: Series | None, now: datetime
) -> Session:
    copy = Session(
        **{name: getattr(model, name) for name in _COPIED},
        series=series, starts_at=start, ends_at=end, created_at=now, changed_at=now,
    )  # fmt: skip
    if model.closes_at is not None:
        copy.closes_at = start - (model.starts_at - model.closes_at)
    copy.slug = free_slug(copy)
    copy.save()
    copy.themes.set(model.themes.all())
    CapacityPool.objects.bulk_create(
        CapacityPool(
            session=copy,
            mode=pool.mode,
            **{f"category_{code}": getattr(pool, f"category_{code}") for code in LANGUAGES},
            size=pool.size,
            overbooking=pool.overbooking,
            waiting_limit=pool.waiting_limit,
        )
        for pool in model.pools.order_by("pk")
    )
    rows: list[Any] = [*model.speakers.order_by("pk"), *model.questions.order_by("pk")]
    for row in rows:
        row.pk, row.session = None, copy
        row.save(force_insert=True)
    write_terms(copy)
    return copy


# --- Their life ---


@transaction.atomic(durable=True)
def publish_session(*, session_id: int, now: datetime) -> Session:
    """Put a draft on the agenda. Raises SessionRefused (not a draft, over, no file of a training).

    A training takes enrolments, not registrations: its file is opened beforehand.
    """
    session = _locked(session_id)
    if session.status != SessionStatus.DRAFT:
        raise SessionRefused(_("Cette session n’est plus un brouillon."))
    if session.ends_at <= now:
        raise SessionRefused(_("Cette session est passée : changez d’abord sa date."))
    lacks_file = (
        session.kind == SessionKind.TRAINING
        and not TrainingSession.objects.filter(session=session).exists()
    )
    if lacks_file:
        raise SessionRefused(
            _(
                "Une formation se publie avec son dossier : ouvrez-le d’abord sur la fiche de la "
                "formation, par « Ouvrir une session »."
            )
        )
    session.status, session.published_at, session.changed_at = SessionStatus.PUBLISHED, now, now
    session.save(update_fields=["status", "published_at", "changed_at"])
    touch()
    return session


@transaction.atomic(durable=True)
def move_session(
    *, session_id: int, starts_at: datetime, ends_at: datetime, room_id: int | None,
    elsewhere: str | None = None, now: datetime,
) -> Session:  # fmt: skip
    """Change the hour or the place; everyone who is registered is told, once.

    `elsewhere`: the address, where it is no room of the centre; None leaves the one there is.
    Raises SessionRefused (over, called off, in the past, too long, no place or two, the room is
    taken).
    """
    session, pools = seats.lock(session_id)
    if session.is_cancelled or session.ends_at <= now:
        raise SessionRefused(_("Une session passée ou annulée ne se déplace plus."))
    if starts_at <= now or ends_at <= starts_at:
        raise SessionRefused(_("La nouvelle date est à venir, et la fin suit le début."))
    if ends_at - starts_at > LONGEST_SESSION:
        raise SessionRefused(_("La fin suit le début, de sept jours au plus."))
    if elsewhere is None:
        elsewhere = session.elsewhere if room_id is None else ""
    places = (room_id is not None) + bool(elsewhere)
    if places != (session.mode != SessionMode.REMOTE):
        raise SessionRefused(
            _("Une session a une salle ou une autre adresse. À distance, ni l’une ni l’autre.")
        )
    asked = (starts_at, ends_at, room_id, elsewhere)
    if asked == (session.starts_at, session.ends_at, session.room_id, session.elsewhere):
        raise SessionRefused(_("Rien n’a changé."))
    _hold_room(room_id)
    if starts_at != session.starts_at:
        rendezvous.follow_move(session, starts_at - session.starts_at)
        session.moved_from_at = session.starts_at
        # Whoever had confirmed had confirmed another date.
        Registration.objects.filter(session=session, status=RegistrationStatus.CONFIRMED).update(
            status=RegistrationStatus.REGISTERED, confirmed_at=None, asked_at=None
        )
        session.registrations.active().update(asked_at=None)
    session.starts_at, session.ends_at, session.room_id = starts_at, ends_at, room_id
    if session.closes_at and session.closes_at > starts_at:
        session.closes_at = None
    session.elsewhere = elsewhere
    _revise(session, now=now)
    session.moved_sequence = session.sequence
    with _room_is_free():
        session.save()
    session.room = None if room_id is None else Room.objects.get(pk=room_id)
    write_terms(session)
    if session.takes_place:
        seats.promote(session, pools.values(), now=now)
        _announce(session)
    touch()
    return session


@transaction.atomic(durable=True)
def change_connection(*, session_id: int, remote_url: str, now: datetime) -> Session:
    """Change where one connects; those who take part from afar, with a seat, are told, once.

    Raises SessionRefused (not announced, over, on site only, the same address).
    """
    session, _pools = seats.lock(session_id)
    if not session.takes_place or session.ends_at <= now:
        raise SessionRefused(_("Seule une session publiée et à venir change de connexion."))
    if session.mode == SessionMode.ON_SITE:
        raise SessionRefused(_("Cette session a lieu sur place : personne ne s’y connecte."))
    if remote_url == session.remote_url:
        raise SessionRefused(_("Rien n’a changé."))
    before, session.remote_url = session.sequence, remote_url
    _revise(session, now=now)
    session.save(update_fields=["remote_url", "sequence", "changed_at"])
    # To the others nothing changes: whoever knew the last revision knows this one.
    connects = Q(pool__mode=SeatMode.REMOTE, status__in=EXPECTED)
    session.registrations.filter(~connects, told_sequence=before).update(
        told_sequence=session.sequence
    )
    _announce(session)
    return session


@transaction.atomic(durable=True)
def cancel_session(*, session_id: int, reason: str, now: datetime) -> Session:
    """Call a session off; it stays on the agenda as such, and everyone is told, once.

    Raises SessionRefused (a draft, over, called off already, no reason).
    """
    session, pools = seats.lock(session_id)
    if not session.takes_place or session.ends_at <= now:
        raise SessionRefused(_("Seule une session publiée et à venir peut être annulée."))
    if not reason.strip():
        raise SessionRefused(_("Dites pourquoi : les inscrits reçoivent ces mots."))
    session.status, session.cancelled_at = SessionStatus.CANCELLED, now
    session.cancel_reason = reason.strip()
    _revise(session, now=now)
    session.save()
    session.registrations.filter(status__in=ACTIVE).update(
        status=RegistrationStatus.CANCELLED,
        end_reason=EndReason.SESSION,
        ended_at=now,
        expires_at=None,
    )
    for pool in pools.values():
        seats.show(pool, pool.seats, 0, 0)
    _announce(session)
    touch()
    return session


@transaction.atomic(durable=True)
def renew_invitation(*, session_id: int, key: Any, now: datetime) -> Session:
    """Replace the link of a private session: the former one leads nowhere any more."""
    session = _locked(session_id)
    session.invitation_key, session.changed_at = key, now
    session.save(update_fields=["invitation_key", "changed_at"])
    touch()  # the form of the former link is kept in memory
    return session


# --- Steps ---


def _locked(session_id: int) -> Session:
    """Hold the session, its room first: everybody takes them in that order."""
    _hold_room(Session.objects.values_list("room_id", flat=True).get(pk=session_id))
    rows = Session.objects.select_for_update(of=("self",)).select_related("room", "series")
    return rows.get(pk=session_id)


def _span(session: Session) -> tuple[datetime, datetime]:
    return session.local_start, session.local_end


def _hold_room(room_id: int | None) -> None:
    """Let one agent at a time plan a room: two at once would wait for each other."""
    if room_id is not None:
        Room.objects.select_for_update().get(pk=room_id)


def _room_is_free() -> Any:
    return violation_as(
        SessionRefused(_("Cette salle est déjà prise à cette heure.")),
        model=Session,
        constraint=_NO_DOUBLE_BOOKING,
    )


def _is_taken(room_id: int | None, start: datetime, end: datetime) -> bool:
    if room_id is None:
        return False
    others = Session.objects.exclude(status=SessionStatus.CANCELLED)
    return others.filter(room=room_id, starts_at__lt=end, ends_at__gt=start).exists()


def _revise(session: Session, *, now: datetime) -> None:
    session.sequence += 1
    session.changed_at = now


def _announce(session: Session) -> None:
    session_id = session.pk
    after_commit(lambda: tell_changes.delay(session_id=session_id))


def untold(session_id: int) -> Iterable[int]:
    """Return the registrations whose person does not know the last revision."""
    session = Session.objects.get(pk=session_id)
    rows = session.registrations.filter(told_sequence__lt=session.sequence, forgotten_at=None)
    rows = rows.filter(end_reason=EndReason.SESSION) if session.is_cancelled else rows.active()
    return list(rows.order_by("pk").values_list("pk", flat=True))
