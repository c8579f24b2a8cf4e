"""Borders: the outline of several places together, and fewer points along them."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from itertools import pairwise
from math import dist, hypot
from typing import TypeVar

from emn.territory.geometry.shapes import Point, Ring

Key = TypeVar("Key", bound=Hashable)


def merge(rings: Iterable[Ring]) -> list[Ring]:
    """Return the outline of all the rings together, to be filled with the even-odd rule.

    An edge that two rings share is inside, and goes. What is left always closes, whatever the
    rings: where two of them do not share their vertices, both borders simply stay.
    """
    edges: set[frozenset[Point]] = set()
    for ring in rings:
        for edge in zip(ring, ring[1:] + ring[:1], strict=True):
            if edge[0] != edge[1]:
                edges ^= {frozenset(edge)}
    ways: dict[Point, set[Point]] = defaultdict(set)
    for start, end in edges:
        ways[start].add(end)
        ways[end].add(start)
    outline = []
    for start in sorted(ways):
        while ways[start]:
            ring, here = [], start
            while not ring or here != start:
                ring.append(here)
                following = min(ways[here])
                ways[here].remove(following)
                ways[following].remove(here)
                here = following
            outline.append(ring)
    return outline


def simplify(places: dict[Key, list[Ring]], *, tolerance: float) -> dict[Key, list[Ring]]:
    """Drop the points that lie within `tolerance` of the line without them (Douglas–Peucker).

    A border that two places share is cut the same way for both. A ring that would be left without
    area keeps its points.
    """
    around: dict[Point, set[Point]] = defaultdict(set)
    for rings in places.values():
        for ring in rings:
            for before, point in zip(ring[-1:] + ring[:-1], ring, strict=True):
                around[point].add(before)
                around[before].add(point)
    junctions = {point for point, beside in around.items() if len(beside) > 2}  # noqa: PLR2004 -- a plain point has two neighbours
    return {
        key: [_simplified(ring, junctions, tolerance) for ring in rings]
        for key, rings in places.items()
    }


def _simplified(ring: Ring, junctions: set[Point], tolerance: float) -> Ring:
    first = next((n for n, point in enumerate(ring) if point in junctions), ring.index(min(ring)))
    turned = [*ring[first:], *ring[:first], ring[first]]
    ends = [0, *(n for n, point in enumerate(turned) if point in junctions and n), len(turned) - 1]
    left: Ring = []
    for start, end in pairwise(ends):
        stretch = turned[start : end + 1]
        if len(stretch) > 1:
            left += _thinned(stretch, tolerance)[:-1]
    return left if len(left) > 2 else ring  # noqa: PLR2004 -- a triangle is the smallest ring


def _thinned(stretch: Ring, tolerance: float) -> Ring:
    """Thin an open line; read from either end, the result is the same."""
    if stretch[::-1] < stretch:
        return _thinned(stretch[::-1], tolerance)[::-1]
    kept = {0, len(stretch) - 1}
    waiting = [(0, len(stretch) - 1)]
    while waiting:
        start, end = waiting.pop()
        between = range(start + 1, end)
        if not between:
            continue
        distance, farthest = max(
            (_distance(stretch[n], stretch[start], stretch[end]), n) for n in between
        )
        if distance > tolerance:
            kept.add(farthest)
            waiting += [(start, farthest), (farthest, end)]
    return [stretch[n] for n in sorted(kept)]


def _distance(point: Point, start: Point, end: Point) -> float:
    """Return how far the point is from the segment."""
    along = (end[0] - start[0], end[1] - start[1])
    length = hypot(*along)
    if length == 0:
        return dist(point, start)
    share = ((point[0] - start[0]) * along[0] + (point[1] - start[1]) * along[1]) / length**2
    share = min(1, max(0, share))
    return dist(point, (start[0] + share * along[0], start[1] + share * along[1]))
