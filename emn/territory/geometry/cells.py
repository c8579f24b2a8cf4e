"""Schematic communes: everything that is nearer to one centre than to all others.

Where the territory stops cannot be told from its own centres. So the centres of the communes around
it take part, and where none is known, across a border, a sparse grid stands for the neighbours.
"""

from collections import defaultdict
from collections.abc import Sequence
from math import ceil, dist, hypot, sqrt

from emn.territory.geometry.shapes import Box, LocalPlane, Point, Ring

REACH_KM = 5.0  # farther than this from any centre, the land is a neighbour's
WELD_DEGREES = 1e-5  # about one metre


def schematic_cells(centres: dict[str, Point], around: Sequence[Point]) -> dict[str, list[Ring]]:
    """Return code → one ring in degrees, from the centres (longitude, latitude) of a territory.

    `around`: the centres of the communes near it, as far as they are known. Neighbouring cells
    share the very same vertices.
    """
    if not centres:
        return {}
    latitudes = [latitude for _, latitude in centres.values()]
    plane = LocalPlane.at((min(latitudes) + max(latitudes)) / 2)
    own = [plane.to_km(centre) for centre in centres.values()]
    frame = Box.around(own, margin=2 * REACH_KM)
    others = [point for point in map(plane.to_km, around) if frame.holds(point)]
    seeds = [*own, *others]
    seeds += neighbour_grid(seeds, frame, reach=REACH_KM)
    rings = [
        [plane.to_degrees(vertex) for vertex in ring]
        for ring in voronoi_cells(seeds, frame, first=len(own))
    ]
    return {code: [ring] for code, ring in zip(centres, weld(rings), strict=True)}


def voronoi_cells(seeds: Sequence[Point], frame: Box, *, first: int | None = None) -> list[Ring]:
    """Return the cell of each of the `first` seeds (default: all) inside the frame.

    The seeds are all different and lie in the frame. Each cell is the frame cut by the bisectors
    with its neighbours, searched outwards until none can reach it any more.
    """
    width, height = frame.right - frame.left, frame.top - frame.bottom
    side = sqrt(width * height / len(seeds))
    drawers = _drawers(seeds, side)
    farthest = ceil(max(width, height) / side) + 1
    cells = []
    for seed in seeds[:first]:
        cell = frame.corners
        column, row = _drawer(seed, side)
        for step in range(farthest + 1):
            for place in _square(column, row, step):
                for other in drawers.get(place, ()):
                    if other != seed:
                        cell = _nearer(cell, seed, other)
            # The seeds not yet seen are at least `step * side` away, their bisector half of it.
            if step * side >= 2 * max(dist(seed, vertex) for vertex in cell):
                break
        cells.append(cell)
    return cells


def neighbour_grid(seeds: Sequence[Point], frame: Box, *, reach: float) -> list[Point]:
    """Return the points of a staggered grid that lie farther than `reach` from every seed."""
    pitch = reach / 2
    drawers = _drawers(seeds, reach)
    grid = []
    for row in range(int((frame.top - frame.bottom) / pitch) + 1):
        y = frame.bottom + row * pitch
        for number in range(int((frame.right - frame.left) / pitch) + 1):
            x = frame.left + (number + (row % 2) / 2) * pitch
            column, line = _drawer((x, y), reach)
            near = (
                seed
                for step in (0, 1)
                for place in _square(column, line, step)
                for seed in drawers.get(place, ())
            )
            if frame.holds((x, y)) and all(dist((x, y), seed) > reach for seed in near):
                grid.append((x, y))
    return grid


def weld(rings: list[Ring]) -> list[Ring]:
    """Give vertices that differ by less than WELD_DEGREES the same rounded coordinates."""
    known: dict[tuple[int, int], Point] = {}

    def welded(vertex: Point) -> Point:
        column, row = round(vertex[0] / WELD_DEGREES), round(vertex[1] / WELD_DEGREES)
        for step in (0, 1):
            for place in _square(column, row, step):
                if place in known:
                    return known[place]
        known[column, row] = (round(vertex[0], 5), round(vertex[1], 5))
        return known[column, row]

    return [_without_repeats([welded(vertex) for vertex in ring]) for ring in rings]


def _without_repeats(ring: Ring) -> Ring:
    return [
        point for point, before in zip(ring, ring[-1:] + ring[:-1], strict=True) if point != before
    ]


def _nearer(cell: Ring, seed: Point, other: Point) -> Ring:
    """Keep the part of a convex cell that is nearer to `seed` than to `other`."""
    across = (other[0] - seed[0], other[1] - seed[1])
    length = hypot(*across)
    middle = ((seed[0] + other[0]) / 2, (seed[1] + other[1]) / 2)
    beyond = [((x - middle[0]) * across[0] + (y - middle[1]) * across[1]) / length for x, y in cell]
    if max(beyond) <= 0:
        return cell
    kept = []
    for number, (vertex, past) in enumerate(zip(cell, beyond, strict=True)):
        before, past_before = cell[number - 1], beyond[number - 1]
        if (past > 0) != (past_before > 0):
            share = past_before / (past_before - past)
            kept.append(
                (
                    before[0] + share * (vertex[0] - before[0]),
                    before[1] + share * (vertex[1] - before[1]),
                )
            )
        if past <= 0:
            kept.append(vertex)
    return kept


def _drawer(point: Point, side: float) -> tuple[int, int]:
    return int(point[0] // side), int(point[1] // side)


def _drawers(points: Sequence[Point], side: float) -> dict[tuple[int, int], list[Point]]:
    drawers = defaultdict(list)
    for point in points:
        drawers[_drawer(point, side)].append(point)
    return drawers


def _square(column: int, row: int, step: int) -> list[tuple[int, int]]:
    """Return the drawers on the border of the square that reaches `step` away from one drawer."""
    if step == 0:
        return [(column, row)]
    along = range(-step, step + 1)
    inner = range(-step + 1, step)
    return [(column + move, row + edge) for edge in (-step, step) for move in along] + [
        (column + edge, row + move) for edge in (-step, step) for move in inner
    ]
