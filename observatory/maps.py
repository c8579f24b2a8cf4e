"""Maps of a slice: each place filled by the class of its value, drawn by the worker."""

from collections.abc import Mapping, Sequence
from html import escape

from django.conf import settings

from emn.territory.geometry.borders import simplify
from emn.territory.geometry.drawing import View, path
from emn.territory.ground import Town, map_ground
from emn.territory.models import Outline
from observatory.indicators.slices import Slice, class_of, classes

TOLERANCE = 2.2  # units of a drawing a thousand wide: 725 communes stay light
TOWNS = 7  # named on the map
WIDE_APART, HIGH_APART = 170, 60  # units between two names
HATCH = (
    '<defs><pattern id="hachures" width="10" height="10" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><path d="M0 0V10" class="hatch"/></pattern></defs>'
)


def draw(found: Slice, labels: Mapping[str, str]) -> str:
    """Return the map of a slice by EPCI or commune; `labels`: code → « Metz : 12 fiches »."""
    ground = map_ground()
    names: dict[str, str] = {}
    if found.key == "epci":
        paths = {shape.siren: shape.path for shape in ground.epci}
        names = {shape.siren: shape.name for shape in ground.epci}
    else:
        paths = _commune_paths(ground.view)
    if not paths:
        return ""
    values = values_of(found)
    limits = classes(values)
    flags = {line.code: line.values[0].flag for line in found.lines}
    shapes = []
    for code, shape in sorted(paths.items()):
        name = "secret" if flags.get(code) else f"c{class_of(values.get(code, 0), limits)}"
        words = escape(labels.get(code) or names.get(code, ""))
        title = f"<title>{words}</title>" if words else ""
        drawn = f'<path class="{name}" d="{shape}">{title}</path>'
        if found.key == "epci" and code in labels:  # a link a line: the keyboard reads the map
            drawn = f'<a href="#p{code}" aria-label="{words}">{drawn}</a>'
        shapes.append(drawn)
    towns = "".join(
        f'<text x="{town.place[0]:.0f}" y="{town.place[1]:.0f}">{escape(town.name)}</text>'
        for town in _apart(ground.towns)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="choropleth choropleth-{found.key}" '
        f'viewBox="{ground.view.view_box}" role="{"group" if found.key == "epci" else "img"}" '
        f'aria-labelledby="{found.key}-titre">{HATCH}<g>{"".join(shapes)}</g>'
        f'<g class="place-names" aria-hidden="true">{towns}</g></svg>'
    )


def _apart(towns: Sequence[Town]) -> list[Town]:
    """Return the largest towns whose names do not touch."""
    named: list[Town] = []
    for town in towns:
        if all(
            abs(town.place[0] - other.place[0]) > WIDE_APART
            or abs(town.place[1] - other.place[1]) > HIGH_APART
            for other in named
        ):
            named.append(town)
    return named[:TOWNS]


def values_of(found: Slice) -> dict[str, float]:
    """Return the value of each place that has one."""
    return {
        line.code: line.values[0].number
        for line in found.lines
        if line.values[0].number is not None
    }


def _commune_paths(view: View) -> dict[str, str]:
    outlines = Outline.objects.filter(commune__departement_code=settings.DEPARTEMENT).order_by("pk")
    rings = {
        str(outline.commune_id): [
            view.project_ring([(point[0], point[1]) for point in ring]) for ring in outline.rings
        ]
        for outline in outlines
    }
    return {code: path(found) for code, found in simplify(rings, tolerance=TOLERANCE).items()}
