"""Clicks on the links of letters: how many a day, of nobody (R2.07); robots are left out.

Scanners of incoming mail follow every link of a message within seconds, as browsers do: beyond
`MOST_AT_ONCE` links in one breath, what comes from an address is not a reader.
"""

import secrets
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from emn.lib.rate_limit import client_ip
from emn.lib.robots import is_robot
from emn.lib.tally import Tally

BREATH_S = 10
MOST_AT_ONCE = 3


class Clicked(NamedTuple):
    """A link, on a day."""

    link_id: int
    day: date


class Breath:
    """How many clicks each address made in this breath, under a key that dies with it."""

    def __init__(self) -> None:
        self._number, self._key = 0, b""
        self._clicks: Counter[int] = Counter()

    def allows(self, address: str, *, now: datetime) -> bool:
        """Count one click; tell whether a reader could have made it."""
        number = int(now.timestamp()) // BREATH_S
        if number != self._number:
            self._number, self._key, self._clicks = number, secrets.token_bytes(16), Counter()
        place = hash((self._key, address))
        self._clicks[place] += 1
        return self._clicks[place] <= MOST_AT_ONCE


def add_clicks(counts: Mapping[Clicked, int]) -> None:
    """Add clicks to their days; what names no link any more is dropped."""
    rows = [(*clicked, counts[clicked]) for clicked in sorted(counts)]  # two processes never cross
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO mailings_linkclicks AS counted (link_id, "on", count)
               SELECT link.id, %s, %s FROM mailings_campaignlink AS link WHERE link.id = %s
               ON CONFLICT (link_id, "on") DO UPDATE SET count = counted.count + excluded.count""",
            [(day, times, link_id) for link_id, day, times in rows],
        )


clicks: Tally[Clicked] = Tally(add_clicks)
breath = Breath()


def note_click(request: HttpRequest, link_id: int, *, now: datetime) -> None:
    """Count a click, unless an agent at work or a robot made it."""
    signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES
    if request.method != "GET" or signed_in or is_robot(request):
        return
    if breath.allows(client_ip(request), now=now):
        clicks.add(Clicked(link_id, timezone.localdate(now)))
