"""Which providers a visitor’s notebook names for a favourite (rule R1.25). Pure.

Nobody pays to be named and nobody chooses: (1) only cards that may be proposed come in; (2) those
that the centre checked as able to supply this very demonstration stand before those that merely
offer the service; (3) the trust class decides, no published index counting as C; (4) the draw of
the directory’s needs (`directory.matching.ranking.draw`), whose seed is printed beside the names.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from directory.matching.ranking import CLASSES, draw

NAMED = 3  # providers for each favourite (mechanics 4.8)


@dataclass(frozen=True)
class Candidate:
    """A card that may be named: its number, whether it supplies the demonstration, its class."""

    card: int
    supplies: bool
    trust_class: str


def named(
    candidates: Iterable[Candidate], *, favourite: int, day: date, most: int = NAMED
) -> list[Candidate]:
    """Return the first `most` candidates in the published order; the same for the same input.

    `favourite` stands for the need in the seed, `day` is that of the visit.
    """
    return sorted(
        set(candidates),
        key=lambda entry: (
            not entry.supplies,
            CLASSES.index(entry.trust_class),
            draw(entry.card, need=favourite, day=day),
        ),
    )[:most]
