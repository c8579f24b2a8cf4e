"""Which published figures would tell something of somebody. Pure. Source: R6.02, R6.04, R6.07."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from observatory.statistics.estimation import WHOLE, Figure
from observatory.statistics.intervals import FEWEST as FEWEST_RELIABLE
from observatory.statistics.intervals import Mark

FEWEST = 5  # respondents of a cell


def protect(figures: Sequence[Figure]) -> list[Figure]:
    """Mark « s » what may not be shown; what is unreliable only keeps its own mark.

    A domain with fewer than five respondents to a question is secret for that question, and so is
    one of few respondents who all say the same. Where a single domain of an axis is secret, the
    smallest other is too: the whole less the others would give it back.
    """
    secret = _primary(figures)
    secret |= _secondary(figures, secret)
    return [
        replace(each, mark=Mark.SECRET) if (each.question, each.axis, each.domain) in secret
        else each
        for each in figures
    ]  # fmt: skip


_Cell = tuple[str, str, str]


def _primary(figures: Sequence[Figure]) -> set[_Cell]:
    return {
        (each.question, each.axis, each.domain)
        for each in figures
        if each.n < FEWEST or (each.chose == each.n and each.n < FEWEST_RELIABLE)
    }


def _secondary(figures: Sequence[Figure], secret: set[_Cell]) -> set[_Cell]:
    """Return the second cell of each question and axis that has one alone."""
    sizes: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for each in figures:
        if each.axis != WHOLE:
            sizes[each.question, each.axis][each.domain] = each.n
    more = set()
    for (question, axis), by_domain in sizes.items():
        hidden = [value for value in by_domain if (question, axis, value) in secret]
        others = sorted(set(by_domain) - set(hidden), key=lambda value: (by_domain[value], value))
        if len(hidden) == 1 and others:
            more.add((question, axis, others[0]))
    return more
