"""Writing the index: called by the services, inside their transaction."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from django.db import connection
from django.utils import timezone

from directory.cards import ComposedCard, composed
from directory.models import Provider, SearchDocument, Service, ServiceCategory
from directory.search.lexemes import LANGUAGES, Text, vector
from emn.lib.text import words

_SHORTEST_WORD, _LONGEST_WORD = 3, 60


def index(provider: Provider) -> None:
    """Write the card's row, or remove it when the card is not public.

    The row keeps its date when nothing that the card shows, or is searched by, has changed.
    """
    if not provider.is_published:
        SearchDocument.objects.filter(provider=provider).delete()
        return
    services = list(
        Service.objects.filter(providers=provider).in_order().select_related("category")
    )
    card = composed(provider, on=timezone.localdate())
    texts = list(_texts(provider, card, services))
    commune = provider.company.commune
    fingerprint = _fingerprint(provider, card, services)
    same = SearchDocument.objects.filter(provider=provider, fingerprint=fingerprint)
    written_at = same.values_list("written_at", flat=True).first() or timezone.now()
    SearchDocument.objects.update_or_create(
        provider=provider,
        defaults={
            "vector": vector(texts),
            "slug": provider.slug,
            "name": card.name,
            "tagline": card.tagline,
            "commune_name": commune.name,
            "confirmed_at": provider.confirmed_at,
            "written_at": written_at,
            "fingerprint": fingerprint,
            "siret": provider.company.siret,
            "service_ids": [service.pk for service in services],
            "languages": provider.languages,
            "client_sizes": provider.client_sizes,
            "commune_code": commune.pk,
            "epci_code": commune.epci_id or "",
            "latitude": commune.latitude,
            "longitude": commune.longitude,
        },
    )
    _learn(texts)


def reindex(providers: Iterable[Provider]) -> int:
    """Write the rows of `providers` again, after a change of the taxonomy; return how many."""
    count = 0
    for provider in providers:
        index(provider)
        count += 1
    return count


def learn_taxonomy() -> None:
    """Make the words of the taxonomy known, so that typos in them are set right."""
    _learn(
        text
        for service in Service.objects.in_order().select_related("category")
        for text in _service_texts(service)
    )


def _fingerprint(provider: Provider, card: ComposedCard, services: list[Service]) -> str:
    """Return a short value that differs when what the card shows or is searched by differs."""
    company = provider.company
    epci = company.commune.epci
    shown = [
        provider.slug,
        card,
        provider.confirmed_at and provider.confirmed_at.timestamp(),
        *(getattr(company, name) for name in _SHOWN_OF_COMPANY),
        company.checked_at.timestamp(),
        company.commune.name,
        str(epci) if epci else "",
        *(
            _in(language, row, name)
            for service in services
            for language in LANGUAGES
            for row, names in ((service, _SERVICE_TEXTS), (service.category, ("name",)))
            for name in names
        ),
        *(service.slug for service in services),
    ]
    return blake2b(repr([str(value) for value in shown]).encode(), digest_size=16).hexdigest()


_SHOWN_OF_COMPANY = ("name", "siret", "street", "postcode", "founded_on", "is_demo")
_SERVICE_TEXTS = ("name", "description", "synonyms")


def _texts(provider: Provider, card: ComposedCard, services: list[Service]) -> Iterator[Text]:
    yield Text(card.name, "A")
    yield Text(provider.company.name, "A")
    for service in services:
        yield from _service_texts(service)
    yield Text(" ".join(card.keywords), "B")
    yield Text(provider.company.commune.name, "C")
    for content, language in card.searchable:
        yield Text(content, "C", language)


def _service_texts(service: Service) -> Iterator[Text]:
    for language in LANGUAGES:
        yield Text(_in(language, service.category, "name"), "B", language)
        yield Text(_in(language, service, "name"), "B", language)
        yield Text(_in(language, service, "synonyms"), "B", language)


def _in(language: str, row: Service | ServiceCategory, field: str) -> str:
    return getattr(row, f"{field}_{language}") or ""


def _learn(texts: Iterable[Text]) -> None:
    """Add the words to the known ones."""
    seen = {
        word
        for text in texts
        for word in words(text.content)
        if _SHORTEST_WORD <= len(word) <= _LONGEST_WORD and not word.isdigit()
    }
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO directory_searchword (word)
            SELECT word FROM unnest(%s::text[]) AS word ORDER BY word
            ON CONFLICT (word) DO NOTHING
            """,
            [list(seen)],  # in order: two cards saved at once never wait for each other in a ring
        )
