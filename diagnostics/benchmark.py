"""Where companies like yours stand, and what may be said of it (mechanics 5.7, R6.01–07). Pure.

A cell holds the companies of one size, or of one size and one sector, each once. It is published
whole or not at all: enough companies, and the published sectors of a size leave either nobody or
enough companies behind them, so that no difference tells of a few. A mean is left out where few are
known, where one company makes most of it, or where all say the same. The cells of a size are
published again together, once enough companies have changed in each that did: two nights tell of no
one company either.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

FEWEST = 10  # companies in a cell (mechanics 5.7)
FEWEST_ALONE = 11  # where most are sole traders (R6.01)
ALONE = "alone"
FEWEST_KNOWN = 5  # companies behind a mean, left by a difference, or changed (R6.02)
FEWEST_KNOWN_ALONE = 11  # the same, where most are sole traders (R6.02)
MOST_OF_ONE = Fraction(85, 100)  # of a total (R6.01)
WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Respondent:
    """One company (SIREN) by its latest diagnostic.

    `scores`: axis → score from 0 to 100, None unknown; `sector`: a family of activities, or empty.
    """

    company: str
    diagnostic: int
    size: str
    sector: str
    scores: Mapping[str, Fraction | None]


@dataclass(frozen=True, slots=True)
class Cell:
    """The means of a cell, whole numbers, None where they may not be said."""

    size: str
    sector: str
    members: Mapping[str, int]  # company → diagnostic, as JSON keeps it
    means: Mapping[str, int | None]

    @property
    def count(self) -> int:
        """How many companies."""
        return len(self.members)


def fewest_known(size: str) -> int:
    """Return how many companies of a size a figure, or the difference of two, has to be about."""
    return FEWEST_KNOWN_ALONE if size == ALONE else FEWEST_KNOWN


def cells(respondents: Sequence[Respondent]) -> list[Cell]:
    """Return the cells that may be published, by size and sector (empty: all sectors)."""
    sizes: dict[str, list[Respondent]] = defaultdict(list)
    for respondent in respondents:
        sizes[respondent.size].append(respondent)
    found = []
    for size, all_of_size in sorted(sizes.items()):
        least = FEWEST_ALONE if size == ALONE else FEWEST
        if len(all_of_size) < least:
            continue
        found.append(_cell(size, "", all_of_size))
        sectors: dict[str, list[Respondent]] = defaultdict(list)
        for respondent in all_of_size:
            sectors[respondent.sector].append(respondent)
        kept = {name: group for name, group in sectors.items() if name and len(group) >= least}
        found += [_cell(size, name, group) for name, group in _safe(kept, all_of_size, size)]
    return found


def _safe(
    sectors: Mapping[str, list[Respondent]], all_of_size: Sequence[Respondent], size: str
) -> list[tuple[str, list[Respondent]]]:
    """Keep the sectors of a size that leave, for each axis, nobody or enough companies behind them.

    The smallest go first: what they leave joins what is left already.
    """
    kept = sorted(sectors.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    axes = {axis for respondent in all_of_size for axis in respondent.scores}

    def leaves_a_few() -> bool:
        shown = {one.company for _name, group in kept for one in group}
        left = [one for one in all_of_size if one.company not in shown]
        counts = [
            len(left),
            *(sum(one.scores.get(axis) is not None for one in left) for axis in axes),
        ]
        return any(0 < count < fewest_known(size) for count in counts)

    while kept and leaves_a_few():
        kept.pop()
    return sorted(kept)


def _cell(size: str, sector: str, group: Sequence[Respondent]) -> Cell:
    axes = dict.fromkeys(axis for respondent in group for axis in respondent.scores)
    return Cell(
        size=size,
        sector=sector,
        members={one.company: one.diagnostic for one in group},
        means={axis: _mean([one.scores.get(axis) for one in group], size) for axis in axes},
    )


def _mean(scores: Sequence[Fraction | None], size: str) -> int | None:
    known = [score for score in scores if score is not None]
    total = sum(known, Fraction(0))
    if len(known) < fewest_known(size) or len(set(known)) == 1:
        return None
    if max(known) > MOST_OF_ONE * total:
        return None
    return round(total / len(known))


def may_renew(
    before: Mapping[str, Mapping[str, int]],
    after: Mapping[str, Mapping[str, int]],
    *,
    fewest: int = FEWEST_KNOWN,
) -> bool:
    """Tell whether the cells of a size may be published again: sector → its companies.

    `before`: each as it was last shown, also one that is hidden since.

    Something changed, and nowhere did less than enough companies come, leave or change; `fewest`:
    how many are enough (`fewest_known`).
    """
    changed = [
        _changed(before[name], after[name]) for name in before.keys() & after.keys()
    ]  # fmt: skip
    if before.keys() == after.keys() and not any(changed):
        return False
    return all(count == 0 or count >= fewest for count in changed) and (
        "" not in before or _changed(before[""], after.get("", {})) >= fewest
    )


def _changed(before: Mapping[str, int], after: Mapping[str, int]) -> int:
    return sum(before.get(key) != after.get(key) for key in before.keys() | after.keys())
