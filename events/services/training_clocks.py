"""The clocks of trainings: what each tick does, once, whatever the workers.

As those of the agenda (events.services.clocks): an act stamps its row in the transaction of the
messages that it writes.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from emn.lib.clocks import each
from events import training_rules
from events.enums import SatisfactionMoment, SessionStatus
from events.models import (
    Enrolment,
    HalfDay,
    Trainee,
    Trainer,
    TrainingDocument,
    TrainingSession,
)
from events.services import enrolment_ends, training_documents, trainings
from events.services.training_links import tell_signing

AT_ONCE = 500
_FARTHEST = timedelta(days=training_rules.CONVOKE_BEFORE_DAYS + 1)
_COLD_FROM = timedelta(days=28 * training_rules.COLD_FROM_MONTHS)  # at the earliest


def tick(*, now: datetime) -> int:
    """Do all that is due; return how many acts. One that fails is logged and stays due."""
    return sum(
        each(due(now), act, now=now)
        for due, act in (
            (_out_of_time, _end_out_of_time),
            (_called_off, _end_with_session),
            (_moved, _follow),
            (_to_convoke, _convoke),
            (_to_sign, send_links),
            (_over, _ask_hot),
            (_three_months_over, _ask_cold),
            (_unmade, _make),
        )
    )


def _out_of_time(now: datetime) -> list[int]:
    rows = Enrolment.objects.filter(expires_at__lte=now).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:AT_ONCE])


def _end_out_of_time(key: int, now: datetime) -> int:
    return enrolment_ends.end_out_of_time(enrolment_id=key, now=now)


def _called_off(now: datetime) -> list[int]:
    rows = Enrolment.objects.going().filter(
        training_session__session__status=SessionStatus.CANCELLED
    )
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


def _end_with_session(key: int, now: datetime) -> int:
    return enrolment_ends.end_with_session(enrolment_id=key, now=now)


def _moved(now: datetime) -> list[int]:
    """Return the sessions that were moved since they were last followed."""
    rows = TrainingSession.objects.filter(
        followed_sequence__lt=F("session__moved_sequence"), closed_at=None,
        session__ends_at__gt=now, session__status=SessionStatus.PUBLISHED,
    )  # fmt: skip
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


def _follow(key: int, now: datetime) -> int:
    return trainings.follow_session(training_session_id=key, now=now)


def _to_convoke(now: datetime) -> list[int]:
    """Return the trainees whose convocation is due: J−10, or as soon as the agreement is signed."""
    rows = Trainee.objects.filter(
        convoked_at=None,
        enrolment__in=Enrolment.objects.signed(),
        enrolment__training_session__session__starts_at__range=(now, now + _FARTHEST),
    ).select_related("enrolment__training_session__session")
    return [
        row.pk
        for row in rows.order_by("pk")[:AT_ONCE]
        for session in [row.enrolment.training_session.session]
        if training_rules.convoke_at(session.starts_at, session.clock) <= now
    ]


def _convoke(key: int, now: datetime) -> int:
    return trainings.convoke(trainee_id=key, now=now)


def _to_sign(now: datetime) -> list[int]:
    rows = HalfDay.objects.filter(
        links_sent_at=None, starts_at__lte=now, ends_at__gt=now,
        training_session__session__status=SessionStatus.PUBLISHED,
    )  # fmt: skip
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic(durable=True)
def send_links(half_day_id: int, now: datetime) -> int:
    """Send, at the start of a half-day, each person the link with which they sign it. Once."""
    rows = HalfDay.objects.select_for_update(of=("self",), skip_locked=True)
    half = (
        rows.select_related("training_session__session__room", "training_session__training")
        .filter(pk=half_day_id, links_sent_at=None)
        .first()
    )
    if half is None:
        return 0
    half.links_sent_at = now
    half.save(update_fields=["links_sent_at"])
    own = half.training_session
    people: list[Trainee | Trainer] = [*trainings.seated(own), *own.trainers.order_by("pk")]
    for person in people:
        tell_signing(own, half, person, now=now)
    return 1


def _unmade(now: datetime) -> list[int]:
    rows = TrainingDocument.objects.unmade().filter(issued_at__lte=now).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:AT_ONCE])


def _make(key: int, now: datetime) -> int:
    return int(training_documents.make(document_id=key, now=now))


def _over(now: datetime) -> list[int]:
    rows = TrainingSession.objects.filter(
        hot_asked_at=None,
        session__ends_at__lte=now,
        session__status=SessionStatus.PUBLISHED,
        closed_at=None,
    )
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


def _ask_hot(key: int, now: datetime) -> int:
    done = trainings.ask_satisfaction(
        training_session_id=key, moment=SatisfactionMoment.HOT, now=now
    )
    return min(done, 1)


def _three_months_over(now: datetime) -> list[int]:
    rows = TrainingSession.objects.filter(
        cold_asked_at=None,
        session__ends_at__lte=now - _COLD_FROM,
        session__status=SessionStatus.PUBLISHED,
        closed_at=None,
    ).select_related("session")
    return [
        row.pk
        for row in rows.order_by(F("session__ends_at"), "pk")[:AT_ONCE]
        if training_rules.cold_window(row.session.ends_at, row.session.clock)[0] <= now
    ]


def _ask_cold(key: int, now: datetime) -> int:
    done = trainings.ask_satisfaction(
        training_session_id=key, moment=SatisfactionMoment.COLD, now=now
    )
    return min(done, 1)
