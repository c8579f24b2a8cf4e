"""What people think of a session: asked once, two hours after its end, of those who came.

Trainings and visits ask their own questions (events.services.trainings, events.services.notebooks).
"""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction
from django.db.models import Avg, Count, Q, QuerySet
from django.utils.translation import gettext as _

from emn.lib.errors import DomainError
from events.enums import RegistrationStatus, SeatMode, SessionKind, SessionStatus
from events.models import Registration, Session, SessionOpinion
from events.models.registrations import COMING, EXPECTED
from events.services.telling import tell
from events.training_queries import Mean

# By then the devices of the door have replayed what they kept (doors.KEPT_AFTER_END).
ASK_AFTER, ASK_UNTIL = timedelta(hours=2), timedelta(days=3)
ANSWER_UNTIL = timedelta(days=60)
ASK_THEIR_OWN = (SessionKind.TRAINING, SessionKind.VISIT)
HERE = RegistrationStatus.PRESENT


class OpinionRefused(DomainError):
    """The opinion cannot be given, or not now."""


def due_to_ask(*, now: datetime) -> list[int]:
    """Return the sessions that are over and not asked about; a clock that stood still asks none."""
    rows = Session.objects.published().filter(
        opinion_asked_at=None, ends_at__lte=now - ASK_AFTER, ends_at__gt=now - ASK_UNTIL
    )
    rows = rows.exclude(kind__in=ASK_THEIR_OWN)
    return list(rows.order_by("pk").values_list("pk", flat=True))


@transaction.atomic(durable=True)
def ask(*, session_id: int, now: datetime) -> int:
    """Ask everybody who came what they think; once. Return how many sessions were asked about."""
    rows = Session.objects.select_for_update(of=("self",), skip_locked=True)
    session = (
        rows.select_related("room")
        .filter(pk=session_id, opinion_asked_at=None, status=SessionStatus.PUBLISHED)
        .first()
    )
    if session is None:
        return 0
    session.opinion_asked_at = now
    session.save(update_fields=["opinion_asked_at"])
    for entry in came(session).select_related("pool").order_by("pk"):
        tell(entry, "opinion", session=session, now=now)
    return 1


def came(session: Session) -> QuerySet[Registration]:
    """Return the registrations of those who came, and may be written to."""
    return _came(session).filter(forgotten_at=None).exclude(email="")


def _came(session: Session) -> QuerySet[Registration]:
    """Return the registrations of those who came, forgotten or not.

    Where a door was kept, whoever has a seat on site and was not seen did not come. Where none was,
    and from afar, they may have come.
    """
    rows = session.registrations.filter(status__in=EXPECTED)
    if session.registrations.filter(status=HERE).exists():
        rows = rows.exclude(status__in=COMING, pool__mode=SeatMode.ON_SITE)
    return rows


def may_give(entry: Registration, *, now: datetime) -> bool:
    """Tell whether the person may say now what they think, and has not yet."""
    asked_at = entry.session.opinion_asked_at
    is_open = asked_at is not None and now < asked_at + ANSWER_UNTIL
    is_new = not SessionOpinion.objects.filter(registration=entry).exists()
    return is_open and is_new and _came(entry.session).filter(pk=entry.pk).exists()


@transaction.atomic(durable=True)
def give(*, registration_id: int, score: int, comment: str, now: datetime) -> SessionOpinion:
    """Keep what somebody thinks, once.

    Raises OpinionRefused (not asked, too late, said already).
    """
    rows = Registration.objects.select_for_update(of=("self",)).select_related("session")
    entry = rows.get(pk=registration_id, forgotten_at=None)
    if not may_give(entry, now=now):
        raise OpinionRefused(_("Cette question n’est pas ouverte, ou vous y avez déjà répondu."))
    return SessionOpinion.objects.create(
        registration=entry, score=score, comment=comment.strip(), answered_at=now
    )


def figures(session: Session) -> Mean:
    """Return the mean of a session with its answers, and how many were asked: of those who came."""
    rows = SessionOpinion.objects.filter(registration__in=_came(session))
    found = rows.aggregate(mean=Avg("score"), n=Count("pk"))
    value = Decimal(found["mean"] or 0).quantize(Decimal("0.1"), ROUND_HALF_UP)
    was_asked = ~Q(email="") | Q(forgotten_at__isnull=False)
    asked = _came(session).filter(was_asked).count()
    return Mean(value, found["n"], asked)
