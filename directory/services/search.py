"""Keeping the index of the search in line with the cards."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from django.db import transaction
from django.db.models import Max, Q

from directory.models import Provider, SearchDocument, SearchWord
from directory.models.providers import ProviderQuerySet
from directory.search import postings
from directory.search.index import BEHIND, LAYOUT, index_all
from emn.lib.db import one_at_work_one_waiting
from emn.lib.page_cache import touch
from emn.lib.processes import processes

BATCH = 2_000
SPAN = 16_384  # keys that a process takes at once


def is_index_current() -> bool:
    """Whether each published card is in the index, made the way this version makes it."""
    return not _behind().exists()


def mark_behind(provider_ids: Iterable[int]) -> None:
    """Note, in the caller's transaction, that these cards are to be indexed again.

    For writes of many cards at once: indexing them takes the index from everybody until the commit.
    """
    SearchDocument.objects.filter(provider__in=provider_ids).update(layout=BEHIND)


def index_behind(*, batch: int = BATCH) -> int:
    """Index the published cards whose rows are behind, by batches; return how many.

    Safe to run twice, or to be killed: the next run, or the night's, goes on.
    """
    done, last = 0, 0
    while cards := _index_after(_behind(), last, batch, set()):
        done, last = done + len(cards), cards[-1]
    return done


def _behind() -> ProviderQuerySet:
    behind = Q(document__isnull=True) | ~Q(document__layout=LAYOUT)
    return Provider.objects.published().filter(behind)


def reindex_after_change() -> None:
    """Bring the index up to date; changes that come while a pass runs share the one after it."""
    with one_at_work_one_waiting("directory.reindex") as is_mine:
        if is_mine:
            reindex_published()


def reindex_published(*, batch: int = BATCH, by: int = 1) -> int:
    """Bring the rows and terms of published cards up to date, by batches; return how many.

    `by`: processes that share the work. A card that is right already costs no write. Words that
    no card holds any more are forgotten.
    """
    words_before = set(SearchWord.objects.values_list("word", flat=True))
    last = Provider.objects.aggregate(last=Max("pk"))["last"] or 0
    spans = [range(start, start + SPAN) for start in range(1, last + 1, SPAN)]
    seen: set[str] = set()
    done = 0
    with ExitStack() as stack:
        by = min(by, len(spans))
        each = stack.enter_context(processes(by)).map if by > 1 else map
        for count, words in each(partial(_index_span, batch=batch), spans):
            done += count
            seen |= words
    _forget(words_before - seen)
    return done


def _index_span(keys: range, *, batch: int) -> tuple[int, set[str]]:
    """Index the published cards of these keys; return how many, and their words."""
    rows = Provider.objects.published().filter(pk__lt=keys.stop)
    seen: set[str] = set()
    done, last = 0, keys.start - 1
    with _rarely_collected():
        while cards := _index_after(rows, last, batch, seen):
            done, last = done + len(cards), cards[-1]
            gc.collect()
    return done, seen


@transaction.atomic(durable=True)
def _index_after(rows: ProviderQuerySet, last: int, batch: int, seen: set[str]) -> list[int]:
    """Index the cards of `rows` after the key `last`, add their words to `seen`; return keys."""
    cards = list(
        rows.select_related("company")
        .prefetch_related("company__commune__epci")  # few communes, thousands of cards
        .with_content()
        .filter(pk__gt=last)
        .order_by("pk")[:batch]
        .select_for_update(of=("self",))
    )
    seen |= index_all(cards)
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
