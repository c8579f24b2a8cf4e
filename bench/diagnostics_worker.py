"""One process that prepares or measures what bench.diagnostics asks; prints JSON."""

import json
import os
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emn.settings")

import django

django.setup()

from django.db import connection
from django.test import Client
from django.utils import timezone

from bench.search_worker import p95, timed
from diagnostics.models import ReferentialVersion
from diagnostics.services import diagnostics as services
from diagnostics.services.reference import referential_of
from diagnostics.views import flash_papers
from emn.questionnaires import services as questionnaires
from tests.diagnostics.factories import BAKER
from tests.diagnostics.paths import check_run

ROUNDS = 40


def table() -> dict:
    """Make the table of the bare view."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS bench_row (id bigserial PRIMARY KEY, name varchar(120))"
        )
    return {}


def walk(depth: str, count: str) -> dict:
    """Walk by chance, and stop at the first report that breaks a rule."""
    referential = referential_of(ReferentialVersion.objects.published().first().pk)
    start = time.perf_counter()
    for seed in range(int(count)):
        check_run(referential, depth, 1_000_000 + seed)
    return {"walks": int(count), "ms": (time.perf_counter() - start) / int(count) * 1000}


def runs(count: str) -> list:
    """Begin so many diagnostics, the profile answered; return their keys."""
    now, keys = timezone.now(), []
    profile = {code: BAKER[code] for code in ("size", "situation")}
    for _person in range(int(count)):
        diagnostic = services.start_flash(language="fr", now=now)
        questionnaires.save_answers(run=diagnostic.run, values=profile, seen={}, now=now)
        keys.append(diagnostic.run.key)
    return keys


def report() -> dict:
    """Return p95 of the page of a result and of its PDF, ms."""
    now = timezone.now()
    diagnostic = services.start_flash(language="fr", now=now)
    questionnaires.save_answers(run=diagnostic.run, values=BAKER, seen={}, now=now)
    services.finish(diagnostic_id=diagnostic.pk, now=now)
    client, found = Client(HTTP_HOST="127.0.0.1"), {}
    flash_papers.REPORTS_PER_HOUR = 10 * ROUNDS  # of one link: more than anybody may ask
    for name, step in (("page_ms", "resultat/"), ("pdf_ms", "rapport.pdf")):
        path = f"/diagnostic/{diagnostic.run.key}/{step}"
        times = [timed(lambda path=path: client.get(path)) for _round in range(ROUNDS + 1)]
        found[name] = p95(times[1:])
    return found


if __name__ == "__main__":
    what, *arguments = sys.argv[1:]
    print(
        json.dumps({"table": table, "walk": walk, "runs": runs, "report": report}[what](*arguments))
    )
