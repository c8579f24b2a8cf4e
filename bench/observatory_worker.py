"""One measurement of `bench.observatory`, in a process of its own; the last line said is JSON."""

import json
import os
import resource
import sys
import time
from itertools import product
from random import Random

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emn.settings")

import django

django.setup()

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from observatory.services import charts, indicators
from observatory.statistics.secrecy import Count, crossed, exposed, optimum, protect

REGISTER = ("etablissements-tic", "creations-tic", "fermetures-tic", "part-tic")
NAF = {"TIC": ["61", "62"], "61": ["61.1", "61.2", "61.9"], "62": ["62.1", "62.2", "62.3"]}
PLACES = {"57": ["north", "south"], "north": ["n1", "n2"], "south": ["s1", "s2"]}
YEAR = {"year": ["half1", "half2"]}
SMALL = ({"TIC": ["61", "62", "63"]}, {"57": ["a", "b", "c"]})

# One in ten is of the sector, spread over its sub-classes, the years and the communes.
FILL = """
INSERT INTO territory_establishment (siret, siren, diffusion, is_masked, state, is_head_office,
    created_on, period_started_on, headcount_band, naf_code, naf_nomenclature, naf_2025_code,
    legal_name, usual_name, sign_name, own_words, legal_words, address_extra, street, postcode,
    town, commune_code, commune_id)
SELECT lpad(n::text, 9, '0') || '00019', lpad(n::text, 9, '0'), 'P', true,
       CASE WHEN n %% 3 = 0 THEN 'F' ELSE 'A' END, true,
       date '2012-01-01' + (n * 7919 %% 5000)::int,
       date '2012-01-01' + (n * 7919 %% 5000)::int + (n * 31 %% 1500)::int,
       (ARRAY['NN','NN','NN','00','01','02','03','11','12','21'])[(1 + n %% 10)::int],
       CASE WHEN n %% 10 = 0
            THEN sector.codes[1 + (n / 10 %% array_length(sector.codes, 1))::int]
            ELSE '56.10A' END,
       'NAFRev2', '', '', '', '', '', '', '', '', '', '', town.code, town.code
FROM generate_series(1, %s::bigint) n
CROSS JOIN (SELECT array_agg(code ORDER BY code) AS codes FROM territory_nafcode
            WHERE nomenclature = 'NAFRev2' AND level = 'sous_classe'
                  AND code ~ '^(26[.][1-48]|46[.]5|58[.]2|61|62|63[.]1|95[.]1)') sector
JOIN (SELECT insee_code AS code, row_number() OVER (ORDER BY insee_code) - 1 AS place,
             count(*) OVER () AS places
      FROM territory_commune WHERE departement_code = '57') town
     ON town.place = n * 2654435761 %% town.places
"""


def fill(units: str) -> dict:
    """Write a register of that size, by SQL: none of its establishments ever existed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM territory_establishment")
        if cursor.fetchone()[0] != int(units):
            cursor.execute("TRUNCATE territory_establishment")
            cursor.execute(FILL, [int(units)])
        cursor.execute("ANALYZE territory_establishment")
    return {"establishments": int(units)}


def cube() -> dict:
    """Publish the four indicators of the register."""
    before = _peak_mb()
    start = time.perf_counter()
    cells = 0
    for code in REGISTER:
        release = indicators.publish(code=code, now=timezone.now())
        cells += release.cell_count if release else 0
    seconds = time.perf_counter() - start
    counted = _peak_mb()
    start = time.perf_counter()
    drawn = charts.draw_missing()
    return {
        "cells published": cells,
        "cube computed, s (≤ 180)": seconds,
        "memory of the process, MB (≤ 500)": counted,
        "memory before, MB": before,
        "releases drawn": drawn,
        "their charts and maps, s": time.perf_counter() - start,
        "memory once drawn, MB": _peak_mb(),
    }


def api() -> dict:
    """Count the queries of a page of 100 cells: the first of a process, and the next."""
    client = Client()
    address = f"/api/v1/indicators/{REGISTER[0]}/?limit=100"
    counts = []
    for start in ("", "&cursor=1"):
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(address + start)
        assert len(answer.json()["results"]) == 100
        counts.append(len(asked))
    return {"queries of 100 cells (≤ 5)": counts[1], "the same, first of a process": counts[0]}


def secrecy(first: str, tables: str, step: str) -> dict:
    """Protect and attack one table in `step`; compare small ones with the optimum."""
    found, losses, seconds, ratios, cells = 0, [], 0.0, [], 0
    seeds = range(int(first), int(tables), int(step))
    for seed in seeds:
        counts, sums = _table(seed, NAF, PLACES, YEAR if seed % 4 == 0 else {"year": []})
        start = time.perf_counter()
        protection = protect(counts, sums)
        seconds += time.perf_counter() - start
        values = {key: cell.value for key, cell in counts.items()}
        found += len(exposed(values, sums, protection.hidden, protection.primary))
        losses.append(protection.loss)
        cells = max(cells, len(counts))
        small, their_sums = _table(seed, *SMALL)
        if (best := len(optimum(small, their_sums))) > 0:
            ratios.append(len(protect(small, their_sums).hidden) / best)
    return {
        "tables": len(seeds),
        "cells": cells,
        "exposed": found,
        "loss": sum(losses) / len(losses),
        "ms": 1000 * seconds / len(seeds),
        "worst": max(ratios),
        "ratio": sum(ratios) / len(ratios),
    }


def _table(seed: int, *trees: dict[str, list[str]]) -> tuple[dict, list]:
    """Draw the contributions of firms on the leaves of the trees and add them up everywhere."""
    draw, parents = Random(seed), {}
    for tree in trees:
        parents |= {child: parent for parent, children in tree.items() for child in children}

    def lineage(node: str) -> list[str]:
        return [node, *(lineage(parents[node]) if node in parents else [])]

    leaves = [
        [node for children in tree.values() for node in children if node not in tree] or list(tree)
        for tree in trees
    ]
    firms: dict = {}
    for leaf in product(*leaves):
        own = [draw.lognormvariate(3, 1) for _ in range(draw.choice([0, 1, 2, 4, 8, 15]))]
        for key in product(*(lineage(node) for node in leaf)):
            firms.setdefault(key, []).extend(own)
    counts = {key: Count(sum(own), len(own), max(own, default=0)) for key, own in firms.items()}
    return counts, crossed(*trees)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
