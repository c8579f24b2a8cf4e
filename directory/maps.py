"""The directory's map: the same result set as the list, as circles.

Where few communes answer, a circle a commune. Where many do, a circle an EPCI at the first look;
`zone` in the address draws one of them from near, commune by commune. No script is needed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from directory import queries
from directory.map_drawing import (
    CLUSTERS,
    COMMUNES,
    NEAR,
    Circle,
    Mark,
    Named,
    PlaceName,
    apart,
    circles,
    names,
)
from directory.reference import territories
from emn.territory.geometry.drawing import View
from emn.territory.ground import (
    MapGround,
    Place,
    ZoneGround,
    map_ground,
    places,
    zone_ground,
)

MOST_COMMUNES = 60  # with answers: beyond, the first look groups them by EPCI
SHOWN_FIRST = 15  # lines of the table; the others are folded
NAMES_SHOWN = 8
NAMES_SHOWN_NEAR = 24


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table, the twin of a circle; `departement` when it is another one.

    `communes`: how many of them answer, for a group; None for a commune.
    """

    name: str
    count: int
    url: str
    departement: str = ""
    communes: int | None = None


@dataclass(frozen=True)
class SearchMap:
    """Everything the map's page shows; the lines, the most furnished first.

    `lines` are drawn; `elsewhere` are the neighbours, which are only listed. `zone` is the EPCI
    seen from near; `around`, those that its view also shows.
    """

    search: queries.SearchPage
    ground: MapGround
    near: ZoneGround | None
    zone: Line | None
    is_grouped: bool
    circles: list[Circle]
    names: list[PlaceName]
    lines: list[Line]
    elsewhere: list[Line]
    around: list[Line]
    whole: str

    @property
    def view(self) -> View:
        """The frame of the drawing."""
        return self.near.view if self.near else self.ground.view

    @property
    def first_lines(self) -> list[Line]:
        """The lines of the table that are always shown."""
        return self.lines[:SHOWN_FIRST]

    @property
    def elsewhere_count(self) -> int:
        """The cards of the neighbours."""
        return sum(line.count for line in self.elsewhere)

    @property
    def more_lines(self) -> list[Line]:
        """The lines that are folded."""
        return self.lines[SHOWN_FIRST:]


@dataclass(frozen=True, slots=True)
class _Spot:
    place: Place
    count: int


def search_map(parameters: QueryDict, *, now: datetime) -> SearchMap:
    """Answer the same search as the list, place by place."""
    zone_asked = parameters.get("zone", "")
    asked = parameters.copy()
    asked.pop("zone", None)
    found = queries.search(asked, now=now)
    known = places()
    spots = [
        _Spot(known[code], count) for code, count in found.found.spots().items() if code in known
    ]
    spots.sort(key=lambda spot: (-spot.count, spot.place.name, spot.place.code))
    groups = _by_epci(spots)
    if zone_asked in groups:
        return _near_map(found, asked, groups, zone_asked)
    if len(spots) > MOST_COMMUNES:
        return _grouped_map(found, asked, spots, groups)
    return _commune_map(found, asked, spots)


def _by_epci(spots: Iterable[_Spot]) -> dict[str, list[_Spot]]:
    groups: dict[str, list[_Spot]] = defaultdict(list)
    for spot in spots:
        if spot.place.epci:
            groups[spot.place.epci].append(spot)
    return dict(groups)


def _commune_map(found: queries.SearchPage, asked: QueryDict, spots: list[_Spot]) -> SearchMap:
    """One circle a commune of the département; its neighbours are listed after."""
    ground = map_ground()
    own = [spot for spot in spots if not _elsewhere(spot.place)]
    drawn = circles(_commune_marks(own, found), ground.project, COMMUNES)
    return SearchMap(
        search=found,
        ground=ground,
        near=None,
        zone=None,
        is_grouped=False,
        circles=drawn,
        names=_town_names(ground, drawn),
        lines=_commune_lines(own, found),
        elsewhere=_commune_lines([spot for spot in spots if _elsewhere(spot.place)], found),
        around=[],
        whole="",
    )


def _grouped_map(
    found: queries.SearchPage,
    asked: QueryDict,
    spots: list[_Spot],
    groups: dict[str, list[_Spot]],
) -> SearchMap:
    """One circle an EPCI that reaches into the département; the others are listed after."""
    ground = map_ground()
    lines = _group_lines(groups, asked)
    own = {
        siren
        for siren, members in groups.items()
        if any(not _elsewhere(spot.place) for spot in members)
    }
    alone = [spot for spot in spots if not spot.place.epci]
    marks = [
        *(_group_mark(siren, groups[siren], lines[siren]) for siren in own),
        *_commune_marks([spot for spot in alone if not _elsewhere(spot.place)], found),
    ]
    drawn = apart(circles(marks, ground.project, CLUSTERS), height=ground.view.height)
    single = _commune_lines(alone, found)
    return SearchMap(
        search=found,
        ground=ground,
        near=None,
        zone=None,
        is_grouped=True,
        circles=drawn,
        names=_main_town_names(ground, drawn),
        lines=_sorted(
            [*(lines[siren] for siren in own), *(line for line in single if not line.departement)]
        ),
        elsewhere=_sorted(
            [
                *(line for siren, line in lines.items() if siren not in own),
                *(line for line in single if line.departement),
            ]
        ),
        around=[],
        whole="",
    )


def _near_map(
    found: queries.SearchPage, asked: QueryDict, groups: dict[str, list[_Spot]], siren: str
) -> SearchMap:
    """One circle a commune of one EPCI."""
    near = zone_ground(siren)
    lines = _group_lines(groups, asked)
    marks = _commune_marks(groups[siren], found)
    drawn = apart(circles(marks, near.project, NEAR), height=near.view.height)
    candidates = (Named(circle.mark.name, (circle.x, circle.y), circle.radius) for circle in drawn)
    return SearchMap(
        search=found,
        ground=map_ground(),
        near=near,
        zone=lines[siren],
        is_grouped=False,
        circles=drawn,
        names=names(candidates, drawn, most=NAMES_SHOWN_NEAR),
        lines=_commune_lines(groups[siren], found),
        elsewhere=[],
        around=_sorted([lines[shape.siren] for shape in near.around if shape.siren in lines]),
        whole=_map_address(asked),
    )


def _elsewhere(place: Place) -> str:
    """Return the code of the département when it is a neighbour."""
    return "" if place.departement == settings.DEPARTEMENT else place.departement


def _commune_marks(spots: Iterable[_Spot], found: queries.SearchPage) -> list[Mark]:
    return [
        Mark(
            code=spot.place.code,
            name=spot.place.name,
            count=spot.count,
            url=_list_address(found, spot.place),
            latitude=spot.place.latitude,
            longitude=spot.place.longitude,
        )
        for spot in spots
    ]


def _commune_lines(spots: Iterable[_Spot], found: queries.SearchPage) -> list[Line]:
    return [
        Line(
            name=spot.place.name,
            count=spot.count,
            url=_list_address(found, spot.place),
            departement=_elsewhere(spot.place),
        )
        for spot in spots
    ]


def _group_mark(siren: str, members: list[_Spot], line: Line) -> Mark:
    """Return the circle of an EPCI, at the middle of its answers."""
    return Mark(
        code=siren,
        name=line.name,
        count=line.count,
        url=line.url,
        latitude=_middle(members, lambda place: place.latitude),
        longitude=_middle(members, lambda place: place.longitude),
    )


def _middle(members: list[_Spot], degrees: Callable[[Place], float]) -> float:
    return sum(spot.count * degrees(spot.place) for spot in members) / sum(
        spot.count for spot in members
    )


def _group_lines(groups: dict[str, list[_Spot]], asked: QueryDict) -> dict[str, Line]:
    known = territories()
    return {
        siren: Line(
            name=known.get(siren, siren),
            count=sum(spot.count for spot in members),
            url=_map_address(asked, zone=siren),
            departement=_elsewhere(members[0].place),
            communes=len(members),
        )
        for siren, members in groups.items()
    }


def _sorted(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (-line.count, line.name))


def _town_names(ground: MapGround, drawn: list[Circle]) -> list[PlaceName]:
    """Name the largest towns, each beside its circle when it has one."""
    radius_of = {circle.mark.code: circle.radius for circle in drawn}
    candidates = (
        Named(town.name, town.place, radius_of.get(town.code, 0)) for town in ground.towns
    )
    return names(candidates, drawn, most=NAMES_SHOWN)


def _main_town_names(ground: MapGround, drawn: list[Circle]) -> list[PlaceName]:
    """Name each group's circle by its largest town, if that is a large one: people know it."""
    circle_of = {circle.mark.code: circle for circle in drawn}
    known = places()
    main: dict[str, Named] = {}
    for town in ground.towns:
        circle = circle_of.get(known[town.code].epci)
        if circle is not None:
            beside = Named(town.name, (circle.x, circle.y), circle.radius)
            main.setdefault(circle.mark.code, beside)
    return names(main.values(), drawn, most=len(main))


def _list_address(found: queries.SearchPage, place: Place) -> str:
    changes = {**found.placeless, "commune": place.code, "rayon": "1"}
    return reverse("directory:list") + queries.address(found.parameters, **changes)


def _map_address(asked: QueryDict, *, zone: str | None = None) -> str:
    return reverse("directory:map") + queries.address(asked, zone=zone)
