"""A search as an address says it: in one canonical order, and in words."""

from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from directory.enums import ClientSize, SpokenLanguage
from directory.filters import FacetFilter, SearchForm
from directory.queries import read
from directory.reference import taxonomy, territories
from directory.search.lexemes import LONGEST_QUERY

ASKED = (*SearchForm.base_fields, *FacetFilter.base_filters)  # whatever a search may say


def canonical(parameters: QueryDict, *, leaving_out: tuple[str, ...] = ()) -> str:
    """Return the query string of that search alone: the same for every way to write it."""
    asked = [
        (name, " ".join(value.replace("\x00", "").split())[:LONGEST_QUERY])
        for name in ASKED
        if name not in leaving_out
        for value in sorted(set(parameters.getlist(name)))
    ]
    return urlencode([(name, value) for name, value in asked if value])


def search_in_words(query: str) -> str:
    """Say a canonical search in the language of the page: « site internet », près de Metz, …"""
    form, chosen, criteria = read(QueryDict(query))
    typed = (form.cleaned_data.get("q") or "").strip()
    parts = (
        [_("«\N{NO-BREAK SPACE}%(words)s\N{NO-BREAK SPACE}»") % {"words": typed}] if typed else []
    )
    parts += [_facet_in_words(name, value) for name, value in chosen.items()]
    if criteria.place is not None:
        place = {"place": criteria.place.name, "radius": int(criteria.radius_km)}
        parts.append(_("à %(radius)s km au plus de %(place)s") % place)
    return ", ".join(parts) or _("toutes les fiches")


def _facet_in_words(name: str, value: str) -> str:
    """Return the words of a choice; the choice itself when nothing is known of it."""
    if name == "service":
        names = {entry.category_slug: entry.category_name for entry in taxonomy().values()}
        names |= {entry.slug: entry.name for entry in taxonomy().values()}
    else:
        names = {
            "territoire": territories(),
            "langue": {code: str(label) for code, label in SpokenLanguage.choices},
            "taille": {code: str(label) for code, label in ClientSize.choices},
        }.get(name, {})
    return names.get(value, value)
