"""What a respondent sees at once: how those like it have answered.

Counted anew only when five more have answered (eleven where most are one person), and shown only
from as many on: what two readings differ by is never one firm's answer. Source: R6.02, R6.07.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from emn.questionnaires.definition import Definition, Kind
from emn.questionnaires.models import Answer
from emn.questionnaires.services import definition_of
from observatory.models import AnonymousSheet, AnswerSheet, PeerShares, Survey
from observatory.models.surveys import AnswerSheetQuerySet
from observatory.services.surveys.thresholds import least_of
from observatory.statistics.secrecy import SURVEY

COMPARED = {Kind.SINGLE, Kind.SCALE}


def renew(survey: Survey, group: str) -> None:
    """Count the group and the whole anew if enough came since, in the caller's transaction."""
    for code in {group, ""}:
        _renew(survey, code)


def _renew(survey: Survey, group: str) -> None:
    known = PeerShares.objects.filter(survey=survey, group=group).first()
    n = count(survey, group)
    new = n if known is None else n - known.n
    if new < SURVEY or new < (least := least_of(survey, group)):
        return
    definition = definition_of(survey.version_id)
    shares = shares_of(definition, _answers(survey, group), least=least)
    PeerShares.objects.update_or_create(
        survey=survey, group=group, defaults={"n": n, "shares": shares}
    )


def count(survey: Survey, group: str = "") -> int:
    """Return how many handed their answers in."""
    if survey.is_anonymous:
        return AnonymousSheet.objects.filter(survey=survey).count()
    return _sheets(survey, group).count()


def _sheets(survey: Survey, group: str) -> AnswerSheetQuerySet:
    rows = AnswerSheet.objects.submitted().filter(survey=survey)
    return rows.filter(unit__stratum__code=group) if group else rows


def _answers(survey: Survey, group: str) -> Iterable[tuple[str, Any]]:
    if survey.is_anonymous:
        sheets = AnonymousSheet.objects.filter(survey=survey)
        for answers in sheets.order_by("pk").values_list("answers", flat=True):
            yield from answers.items()
        return
    rows = Answer.objects.filter(run__in=_sheets(survey, group).values("run"))
    yield from rows.order_by("pk").values_list("question", "value")


def shares_of(
    definition: Definition, answers: Iterable[tuple[str, Any]], *, least: int
) -> dict[str, dict[str, int]]:
    """Return question → option → share in %, without what would tell what each has answered."""
    counts: Mapping[str, Counter[str]] = defaultdict(Counter)
    for code, value in answers:
        question = definition.questions.get(code)
        if question is not None and question.kind in COMPARED and value is not None:
            counts[code][str(value)] += 1
    found = {}
    for code, by_option in counts.items():
        asked = by_option.total()
        if asked >= least and max(by_option.values()) < asked:
            found[code] = {option: round(100 * n / asked) for option, n in by_option.items()}
    return found
