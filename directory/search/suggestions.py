"""What typed letters may mean: services and communes from memory, providers from the index."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.utils.translation import gettext as _
from pyroaring import BitMap
from rapidfuzz import fuzz, process

from directory.reference import ServiceEntry, taxonomy
from directory.search.catalogue import service_words
from directory.search.lexemes import LONGEST_QUERY, NAME, lexemes, tokens
from directory.search.postings import read_names
from directory.search.ranking import Situation, first
from directory.search.replica import numbers, union
from emn.territory.queries import communes_starting_with

SHORTEST = 2  # letters: below, everything would answer
SERVICES_SHOWN, PROVIDERS_SHOWN, COMMUNES_SHOWN = 4, 4, 3
NEAREST_SHOWN = 3
_ALIKE = 60  # of 100: «klavier» and «clavier»; nothing for «xyzzy»
_MOST_TERMS = 40  # names that start alike and are looked at


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line: what it is, its words, and where it leads (a slug or a code)."""

    kind: str
    label: str
    detail: str
    key: str


def suggest(typed: str, *, day: date) -> list[Suggestion]:
    """Return the services, providers and communes that the letters may begin, a few of each.

    The last word is taken as unfinished. Two statements at most.
    """
    found = tokens(typed[:LONGEST_QUERY])
    if sum(map(len, found)) < SHORTEST:
        return []
    return [*_services(found), *_providers(found, day=day), *communes(found)]


def communes(found: list[str]) -> list[Suggestion]:
    """Return the communes whose name the words begin."""
    return [
        Suggestion("commune", name, _("commune"), code)
        for code, name in communes_starting_with(found, limit=COMMUNES_SHOWN)
    ]


def nearest_services(words: Iterable[str]) -> list[ServiceEntry]:
    """Return the services that have the words most like these: where nothing answers them."""
    known = service_words().by_service
    likeness = {
        pk: max(
            (
                found[1]
                for word in words
                if (found := process.extractOne(word, known[pk], scorer=fuzz.ratio))
            ),
            default=0.0,
        )
        for pk in taxonomy()
        if pk in known
    }
    best = sorted(
        (pk for pk, like in likeness.items() if like >= _ALIKE), key=lambda pk: -likeness[pk]
    )
    return [taxonomy()[pk] for pk in best[:NEAREST_SHOWN]]


def _services(found: list[str]) -> list[Suggestion]:
    """Return the services of which each word begins a word, those named so before synonyms."""
    known = service_words().by_service
    in_name, in_synonyms = [], []
    for pk, entry in taxonomy().items():
        names = tokens(entry.name)
        if all(_begins(word, names) for word in found):
            in_name.append(entry)
        elif all(_begins(word, known.get(pk, ())) for word in found):
            in_synonyms.append(entry)
    return [_as_suggestion(entry) for entry in (*in_name, *in_synonyms)[:SERVICES_SHOWN]]


def _begins(start: str, words: Iterable[str]) -> bool:
    return any(word.startswith(start) for word in words)


def _as_suggestion(entry: ServiceEntry) -> Suggestion:
    return Suggestion("service", entry.name, entry.category_name, entry.slug)


def _providers(found: list[str], *, day: date) -> list[Suggestion]:
    """Return the providers whose name holds the words, the last one perhaps unfinished."""
    *whole, start = found
    exact = [f"{NAME}:{lexeme}" for word in found for lexeme in lexemes(word)]
    begun = f"{NAME}:{start}"
    pieces = read_names(exact, begun=begun, most=_MOST_TERMS)
    own = {f"{NAME}:{lexeme}" for lexeme in lexemes(start)}
    answers = union(
        cards for term, cards in pieces.items() if term in own or term.startswith(begun)
    )
    for word in whole:
        answers &= union(pieces.get(f"{NAME}:{lexeme}", BitMap()) for lexeme in lexemes(word))
    if not answers:
        return []
    chosen = first(numbers(answers), PROVIDERS_SHOWN, Situation(day, None)).tolist()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT provider_id, name, commune_name, slug FROM directory_searchdocument
               WHERE provider_id = ANY(%s)""",
            [chosen],
        )
        rows = {pk: Suggestion("provider", *texts) for pk, *texts in cursor.fetchall()}
    return [rows[pk] for pk in chosen if pk in rows]
