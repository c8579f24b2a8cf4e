"""Comparing cards, and keeping some for later: the address holds them, no account, no cookie."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from directory.comparison import MOST_COMPARED, MOST_FAVOURITES, named_cards
from emn.lib.access import public


@public
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Show up to three cards side by side."""
    named = named_cards(request.GET, most=MOST_COMPARED)
    return render(request, "directory/compare.html", {"named": named, "most": MOST_COMPARED})


@public
@require_safe
def favourites(request: HttpRequest) -> HttpResponse:
    """List the cards of a favourites' link; the browser's own are filled in by favourites.js."""
    named = named_cards(request.GET, most=MOST_FAVOURITES)
    context = {"named": named, "most": MOST_FAVOURITES, "most_compared": MOST_COMPARED}
    return render(request, "directory/favourites.html", context)
