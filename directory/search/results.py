"""Reading the index: which cards answer, in which order, with which facets.

Order, published at /classement/: the words are found in the name, then in the services, then in the
text; then the nearest, when a place is given; then a daily rotation whose seed is the date.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    F,
    Func,
    IntegerField,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import MD5, Cast, Concat
from rapidfuzz import process
from rapidfuzz.distance import OSA

from directory.models import SearchDocument, SearchWord
from directory.search.lexemes import Query, word_expression
from emn.territory import distance
from emn.territory.models import Commune

SHORTEST_MENDED = 4  # signs: a shorter word resembles too many
LONG_WORD = 6  # signs: from here on, two slips are forgiven

Documents = QuerySet[SearchDocument]


class TsQuery(Func):
    """A tsquery given in PostgreSQL's own text form."""

    template = "%(expressions)s::tsquery"
    output_field = TextField()


class Matches(Func):
    """Whether a tsvector answers a tsquery."""

    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = BooleanField()


@dataclass(frozen=True)
class Facet:
    """One choice of a facet: the value in the URL and how many cards it would leave."""

    key: str
    count: int


def matching(documents: Documents, query: Query, *, every: bool = True) -> Documents:
    """Keep the rows that hold every word of the query (or any of them); annotate `tier`.

    `tier`: 3 when the words are found in the name, 2 in the services, 1 in the text.
    """
    if query.siret:
        return documents.filter(siret__startswith=query.siret).annotate(tier=Value(3))
    if not query.words:
        return documents.annotate(tier=Value(0))

    def found(weights: str) -> Matches:
        expression = query.expression(weights=weights, every=every)
        return Matches(F("vector"), TsQuery(Value(expression)))

    return documents.filter(found("")).annotate(
        tier=Case(
            When(found("A"), then=3),
            When(found("AB"), then=2),
            default=1,
            output_field=IntegerField(),
        )
    )


def near(documents: Documents, place: Commune, radius_km: float) -> Documents:
    """Keep the rows within `radius_km` of the commune's centre; annotate `distance_km`.

    A bounding box on the indexed columns first, then the great circle.
    """
    latitude, longitude = place.latitude, place.longitude
    box = distance.box_around(latitude=latitude, longitude=longitude, radius_km=radius_km)
    return (
        documents.filter(box.as_q())
        .annotate(distance_km=distance.distance_km(latitude=latitude, longitude=longitude))
        .filter(distance_km__lte=radius_km)
    )


def in_order(documents: Documents, *, day: date, by_distance: bool) -> Documents:
    """Sort as published: tier, distance when asked, then the rotation of the day."""
    rotated = documents.annotate(
        rotation=MD5(
            Concat(
                Value(day.isoformat()), Cast("provider_id", CharField()), output_field=CharField()
            )
        )
    )
    keys = ["-tier", "distance_km"] if by_distance else ["-tier"]
    return rotated.order_by(*keys, "rotation", "pk")


def facet_counts(choices: dict[str, tuple[Documents, Any]]) -> dict[str, list[Facet]]:
    """Count each facet in the set that the *other* filters leave, in one query.

    `choices`: facet → (rows filtered by everything but this facet, expression of its value).
    """
    counted = [
        documents.order_by()
        .annotate(facet=Value(name, output_field=CharField()), key=Cast(value, CharField()))
        .values("facet", "key")
        .annotate(count=Count("pk"))
        .values_list("facet", "key", "count")
        for name, (documents, value) in choices.items()
    ]
    facets: dict[str, list[Facet]] = {name: [] for name in choices}
    for name, key, count in counted[0].union(*counted[1:], all=True):
        if key is not None:
            facets[name].append(Facet(key=key, count=count))
    return facets


def each_of(field: str) -> Func:
    """One row for each value of an array column."""
    return Func(F(field), function="unnest")


def correct(query: Query) -> Query:
    """Replace each word that no card holds by the nearest known word, when one is near enough.

    Near: one slip in a word of 4 or 5 signs, two in a longer one; the first sign is kept.
    """
    if not query.words:
        return query
    unknown = [
        word for word, known in zip(query.words, _known(query.words), strict=True) if not known
    ]
    if not unknown:
        return query
    nearest = {word: _nearest(word) for word in unknown}
    return Query(
        words=tuple(dict.fromkeys(nearest.get(word) or word for word in query.words)),
        shortened=query.shortened,
    )


def _known(found: tuple[str, ...]) -> list[bool]:
    """For each word, whether a card holds it: one query for all of them."""
    exists = ", ".join(
        "EXISTS (SELECT 1 FROM directory_searchdocument WHERE vector @@ %s::tsquery)"
        for _word in found
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {exists}", [word_expression(word) for word in found])
        return list(cursor.fetchone())


def _nearest(word: str) -> str | None:
    if len(word) < SHORTEST_MENDED:
        return None
    slips = 2 if len(word) >= LONG_WORD else 1
    candidates = SearchWord.objects.filter(
        word__startswith=word[0],
    ).values_list("word", flat=True)
    best = process.extractOne(word, candidates, scorer=OSA.distance, score_cutoff=slips)
    return best[0] if best else None
