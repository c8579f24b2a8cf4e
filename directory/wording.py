"""A search as an address says it: in one canonical order, in words, or in what is counted of it."""

from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from directory.enums import ClientSector, ClientSize, SpokenLanguage, TrustClass
from directory.filters import DEFAULT_RADIUS_KM, FacetFilter, SearchForm
from directory.reference import taxonomy, territories
from directory.search.lexemes import LONGEST_QUERY
from directory.search.results import Criteria
from emn.territory.ground import places

ASKED = (*SearchForm.base_fields, *FacetFilter.base_filters)  # whatever a search may say


def canonical(parameters: QueryDict) -> str:
    """Return the query string of that search alone: the same for every way to write it."""
    asked = [
        (name, " ".join(value.replace("\x00", "").split())[:LONGEST_QUERY])
        for name in ASKED
        for value in sorted(set(parameters.getlist(name)))
    ]
    return urlencode([(name, value) for name, value in asked if value])


def search_in_words(query: str) -> str:
    """Say a canonical search in the language of the page: « site », Allemand, à 20 km… de Metz."""
    asked = QueryDict(query)
    parts = [_("« %(words)s »") % {"words": asked["q"]}] if asked.get("q") else []
    parts += [
        _names(name).get(value, value)
        for name in FacetFilter.base_filters
        for value in asked.getlist(name)
    ]
    if place := asked.get("commune"):
        known = places().get(place)
        said = {
            "place": known.name if known else place,
            "radius": asked.get("rayon", DEFAULT_RADIUS_KM),
        }
        parts.append(_("à %(radius)s km au plus de %(place)s") % said)
    return ", ".join(parts) or _("toutes les fiches")


def known_filters(parameters: QueryDict, criteria: Criteria) -> str:
    """Return the filters of a search, each from our own lists: nothing that a visitor typed."""
    filters = [
        (name, value)
        for name, value in FacetFilter(parameters).chosen.items()
        if "choices" in FacetFilter.base_filters[name].extra or value in _names(name)
    ]
    if criteria.place is not None:
        filters += [("commune", criteria.place.pk), ("rayon", str(int(criteria.radius_km)))]
    return urlencode(filters)


def _names(facet: str) -> dict[str, str]:
    """Return the words of each choice of a facet."""
    if facet == "service":
        names = {entry.category_slug: entry.category_name for entry in taxonomy().values()}
        return names | {entry.slug: entry.name for entry in taxonomy().values()}
    if facet == "territoire":
        return territories()
    choices: Any = {
        "charte": [("oui", _("signataires de la charte e-TIC"))],
        "classe": TrustClass.choices,
        "langue": SpokenLanguage.choices,
        "taille": ClientSize.choices,
        "metier": ClientSector.choices,
    }.get(facet, [])
    return {code: str(label) for code, label in choices}
