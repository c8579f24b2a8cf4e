"""What changed since the last edition of the same questionnaire, each difference tested (R6.17).

Two independent samples only: volunteers are never compared, nor are figures that are not shown. The
intervals of the design are behind the effective numbers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from observatory.models import Publication, SurveyEdition
from observatory.statistics.estimation import WHOLE
from observatory.statistics.intervals import Difference, compare
from observatory.survey_enums import Source


@dataclass(frozen=True, slots=True)
class Change:
    """One share of the whole, then and now."""

    question: str
    option: str
    before: float
    after: float
    difference: Difference


def edition_before(publication: Publication) -> SurveyEdition | None:
    """Return the edition that the last earlier publication of the same questionnaire rests on.

    Before a draft are all those that are out.
    """
    edition = publication.edition
    if edition is None or edition.survey.source != Source.DRAWN:
        return None
    earlier = (
        Publication.objects.published()
        .filter(
            edition__survey__version__questionnaire=edition.survey.version.questionnaire_id,
            edition__survey__source=Source.DRAWN,
        )
        .exclude(edition__survey=edition.survey_id)
    )
    if publication.published_at is not None:
        earlier = earlier.filter(published_at__lt=publication.published_at)
    last = earlier.select_related("edition__survey").order_by("-published_at", "-pk").first()
    return last.edition if last else None


def changes(before: SurveyEdition, after: SurveyEdition) -> Iterator[Change]:
    """Yield the shares that both show, in the order of the later one."""
    known = {_key(row): row for row in before.figures if _is_shown(row)}
    for row in after.figures:
        old = known.get(_key(row))
        if old is not None and _is_shown(row):
            yield Change(
                row["question"],
                row["option"],
                old["share"],
                row["share"],
                compare(old["share"], old["n_eff"], row["share"], row["n_eff"]),
            )


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["question"], row["option"]


def _is_shown(row: Mapping[str, Any]) -> bool:
    return row["axis"] == WHOLE and "share" in row
