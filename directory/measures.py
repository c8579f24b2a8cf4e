"""What is counted of searches and cards, and what is left out: robots, signed-in people, floods."""

import re
import secrets
from collections import Counter
from datetime import date, datetime
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language

from directory.models.measures import LONGEST_WORDS
from directory.queries import SearchPage
from directory.services import measures as services
from directory.wording import known_filters
from emn.lib.rate_limit import client_ip
from emn.lib.robots import is_robot
from emn.lib.tally import Tally
from emn.lib.text import fold

MASK = "*"
LONGEST_FILTERS = 200
MOST_SHOWN_AT_ONCE = 50  # cards in one message of a page
MOST_A_MINUTE = 60  # messages of one address that count, in one process
_ADDRESS = re.compile(r"\S*@\S*")
_NUMBER = re.compile(r"\d(?:[\s./-]?\d){4,}")
_SLUG = re.compile(r"[\w-]{1,80}\Z", re.ASCII)


class Asked(NamedTuple):
    """A search as it is counted; `results` are the cards that answer all its words."""

    day: date
    language: str
    words: str
    filters: str
    results: int


class Seen(NamedTuple):
    """Something that happened to a card; `what` is a column of CardDay."""

    day: date
    slug: str
    what: str


searches: Tally[Asked] = Tally(services.add_searches)
views: Tally[Seen] = Tally(services.add_views)


def masked(typed: str) -> str:
    """Return the words, folded, without what could name a person: an e-mail, a long number.

    >>> masked("Écrire à lea@firme.fr ou au 06 12 34 56 78")
    'ecrire a * ou au *'
    """
    hidden = _NUMBER.sub(MASK, _ADDRESS.sub(MASK, fold(typed.replace("\x00", ""))))
    return hidden[:LONGEST_WORDS].strip()


def is_left_out(request: HttpRequest) -> bool:
    """Tell who is not counted: signed-in people, and what says it is a robot or says nothing."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES or is_robot(request)


def note_search(request: HttpRequest, found: SearchPage) -> None:
    """Count a search that a person asked: its first page, when it asks for something."""
    if request.method != "GET" or found.page.number != 1 or is_left_out(request):
        return
    words = masked(found.typed)
    filters = known_filters(found.parameters, found.criteria)[:LONGEST_FILTERS]
    if words or filters:
        language = get_language() or settings.LANGUAGE_CODE
        total = found.page.paginator.count if found.criteria.every else 0
        searches.add(Asked(timezone.localdate(), language, words, filters, total))


class _Minute:
    """How many messages each address sent this minute, under a key that dies with the minute."""

    def __init__(self) -> None:
        self._number = 0
        self._key = b""
        self._sent: Counter[int] = Counter()

    def allows(self, address: str, *, now: datetime) -> bool:
        """Count one message and tell whether it may count."""
        number = int(now.timestamp() // 60)
        if number != self._number:
            self._number, self._key, self._sent = number, secrets.token_bytes(16), Counter()
        place = hash((self._key, address))
        self._sent[place] += 1
        return self._sent[place] <= MOST_A_MINUTE


minute = _Minute()


def note_views(request: HttpRequest, *, what: str, slugs: list[str]) -> None:
    """Count what a page says of its cards, unless it comes from elsewhere, or too often."""
    foreign = request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin"
    if foreign or is_left_out(request):
        return
    now = timezone.now()
    if not minute.allows(client_ip(request), now=now):
        return
    day = timezone.localdate(now)
    shown = dict.fromkeys(slug for slug in slugs[:MOST_SHOWN_AT_ONCE] if _SLUG.match(slug))
    views.add(*(Seen(day, slug, what) for slug in shown))
