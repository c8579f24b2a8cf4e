"""The cards that answer a search, in the order of their keys."""

from django.contrib.postgres.search import SearchQuery
from django.db.models import F, QuerySet

from directory.models import SearchDocument
from directory.search.results import Criteria
from emn.territory.distance import box_around, distance_km


def keys(criteria: Criteria, *, after: int, limit: int) -> list[int]:
    """Return the keys, above `after`, of the first cards that answer.

    Unlike the list's search, nothing is ranked and no slip is set right: what is asked is had page
    after page, and the same tomorrow.
    """
    rows = _matching(criteria).filter(pk__gt=after)
    # A word may be rare, which the planner cannot know: walking along the keys would then read all
    # the cards. With a computed order it goes through the index of words.
    order = F("pk") + 0 if criteria.query else F("pk")
    return list(rows.order_by(order).values_list("pk", flat=True)[:limit])


def _matching(criteria: Criteria) -> "QuerySet[SearchDocument]":
    rows = SearchDocument.objects.all()
    query = criteria.query
    if query.siret:
        rows = rows.filter(siret__startswith=query.siret)
    elif query.words:
        words = SearchQuery(query.expression(), config="simple", search_type="raw")
        rows = rows.filter(vector=words)
    if (place := criteria.place) is not None:
        latitude, longitude, radius_km = place.latitude, place.longitude, criteria.radius_km
        box = box_around(latitude=latitude, longitude=longitude, radius_km=radius_km)
        km = distance_km(latitude=latitude, longitude=longitude)
        rows = rows.alias(km=km).filter(box.as_q(), km__lte=radius_km)
    chosen = criteria.chosen
    if "service" in chosen:
        rows = rows.filter(service_ids__overlap=chosen["service"])
    if "territoire" in chosen:
        rows = rows.filter(epci_code=chosen["territoire"])
    if "langue" in chosen:
        rows = rows.filter(languages__contains=[chosen["langue"]])
    if "taille" in chosen:
        rows = rows.filter(client_sizes__contains=[chosen["taille"]])
    return rows
