"""What a visitor meant: the place in the sentence, and the reading of the words that answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from directory.search.catalogue import service_words
from directory.search.lexemes import LONGEST_QUERY, Query, parse, query_of, tokens
from directory.search.results import Criteria, Found, find
from directory.search.vocabulary import mended
from emn.territory.models import Commune
from emn.territory.queries import commune_named, commune_sounding_like

WIDER_KM = 50
LONGEST_PLACE_NAME = 5  # words
# What stands before a place: after the first, even a misspelt name is one.
_NEAR = (
    ("pres", "de"), ("proche", "de"), ("proches", "de"), ("autour", "de"), ("cote", "de"),
    ("secteur",), ("environs", "de"), ("region", "de"), ("bei",), ("nahe",), ("umgebung", "von"),
    ("near",), ("around",), ("close", "to"),
)  # fmt: skip
_IN = (("a",), ("sur",), ("vers",), ("in",), ("im",), ("um",), ("raum",), ("at",), ("pres",))


@dataclass(frozen=True)
class Sentence:
    """What was typed, taken apart: the query, and the INSEE code of the place it names, if any."""

    query: Query
    commune_code: str | None = None
    words_without_place: str = ""


def read_sentence(typed: str) -> Sentence:
    """Find the place that the words name: « près de Sarrebourg », « à Metz », « in Forbach »."""
    query = parse(typed)
    if not query.words:
        return Sentence(query)
    found = tokens(typed[:LONGEST_QUERY])
    for start, end, code in _places(found):
        rest = found[:start] + found[end:]
        return Sentence(query_of(rest, shortened=query.shortened), code, " ".join(rest))
    return Sentence(query)


def _places(found: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Return (start, end, INSEE code) of each place that a preposition announces, surest first."""
    announced = [
        (start, start + len(before), before in _NEAR)
        for start in range(len(found))
        for before in (*_NEAR, *_IN)
        if tuple(found[start : start + len(before)]) == before
    ]
    for start, name_start, _sure in announced:
        for end in _ends(found, name_start):
            if code := commune_named(found[name_start:end]):
                yield start, end, code
    for start, name_start, sure in announced:
        for end in _ends(found, name_start) if sure else ():
            if code := commune_sounding_like(found[name_start:end]):
                yield start, end, code


def _ends(found: Sequence[str], name_start: int) -> range:
    """Return where a name may end, the longest first."""
    return range(min(len(found), name_start + LONGEST_PLACE_NAME), name_start, -1)


def bare_place(query: Query) -> tuple[Query, str] | None:
    """Return the query without the commune that its first or last words name, and its code."""
    words = query.words
    for length in range(min(len(words) - 1, LONGEST_PLACE_NAME), 0, -1):
        for start in (len(words) - length, 0):
            if code := commune_named(words[start : start + length]):
                return replace(query, words=words[:start] + words[start + length :]), code
    return None


def answer(asked: Criteria, *, may_widen: bool) -> Found:
    """Return the first reading that finds something, from the strictest to the loosest.

    As typed; with slips set right; with a bare commune among the words taken as the place; farther
    away, when the visitor set no radius; with the cards that hold most of the words. The facets
    come last, so that each of their counts is what its link leads to.
    """
    found = _reading(replace(asked, chosen={}), may_widen=may_widen)
    return found.narrowed(asked.chosen) if asked.chosen else found


def _reading(asked: Criteria, *, may_widen: bool) -> Found:
    found = find(asked)
    if not found.total and asked.query.words:
        found = _read_again(found)
    found = _widened(found, may_widen=may_widen)
    if found.is_thin and len(found.criteria.query.words) > 1:
        loose = find(replace(found.criteria, every=False), before=found.reading)
        loose = _widened(loose, may_widen=may_widen)
        return loose if loose.total > found.total else found
    return found


def without_slips(asked: Criteria) -> Criteria:
    """Return the search with its slips set right, as `answer` would, and nothing else changed."""
    found = find(replace(asked, chosen={}))
    if found.total or not asked.query.words:
        return asked
    return replace(_mended(found), chosen=asked.chosen)


def _mended(found: Found) -> Criteria:
    asked = found.criteria
    right = mended(asked.query.words, found.unknown, service_words().words)
    return replace(asked, query=query_of(right, shortened=asked.query.shortened))


def _read_again(found: Found) -> Found:
    """Set slips right; then take a commune without preposition as the place."""
    asked = found.criteria
    right = _mended(found)
    query = right.query
    if query.words != asked.query.words:
        found = find(right)
    if not found.total and asked.place is None and (bare := bare_place(query)):
        query, code = bare
        place = Commune.objects.select_related("epci").get(pk=code)
        found = find(replace(asked, query=query, place=place), before=found.reading)
    return found


def _widened(found: Found, *, may_widen: bool) -> Found:
    """Look farther, once, when nothing answers near the place."""
    near = found.criteria
    if found.total or near.place is None or not may_widen or near.radius_km >= WIDER_KM:
        return found
    wider = find(replace(near, radius_km=WIDER_KM), before=found.reading)
    return wider if wider.total else found
