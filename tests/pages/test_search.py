"""« Rechercher »: asks every source, never ends in a blank page, survives any question."""

import pytest

from emn.lib import site_search
from emn.lib.registry import Registry
from emn.lib.site_search import NOTHING, SearchHit, SearchHits, SearchSource, clean

pytestmark = pytest.mark.django_db


@pytest.fixture
def sources(monkeypatch):
    """Give the test a search of its own."""
    own = Registry()
    monkeypatch.setattr(site_search, "sources", own)
    return own


def source(key, hits, *, order=0, asked=None):
    def search(words, limit):
        if asked is not None:
            asked.append((words, limit))
        return hits

    return SearchSource(key=key, order=order, label=key.capitalize(), search=search)


def test_search_groups_the_answers_by_source(client, sources):
    hit = SearchHit(title="Atelier <web>", url="/annuaire/atelier/", summary="Sites à Metz")
    sources.register(source("agenda", NOTHING, order=1))
    sources.register(
        source("annuaire", SearchHits(total=42, hits=[hit], more_url="/annuaire/?q=x"))
    )

    html = client.get("/recherche/?q=web").content.decode()

    assert "42 résultats pour" in html
    assert "Atelier &lt;web&gt;" in html
    assert 'href="/annuaire/?q=x"' in html
    menus = client.get("/recherche/").content.decode().count("Agenda")
    assert html.count("Agenda") == menus


def test_search_asks_no_source_without_a_word(client, sources):
    asked = []
    sources.register(source("annuaire", NOTHING, asked=asked))

    response = client.get("/recherche/?q=%00+%20")

    assert response.status_code == 200
    assert asked == []


def test_search_without_result_offers_a_next_step(client, sources):
    sources.register(source("annuaire", NOTHING))

    html = client.get("/recherche/?q=zzzz").content.decode()

    assert "Rien ne correspond" in html
    assert "mailto:" in html


@pytest.mark.parametrize(
    "asked",
    [
        "a" * 10_000,
        "\x00",
        "%",
        "_",
        "100%_\\",
        "' OR 1=1 --",
        "a & | ! ( :*",
        "\ud7ff\u202e",
        "☃" * 500,
    ],
)
def test_search_survives_any_question(client, asked):
    assert client.get("/recherche/", {"q": asked}).status_code == 200


def test_clean_keeps_one_short_printable_line():
    assert clean(" site\x00\n web\u202e ") == "site web"
    assert len(clean("mot " * 5_000)) <= site_search.MAX_LENGTH


def test_legal_pages_are_found_by_their_other_names(client):
    html = client.get("/recherche/?q=cookies").content.decode()

    assert 'href="/donnees-personnelles/"' in html
