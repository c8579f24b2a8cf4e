"""Answering: begin, and hand in. Questions are kept page by page by `emn.questionnaires`.

A link is the token of a drawn unit, or the key of an open survey. A run has its own key. In an
anonymous survey no row says which link began a run: the page's address carries both, the database
neither; what is handed in leaves the run for an `AnonymousSheet` (R2.13).
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from emn.questionnaires import services as questionnaires
from emn.questionnaires.models import Answer, Run
from observatory.models import AnonymousSheet, AnswerSheet, DrawnUnit, Survey
from observatory.services.surveys import peers
from observatory.services.surveys.errors import AlreadyAnswered, SurveyClosed, SurveyFull
from observatory.survey_enums import Mode, Outcome, SurveyState


@dataclass(frozen=True)
class Door:
    """What a link opens: a survey, and the unit that it was given to (None: the open link)."""

    survey: Survey
    unit: DrawnUnit | None

    @property
    def has_answered(self) -> bool:
        """Whether the link is used up."""
        return self.unit is not None and self.unit.outcome != Outcome.WAITING

    @property
    def group(self) -> str:
        """Which peers its answers are compared with; empty: everybody."""
        return "" if self.unit is None or self.survey.is_anonymous else self.unit.stratum.code


def door(token: str) -> Door | None:
    """Return what a link opens, whatever the survey's state; None when it is nobody's."""
    surveys = "survey__version", "survey__sector", "stratum"
    unit = DrawnUnit.objects.select_related(*surveys).filter(token=token).first()
    if unit is not None:
        return Door(unit.survey, unit)
    survey = Survey.objects.select_related("version").filter(open_key=token).first()
    return Door(survey, None) if survey is not None and survey.is_open_link else None


def run_of(door: Door, key: str) -> Run | None:
    """Return the run that a page's address names, if it may belong to that link (one query)."""
    runs = Run.objects.filter(key=key, version=door.survey.version_id)
    if door.survey.is_anonymous:
        return runs.filter(sheet=None, diagnostic=None).first()
    runs = runs.filter(sheet__survey=door.survey, sheet__unit=door.unit)
    return runs.select_related("sheet").first()


@transaction.atomic(durable=True)
def begin(*, token: str, language: str, now: datetime, mode: Mode = Mode.WEB) -> Run:
    """Begin to answer, or go on with what the link began already.

    Raises SurveyClosed, SurveyFull, or AlreadyAnswered.
    """
    found = _open_door(token)
    survey, unit = found.survey, found.unit
    if found.has_answered:
        raise AlreadyAnswered(_("Ce lien a déjà servi : merci de votre réponse."))
    if unit is not None and not survey.is_anonymous:
        known = AnswerSheet.objects.select_related("run").filter(unit=unit).first()
        if known is not None:
            if known.mode != mode:
                known.mode = mode
                known.save(update_fields=["mode"])
            return known.run
    _refuse_when_full(survey)
    run = questionnaires.start_run(version_id=survey.version_id, language=language, now=now)
    if not survey.is_anonymous:
        AnswerSheet.objects.create(survey=survey, unit=unit, run=run, mode=mode)
    return run


@transaction.atomic(durable=True)
def submit(*, token: str, key: str, now: datetime) -> Door:
    """Hand the answers in: they count from now on, and do not change. Twice is once.

    Raises SurveyClosed, SurveyFull, AlreadyAnswered, RunIncomplete, or Run.DoesNotExist (not of
    that link).
    """
    found = _open_door(token)
    survey, unit = found.survey, found.unit
    run = run_of(found, key)
    if run is None:
        if found.has_answered:
            return found  # the anonymous one is gone with the answers
        raise Run.DoesNotExist
    if not survey.is_anonymous and run.sheet.submitted_at is not None:
        return found
    if found.has_answered:
        raise AlreadyAnswered(_("Ce lien a déjà servi : merci de votre réponse."))
    _refuse_when_full(survey)
    run, kept = questionnaires.finish_run(run_id=run.pk, now=now)
    if survey.is_anonymous:
        AnonymousSheet.objects.create(survey=survey, answers=dict(kept.answers))
        Answer.objects.filter(run=run).delete()
        run.delete()
    else:
        AnswerSheet.objects.filter(run=run).update(submitted_at=now)
    if unit is not None:
        unit.outcome, unit.settled_on = Outcome.ANSWERED, localdate(now)
        unit.save(update_fields=["outcome", "settled_on"])
    peers.renew(survey, found.group)
    return found


def is_full(survey: Survey) -> bool:
    """Tell whether an open link has had all the answers that it takes."""
    return survey.is_open_link and peers.count(survey) >= survey.most_answers


def _refuse_when_full(survey: Survey) -> None:
    if is_full(survey):
        raise SurveyFull(_("Cette enquête a reçu toutes les réponses qu’elle peut prendre."))


def _open_door(token: str) -> Door:
    """Return the link's survey and its unit, locked against another page and against the end."""
    found = door(token)
    if found is None:
        raise Survey.DoesNotExist
    survey = Survey.objects.select_for_update(of=("self",), no_key=True).get(pk=found.survey.pk)
    if survey.state != SurveyState.OPEN:
        raise SurveyClosed(_("Cette enquête est close : elle ne prend plus de réponse."))
    if found.unit is not None:
        locked = DrawnUnit.objects.select_related("stratum").select_for_update(of=("self",))
        return Door(survey, locked.get(pk=found.unit.pk))
    return Door(survey, None)
