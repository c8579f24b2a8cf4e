"""The directory's map: the same result set as the list, one circle a commune."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from directory import queries
from directory.search.results import spots as spots_of
from emn.territory.models import Commune


@dataclass(frozen=True)
class Spot:
    """The cards of one commune."""

    commune: Commune
    count: int
    url: str


def search_map(parameters: QueryDict, *, now: datetime) -> dict[str, Any]:
    """Return the search and its spots, the most furnished first."""
    found = queries.search(parameters, now=now)
    counts = spots_of(found.criteria)
    communes = Commune.objects.in_bulk(list(counts))
    spots = [
        Spot(
            commune=communes[code],
            count=count,
            url=reverse("directory:list") + queries.address(parameters, commune=code, rayon=1),
        )
        for code, count in counts.items()
        if code in communes
    ]
    spots.sort(key=lambda spot: (-spot.count, spot.commune.name))
    return {"search": found, "spots": spots}
