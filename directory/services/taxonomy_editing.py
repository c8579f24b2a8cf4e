"""What staff does to the taxonomy beyond words: removing a term, promoting what providers write."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from directory.models import (
    IgnoredWord,
    Offer,
    Provider,
    Service,
    ServiceCategory,
    TermRedirect,
)
from directory.models.providers import MOST_SERVICES
from directory.search.index import index_all
from emn.lib.commit import after_commit
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.lib.text import fold

LANGUAGES = ("fr", "de", "en")
GIVEN_AT_ONCE = 500  # cards of a batch; with more, the worker gives them the service
_READ_AT_MOST = 2_000  # words, before those that are known are left out


class TermRefused(DomainError):
    """The taxonomy cannot be changed so."""


@dataclass(frozen=True, slots=True)
class FreeWord:
    """A word that providers write by themselves, and on how many public cards."""

    word: str
    count: int


def free_words() -> list[FreeWord]:
    """Return the words that no service knows and nobody ignores, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT lower(word), count(*) FROM directory_provider, unnest(keywords) AS word
            WHERE status = 'published' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %s
            """,
            [_READ_AT_MOST],
        )
        counted = cursor.fetchall()
    known = {
        fold(word)
        for service in Service.objects.order_by("pk")
        for language in LANGUAGES
        for word in (text(service, "name", language), *words_of(service, language))
    }
    known |= set(IgnoredWord.objects.values_list("word", flat=True))
    found: dict[str, list[Any]] = {}
    for word, count in counted:
        if (key := fold(word)) not in known:
            found.setdefault(key, [word, 0])[1] += count
    ordered = sorted(found.values(), key=lambda entry: (-entry[1], entry[0]))
    return [FreeWord(word, count) for word, count in ordered]


@transaction.atomic(durable=True)
def promote_to_synonym(*, word: str, service_id: int, language: str, now: datetime) -> Service:
    """Have the service found by this word too. Raises Service.DoesNotExist or TermRefused."""
    service = Service.objects.select_for_update(of=("self",)).get(pk=service_id)
    word = one_word(word)
    if fold(word) in {fold(known) for known in words_of(service, language)}:
        raise TermRefused(_("Ce service connaît déjà ce mot."))
    add_words(service, language, [word])
    _curated(service, now=now)
    return service


def promote_to_service(
    *,
    word: str,
    category_id: int,
    names: dict[str, str],
    add_to_cards: bool,
    now: datetime,
) -> tuple[Service, int]:
    """Make a service of the word, and give it to the public cards that write it when asked.

    `names`: the service in each language. Returns it with the number of cards that get it, at once
    or, when they are many, by the worker. Raises ServiceCategory.DoesNotExist or TermRefused (the
    address is taken).
    """
    cards = _cards_that_write(word) if add_to_cards else []
    is_long = len(cards) > GIVEN_AT_ONCE
    service = _add_service(
        word=word, category_id=category_id, names=names, leave_to_worker=is_long, now=now
    )
    if add_to_cards and not is_long:
        return service, give_service(service_id=service.pk, word=word)
    return service, len(cards)


@transaction.atomic(durable=True)
def _add_service(
    *, word: str, category_id: int, names: dict[str, str], leave_to_worker: bool, now: datetime
) -> Service:
    from directory.tasks import give_service as later  # noqa: PLC0415 -- tasks import the services

    category = ServiceCategory.objects.select_for_update(of=("self",)).get(pk=category_id)
    slug = slugify(names["fr"])[:80]
    if not slug or is_slug_taken(slug):
        raise TermRefused(_("Un service a, ou a eu, ce nom : choisissez-en un autre."))
    last = category.services.aggregate(last=Max("position"))["last"]
    service = Service(
        category=category,
        code=free_code(category, slug),
        slug=slug,
        position=0 if last is None else last + 1,
        **{f"name_{language}": name for language, name in names.items()},
    )
    if fold(word) != fold(names["fr"]):
        add_words(service, "fr", [one_word(word)])
    _curated(service, now=now)
    if leave_to_worker:
        after_commit(partial(later.delay, service_id=service.pk, word=word))
    return service


@transaction.atomic(durable=True)
def ignore_word(*, word: str, now: datetime) -> IgnoredWord:
    """Leave the word out of the list from now on. Safe to run twice."""
    folded = fold(one_word(word))
    ignored, _made = IgnoredWord.objects.get_or_create(word=folded, defaults={"ignored_at": now})
    return ignored


def keep_former_address(term: Service | ServiceCategory, *, now: datetime) -> None:
    """Have the address that a term loses lead to it: called before the new one is saved."""
    rows = type(term)._default_manager.select_for_update(of=("self",))
    if (before := rows.get(pk=term.pk).slug) == term.slug:
        return
    target = {"service" if isinstance(term, Service) else "category": term}
    TermRedirect.objects.create(slug=before, name=term.name, removed_at=now, **target)


def is_slug_taken(slug: str) -> bool:
    """Tell whether a service, a family or a removed term has this address."""
    return any(
        model._default_manager.filter(slug=slug).exists()
        for model in (Service, ServiceCategory, TermRedirect)
    )


def free_code(category: ServiceCategory, slug: str) -> str:
    """Return a code that no service has or had."""
    base = f"{category.code}.{slug}"[:34].rstrip("-.")
    taken = {
        code
        for model in (Service, TermRedirect)
        for code in model._default_manager.filter(code__startswith=base).values_list(
            "code", flat=True
        )
    }
    if base not in taken:
        return base
    return next(code for n in range(2, len(taken) + 3) if (code := f"{base}-{n}") not in taken)


def _curated(service: Service, *, now: datetime) -> None:
    """Save what staff wrote: a service's words act at once, whatever cards offer it."""
    service.curated_at = now
    service.save()
    touch()


def give_service(*, service_id: int, word: str) -> int:
    """Offer the service on the public cards that write the word and still have room.

    Batch by batch, each card indexed again with its batch; returns how many. Safe to run twice.
    """
    cards = _cards_that_write(word)
    starts = range(0, len(cards), GIVEN_AT_ONCE)
    return sum(
        _give_some(service_id=service_id, cards=cards[at : at + GIVEN_AT_ONCE]) for at in starts
    )


@transaction.atomic(durable=True)
def _give_some(*, service_id: int, cards: list[int]) -> int:
    locked = Provider.objects.published().filter(pk__in=cards).order_by("pk")
    list(locked.select_for_update(of=("self",)).values_list("pk", flat=True))
    with_room = (
        locked.exclude(offers__service=service_id)
        .annotate(offered=Count("offers"))
        .filter(offered__lt=MOST_SERVICES)
        .values_list("pk", flat=True)
    )
    offers = [Offer(provider_id=pk, service_id=service_id) for pk in with_room]
    Offer.objects.bulk_create(offers)
    index_all(list(locked.with_place().with_content()))
    touch()
    return len(offers)


def _cards_that_write(word: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id, word FROM directory_provider, unnest(keywords) AS word
            WHERE status = 'published' AND lower(left(word, 1)) = ANY(%s)
            """,
            [_first_letters(word)],
        )
        return sorted({pk for pk, written in cursor.fetchall() if fold(written) == fold(word)})


def _first_letters(word: str) -> list[str]:
    """Return the spellings of the first letter that fold alike: few rows leave the database."""
    first = fold(word)[:1]
    return [sign for sign in map(chr, range(0x20, 0x180)) if fold(sign)[:1] == first] or [first]


def text(service: Service, field: str, language: str) -> str:
    return getattr(service, f"{field}_{language}") or ""


def words_of(service: Service, language: str) -> list[str]:
    return [word.strip() for word in text(service, "synonyms", language).split(",") if word.strip()]


def add_words(service: Service, language: str, words: list[str]) -> None:
    """Add the words that the service does not know yet, each once."""
    known = {fold(word): word for word in words_of(service, language)}
    for word in words:
        known.setdefault(fold(word), word)
    setattr(service, f"synonyms_{language}", ", ".join(known.values()))


def one_word(word: str) -> str:
    cleaned = " ".join(word.replace(",", " ").split())
    if not cleaned:
        raise TermRefused(_("Donnez un mot."))
    return cleaned
