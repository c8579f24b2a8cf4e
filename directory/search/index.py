"""Writing the index: called by the services, inside their transaction."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from django.db import connection
from django.utils import timezone

from directory.models import Offer, Provider, SearchDocument, Service, ServiceCategory
from directory.search import postings
from directory.search.lexemes import LANGUAGES, NAME, SERVICES, TEXT, Text, card_terms, tokens
from directory.search.terms import EVERY, commune_term, facet_term, number_term

LAYOUT = 1  # to be raised with any change of what a card's terms are: the cards are read again
_SHORTEST_WORD, _LONGEST_WORD = 3, 60
_SIREN_DIGITS = 9
_WRITTEN = (
    "terms", "layout", "slug", "name", "tagline", "commune_name", "confirmed_at", "written_at",
    "fingerprint", "service_ids", "languages",
)  # fmt: skip


@dataclass
class Catalogue:
    """The services with their texts, read once for a batch of cards."""

    services: dict[int, Service] = field(
        default_factory=lambda: {
            row.pk: row for row in Service.objects.in_order().select_related("category")
        }
    )
    _terms: dict[int, set[str]] = field(default_factory=dict)
    _shown: dict[int, list[str]] = field(default_factory=dict)

    def texts(self, service_ids: Iterable[int]) -> Iterator[Text]:
        """Return the words of services and their families, in every language."""
        for pk in service_ids:
            yield from _service_texts(self.services[pk])

    def terms(self, service_id: int) -> set[str]:
        """Return what a card that offers the service is found by."""
        if service_id not in self._terms:
            self._terms[service_id] = card_terms(self.texts([service_id]))
        return self._terms[service_id]

    def shown(self, service_id: int) -> list[str]:
        """Return what a card shows of the service, in every language."""
        if service_id not in self._shown:
            service = self.services[service_id]
            self._shown[service_id] = [
                service.slug,
                *(_in(language, service, name) for language in LANGUAGES for name in _SHOWN),
                *(_in(language, service.category, "name") for language in LANGUAGES),
            ]
        return self._shown[service_id]


_SHOWN = ("name", "description", "synonyms")
_SHOWN_OF_CARD = (
    "slug", "name", "tagline", "description", "logo", "phone", "email", "website",
    "languages", "client_sizes", "sectors", "keywords",
)  # fmt: skip
_SHOWN_OF_COMPANY = ("name", "siret", "street", "postcode", "founded_on", "is_demo")


def index(provider: Provider) -> None:
    """Write the card's row and terms, or remove them when the card is not public.

    The row keeps its date when nothing that the card shows, or is searched by, has changed.
    """
    index_all([provider])


def index_all(providers: Sequence[Provider], catalogue: Catalogue | None = None) -> set[str]:
    """Write the rows and terms of these cards, in a fixed number of statements a batch.

    Their companies, communes and EPCI are loaded (`with_place`). Returns the cards' words.
    """
    catalogue = catalogue or Catalogue()
    known = {
        row.pk: row
        for row in SearchDocument.objects.filter(pk__in=[provider.pk for provider in providers])
    }
    offers = _offers([provider for provider in providers if provider.is_published], catalogue)
    now = timezone.now()
    fresh, changes, gone, seen = [], {}, [], set()
    for provider in providers:
        old = known.get(provider.pk)
        if not provider.is_published:
            if old is not None:
                gone.append(provider.pk)
                changes[provider.pk] = (old.terms, ())
            continue
        texts = list(_own_texts(provider))
        seen |= _words(texts)
        new = _document(provider, texts, offers.get(provider.pk, []), catalogue)
        new.written_at = now
        if old is not None and old.fingerprint == new.fingerprint:
            new.written_at = old.written_at
            if old.terms == new.terms and old.layout == new.layout:
                continue
        fresh.append(new)
        changes[provider.pk] = (old.terms if old else (), new.terms)
    if fresh:
        SearchDocument.objects.bulk_create(
            fresh, update_conflicts=True, unique_fields=["provider"], update_fields=_WRITTEN
        )
        offered = {pk for document in fresh for pk in document.service_ids}
        _learn(seen, in_taxonomy=False)
        _learn(_words(catalogue.texts(offered)), in_taxonomy=True)
    if gone:
        SearchDocument.objects.filter(pk__in=gone).delete()
    postings.change(changes)
    return seen


def learn_taxonomy(catalogue: Catalogue | None = None) -> set[str]:
    """Make the words of the taxonomy known, so that typos in them are set right; return them."""
    catalogue = catalogue or Catalogue()
    found = _words(catalogue.texts(catalogue.services))
    _learn(found, in_taxonomy=True)
    return found


def _offers(providers: Sequence[Provider], catalogue: Catalogue) -> dict[int, list[int]]:
    """Return the services of each card, in the taxonomy's order."""
    held: dict[int, set[int]] = {}
    rows = Offer.objects.filter(provider__in=[provider.pk for provider in providers])
    for provider_id, service_id in rows.values_list("provider_id", "service_id"):
        held.setdefault(provider_id, set()).add(service_id)
    return {
        provider_id: [pk for pk in catalogue.services if pk in services]
        for provider_id, services in held.items()
    }


def _document(
    provider: Provider, texts: list[Text], service_ids: list[int], catalogue: Catalogue
) -> SearchDocument:
    company = provider.company
    commune = company.commune
    terms = {
        *card_terms(texts),
        *(term for pk in service_ids for term in catalogue.terms(pk)),
        EVERY,
        commune_term(commune.pk),
        number_term(company.siret),
        number_term(company.siret[:_SIREN_DIGITS]),
        *(facet_term("service", pk) for pk in service_ids),
        *(facet_term("langue", code) for code in provider.languages),
        *(facet_term("taille", code) for code in provider.client_sizes),
        *(facet_term("metier", code) for code in provider.sectors),
    }
    if commune.epci_id:
        terms.add(facet_term("territoire", commune.epci_id))
    return SearchDocument(
        provider=provider,
        terms=sorted(terms),
        layout=LAYOUT,
        slug=provider.slug,
        name=provider.name,
        tagline=provider.tagline,
        commune_name=commune.name,
        confirmed_at=provider.confirmed_at,
        fingerprint=_fingerprint(provider, service_ids, catalogue),
        service_ids=service_ids,
        languages=provider.languages,
    )


def _fingerprint(provider: Provider, service_ids: list[int], catalogue: Catalogue) -> str:
    """Return a short value that differs when what the card shows or is searched by differs."""
    company = provider.company
    epci = company.commune.epci
    shown = [
        *(getattr(provider, name) for name in _SHOWN_OF_CARD),
        provider.confirmed_at and provider.confirmed_at.timestamp(),
        *(getattr(company, name) for name in _SHOWN_OF_COMPANY),
        company.checked_at.timestamp(),
        company.commune.name,
        str(epci) if epci else "",
        *(value for pk in service_ids for value in catalogue.shown(pk)),
    ]
    return blake2b(repr([str(value) for value in shown]).encode(), digest_size=16).hexdigest()


def _own_texts(provider: Provider) -> Iterator[Text]:
    yield Text(provider.name, NAME)
    yield Text(provider.company.name, NAME)
    yield Text(" ".join(provider.keywords), SERVICES)
    yield Text(provider.tagline, TEXT)
    yield Text(provider.company.commune.name, TEXT)
    yield Text(provider.description, TEXT)


def _service_texts(service: Service) -> Iterator[Text]:
    for language in LANGUAGES:
        yield Text(_in(language, service.category, "name"), SERVICES, language)
        yield Text(_in(language, service, "name"), SERVICES, language)
        yield Text(_in(language, service, "synonyms"), SERVICES, language)


def _in(language: str, row: Service | ServiceCategory, field_name: str) -> str:
    return getattr(row, f"{field_name}_{language}") or ""


def _words(texts: Iterable[Text]) -> set[str]:
    return {
        word
        for text in texts
        for word in tokens(text.content)
        if _SHORTEST_WORD <= len(word) <= _LONGEST_WORD and not word.isdigit()
    }


def _learn(found: set[str], *, in_taxonomy: bool) -> None:
    """Add the words to the known ones."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO directory_searchword (word, in_taxonomy)
            SELECT word, %s FROM unnest(%s::text[]) AS word ORDER BY word
            ON CONFLICT (word) DO UPDATE SET in_taxonomy = true
            WHERE excluded.in_taxonomy AND NOT directory_searchword.in_taxonomy
            """,
            # In order: two cards saved at once never wait for each other in a ring.
            [in_taxonomy, sorted(found)],
        )
