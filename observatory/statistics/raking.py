"""Weights that add up to known margins: raking ratio, bounded. Pure.

Source: R6.13; Deville and Särndal 1992 (calibration; raking ratio is iterative proportional
fitting; the bounded form is their truncated distance, solved by Newton).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-6  # of the margins, in units of the population
MOST_ROUNDS = 200
LOWEST, HIGHEST = 0.3, 3.0  # of g, what calibration multiplies a weight by
_SAME_TOTAL = 1e-9  # relative: margins of one population agree
_HALVINGS = 30
_ARMIJO, _NOISE = 1e-4, 1e-14

Floats = NDArray[np.float64]


class RakingFailed(ValueError):
    """No weights within the bounds meet the margins: categories must be collapsed."""


@dataclass(frozen=True, slots=True)
class Margin:
    """One margin: the category of each respondent, and what each category must add up to."""

    values: Sequence[str]
    targets: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Raked:
    """The weights, how many rounds it took, and the greatest error left on a margin.

    `is_bounded`: the plain raking went out of bounds, and the truncated one was solved.
    """

    weights: Floats
    rounds: int
    error: float
    is_bounded: bool


def rake(
    base: Sequence[float] | Floats,
    margins: Sequence[Margin],
    *,
    bounds: tuple[float, float] | None = (LOWEST, HIGHEST),
) -> Raked:
    """Multiply the base weights so that every margin is met; raise RakingFailed otherwise.

    The order of the margins and of the respondents changes nothing. `bounds`: None is plain raking.
    """
    start = np.asarray(base, dtype=np.float64)
    if start.size == 0 or not np.all(start > 0):
        raise RakingFailed("base weights must be positive")
    coded = [_coded(margin) for margin in margins]
    _check_totals(coded)
    if not coded:
        return Raked(start.copy(), 0, 0.0, is_bounded=False)
    weights, rounds = _by_turns(start, coded)
    error = _error(weights, coded)
    within = bounds is None or _within(weights / start, bounds)
    if error < TOLERANCE and within:
        return Raked(weights, rounds, error, is_bounded=False)
    if bounds is None:
        raise RakingFailed(f"not there after {rounds} rounds: {error:.3g} off")
    weights, steps = _truncated(start, coded, bounds)
    error = _error(weights, coded)
    if error >= TOLERANCE:
        raise RakingFailed(f"no weights within {bounds}: {error:.3g} off")
    return Raked(weights, rounds + steps, error, is_bounded=True)


_Coded = tuple[NDArray[np.int64], Floats]  # the category's number of each, and its target


def _coded(margin: Margin) -> _Coded:
    codes = sorted(margin.targets)
    place = {code: number for number, code in enumerate(codes)}
    if unknown := set(margin.values) - set(codes):
        raise RakingFailed(f"no target for {sorted(unknown)}")
    numbers = np.fromiter((place[value] for value in margin.values), dtype=np.int64)
    targets = np.array([margin.targets[code] for code in codes], dtype=np.float64)
    seen = np.bincount(numbers, minlength=len(codes)) > 0
    if np.any(targets < 0) or np.any((targets > 0) & ~seen) or np.any((targets == 0) & seen):
        raise RakingFailed("a category has a target and nobody, or somebody and no target")
    return numbers, targets


def _check_totals(coded: Sequence[_Coded]) -> None:
    totals = [float(targets.sum()) for _numbers, targets in coded]
    if totals and max(totals) - min(totals) > _SAME_TOTAL * max(totals):
        raise RakingFailed("the margins do not add up to the same population")


def _sums(weights: Floats, numbers: NDArray[np.int64], count: int) -> Floats:
    sums: Floats = np.bincount(numbers, weights=weights, minlength=count).astype(np.float64)
    return sums


def _error(weights: Floats, coded: Sequence[_Coded]) -> float:
    gaps = [np.abs(_sums(weights, numbers, len(goal)) - goal).max() for numbers, goal in coded]
    return float(max(gaps))


def _within(ratio: Floats, bounds: tuple[float, float]) -> bool:
    return bool(ratio.min() >= bounds[0] and ratio.max() <= bounds[1])


def _by_turns(start: Floats, coded: Sequence[_Coded]) -> tuple[Floats, int]:
    """Fit each margin in turn until all are met, or for `MOST_ROUNDS`."""
    weights = start.copy()
    for rounds in range(1, MOST_ROUNDS + 1):
        for numbers, targets in coded:
            sums = _sums(weights, numbers, len(targets))
            weights *= np.divide(targets, sums, out=np.ones_like(sums), where=sums > 0)[numbers]
        if _error(weights, coded) < TOLERANCE / 10:
            return weights, rounds
    return weights, MOST_ROUNDS


def _truncated(
    start: Floats, coded: Sequence[_Coded], bounds: tuple[float, float]
) -> tuple[Floats, int]:
    """Solve the same with g = exp(u) cut at both bounds.

    The dual is convex: Newton's step, damped as long as the margins are far, is halved until the
    dual goes down enough (Armijo).
    """
    design: Floats = np.hstack(
        [
            (numbers[:, None] == np.arange(len(targets))).astype(np.float64)
            for numbers, targets in coded
        ]
    )
    goal = np.concatenate([targets for _numbers, targets in coded])
    low, high = np.log(bounds[0]), np.log(bounds[1])
    total = float(start.sum())

    def at(point: Floats) -> tuple[float, Floats, Floats]:
        """Return the dual, the weights and what the margins still lack."""
        exponent = design @ point
        cut = np.clip(exponent, low, high)
        weights = start * np.exp(cut)
        dual = float((weights * (1 + exponent - cut)).sum() - point @ goal)
        return dual, weights, goal - design.T @ weights

    point = np.zeros(design.shape[1])
    dual, weights, gap = at(point)
    for step in range(1, MOST_ROUNDS + 1):
        if np.abs(gap).max() < TOLERANCE / 10:
            return weights, step
        exponent = design @ point
        inside = (exponent >= low) & (exponent <= high)
        curve = design.T @ (design * (weights * inside)[:, None])
        damping = min(1.0, float(np.abs(gap).max()) / total) * total / len(goal)
        move = np.linalg.solve(curve + damping * np.eye(len(goal)), gap)
        length, descent = 1.0, float(gap @ move)
        for _halving in range(_HALVINGS):
            tried = at(point + length * move)
            if tried[0] <= dual - _ARMIJO * length * descent + _NOISE * abs(dual):
                break
            length /= 2
        point = point + length * move
        dual, weights, gap = tried
    return weights, MOST_ROUNDS


def collapse(margin: Margin, *, least: int) -> Margin:
    """Merge each category with fewer than `least` respondents into its neighbour, in code order.

    The merged name joins both («10-19+20-49»). One category is left at the least.
    """
    groups: list[list[str]] = [[code] for code in sorted(margin.targets)]
    seen = dict.fromkeys(margin.targets, 0)
    for value in margin.values:
        seen[value] += 1
    while len(groups) > 1:
        counts = [sum(seen[code] for code in group) for group in groups]
        small = min(range(len(groups)), key=lambda at: (counts[at], at))
        if counts[small] >= least:
            break
        beside = [at for at in (small - 1, small + 1) if 0 <= at < len(groups)]
        into = min(beside, key=lambda at: (counts[at], at))
        first, second = sorted((small, into))
        groups[first] += groups.pop(second)
    names = {code: "+".join(group) for group in groups for code in group}
    targets: dict[str, float] = {}
    for code, target in margin.targets.items():
        targets[names[code]] = targets.get(names[code], 0.0) + target
    return Margin([names[value] for value in margin.values], targets)


# --- Response groups ---

FEWEST_IN_GROUP = 20
MOST_ADJUSTED = 3.0


def response_groups(
    counts: Mapping[str, tuple[int, int]],
    *,
    least: int = FEWEST_IN_GROUP,
    most: float = MOST_ADJUSTED,
) -> dict[str, float]:
    """Return, for each stratum, what non-response multiplies its weights by.

    `counts`: stratum → (drawn, answered). Strata of neighbouring response rates are grouped until
    each group has `least` respondents and answers no more than `most` times less than the whole:
    a low response everywhere inflates every weight alike, which calibration settles. Source: R6.13.
    """
    drawn = sum(pair[0] for pair in counts.values())
    answered = sum(pair[1] for pair in counts.values())
    if not answered:
        raise RakingFailed("nobody answered")
    overall = drawn / answered

    def is_fit(group: Sequence[str]) -> bool:
        asked = sum(counts[code][0] for code in group)
        came = sum(counts[code][1] for code in group)
        return came >= least and asked / came <= most * overall

    rate = {code: came / asked if asked else 0.0 for code, (asked, came) in counts.items()}
    groups: list[list[str]] = []
    for code in sorted(counts, key=lambda code: (rate[code], code)):
        if groups and not is_fit(groups[-1]):
            groups[-1].append(code)
        else:
            groups.append([code])
    while len(groups) > 1 and not is_fit(groups[-1]):
        last = groups.pop()
        groups[-1] += last
    factors: dict[str, float] = {}
    for group in groups:
        asked = sum(counts[code][0] for code in group)
        came = sum(counts[code][1] for code in group)
        factors |= dict.fromkeys(group, asked / came if came else overall)
    return factors
