"""`sync_taxonomy`: the shipped services in the database, and the cards found by their words."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from directory.models import SearchDocument, Service
from directory.search.lexemes import parse
from directory.search.results import Criteria, find
from directory.services import search, taxonomy
from directory.tasks import reindex_directory
from emn.lib import page_cache
from tests.directory.factories import ServiceFactory, published_card

pytestmark = pytest.mark.django_db


@pytest.fixture
def rung(monkeypatch):
    """What would have been sent to the worker."""
    calls = []
    monkeypatch.setattr(reindex_directory, "delay", lambda: calls.append("reindex"))
    return calls


def run(*, write):
    out = StringIO()
    call_command("sync_taxonomy", write=write, stdout=out)
    return out.getvalue()


def test_without_write_the_command_only_shows():
    said = run(write=False)

    assert "à créer" in said
    assert said.endswith("Rien n’est écrit : relancez avec --write.\n")
    assert not Service.objects.exists()


def test_the_shipped_taxonomy_is_written_whole_and_once():
    assert run(write=True).endswith("Écrit.\n")
    assert Service.objects.count() >= 60

    assert run(write=True).endswith("Rien à changer.\n")


def test_a_service_that_the_file_does_not_name_is_kept():
    ServiceFactory(code="autre.service", slug="autre-service")

    assert "1 absents de la source, conservés : autre.service" in run(write=True)
    assert Service.objects.filter(code="autre.service").exists()


def test_new_synonyms_reach_the_published_cards(rung, tmp_path, django_capture_on_commit_callbacks):
    taxonomy.sync_taxonomy(write=True)
    card = published_card(offers=[Service.objects.order_by("pk").first()])
    content = json.loads(taxonomy.TAXONOMY_FILE.read_text(encoding="utf-8"))
    code = card.services.get().code
    entry = next(e for f in content["categories"] for e in f["services"] if e["code"] == code)
    entry["synonyms"]["fr"].append("zorglubage")
    file = tmp_path / "taxonomy.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    before = page_cache.read_generation()

    with django_capture_on_commit_callbacks(execute=True):
        diffs = taxonomy.sync_taxonomy(write=True, file=file)
    reindex_directory()

    assert [len(diff.changed) for diff in diffs] == [0, 1]
    assert rung == ["reindex"]
    assert page_cache.read_generation() != before
    found = find(Criteria(query=parse("zorglubages")))
    assert list(found.answers) == [card.pk]


def test_an_unchanged_taxonomy_asks_for_nothing(rung, django_capture_on_commit_callbacks):
    taxonomy.sync_taxonomy(write=True)
    before = page_cache.read_generation()

    with django_capture_on_commit_callbacks(execute=True):
        taxonomy.sync_taxonomy(write=True)

    assert rung == []
    assert page_cache.read_generation() == before


@pytest.mark.django_db(transaction=True)
def test_changes_that_come_during_a_pass_share_the_next_one(monkeypatch):
    begun, go_on, passes = threading.Event(), threading.Event(), []

    def slow_pass():
        passes.append("pass")
        begun.set()
        assert go_on.wait(20)

    monkeypatch.setattr(search, "reindex_published", slow_pass)

    def ring():
        try:
            reindex_directory()
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        rung = [pool.submit(ring)]
        assert begun.wait(20)
        rung += [pool.submit(ring) for _ in range(4)]
        while sum(one.done() for one in rung) < 3:
            time.sleep(0.02)
        go_on.set()
        for one in rung:
            one.result(timeout=60)

    assert passes == ["pass", "pass"]


def test_a_service_renamed_during_a_pass_is_right_in_the_batches_that_follow(monkeypatch):
    term = ServiceFactory()
    for _ in range(2):
        published_card(offers=[term])
    index_all = search.index_all

    def index_then_rename(batch):
        words = index_all(batch)
        Service.objects.update(name_fr="Autre nom")
        return words

    monkeypatch.setattr(search, "index_all", index_then_rename)
    before = list(SearchDocument.objects.order_by("pk").values_list("fingerprint", flat=True))

    search.reindex_published(batch=1)

    after = list(SearchDocument.objects.order_by("pk").values_list("fingerprint", flat=True))
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False]
