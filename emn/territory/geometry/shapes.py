"""What the other modules draw with."""

from collections.abc import Sequence
from math import cos, radians
from typing import NamedTuple, TypeAlias

KM_PER_DEGREE = 111.195  # of latitude, on a sphere of 6371 km

Point: TypeAlias = tuple[float, float]
Ring: TypeAlias = list[Point]  # closed: the first point is not repeated at the end


class Box(NamedTuple):
    """A rectangle along the axes; in degrees, `left` is west and `bottom` is south."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def around(cls, points: Sequence[Point], *, margin: float = 0) -> "Box":
        """Return the smallest box that holds the points, `margin` wider on each side."""
        return cls(
            min(x for x, _ in points) - margin,
            min(y for _, y in points) - margin,
            max(x for x, _ in points) + margin,
            max(y for _, y in points) + margin,
        )

    def holds(self, point: Point) -> bool:
        """Whether the point lies in the box, its sides included."""
        x, y = point
        return self.left <= x <= self.right and self.bottom <= y <= self.top

    @property
    def corners(self) -> Ring:
        """The four corners, counter-clockwise."""
        return [
            (self.left, self.bottom),
            (self.right, self.bottom),
            (self.right, self.top),
            (self.left, self.top),
        ]


class LocalPlane(NamedTuple):
    """Equirectangular plane in km about a latitude: true to 1 % on a département."""

    km_per_longitude: float

    @classmethod
    def at(cls, latitude: float) -> "LocalPlane":
        """Return the plane that is exact at `latitude` (degrees)."""
        return cls(KM_PER_DEGREE * cos(radians(latitude)))

    def to_km(self, degrees: Point) -> Point:
        """Return (east, north) in km of a (longitude, latitude)."""
        return degrees[0] * self.km_per_longitude, degrees[1] * KM_PER_DEGREE

    def to_degrees(self, km: Point) -> Point:
        """Return the (longitude, latitude) of an (east, north) in km."""
        return km[0] / self.km_per_longitude, km[1] / KM_PER_DEGREE


def area(ring: Ring) -> float:
    """Return the area that the ring encloses, in the square of its unit."""
    following = ring[1:] + ring[:1]
    return (
        abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, following, strict=True))) / 2
    )
