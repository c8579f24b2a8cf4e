"""Cards side by side and favourites: the address holds everything."""

import re

import pytest

from directory.comparison import MOST_FAVOURITES
from directory.services import providers as services
from tests.directory.factories import NOW, ServiceFactory, published_card

pytestmark = pytest.mark.django_db


def cards(count):
    return [published_card(slug=f"fiche-{n}", name=f"Fiche {n}") for n in range(count)]


def page(client, *slugs, path="comparer"):
    response = client.get(f"/annuaire/{path}/", {"fiche": slugs})
    assert response.status_code == 200
    return response.content.decode()


def heads(html):
    return re.findall(r'class="compare-name" href="([^"]+)"', html)


def test_three_cards_stand_side_by_side_in_the_order_of_the_address(client):
    cards(3)

    html = page(client, "fiche-2", "fiche-0", "fiche-1")

    assert heads(html) == ["/annuaire/fiche-2/", "/annuaire/fiche-0/", "/annuaire/fiche-1/"]
    assert html.count('<th scope="row">') == 9
    assert html.count("<td>") == 27


def test_a_fourth_card_is_refused_in_words(client):
    cards(4)

    html = page(client, "fiche-0", "fiche-1", "fiche-2", "fiche-3")

    assert len(heads(html)) == 3
    assert "trois fiches au plus" in html
    assert "Laissées de côté\N{NO-BREAK SPACE}: Fiche 3." in html


def test_an_unknown_and_a_hidden_card_are_said_alike_and_take_no_place(client):
    kept = cards(4)
    services.hide_card(provider_id=kept[0].pk, reason="Fermée", now=NOW)

    html = page(client, "fiche-0", "personne", "fiche-1", "fiche-2", "fiche-3")

    assert heads(html) == ["/annuaire/fiche-1/", "/annuaire/fiche-2/", "/annuaire/fiche-3/"]
    assert "ne sont plus, dans l’annuaire\N{NO-BREAK SPACE}: fiche-0, personne." in html
    assert "trois fiches au plus" not in html


def test_a_card_named_twice_counts_once(client):
    cards(1)

    assert heads(page(client, "fiche-0", "fiche-0")) == ["/annuaire/fiche-0/"]


def test_removing_a_card_keeps_the_others(client):
    cards(3)

    html = page(client, "fiche-0", "fiche-1", "fiche-2")

    assert 'href="?fiche=fiche-0&amp;fiche=fiche-2"' in html


def test_services_of_all_come_first_and_are_marked(client):
    site = ServiceFactory()
    shop = ServiceFactory(code="web.shop", slug="boutique", name_fr="Boutique en ligne", position=9)
    published_card(slug="a", offers=[shop])
    published_card(slug="b", offers=[site, shop])

    html = page(client, "a", "b")

    assert re.findall(r"<li>([^<]+?) <span class=\"muted\">", html) == ["Boutique en ligne"] * 2
    assert html.index("Boutique en ligne") < html.index("Création ou refonte")


@pytest.mark.parametrize("slug", ["<script>", "a" * 5_000, "%00", "\x00"])
def test_whatever_is_typed_gets_a_page(client, slug):
    assert "<script>alert" not in page(client, slug)


@pytest.mark.parametrize("path", ["comparer", "favoris"])
@pytest.mark.parametrize("count", [1, 3])
def test_pages_ask_the_same_queries_whatever_the_number_of_cards(
    client, django_assert_num_queries, path, count
):
    cards(count)
    page(client, "fiche-0", path=path)  # the taxonomy is in memory from here on

    with django_assert_num_queries(8):
        page(client, *[f"fiche-{n}" for n in range(count)], path=path)


@pytest.mark.parametrize("path", ["comparer", "favoris"])
def test_an_empty_address_offers_the_directory_without_a_query(
    client, django_assert_num_queries, path
):
    page(client, path=path)  # the footer is in memory from here on

    with django_assert_num_queries(0):
        html = page(client, path=path)

    assert "Ouvrir l’annuaire" in html


def test_favourites_are_listed_with_the_first_three_ready_to_compare(client):
    cards(5)

    html = page(client, *[f"fiche-{n}" for n in range(5)], path="favoris")

    assert re.findall(r'value="(fiche-\d)" form="comparer"( checked)?', html) == [
        ("fiche-0", " checked"),
        ("fiche-1", " checked"),
        ("fiche-2", " checked"),
        ("fiche-3", ""),
        ("fiche-4", ""),
    ]


def test_a_link_of_favourites_holds_fifty_cards_at_most(client):
    cards(MOST_FAVOURITES + 1)

    html = page(client, *[f"fiche-{n}" for n in range(MOST_FAVOURITES + 1)], path="favoris")

    assert html.count('form="comparer"') == MOST_FAVOURITES
    assert "50\N{NO-BREAK SPACE}fiches au plus" in html


def test_the_list_offers_each_card_to_the_comparison(client):
    cards(2)

    html = client.get("/annuaire/").content.decode()

    assert sorted(re.findall(r'name="fiche" value="([^"]+)" form="comparer"', html)) == [
        "fiche-0",
        "fiche-1",
    ]
    assert '<form class="compare-bar" id="comparer" action="/annuaire/comparer/"' in html
    assert html.count("data-emn-favourite=") == html.count("aria-pressed") == 2
