"""The list of providers and its twin, the map: one result set."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from directory import maps, queries
from directory.measures import note_search
from emn.lib.access import public
from emn.lib.htmx import HtmxRequest, fragment


@public
@require_safe
@vary_on_headers("HX-Request")
def provider_list(request: HtmxRequest) -> HttpResponse:
    """Show the published cards that answer the search."""
    found = queries.search(request.GET, now=timezone.now())
    note_search(request, found)
    template = fragment(request, "directory/provider_list.html", "results")
    return render(request, template, {"search": found})


@public
@require_safe
def provider_map(request: HtmxRequest) -> HttpResponse:
    """Show the same search as circles on the territory, one a commune."""
    found = maps.search_map(request.GET, now=timezone.now())
    return render(request, "directory/provider_map.html", {"search": found.search, "map": found})
