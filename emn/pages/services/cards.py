"""Pictures of shared pages: drawn ahead by a worker, let go of once no page says their words."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import override

from emn.lib.db import session_lock
from emn.lib.page_cache import touch
from emn.lib.social_cards import Words, file_of, sources
from emn.lib.social_cards.drawing import draw
from emn.pages.models import SocialCard
from emn.pages.share import general

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 200  # about twenty seconds of a worker
SEEN_EVERY = timedelta(days=1)  # a row is written no more often
KEPT_FOR = timedelta(days=30)  # a message sent with a picture is opened for some time


def draw_general(*, now: datetime) -> int:
    """Draw the centre's own picture in each language; return how many were missing."""
    return _draw(_in_each_language(lambda: [general()]), now=now, limit=MOST_AT_ONCE)


def draw_missing(*, now: datetime, limit: int = MOST_AT_ONCE) -> int:
    """Draw what pages say and no picture shows yet, at the most `limit`; return how many.

    Two at once would do the same work: the second does nothing.
    """
    with session_lock("pages.social_cards") as is_mine:
        if not is_mine:
            return 0
        wanted = _in_each_language(lambda: (words for each in sources for words in each.words()))
        drawn = _draw(wanted, now=now, limit=limit)
        _let_go(wanted, now=now)
        return drawn


def _in_each_language(read: Callable[[], Iterable[Words]]) -> dict[str, Words]:
    """Return by digest: words that are the same in two languages make one picture."""
    found: dict[str, Words] = {}
    for code, _name in settings.LANGUAGES:
        with override(code):
            found |= {words.digest: words for words in read()}
    return found


def _draw(wanted: Mapping[str, Words], *, now: datetime, limit: int) -> int:
    """Store each picture, then say so in one transaction: pages show them from there on.

    One that cannot be drawn holds no other back; it stays due.
    """
    known = set(SocialCard.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    rows = []
    for digest in [each for each in wanted if each not in known][:limit]:
        try:
            _store(wanted[digest])
        except Exception:
            logger.exception("picture %s cannot be drawn", digest)
        else:
            rows.append(SocialCard(digest=digest, drawn_at=now, wanted_at=now))
    if rows:
        with transaction.atomic(durable=True):
            SocialCard.objects.bulk_create(rows, ignore_conflicts=True)
            touch()
    return len(rows)


def _store(words: Words) -> None:
    if not default_storage.exists(words.file):
        default_storage.save(words.file, ContentFile(draw(words)))


def _let_go(wanted: Collection[str], *, now: datetime) -> None:
    """Delete what no page has said for `KEPT_FOR`: the row first: none names a lost file."""
    stale = SocialCard.objects.filter(pk__in=wanted, wanted_at__lt=now - SEEN_EVERY)
    stale.update(wanted_at=now)
    gone = SocialCard.objects.filter(wanted_at__lt=now - KEPT_FOR)
    digests = list(gone.order_by("wanted_at", "pk").values_list("pk", flat=True)[:MOST_AT_ONCE])
    if digests:
        with transaction.atomic(durable=True):
            SocialCard.objects.filter(pk__in=digests).delete()
            touch()
    for digest in digests:
        default_storage.delete(file_of(digest))
