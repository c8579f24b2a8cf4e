"""The territories of the Sillon lorrain, as data: a town and its surroundings (mechanics 1.10)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from emn.lib.page_cache import kept
from emn.territory.distance import box_around, distance_km
from emn.territory.models import Commune

_FILE = Path(__file__).parent / "data" / "sillon_lorrain.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pole:
    """A town by its commune, and the radius, in km, of the territory around it."""

    key: str
    name: str
    commune: str
    radius_km: float


@cache
def _listed() -> tuple[Pole, ...]:
    return tuple(Pole(**entry) for entry in json.loads(_FILE.read_text(encoding="utf-8")))


@kept
def poles() -> dict[str, Pole]:
    """Return by key, from north to south, those whose commune the portal knows."""
    known = set(
        Commune.objects.filter(pk__in=[pole.commune for pole in _listed()]).values_list(
            "pk", flat=True
        )
    )
    return {pole.key: pole for pole in _listed() if pole.commune in known}


@kept
def communes_of_poles() -> dict[str, frozenset[str]]:
    """Return, by the key of a pole, the codes of the communes whose centre is in its radius."""
    centres = Commune.objects.in_bulk([pole.commune for pole in poles().values()])
    return {key: _around(centres[pole.commune], pole.radius_km) for key, pole in poles().items()}


def _around(centre: Commune, radius_km: float) -> frozenset[str]:
    latitude, longitude = centre.latitude, centre.longitude
    box = box_around(latitude=latitude, longitude=longitude, radius_km=radius_km)
    rows = Commune.objects.alias(away=distance_km(latitude=latitude, longitude=longitude))
    near = rows.filter(box.as_q(), away__lte=radius_km)
    return frozenset(near.values_list("pk", flat=True))
