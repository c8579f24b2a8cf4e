"""The ground of the maps: the outlines of the EPCI, ready to be drawn."""

from dataclasses import dataclass

from django.conf import settings

from emn.lib.page_cache import kept
from emn.territory.enums import OutlineKind
from emn.territory.geometry.borders import simplify
from emn.territory.geometry.drawing import View, path
from emn.territory.geometry.shapes import Point
from emn.territory.models import Commune, Outline

TOLERANCE = 1.2  # units of the drawing, a thousand wide
TOWNS = 24


@dataclass(frozen=True, slots=True)
class EpciShape:
    """One EPCI on the drawing; `path` is to be filled with the even-odd rule."""

    siren: str
    name: str
    path: str


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
    rings = {
        outline: [[(point[0], point[1]) for point in ring] for ring in outline.rings]
        for outline in outlines
    }
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
