"""The directory and the agenda inside the pages of other sites: an iframe each, and how to put it.

Anybody may frame these two pages and no other of the portal. They set no cookie, hold no form and
run no script; their links open in a tab of their own.
"""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from directory import queries as directory
from emn.lib.access import public
from emn.lib.content_policy import in_any_frame
from events import queries as events

MOST_LINES = 8
DIRECTORY_NAMES = ("q", "service", "commune", "rayon", "charte")
AGENDA_NAMES = ("type", "theme")


@public
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """Show both widgets with the lines to copy."""
    context = {
        "directory_address": settings.PUBLIC_URL + reverse("widgets:directory"),
        "agenda_address": settings.PUBLIC_URL + reverse("widgets:agenda"),
        "directory_names": DIRECTORY_NAMES,
        "agenda_names": AGENDA_NAMES,
    }
    return render(request, "observatory/widgets/guide.html", context)


@public
@require_safe
@in_any_frame
def directory_frame(request: HttpRequest) -> HttpResponse:
    """List the first cards that answer, as the directory ranks them."""
    asked = _kept(request.GET, DIRECTORY_NAMES)
    found = directory.search(asked, now=timezone.now())
    context = {
        "lines": found.lines[:MOST_LINES],
        "total": found.found.total,
        "whole": _whole("directory:list", asked),
    }
    return render(request, "observatory/widgets/directory.html", context)


@public
@require_safe
@in_any_frame
def agenda_frame(request: HttpRequest) -> HttpResponse:
    """List the next dates."""
    asked = _kept(request.GET, AGENDA_NAMES)
    shown = events.agenda(asked, now=timezone.now())
    lines = [line for week in shown.weeks for line in week.lines]
    context = {"lines": lines[:MOST_LINES], "whole": _whole("events:list", asked)}
    return render(request, "observatory/widgets/agenda.html", context)


def _kept(asked: QueryDict, names: tuple[str, ...]) -> QueryDict:
    """Keep the parameters that a widget knows."""
    kept = QueryDict(mutable=True)
    kept.update({name: str(asked[name]) for name in names if asked.get(name)})
    return kept


def _whole(name: str, asked: Any) -> str:
    query = urlencode(asked.dict())
    return settings.PUBLIC_URL + reverse(name) + (f"?{query}" if query else "")
