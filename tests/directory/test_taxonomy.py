"""`sync_taxonomy`: the shipped services in the database, and the cards found by their words."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from directory.models import Service
from directory.search.lexemes import parse
from directory.search.results import Criteria, find
from directory.services import taxonomy
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
