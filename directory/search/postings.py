"""The index as stored: for each term, the set of the cards that hold it, in blocks.

Written in the transaction that changes the card; read in one statement, whatever the search.
A block's version is drawn at random at each change: no two states of a block share one, not even
when a transaction is rolled back.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO

from django.db import connection
from psycopg2.extras import execute_values
from pyroaring import BitMap

from directory.search.terms import trust_terms
from emn.lib.db import advisory_lock

BLOCK_SIZE = 1 << 16  # card numbers: one container of a compressed set
# Terms that every search needs, and that processes keep in memory, sort between these two.
KEPT_FROM, KEPT_UNTIL = "=", ">"
_LOCK = "directory_search_postings"
_ROWS_PER_STATEMENT = 2_000


@dataclass(frozen=True)
class Reading:
    """The version of each block, and the cards of each term asked for that has some."""

    asked: frozenset[str]
    versions: dict[int, int]
    cards: dict[str, BitMap]


def block_of(card_id: int) -> int:
    """Return the block that holds a card."""
    return card_id // BLOCK_SIZE


def read(terms: Iterable[str], *, before: Reading | None = None) -> Reading:
    """Return the cards of the terms, as of one moment: one statement.

    `before`, when it was asked for the same terms and more, is the answer already.
    """
    asked = frozenset(terms)
    if before is not None and asked <= before.asked:
        return before
    versions: dict[int, int] = {}
    pieces: dict[str, list[BitMap]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT '', block, version, NULL::bytea FROM directory_searchblock
               UNION ALL
               SELECT term, block, 0, cards FROM directory_searchposting WHERE term = ANY(%s)""",
            [list(asked)],
        )
        for term, block, version, cards in cursor.fetchall():
            if term:
                pieces[term].append(BitMap.deserialize(bytes(cards)))
            else:
                versions[block] = version
    return Reading(asked, versions, {term: BitMap.union(*found) for term, found in pieces.items()})


def read_names(exact: Iterable[str], *, begun: str, most: int) -> dict[str, BitMap]:
    """Return the cards of the terms `exact`, and of the first `most` rows that start with `begun`.

    One statement, however many terms start so.
    """
    pieces: dict[str, list[BitMap]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT term, cards FROM directory_searchposting WHERE term = ANY(%s)
               UNION ALL
               (SELECT term, cards FROM directory_searchposting
                WHERE term > %s AND term < %s ORDER BY term LIMIT %s)""",
            [list(exact), begun, begun + "\x7f", most],
        )
        for term, cards in cursor.fetchall():
            pieces[term].append(BitMap.deserialize(bytes(cards)))
    return {term: BitMap.union(*found) for term, found in pieces.items()}


def change(cards: Mapping[int, tuple[Iterable[str], Iterable[str]]]) -> None:
    """Apply card → (terms before, terms after), in the caller's transaction.

    Writers wait for one another until they commit; whoever also locks cards locks them first.
    """
    gained: dict[tuple[str, int], list[int]] = defaultdict(list)
    lost: dict[tuple[str, int], list[int]] = defaultdict(list)
    for card_id, (before, after) in cards.items():
        old, new, block = set(before), set(after), block_of(card_id)
        for term in new - old:
            gained[term, block].append(card_id)
        for term in old - new:
            lost[term, block].append(card_id)
    if not gained and not lost:
        return
    advisory_lock(_LOCK)
    touched = sorted({*gained, *lost})
    for start in range(0, len(touched), _ROWS_PER_STATEMENT):
        keys = touched[start : start + _ROWS_PER_STATEMENT]
        known = _known(keys)
        for key in keys:
            cards_of = known.setdefault(key, BitMap())
            cards_of.update(gained.get(key, ()))
            cards_of.difference_update(BitMap(lost.get(key, ())))
        _store(known)
    _renew({block for _term, block in touched})


def blocks_in_use() -> list[int]:
    """Return the blocks that have cards or postings."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT provider_id / %s FROM directory_searchdocument
               UNION SELECT block FROM directory_searchblock ORDER BY 1""",
            [BLOCK_SIZE],
        )
        return [block for (block,) in cursor.fetchall()]


def rebuild(block: int) -> int:
    """Write a block's postings from its documents alone, in the caller's transaction.

    Returns how many cards it holds. Other writers of the index wait meanwhile, readers do not.
    """
    advisory_lock(_LOCK)
    cards_of: dict[str, list[int]] = defaultdict(list)
    count = 0
    for card_id, terms in _documents(block):
        count += 1
        for term in terms:
            cards_of[term].append(card_id)
    rows = StringIO()
    for term, card_ids in sorted(cards_of.items()):
        rows.write(f"{term}\t{block}\t\\\\x{_packed(BitMap(card_ids)).hex()}\n")
    rows.seek(0)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM directory_searchposting WHERE block = %s", [block])
        cursor.cursor.copy_expert(
            "COPY directory_searchposting (term, block, cards) FROM STDIN", rows
        )
    _renew({block})
    return count


def _documents(block: int) -> Iterator[tuple[int, list[str]]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            """SELECT provider_id, terms, trust_class FROM directory_searchdocument
               WHERE provider_id >= %s AND provider_id < %s ORDER BY provider_id""",
            [block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE],
        )
        while rows := cursor.fetchmany(5_000):
            for card_id, terms, letter in rows:
                yield card_id, [*terms, *trust_terms(letter)]


def _known(keys: list[tuple[str, int]]) -> dict[tuple[str, int], BitMap]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT term, block, cards FROM directory_searchposting
               JOIN unnest(%s::text[], %s::int[]) AS asked (term, block) USING (term, block)""",
            [[term for term, _block in keys], [block for _term, block in keys]],
        )
        return {
            (term, block): BitMap.deserialize(bytes(cards))
            for term, block, cards in cursor.fetchall()
        }


def _store(cards_of: Mapping[tuple[str, int], BitMap]) -> None:
    empty = [key for key, cards in cards_of.items() if not cards]
    full = [(*key, _packed(cards)) for key, cards in cards_of.items() if cards]
    with connection.cursor() as cursor:
        if full:
            execute_values(
                cursor.cursor,
                """INSERT INTO directory_searchposting (term, block, cards) VALUES %s
                   ON CONFLICT (term, block) DO UPDATE SET cards = excluded.cards""",
                full,
                page_size=_ROWS_PER_STATEMENT,
            )
        if empty:
            cursor.execute(
                """DELETE FROM directory_searchposting AS posting
                   USING unnest(%s::text[], %s::int[]) AS asked (term, block)
                   WHERE posting.term = asked.term AND posting.block = asked.block""",
                [[term for term, _block in empty], [block for _term, block in empty]],
            )


def _packed(cards: BitMap) -> bytes:
    cards.run_optimize()
    return bytes(cards.serialize())


def _renew(blocks: Iterable[int]) -> None:
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor,
            """INSERT INTO directory_searchblock (block, version) VALUES %s
               ON CONFLICT (block) DO UPDATE SET version = excluded.version""",
            [(block, secrets.randbits(62)) for block in sorted(blocks)],
        )
