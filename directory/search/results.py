"""Reading the index: which cards answer, in which order, with which facets.

Order, published at /classement/: the words are found in the name, then in the services, then in the
text; then the nearest, when a place is given; then a daily rotation whose seed is the date.

Written in SQL: a page of results is two statements whatever the filters, the counts and the cards.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Q
from rapidfuzz import process
from rapidfuzz.distance import OSA

from directory.models import SearchWord
from directory.search.lexemes import Query, word_expression
from emn.territory.distance import EARTH_RADIUS_KM, box_around
from emn.territory.models import Commune

SHORTEST_MENDED = 4  # signs: a shorter word resembles too many
LONG_WORD = 6  # signs: from here on, two slips are forgiven

# Facet → the condition that a choice sets, and the value that is counted for each row.
FACETS = {
    "service": ("service_ids && %(service)s::bigint[]", "unnest(service_ids)"),
    "territoire": ("epci_code = %(territoire)s", "epci_code"),
    "langue": ("languages @> ARRAY[%(langue)s::varchar]", "unnest(languages)"),
    "taille": ("client_sizes @> ARRAY[%(taille)s::varchar]", "unnest(client_sizes)"),
}
_TIER = """CASE WHEN vector @@ %(in_name)s::tsquery THEN 3
                WHEN vector @@ %(in_services)s::tsquery THEN 2 ELSE 1 END"""
_DISTANCE = f"""2 * {EARTH_RADIUS_KM} * asin(sqrt(least(1.0,
        power(sin((radians(latitude) - radians(%(latitude)s)) / 2), 2)
        + cos(radians(%(latitude)s)) * cos(radians(latitude))
        * power(sin((radians(longitude) - radians(%(longitude)s)) / 2), 2))))"""
_NEAR = """latitude BETWEEN %(south)s AND %(north)s AND longitude BETWEEN %(west)s AND %(east)s"""
_CARD_COLUMNS = (
    "provider_id, slug, name, tagline, commune_name, service_ids, languages, confirmed_at, "
    "written_at"
)


@dataclass(frozen=True)
class Criteria:
    """A search: the words (all of them, or any when not `every`), the place, the facets chosen.

    `chosen`: facet → value; for « service », the keys of the services.
    """

    query: Query
    place: Commune | None = None
    radius_km: float = 0
    chosen: dict[str, Any] = field(default_factory=dict)
    every: bool = True


@dataclass(frozen=True, slots=True)
class Card:
    """One line of the results; `distance_km` only when the search has a place."""

    pk: int
    slug: str
    name: str
    tagline: str
    commune_name: str
    service_ids: list[int]
    languages: list[str]
    confirmed_at: datetime | None
    written_at: datetime
    distance_km: float | None


@dataclass(frozen=True)
class Counts:
    """How many cards answer; per facet, value → cards left by all the other filters."""

    total: int
    facets: dict[str, dict[str, int]]


def count(criteria: Criteria) -> Counts:
    """Count the answers and every facet, in one statement."""
    where, values = _conditions(criteria)
    flags = ", ".join(
        f"{FACETS[name][0] if name in criteria.chosen else 'true'} AS by_{name}" for name in FACETS
    )
    parts = ["SELECT '', '', count(*) FROM asked WHERE " + _all_flags_but("")]
    parts += [
        f"SELECT '{name}', {value}::text, count(*) FROM asked "
        f"WHERE {_all_flags_but(name)} GROUP BY 2"
        for name, (_condition, value) in FACETS.items()
    ]
    facets: dict[str, dict[str, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH asked AS MATERIALIZED (
                    SELECT service_ids, epci_code, languages, client_sizes, {flags}
                    FROM directory_searchdocument WHERE {where}
                ) {" UNION ALL ".join(parts)}""",
            values,
        )
        for facet, value, found in cursor.fetchall():
            facets[facet][value] = found
    return Counts(total=facets.pop("")[""], facets=facets)


def cards(criteria: Criteria, *, day: date, offset: int, limit: int) -> list[Card]:
    """Return a page of answers in the published order."""
    where, values = _conditions(criteria, with_facets=True)
    tier = f"{_TIER} DESC," if criteria.query.words else ""
    distance = _DISTANCE if criteria.place else "NULL::float"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {_CARD_COLUMNS}, {distance} AS distance_km
                FROM directory_searchdocument WHERE {where}
                ORDER BY {tier} distance_km, md5(%(day)s || provider_id), provider_id
                LIMIT %(limit)s OFFSET %(offset)s""",
            values | {"day": day.isoformat(), "limit": limit, "offset": offset},
        )
        return [Card(*row) for row in cursor.fetchall()]


def spots(criteria: Criteria) -> dict[str, int]:
    """Return the INSEE code of each commune that has answers, with their number."""
    where, values = _conditions(criteria, with_facets=True)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT commune_code, count(*) FROM directory_searchdocument
                WHERE {where} GROUP BY 1""",
            values,
        )
        return dict(cursor.fetchall())


def _conditions(criteria: Criteria, *, with_facets: bool = False) -> tuple[str, dict[str, Any]]:
    """Return the WHERE clause and its values. Only constants enter the text of the statement."""
    clauses, values = ["true"], dict(criteria.chosen)
    query = criteria.query
    if query.siret:
        clauses.append("siret LIKE %(siret)s || '%%'")
        values["siret"] = query.siret
    elif query.words:
        clauses.append("vector @@ %(words)s::tsquery")
        for name, weights in (("words", ""), ("in_name", "A"), ("in_services", "AB")):
            values[name] = query.expression(weights=weights, every=criteria.every)
    if criteria.place is not None:
        place = {"latitude": criteria.place.latitude, "longitude": criteria.place.longitude}
        box = box_around(**place, radius_km=criteria.radius_km)
        values |= place | {
            "radius_km": criteria.radius_km,
            "south": box.south,
            "north": box.north,
            "west": box.west,
            "east": box.east,
        }
        clauses += [_NEAR, f"{_DISTANCE} <= %(radius_km)s"]
    if with_facets:
        clauses += [FACETS[name][0] for name in criteria.chosen]
    return " AND ".join(clauses), values


def _all_flags_but(left_out: str) -> str:
    return " AND ".join(f"by_{name}" for name in FACETS if name != left_out)


def mend(criteria: Criteria) -> Criteria:
    """Replace each word that no card holds by the nearest known word, when one is near enough.

    Near: one slip in a word of 4 or 5 signs, two in a longer one; the first sign is kept.
    """
    words = criteria.query.words
    if not words:
        return criteria
    unknown = [
        word
        for word, known in zip(words, _known(words), strict=True)
        if not known and len(word) >= SHORTEST_MENDED
    ]
    if not unknown:
        return criteria
    initials = {word[0] for word in unknown}
    starts = reduce(or_, (Q(word__startswith=initial) for initial in sorted(initials)))
    vocabulary = list(SearchWord.objects.filter(starts).values_list("word", flat=True))
    nearest = {word: _nearest(word, vocabulary) for word in unknown}
    mended = tuple(dict.fromkeys(nearest.get(word, word) for word in words))
    return replace(criteria, query=replace(criteria.query, words=mended))


def _known(words: tuple[str, ...]) -> list[bool]:
    """For each word, whether a card holds it: one statement for all of them."""
    exists = ", ".join(
        "EXISTS (SELECT 1 FROM directory_searchdocument WHERE vector @@ %s::tsquery)"
        for _word in words
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {exists}", [word_expression(word) for word in words])
        return list(cursor.fetchone())


def _nearest(word: str, vocabulary: list[str]) -> str:
    slips = 2 if len(word) >= LONG_WORD else 1
    alike = [known for known in vocabulary if known[0] == word[0]]
    best = process.extractOne(word, alike, scorer=OSA.distance, score_cutoff=slips)
    return best[0] if best else word
