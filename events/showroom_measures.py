"""How often the pages of demonstrations are read: the day and the page, never who (ADR 10)."""

import re
from datetime import date

from django.http import HttpRequest
from django.utils import timezone

from directory.measures import is_left_out, view_minute
from emn.lib.rate_limit import client_ip
from emn.lib.tally import Tally
from events.services import showrooms

_SLUG = re.compile(r"[\w-]{1,80}\Z", re.ASCII)
views: Tally[tuple[date, str]] = Tally(showrooms.add_views)


def note_view(request: HttpRequest, *, slug: str) -> None:
    """Count a page that says it was opened, unless it comes from elsewhere, or too often."""
    foreign = request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin"
    if foreign or is_left_out(request) or not _SLUG.match(slug):
        return
    now = timezone.now()
    if view_minute.allows(client_ip(request), now=now):
        views.add((timezone.localdate(now), slug))
