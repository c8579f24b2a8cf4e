"""Who gets the demonstration rights of a call (mechanics 4.8). Pure: anyone may compute it again.

Points: each criterion is scored 0 … 10 and weighs a share of 100, so a total is 0 … 1,000 tenths of
a point, a whole number. Equal totals are drawn: the number of a company is
SHA-256(« seed/SIREN »), as in the audits of the charter (`directory.trust.sampling`), and the
smaller goes first. The seed is fixed before anyone applies: its SHA-256 is published with the call,
the seed itself with the result.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from directory.trust.sampling import number

MOST_POINTS = 10  # of one criterion
WHOLE_WEIGHT = 100  # what the weights of a call add up to


@dataclass(frozen=True)
class Applied:
    """One application: its number, the SIREN it is drawn by, its points by criterion."""

    application: int
    siren: str
    points: Mapping[int, int]


@dataclass(frozen=True)
class Placed:
    """An application in its place. `was_drawn`: somebody else had the same total."""

    application: int
    rank: int
    total: int
    was_drawn: bool


def commitment(seed: str) -> str:
    """Return what is published of a seed before it may be known: its SHA-256."""
    return sha256(seed.encode()).hexdigest()


def total(points: Mapping[int, int], weights: Mapping[int, int]) -> int:
    """Return the tenths of a point out of 1,000; a criterion that nobody scored brings nothing."""
    return sum(weights[criterion] * points.get(criterion, 0) for criterion in weights)


def placed(
    applications: Iterable[Applied], *, weights: Mapping[int, int], seed: str
) -> list[Placed]:
    """Return the applications by rank, 1 for the first."""
    rows = [(total(entry.points, weights), entry) for entry in applications]
    totals = [points for points, _entry in rows]
    rows.sort(key=lambda row: (-row[0], number(row[1].siren, seed), row[1].application))
    return [
        Placed(entry.application, rank, points, totals.count(points) > 1)
        for rank, (points, entry) in enumerate(rows, start=1)
    ]
