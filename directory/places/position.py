"""Where a place says it is, against the centre of its commune: half a turn of the columns shows."""

import math

from emn.territory.geometry.shapes import KM_PER_DEGREE

FAR_KM = 30  # no commune reaches so far from its centre; a geocoder may err by a few

Point = tuple[float, float]  # latitude, longitude


def is_far(point: Point, *, centre: Point) -> bool:
    """Tell whether the point cannot be in the commune of that centre."""
    north = point[0] - centre[0]
    east = (point[1] - centre[1]) * math.cos(math.radians(centre[0]))
    return math.hypot(north, east) * KM_PER_DEGREE > FAR_KM


def is_swapped(point: Point, *, centre: Point) -> bool:
    """Tell whether the point is far, and would not be with its two numbers exchanged."""
    return is_far(point, centre=centre) and not is_far((point[1], point[0]), centre=centre)
