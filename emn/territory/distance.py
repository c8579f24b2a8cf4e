"""Distances on the globe, as SQL expressions over two columns in degrees."""

import math
from dataclasses import dataclass

from django.db.models import Expression, F, FloatField, Q, Value
from django.db.models.functions import ASin, Cos, Least, Power, Radians, Sin, Sqrt

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
HALF_CIRCUMFERENCE_KM = math.pi * EARTH_RADIUS_KM
_POLE = 90.0


@dataclass(frozen=True)
class Box:
    """Bounds in degrees: south ≤ latitude ≤ north, west ≤ longitude ≤ east."""

    south: float
    north: float
    west: float
    east: float

    def as_q(self, *, latitude: str = "latitude", longitude: str = "longitude") -> Q:
        """Return the condition that an index on the columns can answer."""
        return Q(
            **{f"{latitude}__range": (self.south, self.north)},
            **{f"{longitude}__range": (self.west, self.east)},
        )


def box_around(*, latitude: float, longitude: float, radius_km: float) -> Box:
    """Return the smallest box, in degrees, that holds the disc; never wider than the globe."""
    angle = max(0.0, min(radius_km, HALF_CIRCUMFERENCE_KM)) / EARTH_RADIUS_KM
    south = latitude - math.degrees(angle)
    north = latitude + math.degrees(angle)
    if south <= -_POLE or north >= _POLE:
        return Box(max(south, -_POLE), min(north, _POLE), -180.0, 180.0)
    reach = math.degrees(math.asin(min(1.0, math.sin(angle) / math.cos(math.radians(latitude)))))
    return Box(south, north, longitude - reach, longitude + reach)


def distance_km(
    *,
    latitude: float,
    longitude: float,
    latitude_field: str = "latitude",
    longitude_field: str = "longitude",
) -> Expression:
    """Return the haversine distance in km between a point and the columns, in degrees."""
    lat = Radians(F(latitude_field))
    half_dlat = (lat - Value(math.radians(latitude))) / Value(2.0)
    half_dlon = (Radians(F(longitude_field)) - Value(math.radians(longitude))) / Value(2.0)
    squared = Power(Sin(half_dlat), 2) + Value(math.cos(math.radians(latitude))) * Cos(lat) * Power(
        Sin(half_dlon), 2
    )
    return Value(2 * EARTH_RADIUS_KM) * ASin(
        Sqrt(Least(squared, Value(1.0))), output_field=FloatField()
    )
