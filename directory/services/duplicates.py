"""Proposing cards that may be the same, and remembering which ones are not."""

from collections.abc import Iterator
from datetime import datetime
from itertools import combinations
from urllib.parse import urlsplit

from django.db import connection, transaction
from django.utils.translation import gettext as _

from directory.enums import PairStatus, ProviderStatus
from directory.merging.similarity import MOST_PER_KEY, Portrait, compare, is_likely, keys
from directory.models import DuplicatePair, Provider
from directory.services.claims import shared_domains
from emn.lib.errors import DomainError

_COLUMNS = (
    "pk", "name", "company__siret", "company__street", "company__commune_id",
    "phone", "email", "website",
)  # fmt: skip
_KEYS, _GROUPS = "directory_card_key", "directory_card_group"  # temporary tables


class PairRefused(DomainError):
    """The pair cannot be decided so."""


def find_duplicates(*, now: datetime, batch: int = 2_000) -> int:
    """Compare the cards that share a key, a batch at a time; return how many pairs are proposed.

    Two temporary tables hold the keys, so that memory stays bounded whatever the number of cards,
    and nothing is locked but the cards of the pairs being written. What is no longer alike goes.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_KEYS}, {_GROUPS}")
        cursor.execute(f"CREATE TEMPORARY TABLE {_KEYS} (key bigint, card bigint)")
        for cards in _batches(batch):
            pairs = [(key, card.pk) for card in cards for key in set(keys(card))]
            cursor.execute(
                f"INSERT INTO {_KEYS} SELECT * FROM unnest(%s::bigint[], %s::bigint[])",  # noqa: S608 -- constants
                [[key for key, _pk in pairs], [pk for _key, pk in pairs]],
            )
        cursor.execute(
            f"""
            CREATE TEMPORARY TABLE {_GROUPS} AS
            SELECT row_number() OVER () AS rank, cards FROM (
                SELECT DISTINCT array_agg(card ORDER BY card) AS cards FROM {_KEYS}
                GROUP BY key HAVING count(*) BETWEEN 2 AND {MOST_PER_KEY}
            ) AS groups
            """  # noqa: S608 -- constants
        )
        cursor.execute(f"CREATE INDEX ON {_GROUPS} (rank)")
        last = 0
        while groups := _groups_after(last, limit=max(1, batch // 10)):  # up to 435 pairs each
            last = groups[-1][0]
            _propose([cards for _rank, cards in groups], now=now)
        cursor.execute(f"DROP TABLE {_KEYS}, {_GROUPS}")
    proposed = DuplicatePair.objects.proposed()
    proposed.filter(seen_at__lt=now).delete()
    return proposed.count()


@transaction.atomic(durable=True)
def dismiss_pair(*, pair_id: int, now: datetime) -> DuplicatePair:
    """Remember that these are two different cards. Raises PairRefused when it is gone."""
    pair = DuplicatePair.objects.select_for_update().filter(pk=pair_id).first()
    if pair is None:
        raise PairRefused(_("Ces fiches ont déjà été réunies."))
    pair.status, pair.decided_at = PairStatus.DISMISSED, now
    pair.save()
    return pair


def _compared() -> "list[str]":
    """Return the states of the cards that are compared: a draft is still its author's."""
    return [status for status in ProviderStatus.values if status != ProviderStatus.DRAFT]


def _batches(size: int) -> Iterator[list[Portrait]]:
    rows = Provider.objects.filter(status__in=_compared()).order_by("pk")
    last = 0
    while True:
        found = list(rows.filter(pk__gt=last).values_list(*_COLUMNS)[:size])
        yield [_portrait(row) for row in found]
        if len(found) < size:
            return
        last = found[-1][0]


def _groups_after(rank: int, *, limit: int) -> list[tuple[int, list[int]]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT rank, cards FROM {_GROUPS} WHERE rank > %s ORDER BY rank LIMIT %s",  # noqa: S608 -- constants
            [rank, limit],
        )
        return list(cursor.fetchall())


@transaction.atomic
def _propose(groups: list[list[int]], *, now: datetime) -> None:
    wanted = {pk for cards in groups for pk in cards}
    portraits = {
        row[0]: _portrait(row)
        for row in Provider.objects.filter(pk__in=wanted).values_list(*_COLUMNS)
    }
    found = {}
    for pair in sorted({pair for cards in groups for pair in combinations(cards, 2)}):
        if pair[0] in portraits and pair[1] in portraits:
            score, reasons = compare(portraits[pair[0]], portraits[pair[1]])
            if is_likely(score, reasons):
                found[pair] = score, reasons
    rows = Provider.objects.filter(pk__in={pk for pair in found for pk in pair}).order_by("pk")
    alive = set(rows.select_for_update(no_key=True).values_list("pk", flat=True))
    DuplicatePair.objects.bulk_create(
        [
            DuplicatePair(
                first_id=first,
                second_id=second,
                score=score,
                reasons=reasons,
                found_at=now,
                seen_at=now,
            )
            for (first, second), (score, reasons) in found.items()
            if first in alive and second in alive
        ],
        update_conflicts=True,
        unique_fields=["first", "second"],
        update_fields=["score", "reasons", "seen_at"],
    )


def _portrait(row: tuple[int, str, str, str, str, str, str, str]) -> Portrait:
    pk, name, siret, street, commune, phone, email, website = row
    host = (urlsplit(website).hostname or "").removeprefix("www.")
    return Portrait(
        pk=pk,
        name=name,
        siret=siret,
        street=street,
        commune=commune,
        phone=phone,
        email=email,
        host="" if host in shared_domains() else host,
    )
