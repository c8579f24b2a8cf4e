"""The map: the list's answers, commune by commune, as circles and as a table."""

import re

import pytest

from directory.maps import SHOWN_FIRST
from emn.lib.page_cache import touch
from emn.territory.models import Outline
from tests.directory.factories import (
    CommuneFactory,
    CompanyFactory,
    EpciFactory,
    published_card,
)

pytestmark = pytest.mark.django_db


def place(code, name, *, departement="57", latitude=49.0, longitude=6.5, cards=1):
    commune = CommuneFactory(
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
    return re.findall(r'<a href="([^"]+)"><title>([^<]+)</title>', html)


def test_each_commune_is_a_circle_that_leads_to_its_list(client):
    metz(cards=2)
    place("57630", "Sarrebourg", latitude=48.73, longitude=7.05)

    html = page(client)

    assert circles(html) == [
        ("/annuaire/?commune=57463&amp;rayon=1", "Metz\N{NO-BREAK SPACE}: 2 prestataires"),
        ("/annuaire/?commune=57630&amp;rayon=1", "Sarrebourg\N{NO-BREAK SPACE}: 1 prestataire"),
    ]


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

    with django_assert_num_queries(3):  # counts, cards, places
        page(client)


def test_the_page_is_public_and_the_same_for_everybody(client):
    metz()

    response = client.get("/annuaire/carte/")

    assert "public" in response["Cache-Control"]
    assert not response.cookies
    assert b"csrfmiddlewaretoken" not in response.content
