"""The list of providers and its twin, the map: one result set."""

from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponsePermanentRedirect,
)
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from directory import maps, queries
from directory.matching.ranking import CRITERIA, HARD_FILTERS
from directory.measures import note_search
from directory.reference import former_terms
from directory.search.lexemes import LONGEST_QUERY, tokens
from directory.search.ranking import LEVELS, TIE_BREAKS, seed
from directory.search.suggestions import communes, suggest
from emn.lib.access import View, public
from emn.lib.htmx import HtmxRequest, fragment


def _at_current_address(view: View) -> View:
    """Lead, for good, from the address of a term removed or renamed to the one in use."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        current = former_terms().get(request.GET.get("service", ""))
        if current is None:
            return view(request, *args, **kwargs)
        asked = request.GET.copy()
        asked["service"] = current
        return HttpResponsePermanentRedirect(f"{request.path}?{asked.urlencode()}")

    return wrapper


@public
@require_safe
@vary_on_headers("HX-Request")
@_at_current_address
def provider_list(request: HtmxRequest) -> HttpResponse:
    """Show the published cards that answer the search."""
    found = queries.search(request.GET, now=timezone.now())
    note_search(request, found)
    template = fragment(request, "directory/provider_list.html", "results")
    return render(request, template, {"search": found})


def _with_tiles(view: View) -> View:
    """Let the page load pictures from the tiles' server, when one is set; no other page may."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.MAP_TILES:
            return view(request, *args, **kwargs)
        tiles = urlsplit(settings.MAP_TILES.replace("{s}", "*"))
        return csp_update({"img-src": [f"{tiles.scheme}://{tiles.netloc}"]})(view)(
            request, *args, **kwargs
        )

    return wrapper


@public
@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """Answer a field that is being filled: the lines of its list, for static/js/suggest.js."""
    typed, day = request.GET.get("q", ""), timezone.localdate()
    if request.GET.get("quoi") == "communes":
        found = communes(tokens(typed[:LONGEST_QUERY])) if typed.strip() else []
    else:
        found = suggest(typed, day=day)
    return render(request, "directory/suggestions.html", {"found": found})


@public
@require_safe
def ranking(request: HttpRequest) -> HttpResponse:
    """Say by what the results are ordered, from the list that orders them (R1.20)."""
    day = timezone.localdate()
    context = {
        "levels": LEVELS,
        "tie_breaks": TIE_BREAKS,
        "day": day,
        "seed": seed(day),
        "criteria": CRITERIA,
        "hard_filters": HARD_FILTERS,
    }
    return render(request, "directory/ranking.html", context)


@public
@require_safe
@_at_current_address
@_with_tiles
def provider_map(request: HtmxRequest) -> HttpResponse:
    """Show the same search as circles on the territory."""
    found = maps.search_map(request.GET, now=timezone.now())
    context = {
        "search": found.search,
        "map": found,
        "tiles": settings.MAP_TILES,
        "tiles_credit": settings.MAP_TILES_CREDIT,
    }
    return render(request, "directory/provider_map.html", context)
