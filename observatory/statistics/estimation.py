"""From weighted answers to figures: shares by question, option and domain. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from observatory.statistics.intervals import (
    Interval,
    Mark,
    design_effect,
    effective,
    finite,
    korn_graubard,
    quality,
    wilson,
)

WHOLE = ""  # the domain of everybody
FEWEST_VOLUNTEERS = 30  # NCHS: fewer say nothing, even of themselves


@dataclass(frozen=True, slots=True)
class Respondent:
    """One answer sheet: its weight, its domains (axis → value), and its options by question.

    `options`: question → the codes chosen; a question that was not asked or left is not there.
    """

    weight: float
    domains: Mapping[str, str]
    options: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Item:
    """A question to count, and the options it has."""

    code: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """The share of a domain that chose an option.

    `n`: respondents to the question; `chose`: those of them with the option, both kept private;
    `dashboard`: Wilson's interval; `published`: Korn and Graubard's. Both are None for volunteers,
    who stand for nobody but themselves (R6.18).
    """

    question: str
    option: str
    axis: str
    domain: str
    n: int
    chose: int
    share: float
    deff: float
    n_eff: float
    df: int
    dashboard: Interval | None
    published: Interval | None
    mark: Mark


def estimate(
    people: Sequence[Respondent],
    items: Sequence[Item],
    *,
    populations: Mapping[tuple[str, str], int],
    strata: int,
    is_sample: bool,
) -> list[Figure]:
    """Estimate every option of every item, for the whole and for each domain.

    `populations`: (axis, value) → how many units of the frame, (WHOLE, WHOLE) for all of them;
    `strata`: how many were drawn from, for the degrees of freedom; `is_sample`: drawn by chance.
    """
    figures: list[Figure] = []
    for axis, value in _domains(people):
        inside = [each for each in people if axis == WHOLE or each.domains.get(axis) == value]
        size = populations.get((axis, value))
        for item in items:
            asked = [each for each in inside if item.code in each.options]
            if asked:
                figures += _of_item(asked, item, (axis, value), size, strata, is_sample=is_sample)
    return figures


def _domains(people: Sequence[Respondent]) -> Iterator[tuple[str, str]]:
    yield WHOLE, WHOLE
    found = {(axis, value) for each in people for axis, value in each.domains.items()}
    yield from sorted(found)


def _of_item(
    asked: Sequence[Respondent],
    item: Item,
    domain: tuple[str, str],
    population: int | None,
    strata: int,
    *,
    is_sample: bool,
) -> Iterator[Figure]:
    weights = [each.weight for each in asked]
    total, n = sum(weights), len(asked)
    deff = design_effect(weights)
    n_eff, df = effective(n, deff), max(0, n - strata)
    for option in item.options:
        chose = [each.weight for each in asked if option in each.options[item.code]]
        share = min(1.0, sum(chose) / total)
        low_high = published = None
        mark = Mark.SHOWN if n >= FEWEST_VOLUNTEERS else Mark.UNRELIABLE
        if is_sample:
            shrink = finite(n, population)
            # Dividing the number by the shrinkage multiplies the variance by it.
            size = n_eff / shrink if shrink else float("inf")
            low_high, published = intervals_of(share, n, n_eff, df, size)
            mark = quality(share, published, n, n_eff, df)
        yield Figure(
            item.code, option, *domain, n, len(chose), share, deff, n_eff, df, low_high, published,
            mark,
        )  # fmt: skip


def intervals_of(
    share: float, n: int, n_eff: float, df: int, size: float
) -> tuple[Interval, Interval]:
    """Return the interval of dashboards and the published one; `size`: n_eff, made finite."""
    if size == float("inf"):  # everybody answered
        return Interval(share, share), Interval(share, share)
    published = korn_graubard(share, n, n_eff, df)
    if size > n_eff:
        shrink = (n_eff / size) ** 0.5
        published = Interval(
            share - (share - published.low) * shrink, share + (published.high - share) * shrink
        )
    return wilson(share, size), published
