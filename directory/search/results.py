"""Reading the index: which cards answer, in which order, with which facets.

Every search is sets of cards crossed in memory (ADR 9): one statement reads the cards of the words,
one reads the lines of the page. Counts are exact at any size, and no answer is ever kept.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone
from numpy.typing import NDArray
from pyroaring import BitMap

from directory.charter.terms import signatory_since
from directory.search.catalogue import service_words
from directory.search.lexemes import FIELDS, NAME, SERVICES, Query, lexemes
from directory.search.postings import Reading, read
from directory.search.ranking import LEVELS, Situation, first
from directory.search.replica import Numbers, Replica, numbers, replica_at, union
from directory.search.terms import (
    CHARTER,
    FACET_NAMES,
    facet_prefix,
    facet_term,
    number_term,
    shows_badge,
)
from emn.territory.models import Commune
from emn.territory.queries import distances_km

_CARD_COLUMNS = (
    "provider_id, slug, name, tagline, commune_name, service_ids, languages, confirmed_at, "
    "written_at, trust_class, charter_since, charter_from, charter_until"
)
SIGNED = "oui"  # the one value of the facet of the charter
A_FEW = 5  # cards that a visitor reads before giving up


@dataclass(frozen=True)
class Criteria:
    """A search: the words (all of them, or as many as can be when not `every`), place, facets.

    `place` is where the distance is counted from; `chosen`: facet → the values that will do.
    """

    query: Query
    place: Commune | None = None
    radius_km: float = 0
    chosen: dict[str, list[Any]] = field(default_factory=dict)
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
    trust_class: str
    charter_since: date | None
    charter_from: date | None
    charter_until: date | None
    distance_km: float | None

    def signatory_since(self, *, on: date) -> date | None:
        """Return since when its company is a signatory of the charter, None when it is not."""
        return signatory_since(self.charter_since, self.charter_from, self.charter_until, on=on)


@dataclass(frozen=True)
class Found:
    """The answers to a search, as sets; what is asked of them is computed then.

    `kilometres`: how far each commune of the replica is, when the search has a place. `asked`: what
    the words and the place leave, before the facets. `levels`: the answers, the best first.
    `unknown`: the words that no card holds. `reading`: what was read for it.
    """

    criteria: Criteria
    reading: Reading
    replica: Replica
    kilometres: NDArray[np.float32] | None
    asked: BitMap
    levels: tuple[BitMap, ...]
    unknown: tuple[str, ...]
    by_facet: dict[str, BitMap] = field(default_factory=dict)

    @cached_property
    def total(self) -> int:
        """How many cards answer."""
        return sum(map(len, self.levels))

    @cached_property
    def holding_all(self) -> int:
        """How many of them hold all the words."""
        return sum(map(len, self.levels[: len(LEVELS)]))

    @property
    def is_thin(self) -> bool:
        """Whether few cards answer, and none by its name or its services."""
        return self.total < A_FEW and not any(self.levels[: len(LEVELS) - 1])

    @cached_property
    def answers(self) -> BitMap:
        """The cards that answer."""
        return union(self.levels)

    def narrowed(self, chosen: dict[str, list[Any]]) -> "Found":
        """Return what these facets leave of the answers, which were read without any."""
        by_facet = {
            name: self._having(name, chosen[name]) for name in FACET_NAMES if name in chosen
        }
        left = BitMap.intersection(self.asked, *by_facet.values())
        return replace(
            self,
            criteria=replace(self.criteria, chosen=chosen),
            levels=tuple(level & left for level in self.levels),
            by_facet=by_facet,
        )

    def _having(self, facet: str, values: list[Any]) -> BitMap:
        """Return the cards that have one of these values; of the charter, those that show it."""
        if facet == CHARTER:
            return self._signatories
        return self.replica.having(facet_term(facet, value) for value in values)

    @cached_property
    def _signatories(self) -> BitMap:
        today = timezone.localdate()
        terms = self.replica.values(facet_prefix(CHARTER))
        return union(cards for term, cards in terms if shows_badge(term, on=today))

    def counts(self, facet: str) -> dict[str, int]:
        """Return value → how many cards it would leave, by all the other filters."""
        left = self.asked
        for name, cards in self.by_facet.items():
            if name != facet:
                left = left & cards
        if facet == CHARTER:
            count = left.intersection_cardinality(self._signatories)
            return {SIGNED: count} if count else {}
        return {
            value: count
            for value, cards in self.replica.values(facet_prefix(facet))
            if (count := left.intersection_cardinality(cards))
        }

    def page(self, *, day: date, offset: int, limit: int) -> list[Card]:
        """Return a page of answers in the published order: one statement."""
        ordered = self.ordered(day=day, offset=offset, limit=limit)
        distances: list[Any] = [None] * len(ordered)
        if self.criteria.place:
            distances = self._distances(ordered).tolist()
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {_CARD_COLUMNS} FROM directory_searchdocument WHERE provider_id = ANY(%s)",
                [ordered.tolist()],
            )
            rows = {row[0]: row for row in cursor.fetchall()}
        return [
            Card(*(*rows[pk], distance))
            for pk, distance in zip(ordered.tolist(), distances, strict=True)
            if pk in rows
        ]

    def ordered(self, *, day: date, offset: int, limit: int) -> Numbers:
        """Return the numbers of a page of answers, in the published order."""
        levels = self.levels
        if self.criteria.place:
            situation = Situation(day, self._distances, self._places)
        else:  # the class comes first: cutting by it costs less than ordering by it
            situation = Situation(day, None)
            levels = tuple(level & cards for level in levels for cards in self.replica.of_class)
        pieces = []
        for level in levels:
            if len(level) <= offset:
                offset -= len(level)
                continue
            ordered = first(numbers(level), offset + limit, situation)[offset:]
            pieces.append(ordered)
            offset, limit = 0, limit - len(ordered)
            if limit <= 0:
                break
        return np.concatenate(pieces) if pieces else np.zeros(0, np.uint32)

    def spots(self) -> dict[str, int]:
        """Return the INSEE code of each commune that has answers, with their number."""
        counted = np.bincount(self.replica.commune_places(self.answers))
        return {
            self.replica.communes[place]: int(counted[place])
            for place in np.flatnonzero(counted)
            if place
        }

    def _places(self, cards: Numbers) -> NDArray[np.uint8]:
        return self.replica.class_of[cards]

    def _distances(self, cards: Numbers) -> NDArray[np.float32]:
        assert self.kilometres is not None
        return self.kilometres[self.replica.commune_of[cards]]


def find(criteria: Criteria, *, before: Reading | None = None) -> Found:
    """Search: one statement, and one more in a process that has not seen the last change.

    `before`: what an earlier reading of the same words read, which then costs no statement.
    """
    query = criteria.query
    words = [_Word.of(word) for word in query.words]
    terms = [term for word in words for term in word.terms]
    if query.number:
        terms.append(number_term(query.number))
    reading = read(terms, before=before)
    replica = replica_at(reading.versions)
    if query.number:
        levels = [reading.cards.get(number_term(query.number), BitMap())]
    elif query.words:
        held = [_Held.of(word, reading.cards, replica) for word in words]
        levels = _levels(held, replica.every, every=criteria.every)
    else:
        levels = [replica.every]
    levels = [level & replica.every for level in levels]
    asked = union(levels)
    kilometres = None
    if criteria.place is not None:
        kilometres = distances_km(criteria.place, replica.communes)
        asked = asked & _within(kilometres, criteria.radius_km, replica)
        levels = [level & asked for level in levels]
    unknown = tuple(
        word.typed
        for word in words
        if not word.services and reading.cards.keys().isdisjoint(word.terms)
    )
    found = Found(criteria, reading, replica, kilometres, asked, tuple(levels), unknown)
    return found.narrowed(criteria.chosen) if criteria.chosen else found


@dataclass(frozen=True)
class _Word:
    """A word of the query: its stems, and the services that hold it in one of its languages."""

    typed: str
    stems: list[str]
    services: frozenset[int]

    @classmethod
    def of(cls, typed: str) -> "_Word":
        stems, by_lexeme = lexemes(typed), service_words().by_lexeme
        return cls(typed, stems, frozenset().union(*(by_lexeme.get(stem, ()) for stem in stems)))

    @property
    def terms(self) -> list[str]:
        return [f"{name}:{stem}" for stem in self.stems for name in FIELDS]


@dataclass(frozen=True)
class _Held:
    """The cards that hold one word: in the name; in name or services; anywhere."""

    in_name: BitMap
    in_services: BitMap
    anywhere: BitMap

    @classmethod
    def of(cls, word: _Word, cards: dict[str, BitMap], replica: Replica) -> "_Held":
        by_field = {
            name: union(cards[term] for stem in word.stems if (term := f"{name}:{stem}") in cards)
            for name in FIELDS
        }
        offering = replica.having(facet_term("service", pk) for pk in word.services)
        in_services = union((offering, by_field[NAME], by_field[SERVICES]))
        anywhere = union((in_services, *by_field.values()))
        return cls(by_field[NAME], in_services, anywhere)


def _levels(held: list[_Held], published: BitMap, *, every: bool) -> list[BitMap]:
    """Return the answers by level (ranking.LEVELS): the cards that hold all the words.

    When not `every`, then those that hold one word less, and so on, until a few are published;
    fewer than half of the words only when nothing holds more. No facet has a say: a filter keeps or
    drops cards, and never brings others.
    """
    names = _at_least([word.in_name for word in held])
    services = _at_least([word.in_services for word in held])
    anywhere = _at_least([word.anywhere for word in held])
    levels: list[BitMap] = []
    seen = BitMap()
    for count in range(len(held), 0, -1):
        for cards in (names[count], services[count], anywhere[count]):
            levels.append(cards - seen)
            seen = seen | cards
        reached = seen.intersection_cardinality(published)
        if every or reached >= A_FEW or (reached and 2 * (count - 1) < len(held)):
            break
    return levels


def _at_least(sets: list[BitMap]) -> list[BitMap]:
    """Return, for each count from 0, the cards that are in so many of the sets at least.

    The entry for 0 is left empty.
    """
    reached = [BitMap() for _count in range(len(sets) + 1)]
    for seen, cards in enumerate(sets, start=1):
        for count in range(seen, 1, -1):
            reached[count] |= reached[count - 1] & cards
        reached[1] |= cards
    return reached


def _within(kilometres: NDArray[np.float32], radius_km: float, replica: Replica) -> BitMap:
    """Return the cards of the communes that are near enough."""
    codes = (replica.communes[place] for place in np.flatnonzero(kilometres <= radius_km))
    return union(replica.in_commune[code] for code in codes if code in replica.in_commune)
