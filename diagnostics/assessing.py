"""From the answers of one run to all that its report says. Pure; JSON out, kept with the run."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from diagnostics.planning import plans, rank
from diagnostics.progress import Change, compare, outcome
from diagnostics.referential import Referential
from diagnostics.scoring import Result, Score, dii, dmat, score
from emn.questionnaires.paths import Way, way


def assess(referential: Referential, depth: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of a run, as JSON keeps it; fractions are written «2/3».

    `not_concerned`: questions that no rule applies to the company; `unknown`: those that concern it
    and to which it did not know; `measures`: all that are called, in order; `plans`: one for each
    budget and each number of hours a month.
    """
    followed, result = _followed(referential, depth, answers)
    concerned = {question.code for question in followed.shown}
    questions = referential.scored(depth)
    reds = _reds(referential, concerned, followed.kept)
    called = rank(referential.measures, result.values, reds=[red["code"] for red in reds])
    months = referential.months
    best = plans(
        called,
        budgets=referential.budgets,
        hours=[hours * months for hours in referential.hours_a_month],
    )
    facts = {item.code: item.fact(followed.kept) for item in referential.dii_items}
    index = dii(referential.dii_version, [item.code for item in referential.dii_items], facts)
    maturity = dmat(
        referential.dmat_parts,
        {item.code: item.fact(followed.kept) for item in referential.dmat_items},
    )
    return {
        "axes": {axis: _score(entry) for axis, entry in result.axes.items()},
        "whole": _score(result.whole),
        "asked": sum(question.code in concerned for question in questions),
        "answered": len(result.values),
        "not_concerned": [q.code for q in questions if q.code not in concerned],
        "unknown": [
            q.code for q in questions if q.code in concerned and q.code not in result.values
        ],
        "reds": reds,
        "measures": [
            {
                "code": entry.measure.code,
                "level": entry.level,
                "value": str(entry.value),
                "by": list(entry.by),
                "is_red": entry.is_red,
            }
            for entry in called
        ],
        "plans": [
            {
                "budget": plan.budget,
                "hours_a_month": plan.hours // months,
                "codes": list(plan.codes),
                "cost": plan.cost,
                "hours": plan.time,
            }
            for plan in best
        ],
        "tags": _tags(referential, result.values),
        "dii": {"version": index.version, "points": index.points, "unknown": list(index.unknown)},
        "dmat": {
            "dimensions": {code: _text(value) for code, value in maturity.dimensions.items()},
            "overall": _text(maturity.overall),
        },
    }


def progress(
    referential: Referential,
    depth: str,
    *,
    before: tuple[Mapping[str, Any], Mapping[str, Any]],
    after: tuple[Mapping[str, Any], Mapping[str, Any]],
) -> dict[str, Any]:
    """Return what changed between two runs of one version, as JSON keeps it with the later one.

    `before`, `after`: the answers of each, and its result. `measures`: those that the first called,
    in its order, and what became of each (`diagnostics.progress.Outcome`).
    """
    (answers, result), (later_answers, later_result) = before, after
    _first, start = _followed(referential, depth, answers)
    followed, end = _followed(referential, depth, later_answers)
    found = compare(referential.scored(depth), start, end, thresholds=referential.thresholds)
    concerned = {question.code for question in followed.shown}
    called = {entry["code"] for entry in later_result["measures"]}
    red_by = {entry["code"]: entry["by"] for entry in result["reds"]}
    return {
        "axes": {axis: _change(change) for axis, change in found.axes.items()},
        "whole": _change(found.whole),
        "moved": [
            {"question": code, "is_better": end.values[code] > start.values[code]}
            for code in found.moved
        ],
        "measures": [
            {
                "code": entry["code"],
                "level": entry["level"],
                "outcome": outcome(
                    [
                        *entry["by"],
                        *(
                            red_by[red]
                            for red in sorted(referential.advice[entry["code"]].measure.reds)
                            if red in red_by
                        ),
                    ],
                    is_called=entry["code"] in called,
                    before=start.values,
                    after=end.values,
                    concerned=concerned,
                ),
            }
            for entry in result["measures"]
        ],
    }


def _followed(
    referential: Referential, depth: str, answers: Mapping[str, Any]
) -> tuple[Way, Result]:
    followed = way(referential.definitions[depth], answers)
    concerned = {question.code for question in followed.shown}
    return followed, score(
        referential.scored(depth),
        followed.kept,
        concerned=concerned,
        thresholds=referential.thresholds,
    )


def _change(change: Change) -> dict[str, Any]:
    return {
        "before": _text(change.before),
        "after": _text(change.after),
        "points": _text(change.points),
        "asked": len(change.questions),
    }


def _score(entry: Score) -> dict[str, Any]:
    return {
        "raw": _text(entry.raw),
        "shown": entry.shown,
        "band": entry.band,
        "known": entry.known,
        "applicable": entry.applicable,
    }


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _reds(
    referential: Referential, concerned: set[str], answers: Mapping[str, Any]
) -> list[dict[str, str]]:
    found = {}
    for code, asked in referential.questions.items():
        answer = answers.get(code)
        if code in concerned and isinstance(answer, str) and answer in asked.reds:
            found[asked.reds[answer]] = code
    return [{"code": red, "by": found[red]} for red in referential.reds if red in found]


def _tags(referential: Referential, values: Mapping[str, Fraction]) -> dict[str, dict[str, str]]:
    """Return what crosses the axes (AI, automation): tag → question → value."""
    tags: dict[str, dict[str, str]] = {}
    for code, asked in referential.questions.items():
        for tag in asked.tags:
            if code in values:
                tags.setdefault(tag, {})[code] = str(values[code])
    return tags
