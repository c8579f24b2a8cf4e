"""From degrees to an SVG drawing that is a thousand units wide."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from emn.territory.geometry.shapes import Box, LocalPlane, Point, Ring

WIDTH = 1000
MARGIN = 12  # units, for the strokes and the circles on the border


@dataclass(frozen=True, slots=True)
class View:
    """An equirectangular projection, exact at the middle latitude; `box` in degrees."""

    box: Box

    @classmethod
    def around(cls, points: Sequence[Point]) -> "View":
        """Return the view that holds the points, (longitude, latitude)."""
        box = Box.around(points)
        flat = box.left == box.right or box.bottom == box.top
        return cls(Box.around(points, margin=0.1) if flat else box)

    @property
    def _plane(self) -> LocalPlane:
        return LocalPlane.at((self.box.bottom + self.box.top) / 2)

    @property
    def _scale(self) -> float:
        """Units per km."""
        plane = self._plane
        width = plane.to_km((self.box.right, 0))[0] - plane.to_km((self.box.left, 0))[0]
        return (WIDTH - 2 * MARGIN) / width

    @property
    def height(self) -> int:
        """Units from top to bottom."""
        return round(self.project(self.box.bottom, self.box.left)[1]) + MARGIN

    @property
    def view_box(self) -> str:
        """The value of the attribute viewBox."""
        return f"0 0 {WIDTH} {self.height}"

    def project(self, latitude: float, longitude: float) -> Point:
        """Return (x, y) in units; y goes down."""
        left, top = self._plane.to_km((self.box.left, self.box.top))
        east, north = self._plane.to_km((longitude, latitude))
        return MARGIN + (east - left) * self._scale, MARGIN + (top - north) * self._scale

    def project_ring(self, ring: Ring) -> Ring:
        """Return a ring of (longitude, latitude) in units."""
        return [self.project(latitude, longitude) for longitude, latitude in ring]


def path(rings: Iterable[Ring]) -> str:
    """Return the SVG path of rings in units, in relative integers: light, exact to half a unit."""
    return "".join(_ring_path(ring) for ring in rings)


def _ring_path(ring: Ring) -> str:
    points = [(round(x), round(y)) for x, y in ring]
    (x, y), steps = points[0], []
    for following in points[1:]:
        if following != (x, y):
            steps += [following[0] - x, following[1] - y]
            x, y = following
    if len(set(points)) < 3:  # noqa: PLR2004 -- smaller than the drawing can tell
        return ""
    line = "".join(f"{step}" if step < 0 else f" {step}" for step in steps).strip()
    return f"M{points[0][0]} {points[0][1]}l{line}z"
