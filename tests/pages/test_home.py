"""The home page shows what apps registered, and links only to what exists."""

from datetime import date

import pytest

from emn import home as home_page
from emn.home import Door
from emn.lib import home_blocks
from emn.lib.home_blocks import Figure, HomeBlock, HomeFigure, Place
from emn.lib.registry import Registry

pytestmark = pytest.mark.django_db


@pytest.fixture
def registries(monkeypatch):
    """Give the test a home page of its own."""
    monkeypatch.setattr(home_blocks, "blocks", Registry())
    monkeypatch.setattr(home_blocks, "figures", Registry())
    return home_blocks


def test_home_asks_its_question(client):
    html = client.get("/").content.decode()

    assert "De quoi votre entreprise" in html
    assert 'action="/recherche/"' in html


def test_home_shows_the_figures_that_have_something_to_count(client, registries):
    shown = Figure(value=1204, label="prestataires", as_of=date(2026, 11, 22))
    registries.figures.register(HomeFigure(key="a", order=1, read=lambda: shown))
    registries.figures.register(HomeFigure(key="b", order=2, read=lambda: None))

    html = client.get("/").content.decode()

    assert html.count('class="key-figure"') == 1
    assert "1\u00a0204" in html
    assert "au 22 novembre 2026" in html


def test_home_shows_each_block_at_its_place(client, registries):
    template = "components/empty_state.html"
    for place in Place:
        context = {"title": place.value, "level": 3, "content": ""}
        registries.blocks.register(
            HomeBlock(
                key=place.value,
                order=0,
                template=template,
                context=lambda context=context: context,
                place=place,
            )
        )

    html = client.get("/").content.decode()

    assert html.index("<h3>search</h3>") < html.index("doors-title") < html.index("<h3>main</h3>")


def test_door_without_a_page_is_no_link(client, monkeypatch):
    doors = (Door("Ouverte", "…", "map", "home"), Door("Fermée", "…", "map", "nowhere:at_all"))
    monkeypatch.setattr(home_page, "DOORS", doors)

    html = client.get("/").content.decode()

    assert '<a href="/">Ouverte</a>' in html
    assert "<h3>Fermée</h3>" in html
    assert "Bientôt en ligne" in html


def test_registry_refuses_a_key_twice(registries):
    entry = HomeFigure(key="a", order=1, read=lambda: None)
    registries.figures.register(entry)

    with pytest.raises(ValueError, match="twice"):
        registries.figures.register(entry)
