"""Which figures of a survey would tell something of somebody. Pure. Source: R6.02, R6.04, R6.07.

The rule is the one of every published table (`statistics/secrecy.py`), with the stricter numbers of
surveys. A question is one set of linked cells: its respondents by domain, each axis adding up to
the whole. A cell is shown or hidden with all its options.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from observatory.statistics import secrecy
from observatory.statistics.estimation import WHOLE, Figure
from observatory.statistics.intervals import FEWEST as FEWEST_RELIABLE
from observatory.statistics.intervals import Mark
from observatory.statistics.secrecy import SURVEY, Count, Sum

Cell = tuple[str, str]  # axis, domain
REST = "\0"  # a domain never published: the respondents that an axis does not place


def protect(figures: Sequence[Figure]) -> list[Figure]:
    """Mark « s » what may not be shown; what is unreliable only keeps its own mark."""
    by_question: dict[str, list[Figure]] = defaultdict(list)
    for each in figures:
        by_question[each.question].append(each)
    hidden = {question: _hidden(rows) for question, rows in by_question.items()}
    return [
        replace(each, mark=Mark.SECRET)
        if (each.axis, each.domain) in hidden[each.question]
        else each
        for each in figures
    ]


def _hidden(figures: Sequence[Figure]) -> frozenset[Cell]:
    cells, sums = linked(figures)
    return secrecy.protect(cells, sums).hidden


def linked(figures: Sequence[Figure]) -> tuple[Mapping[Cell, Count], Sequence[Sum]]:
    """Return the cells of one question and the sums that link them."""
    revealing = {(each.axis, each.domain) for each in figures if _is_revealing(each)}
    sizes = {(each.axis, each.domain): each.n for each in figures}
    whole = (WHOLE, WHOLE)
    by_axis: dict[str, list[Cell]] = defaultdict(list)
    for cell in sizes:
        if cell != whole:
            by_axis[cell[0]].append(cell)
    sums = []
    for axis, parts in by_axis.items():
        rest = sizes[whole] - sum(sizes[part] for part in parts)
        if rest:
            sizes[axis, REST] = rest
            parts.append((axis, REST))
        sums.append(Sum(whole, tuple(parts)))
    cells = {}
    for cell, n in sizes.items():
        least = n + 1 if cell in revealing else SURVEY  # revealing: hidden however many they are
        cells[cell] = Count(n, n, least=0 if cell[1] == REST else least)
    return cells, sums


def _is_revealing(figure: Figure) -> bool:
    """Tell whether a small group all says the same: under 30 for « all », under 10 for « none »."""
    if figure.chose == figure.n and figure.n < FEWEST_RELIABLE:
        return True
    return secrecy.is_revealing_share(100.0 * figure.chose / figure.n, figure.n, SURVEY)
