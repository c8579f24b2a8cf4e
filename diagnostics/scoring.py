"""From answers to axes, bands and confidence (mechanics 5.3), exactly. Pure.

A question has a weight w ∈ {1, 2, 3} and each of its answers a value v ∈ {0, 0.5, …, 3}. A question
that does not concern the company leaves numerator and denominator; « je ne sais pas » leaves the
score and lowers the confidence. Everything is a Fraction: a threshold is met or it is not.

Beside it, what the State and the Union count: the Digital Intensity Index of Eurostat (R6.19) and
the Digital Maturity Assessment of the EDIH network (R6.21), from items that are true, false or not
known. A dimension with an unknown item is not computed, and neither is what is made of it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

TOP = 3  # the highest value of an answer
FULL = 100


@dataclass(frozen=True, slots=True)
class Weighed:
    """A scored question: its axis, its weight, what each answer is worth.

    `values`: answer → value; of several answers, the values add up, to TOP at most.
    """

    code: str
    axis: str
    weight: int
    values: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The parameters of a version.

    `axis_known`: share of an axis's applicable weight that must be known for it to be shown;
    `axes_shown`: how many axes must be for the whole to be; `bands`: the lowest score of each band.
    """

    axis_known: Fraction = Fraction(60, 100)
    axes_shown: int = 5
    bands: tuple[int, ...] = (0, 25, 50, 75)


@dataclass(frozen=True, slots=True)
class Score:
    """A score from 0 to 100, None when too little is known; `band` is its rank among the bands.

    `known`, `applicable`: weights (of the whole: of every axis); `confidence` is their ratio, None
    when nothing applies.
    """

    raw: Fraction | None
    band: int | None
    known: int
    applicable: int

    @property
    def shown(self) -> int | None:
        """The score as it is written: whole, never rounded up into the next band."""
        return None if self.raw is None else floor(self.raw)

    @property
    def confidence(self) -> Fraction | None:
        """The share of what applies that is known."""
        return Fraction(self.known, self.applicable) if self.applicable else None


@dataclass(frozen=True, slots=True)
class Result:
    """What a company's answers come to; `values`: question → value, of those that count."""

    axes: Mapping[str, Score]
    whole: Score
    values: Mapping[str, Fraction]


def score(
    questions: Sequence[Weighed],
    answers: Mapping[str, str | Sequence[str] | None],
    *,
    concerned: Collection[str],
    thresholds: Thresholds,
) -> Result:
    """Score the questions that concern the company; an answer that has no value is not known."""
    values: dict[str, Fraction] = {}
    known: dict[str, int] = {}
    applicable: dict[str, int] = {}
    points: dict[str, Fraction] = {}
    for question in questions:
        known.setdefault(question.axis, 0)
        applicable.setdefault(question.axis, 0)
        if question.code not in concerned:
            continue
        applicable[question.axis] += question.weight
        value = _value(question, answers.get(question.code))
        if value is not None:
            values[question.code] = value
            known[question.axis] += question.weight
            points[question.axis] = points.get(question.axis, Fraction(0)) + question.weight * value
    axes = {
        axis: _axis(points.get(axis, Fraction(0)), known[axis], applicable[axis], thresholds)
        for axis in known
    }
    shown = [entry.raw for entry in axes.values() if entry.raw is not None]
    whole = sum(shown, Fraction(0)) / len(shown) if len(shown) >= thresholds.axes_shown else None
    return Result(
        axes=axes,
        whole=Score(
            whole, band_of(whole, thresholds), sum(known.values()), sum(applicable.values())
        ),
        values=values,
    )


def _value(question: Weighed, answer: str | Sequence[str] | None) -> Fraction | None:
    if answer is None:
        return None
    if isinstance(answer, str):
        return question.values.get(answer)
    if any(code not in question.values for code in answer):
        return None
    total = sum((question.values[code] for code in answer), Fraction(0))
    return min(total, Fraction(TOP))


def _axis(points: Fraction, known: int, applicable: int, thresholds: Thresholds) -> Score:
    is_shown = known > 0 and Fraction(known, applicable) >= thresholds.axis_known
    raw = FULL * points / (TOP * known) if is_shown else None
    return Score(raw, band_of(raw, thresholds), known, applicable)


def band_of(raw: Fraction | None, thresholds: Thresholds) -> int | None:
    """Return the rank of the band that holds a score, 0 for the lowest."""
    if raw is None:
        return None
    return max(rank for rank, least in enumerate(thresholds.bands) if raw >= least)


# --- Eurostat's Digital Intensity Index (R6.19) ---

DII_LEVELS = (0, 4, 7, 10)  # the fewest points of: very low, low, high, very high
DII_BASIC = 4  # «at least basic»


@dataclass(frozen=True, slots=True)
class Dii:
    """Points out of twelve, and the rank of the level; None while an item is not known."""

    version: str
    points: int | None
    level: int | None
    unknown: tuple[str, ...]

    @property
    def is_basic(self) -> bool | None:
        """Whether the company has at least the basic intensity."""
        return None if self.points is None else self.points >= DII_BASIC

    def minus(self, other: "Dii") -> int | None:
        """Return how many points were won since `other`; None when either is not computed.

        Raises ValueError across versions: their items differ.
        """
        if self.version != other.version:
            raise ValueError(f"DII {self.version} and {other.version} are not comparable")
        if self.points is None or other.points is None:
            return None
        return self.points - other.points


def dii(version: str, items: Sequence[str], facts: Mapping[str, bool | None]) -> Dii:
    """Count the items that are true. An item that is not known leaves the index uncomputed."""
    unknown = tuple(item for item in items if facts.get(item) is None)
    if unknown:
        return Dii(version, None, None, unknown)
    points = sum(bool(facts[item]) for item in items)
    level = max(rank for rank, least in enumerate(DII_LEVELS) if points >= least)
    return Dii(version, points, level, ())


# --- The EDIH network's Digital Maturity Assessment, SME questionnaire (R6.21) ---


@dataclass(frozen=True, slots=True)
class DmatPart:
    """One term of a dimension: `share` × (sum of its items) ÷ (`top` × number of items).

    `top`: what one item may reach: 1 for a box, 5 for a scale from 0 to 5.
    """

    items: tuple[str, ...]
    share: Fraction
    top: int = 1


DMAT_BANDS = (0, 26, 51, 76)  # the lowest whole score of: basic, average, moderate, advanced


@dataclass(frozen=True, slots=True)
class Dmat:
    """The six dimensions, 0 to 100 each, None where an item is unknown; `overall`: their mean."""

    dimensions: Mapping[str, Fraction | None]
    overall: Fraction | None

    @property
    def band(self) -> int | None:
        """The rank of the band that holds the score as it is written, whole (R6.21)."""
        if self.overall is None:
            return None
        return max(rank for rank, least in enumerate(DMAT_BANDS) if floor(self.overall) >= least)


def dmat(
    dimensions: Mapping[str, Sequence[DmatPart]], facts: Mapping[str, Fraction | bool | None]
) -> Dmat:
    """Compute each dimension whose items are all known, and the mean of the six if all are."""
    found = {name: _dimension(parts, facts) for name, parts in dimensions.items()}
    known = [value for value in found.values() if value is not None]
    is_whole = len(known) == len(found) > 0
    return Dmat(found, sum(known, Fraction(0)) / len(known) if is_whole else None)


def _dimension(
    parts: Sequence[DmatPart], facts: Mapping[str, Fraction | bool | None]
) -> Fraction | None:
    total = Fraction(0)
    for part in parts:
        values = [facts.get(item) for item in part.items]
        known = [Fraction(value) for value in values if value is not None]
        if len(known) < len(values):
            return None
        total += part.share * sum(known, Fraction(0)) / (part.top * len(part.items))
    return total
