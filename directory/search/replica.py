"""What every search needs, kept in the memory of the process: the cards of each facet and commune.

Each search reads the versions of the blocks with its own words, so the copy is never older than the
answer: a block whose version differs is read again first.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from pyroaring import BitMap

from directory.matching.ranking import CLASSES, UNPUBLISHED
from directory.search.postings import BLOCK_SIZE, KEPT_FROM, KEPT_UNTIL
from directory.search.terms import COMMUNE, EVERY, TRUST, facet_term

Numbers = NDArray[np.uint32]
_COMMUNE_PREFIX = f"{COMMUNE}:"


@dataclass(frozen=True)
class Replica:
    """The kept terms of every block, put together.

    `commune_of[card]` is a place in `communes` (INSEE codes); 0 stands for none. `in_commune` says
    the same the other way round: INSEE code → cards.
    """

    versions: Mapping[int, int] = field(default_factory=dict)
    cards_of: Mapping[str, BitMap] = field(default_factory=dict)
    in_commune: Mapping[str, BitMap] = field(default_factory=dict)
    commune_of: NDArray[np.uint16] = field(default_factory=lambda: np.zeros(0, np.uint16))
    communes: tuple[str, ...] = ("",)

    @property
    def every(self) -> BitMap:
        """All the cards."""
        return self.cards_of.get(EVERY, _NOTHING)

    def having(self, terms: Iterable[str]) -> BitMap:
        """Return the cards that hold one of the terms at least."""
        return union(self.cards_of.get(term, _NOTHING) for term in terms)

    def values(self, facet_prefix: str) -> Iterable[tuple[str, BitMap]]:
        """Return each value of a facet with its cards."""
        return (
            (term.removeprefix(facet_prefix), cards)
            for term, cards in self.cards_of.items()
            if term.startswith(facet_prefix)
        )

    @cached_property
    def of_class(self) -> tuple[BitMap, ...]:
        """The cards of each place in `CLASSES`; those without a published index stand in C."""
        rated = [self.cards_of.get(facet_term(TRUST, letter), _NOTHING) for letter in CLASSES]
        unpublished = CLASSES.index(UNPUBLISHED)
        others = (cards for place, cards in enumerate(rated) if place != unpublished)
        rated[unpublished] = self.every - union(others)
        return tuple(rated)

    @cached_property
    def class_of(self) -> NDArray[np.uint8]:
        """Place in `CLASSES` of each card, by its number."""
        places = np.full(len(self.commune_of), CLASSES.index(UNPUBLISHED), np.uint8)
        for place, cards in enumerate(self.of_class):
            places[numbers(cards)] = place
        return places

    def commune_places(self, cards: BitMap) -> NDArray[np.uint16]:
        """Return, for each card in order, the place of its commune in `communes`."""
        return self.commune_of[numbers(cards)]


_NOTHING = BitMap()
_lock = threading.Lock()
_latest = Replica()


def union(sets: Iterable[BitMap]) -> BitMap:
    """Return the cards that are in one of the sets at least; none of no set."""
    return BitMap.union(_NOTHING, *sets)


def numbers(cards: BitMap) -> Numbers:
    """Return the cards as an array, in order."""
    return np.frombuffer(cards.to_array(), dtype=np.uint32)


def replica_at(versions: Mapping[int, int]) -> Replica:
    """Return the copy whose blocks have these versions, or newer ones."""
    global _latest  # noqa: PLW0603 -- the process's one copy, replaced whole
    known = _latest
    if known.versions == versions:
        return known
    with _lock:
        if _latest.versions != versions:
            _latest = _refreshed(_latest, versions)
        return _latest


def _refreshed(old: Replica, versions: Mapping[int, int]) -> Replica:
    """Read again the blocks that changed; take the others as they are."""
    changed = {block for block, version in versions.items() if old.versions.get(block) != version}
    gone = set(old.versions) - set(versions)
    read_versions, pieces = _read(changed)
    stale = BitMap()
    for block in changed | gone:
        stale.add_range(block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE)
    places = {code: place for place, code in enumerate(old.communes)}
    commune_of = np.zeros((max(versions, default=-1) + 1) * BLOCK_SIZE, np.uint16)
    kept = min(len(commune_of), len(old.commune_of))
    commune_of[:kept] = old.commune_of[:kept]
    for block in changed | gone:
        commune_of[block * BLOCK_SIZE : (block + 1) * BLOCK_SIZE] = 0
    cards_of = _without(old.cards_of, stale)
    in_commune = _without(old.in_commune, stale)
    for term, cards in pieces.items():
        if term.startswith(_COMMUNE_PREFIX):
            code = term.removeprefix(_COMMUNE_PREFIX)
            commune_of[numbers(cards)] = places.setdefault(code, len(places))
            in_commune[code] = union((in_commune.get(code, _NOTHING), cards))
        else:
            cards_of[term] = union((cards_of.get(term, _NOTHING), cards))
    still = {block: v for block, v in old.versions.items() if block not in changed | gone}
    return Replica(still | read_versions, cards_of, in_commune, commune_of, tuple(places))


def _without(sets: Mapping[str, BitMap], cards: BitMap) -> dict[str, BitMap]:
    return {key: rest for key, known in sets.items() if (rest := known - cards)}


def _read(blocks: set[int]) -> tuple[dict[int, int], dict[str, BitMap]]:
    """Return the versions and the kept terms of some blocks, as of one moment."""
    versions: dict[int, int] = {}
    pieces: dict[str, list[BitMap]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT block, version, term, cards FROM directory_searchblock
               LEFT JOIN directory_searchposting USING (block)
               WHERE block = ANY(%s) AND (term IS NULL OR (term >= %s AND term < %s))
               UNION ALL SELECT block, version, NULL, NULL FROM directory_searchblock
               WHERE block = ANY(%s)""",
            [sorted(blocks), KEPT_FROM, KEPT_UNTIL, sorted(blocks)],
        )
        for block, version, term, cards in cursor.fetchall():
            versions[block] = version
            if term:
                pieces[term].append(BitMap.deserialize(bytes(cards)))
    return versions, {term: BitMap.union(*found) for term, found in pieces.items()}
