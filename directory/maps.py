"""The directory's map: the same result set as the list, one circle a commune."""

from dataclasses import dataclass
from datetime import datetime
from math import dist, sqrt

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from directory import queries
from directory.search.results import spots as spots_of
from emn.territory.geometry.drawing import WIDTH
from emn.territory.ground import MapGround, Town, map_ground
from emn.territory.models import Commune

SHOWN_FIRST = 15  # lines of the table; the others are folded
NAMES_SHOWN = 8

# All lengths below are in units of the drawing, which is a thousand wide.
SMALLEST_CIRCLE = 7
LARGEST_CIRCLE = 32
LEAST_FOR_LARGEST = 12  # cards: a handful of answers must not look like a crowd
ROOM_PER_DIGIT = 5  # half the width of a digit, and a margin: what a radius must hold
NAME_HEIGHT = 24
LETTER_WIDTH = 11
PHONE_LETTER_WIDTH = 20  # names are written larger on a narrow screen (directory.css)
GAP = 6
APART = 80  # between two named towns


@dataclass(frozen=True, slots=True)
class Spot:
    """The cards of one commune; `url` lists them."""

    commune: Commune
    count: int
    url: str

    @property
    def elsewhere(self) -> str:
        """The code of the département when it is a neighbour, which is not drawn."""
        code = self.commune.departement_code
        return "" if code == settings.DEPARTEMENT else code


@dataclass(frozen=True, slots=True)
class Circle:
    """A spot on the drawing."""

    spot: Spot
    x: int
    y: int
    radius: int

    @property
    def holds_number(self) -> bool:
        """Whether the number can be read inside."""
        return self.radius >= ROOM_PER_DIGIT * (len(str(self.spot.count)) + 1)


@dataclass(frozen=True, slots=True)
class PlaceName:
    """The name of a town, beside its circle; `anchor`: start, middle or end of the text."""

    text: str
    x: int
    y: int
    anchor: str


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


@dataclass(frozen=True)
class SearchMap:
    """Everything the map's page shows; the spots, the most furnished first."""

    search: queries.SearchPage
    ground: MapGround
    spots: list[Spot]
    circles: list[Circle]
    names: list[PlaceName]

    @property
    def first_spots(self) -> list[Spot]:
        """The lines of the table that are always shown."""
        return self.spots[:SHOWN_FIRST]

    @property
    def more_spots(self) -> list[Spot]:
        """The lines that are folded."""
        return self.spots[SHOWN_FIRST:]


def search_map(parameters: QueryDict, *, now: datetime) -> SearchMap:
    """Answer the same search as the list, commune by commune."""
    found = queries.search(parameters, now=now)
    counts = spots_of(found.criteria)
    communes = Commune.objects.in_bulk(list(counts))
    spots = [
        Spot(
            commune=communes[code],
            count=count,
            url=reverse("directory:list") + queries.address(parameters, commune=code, rayon=1),
        )
        for code, count in counts.items()
        if code in communes
    ]
    spots.sort(key=lambda spot: (-spot.count, spot.commune.name, spot.commune.pk))
    ground = map_ground()
    circles = _circles(spots, ground)
    return SearchMap(found, ground, spots, circles, _names(ground, circles))


def _circles(spots: list[Spot], ground: MapGround) -> list[Circle]:
    """Draw the spots of the territory, the large first: the small lie on top of them."""
    own = [spot for spot in spots if not spot.elsewhere]
    most = max([LEAST_FOR_LARGEST, *(spot.count for spot in own)])
    circles = []
    for spot in own:
        x, y = ground.project(spot.commune.latitude, spot.commune.longitude)
        radius = max(SMALLEST_CIRCLE, LARGEST_CIRCLE * sqrt(spot.count / most))
        circles.append(Circle(spot, round(x), round(y), int(radius)))
    return circles


def _names(ground: MapGround, circles: list[Circle]) -> list[PlaceName]:
    """Name the largest towns, far enough apart and where a name hides the fewest circles."""
    radius_of = {circle.spot.commune.pk: circle.radius for circle in circles}
    spots = [_room_of(circle) for circle in circles]
    numbers = [_room_of(circle) for circle in circles if circle.holds_number]
    named: list[Town] = []
    names: list[PlaceName] = []
    taken: list[_Rectangle] = []
    for town in ground.towns:
        if len(names) == NAMES_SHOWN:
            break
        if any(dist(town.place, other.place) < APART for other in named):
            continue
        places = _places_for(town, radius_of.get(town.code, 0) + GAP)
        for obstacles in ([*taken, *spots], [*taken, *numbers]):
            free = [
                (name, room)
                for name, room in places
                if not any(room.meets(obstacle) for obstacle in obstacles)
            ]
            if free:
                names.append(free[0][0])
                taken.append(free[0][1])
                named.append(town)
                break
    return names


def _room_of(circle: Circle) -> _Rectangle:
    radius = circle.radius
    return _Rectangle(circle.x - radius, circle.y - radius, circle.x + radius, circle.y + radius)


def _places_for(town: Town, away: float) -> list[tuple[PlaceName, _Rectangle]]:
    """Return where the name may stand and stay on the drawing: right, left, above, below."""
    x, y = town.place
    width, half = LETTER_WIDTH * len(town.name), NAME_HEIGHT / 2
    widest = PHONE_LETTER_WIDTH * len(town.name)
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
            places.append((PlaceName(town.name, round(at_x), round(at_y), anchor), room))
    return places
