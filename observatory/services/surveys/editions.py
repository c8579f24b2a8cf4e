"""Freezing an edition: weights, kept private; figures, protected, which no longer change."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from emn.questionnaires.conditions import UNKNOWN
from emn.questionnaires.definition import Definition, Kind, Question
from emn.questionnaires.services import definition_of
from observatory.models import AnonymousSheet, SheetWeight, Survey, SurveyEdition
from observatory.services.surveys import weighting
from observatory.services.surveys.errors import SurveyRefused
from observatory.services.surveys.thresholds import least_by_domain, least_of
from observatory.services.surveys.weighting import Weighting
from observatory.statistics import intervals
from observatory.statistics.estimation import WHOLE, Figure, Item, Respondent, estimate
from observatory.statistics.intervals import Mark
from observatory.survey_enums import SurveyState
from observatory.survey_secrecy import protect

DIGITS = 4
ROW = "."  # between a matrix and its row


def freeze(survey: Survey, *, now: datetime) -> SurveyEdition:
    """Weigh, estimate, protect and write the next edition, in the caller's transaction.

    Raises SurveyRefused: the survey is open, nobody answered, or no weights meet the margins.
    """
    if survey.state != SurveyState.CLOSED:
        raise SurveyRefused(_("Fermez d’abord l’enquête."))
    weighted = weighting.weigh(survey)
    fewest = least_of(survey)
    if len(weighted.sheets) < fewest:
        raise SurveyRefused(
            _("Moins de %(count)d réponses : aucun chiffre ne peut se montrer.") % {"count": fewest}
        )
    definition = definition_of(survey.version_id)
    figures = estimate(
        [
            Respondent(each.weight, each.sheet.domains, options_of(definition, each.sheet.answers))
            for each in weighted.sheets
        ],
        items_of(definition),
        populations=_populations(weighted),
        strata=1 if survey.is_anonymous else survey.strata.filter(drawn__gt=0).count(),
        is_sample=not survey.is_open_link,
    )
    last = survey.editions.order_by("-number", "-pk").first()
    edition = SurveyEdition.objects.create(
        survey=survey,
        number=last.number + 1 if last else 1,
        method=_method(survey, weighted),
        figures=[as_row(figure) for figure in protect(figures, least_by_domain(survey))],
        frozen_at=now,
    )
    SheetWeight.objects.bulk_create(_weights(edition, weighted))
    return edition


def _populations(weighted: Weighting) -> dict[tuple[str, str], int]:
    whole = {(WHOLE, WHOLE): weighted.population} if weighted.population else {}
    return {**weighted.totals, **whole}


def _weights(edition: SurveyEdition, weighted: Weighting) -> Iterator[SheetWeight]:
    for each in weighted.sheets:
        row = each.sheet.row
        of = {"anonymous": row} if isinstance(row, AnonymousSheet) else {"sheet": row}
        yield SheetWeight(
            edition=edition,
            base=each.base,
            response=each.response,
            calibration=each.calibration,
            **of,
        )


def _method(survey: Survey, weighted: Weighting) -> dict[str, Any]:
    """Return what every figure of the edition carries (R6.17)."""
    weights = [each.weight for each in weighted.sheets]
    n = len(weights)
    assert survey.opened_at is not None
    assert survey.closed_at is not None
    deff = intervals.design_effect(weights)
    return {
        "population": survey.population,
        "source": survey.source,
        "privacy": survey.privacy,
        "representative": not survey.is_open_link,
        "N": weighted.population or None,
        "drawn": weighted.eligible if not survey.is_open_link else None,
        "n": n,
        "response_rate": None if survey.is_open_link else round(n / weighted.eligible, DIGITS),
        "from": localdate(survey.opened_at).isoformat(),
        "to": localdate(survey.closed_at).isoformat(),
        "axes": survey.axes,
        "allocation": survey.allocation,
        "seed": survey.seed,
        "weighting": weighted.method,
        "margins": list(weighted.margins),
        "deff": round(deff, DIGITS),
        "unequal": deff > intervals.WARNED_DEFF,
        "interval": "" if survey.is_open_link else "korn-graubard",
    }


def as_row(figure: Figure) -> dict[str, Any]:
    """Return a figure as it is published: without a number where it may not have one."""
    row: dict[str, Any] = {
        "question": figure.question,
        "option": figure.option,
        "axis": figure.axis,
        "domain": figure.domain,
        "mark": str(figure.mark),
    }
    if figure.mark == Mark.SECRET:
        return row
    row |= {"n": figure.n}
    if figure.mark == Mark.UNRELIABLE:
        return row
    row |= {"share": round(figure.share, DIGITS), "deff": round(figure.deff, DIGITS),
            "n_eff": round(figure.n_eff, 1)}  # fmt: skip
    if figure.published is not None:
        row |= {"low": round(figure.published.low, DIGITS),
                "high": round(figure.published.high, DIGITS)}  # fmt: skip
    return row


# --- From answers to options ---


def items_of(definition: Definition) -> list[Item]:
    """Return what can be counted: choices, scales, each row of a matrix. Free words never are."""
    items: list[Item] = []
    for question in definition.questions.values():
        options = tuple(_options(question))
        if question.kind == Kind.MATRIX:
            items += [Item(f"{question.code}{ROW}{row.code}", options) for row in question.rows]
        elif options:
            items.append(Item(question.code, options))
    return items


def _options(question: Question) -> Iterator[str]:
    if question.kind == Kind.SCALE:
        yield from map(str, range(int(question.least), int(question.most) + 1))
    else:
        yield from question.option_codes
    if question.may_not_know and (question.kind == Kind.SCALE or question.options):
        yield UNKNOWN


def options_of(definition: Definition, answers: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Return the options that a sheet chose, by item."""
    chosen: dict[str, frozenset[str]] = {}
    for code, value in answers.items():
        question = definition.questions.get(code)
        if question is None or value is None:
            continue
        match question.kind:
            case Kind.MATRIX:
                for row in question.rows:
                    said = value if value == UNKNOWN else value[row.code]
                    chosen[f"{code}{ROW}{row.code}"] = frozenset({said})
            case Kind.MULTIPLE:
                chosen[code] = frozenset([value] if value == UNKNOWN else value)
            case Kind.SINGLE | Kind.SCALE:
                chosen[code] = frozenset({str(value)})
    return chosen
