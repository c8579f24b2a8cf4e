"""Keeping the index of the search in line with the cards."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import Q

from directory.models import Provider, SearchWord
from directory.search import postings
from directory.search.index import LAYOUT, Catalogue, index_all
from emn.lib.page_cache import touch

BATCH = 2_000


def is_index_current() -> bool:
    """Whether each published card is in the index, made the way this version makes it."""
    behind = Q(document__isnull=True) | ~Q(document__layout=LAYOUT)
    return not Provider.objects.published().filter(behind).exists()


def reindex_published(*, batch: int = BATCH) -> int:
    """Bring the rows and terms of published cards up to date, by batches; return how many.

    A card that is right already costs no write. Words that no card holds any more are forgotten.
    """
    words_before = set(SearchWord.objects.values_list("word", flat=True))
    catalogue = Catalogue()
    seen: set[str] = set()
    done, last = 0, 0
    with _rarely_collected():
        while cards := _index_after(last, batch, catalogue, seen):
            done, last = done + len(cards), cards[-1]
            gc.collect()
    _forget(words_before - seen)
    return done


@transaction.atomic(durable=True)
def _index_after(last: int, batch: int, catalogue: Catalogue, seen: set[str]) -> list[int]:
    """Index the published cards that follow, add their words to `seen`; return their keys."""
    cards = list(
        Provider.objects.published()
        .select_related("company")
        .prefetch_related("company__commune__epci")  # few communes, thousands of cards
        .with_content()
        .filter(pk__gt=last)
        .order_by("pk")[:batch]
        .select_for_update(of=("self",))
    )
    seen |= index_all(cards, catalogue)
    touch()
    return [card.pk for card in cards]


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """Leave it to the block to look for cycles to free, among the objects that it makes.

    A batch makes hundreds of thousands: looking each time some hundreds were made, and through
    all that was there before, costs a fifth of the work.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()


@transaction.atomic(durable=True)
def _forget(words: set[str]) -> None:
    SearchWord.objects.filter(word__in=words).delete()


def rebuild_postings() -> int:
    """Write the sets of all terms anew from the cards' rows, block by block; return how many.

    For what changed behind the portal's back: a restored table, a bulk load.
    """
    return sum(_rebuild(block) for block in postings.blocks_in_use())


@transaction.atomic(durable=True)
def _rebuild(block: int) -> int:
    cards = postings.rebuild(block)
    touch()
    return cards
