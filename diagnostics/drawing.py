"""The radar of a result, as points to draw. Pure. Its table twin says the same in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

CENTRE, RADIUS, LABEL = 160, 116, 138  # units of a square of 320
RINGS = (25, 50, 75, 100)
FEWEST = 3  # a polygon needs three points


@dataclass(frozen=True, slots=True)
class Spoke:
    """One axis: where it ends, where its number stands, where its score is (None: not shown)."""

    number: int
    end: tuple[str, str]
    label: tuple[str, str]
    dot: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Radar:
    """Rings (polygons), spokes, and the polygon of the scores, empty under three."""

    rings: tuple[str, ...]
    spokes: tuple[Spoke, ...]
    shape: str


def radar(scores: Sequence[int | None]) -> Radar:
    """Draw scores from 0 to 100, the first at the top, then clockwise."""
    count = len(scores)

    def at(place: int, radius: float) -> tuple[str, str]:
        angle = 2 * pi * place / count - pi / 2
        return f"{CENTRE + radius * cos(angle):.1f}", f"{CENTRE + radius * sin(angle):.1f}"

    def polygon(radii: Sequence[tuple[int, float]]) -> str:
        return " ".join(",".join(at(place, radius)) for place, radius in radii)

    known = [
        (place, RADIUS * score / 100) for place, score in enumerate(scores) if score is not None
    ]
    return Radar(
        rings=tuple(
            polygon([(place, RADIUS * ring / 100) for place in range(count)]) for ring in RINGS
        ),
        spokes=tuple(
            Spoke(
                number=place + 1,
                end=at(place, RADIUS),
                label=at(place, LABEL),
                dot=None if score is None else at(place, RADIUS * score / 100),
            )
            for place, score in enumerate(scores)
        ),
        shape=polygon(known) if len(known) >= FEWEST else "",
    )
