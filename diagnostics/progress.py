"""What changed from one diagnostic to a later one, and from many companies’ to theirs. Pure.

Mechanics 5.8 and R6.22: only the questions answered both times count, with the same version, and
only the axes that are shown both times. What is compared is computed again from these questions
alone, so a score here may differ from that of either report: both sides measure the same thing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from math import sqrt
from statistics import stdev

from diagnostics.scoring import FULL, TOP, Result, Thresholds, Weighed
from emn.lib.calendar import add_months

MONTHS = {"T1": 12, "T2": 24}  # after the first diagnostic
MONTHS_AHEAD = 1  # how long before, it is said and may be begun
POINTS_THAT_COUNT = 5  # a company improves from so many points on (R6.22)
FEWEST = 5  # companies: fewer say nothing of the others (R6.02)

# Student’s t, 97.5 %, by degrees of freedom: between two, the greater interval of the fewer.
_STUDENT = {
    1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262,
    10: 2.228, 11: 2.201, 12: 2.179, 13: 2.160, 14: 2.145, 15: 2.131, 16: 2.120, 17: 2.110,
    18: 2.101, 19: 2.093, 20: 2.086, 21: 2.080, 22: 2.074, 23: 2.069, 24: 2.064, 25: 2.060,
    26: 2.056, 27: 2.052, 28: 2.048, 29: 2.045, 30: 2.042, 40: 2.021, 60: 2.000, 120: 1.980,
}  # fmt: skip


# --- When ---


def stage_due(made_on: date, *, made: Collection[str], today: date) -> str | None:
    """Return the stage that may be begun today after a diagnostic made that day, None for none.

    `made`: the stages that are there. Each opens a month ahead; once T2 is open, T1 is past.
    """
    for stage in ("T2", "T1"):
        if today >= add_months(made_on, MONTHS[stage] - MONTHS_AHEAD):
            return None if stage in made else stage
    return None


# --- One company ---


@dataclass(frozen=True, slots=True)
class Change:
    """A score at both times, over the same questions; None where it cannot be compared."""

    before: Fraction | None
    after: Fraction | None
    questions: tuple[str, ...] = ()

    @property
    def points(self) -> Fraction | None:
        """How many points were won (lost, below zero)."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Progress:
    """What changed: each axis, the whole, and the questions whose answer is worth another value."""

    axes: Mapping[str, Change]
    whole: Change
    moved: tuple[str, ...]


NOTHING = Change(None, None)


def compare(
    questions: Sequence[Weighed], before: Result, after: Result, *, thresholds: Thresholds
) -> Progress:
    """Compare two results of one version, over the questions known both times.

    An axis is compared when both results show it and these questions are enough of what concerned
    the company each time (`axis_known`); the whole is the mean of the compared axes, when there are
    enough of them (`axes_shown`).
    """
    axes = {
        axis: _axis([q for q in questions if q.axis == axis], before, after, thresholds)
        for axis in before.axes
    }
    compared = [change for change in axes.values() if change.points is not None]
    whole = NOTHING
    if len(compared) >= thresholds.axes_shown:
        whole = Change(
            _mean([change.before for change in compared if change.before is not None]),
            _mean([change.after for change in compared if change.after is not None]),
            tuple(code for change in compared for code in change.questions),
        )
    moved = tuple(
        q.code
        for q in questions
        if q.code in before.values
        and q.code in after.values
        and before.values[q.code] != after.values[q.code]
    )
    return Progress(axes, whole, moved)


def _axis(
    questions: Sequence[Weighed], before: Result, after: Result, thresholds: Thresholds
) -> Change:
    both = [q for q in questions if q.code in before.values and q.code in after.values]
    weight = sum(q.weight for q in both)
    if not weight:
        return NOTHING
    for result in (before, after):
        score = result.axes[questions[0].axis]
        is_enough = Fraction(weight, score.applicable) >= thresholds.axis_known
        if score.raw is None or not is_enough:
            return NOTHING
    first, second = (
        sum((q.weight * result.values[q.code] for q in both), Fraction(0))
        for result in (before, after)
    )
    full = Fraction(FULL, TOP * weight)
    return Change(first * full, second * full, tuple(q.code for q in both))


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


class Outcome(StrEnum):
    """What became of a measure that the first diagnostic called."""

    DONE = "done"
    BEGUN = "begun"
    OPEN = "open"
    UNKNOWN = "unknown"
    GONE = "gone"  # it does not concern the company any more


def outcome(
    called_by: Collection[str],
    *,
    is_called: bool,
    before: Mapping[str, Fraction],
    after: Mapping[str, Fraction],
    concerned: Collection[str],
) -> Outcome:
    """Tell what became of a measure, from the answers that had called it.

    `is_called`: the later answers call it too; `concerned`: the questions that then concern the
    company. Nobody says that a measure was done: the answers do.
    """
    if is_called:
        has_moved = any(after[q] > before[q] for q in called_by if q in before and q in after)
        return Outcome.BEGUN if has_moved else Outcome.OPEN
    if any(q in concerned and q not in after for q in called_by):
        return Outcome.UNKNOWN
    return Outcome.DONE if any(q in after for q in called_by) else Outcome.GONE


# --- Many companies ---


@dataclass(frozen=True, slots=True)
class Paired:
    """The mean change of companies measured twice, its 95 % interval, and how many improved."""

    count: int
    mean: float
    low: float
    high: float
    improved: int

    @property
    def share(self) -> int:
        """The companies that won `POINTS_THAT_COUNT` points or more, in %, rounded down."""
        return 100 * self.improved // self.count


def paired(changes: Sequence[Fraction]) -> Paired | None:
    """Return the mean of paired changes, in points; None under `FEWEST` companies.

    mean ± t · s ÷ √n: the interval of the mean of differences, each company its own control.
    """
    count = len(changes)
    if count < FEWEST:
        return None
    deviation = stdev([float(change) for change in changes])
    improved = sum(change >= POINTS_THAT_COUNT for change in changes)
    return interval(count, float(_mean(changes)), deviation, improved)


def interval(count: int, mean: float, deviation: float, improved: int) -> Paired | None:
    """Return the same of changes that were summed elsewhere: their mean and deviation."""
    if count < FEWEST:
        return None
    half = student(count - 1) * deviation / sqrt(count)
    return Paired(
        count=count, mean=mean, low=mean - half, high=mean + half, improved=improved
    )  # fmt: skip


def student(freedom: int) -> float:
    """Return the 97.5 % point of Student’s t, never below the exact one."""
    return _STUDENT[max(known for known in _STUDENT if known <= freedom)]
