"""Finding the best providers for a need, at any size: sets crossed in memory, then one statement.

What the search index holds (service, family, client size, trade, language, commune) narrows a
million cards to the candidates without reading a row. What it does not hold (zone, quality, prices,
references) is read for the candidates that can still be among the best, those with most to gain
first: nobody who might win is left out.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime

import numpy as np
from django.conf import settings
from django.db import connection
from django.db.models import Count
from django.utils import timezone
from numpy.typing import NDArray
from pyroaring import BitMap

from directory.enums import PriceBasis, ProviderStatus, ServiceArea, SpokenLanguage
from directory.matching import connections, ranking
from directory.matching.ranking import CLASSES, Facts, Ints, Ranked, Span
from directory.models import Proposal, Provider, RequestPause
from directory.quality import MATCHING_MINIMUM
from directory.reference import taxonomy
from directory.search.postings import read
from directory.search.replica import Numbers, Replica, numbers, replica_at
from directory.search.terms import facet_prefix, facet_term
from emn.territory.ground import places
from emn.territory.models import Commune
from emn.territory.queries import distances_km

NEARBY_M = 30_000
FIRST_BATCH = 500
GROWTH = 4
_NEAR, _DEPARTEMENT, _AWAY = 0, 1, 2  # how far a card must reach, in the statement below
_FAR = 10_000_000  # metres: no commune known


@dataclass(frozen=True)
class Asked:
    """What a need asks of its candidates. `band`: cents, None when the company does not know."""

    need: int
    siren: str
    service: int
    commune: Commune
    client_size: str
    sector: str
    language: str
    band: Span | None


def best(
    asked: Asked,
    *,
    now: datetime,
    wanted: int,
    without: Collection[int] = (),
    only: Collection[int] | None = None,
) -> list[Ranked]:
    """Return the first `wanted` eligible providers in the published order.

    `without`: cards that were asked already. `only`: tell which of these are eligible.
    """
    day = timezone.localdate(now)
    versions = read(()).versions
    replica = replica_at(versions)
    loads = open_requests(now=now)
    eligible = _eligible(asked, replica, loads, without=without, now=now)
    cards = numbers(eligible if only is None else eligible & BitMap(only))
    if not len(cards):
        return []
    known = _known_in_memory(asked, replica, cards, loads)
    reach = _reach(asked, replica, known)
    upper = _upper_bounds(known, asked, year=day.year)
    order = np.argsort(-upper, kind="stable")
    read_facts: list[Facts] = []
    start, size = 0, FIRST_BATCH
    while start < len(order):
        batch = order[start : start + size]
        read_facts.append(_read(asked, _at(known, batch), reach[batch], day=day))
        start, size = start + size, size * GROWTH
        if start >= len(order):
            break
        scores = ranking.totals(_joined(read_facts), year=day.year)
        floor = ranking.lowest_that_counts(scores, wanted)
        if floor is not None and upper[order[start]] < floor:
            break
    return ranking.ranked(_joined(read_facts), need=asked.need, day=day, wanted=wanted)


def open_requests(*, now: datetime) -> dict[int, int]:
    """Return card → how many requests it has in progress, for those that have some."""
    rows = Proposal.objects.weighing(now=now).values("provider").annotate(count=Count("pk"))
    return dict(rows.order_by("provider").values_list("provider", "count"))


def _eligible(
    asked: Asked,
    replica: Replica,
    loads: dict[int, int],
    *,
    without: Collection[int],
    now: datetime,
) -> BitMap:
    """Return the cards that pass the filters that memory knows."""
    cards = replica.having([facet_term("service", asked.service)]) & replica.every
    for facet, value in (("taille", asked.client_size), ("metier", asked.sector)):
        if value:
            cards -= _others(replica, facet, value)
    if asked.language == SpokenLanguage.FRENCH:
        cards -= _others(replica, "langue", asked.language)
    else:
        cards &= replica.having([facet_term("langue", asked.language)])
    full = (card for card, count in loads.items() if count >= ranking.MOST_OPEN_REQUESTS)
    own = Provider.objects.filter(company__siret__startswith=asked.siren)
    for left_out in (
        without,
        full,
        RequestPause.objects.order_by("pk").values_list("pk", flat=True),
        own.order_by("pk").values_list("pk", flat=True) if asked.siren else (),
        connections.suspended_cards(at=now),
    ):
        cards -= BitMap(left_out)
    return cards


def _others(replica: Replica, facet: str, value: str) -> BitMap:
    """Return the cards that say something of the facet, but not this value."""
    said: Iterable[BitMap] = (cards for _value, cards in replica.values(facet_prefix(facet)))
    return BitMap.union(BitMap(), *said) - replica.having([facet_term(facet, value)])


def _known_in_memory(
    asked: Asked, replica: Replica, cards: Numbers, loads: dict[int, int]
) -> Facts:
    """Return the facts that need no row; reference and budget are left at what is worst."""
    count = len(cards)
    eligible = BitMap(cards)
    siblings = np.zeros(count, np.int64)
    entries = taxonomy()
    family = entries[asked.service].category_code
    for pk, entry in entries.items():
        if pk != asked.service and entry.category_code == family:
            siblings[_places(cards, replica.having([facet_term("service", pk)]) & eligible)] += 1
    trade = np.zeros(count, np.int64)
    if asked.sector:
        trade[_places(cards, replica.having([facet_term("metier", asked.sector)]) & eligible)] = 1
    loaded = np.zeros(count, np.int64)
    for card, number in loads.items():
        if card in eligible:
            loaded[_places(cards, BitMap([card]))] = number
    kilometres = distances_km(asked.commune, replica.communes)[replica.commune_of[cards]]
    metres = np.where(np.isfinite(kilometres), np.round(kilometres * 1_000), _FAR)
    nothing = np.zeros(count, np.int64)
    return Facts(
        card=cards.astype(np.int64),
        siblings=siblings,
        distance_m=metres.astype(np.int64),
        knows_trade=trade,
        reference_year=nothing,
        budget=nothing,
        open_requests=loaded,
        trust_class=nothing,
    )


def _places(cards: Numbers, some: BitMap) -> NDArray[np.intp]:
    return np.searchsorted(cards, numbers(some))


def _upper_bounds(known: Facts, asked: Asked, *, year: int) -> Ints:
    """Return the most that each candidate may reach."""
    count = len(known.card)
    hoped = replace(
        known,
        reference_year=np.full(count, year if asked.sector else ranking.NO_REFERENCE),
        budget=np.full(count, ranking.FITS if asked.band else ranking.UNKNOWN),
    )
    return ranking.totals(hoped, year=year)


def _reach(asked: Asked, replica: Replica, known: Facts) -> Ints:
    """Return how far each candidate must work from its commune: _NEAR, _DEPARTEMENT or _AWAY."""
    where = places()  # once: inside a transaction nothing is kept, each call reads the communes
    departements = np.array(
        [where[code].departement if code in where else "" for code in replica.communes]
    )
    same = departements[replica.commune_of[known.card]] == asked.commune.departement_code
    far = known.distance_m > NEARBY_M
    reach: Ints = np.where(far, np.where(same, _DEPARTEMENT, _AWAY), _NEAR)
    return reach


def _read(asked: Asked, known: Facts, reach: Ints, *, day: date) -> Facts:
    """Return the candidates of a batch that pass the filters of the tables, with all their facts.

    One statement: the card's own row decides, then its references and prices.
    """
    in_region = asked.commune.departement_code in settings.REGION_DEPARTEMENTS
    wide = [ServiceArea.COUNTRY, *([ServiceArea.REGION] if in_region else [])]
    with connection.cursor() as cursor:
        cursor.execute(
            _STATEMENT,
            {
                "cards": known.card.tolist(),
                "reach": reach.tolist(),
                "wide": [str(area) for area in wide],
                "wide_or_own": [str(area) for area in (*wide, ServiceArea.DEPARTEMENT)],
                "published": ProviderStatus.PUBLISHED,
                "minimum": MATCHING_MINIMUM,
                "sector": asked.sector,
                "service": asked.service,
                "basis": PriceBasis.PROJECT,
            },
        )
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    places_kept = np.array(
        [place for place, card in enumerate(known.card.tolist()) if card in found], dtype=np.intp
    )
    kept = _at(known, places_kept)
    rows = [found[card] for card in kept.card.tolist()]
    classes = connections.trust_classes(found, on=day)
    return replace(
        kept,
        reference_year=np.array([year or 0 for year, _prices in rows], dtype=np.int64),
        budget=np.array(
            [
                ranking.budget_fit([(low, high) for low, high in prices or ()], asked.band)
                for _year, prices in rows
            ],
            dtype=np.int64,
        ),
        trust_class=np.array(
            [CLASSES.index(classes[card]) for card in kept.card.tolist()], dtype=np.int64
        ),
    )


# A price of the very service says more than one of the work in general: when there is one, it alone
# counts.
_STATEMENT = """
    WITH candidate AS (
        SELECT card.id
        FROM unnest(%(cards)s::bigint[], %(reach)s::int[]) AS asked (id, reach)
        JOIN directory_provider AS card ON card.id = asked.id
        WHERE card.status = %(published)s AND card.quality >= %(minimum)s
          AND (asked.reach = 0
               OR (asked.reach = 1 AND card.service_area = ANY(%(wide_or_own)s))
               OR (asked.reach = 2 AND card.service_area = ANY(%(wide)s)))
          AND (card.email <> '' OR EXISTS (
                SELECT 1 FROM directory_membership AS membership
                JOIN accounts_user AS person ON person.id = membership.user_id
                WHERE membership.company_id = card.company_id AND person.is_active))
    ), reference AS (
        SELECT provider_id, max(year) AS year FROM directory_reference
        WHERE client_sector = %(sector)s AND %(sector)s <> ''
          AND provider_id IN (SELECT id FROM candidate)
        GROUP BY provider_id
    ), price AS (
        SELECT DISTINCT ON (provider_id) provider_id, service_id,
            json_agg(json_build_array(from_cents, to_cents) ORDER BY position, from_cents) AS spans
        FROM directory_priceindication
        WHERE basis = %(basis)s AND (service_id = %(service)s OR service_id IS NULL)
          AND provider_id IN (SELECT id FROM candidate)
        GROUP BY provider_id, service_id
        ORDER BY provider_id, service_id NULLS LAST
    )
    SELECT candidate.id, reference.year, price.spans FROM candidate
    LEFT JOIN reference ON reference.provider_id = candidate.id
    LEFT JOIN price ON price.provider_id = candidate.id
"""


def _at(facts: Facts, chosen: NDArray[np.intp]) -> Facts:
    return Facts(**{field.name: getattr(facts, field.name)[chosen] for field in fields(Facts)})


def _joined(pieces: list[Facts]) -> Facts:
    return Facts(
        **{
            field.name: np.concatenate([getattr(piece, field.name) for piece in pieces])
            for field in fields(Facts)
        }
    )
