"""Reads of the territory that give something else than a queryset."""

from collections.abc import Sequence
from itertools import islice
from typing import Protocol

import numpy as np
from django.conf import settings
from django.db.models import Case, Value, When
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from emn.lib.page_cache import kept
from emn.territory.distance import EARTH_RADIUS_KM
from emn.territory.ground import places
from emn.territory.models import Commune, Epci
from emn.territory.names import place_key

_LIKE_ENOUGH = 78  # of 100; «sarrebour» finds Sarrebourg, «metz» does not find Mey


def communes_matching(text: str, *, limit: int = 10) -> list[Commune]:
    """Return the communes that `text`, a name, its beginning or a postcode, may mean; best first.

    The département's own come first, then the larger. A name that begins no commune's is read
    as mistyped and compared with all of them.
    """
    key = place_key(text[:100])
    own_first = Case(When(departement_code=settings.DEPARTEMENT, then=Value(0)), default=Value(1))
    exact_first = Case(When(name_folded=key, then=Value(0)), default=Value(1))
    found = list(
        Commune.objects.named_like(text[:100]).order_by(
            exact_first, own_first, "-population", "pk"
        )[:limit]
    )
    if found or len(key) < 3 or key.isdigit():  # noqa: PLR2004 -- shorter words resemble anything
        return found
    codes = _sounding_like(key, limit=limit)
    by_code = Commune.objects.in_bulk(codes)
    return [by_code[code] for code in codes]


@kept
def own_epcis() -> dict[str, str]:
    """Return the name in use of each EPCI of the centre's département, by SIREN, in their order."""
    ours = Epci.objects.filter(communes__departement_code=settings.DEPARTEMENT).distinct()
    return {epci.siren: str(epci) for epci in sorted(ours.order_by("pk"), key=str)}


class Point(Protocol):
    """Whatever has a latitude and a longitude, in degrees: a commune, an establishment."""

    latitude: float
    longitude: float


def distances_km(origin: Point, insee_codes: Sequence[str]) -> NDArray[np.float32]:
    """Return the great-circle distance to each commune's centre; infinite for an unknown code."""
    known, nowhere = places(), (np.nan, np.nan)
    points = np.radians(
        [
            (place.latitude, place.longitude) if (place := known.get(code)) else nowhere
            for code in insee_codes
        ]
    )
    latitude, longitude = np.radians(origin.latitude), np.radians(origin.longitude)
    chord = (
        np.sin((points[:, 0] - latitude) / 2) ** 2
        + np.cos(latitude) * np.cos(points[:, 0]) * np.sin((points[:, 1] - longitude) / 2) ** 2
    )
    distances = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
    return np.asarray(np.nan_to_num(distances, nan=np.inf), dtype=np.float32)


@kept
def names_that_find() -> dict[str, str]:
    """Return INSEE code → name, for the communes that their name alone leads to."""
    first: dict[str, tuple[str, str]] = {}
    for folded, code, name in _communes_in_order():
        first.setdefault(folded, (code, name))
    return dict(first.values())


@kept
def _communes_in_order() -> list[tuple[str, str, str]]:
    """Return (folded name, INSEE code, name) of every commune, ours first, the larger first."""
    ours = Case(When(departement_code=settings.DEPARTEMENT, then=Value(0)), default=Value(1))
    rows = Commune.objects.order_by(ours, "-population", "pk")
    return list(rows.values_list("name_folded", "pk", "name"))


def communes_starting_with(name_words: Sequence[str], *, limit: int) -> list[tuple[str, str]]:
    """Return (INSEE code, name) of the communes whose name starts with the folded words."""
    key = place_key(" ".join(name_words))
    found = ((code, name) for folded, code, name in _communes_in_order() if folded.startswith(key))
    return list(islice(found, limit))


@kept
def _communes_by_words() -> dict[tuple[str, ...], str]:
    """Return the INSEE code for the words of each name; of namesakes, ours, then the larger."""
    return {tuple(folded.split()): code for folded, code, _name in reversed(_communes_in_order())}


def commune_named(name_words: Sequence[str]) -> str | None:
    """Return the INSEE code of the commune whose whole name these folded words are."""
    return _communes_by_words().get(tuple(place_key(" ".join(name_words)).split()))


def commune_sounding_like(name_words: Sequence[str]) -> str | None:
    """Return the INSEE code of the commune whose name the words resemble most, if near enough."""
    return next(iter(_sounding_like(place_key(" ".join(name_words)), limit=1)), None)


def _sounding_like(key: str, *, limit: int) -> list[str]:
    """Return the INSEE codes of the communes whose folded names are like the key, best first.

    Of equally like ones, ours, then the larger.
    """
    names = {code: folded for folded, code, _name in _communes_in_order()}
    close = process.extract(key, names, scorer=fuzz.ratio, score_cutoff=_LIKE_ENOUGH, limit=limit)
    return [code for _name, _score, code in close]


def nearest_commune(*, latitude: float, longitude: float) -> str | None:
    """Return the INSEE code of the commune whose centre is nearest; None when none is known."""
    known = places()
    return min(
        known,
        key=lambda code: (
            (known[code].latitude - latitude) ** 2
            + ((known[code].longitude - longitude) * np.cos(np.radians(latitude))) ** 2
        ),
        default=None,
    )
