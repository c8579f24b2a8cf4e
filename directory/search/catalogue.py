"""The words of the services, which no card carries: cards are found by the services they offer.

So a new synonym is at work at once, without a card being indexed again.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from directory.models import Service, ServiceCategory
from directory.search.lexemes import LANGUAGES, SERVICES, Text, card_words
from emn.lib.page_cache import kept


@dataclass(frozen=True)
class ServiceWords:
    """The services by the lexemes that they hold, and their words as people type them."""

    by_lexeme: Mapping[str, frozenset[int]]
    by_service: Mapping[int, frozenset[str]]
    words: frozenset[str]


@kept
def service_words() -> ServiceWords:
    """Return the words of all services, in every language."""
    by_lexeme: dict[str, set[int]] = defaultdict(set)
    by_service: dict[int, frozenset[str]] = {}
    for service in Service.objects.in_order().select_related("category"):
        found = card_words(_texts(service))
        by_service[service.pk] = found.words
        for term in found.terms:
            by_lexeme[term.removeprefix(f"{SERVICES}:")].add(service.pk)
    return ServiceWords(
        by_lexeme={lexeme: frozenset(pks) for lexeme, pks in by_lexeme.items()},
        by_service=by_service,
        words=frozenset().union(*by_service.values()),
    )


def _texts(service: Service) -> Iterator[Text]:
    for language in LANGUAGES:
        yield Text(text_in(language, service.category, "name"), SERVICES, language)
        yield Text(text_in(language, service, "name"), SERVICES, language)
        yield Text(text_in(language, service, "synonyms"), SERVICES, language)


def text_in(language: str, row: Service | ServiceCategory, field_name: str) -> str:
    """Return a translated field in one language, empty when it is not translated."""
    return getattr(row, f"{field_name}_{language}") or ""
