"""The ground of the maps, ready to be drawn: the EPCI, or the communes of one of them."""

from dataclasses import dataclass

from django.conf import settings

from emn.lib.page_cache import keep, kept
from emn.territory.enums import OutlineKind
from emn.territory.geometry.borders import simplify
from emn.territory.geometry.drawing import WIDTH, View, path
from emn.territory.geometry.shapes import Box, Point, Ring
from emn.territory.models import Commune, Outline

TOLERANCE = 1.2  # units of the drawing, a thousand wide
CLOSE_TOLERANCE = 3.0  # the same, for a zone: the many borders of its communes stay light
TOWNS = 24
FRAME_DEG = 0.01  # left free around a zone
LANDSCAPE = 1.9  # degrees of longitude for one of latitude: about 4 wide for 3 high at 49° north


@dataclass(frozen=True, slots=True)
class EpciShape:
    """One EPCI on the drawing; `path` is to be filled with the even-odd rule."""

    siren: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Place:
    """A commune as the maps know it: where it is, and in which EPCI (SIREN, empty when none)."""

    code: str
    name: str
    departement: str
    epci: str
    latitude: float
    longitude: float


@kept
def places() -> dict[str, Place]:
    """Return every commune by its code, from memory until the territory changes."""
    return {
        commune.pk: Place(
            code=commune.pk,
            name=commune.name,
            departement=commune.departement_code,
            epci=commune.epci_id or "",
            latitude=commune.latitude,
            longitude=commune.longitude,
        )
        for commune in Commune.objects.order_by("pk")
    }


@dataclass(frozen=True, slots=True)
class Town:
    """A commune that helps to find one's way; the place in units of the drawing."""

    code: str
    name: str
    place: Point


@dataclass(frozen=True, slots=True)
class MapGround:
    """What every map of the territory is drawn on; `towns`: the most populous first.

    `kind` is schematic as soon as one outline is.
    """

    view: View
    epci: list[EpciShape]
    towns: list[Town]
    kind: OutlineKind
    source: str

    @property
    def is_schematic(self) -> bool:
        """Whether a note must say so."""
        return self.kind == OutlineKind.SCHEMATIC

    def project(self, latitude: float, longitude: float) -> Point:
        """Return the (x, y) of a place, in units of the view box."""
        return self.view.project(latitude, longitude)


@kept
def map_ground() -> MapGround:
    """Return the ground, from memory until the outlines change."""
    outlines = list(
        Outline.objects.filter(epci__isnull=False).select_related("epci").order_by("pk")
    )
    rings = {outline: _degrees(outline) for outline in outlines}
    communes = list(
        Commune.objects.in_departement(settings.DEPARTEMENT).order_by("-population", "pk")
    )
    corners = [point for found in rings.values() for ring in found for point in ring]
    centres = [(commune.longitude, commune.latitude) for commune in communes]
    view = View.around(corners or centres or [(0, 0)])
    drawn = simplify(
        {outline: [view.project_ring(ring) for ring in found] for outline, found in rings.items()},
        tolerance=TOLERANCE,
    )
    kinds = {outline.kind for outline in outlines}
    return MapGround(
        view=view,
        epci=[
            EpciShape(str(outline.epci_id), str(outline.epci), path(found))
            for outline, found in drawn.items()
        ],
        towns=[
            Town(commune.pk, commune.name, view.project(commune.latitude, commune.longitude))
            for commune in communes[:TOWNS]
        ],
        kind=(OutlineKind.OFFICIAL if kinds == {OutlineKind.OFFICIAL} else OutlineKind.SCHEMATIC),
        source=outlines[0].source if outlines else "",
    )


@dataclass(frozen=True, slots=True)
class ZoneGround:
    """One EPCI seen from near: a path a commune, and `around`, the EPCI that border the view.

    An EPCI of another département has no path: it is drawn by its circles alone.
    """

    siren: str
    view: View
    communes: list[str]
    around: list[EpciShape]

    def project(self, latitude: float, longitude: float) -> Point:
        """Return the (x, y) of a place, in units of the view box."""
        return self.view.project(latitude, longitude)


def zone_ground(siren: str) -> ZoneGround:
    """Return the ground of one EPCI that has communes, from memory until the outlines change."""
    return keep(("emn.territory.ground.zone", siren), lambda: _zone_ground(siren))


def _zone_ground(siren: str) -> ZoneGround:
    own = Outline.objects.filter(commune__epci=siren).order_by("pk")
    rings = {outline: _degrees(outline) for outline in own}
    corners = [point for found in rings.values() for ring in found for point in ring]
    centres = [
        (place.longitude, place.latitude) for place in places().values() if place.epci == siren
    ]
    view = View.around(_framed(corners + centres))
    drawn = simplify(
        {outline: [view.project_ring(ring) for ring in found] for outline, found in rings.items()},
        tolerance=CLOSE_TOLERANCE,
    )
    others = Outline.objects.filter(epci__isnull=False).exclude(epci=siren).select_related("epci")
    around = []
    for outline in others.order_by("pk"):
        found = [view.project_ring(ring) for ring in _degrees(outline)]
        if _is_seen(found, view):
            thinned = simplify({outline: found}, tolerance=CLOSE_TOLERANCE)[outline]
            around.append(EpciShape(str(outline.epci_id), str(outline.epci), path(thinned)))
    return ZoneGround(siren, view, [path(found) for found in drawn.values()], around)


def _degrees(outline: Outline) -> list[Ring]:
    return [[(point[0], point[1]) for point in ring] for ring in outline.rings]


def _framed(points: list[Point]) -> list[Point]:
    """Return the corners of a box around the points, wide enough to be drawn as a landscape."""
    box = Box.around(points, margin=FRAME_DEG)
    least = (box.top - box.bottom) * LANDSCAPE
    more = max(0.0, least - (box.right - box.left)) / 2
    return Box(box.left - more, box.bottom, box.right + more, box.top).corners


def _is_seen(rings: list[Ring], view: View) -> bool:
    box = Box.around([point for ring in rings for point in ring])
    return box.left < WIDTH and box.right > 0 and box.bottom < view.height and box.top > 0
