"""One process that measures the proposals over the cards of its state folder; prints JSON."""

import json
import os
import random
import statistics

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emn.settings")

import django

django.setup()

from django.db import connection
from django.utils import timezone

from bench.search_worker import DISTANCE, p95, timed
from directory.enums import BUDGET_BOUNDS, ClientSector, ClientSize
from directory.matching import candidates
from directory.matching.candidates import Asked, best
from directory.reference import taxonomy
from directory.search.postings import read
from directory.search.replica import replica_at
from directory.search.terms import facet_term
from emn.lib.page_cache import generations
from emn.territory.distance import box_around
from emn.territory.models import Commune

ROUNDS = 40
RAW_EVERY = 4
NEARBY_KM = 30

_RAW = f"""
    SELECT card.id FROM directory_provider card
    JOIN directory_offer offer ON offer.provider_id = card.id AND offer.service_id = %(service)s
    JOIN directory_company company ON company.id = card.company_id
    JOIN territory_commune commune ON commune.insee_code = company.commune_id
    WHERE card.status = 'published' AND card.quality >= 0 AND card.email <> ''
      AND (card.client_sizes = '{{}}' OR %(size)s = ANY(card.client_sizes))
      AND (card.sectors = '{{}}' OR %(sector)s = ANY(card.sectors))
      AND 'fr' = ANY(card.languages)
      AND latitude BETWEEN %(south)s AND %(north)s AND longitude BETWEEN %(west)s AND %(east)s
      AND {DISTANCE} <= 30
"""


def raw(asked: Asked) -> int:
    """Filter the candidates as one would by hand, without ranking them; return how many."""
    place = {"latitude": asked.commune.latitude, "longitude": asked.commune.longitude}
    box = vars(box_around(**place, radius_km=NEARBY_KM))
    given = {"service": asked.service, "size": asked.client_size, "sector": asked.sector}
    with connection.cursor() as cursor:
        cursor.execute(_RAW, given | place | box)
        return len(cursor.fetchall())


def cases(draw: random.Random) -> dict[str, list[Asked]]:
    """Return, for each kind of need, needs that differ from one another."""
    replica = replica_at(read(()).versions)
    by_size = sorted(taxonomy(), key=lambda pk: -len(replica.having([facet_term("service", pk)])))
    ours = Commune.objects.filter(departement_code="57").order_by("-population")
    towns, villages = list(ours[:5]), list(ours[200:600])
    bands = list(BUDGET_BOUNDS.values())

    def some(services: list[int], places: list[Commune]) -> list[Asked]:
        return [
            Asked(
                need=number,
                siren="",
                service=draw.choice(services),
                commune=draw.choice(places),
                client_size=draw.choice(ClientSize.values),
                sector=draw.choice(ClientSector.values),
                language="fr",
                band=draw.choice(bands),
            )
            for number in range(ROUNDS + 1)
        ]

    return {
        "frequent service, town": some(by_size[:5], towns),
        "frequent service, village": some(by_size[:5], villages),
        "any service, town": some(by_size, towns),
        "any service, village": some(by_size, villages),
        "rare service": some(by_size[-10:], towns + villages),
    }


def measure() -> dict:
    """Time each case: the proposals, and the raw SQL of their filters."""
    candidates.MATCHING_MINIMUM = 0  # see bench.needs
    now = timezone.now()
    found = {}
    for name, needs in cases(random.Random(57)).items():
        times, raws, counts = [], [], []
        for turn, asked in enumerate(needs):
            generations.look_again()
            times.append(timed(lambda asked=asked: best(asked, now=now, wanted=3)))
            if turn % RAW_EVERY == 0:
                raws.append(timed(lambda asked=asked, counts=counts: counts.append(raw(asked))))
        found[name] = {
            "p50": statistics.median(times[1:]),  # the first: what a process learns
            "p95": p95(times[1:]),
            "raw": p95(raws[1:]),
            "candidates": statistics.mean(counts),
        }
    return found


if __name__ == "__main__":
    print(json.dumps(measure()))
