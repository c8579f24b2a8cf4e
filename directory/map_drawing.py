"""Where circles and names stand on a map. Pure: places in, a drawing out.

All lengths are in units of the drawing, which is a thousand wide.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import dist, sqrt
from typing import NamedTuple

WIDTH = 1000
LEAST_FOR_LARGEST = 12  # cards: a handful of answers must not look like a crowd
ROOM_PER_DIGIT = 5  # half the width of a digit, and a margin: what a radius must hold
NAME_HEIGHT = 24
LETTER_WIDTH = 11
PHONE_LETTER_WIDTH = 20  # names are written larger on a narrow screen (directory.css)
GAP = 6
EDGE = 250  # nearer to a side than this, a label is written towards the middle
NAMES_APART = 80  # between two named places
STEPS_APART = 40  # rounds in which clusters that overlap are moved

Point = tuple[float, float]


class Sizes(NamedTuple):
    """The smallest and the largest radius; `numbered`: each circle must hold its number."""

    smallest: int
    largest: int
    numbered: bool


COMMUNES = Sizes(7, 32, numbered=False)
CLUSTERS = Sizes(22, 46, numbered=True)
NEAR = Sizes(20, 44, numbered=True)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a circle stands for, a commune or a group of them; `url` shows what it holds."""

    code: str
    name: str
    count: int
    url: str
    latitude: float
    longitude: float

    @property
    def at(self) -> str:
        """Latitude and longitude, as a script reads them."""
        return f"{self.latitude:.5f},{self.longitude:.5f}"


@dataclass(frozen=True, slots=True)
class Circle:
    """A mark on the drawing."""

    mark: Mark
    x: int
    y: int
    radius: int

    @property
    def holds_number(self) -> bool:
        """Whether the number can be read inside."""
        return self.radius >= _room_for_number(self.mark.count)

    @property
    def label(self) -> "PlaceName":
        """Where its name appears when it is pointed at, counted from its centre.

        Above, or below when it lies too high; towards the middle when it lies near a side.
        """
        is_high = self.y - self.radius < 2 * NAME_HEIGHT
        away = self.radius + NAME_HEIGHT // 2
        anchor = "start" if self.x < EDGE else "end" if self.x > WIDTH - EDGE else "middle"
        return PlaceName(self.mark.name, 0, away if is_high else -away, anchor)


@dataclass(frozen=True, slots=True)
class PlaceName:
    """The name of a place, beside its circle; `anchor`: start, middle or end of the text."""

    text: str
    x: int
    y: int
    anchor: str


@dataclass(frozen=True, slots=True)
class Named:
    """A place that may be named, and how far from it its name must stand."""

    text: str
    place: Point
    away: float


@dataclass(frozen=True, slots=True)
class _Rectangle:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "_Rectangle") -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def circles(
    marks: Iterable[Mark], project: Callable[[float, float], Point], sizes: Sizes
) -> list[Circle]:
    """Draw the marks, the large first: the small lie on top, and the keyboard goes that way too."""
    ordered = sorted(marks, key=lambda mark: (-mark.count, mark.name, mark.code))
    most = max([LEAST_FOR_LARGEST, *(mark.count for mark in ordered)])
    drawn = []
    for mark in ordered:
        x, y = project(mark.latitude, mark.longitude)
        radius = max(sizes.smallest, sizes.largest * sqrt(mark.count / most))
        if sizes.numbered:
            radius = max(radius, _room_for_number(mark.count))
        drawn.append(Circle(mark, round(x), round(y), int(radius)))
    return drawn


def apart(drawn: Sequence[Circle], *, height: int) -> list[Circle]:
    """Move circles that overlap until they hardly do, and stay on the drawing; the same each time.

    Each round pushes every pair that overlaps away from each other, by half of what they share.
    """
    places = [(float(circle.x), float(circle.y)) for circle in drawn]
    for _step in range(STEPS_APART):
        moved = False
        for one in range(len(drawn)):
            for other in range(one):
                shared = drawn[one].radius + drawn[other].radius + GAP / 2
                (x1, y1), (x2, y2) = places[one], places[other]
                distance = dist(places[one], places[other])
                if distance >= shared:
                    continue
                moved = True
                east, south = (
                    ((x1 - x2) / distance, (y1 - y2) / distance) if distance else (1.0, 0.0)
                )
                push = (shared - distance) / 2
                places[one] = (x1 + east * push, y1 + south * push)
                places[other] = (x2 - east * push, y2 - south * push)
        if not moved:
            break
    return [
        replace(
            circle,
            x=round(min(WIDTH - circle.radius, max(circle.radius, x))),
            y=round(min(height - circle.radius, max(circle.radius, y))),
        )
        for circle, (x, y) in zip(drawn, places, strict=True)
    ]


def names(candidates: Iterable[Named], drawn: Sequence[Circle], *, most: int) -> list[PlaceName]:
    """Name the first places, far enough apart and where a name hides the fewest circles."""
    every = [_room_of(circle) for circle in drawn]
    numbers = [_room_of(circle) for circle in drawn if circle.holds_number]
    named: list[Named] = []
    found: list[PlaceName] = []
    taken: list[_Rectangle] = []
    for candidate in candidates:
        if len(found) == most:
            break
        if any(dist(candidate.place, other.place) < NAMES_APART for other in named):
            continue
        choices = _places_for(candidate)
        for obstacles in ([*taken, *every], [*taken, *numbers]):
            free = [
                (name, room)
                for name, room in choices
                if not any(room.meets(obstacle) for obstacle in obstacles)
            ]
            if free:
                found.append(free[0][0])
                taken.append(free[0][1])
                named.append(candidate)
                break
    return found


def _room_for_number(count: int) -> int:
    return ROOM_PER_DIGIT * (len(f"{count:,}") + 1)


def _room_of(circle: Circle) -> _Rectangle:
    radius = circle.radius
    return _Rectangle(circle.x - radius, circle.y - radius, circle.x + radius, circle.y + radius)


def _places_for(named: Named) -> list[tuple[PlaceName, _Rectangle]]:
    """Return where the name may stand and stay on the drawing: right, left, above, below."""
    x, y = named.place
    away = named.away + GAP
    width, half = LETTER_WIDTH * len(named.text), NAME_HEIGHT / 2
    widest = PHONE_LETTER_WIDTH * len(named.text)
    places = []
    for anchor, at_x, at_y, share in (
        ("start", x + away, y, 0.0),
        ("end", x - away, y, 1.0),
        ("middle", x, y - away - half, 0.5),
        ("middle", x, y + away + half, 0.5),
    ):
        if at_x - share * widest >= 0 and at_x + (1 - share) * widest <= WIDTH:
            left = at_x - share * width
            room = _Rectangle(left, at_y - half, left + width, at_y + half)
            places.append((PlaceName(named.text, round(at_x), round(at_y), anchor), room))
    return places
