"""Intervals of proportions under unequal weights, and whether they may be shown. Pure.

Source: R6.14 to R6.16; Kish 1965; Wilson 1927; Korn and Graubard 1998; NCHS 2017.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from statistics import NormalDist

import numpy as np

LEVEL = 0.95
LARGE_SHARE = 0.05  # of the population drawn: beyond, its being finite counts (R6.15)
WARNED_DEFF = 2.0
NOTHING = 1e-9  # of an answer
FEWEST, NARROW, WIDE, MOST_RELATIVE, FEWEST_DF = 30, 0.05, 0.30, 1.3, 8


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, both between 0 and 1."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """How wide."""
        return self.high - self.low


class Mark(StrEnum):
    """What stands beside, or instead of, a figure."""

    SHOWN = ""
    REVIEW = "r"  # shown, once a statistician has looked
    UNRELIABLE = "n.s."
    SECRET = "s"  # noqa: S105 -- what a table prints


def design_effect(weights: Sequence[float]) -> float:
    """Return Kish's effect of unequal weights: 1 when they are all the same."""
    given = np.asarray(weights, dtype=np.float64)
    return float(given.size * (given**2).sum() / given.sum() ** 2)


def effective(n: int, deff: float) -> float:
    """Return how many equal answers those are worth, never more than there are."""
    return min(float(n), n / deff)


def finite(n: int, population: int | None) -> float:
    """Return what the variance is multiplied by since the population is finite: 1 up to 5 %."""
    if population is None or population <= 1 or n <= LARGE_SHARE * population:
        return 1.0
    return max(0.0, (population - n) / (population - 1))


def wilson(p: float, n: float, *, level: float = LEVEL) -> Interval:
    """Return Wilson's interval of a proportion seen on `n` equal answers (may be a fraction)."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Interval(middle - half if p > 0 else 0.0, middle + half if p < 1 else 1.0)


def clopper_pearson(p: float, n: float, *, level: float = LEVEL) -> Interval:
    """Return the exact interval of a proportion seen on `n` answers (may be a fraction)."""
    from scipy.special import betaincinv  # noqa: PLC0415 -- in a worker only

    tail, seen = (1 - level) / 2, p * n
    low = float(betaincinv(seen, n - seen + 1, tail)) if seen > NOTHING else 0.0
    high = float(betaincinv(seen + 1, n - seen, 1 - tail)) if n - seen > NOTHING else 1.0
    return Interval(low, high)


def korn_graubard(
    p: float, n: int, n_eff: float, df: int | None = None, *, level: float = LEVEL
) -> Interval:
    """Return the exact interval on the effective number, adjusted to the degrees of freedom.

    `df`: answers less strata; None leaves the adjustment out. Source: R6.15.
    """
    from scipy.special import stdtrit  # noqa: PLC0415 -- in a worker only

    size = n_eff
    if df is not None:
        tail = (1 + level) / 2
        size *= float(stdtrit(n - 1, tail) / stdtrit(max(1, df), tail)) ** 2
    return clopper_pearson(p, min(size, float(n)), level=level)


def quality(p: float, interval: Interval, n: int, n_eff: float, df: int) -> Mark:
    """Tell whether a published proportion is reliable enough. Source: R6.16."""
    if n < FEWEST or n_eff < FEWEST or interval.width >= WIDE:
        return Mark.UNRELIABLE
    if interval.width > NARROW and p > 0 and interval.width / p > MOST_RELATIVE:
        return Mark.UNRELIABLE
    if df < FEWEST_DF or p in {0.0, 1.0}:
        return Mark.REVIEW
    return Mark.SHOWN


@dataclass(frozen=True, slots=True)
class Difference:
    """Of two independent proportions, the second less the first, with its interval and p-value."""

    value: float
    interval: tuple[float, float]
    p_value: float

    @property
    def is_significant(self) -> bool:
        """Whether both would seldom differ so by chance."""
        return self.p_value < 1 - LEVEL


def compare(p1: float, n1: float, p2: float, n2: float) -> Difference:
    """Test that two independent proportions are the same, on their effective numbers.

    Score test (pooled), Newcombe's interval. Source: R6.17; Newcombe 1998, method 10.
    """
    one, two = wilson(p1, n1), wilson(p2, n2)
    gap = p2 - p1
    down = gap - sqrt((p2 - two.low) ** 2 + (one.high - p1) ** 2)
    up = gap + sqrt((two.high - p2) ** 2 + (p1 - one.low) ** 2)
    pooled = (p1 * n1 + p2 * n2) / (n1 + n2)
    error = sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    chance = 2 * (1 - NormalDist().cdf(abs(gap) / error)) if error else 1.0
    return Difference(gap, (down, up), chance)
