"""The clocks of sessions: each tick does what is due, once, whatever the workers.

Every act stamps its rows in the transaction of the messages it writes: a tick that is killed leaves
the rest due, and two at once do nothing twice.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from emn.lib.clocks import each
from emn.mailings.services import Attachment
from events import clock_rules
from events.enums import RegistrationStatus, SessionStatus
from events.models import Participant, Registration, Session
from events.services import messages, opinions, registrations, releases
from events.services.sessions import untold
from events.services.telling import tell
from events.services.timetables import call_off

AT_ONCE = 500


def tick(*, now: datetime) -> int:
    """Do all that is due; return how many acts. One that fails is logged and stays due."""
    return sum(
        each(due(now), act, now=now)
        for due, act in (
            (_with_time_over, _end_out_of_time),
            (_silent, _release),
            (_waited_for, _promote),
            (_to_ask, ask_whether_coming),
            (_half_over, remind_of_offer),
            (_changed, _tell_changes),
            (_unsent, _send),
            (_over, _ask_opinion),
        )
    )


def _with_time_over(now: datetime) -> list[int]:
    rows = Registration.objects.out_of_time(now=now).order_by("session")
    return list(rows.values_list("session", flat=True).distinct()[:AT_ONCE])


def _end_out_of_time(session_id: int, now: datetime) -> int:
    return releases.end_out_of_time(session_id=session_id, now=now)


def _waited_for(now: datetime) -> list[int]:
    """Return the sessions to come that somebody waits for: what a lost bell left undone."""
    rows = Session.objects.published().filter(
        starts_at__gt=now, registrations__status=RegistrationStatus.WAITING
    )
    return list(rows.order_by("pk").values_list("pk", flat=True).distinct()[:AT_ONCE])


def _promote(session_id: int, now: datetime) -> int:
    return registrations.promote(session_id=session_id, now=now)


def _soon(now: datetime) -> list[Session]:
    days = timedelta(days=clock_rules.ASK_BEFORE_DAYS + 1)
    rows = Session.objects.published().filter(starts_at__gt=now, starts_at__lte=now + days)
    return list(rows.order_by("starts_at", "pk"))


def _to_ask(now: datetime) -> list[int]:
    """Return the registrations whose person must be asked whether they still come."""
    due = [s.pk for s in _soon(now) if clock_rules.ask_at(s.starts_at, s.clock) <= now]
    rows = Registration.objects.filter(
        session__in=due, status=RegistrationStatus.REGISTERED, asked_at=None
    )
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic(durable=True)
def ask_whether_coming(registration_id: int, now: datetime) -> int:
    """Ask, two days before, whether the person still comes."""
    entry = _held(registration_id)
    if entry is None or entry.asked_at or entry.status != RegistrationStatus.REGISTERED:
        return 0
    entry.asked_at = now
    entry.save(update_fields=["asked_at"])
    session = entry.session
    tell(
        entry,
        "coming",
        session=session,
        now=now,
        stamp=session.sequence,
        answer_by=clock_rules.answer_by(session.starts_at, session.clock, asked_at=now),
        with_ticket=True,
    )
    return 1


def _silent(now: datetime) -> list[int]:
    """Return the sessions whose silent seats others wait for, from noon of the day before."""
    due = [s.pk for s in _soon(now) if clock_rules.release_at(s.starts_at, s.clock) <= now]
    rows = Session.objects.filter(pk__in=due, registrations__status=RegistrationStatus.WAITING)
    return list(rows.order_by("pk").values_list("pk", flat=True).distinct())


def _release(session_id: int, now: datetime) -> int:
    return releases.release_silent(session_id=session_id, now=now)


def _half_over(now: datetime) -> list[int]:
    """Return the offers half of whose time is over, not reminded of yet."""
    rows = Registration.objects.filter(
        status=RegistrationStatus.OFFERED, reminded_at=None, expires_at__gt=now
    ).filter(offered_at__lte=now - (F("expires_at") - F("offered_at")) / 2)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic(durable=True)
def remind_of_offer(registration_id: int, now: datetime) -> int:
    """Remind, at half time, of a seat that waits."""
    entry = _held(registration_id)
    if entry is None or entry.reminded_at or entry.status != RegistrationStatus.OFFERED:
        return 0
    entry.reminded_at = now
    entry.save(update_fields=["reminded_at"])
    tell(entry, "offer_reminder", session=entry.session, now=now)
    return 1


def _changed(now: datetime) -> list[int]:
    """Return the sessions whose last change somebody was not told."""
    recent = Session.objects.filter(
        Q(status=SessionStatus.PUBLISHED) | Q(status=SessionStatus.CANCELLED),
        ends_at__gt=now,
        sequence__gt=F("registrations__told_sequence"),
    )
    return list(recent.order_by("pk").values_list("pk", flat=True).distinct()[:AT_ONCE])


def _tell_changes(session_id: int, now: datetime) -> int:
    return tell_changes(session_id=session_id, now=now)


def _unsent(_now: datetime) -> list[int]:
    return messages.unsent()


def _send(message_id: int, now: datetime) -> int:
    return messages.send(message_id=message_id, now=now)


def _over(now: datetime) -> list[int]:
    return opinions.due_to_ask(now=now)


def _ask_opinion(session_id: int, now: datetime) -> int:
    return opinions.ask(session_id=session_id, now=now)


def tell_changes(*, session_id: int, now: datetime) -> int:
    """Tell what changed (date, place, connection, called off) to whom it changes; each once."""
    return each(untold(session_id), _tell_change, now=now)


@transaction.atomic(durable=True)
def _tell_change(registration_id: int, now: datetime) -> int:
    entry = _held(registration_id)
    if entry is None or entry.told_sequence >= entry.session.sequence:
        return 0
    session, told = entry.session, entry.told_sequence
    entry.told_sequence = session.sequence
    entry.save(update_fields=["told_sequence"])
    kind = _change(session, since=told)
    has_seat = entry.holds_ticket or session.is_cancelled
    tell(
        entry, kind, session=session, now=now, stamp=session.sequence, with_calendar=has_seat,
        attachments=_tables_called_off(entry, now=now) if session.is_cancelled else (),
    )  # fmt: skip
    return 1


def _tables_called_off(entry: Registration, *, now: datetime) -> list[Attachment]:
    """Return what takes the tables that a registrant was told out of their calendar."""
    rows = Participant.objects.select_for_update(of=("self",)).filter(registration=entry)
    place = rows.select_related("evening__session__room").exclude(told_plan=[]).first()
    if place is None:
        return []
    content = call_off(place, now=now)[entry.language]
    return [Attachment("tables.ics", "text/calendar", content)]


def _change(session: Session, *, since: int) -> str:
    """Return the message that says what changed since that revision."""
    if session.is_cancelled:
        return "session_cancelled"
    return "session_moved" if since < session.moved_sequence else "connection_changed"


def _held(registration_id: int) -> Registration | None:
    """Return the registration, locked; None when another worker has it, or it is gone."""
    rows = Registration.objects.select_for_update(of=("self",), skip_locked=True)
    return (
        rows.select_related("session__room", "pool")
        .filter(pk=registration_id, forgotten_at=None)
        .first()
    )
