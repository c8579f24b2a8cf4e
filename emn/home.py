"""The pages that draw on every app: home, search everything, errors, health."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from emn.lib import home_blocks, site_search
from emn.lib.access import declare, public
from emn.lib.context import identity
from emn.lib.home_blocks import Place
from emn.lib.outage import RETRY_AFTER_S, is_outage

HITS_PER_SOURCE = 5


@dataclass(frozen=True)
class Door:
    """One of the three ways in; while its page does not exist, it only says what is coming."""

    title: str | Promise
    text: str | Promise
    icon: str
    url_name: str

    @property
    def url(self) -> str:
        """Return the address of the page, empty while there is none."""
        try:
            return reverse(self.url_name)
        except NoReverseMatch:
            return ""


DOORS = (
    Door(
        _("Me diagnostiquer en 6 minutes"),
        _("Quelques questions sur votre activité, et six actions à mener, par ordre d’utilité."),
        "gauge",
        "diagnostics:start",
    ),
    Door(
        _("Trouver un prestataire de confiance"),
        _("Près de chez vous, avec ses références, ses prix indicatifs et ce que valent ses avis."),
        "handshake",
        "directory:list",
    ),
    Door(
        _("Venir à l’espace"),
        _("Deux showrooms, des formations courtes et des conseillers qui ne vendent rien."),
        "map-pin",
        "events:list",
    ),
)


def _blocks(place: Place) -> Iterator[str]:
    """Render what the apps show at this place."""
    for block in home_blocks.blocks:
        if block.place is place:
            yield render_to_string(block.template, dict(block.context()))


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the home page: one question, three doors, then what each app has to show."""
    # Read only when the page has changed since it was last rendered: see home.html.
    figures = SimpleLazyObject(
        lambda: [figure for entry in home_blocks.figures if (figure := entry.read())]
    )
    context = {
        "doors": DOORS,
        "search_blocks": _blocks(Place.SEARCH),
        "main_blocks": _blocks(Place.MAIN),
        "last_blocks": _blocks(Place.LAST),
        "figures": figures,
    }
    return render(request, "home.html", context)


@public
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Put one question (`q`) to every app, and group the answers by app."""
    words = site_search.clean(request.GET.get("q", ""))
    answers = [
        (source, source.search(words, HITS_PER_SOURCE)) for source in site_search.sources if words
    ]
    found = [(source, hits) for source, hits in answers if hits.total]
    context = {
        "words": words,
        "answers": found,
        "total": sum(hits.total for _source, hits in found),
        "search_blocks": () if found else _blocks(Place.SEARCH),
    }
    return render(request, "search.html", context)


@declare("public")
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers, 503 otherwise."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "error", "database": "unreachable"}, status=503)
    return JsonResponse({"status": "ok", "database": "ok"}, headers={"Cache-Control": "no-store"})


def _error(template: str, status: int) -> HttpResponse:
    """Render a page of error without the request: neither session nor database may be needed."""
    return HttpResponse(render_to_string(template, identity()), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the address or the form made no sense."""
    return _error("400.html", 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the page is not for this person."""
    return _error("403.html", 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form had waited too long, or that cookies are refused."""
    return _error("403_csrf.html", 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is nothing here, and offer to search."""
    return _error("404.html", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that we failed, or that something we need is away, and how to reach us."""
    if is_outage(sys.exc_info()[1]):
        response = _error("503.html", 503)
        response["Retry-After"] = str(RETRY_AFTER_S)
        return response
    return _error("500.html", 500)
