"""Micro-surveys of the letter: answered once a reader, counted once they are over.

Who answered and what was answered stand in two tables that nothing joins (R2.13). Both go when the
survey is counted: only shares stay, of eleven readers at the least.
"""

from collections import Counter
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
from observatory.models import MicroSurvey, MicroSurveyReader, MicroSurveySheet
from observatory.services.surveys.errors import SurveyClosed
from observatory.statistics.secrecy import SOLE_TRADERS, is_revealing_share

MOST_QUESTIONS = 3


def questions_of(survey: MicroSurvey) -> list[Question]:
    """Return its questions, in order."""
    definition = definition_of(survey.version_id)
    return [question for section in definition.sections for question in section.questions]


def is_micro(questions: list[Question]) -> bool:
    """Tell whether they fit a letter: three at the most, one answer each, none conditional."""
    return 0 < len(questions) <= MOST_QUESTIONS and all(
        question.kind == Kind.SINGLE and question.when is None for question in questions
    )


@transaction.atomic(durable=True)
def answer(*, code: str, subscriber_id: int, answers: Mapping[str, str], now: datetime) -> None:
    """Keep the answers of a reader, once: whoever answered before, or left, changes nothing.

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
        MicroSurveySheet.objects.create(micro_survey=survey, answers=dict(answers))


def seal_due(*, now: datetime) -> int:
    """Count those whose last day is over; return how many."""
    due = MicroSurvey.objects.filter(sealed_at=None, closes_on__lt=localdate(now)).order_by("pk")
    return each(list(due.values_list("pk", flat=True)), _seal, now=now)


@transaction.atomic(durable=True)
def _seal(key: int, now: datetime) -> int:
    """Count a survey, and forget its readers and its sheets."""
    survey = MicroSurvey.objects.select_for_update(of=("self",)).get(pk=key)
    if survey.sealed_at is not None:
        return 0
    sheets = list(survey.sheets.order_by("pk").values_list("answers", flat=True))
    survey.results = {each.code: _counted(each, sheets) for each in questions_of(survey)}
    survey.sealed_at = now
    survey.save(update_fields=["results", "sealed_at"])
    survey.readers.all().delete()
    survey.sheets.all().delete()
    touch()
    return 1


def _counted(question: Question, sheets: list[Mapping[str, str]]) -> dict[str, Any]:
    """Return what may be shown: nothing of fewer than eleven, nor what says the same of all."""
    given = Counter(sheet[question.code] for sheet in sheets if sheet.get(question.code))
    n = given.total()
    if n < SOLE_TRADERS:
        return {"secret": True}
    shares = {option.code: 100 * given[option.code] / n for option in question.options}
    if any(is_revealing_share(share, n, SOLE_TRADERS) for share in shares.values()):
        return {"secret": True}
    return {"n": n, "shares": {code: round(share) for code, share in shares.items()}}
