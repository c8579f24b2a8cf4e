"""Micro-surveys of the letter: answered once a reader, counted once they are over.

An answer is added to a sum and not kept: nothing joins it to who gave it, not even the order of
rows (R2.13). The sums and the readers go when the survey is counted: only shares stay, of thirty
readers at the least, as of any volunteers (R6.16).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from emn.lib.clocks import each
from emn.lib.page_cache import touch
from emn.mailings.models import Subscriber
from emn.questionnaires.definition import Kind, Question
from emn.questionnaires.services import definition_of
from observatory.models import MicroSurvey, MicroSurveyReader
from observatory.services.surveys.errors import SurveyClosed
from observatory.statistics.estimation import FEWEST_VOLUNTEERS

MOST_QUESTIONS = 3


def questions_of(survey: MicroSurvey) -> list[Question]:
    """Return its questions, in order."""
    return list(definition_of(survey.version_id).questions.values())


def is_micro(questions: list[Question]) -> bool:
    """Tell whether they fit a letter: three at the most, one answer each, none conditional."""
    return 0 < len(questions) <= MOST_QUESTIONS and all(
        question.kind == Kind.SINGLE and question.when is None for question in questions
    )


@transaction.atomic(durable=True)
def answer(*, code: str, subscriber_id: int, answers: Mapping[str, str], now: datetime) -> None:
    """Count the answers of a reader, once: whoever answered before, or left, changes nothing.

    Raises MicroSurvey.DoesNotExist, or SurveyClosed.
    """
    survey = MicroSurvey.objects.select_for_update(of=("self",), no_key=True).get(code=code)
    if not survey.is_open(now=now):
        raise SurveyClosed(_("Cette enquête est close : elle ne prend plus de réponse."))
    if not Subscriber.objects.filter(pk=subscriber_id).exists():
        return
    _reader, is_first = MicroSurveyReader.objects.get_or_create(
        micro_survey=survey, subscriber_id=subscriber_id,
        defaults={"answered_on": localdate(now)},
    )  # fmt: skip
    if is_first:
        for question, option in answers.items():
            if option:
                given = survey.tally.setdefault(question, {})
                given[option] = given.get(option, 0) + 1
        survey.save(update_fields=["tally"])


def seal_due(*, now: datetime) -> int:
    """Count those whose last day is over; return how many."""
    due = MicroSurvey.objects.filter(sealed_at=None, closes_on__lt=localdate(now)).order_by("pk")
    return each(list(due.values_list("pk", flat=True)), _seal, now=now)


@transaction.atomic(durable=True)
def _seal(key: int, now: datetime) -> int:
    """Count a survey, and forget its readers and its sums."""
    survey = MicroSurvey.objects.select_for_update(of=("self",)).get(pk=key)
    if survey.sealed_at is not None:
        return 0
    survey.results = {
        question.code: _counted(question, survey.tally.get(question.code, {}))
        for question in questions_of(survey)
    }
    survey.tally = {}
    survey.sealed_at = now
    survey.save(update_fields=["results", "tally", "sealed_at"])
    survey.readers.all().delete()
    touch()
    return 1


def _counted(question: Question, given: Mapping[str, int]) -> dict[str, Any]:
    """Return what may be shown: nothing of fewer than thirty, who are no small group (R6.07)."""
    n = sum(given.values())
    if n < FEWEST_VOLUNTEERS:
        return {"secret": True}
    shares = {
        option.code: round(100 * given.get(option.code, 0) / n) for option in question.options
    }
    return {"n": n, "shares": shares}
