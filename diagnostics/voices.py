"""The second voice (mechanics 5.6): from sums of answers to a score for each axis. Pure.

Eight statements, four answers worth 0 to 3; the axis of a statement is its section. A score comes
from sums alone: nothing here could be tied to one person. The lowest and the highest band are said
without a number, since there everybody would have said the same.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from diagnostics.scoring import FULL, TOP
from emn.questionnaires.definition import Definition

VALUES = {"no": 0, "rather_no": 1, "rather_yes": 2, "yes": 3}
BATCH = 3  # answers: what the company sees is made again every so many
WIDE = 20  # points: beyond, both voices differ enough to talk about it
LOW, HIGH = 25, 75  # below, from: said by their band alone

Sums = Mapping[str, Mapping[str, int]]  # question → answer → how many


def known_of(definition: Definition, sums: Sums) -> dict[str, int]:
    """Return how many had an opinion on each statement."""
    return {
        code: sum(count for answer, count in sums.get(code, {}).items() if answer in VALUES)
        for code in definition.questions
    }


def renewed(definition: Definition, sums: Sums, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the company sees next: the score of each axis, and the opinions behind it.

    An axis whose statements did not each get a batch of opinions since stays as it was: the
    difference of two scores is about as many voices as a score.
    """
    fresh, known = axes_of(definition, sums), known_of(definition, sums)
    axes, behind = dict(before.get("axes", {})), dict(before.get("known", {}))
    for section in definition.sections:
        codes = [question.code for question in section.questions]
        if all(known[code] - behind.get(code, 0) >= BATCH for code in codes):
            behind |= {code: known[code] for code in codes}
            axes[section.code] = fresh[section.code]
        else:
            axes.setdefault(section.code, None)
    return {"axes": axes, "known": behind}


def axes_of(definition: Definition, sums: Sums) -> dict[str, int | None]:
    """Return the score of each axis, rounded down; None where too few had an opinion.

    The lowest band is kept as 0 and the highest as 75: what is kept is what is shown.
    """
    found: dict[str, int | None] = {}
    opinions = known_of(definition, sums)
    for section in definition.sections:
        given = [sums.get(question.code, {}) for question in section.questions]
        known = [opinions[question.code] for question in section.questions]
        points = sum(
            VALUES[answer] * count
            for answers in given
            for answer, count in answers.items()
            if answer in VALUES
        )
        if min(known) < BATCH:
            found[section.code] = None
            continue
        raw = FULL * Fraction(points, TOP * sum(known))
        found[section.code] = 0 if raw < LOW else HIGH if raw >= HIGH else int(raw)
    return found


def topics(
    shown: Mapping[str, int | None], own: Mapping[str, int | None]
) -> Sequence[tuple[str, bool]]:
    """Return the axes where both voices are more than `WIDE` points apart, the widest first.

    Each with whether the people see it better than the company does. The least distance counts: a
    score of the lowest band may be anything under 25, one of the highest anything from 75.
    """
    apart = []
    for axis, theirs in shown.items():
        ours = own.get(axis)
        if theirs is None or ours is None:
            continue
        least, most = _span(theirs)
        distance = max(least - ours, ours - most)
        if distance > WIDE:
            apart.append((distance, axis, ours < least))
    return [(axis, is_better) for _d, axis, is_better in sorted(apart, key=lambda a: (-a[0], a[1]))]


def _span(score: int) -> tuple[int, int]:
    """Return the scores that a score shown may stand for."""
    if score == 0:
        return 0, LOW - 1
    return (HIGH, FULL) if score == HIGH else (score, score)
