"""Clicks on the links of letters: how many a day, of nobody (R2.07); robots are left out.

Scanners of incoming mail follow every link of a message within seconds, as browsers do: beyond
`MOST_AT_ONCE` links in one breath, what comes from an address is not a reader, nor was its first
click. So clicks are counted once their breath is over. Each web process looks for itself.
"""

import secrets
import threading
from collections import defaultdict
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
    """The clicks that each address made in this breath, under a key that dies with it."""

    def __init__(self) -> None:
        self._number, self._key = 0, b""
        self._clicks: defaultdict[int, list[Clicked]] = defaultdict(list)
        self._lock = threading.Lock()

    def hold(self, address: str, clicked: Clicked, *, now: datetime) -> list[Clicked]:
        """Hold a click until its breath is over; return those of the last one, as `ended` does."""
        counted = self.ended(now=now)
        with self._lock:
            self._clicks[hash((self._key, address))].append(clicked)
        return counted

    def ended(self, *, now: datetime) -> list[Clicked]:
        """Return the clicks of readers once their breath is over, and forget who made them."""
        number = int(now.timestamp()) // BREATH_S
        with self._lock:
            if number == self._number:
                return []
            over, self._clicks = self._clicks, defaultdict(list)
            self._number, self._key = number, secrets.token_bytes(16)
        return [each for made in over.values() if len(made) <= MOST_AT_ONCE for each in made]


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


class Clicks(Tally[Clicked]):
    """Counts the clicks of breaths that are over."""

    def flush(self) -> None:
        """Write them, also when no click came since."""
        self.add(*breath.ended(now=timezone.now()))
        super().flush()


breath = Breath()
clicks = Clicks(add_clicks)


def note_click(request: HttpRequest, link_id: int, *, now: datetime) -> None:
    """Count a click, unless an agent at work or a robot made it."""
    signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES
    if request.method != "GET" or signed_in or is_robot(request):
        return
    clicked = Clicked(link_id, timezone.localdate(now))
    clicks.add(*breath.hold(client_ip(request), clicked, now=now))
