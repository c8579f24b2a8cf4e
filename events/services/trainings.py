"""Training sessions: half-days, evaluation, satisfaction, the closing of the file."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import override

from emn.lib.db import violation_as
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from events import half_days, training_checklist, training_papers, training_queries, training_rules
from events.enums import (
    DocumentKind,
    RegistrationStatus,
    SatisfactionMoment,
    SessionKind,
    SessionStatus,
    SkillLevel,
)
from events.models import (
    Enrolment,
    HalfDay,
    Registration,
    RemoteConnection,
    Satisfaction,
    Session,
    Signature,
    SkillEvaluation,
    Trainee,
    Trainer,
    TrainerChange,
    Training,
    TrainingSession,
)
from events.models.trainings import BEST_SCORE
from events.services import enrolments, training_documents
from events.services.training_links import tell_signing, tell_trainee, tell_trainer

MOST_POSITIONING = 3  # «je sais faire sans aide»


class TrainingRefused(DomainError):
    """The training, or its session, cannot be changed so."""


# --- Before ---


@transaction.atomic(durable=True)
def publish_training(*, training_id: int, now: datetime) -> Training:
    """Put a training in the catalogue; refused while something of R4.03 is empty."""
    training = Training.objects.select_for_update().get(pk=training_id)
    if missing := training_papers.missing_before_registration(training):
        raise TrainingRefused(
            _("Il manque à la fiche : %(items)s.") % {"items": ", ".join(missing)}
        )
    training.is_published, training.changed_at = True, now
    training.save(update_fields=["is_published", "changed_at"])
    touch()
    return training


@transaction.atomic(durable=True)
def open_session(
    *, session_id: int, training_id: int, trainer_ids: Sequence[int], now: datetime
) -> TrainingSession:
    """Make a training session of a session of the agenda, cut in half-days.

    Raises TrainingRefused (not a training, begun, no trainer, opened already).
    """
    session = Session.objects.select_for_update(of=("self",)).get(pk=session_id)
    if session.kind != SessionKind.TRAINING or session.status == SessionStatus.CANCELLED:
        raise TrainingRefused(_("Seule une session de type Formation ouvre un dossier."))
    if session.starts_at <= now:
        raise TrainingRefused(_("La session a commencé."))
    if not trainer_ids:
        raise TrainingRefused(_("Une session de formation a au moins un formateur."))
    if TrainingSession.objects.filter(session=session).exists():
        raise TrainingRefused(_("Cette session a déjà son dossier."))
    own = TrainingSession.objects.create(
        session=session, training_id=training_id, followed_sequence=session.moved_sequence
    )
    own.trainers.set(trainer_ids)
    _set_half_days(own, half_days.cut(session.local_start, session.local_end))
    touch()
    return own


@transaction.atomic(durable=True)
def cut_again(*, training_session_id: int) -> list[HalfDay]:
    """Cut the session in half-days anew; those that are signed stay. Raises TrainingRefused."""
    own = _locked(training_session_id)
    _require_open(own)
    session = own.session
    return _set_half_days(own, half_days.cut(session.local_start, session.local_end))


@transaction.atomic(durable=True)
def follow_session(*, training_session_id: int, now: datetime) -> int:
    """Follow a session that was moved: half-days, orders, seats kept, trainees convoked again.

    Moving asks everyone of the agenda whether they still come; an agreement has said so already.
    A half-day that is signed stays. Return 1 when there was something to follow.
    """
    own = _locked(training_session_id)
    session = own.session
    is_followed = own.followed_sequence >= session.moved_sequence
    if is_followed or own.closed_at is not None or not session.takes_place:
        return 0
    own.followed_sequence = session.moved_sequence
    own.save(update_fields=["followed_sequence"])
    Registration.objects.filter(
        trainee__enrolment__in=Enrolment.objects.signed().filter(training_session=own),
        status=RegistrationStatus.REGISTERED,
    ).update(status=RegistrationStatus.CONFIRMED, confirmed_at=now)
    _set_half_days(own, half_days.cut(session.local_start, session.local_end))
    enrolments.follow_dates(own)
    Trainee.objects.filter(enrolment__training_session=own).update(convoked_at=None)
    touch()
    return 1


@transaction.atomic(durable=True)
def set_half_days(
    *, training_session_id: int, spans: Sequence[tuple[datetime, datetime]]
) -> list[HalfDay]:
    """Set the half-days by hand; those that are signed are among them.

    Raises TrainingRefused (closed, none, outside of the session, one over another, signed).
    """
    own = _locked(training_session_id)
    _require_open(own)
    ordered = sorted(spans)
    session = own.session
    if not ordered:
        raise TrainingRefused(_("Une session compte au moins une demi-journée."))
    signed = {(half.starts_at, half.ends_at): half for half in _signed(own)}
    for span, half in signed.items():
        if span not in ordered:
            raise TrainingRefused(
                _("Cette demi-journée est émargée, elle ne change plus : %(half_day)s.")
                % {"half_day": training_papers.span(half)}
            )
    for start, end in ordered:
        if (start, end) not in signed and not session.starts_at <= start < end <= session.ends_at:
            raise TrainingRefused(_("Une demi-journée tient dans la session."))
    for (_start, end), (start, _end) in pairwise(ordered):
        if start < end:
            raise TrainingRefused(_("Deux demi-journées se chevauchent."))
    return _set_half_days(own, ordered)


@transaction.atomic(durable=True)
def replace_trainer(
    *,
    training_session_id: int,
    former_id: int,
    latter_id: int,
    reason: str,
    by_id: int,
    now: datetime,
) -> TrainerChange:
    """Let somebody teach in the place of a trainer, from now on; what was signed stays.

    Both are told, and the trainees; the new one gets at once the link of the half-day that is
    going on. Raises TrainingRefused (closed, not a trainer of it, teaching it already, no reason).
    """
    own = _locked(training_session_id)
    _require_open(own)
    trainers = {row.pk: row for row in own.trainers.all()}
    if former_id not in trainers:
        raise TrainingRefused(_("Cette personne n’anime pas la session."))
    if latter_id in trainers:
        raise TrainingRefused(_("Cette personne anime déjà la session."))
    if not reason.strip():
        raise TrainingRefused(_("Dites pourquoi : l’historique le garde."))
    latter = Trainer.objects.get(pk=latter_id)
    own.trainers.remove(former_id)
    own.trainers.add(latter)
    for half in own.half_days.filter(
        links_sent_at__isnull=False, starts_at__lte=now, ends_at__gt=now
    ):
        tell_signing(own, half, latter, now=now)
    touch()
    change = TrainerChange.objects.create(
        training_session=own, former_id=former_id, latter=latter, reason=reason.strip(),
        changed_at=now, changed_by_id=by_id,
    )  # fmt: skip
    if own.session.takes_place and now < own.session.ends_at:
        _tell_change(own, change, now=now)
    return change


@transaction.atomic(durable=True)
def position(
    *, trainee_id: int, levels: Mapping[int, int], expectations: str, now: datetime
) -> Trainee:
    """Keep what a trainee says beforehand: 0 to 3 for each objective. Sent again, the last counts.

    Raises TrainingRefused (begun, an objective without a level).
    """
    trainee = _trainee(trainee_id)
    own = trainee.enrolment.training_session
    _require_open(own)
    if own.session.starts_at <= now:
        raise TrainingRefused(_("La formation a commencé : le positionnement est clos."))
    wanted = set(own.training.objectives.values_list("pk", flat=True))
    if set(levels) != wanted or not all(0 <= n <= MOST_POSITIONING for n in levels.values()):
        raise TrainingRefused(_("Dites où vous en êtes pour chaque objectif."))
    trainee.positioning = {
        "levels": {str(key): level for key, level in levels.items()},
        "expectations": expectations.strip(),
    }
    trainee.positioned_at = now
    trainee.save(update_fields=["positioning", "positioned_at"])
    with override(training_papers.LANGUAGE):
        paper = training_papers.positioning(trainee)
    training_documents.issue(own, DocumentKind.POSITIONING, paper, trainee=trainee, now=now)
    return trainee


@transaction.atomic(durable=True)
def convoke(*, trainee_id: int, now: datetime) -> int:
    """Issue the convocation of a trainee whose agreement is signed; it leaves once it is made.

    Once; return 1 when it was issued.
    """
    trainee = _trainee(trainee_id)
    own = trainee.enrolment.training_session
    if trainee.convoked_at is not None or not trainee.enrolment.is_signed:
        return 0
    trainee.convoked_at = now
    trainee.save(update_fields=["convoked_at"])
    with override(training_papers.LANGUAGE):
        paper = training_papers.convocation(trainee)
    training_documents.issue(own, DocumentKind.CONVOCATION, paper, trainee=trainee, now=now)
    return 1


# --- After ---


@transaction.atomic(durable=True)
def evaluate(
    *, trainee_id: int, levels: Mapping[int, str], trainer: Trainer, now: datetime
) -> Trainee:
    """Write where a trainee stands with each objective; written again, the last counts.

    Raises TrainingRefused (closed, not begun, an objective without a level).
    """
    trainee = _trainee(trainee_id)
    own = trainee.enrolment.training_session
    _require_open(own)
    if now < own.session.starts_at:
        raise TrainingRefused(_("La formation n’a pas commencé."))
    wanted = set(own.training.objectives.values_list("pk", flat=True))
    if set(levels) != wanted or not set(levels.values()) <= set(SkillLevel.values):
        raise TrainingRefused(_("Chaque objectif reçoit un niveau."))
    for key, level in levels.items():
        SkillEvaluation.objects.update_or_create(
            trainee=trainee,
            objective_id=key,
            defaults={"level": level, "trainer": trainer, "evaluated_at": now},
        )
    trainee.evaluated_at = now
    trainee.save(update_fields=["evaluated_at"])
    return trainee


@transaction.atomic(durable=True)
def answer_satisfaction(
    *, trainee_id: int, moment: SatisfactionMoment, score: int, useful: int, comment: str,
    now: datetime,
) -> Satisfaction:  # fmt: skip
    """Keep what a trainee thinks; once for each moment.

    Raises TrainingRefused (not the time for it, said already).
    """
    trainee = _trainee(trainee_id)
    if moment not in moments_open(trainee, now=now):
        raise TrainingRefused(_("Ce questionnaire n’est pas ouvert."))
    if not (1 <= score <= BEST_SCORE and 1 <= useful <= BEST_SCORE):
        raise TrainingRefused(_("Une note va de 1 à 5."))
    with violation_as(
        TrainingRefused(_("Vous avez déjà répondu : merci.")),
        model=Satisfaction,
        constraint="events_satisfaction_once_per_moment",
    ):
        row = Satisfaction.objects.create(
            trainee=trainee, moment=moment, score=score, useful=useful, comment=comment.strip(),
            answered_at=now,
        )  # fmt: skip
    touch()
    return row


def moments_open(trainee: Trainee, *, now: datetime) -> list[SatisfactionMoment]:
    """Return which questionnaires the trainee may answer now, not answered yet."""
    own = trainee.enrolment.training_session
    session = own.session
    if not trainee.enrolment.is_signed or now < session.ends_at:
        return []
    first, last = training_rules.cold_window(session.ends_at, session.clock)
    moment = SatisfactionMoment.COLD if first <= now else SatisfactionMoment.HOT
    if now >= last or trainee.satisfactions.filter(moment=moment).exists():
        return []
    return [moment]


@transaction.atomic(durable=True)
def ask_satisfaction(*, training_session_id: int, moment: SatisfactionMoment, now: datetime) -> int:
    """Ask every trainee who was seated; once for each moment. Return how many were asked."""
    own = _locked(training_session_id)
    name = f"{moment}_asked_at"
    if getattr(own, name) is not None or now < own.session.ends_at:
        return 0
    setattr(own, name, now)
    own.save(update_fields=[name])
    trainees = seated(own)
    for trainee in trainees:
        tell_trainee(trainee, f"satisfaction_{moment}", now=now)
    return len(trainees)


@transaction.atomic(durable=True)
def close(*, training_session_id: int, by_id: int, now: datetime) -> TrainingSession:
    """Close the file: it is whole, and changes no more (R4.07).

    Raises TrainingRefused, which names all that is missing.
    """
    own = _locked(training_session_id)
    if own.closed_at is not None:
        return own
    missing = [line for line in training_checklist.of(own, now=now) if not line.is_done]
    if missing:
        raise TrainingRefused(
            _("Ce qui manque : %(items)s.") % {"items": ", ".join(line.label for line in missing)}
        )
    own.closed_at, own.closed_by_id = now, by_id
    own.save(update_fields=["closed_at", "closed_by"])
    touch()
    return own


@transaction.atomic(durable=True)
def issue_satisfaction(*, training_session_id: int, now: datetime) -> None:
    """Issue the answers as a paper: each mean with its number of answers."""
    own = _locked(training_session_id)
    _require_open(own)
    figures, said = training_queries.answers_of(own)
    with override(training_papers.LANGUAGE):
        paper = training_papers.satisfaction(own, figures, said)
    training_documents.issue(own, DocumentKind.SATISFACTION, paper, now=now)


# --- Steps ---


def seated(own: TrainingSession) -> list[Trainee]:
    """Return the trainees whose agreement stands, in the order of their names."""
    rows = Trainee.objects.filter(
        enrolment__in=Enrolment.objects.signed().filter(training_session=own),
        registration__ended_at=None,
    ).select_related(
        "registration__pool", "enrolment__order", "enrolment__training_session__session__room",
        "enrolment__training_session__training",
    )  # fmt: skip
    return list(rows.order_by("registration__full_name", "pk"))


def _locked(training_session_id: int) -> TrainingSession:
    rows = TrainingSession.objects.select_for_update(of=("self",))
    return rows.select_related("session__room", "training__product").get(pk=training_session_id)


def _trainee(trainee_id: int) -> Trainee:
    rows = Trainee.objects.select_for_update(of=("self",)).select_related(
        "registration", "enrolment__order", "enrolment__training_session__session__room",
        "enrolment__training_session__training",
    )  # fmt: skip
    return rows.get(pk=trainee_id)


def _signed(own: TrainingSession) -> list[HalfDay]:
    """Return the half-days of which something was signed, or joined: they are as they were."""
    mine = own.half_days.select_related("training_session__session")
    return list(
        mine.filter(
            Exists(Signature.objects.filter(half_day=OuterRef("pk")))
            | Exists(RemoteConnection.objects.filter(half_day=OuterRef("pk")))
        )
    )


def _set_half_days(own: TrainingSession, spans: Iterable[half_days.Span]) -> list[HalfDay]:
    """Bring the half-days to these spans, but where a signed one stands; return them in order.

    One that keeps its start keeps its links. The rows are held: nobody signs meanwhile.
    """
    rows = list(own.half_days.select_for_update().order_by("pk"))
    signed = _signed(own)
    wanted = dict(half_days.without(spans, [(row.starts_at, row.ends_at) for row in signed]))
    kept = {row.pk for row in signed}
    for row in rows:
        if row.pk in kept:
            continue
        end = wanted.pop(row.starts_at, None)
        if end is None:
            row.delete()
        elif end != row.ends_at:
            row.ends_at = end
            row.save(update_fields=["ends_at"])
    HalfDay.objects.bulk_create(
        HalfDay(training_session=own, starts_at=start, ends_at=end) for start, end in wanted.items()
    )
    return list(own.half_days.order_by("starts_at", "pk"))


def _tell_change(own: TrainingSession, change: TrainerChange, *, now: datetime) -> None:
    for trainer, kind in (
        (change.former, "trainer_replaced"),
        (change.latter, "trainer_replaces"),
    ):
        tell_trainer(own, trainer, kind, stamp=change.pk, change=change, now=now)
    for trainee in seated(own):
        tell_trainee(trainee, "trainer_changed", stamp=change.pk, change=change, now=now)


def _require_open(own: TrainingSession) -> None:
    if own.closed_at is not None:
        raise TrainingRefused(_("Cette session est close : son dossier ne change plus."))
