"""Reading official contours of communes: GeoJSON (RFC 7946) in degrees."""

import json
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from emn.lib.errors import DomainError
from emn.territory.geometry.borders import merge, simplify
from emn.territory.geometry.shapes import Point, Ring

CODE_NAMES = ("code", "insee", "code_insee", "INSEE_COM")
HEAVY = 60_000  # points: beyond, the contours are simplified
TOLERANCE_DEGREES = 0.0002  # about 20 metres
MOST_UNMATCHED = 0.05
SMALLEST_RING = 3


class ContoursRefused(DomainError):
    """A file of contours that cannot be used."""


@dataclass
class Contours:
    """Code of a current commune → rings. `missing` and `unknown`: codes that do not match."""

    rings: dict[str, list[Ring]]
    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    simplified: bool = False


def read_contours(
    text: bytes, *, departement: str, known: set[str], merged: dict[str, str]
) -> Contours:
    """Return the contours of a département's communes.

    `known`: the current codes; `merged`: former code → the current commune that holds it. The
    features of other départements are left out. Raises ContoursRefused when the file cannot be
    read, or when more than 5 % of the codes do not match.
    """
    parts: dict[str, list[Ring]] = {}
    unknown = []
    for feature in _features(text):
        code = _code(feature)
        if not code.startswith(departement):
            continue
        current = merged.get(code, code)
        if current in known:
            parts.setdefault(current, []).extend(_rings(feature, code))
        else:
            unknown.append(code)
    missing = sorted(known - parts.keys())
    if len(missing) + len(unknown) > MOST_UNMATCHED * len(known):
        raise ContoursRefused(
            f"Ces contours ne sont pas ceux du département {departement} : {len(missing)} communes "
            f"manquent et {len(unknown)} codes sont inconnus ; rien n’est changé."
        )
    rings = {code: merge(parts[code]) for code in sorted(parts)}
    if empty := [code for code, found in rings.items() if not found]:
        raise ContoursRefused(f"Le contour de {', '.join(empty)} est vide ou présent deux fois.")
    simplified = sum(len(ring) for found in rings.values() for ring in found) > HEAVY
    if simplified:
        rings = simplify(rings, tolerance=TOLERANCE_DEGREES)
    return Contours(rings, missing, sorted(unknown), simplified)


def _features(text: bytes) -> list[dict[str, Any]]:
    try:
        features = json.loads(text)["features"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ContoursRefused("Ce fichier n’est pas une collection GeoJSON.") from error
    if not isinstance(features, list):
        raise ContoursRefused("Ce fichier n’est pas une collection GeoJSON.")
    return features


def _code(feature: Any) -> str:
    """Return the INSEE code that a feature bears."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    for name in CODE_NAMES:
        if properties and (code := properties.get(name)):
            return str(code)
    raise ContoursRefused(
        f"Un contour ne dit pas son code INSEE (attributs lus : {', '.join(CODE_NAMES)})."
    )


def _rings(feature: dict[str, Any], code: str) -> list[Ring]:
    refused = ContoursRefused(
        f"Le contour de {code} n’est pas un polygone en degrés (longitude, latitude)."
    )
    try:
        geometry = feature["geometry"]
        polygons = {"Polygon": lambda shape: [shape], "MultiPolygon": list}[geometry["type"]](
            geometry["coordinates"]
        )
        rings = [
            [_point(position) for position in ring] for polygon in polygons for ring in polygon
        ]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise refused from error
    if not rings or any(len(set(ring)) < SMALLEST_RING for ring in rings):
        raise refused
    return rings


def _point(position: Any) -> Point:
    longitude, latitude = float(position[0]), float(position[1])
    if not (isfinite(longitude) and isfinite(latitude)):
        raise ValueError
    if abs(longitude) > 180 or abs(latitude) > 90:  # noqa: PLR2004 -- degrees
        raise ValueError
    return round(longitude, 6), round(latitude, 6)
