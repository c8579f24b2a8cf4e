"""What each sheet weighs: its chance of being drawn, non-response, margins of the register (R6.13).

Units found out of scope leave the population in the proportion they were drawn. An anonymous survey
knows no stratum: its proportional sample gives every sheet the same weight. Volunteers weigh one
each: they stand for nobody but themselves (R6.18).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from emn.questionnaires.models import Answer
from observatory.models import AnonymousSheet, AnswerSheet, Survey, SurveyStratum
from observatory.services.surveys.errors import SurveyRefused
from observatory.statistics.raking import Margin, RakingFailed, collapse, rake, response_groups
from observatory.survey_enums import Outcome

COLLAPSED_BELOW = (5, 20)  # respondents of a category of a margin; the second when the first fails


@dataclass(frozen=True)
class Sheet:
    """A sheet handed in, whatever the promise; `stratum` is empty where it is not known."""

    row: AnswerSheet | AnonymousSheet
    stratum: str
    domains: Mapping[str, str]
    answers: Mapping[str, Any]


@dataclass(frozen=True)
class Weighted:
    """A sheet and the three factors of its weight."""

    sheet: Sheet
    base: float
    response: float
    calibration: float

    @property
    def weight(self) -> float:
        """How many units it stands for."""
        return self.base * self.response * self.calibration


@dataclass(frozen=True)
class Weighting:
    """The sheets with their weights; `population`: in scope; `words`: the method, in a code.

    `totals`: (axis, value) → units of the population in scope; `margins`: the axes that were met.
    """

    sheets: Sequence[Weighted]
    population: int
    eligible: int
    totals: Mapping[tuple[str, str], int]
    method: str
    margins: Sequence[str]


def weigh(survey: Survey) -> Weighting:
    """Weigh every sheet of a closed survey. Raises SurveyRefused: nobody, or no bounded weights."""
    sheets = _sheets(survey)
    if not sheets:
        raise SurveyRefused(_("Personne n’a répondu : il n’y a rien à figer."))
    if survey.is_open_link:
        alone = [Weighted(sheet, 1.0, 1.0, 1.0) for sheet in sheets]
        return Weighting(alone, 0, len(sheets), {}, "volunteers", ())
    strata = {row.code: row for row in survey.strata.order_by("code", "pk")}
    out = Counter(
        survey.units.filter(outcome=Outcome.OUT_OF_SCOPE).values_list("stratum__code", flat=True)
    )
    drawn = {code: row.drawn - out[code] for code, row in strata.items()}
    sizes = {
        code: row.size * (drawn[code] / row.drawn if row.drawn else 1.0)
        for code, row in strata.items()
    }
    population, eligible = sum(sizes.values()), sum(drawn.values())
    if survey.is_anonymous:
        same = [
            Weighted(sheet, population / eligible, eligible / len(sheets), 1.0) for sheet in sheets
        ]
        return Weighting(same, round(population), eligible, {}, "equal", ())
    return _calibrated(survey, sheets, strata, drawn, sizes)


def _calibrated(
    survey: Survey,
    sheets: Sequence[Sheet],
    strata: Mapping[str, SurveyStratum],
    drawn: Mapping[str, int],
    sizes: Mapping[str, float],
) -> Weighting:
    came = Counter(sheet.stratum for sheet in sheets)
    asked = {code: (count, came[code]) for code, count in drawn.items() if count}
    response = response_groups(asked)
    base = [sizes[sheet.stratum] / drawn[sheet.stratum] for sheet in sheets]
    start = [each * response[sheet.stratum] for each, sheet in zip(base, sheets, strict=True)]
    totals: dict[str, dict[str, float]] = {axis: defaultdict(float) for axis in survey.axes}
    for code, row in strata.items():
        for axis in survey.axes:
            totals[axis][row.domains[axis]] += sizes[code]
    population = sum(sizes.values())
    # The whole first, so that bounds speak of what the margins ask beyond it.
    scale = population / sum(start)
    raked, margins = _raked([each * scale for each in start], sheets, totals)
    weighted = [
        Weighted(sheet, one, response[sheet.stratum] * scale, weight / before)
        for sheet, one, weight, before in zip(
            sheets, base, raked, [each * scale for each in start], strict=True
        )
    ]
    return Weighting(
        weighted,
        round(population),
        sum(drawn.values()),
        {(axis, value): round(n) for axis, of in totals.items() for value, n in of.items()},
        "raking" if margins else "strata",
        margins,
    )


def _raked(
    start: Sequence[float], sheets: Sequence[Sheet], totals: Mapping[str, Mapping[str, float]]
) -> tuple[list[float], list[str]]:
    """Meet the margins within the bounds, small categories collapsed, more of them if need be."""
    for least in COLLAPSED_BELOW:
        margins, axes = [], []
        for axis, targets in totals.items():
            known = {value: total for value, total in targets.items() if total > 0}
            whole = Margin([sheet.domains[axis] for sheet in sheets], known)
            margin = collapse(whole, least=least)
            if len(margin.targets) > 1:
                margins.append(margin)
                axes.append(axis)
        try:
            return [float(weight) for weight in rake(start, margins).weights], axes
        except RakingFailed:
            continue
    raise SurveyRefused(
        _(
            "Aucun calage raisonnable n’atteint les marges du registre : trop peu de réponses dans "
            "des strates. Relancez, ou préparez une enquête avec moins d’axes."
        )
    )


def _sheets(survey: Survey) -> list[Sheet]:
    if survey.is_anonymous:
        rows = AnonymousSheet.objects.filter(survey=survey).order_by("pk")
        return [Sheet(row, "", {}, row.answers) for row in rows]
    found = list(
        AnswerSheet.objects.submitted()
        .filter(survey=survey, unit__isnull=survey.is_open_link)  # who came alone is no sample
        .exclude(unit__outcome=Outcome.OUT_OF_SCOPE)
        .select_related("unit__stratum")
        .order_by("pk")
    )
    answers: dict[Any, dict[str, Any]] = defaultdict(dict)
    rows_of = Answer.objects.filter(run__in=[sheet.run_id for sheet in found])
    for run, question, value in rows_of.order_by("pk").values_list("run", "question", "value"):
        answers[run][question] = value
    return [
        Sheet(row, row.unit.stratum.code, row.unit.domains, answers[row.run_id])
        if row.unit
        else Sheet(row, "", {}, answers[row.run_id])
        for row in found
    ]
