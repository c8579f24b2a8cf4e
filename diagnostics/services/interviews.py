"""An interview on site: begun, followed act by act, concluded, signed by both, then frozen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from diagnostics.assessing import assess
from diagnostics.enums import ActKind, Depth, Stage
from diagnostics.interview_log import LONGEST_NOTE, NOTE, Act, Facts, facts_of
from diagnostics.models import (
    Adviser,
    Appointment,
    Diagnostic,
    EvidencePhoto,
    InterviewAct,
    ReferentialVersion,
    Synthesis,
)
from diagnostics.services.progress import first_of, next_for, settle, version_for
from diagnostics.services.reference import referential_of
from directory.models import Company
from emn.lib.errors import DomainError
from emn.questionnaires import services as questionnaires
from emn.questionnaires.definition import Definition
from emn.questionnaires.models import Answer, Run
from emn.questionnaires.paths import fault_of, is_storable, way
from emn.questionnaires.services import RunIncomplete

PHOTO_SIDE_PX = 1600
MOST_PHOTOS = 60
TRADE = "trade"  # the question that the register answers


class InterviewRefused(DomainError):
    """The interview cannot be begun, followed or closed so."""


@dataclass(frozen=True, slots=True)
class Noted:
    """What an act came to. `is_late`: it came after the signature, and counts for nothing."""

    client_id: UUID
    is_late: bool


@transaction.atomic(durable=True)
def start(
    *, appointment_id: UUID, user_id: int, now: datetime, language: str = "fr"
) -> Diagnostic:  # fmt: skip
    """Begin the interview of an appointment, T1 or T2 when it is due; twice is once.

    One that the adviser began without an appointment is gone on with.

    `language`: that of the questions. What the company said of itself, in its last flash diagnostic
    of the same version, and what the register says of its trade, is declared from the start.

    Raises Appointment.DoesNotExist (not one of this adviser's), or InterviewRefused (called off; no
    version).
    """
    rows = Appointment.objects.select_for_update(of=("self",)).select_related("company", "adviser")
    appointment = rows.get(pk=appointment_id, adviser__user=user_id)
    if known := Diagnostic.objects.filter(appointment=appointment).first():
        return known
    if appointment.cancelled_at is not None:
        raise InterviewRefused(_("Cette visite est annulée."))
    if begun := begun_before(appointment, lock=True):
        begun.appointment = appointment
        begun.save(update_fields=["appointment"])
        return begun
    return _begin(
        company=appointment.company, adviser=appointment.adviser, appointment=appointment,
        language=language, user_id=user_id, now=now,
    )  # fmt: skip


def begun_before(appointment: Appointment, *, lock: bool = False) -> Diagnostic | None:
    """Return T1 or T2 that this adviser began without an appointment, and that is not signed."""
    first = first_of(appointment.company_id, Depth.ON_SITE)
    if first is None:
        return None
    rows = first.followed_by.filter(
        adviser=appointment.adviser_id, appointment=None, signed_at=None
    )
    if lock:
        Diagnostic.objects.select_for_update(of=("self",), no_key=True).get(pk=first.pk)
        rows = rows.select_for_update(of=("self",))
    return rows.order_by("pk").first()


@transaction.atomic(durable=True)
def start_next(*, diagnostic_id: int, user_id: int, now: datetime) -> Diagnostic:
    """Begin T1 or T2 after a signed visit of this adviser, without an appointment; twice is once.

    The questions are asked in the language of the first visit.

    Raises Diagnostic.DoesNotExist, or InterviewRefused (not due; a later start was made).
    """
    rows = Diagnostic.objects.first_of_company().select_related("company", "adviser", "run")
    first = rows.select_for_update(of=("self",), no_key=True).get(
        pk=diagnostic_id, adviser__user=user_id, depth=Depth.ON_SITE
    )
    if known := first.followed_by.filter(signed_at=None).order_by("pk").first():
        return known
    assert first.company is not None and first.adviser is not None  # noqa: PT018 -- of every visit
    stage, followed = next_for(first.company.pk, Depth.ON_SITE, now=now)
    if followed != first or stage == Stage.T0:
        raise InterviewRefused(_("Il est trop tôt, ou une visite plus récente sert de départ."))
    return _begin(
        company=first.company, adviser=first.adviser, appointment=None,
        language=first.run.language, user_id=user_id, now=now,
    )  # fmt: skip


def _begin(
    *,
    company: Company,
    adviser: Adviser,
    appointment: Appointment | None,
    language: str,
    user_id: int,
    now: datetime,
) -> Diagnostic:
    """Begin the interview that is due, and declare what is known: what the company said since.

    A year later, nothing of the first visit is declared again: an old answer would hold the pen.
    """
    stage, first = next_for(company.pk, Depth.ON_SITE, now=now)
    version = version_for(first)
    if version is None:
        raise InterviewRefused(_("Aucune version du référentiel n’est publiée."))
    run = questionnaires.start_run(version_id=version.on_site_id, language=language, now=now)
    diagnostic = Diagnostic.objects.create(
        referential=version, run=run, depth=Depth.ON_SITE, stage=stage, follows=first,
        company=company, claimed_at=now, adviser=adviser, appointment=appointment,
    )  # fmt: skip
    definition = definition_of(diagnostic)
    known_answers = _already_said(company, version, since=first.signed_at if first else None)
    InterviewAct.objects.bulk_create(
        InterviewAct(
            diagnostic=diagnostic, client_id=uuid4(), kind=ActKind.DECLARED, question=code,
            value=value, acted_at=now, received_at=now, by_id=user_id,
        )
        for code, value in known_answers.items()
        if code in definition.questions and fault_of(definition.questions[code], value) is None
    )  # fmt: skip
    return diagnostic


def _already_said(
    company: Company, version: ReferentialVersion, *, since: datetime | None
) -> dict[str, Any]:
    said: dict[str, Any] = {TRADE: company.naf_code} if company.naf_code else {}
    flash = Diagnostic.objects.finished().filter(
        company=company, depth=Depth.FLASH, referential=version
    )
    if since is not None:
        flash = flash.filter(run__finished_at__gt=since)
    last = flash.order_by("-claimed_at", "-pk").values("run_id").first()
    if last:
        rows = Answer.objects.filter(run=last["run_id"], value__isnull=False)
        said |= dict(rows.values_list("question", "value"))
    return said


def definition_of(diagnostic: Diagnostic) -> Definition:
    """Return the questions of an interview; they are read once a process."""
    return referential_of(diagnostic.referential_id).definitions[Depth.ON_SITE]


def facts(diagnostic: Diagnostic) -> Facts:
    """Return what holds (one query)."""
    rows = InterviewAct.objects.filter(diagnostic=diagnostic, is_late=False)
    found = rows.values_list("client_id", "kind", "question", "value", "acted_at")
    return facts_of(Act(*row) for row in found)


def photos_of(diagnostic: Diagnostic) -> dict[str, list[int]]:
    """Return the keys of the photos of each question (one query)."""
    found: dict[str, list[int]] = {}
    for key, code in diagnostic.photos.order_by("pk").values_list("pk", "question"):
        found.setdefault(code, []).append(key)
    return found


def is_sound(definition: Definition, act: Act) -> bool:
    """Tell whether an act says something that its question can hear."""
    question = definition.questions.get(act.question)
    if question is None or act.kind not in ActKind.values:
        return False
    if act.kind == NOTE:
        return act.value is None or (
            isinstance(act.value, str) and is_storable(act.value, LONGEST_NOTE)
        )
    return act.value is None or fault_of(question, act.value) is None


@transaction.atomic(durable=True)
def note(
    *, diagnostic_id: int, acts: Sequence[Act], user_id: int, now: datetime
) -> list[Noted | None]:
    """Add these acts to the log, in one statement; None for one that is no act of this interview.

    The same act sent twice is one row, and changes nothing the second time: a device whose answer
    was lost may send again what was concluded and signed since. An act is never dated after it
    came. After the signature, or once dropped, it is kept, and counts for nothing.

    Raises Diagnostic.DoesNotExist (not one of this adviser's).
    """
    diagnostic = _locked(diagnostic_id, user_id)
    definition = definition_of(diagnostic)
    is_late = diagnostic.signed_at is not None or diagnostic.dropped_at is not None
    sound = [act for act in acts if is_sound(definition, act)]
    sent = InterviewAct.objects.filter(
        diagnostic=diagnostic, client_id__in=[act.client_id for act in sound]
    )
    before = sent.count()
    InterviewAct.objects.bulk_create(
        [
            InterviewAct(
                diagnostic=diagnostic, client_id=act.client_id, kind=act.kind,
                question=act.question, value=act.value, acted_at=min(act.at, now),
                received_at=now, by_id=user_id, is_late=is_late,
            )
            for act in sound
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    mine = dict(sent.values_list("client_id", "is_late"))
    if len(mine) > before and not is_late:
        Run.objects.filter(pk=diagnostic.run_id).update(touched_at=now)
        if diagnostic.result is not None:
            _open_again(diagnostic, now=now)
    return [
        Noted(act.client_id, mine[act.client_id])
        if act in sound and act.client_id in mine
        else None
        for act in acts
    ]


def _open_again(diagnostic: Diagnostic, *, now: datetime) -> None:
    """Go back to the interview: what was concluded of other answers is concluded again."""
    questionnaires.reopen_run(run_id=diagnostic.run_id, now=now)
    diagnostic.result, diagnostic.progress = None, None
    diagnostic.save(update_fields=["result", "progress"])
    diagnostic.signatures.all().delete()
    Synthesis.objects.filter(diagnostic=diagnostic).update(shown=None)


@transaction.atomic(durable=True)
def add_photo(
    *,
    diagnostic_id: int,
    client_id: UUID,
    question: str,
    picture: bytes,
    at: datetime,
    user_id: int,
    now: datetime,
) -> EvidencePhoto:
    """Keep a photo that `emn.lib.images` wrote again; sent twice, it is kept once.

    Raises Diagnostic.DoesNotExist, or InterviewRefused (signed, too many, an unknown question).
    """
    diagnostic = _locked(diagnostic_id, user_id)
    known = EvidencePhoto.objects.filter(client_id=client_id).first()
    if known and known.diagnostic_id == diagnostic.pk:
        return known
    if diagnostic.signed_at is not None:
        raise InterviewRefused(_("Ce pré-diagnostic est signé : il ne change plus."))
    _refuse_dropped(diagnostic)
    if known or question not in definition_of(diagnostic).questions:
        raise InterviewRefused(_("Cette photo ne va avec aucune question."))
    if diagnostic.photos.count() >= MOST_PHOTOS:
        raise InterviewRefused(
            _("Une visite garde %(count)s photos au plus.") % {"count": MOST_PHOTOS}
        )
    photo = EvidencePhoto(
        diagnostic=diagnostic, client_id=client_id, question=question, taken_at=min(at, now),
        received_at=now, by_id=user_id,
    )  # fmt: skip
    photo.file.save(f"{client_id}.webp", ContentFile(picture), save=False)
    try:
        photo.save()
    except BaseException:
        photo.file.delete(save=False)  # a row that is not written leaves no file behind
        raise
    return photo


@transaction.atomic(durable=True)
def conclude(*, diagnostic_id: int, user_id: int, now: datetime) -> Diagnostic:
    """Close the interview and compute its result, from what was observed, else declared.

    Twice is once. Raises Diagnostic.DoesNotExist, or InterviewRefused naming what is missing.
    """
    diagnostic = _locked(diagnostic_id, user_id)
    _refuse_dropped(diagnostic)
    if diagnostic.result is not None:
        return diagnostic
    answers = way(definition_of(diagnostic), facts(diagnostic).answers).kept
    Answer.objects.filter(run=diagnostic.run_id).delete()
    Answer.objects.bulk_create(
        Answer(run_id=diagnostic.run_id, question=code, value=value, revision=1, answered_at=now)
        for code, value in answers.items()
    )
    try:
        _run, kept = questionnaires.finish_run(run_id=diagnostic.run_id, now=now)
    except RunIncomplete as missing:
        title = missing.page.section.title.say("fr")
        raise InterviewRefused(
            _("Il manque des réponses dans « %(axis)s ».") % {"axis": title}
        ) from missing
    diagnostic.result = assess(
        referential_of(diagnostic.referential_id), Depth.ON_SITE, kept.answers
    )
    diagnostic.save(update_fields=["result", *settle(diagnostic, kept, now=now)])
    return diagnostic


@transaction.atomic(durable=True)
def drop(*, diagnostic_id: int, user_id: int, reason: str, now: datetime) -> Diagnostic:
    """Give up an interview that nobody signed; what was noted stays. Twice is once.

    Its stage and its appointment are free again: another interview may be begun.

    Raises Diagnostic.DoesNotExist, or InterviewRefused (signed, no reason).
    """
    diagnostic = _locked(diagnostic_id, user_id)
    if diagnostic.dropped_at is not None:
        return diagnostic
    if diagnostic.signed_at is not None:
        raise InterviewRefused(_("Ce pré-diagnostic est signé : il ne change plus."))
    if not reason.strip():
        raise InterviewRefused(_("Dites pourquoi : la raison reste avec ce qui a été noté."))
    diagnostic.signatures.all().delete()
    diagnostic.dropped_at, diagnostic.dropped_reason = now, reason.strip()
    diagnostic.follows = diagnostic.appointment = diagnostic.progress = None
    diagnostic.save(
        update_fields=["dropped_at", "dropped_reason", "follows", "appointment", "progress"]
    )
    return diagnostic


def acts_of(changes: Iterable[tuple[str, str, Any]], *, now: datetime) -> list[Act]:
    """Make acts of (kind, question, value), for a form without script."""
    return [Act(uuid4(), kind, question, value, now) for kind, question, value in changes]


def own(diagnostic_id: int, user_id: int) -> Diagnostic:
    """Return an interview of this adviser, with what its pages show (one query).

    Raises Diagnostic.DoesNotExist.
    """
    rows = Diagnostic.objects.filter(adviser__user=user_id, depth=Depth.ON_SITE)
    return rows.select_related(
        "run", "company__commune", "adviser__user", "appointment", "follows__run"
    ).get(pk=diagnostic_id)


def adviser_of(user_id: int) -> Adviser | None:
    """Return the adviser that an agent is."""
    return Adviser.objects.select_related("user").filter(user=user_id).first()


def _refuse_dropped(diagnostic: Diagnostic) -> None:
    if diagnostic.dropped_at is not None:
        raise InterviewRefused(_("Cet entretien est abandonné : il ne change plus."))


def _locked(diagnostic_id: int, user_id: int) -> Diagnostic:
    rows = Diagnostic.objects.select_for_update(of=("self",))
    return rows.get(pk=diagnostic_id, adviser__user=user_id, depth=Depth.ON_SITE)
