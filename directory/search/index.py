"""Writing the index: called by the services, inside their transaction."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b

from django.db import connection
from django.utils import timezone
from psycopg2.extras import execute_values

from directory.cards import ComposedCard, composed
from directory.charter.terms import shown_between
from directory.models import Adhesion, Offer, Provider, SearchDocument, Service
from directory.search import postings
from directory.search.catalogue import text_in
from directory.search.lexemes import LANGUAGES, NAME, SERVICES, TEXT, Text, Words, card_words
from directory.search.terms import (
    EVERY,
    charter_term,
    commune_term,
    facet_term,
    number_term,
    trust_terms,
)

LAYOUT = 1  # to be raised with any change of what a card's terms are: the cards are read again
BEHIND = 0  # the layout of a row whose card changed since
_SHORTEST_WORD, _LONGEST_WORD = 3, 60
_SIREN_DIGITS = 9
_CASTS = {"terms": "%s::text[]", "service_ids": "%s::bigint[]", "languages": "%s::text[]"}
_COLUMNS = (
    "provider_id", "terms", "layout", "slug", "name", "tagline", "commune_name", "confirmed_at",
    "written_at",
    "fingerprint", "service_ids", "languages", "charter_since", "charter_from", "charter_until",
)  # fmt: skip


@dataclass
class Catalogue:
    """What cards show of the services, read once for a batch of cards."""

    services: dict[int, Service] = field(
        default_factory=lambda: {
            row.pk: row for row in Service.objects.in_order().select_related("category")
        }
    )
    _shown: dict[int, list[str]] = field(default_factory=dict)

    def shown(self, service_id: int) -> list[str]:
        """Return what a card shows of the service, in every language."""
        if service_id not in self._shown:
            service = self.services[service_id]
            self._shown[service_id] = [
                service.slug,
                *(text_in(language, service, name) for language in LANGUAGES for name in _SHOWN),
                *(text_in(language, service.category, "name") for language in LANGUAGES),
            ]
        return self._shown[service_id]


_SHOWN = ("name", "description")
_SHOWN_OF_COMPANY = ("name", "siret", "street", "postcode", "founded_on", "is_demo")


def index(provider: Provider) -> None:
    """Write the card's row and terms, or remove them when the card is not public.

    The row keeps its date when nothing that the card shows, or is searched by, has changed.
    """
    index_all([provider])


def index_all(providers: Sequence[Provider]) -> set[str]:
    """Write the rows and terms of these cards, in a fixed number of statements a batch.

    Their places and lists are loaded (`with_place`, `with_content`). Returns the cards' words.
    """
    catalogue = Catalogue()
    known = {
        row.pk: row
        for row in SearchDocument.objects.filter(pk__in=[provider.pk for provider in providers])
    }
    offers = _offers([provider for provider in providers if provider.is_published], catalogue)
    now, today = timezone.now(), timezone.localdate()
    signatures = _signatures(providers, today=today)
    fresh: list[SearchDocument] = []
    gone: list[int] = []
    changes: dict[int, tuple[Iterable[str], Iterable[str]]] = {}
    seen: set[str] = set()
    for provider in providers:
        old = known.get(provider.pk)
        if not provider.is_published:
            if old is not None:
                gone.append(provider.pk)
                changes[provider.pk] = (old.terms, ())
            continue
        card = composed(provider, on=today)
        own = card_words(_own_texts(provider, card))
        seen |= own.words
        new = _document(provider, card, own, offers.get(provider.pk, []), catalogue)
        signature = signatures.get(provider.company.siret[:_SIREN_DIGITS])
        if signature is not None:
            new.charter_since, new.charter_from, new.charter_until = signature
            new.fingerprint = _digest([new.fingerprint, *signature])
            new.terms = sorted({*new.terms, charter_term(*signature[1:])})
        new.written_at = now
        if old is not None and old.fingerprint == new.fingerprint:
            new.written_at = old.written_at
            if old.terms == new.terms and old.layout == new.layout:
                continue
        fresh.append(new)
        changes[provider.pk] = (old.terms if old else (), new.terms)
    if fresh:
        _store(fresh)
        carried = _carry_trust([row.pk for row in fresh if row.pk not in known])
        changes |= {pk: ((), [*changes[pk][1], *trust_terms(letter)]) for pk, letter in carried}
        _learn(seen)
    if gone:
        removed = _remove(gone)
        changes |= {pk: ([*changes[pk][0], *trust_terms(letter)], ()) for pk, letter in removed}
    postings.change(changes)
    return seen


def _signatures(
    providers: Sequence[Provider], *, today: date
) -> dict[str, tuple[date, date, date]]:
    """Return SIREN → member since, first day shown, first day not shown any more."""
    sirens = {provider.company.siret[:_SIREN_DIGITS] for provider in providers}
    return {
        row.siren: (row.member_since, *shown)
        for row in Adhesion.objects.standing().filter(siren__in=sirens)
        if row.member_since and (shown := shown_between(row.term, today=today))
    }


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
    provider: Provider,
    card: ComposedCard,
    own: Words,
    service_ids: list[int],
    catalogue: Catalogue,
) -> SearchDocument:
    company = provider.company
    commune = company.commune
    terms = {
        *own.terms,
        EVERY,
        commune_term(commune.pk),
        number_term(company.siret),
        number_term(company.siret[:_SIREN_DIGITS]),
        *(facet_term("service", pk) for pk in service_ids),
        *(facet_term("langue", code) for code in card.languages),
        *(facet_term("taille", code) for code in card.client_sizes),
        *(facet_term("metier", code) for code in card.sectors),
    }
    if commune.epci_id:
        terms.add(facet_term("territoire", commune.epci_id))
    return SearchDocument(
        provider=provider,
        terms=sorted(terms),
        layout=LAYOUT,
        slug=provider.slug,
        name=card.name,
        tagline=card.tagline,
        commune_name=commune.name,
        confirmed_at=provider.confirmed_at,
        fingerprint=_fingerprint(provider, card, service_ids, catalogue),
        service_ids=service_ids,
        languages=list(card.languages),
    )


def _fingerprint(
    provider: Provider, card: ComposedCard, service_ids: list[int], catalogue: Catalogue
) -> str:
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
        *(value for pk in service_ids for value in catalogue.shown(pk)),
    ]
    return _digest(shown)


def _digest(values: Iterable[object]) -> str:
    return blake2b(repr([str(value) for value in values]).encode(), digest_size=16).hexdigest()


def _own_texts(provider: Provider, card: ComposedCard) -> Iterator[Text]:
    yield Text(card.name, NAME)
    yield Text(provider.company.name, NAME)
    yield Text(" ".join(card.keywords), SERVICES)
    yield Text(provider.company.commune.name, TEXT)
    for content, language in card.searchable:
        yield Text(content, TEXT, language)


def _store(documents: Sequence[SearchDocument]) -> None:
    """Write the rows, new or not; the driver writes arrays ten times faster than the ORM."""
    names = ", ".join(_COLUMNS)
    changes = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor,
            f"""INSERT INTO directory_searchdocument ({names}) VALUES %s
                ON CONFLICT (provider_id) DO UPDATE SET {changes}""",  # noqa: S608 -- constants
            [[getattr(document, name) for name in _COLUMNS] for document in documents],
            template="(" + ", ".join(_CASTS.get(name, "%s") for name in _COLUMNS) + ")",
            page_size=len(documents),
        )


def _remove(provider_ids: list[int]) -> list[tuple[int, str]]:
    """Delete rows; return (card, its trust class) of each."""
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM directory_searchdocument WHERE provider_id = ANY(%s)
               RETURNING provider_id, trust_class""",
            [provider_ids],
        )
        return list(cursor.fetchall())


def _carry_trust(provider_ids: list[int]) -> list[tuple[int, str]]:
    """Bring to new rows the index that was computed while the card was not public.

    Returns (card, its trust class) of those that have one.
    """
    if not provider_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE directory_searchdocument AS line
               SET trust_class = CASE file.standing WHEN 'rated' THEN file.letter
                                                    WHEN 'engaged' THEN 'N' ELSE '' END
               FROM directory_trustfile AS file
               WHERE file.provider_id = line.provider_id AND line.provider_id = ANY(%s)
               RETURNING line.provider_id, line.trust_class""",
            [provider_ids],
        )
        return list(cursor.fetchall())


def _learn(found: set[str]) -> None:
    """Add the words to the known ones, but for numbers and what is too short to be mended."""
    learnt = sorted(
        word
        for word in found
        if _SHORTEST_WORD <= len(word) <= _LONGEST_WORD and not word.isdigit()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO directory_searchword (word)
            SELECT word FROM unnest(%s::text[]) AS word
            ON CONFLICT (word) DO NOTHING
            """,
            [learnt],  # in order: two cards saved at once never wait for each other in a ring
        )
