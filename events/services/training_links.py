"""What trainings tell: secret links, one purpose each, and the messages that carry them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import override

from emn.mailings.services import Attachment, queue_email
from events.enums import RegistrationStatus, SessionKind
from events.models import (
    Enrolment,
    HalfDay,
    Registration,
    Session,
    Trainee,
    Trainer,
    TrainingSession,
)
from events.services import telling

_ENROLMENT, _TRAINEE = "events.enrolment", "events.trainee"
_TRAINER, _SIGNING, _ROOM = "events.trainer", "events.signing", "events.room"


def _read(value: str, purpose: str) -> Any:
    try:
        return signing.loads(value, salt=purpose)
    except signing.BadSignature:
        return None


def enrolment_token(enrolment_id: int) -> str:
    """Return the secret of the buyer: read, sign, pay, cancel."""
    return signing.dumps(enrolment_id, salt=_ENROLMENT)


def enrolment_of(value: str) -> Enrolment | None:
    """Return the enrolment that the secret opens."""
    rows = Enrolment.objects.select_related(
        "order", "training_session__session__room", "training_session__training"
    )
    return rows.filter(pk=_read(value, _ENROLMENT) or 0, forgotten_at=None).first()


def trainee_token(trainee_id: int) -> str:
    """Return the secret of one trainee: positioning, half-days, satisfaction, own documents."""
    return signing.dumps(trainee_id, salt=_TRAINEE)


def trainee_of(value: str) -> Trainee | None:
    """Return the trainee that the secret opens."""
    rows = Trainee.objects.select_related(
        "registration__pool",
        "enrolment__order",
        "enrolment__training_session__session__room",
        "enrolment__training_session__training",
    )
    found = rows.filter(pk=_read(value, _TRAINEE) or 0, registration__forgotten_at=None)
    return found.first()


def trainer_token(training_session_id: int, trainer_id: int) -> str:
    """Return the secret of one trainer for one session."""
    return signing.dumps([training_session_id, trainer_id], salt=_TRAINER)


def trainer_of(value: str) -> tuple[TrainingSession, Trainer] | None:
    """Return the session and the trainer that the secret opens, while they teach it."""
    keys = _read(value, _TRAINER)
    if keys is None:
        return None
    rows = TrainingSession.objects.select_related("session__room", "training")
    found = rows.filter(pk=keys[0], trainers=keys[1]).first()
    return None if found is None else (found, Trainer.objects.get(pk=keys[1]))


def signing_token(half_day_id: int, *, trainee_id: int = 0, trainer_id: int = 0) -> str:
    """Return the secret with which one person signs one half-day, once."""
    return signing.dumps([half_day_id, trainee_id, trainer_id], salt=_SIGNING)


def signing_of(value: str) -> tuple[HalfDay, Trainee | None, Trainer | None] | None:
    """Return the half-day and the person that the secret is for."""
    keys = _read(value, _SIGNING)
    if keys is None:
        return None
    half_day = _half_day(keys[0])
    trainees = Trainee.objects.select_related("registration", "enrolment")
    trainee = trainees.filter(pk=keys[1], registration__forgotten_at=None).first()
    trainer = Trainer.objects.filter(pk=keys[2]).first()
    return None if half_day is None or not (trainee or trainer) else (half_day, trainee, trainer)


def room_token(half_day_id: int) -> str:
    """Return the secret of a half-day, that its QR code shows in the room."""
    return signing.dumps(half_day_id, salt=_ROOM)


def room_of(value: str) -> HalfDay | None:
    """Return the half-day that the code of the room is for."""
    return _half_day(_read(value, _ROOM) or 0)


def _half_day(key: int) -> HalfDay | None:
    rows = HalfDay.objects.select_related("training_session__session__room")
    return rows.filter(pk=key).first()


def page_of_session(session: Session) -> str:
    """Return where one enrols, for a session that is a training's; nothing for another."""
    if session.kind != SessionKind.TRAINING:
        return ""
    own = TrainingSession.objects.filter(session=session).select_related("training").first()
    if own is None:
        return ""
    if session.is_private:
        return reverse("trainings:enrol_invited", args=[session.invitation_key])
    return reverse("trainings:enrol", args=[own.training.slug, session.slug])


def page_of_registration(entry: Registration) -> str:
    """Return the page of a trainee; nothing for another registration."""
    if entry.session.kind != SessionKind.TRAINING:
        return ""
    found = Trainee.objects.filter(registration=entry).exists()
    return reverse("trainings:trainee", args=[trainee_token(entry.pk)]) if found else ""


def page_of_offer(entry: Registration) -> str:
    """Return where one enrols with the seats that the waiting list offers; nothing otherwise."""
    is_offer = entry.status == RegistrationStatus.OFFERED
    if entry.session.kind != SessionKind.TRAINING or not is_offer:
        return ""
    return reverse("trainings:enrol_offered", args=[telling.token(entry.pk)])


def address(name: str, value: str, *, language: str) -> str:
    """Return the whole address of a page of trainings."""
    with override(language):
        return settings.PUBLIC_URL + reverse(f"trainings:{name}", args=[value])


def enrolment_url(enrolment: Enrolment) -> str:
    """Return the page of the buyer."""
    return address("enrolment", enrolment_token(enrolment.pk), language=enrolment.order.language)


def trainee_url(trainee: Trainee) -> str:
    """Return the page of the trainee."""
    language = trainee.registration.language
    return address("trainee", trainee_token(trainee.pk), language=language)


def trainer_url(training_session_id: int, trainer_id: int) -> str:
    """Return the page of the trainer, in French."""
    value = trainer_token(training_session_id, trainer_id)
    return address("trainer", value, language=settings.LANGUAGE_CODE)


def tell_buyer(
    enrolment: Enrolment,
    kind: str,
    *,
    now: datetime,
    unsolicited: bool = False,
    attachments: Sequence[Attachment] = (),
    **context: object,
) -> None:
    """Write once to the contact of the buyer, with the link of the enrolment."""
    queue_email(
        to=enrolment.order.email,
        template=f"events/trainings/emails/{kind}",
        context={
            "enrolment": enrolment,
            "session": enrolment.training_session.session,
            "training": enrolment.training_session.training,
            "enrolment_url": enrolment_url(enrolment),
            **context,
        },
        language=enrolment.order.language,
        dedup_key=f"events.training.{kind}:{enrolment.pk}",
        unsolicited=unsolicited,
        secret=True,
        attachments=attachments,
        now=now,
    )


def tell_trainee(
    trainee: Trainee,
    kind: str,
    *,
    now: datetime,
    stamp: object = "",
    attachments: Sequence[Attachment] = (),
    **context: object,
) -> None:
    """Write once to a trainee, with the link of their page; nothing to who is forgotten."""
    entry, own = trainee.registration, trainee.enrolment.training_session
    if not entry.email:
        return
    queue_email(
        to=entry.email,
        template=f"events/trainings/emails/{kind}",
        context={
            "trainee": trainee,
            "session": own.session,
            "training": own.training,
            "trainee_url": trainee_url(trainee),
            **context,
        },
        language=entry.language,
        dedup_key=f"events.training.{kind}:{trainee.pk}:{stamp}",
        secret=True,
        attachments=attachments,
        now=now,
    )


def tell_signing(
    own: TrainingSession, half_day: HalfDay, person: Trainee | Trainer, *, now: datetime
) -> None:
    """Write once to somebody the link with which they sign a half-day."""
    if isinstance(person, Trainee):
        value = signing_token(half_day.pk, trainee_id=person.pk)
        url = address("sign", value, language=person.registration.language)
        tell_trainee(
            person, "half_day", now=now, stamp=half_day.pk, half_day=half_day, sign_url=url
        )
    else:
        value = signing_token(half_day.pk, trainer_id=person.pk)
        url = address("sign", value, language=settings.LANGUAGE_CODE)
        tell_trainer(
            own, person, "half_day_trainer", now=now, stamp=half_day.pk, half_day=half_day,
            sign_url=url,
        )  # fmt: skip


def tell_trainer(
    own: TrainingSession, trainer: Trainer, kind: str, *, now: datetime, stamp: object = "",
    **context: object,
) -> None:  # fmt: skip
    """Write once to a trainer who has an address."""
    if not trainer.email:
        return
    queue_email(
        to=trainer.email,
        template=f"events/trainings/emails/{kind}",
        context={
            "trainer": trainer,
            "session": own.session,
            "training": own.training,
            "trainer_url": trainer_url(own.pk, trainer.pk),
            **context,
        },
        dedup_key=f"events.training.{kind}:{own.pk}.{trainer.pk}:{stamp}",
        secret=True,
        now=now,
    )
