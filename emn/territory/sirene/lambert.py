"""Lambert 93 (EPSG:2154) to degrees (WGS 84, equal to RGF93 within a metre)."""

import math

_E2 = 0.006694380022900787  # GRS 80, first eccentricity squared
_E = math.sqrt(_E2)
_LAT0, _LAT1, _LAT2 = (math.radians(value) for value in (46.5, 44.0, 49.0))
_LON0 = math.radians(3.0)
_X0, _Y0 = 700_000.0, 6_600_000.0
_A = 6_378_137.0


def _isometric(latitude: float) -> float:
    return math.atanh(math.sin(latitude)) - _E * math.atanh(_E * math.sin(latitude))


def _normal_radius(latitude: float) -> float:
    return _A * math.cos(latitude) / math.sqrt(1 - _E2 * math.sin(latitude) ** 2)


_N = math.log(_normal_radius(_LAT2) / _normal_radius(_LAT1)) / (
    _isometric(_LAT1) - _isometric(_LAT2)
)
_C = _normal_radius(_LAT1) * math.exp(_N * _isometric(_LAT1)) / _N
_YS = _Y0 + _C * math.exp(-_N * _isometric(_LAT0))
# Series of the latitude in multiples of the conformal latitude (Snyder, 3-5), in radians.
_S2 = _E2 / 2 + 5 * _E2**2 / 24 + _E2**3 / 12 + 13 * _E2**4 / 360
_S4 = 7 * _E2**2 / 48 + 29 * _E2**3 / 240 + 811 * _E2**4 / 11520
_S6 = 7 * _E2**3 / 120 + 81 * _E2**4 / 1120


def to_degrees(x: float, y: float) -> tuple[float, float]:
    """Return (latitude, longitude) in degrees of a point in metres; exact to a centimetre.

    Source: IGN, NTG 71 (Lambert conic with two standard parallels).
    """
    east, south = x - _X0, _YS - y
    longitude = _LON0 + math.atan2(east, south) / _N
    isometric = math.log(_C / math.hypot(east, south)) / _N
    conformal = 2 * math.atan(math.exp(isometric)) - math.pi / 2
    latitude = (
        conformal
        + _S2 * math.sin(2 * conformal)
        + _S4 * math.sin(4 * conformal)
        + _S6 * math.sin(6 * conformal)
    )
    return math.degrees(latitude), math.degrees(longitude)
