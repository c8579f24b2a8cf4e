"""The map: the list's answers, commune by commune, as circles and as a table."""

import re

import pytest
from django.http import QueryDict

from directory import maps
from directory.maps import SHOWN_FIRST
from emn.lib.page_cache import touch
from emn.territory.models import Outline
from tests.directory.factories import (
    NOW,
    CommuneFactory,
    CompanyFactory,
    EpciFactory,
    published_card,
)

pytestmark = pytest.mark.django_db


def place(code, name, *, departement="57", latitude=49.0, longitude=6.5, cards=1, epci=None):
    commune = CommuneFactory(
        epci=epci or EpciFactory(),
        insee_code=code,
        name=name,
        name_folded=name.lower(),
        departement_code=departement,
        latitude=latitude,
        longitude=longitude,
    )
    for _ in range(cards):
        published_card(company=CompanyFactory(commune=commune))
    return commune


def metz(cards=1):
    return place("57463", "Metz", latitude=49.11, longitude=6.18, cards=cards)


def page(client, query=""):
    response = client.get(f"/annuaire/carte/{query}")
    assert response.status_code == 200
    return response.content.decode()


def circles(html):
    return re.findall(r'<a href="([^"]+)" aria-label="([^"]+)" transform', html)


def test_each_commune_is_a_circle_that_leads_to_its_list(client):
    metz(cards=2)
    place("57630", "Sarrebourg", latitude=48.73, longitude=7.05)

    html = page(client)

    assert circles(html) == [
        ("/annuaire/?commune=57463&amp;rayon=1", "Metz\N{NO-BREAK SPACE}: 2 prestataires"),
        ("/annuaire/?commune=57630&amp;rayon=1", "Sarrebourg\N{NO-BREAK SPACE}: 1 prestataire"),
    ]


def test_a_circle_leads_to_its_cards_when_the_place_stands_in_the_sentence(client):
    commune = metz()
    card = published_card(name="Atelier Zorglub", company=CompanyFactory(commune=commune))

    ((address, _label),) = circles(page(client, "?q=zorglub près de Metz"))

    assert "q=zorglub" in address
    assert "metz" not in address.lower()
    assert card.name in client.get(address.replace("&amp;", "&")).content.decode()


def test_a_larger_count_makes_a_larger_circle(client):
    metz(cards=3)
    place("57630", "Sarrebourg", latitude=48.73, longitude=7.05)

    radii = [int(radius) for radius in re.findall(r'<circle[^>]+r="(\d+)"', page(client))]

    assert radii[0] > radii[1]


def test_map_and_list_keep_the_parameters_both_ways(client):
    metz()

    on_map = page(client, "?langue=de&taille=1-9")
    on_list = client.get("/annuaire/?langue=de&taille=1-9").content.decode()

    assert 'href="/annuaire/?langue=de&amp;taille=1-9"' in on_map
    assert 'href="/annuaire/carte/?langue=de&amp;taille=1-9"' in on_list
    assert (
        circles(on_map)[0][0] == "/annuaire/?langue=de&amp;taille=1-9&amp;commune=57463&amp;rayon=1"
    )
    assert '<input type="hidden" name="langue" value="de">' in on_map
    assert 'class="chips"' in on_map


def test_a_filter_leaves_only_the_communes_that_answer(client):
    metz()

    html = page(client, "?langue=en")

    assert circles(html) == []
    assert "Aucun prestataire ne répond" in html


def test_a_neighbouring_departement_is_listed_and_not_drawn(client):
    metz()
    place("54395", "Nancy", departement="54", latitude=48.69, longitude=6.18)

    html = page(client)

    assert [label for _url, label in circles(html)] == ["Metz\N{NO-BREAK SPACE}: 1 prestataire"]
    assert 'Nancy <span class="muted">(54)</span>' in html


def test_communes_beyond_the_first_are_folded(client):
    for number in range(SHOWN_FIRST + 1):
        place(f"57{number:03d}", f"Commune {number:02d}", longitude=6 + number / 20)

    html = page(client)

    assert f"Voir tout ({SHOWN_FIRST + 1} communes)" in html
    assert f'<ol class="commune-counts" start="{SHOWN_FIRST + 1}">' in html


def test_schematic_outlines_are_said_to_be_so(client):
    commune = metz()
    ring = [[6.0, 49.0], [6.5, 49.0], [6.5, 49.5]]
    outline = Outline.objects.create(
        epci=commune.epci, kind="schematic", rings=[ring], source="Calcul d’essai"
    )

    html = page(client)

    assert "Contours schématiques" in html
    assert "Source\N{NO-BREAK SPACE}: Calcul d’essai." in html
    assert html.count("<path d=") == 1
    Outline.objects.filter(pk=outline.pk).update(kind="official")
    touch()
    assert "Contours des intercommunalités" in page(client)


def test_a_place_without_outlines_still_has_its_circles(client):
    metz()

    html = page(client)

    assert len(circles(html)) == 1
    assert "Contours" not in html


@pytest.mark.parametrize("number", [1, 3])
def test_the_map_asks_the_same_number_of_queries(client, django_assert_num_queries, number):
    for rank in range(number):
        place(f"5700{rank}", f"Commune {rank}", longitude=6 + rank / 10)
        epci = EpciFactory(siren=f"20000000{rank}", name=f"CC {rank}")
        Outline.objects.create(
            epci=epci, kind="official", rings=[[[6, 49], [7, 49], [7, 50]]], source="essai"
        )
    page(client)

    with django_assert_num_queries(1):  # the cards of the words
        page(client)


def test_the_page_is_public_and_the_same_for_everybody(client):
    metz()

    response = client.get("/annuaire/carte/")

    assert "public" in response["Cache-Control"]
    assert not response.cookies
    assert b"csrfmiddlewaretoken" not in response.content


@pytest.fixture
def grouped(monkeypatch):
    """Two EPCI in the département and one beside it, too many communes for the first look."""
    monkeypatch.setattr(maps, "MOST_COMMUNES", 3)
    west = EpciFactory(siren="200039865", name="Metz Métropole")
    east = EpciFactory(siren="200068146", name="CC de l’Est")
    south = EpciFactory(siren="200000001", name="CC du Sud")
    place("57463", "Metz", latitude=49.1, longitude=6.2, cards=2, epci=west)
    place("57480", "Moulins", latitude=49.2, longitude=6.0, epci=west)
    place("57630", "Sarrebourg", latitude=48.7, longitude=7.0, epci=east)
    place("54395", "Nancy", departement="54", latitude=48.7, longitude=6.2, epci=south)
    for epci, corners in ((west, [6, 49]), (east, [6.9, 48.6])):
        x, y = corners
        ring = [[x, y], [x + 0.3, y], [x + 0.3, y + 0.3], [x, y + 0.3]]
        Outline.objects.create(epci=epci, kind="official", rings=[ring], source="essai")
    touch()


def test_many_communes_are_grouped_by_epci(client, grouped):
    html = page(client)

    assert circles(html) == [
        (
            "/annuaire/carte/?zone=200039865#carte",
            "Metz Métropole\N{NO-BREAK SPACE}: 3 prestataires",
        ),
        ("/annuaire/carte/?zone=200068146#carte", "CC de l’Est\N{NO-BREAK SPACE}: 1 prestataire"),
    ]
    assert "Prestataires par intercommunalité" in html


def test_a_group_stands_at_the_middle_of_its_answers(client, grouped):
    found = maps.search_map(QueryDict(), now=NOW)

    west = found.circles[0].mark
    assert west.latitude == pytest.approx((2 * 49.1 + 49.2) / 3)
    assert west.longitude == pytest.approx((2 * 6.2 + 6.0) / 3)


def test_the_neighbours_are_listed_apart(client, grouped):
    html = page(client)

    beside = html.split("Dans les départements voisins")[1]
    assert 'href="/annuaire/carte/?zone=200000001"' in beside
    assert 'CC du Sud <span class="muted">(54)</span>' in beside


def test_a_zone_shows_its_communes_and_the_way_back(client, grouped):
    html = page(client, "?langue=de&zone=200039865")

    assert circles(html) == [
        (
            "/annuaire/?langue=de&amp;commune=57463&amp;rayon=1",
            "Metz\N{NO-BREAK SPACE}: 2 prestataires",
        ),
        (
            "/annuaire/?langue=de&amp;commune=57480&amp;rayon=1",
            "Moulins\N{NO-BREAK SPACE}: 1 prestataire",
        ),
    ]
    assert 'href="/annuaire/carte/?langue=de#carte"' in html
    assert "Metz Métropole" in html
    assert 'href="/annuaire/?langue=de"' in html  # the list is never narrowed to the zone


def test_a_zone_of_a_neighbour_is_drawn_without_outlines(client, grouped):
    html = page(client, "?zone=200000001")

    assert [label for _url, label in circles(html)] == ["Nancy\N{NO-BREAK SPACE}: 1 prestataire"]


@pytest.mark.parametrize("zone", ["123456789", "", "%00", "' OR 1=1", "x" * 5000])
def test_a_zone_without_answer_is_the_whole_map(client, grouped, zone):
    html = page(client, f"?zone={zone}")

    assert len(circles(html)) == 2
    assert "Prestataires par intercommunalité" in html


@pytest.mark.parametrize("query", ["", "?zone=200039865"])
def test_groups_and_zones_ask_one_query(client, grouped, django_assert_num_queries, query):
    page(client, query)

    with django_assert_num_queries(1):
        page(client, query)


def test_no_third_party_is_asked_while_no_tiles_are_set(client):
    metz()

    response = client.get("/annuaire/carte/")

    assert "leaflet" not in response.content.decode()
    assert "data-at" not in response.content.decode()
    assert "tuiles.example" not in response["Content-Security-Policy"]


def test_tiles_are_allowed_on_the_map_alone(client, settings):
    settings.MAP_TILES = "https://{s}.tuiles.example/{z}/{x}/{y}.png"
    settings.MAP_TILES_CREDIT = "© Essai"
    metz()

    response = client.get("/annuaire/carte/")

    html = response.content.decode()
    assert 'data-emn-map="https://{s}.tuiles.example/{z}/{x}/{y}.png"' in html
    assert 'data-at="49.11000,6.18000" data-count="1"' in html
    assert "leaflet.markercluster" in html
    assert "img-src 'self' data: https://*.tuiles.example" in response["Content-Security-Policy"]
    assert "script-src 'self';" in response["Content-Security-Policy"] + ";"
    assert "tuiles.example" not in client.get("/annuaire/")["Content-Security-Policy"]
