"""One process that prepares, judges or measures what bench.events asks; prints JSON."""

import json
import os
import sys
import uuid
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emn.settings")

import django

django.setup()

from django.db import connection
from django.test import Client
from django.utils import timezone

from bench.lives import Broken, interleave
from bench.search_worker import p95, timed
from emn.lib.page_cache import generations
from emn.mailings.services import outbox
from events.models import CapacityPool, Session, Theme
from events.services import registrations
from events.services.reference import sync_agenda

ROUNDS = 60
PAGES = {
    "list": "/agenda/",
    "list, page 7": "/agenda/?page=7",
    "words": "/agenda/?q=atelier+pain",
    "theme and type": "/agenda/?theme=securite&type=club",
    "month": "/agenda/?vue=mois",
}


def table() -> dict:
    """Make the table of the bare view."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS bench_row (id bigserial PRIMARY KEY, name varchar(120))"
        )
    return {}


def session(seats: str) -> dict:
    """Publish a session of so many seats; return its address."""
    now = timezone.now()
    made = Session.objects.create(
        slug=f"foule-{uuid.uuid4().hex[:8]}", kind="forum", title_fr="Forum", elsewhere="Metz",
        status="published", published_at=now, starts_at=now + timedelta(days=20),
        ends_at=now + timedelta(days=20, hours=2), created_at=now, changed_at=now,
    )  # fmt: skip
    CapacityPool.objects.create(session=made, mode="on_site", size=int(seats), waiting_limit=1000)
    return {"slug": made.slug}


def outcome(slug: str) -> dict:
    """Count the seats and ranks of a crowd, and whether arrival was the order."""
    rows = list(Session.objects.get(slug=slug).registrations.order_by("pk"))
    statuses = [row.status for row in rows]
    return {
        "held": statuses.count("held"),
        "pending": statuses.count("pending"),
        "in_order": statuses == sorted(statuses),  # held, then pending
    }


def agenda(size: str) -> dict:
    """Fill the agenda up to that many sessions, over two years; return p95 of each page, ms."""
    sync_agenda(write=True)
    _fill(int(size))
    client, found = Client(HTTP_HOST="127.0.0.1"), {}
    for name, path in PAGES.items():
        times = []
        for _round in range(ROUNDS + 1):
            generations.look_again()
            times.append(timed(lambda path=path: client.get(path)))
        found[name] = p95(times[1:])
    return found


def _fill(size: int) -> None:
    Session.objects.filter(registrations=None).delete()
    now, themes = timezone.now(), list(Theme.objects.order_by("pk"))
    kinds = ("club", "workshop", "conference", "forum")
    made = Session.objects.bulk_create(
        (
            Session(
                slug=f"s-{number}", kind=kinds[number % 4], title_fr=f"Atelier du pain {number}",
                summary_fr="Une phrase.", elsewhere="Metz", status="published", published_at=now,
                starts_at=now + timedelta(minutes=60 + number * 1_000_000 / size),
                ends_at=now + timedelta(minutes=150 + number * 1_000_000 / size), created_at=now,
                changed_at=now, terms=["ateli", "pain", f"mot{number % 50}"],
            )
            for number in range(size)
        ),
        batch_size=2000,
    )  # fmt: skip
    CapacityPool.objects.bulk_create(
        (CapacityPool(session=row, mode="on_site", size=20) for row in made), batch_size=5000
    )
    link = Session.themes.through
    link.objects.bulk_create(
        (
            link(session_id=row.pk, theme_id=themes[number % len(themes)].pk)
            for number, row in enumerate(made)
        ),
        batch_size=5000,
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE events_session")


def interleavings(count: str) -> dict:
    """Live so many random lives; fails at the first rule that does not hold, naming the seed."""
    outbox.ring = registrations._greetings.send = lambda _what: None
    figures = {"interleavings": 0, "acts": 0, "refused": 0}
    for seed in range(int(count)):
        made = Session.objects.get(slug=session("5")["slug"])
        Session.objects.filter(pk=made.pk).update(group_limit=3)
        try:
            lives = interleave(made, seed=seed, now=timezone.now(), threads=4, acts=8)
        except Broken as broken:
            raise RuntimeError(f"seed {seed}: {broken}") from broken
        figures["interleavings"] += 1
        figures["acts"] += sum(life.done for life in lives)
        figures["refused"] += sum(life.refused for life in lives)
    return figures


if __name__ == "__main__":
    what, *arguments = sys.argv[1:]
    known = {
        "table": table, "session": session, "outcome": outcome, "agenda": agenda,
        "interleavings": interleavings,
    }  # fmt: skip
    print(json.dumps(known[what](*arguments)))
