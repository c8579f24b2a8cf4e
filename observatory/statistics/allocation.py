"""How many to draw in each stratum, and which ones. Pure.

Every method gives whole numbers that add up to the sample asked for, no stratum beyond what it
holds. Source: Cochran, Sampling Techniques, chapter 5; Bankier 1988 (power).
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HALF_AND_HALF = 0.5  # the spread of a yes or no question of which nothing is known


@dataclass(frozen=True, slots=True)
class Stratum:
    """What is known of a stratum before the draw.

    `size`: how many units it holds; `spread`: standard deviation of what is asked (0 to 0.5 for a
    proportion).
    """

    size: int
    spread: float = HALF_AND_HALF


class AllocationRefused(ValueError):
    """The sample cannot be shared out so."""


def proportional(strata: Mapping[str, Stratum], sample: int, *, least: int = 0) -> dict[str, int]:
    """Share the sample as the population is: every unit has the same chance."""
    return _share({code: float(each.size) for code, each in strata.items()}, strata, sample, least)


def neyman(strata: Mapping[str, Stratum], sample: int, *, least: int = 0) -> dict[str, int]:
    """Share it by size times spread: the smallest variance for the whole."""
    shares = {code: each.size * each.spread for code, each in strata.items()}
    return _share(shares, strata, sample, least)


def power(
    strata: Mapping[str, Stratum], sample: int, *, exponent: float, least: int = 0
) -> dict[str, int]:
    """Share it by size to a power: 1 is proportional, 0 gives each stratum the same."""
    if not 0 <= exponent <= 1:
        raise AllocationRefused("the power lies between 0 and 1")
    shares = {code: each.size**exponent if each.size else 0.0 for code, each in strata.items()}
    return _share(shares, strata, sample, least)


def _share(
    weights: Mapping[str, float], strata: Mapping[str, Stratum], sample: int, least: int
) -> dict[str, int]:
    """Give each stratum its floor, then the rest by the weights, never beyond its size.

    A stratum that is full leaves its share to the others; the last seats go by greatest remainder,
    ties to the first code.
    """
    population = sum(each.size for each in strata.values())
    if sample > population:
        raise AllocationRefused("the sample is larger than the population")
    given = {code: min(least, each.size) for code, each in strata.items()}
    if sum(given.values()) > sample:
        raise AllocationRefused("the floors alone exceed the sample")
    real = _fill(weights, strata, given, sample)
    whole = {code: int(value + 1e-9) for code, value in real.items()}
    by_remainder = sorted(real, key=lambda code: (whole[code] - real[code], code))
    while (missing := sample - sum(whole.values())) > 0:
        seats = [code for code in by_remainder if whole[code] < strata[code].size][:missing]
        for code in seats:
            whole[code] += 1
    return whole


def _fill(
    weights: Mapping[str, float],
    strata: Mapping[str, Stratum],
    floor: Mapping[str, int],
    sample: int,
) -> dict[str, float]:
    """Return real shares between floor and size that add up to the sample, as the weights go."""
    fixed: dict[str, float] = {}
    while True:
        free = {code: weights[code] for code in strata if code not in fixed}
        left, total = sample - sum(fixed.values()), sum(free.values())
        if not free:
            return fixed
        if total <= 0:  # nothing is known to vary there: as the sizes go
            free = {code: float(strata[code].size - floor[code]) or 1.0 for code in free}
            total = sum(free.values())
        wished = {code: left * weight / total for code, weight in free.items()}
        over = {c: float(strata[c].size) for c, w in wished.items() if w > strata[c].size}
        under = {c: float(floor[c]) for c, w in wished.items() if w < floor[c]}
        if not over and not under:
            return fixed | wished
        # One side at a time: the side that is further out, so that the loop cannot swing.
        excess = sum(wished[c] - value for c, value in over.items())
        lack = sum(value - wished[c] for c, value in under.items())
        fixed |= over if excess >= lack else under


def draw(units: Mapping[str, Sequence[str]], sizes: Mapping[str, int], *, seed: int) -> list[str]:
    """Draw without replacement in each stratum: the same frame and seed give the same sample.

    `units`: stratum → its units, in any order: they are sorted first. Each stratum has its own
    generator, so that adding one does not change what the others give.
    """
    drawn: list[str] = []
    for code in sorted(units):
        chance = random.Random(f"{seed}:{code}")  # noqa: S311 -- a draw that anyone may redo
        drawn += sorted(chance.sample(sorted(units[code]), sizes.get(code, 0)))
    return drawn
