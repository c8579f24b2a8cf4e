"""One process of `bench.trust`: writes the ledgers, computes a night, one fact, or promises."""

import io
import json
import os
import random
import resource
import statistics
import sys
import time
from datetime import date, timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emn.settings")

import django

django.setup()

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from bench.servers import get
from directory.enums import TrustSource
from directory.models import Adhesion, Company, Provider, TrustEvent, TrustFile, TrustSnapshot
from directory.services import trust, trust_computing
from directory.trust.events import Kind
from tests.directory.trust_ledgers import hold_all

_GIVEN_UP_S = 90
LEVELS = ("V1", "V2", "V2", "V3")


def ledger(draw, today):
    """Yield twenty facts of one provider: (kind, days ago, payload)."""

    def ago(days):
        return (today - timedelta(days=days)).isoformat()

    until = (today + timedelta(days=draw.randrange(30, 700))).isoformat()
    yield Kind.ADHESION, draw.randrange(1, 700), {"state": "active", "ends_on": until}
    yield Kind.DOCUMENTS, 200, {"complete": True}
    for number in range(1, 6):
        level = draw.choice(("attested", "verified"))
        yield Kind.COMMITMENT, draw.randrange(600), {"number": number, "level": level}
    yield Kind.AUDIT, draw.randrange(600), {"level": "on_site", "points": draw.randrange(40, 101)}
    for number in range(4):
        days = 35 * number + draw.randrange(30)
        yield (
            Kind.REVIEW,
            days,
            {
                "review": f"r{number}",
                "client": f"{draw.getrandbits(256):064x}",
                "level": draw.choice(LEVELS),
                "ratings": [draw.randrange(2, 6) for _ in range(5)],
                "experience_on": ago(days + draw.randrange(300)),
                "blocked": "",
            },
        )
    for number in range(4):
        days = draw.randrange(30, 500)
        yield (
            Kind.REQUEST,
            days - 5,
            {
                "request": f"q{number}",
                "client": f"{draw.getrandbits(256):064x}",
                "asked_on": ago(days),
                "answered_on": ago(days - draw.randrange(1, 5)),
                "excluded": "",
            },
        )
    outcome = draw.choice(("conciliated_fast", "unfounded", "pending"))
    yield Kind.COMPLAINT, draw.randrange(400), {
        "complaint": "c1", "severity": 1, "outcome": outcome,
    }  # fmt: skip
    yield Kind.INSOLVENCY, 3, {"open": False, "liquidation": False}
    yield Kind.INSURANCE, 100, {"cover": "rc_pro", "ends_on": until}
    yield Kind.NOTICE, 60, {}


def prepare() -> dict:
    """Write the ledgers of every crowd card, anew, by COPY."""
    now, today = timezone.now(), timezone.localdate()
    start = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE directory_trustfile CASCADE")
        cursor.execute(
            """INSERT INTO directory_trustfile
                   (provider_id, opened_at, last_event_id, computed_event_id, computed_version,
                    standing, letter)
               SELECT id, now(), 0, 0, '', 'none', '' FROM directory_provider
               WHERE slug LIKE 'foule-%%' ORDER BY id"""
        )
        files = list(TrustFile.objects.order_by("pk").values_list("pk", flat=True))
        draw, lines = random.Random(57), io.StringIO()
        for place, file_id in enumerate(files):
            for number, (kind, days, payload) in enumerate(ledger(draw, today)):
                on = today - timedelta(days=days)
                text = json.dumps(payload).replace("\\", "\\\\")
                lines.write(f"{file_id}\t{kind}\t{on}\t{text}\tcentre\t{number}\t{now}\n")
            if place % 5_000 == 4_999 or place == len(files) - 1:
                lines.seek(0)
                cursor.cursor.copy_from(
                    lines,
                    "directory_trustevent",
                    columns=(
                        "file_id", "kind", "effective_on", "payload", "source", "key",
                        "recorded_at",
                    ),
                )  # fmt: skip
                lines = io.StringIO()
        cursor.execute(
            """UPDATE directory_trustfile AS file SET last_event_id = last.id
               FROM (SELECT file_id, max(id) AS id FROM directory_trustevent GROUP BY 1) AS last
               WHERE last.file_id = file.id"""
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE directory_trustevent, directory_trustfile")
        cursor.execute("SELECT count(*) FROM directory_trustevent")
        facts = cursor.fetchone()[0]
    return {"facts": facts, "facts written, s": time.perf_counter() - start}


def night() -> dict:
    """Compute every index that this process can take; MB of memory before, and added at most."""
    before = _memory_mb()
    done = trust_computing.compute_due(now=timezone.now())
    return {"done": done, "before_mb": before, "added_mb": _memory_mb() - before}


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def one() -> dict:
    """Record a fact of one provider, compute it, and read the page: ms of each."""
    computing, pages = [], []
    client = Client()
    rows = Provider.objects.filter(trust_file__standing="rated").order_by("pk")
    for number, provider in enumerate(rows[:50]):
        trust.record_fact(
            provider_id=provider.pk,
            kind=Kind.CERTIFICATION,
            effective_on=timezone.localdate(),
            payload={"code": "hds", "ends_on": (timezone.localdate()).isoformat()},
            source=TrustSource.CENTRE,
            key=f"bench:{number}",
            now=timezone.now(),
        )
        start = time.perf_counter()
        trust_computing.compute_file(file_id=provider.trust_file.pk, now=timezone.now())
        computing.append((time.perf_counter() - start) * 1000)
        start = time.perf_counter()
        answer = client.get(f"/annuaire/{provider.slug}/indice/")
        pages.append((time.perf_counter() - start) * 1000)
        assert answer.status_code == 200, answer.status_code
    sample = TrustSnapshot.objects.select_related("parameters").order_by("pk")[:2_000]
    start = time.perf_counter()
    for snapshot in sample:
        result, inputs = trust_computing.recomputed(snapshot)
        assert (inputs, result.as_json()) == (snapshot.inputs_hash, snapshot.result)
    return {
        "facts after the night": TrustEvent.objects.count(),
        "rated": TrustFile.objects.filter(standing="rated").count(),
        "one fact computed, median ms": statistics.median(computing),
        "page of the index, median ms": statistics.median(pages),
        "snapshots computed again, bit for bit": len(sample),
        "their time, s": time.perf_counter() - start,
    }


def journey(address: str) -> dict:
    """Record thirty facts; wait, each time, for the page of the index to say it: ms from commit."""
    today = timezone.localdate()
    rows = Provider.objects.filter(trust_file__standing="rated").order_by("-pk")[:30]
    for provider in rows.select_related("company"):
        sign(provider.company, today)
    waits = []
    for provider in rows:
        page = f"{address}{provider.get_absolute_url()}indice/"
        before = get(page)
        name = f"journey:{time.time_ns()}"
        trust.record_fact(
            provider_id=provider.pk,
            kind=Kind.REQUEST,
            effective_on=today,
            payload={
                "request": name,
                "client": f"{time.time_ns():064x}",  # a line of its own, each time
                "asked_on": today.isoformat(),
                "answered_on": today.isoformat(),
                "excluded": "",
            },
            source=TrustSource.REQUESTS,
            key=name,
            now=timezone.now(),
        )
        start = time.perf_counter()
        while get(page) == before and time.perf_counter() - start < _GIVEN_UP_S:
            time.sleep(0.01)
        waits.append((time.perf_counter() - start) * 1000)
    return {"median": statistics.median(waits[1:]), "worst": max(waits[1:])}  # one to warm up


def sign(company: Company, today: date) -> None:
    """Make a signatory of a company: the page shows the index of no other."""
    siren = company.siren
    if Adhesion.objects.in_force(on=today).filter(siren=siren).exists():
        return
    signed = Adhesion.objects.in_force(on=today).filter(company__is_demo=True).latest("pk")
    signed.pk, signed.renews, signed.company, signed.siren = None, None, company, siren
    signed.save(force_insert=True)


def promises(first: str, last: str, step: str) -> dict:
    """Ask every promise of the ledgers `first`, `first + step`… below `last`."""
    seeds = range(int(first), int(last), int(step))
    for seed in seeds:
        hold_all(seed)
    return {"kept": len(seeds)}


if __name__ == "__main__":
    name, *words = sys.argv[1:]
    work = {
        "prepare": prepare, "night": night, "one": one, "journey": journey, "promises": promises,
    }[name]  # fmt: skip
    print(json.dumps(work(*words)))
