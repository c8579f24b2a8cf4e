"""One process that measures the search over the cards of its state folder; prints JSON."""

import json
import os
import random
import statistics
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emn.settings")

import django

django.setup()

from django.db import connection, transaction
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone

from directory import maps, queries
from directory.models import SearchDocument, SearchWord
from directory.search import results
from directory.search.catalogue import service_words
from directory.search.lexemes import FIELDS, lexemes
from directory.search.suggestions import suggest
from emn.lib.page_cache import generations
from emn.territory.distance import EARTH_RADIUS_KM, box_around
from emn.territory.models import Commune

ROUNDS = 40
RAW_EVERY = 4  # rounds: at a million cards, raw SQL takes seconds
FACETS = {
    "service": ("service_ids && %(service)s::bigint[]", "unnest(service_ids)"),
    "territoire": ("epci_code = ANY(%(territoire)s)", "epci_code"),
    "langue": ("languages && %(langue)s::varchar[]", "unnest(languages)"),
    "taille": ("client_sizes && %(taille)s::varchar[]", "unnest(client_sizes)"),
    "metier": ("sectors && %(metier)s::varchar[]", "unnest(sectors)"),
}
DISTANCE = f"""2 * {EARTH_RADIUS_KM} * asin(sqrt(least(1.0,
        power(sin((radians(latitude) - radians(%(latitude)s)) / 2), 2)
        + cos(radians(%(latitude)s)) * cos(radians(latitude))
        * power(sin((radians(longitude) - radians(%(longitude)s)) / 2), 2))))"""


def prepare() -> None:
    """Write the table that raw SQL would search: a tsvector with GIN, arrays, coordinates."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('bench_card')")
        if cursor.fetchone()[0]:
            return
        cursor.execute("DROP TABLE IF EXISTS bench_service_term")
        cursor.execute("CREATE TABLE bench_service_term (service_id bigint, term text)")
        cursor.execute("CREATE INDEX ON bench_service_term (service_id)")
        for lexeme, pks in service_words().by_lexeme.items():
            for pk in pks:
                cursor.execute(
                    "INSERT INTO bench_service_term VALUES (%s, %s)", [pk, f"s:{lexeme}"]
                )
        cursor.execute(
            """CREATE TABLE bench_card AS
               SELECT d.provider_id, d.service_ids, d.languages, p.client_sizes, p.sectors,
                      c.insee_code, c.latitude, c.longitude, c.epci_id AS epci_code,
                      d.slug, d.name, d.tagline, d.commune_name, d.confirmed_at, d.written_at,
                      array_to_tsvector(ARRAY(
                          SELECT DISTINCT term FROM (
                              SELECT unnest(d.terms) AS term
                              UNION ALL SELECT s.term FROM bench_service_term AS s
                              WHERE s.service_id = ANY(d.service_ids)) AS held)) AS vector
               FROM directory_searchdocument d JOIN directory_provider p ON p.id = d.provider_id
               JOIN directory_company e ON e.id = p.company_id
               JOIN territory_commune c ON c.insee_code = e.commune_id"""
        )
        cursor.execute("CREATE INDEX ON bench_card USING gin (vector)")
        cursor.execute("CREATE INDEX ON bench_card (latitude, longitude)")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE bench_card")


def raw(criteria, *, day, offset, limit) -> None:
    """Rank a page and count every facet, in two statements, as one would write them by hand."""
    clauses, values = ["true"], dict(criteria.chosen)
    tier = "NULL::int"
    if criteria.query.words:
        for name, fields in (("words", FIELDS), ("in_name", "n"), ("in_services", "ns")):
            values[name] = " & ".join(
                "("
                + " | ".join(f"'{f}:{lexeme}'" for lexeme in lexemes(word) for f in fields)
                + ")"
                for word in criteria.query.words
            )
        clauses.append("vector @@ %(words)s::tsquery")
        tier = """CASE WHEN vector @@ %(in_name)s::tsquery THEN 1
                  WHEN vector @@ %(in_services)s::tsquery THEN 2 ELSE 3 END"""
    distance = "NULL::float"
    if criteria.place is not None:
        place = {"latitude": criteria.place.latitude, "longitude": criteria.place.longitude}
        box = box_around(**place, radius_km=criteria.radius_km)
        values |= place | vars(box) | {"radius": criteria.radius_km}
        clauses += [
            "latitude BETWEEN %(south)s AND %(north)s AND longitude BETWEEN %(west)s AND %(east)s",
            f"{DISTANCE} <= %(radius)s",
        ]
        distance = DISTANCE
    where = " AND ".join(clauses)
    chosen = [FACETS[name][0] for name in criteria.chosen]
    flags = ", ".join(
        f"{FACETS[name][0] if name in criteria.chosen else 'true'} AS by_{name}" for name in FACETS
    )
    parts = [
        f"SELECT '{name}', {value}::text, count(*) FROM asked WHERE "
        + " AND ".join(f"by_{other}" for other in FACETS if other != name)
        + " GROUP BY 2"
        for name, (_condition, value) in FACETS.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT provider_id, slug, name, tagline, commune_name, service_ids, languages,
                       confirmed_at, written_at, {distance} AS distance_km
                FROM bench_card WHERE {" AND ".join([where, *chosen])}
                ORDER BY {tier}, distance_km, md5(%(day)s || provider_id), provider_id
                LIMIT %(limit)s OFFSET %(offset)s""",
            values | {"day": day.isoformat(), "limit": limit, "offset": offset},
        )
        cursor.fetchall()
        cursor.execute(
            f"""WITH asked AS MATERIALIZED (
                    SELECT service_ids, epci_code, languages, client_sizes, sectors, {flags}
                    FROM bench_card WHERE {where}
                ) {" UNION ALL ".join(parts)}""",
            values,
        )
        cursor.fetchall()


def cases(draw: random.Random) -> dict[str, list[str]]:
    """Return, for each kind of search, addresses that differ from one another."""
    rare = list(
        SearchWord.objects.filter(word__regex="^[a-z]{7,}$").values_list("word", flat=True)[:4_000]
    )
    communes = list(
        Commune.objects.filter(departement_code="57")
        .order_by("-population")[:60]
        .values_list("pk", flat=True)
    )
    frequent = ["site", "formation", "logiciel", "internet", "gestion", "site internet"]
    filters = ["langue=de", "taille=1-9", "metier=commerce", "territoire=200039865"]

    def some(make):
        return [make() for _round in range(ROUNDS)]

    return {
        "rare word": some(lambda: f"q={draw.choice(rare)}"),
        "rare word, one slip": some(lambda: f"q={_slip(draw, draw.choice(rare))}"),
        "frequent word": some(lambda: f"q={draw.choice(frequent)}"),
        "frequent word, page 50": some(lambda: f"q={draw.choice(frequent)}&page=50"),
        "frequent word, a place": some(
            lambda: f"q={draw.choice(frequent)}&commune={draw.choice(communes)}&rayon=20"
        ),
        "frequent word, two filters": some(
            lambda: f"q={draw.choice(frequent)}&" + "&".join(draw.sample(filters, 2))
        ),
        "frequent word, four filters": some(
            lambda: f"q={draw.choice(frequent)}&" + "&".join(filters)
        ),
        "a place only": some(lambda: f"commune={draw.choice(communes)}&rayon=15"),
        "everything": some(lambda: f"page={draw.randrange(1, 50)}"),
    }


def _slip(draw: random.Random, word: str) -> str:
    place = draw.randrange(1, len(word) - 2)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def timed(action) -> float:
    """Return how long it took, in ms."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def measure() -> dict:
    """Time each case three ways, in turns: the portal, raw SQL, rendering from memory."""
    draw = random.Random(57)
    request = RequestFactory().get("/annuaire/")
    now = timezone.now()
    found, suggestions = {}, []
    everything = {"search": [], "raw": [], "render": []}
    for name, addresses in cases(draw).items():
        times = {"search": [], "raw": [], "render": []}
        # The first once more: what a process learns.
        for turn, address in enumerate([addresses[0], *addresses]):
            parameters = QueryDict(address)
            generations.look_again()
            page = queries.search(parameters, now=now)

            def render(page=page):
                return render_to_string("directory/provider_list.html", {"search": page}, request)

            def answer(parameters=parameters, render=render):
                render(queries.search(parameters, now=now))

            offset = (page.page.number - 1) * queries.CARDS_PER_PAGE
            render()
            times["render"].append(timed(render))
            times["search"].append(timed(answer))
            criteria, day = page.criteria, timezone.localdate(now)
            if turn % RAW_EVERY == 0:
                times["raw"].append(
                    timed(lambda c=criteria, d=day, o=offset: raw(c, day=d, offset=o, limit=20))
                )
        kept = {key: values[1:] for key, values in times.items()}
        found[name] = {key: p95(values) for key, values in kept.items()}
        found[name]["search_median"] = statistics.median(kept["search"])
        for key, values in kept.items():
            everything[key] += values
    for _round in range(300):
        word = draw.choice(["site", "form", "agence", "stu", "metz", "atelier ba", "log", "sécu"])
        suggestions.append(timed(lambda w=word: suggest(w, day=timezone.localdate(now))))
    searches = everything["search"]
    yardstick = p95(everything["raw"]) + p95(everything["render"])
    by_map = [timed(lambda: maps.search_map(QueryDict("q=site"), now=now)) for _ in range(30)]
    spot_sql = [timed(_raw_spots) for _ in range(10)]
    html = render_to_string(
        "directory/provider_map.html",
        {"map": (m := maps.search_map(QueryDict(""), now=now)), "search": m.search},
        request,
    )
    return {
        "cases": found,
        "figures": {
            "cards": SearchDocument.objects.count(),
            "search p95, ms": p95(searches),
            "search p95 / (raw SQL + rendering) p95": p95(searches) / yardstick,
            "frequent word / raw SQL (≤ 0.5)": found["frequent word"]["search"]
            / found["frequent word"]["raw"],
            "suggestion p95 / search p95 (≤ 0.4)": p95(suggestions) / p95(searches),
            "map p95 / raw SQL p95 (≤ 3)": p95(by_map) / p95(spot_sql),
            "map of everything, kB": len(html.encode()) / 1000,
            "one word read, ms": statistics.median(
                timed(lambda: results.find(results.Criteria(queries.parse("site"))))
                for _ in range(30)
            ),
        },
    }


def _raw_spots() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT insee_code, count(*) FROM bench_card
               WHERE vector @@ '''n:sit'' | ''s:sit'' | ''t:sit'''::tsquery GROUP BY 1"""
        )
        cursor.fetchall()


if __name__ == "__main__":
    prepare()
    print(json.dumps(measure()))
