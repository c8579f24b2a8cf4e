"""Which figures of a survey would tell something of somebody. Pure. Source: R6.02, R6.04, R6.07.

The rule is the one of every published table (`statistics/secrecy.py`), with the stricter numbers of
surveys. A question is one set of linked cells: its respondents by domain and those of them that
chose each option; each axis adds up to the whole, and options to the respondents. A domain that is
hidden is hidden with all its options; beside it, single options may have to be.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from observatory.statistics import secrecy
from observatory.statistics.estimation import WHOLE, Figure
from observatory.statistics.intervals import FEWEST as FEWEST_RELIABLE
from observatory.statistics.intervals import Mark
from observatory.statistics.secrecy import SOLE_TRADERS, Count, Sum

Domain = tuple[str, str]  # axis, value
Cell = tuple[str, str, str]  # axis, value, option
EVERYBODY: Domain = (WHOLE, WHOLE)
ALL = ""  # in the place of the option: the respondents
NOT = "\0"  # before an option: those who did not choose it
REST = "\0"  # a domain never published: the respondents that an axis does not place


def protect(figures: Sequence[Figure], least: Mapping[Domain, int]) -> list[Figure]:
    """Mark « s » what may not be shown; what is unreliable only keeps its own mark.

    `least`: how many respondents a domain takes; where it is not said, as many as sole traders.
    """
    by_question: dict[str, list[Figure]] = defaultdict(list)
    for each in figures:
        by_question[each.question].append(each)
    hidden = {question: _hidden(rows, least) for question, rows in by_question.items()}
    return [
        replace(each, mark=Mark.SECRET)
        if hidden[each.question]
        & {(each.axis, each.domain, ALL), (each.axis, each.domain, each.option)}
        else each
        for each in figures
    ]


def _hidden(figures: Sequence[Figure], least: Mapping[Domain, int]) -> frozenset[Cell]:
    cells, sums = linked(figures, least)
    return secrecy.protect(cells, sums).hidden


def linked(
    figures: Sequence[Figure], least: Mapping[Domain, int]
) -> tuple[Mapping[Cell, Count], Sequence[Sum]]:
    """Return the cells of one question and the sums that link them."""
    sensitive = {(each.axis, each.domain) for each in figures if _is_sensitive(each, least)}
    values, by_axis = _counted(figures)
    # Of one choice, options add up to the respondents; of several, each does with those without it.
    is_single = all(2 * counts[ALL] == sum(counts.values()) for counts in values.values())
    if not is_single:
        for counts in values.values():
            counts.update(
                {NOT + option: counts[ALL] - counts[option] for option in counts if option != ALL}
            )
    sums = [
        Sum((*domain, ALL), tuple((*domain, option) for option in group))
        for domain, counts in values.items()
        for group in _adding_up(counts, is_single=is_single)
    ]
    sums += [
        Sum((*EVERYBODY, option), tuple((*part, option) for part in parts))
        for parts in by_axis.values()
        for option in values[EVERYBODY]
    ]
    cells = {
        (*domain, option): Count(count, count, least=count + 1 if domain in sensitive else 0)
        for domain, counts in values.items()
        for option, count in counts.items()
    }
    return cells, sums


def _counted(
    figures: Sequence[Figure],
) -> tuple[dict[Domain, dict[str, int]], dict[str, list[Domain]]]:
    """Return respondents and options by domain, and the domains of each axis, with its rest."""
    values: dict[Domain, dict[str, int]] = defaultdict(dict)
    for each in figures:
        values[each.axis, each.domain] |= {ALL: each.n, each.option: each.chose}
    by_axis: dict[str, list[Domain]] = defaultdict(list)
    for domain in values:
        if domain != EVERYBODY:
            by_axis[domain[0]].append(domain)
    for axis, parts in by_axis.items():
        rest = {
            option: count - sum(values[part][option] for part in parts)
            for option, count in values[EVERYBODY].items()
        }
        if rest[ALL]:
            values[axis, REST] = rest
            parts.append((axis, REST))
    return values, by_axis


def _adding_up(counts: Mapping[str, int], *, is_single: bool) -> list[tuple[str, ...]]:
    """Return the groups of options that each make all the respondents of a domain."""
    options = [option for option in counts if option != ALL and not option.startswith(NOT)]
    return [tuple(options)] if is_single else [(option, NOT + option) for option in options]


def _is_sensitive(figure: Figure, least: Mapping[Domain, int]) -> bool:
    """Tell whether too few answered, or a small group all said the same.

    « All » says much of each, hence under 30; « nobody » says less: under twice the threshold.
    """
    fewest = least.get((figure.axis, figure.domain), SOLE_TRADERS)
    if figure.n < fewest or (figure.chose == figure.n and figure.n < FEWEST_RELIABLE):
        return True
    return secrecy.is_revealing_share(100.0 * figure.chose / figure.n, figure.n, fewest)
