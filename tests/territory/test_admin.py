"""The back office of the territory: read-only, quick, and silent about masked units."""

import pytest
from django.urls import reverse

from emn.territory.models import Establishment

pytestmark = pytest.mark.django_db
MODELS = (
    "commune", "epci", "establishment", "importrun", "legalunit", "nafcode", "sectordefinition",
)  # fmt: skip


def create(siret, **values):
    defaults = {
        "siren": siret[:9],
        "diffusion": "O",
        "is_masked": False,
        "state": "A",
        "is_head_office": True,
        "commune_code": "57463",
        "sign_name": "ATELIER DU CODE",
        "own_words": "atelier du code",
    }
    return Establishment.objects.create(siret=siret, **defaults | values)


@pytest.fixture
def rows():
    return [create(f"8000000{rank:02}00011") for rank in range(3)]


@pytest.mark.parametrize("model", MODELS)
def test_each_list_opens_and_offers_nothing_to_add(admin_client, model):
    url = reverse(f"admin:territory_{model}_changelist")

    assert admin_client.get(url).status_code == 200
    assert admin_client.get(reverse(f"admin:territory_{model}_add")).status_code == 403


def test_an_establishment_can_be_read_but_not_changed(admin_client, rows):
    url = reverse("admin:territory_establishment_change", args=[rows[0].pk])

    assert "ATELIER DU CODE" in admin_client.get(url).content.decode()
    assert admin_client.post(url, {"sign_name": "AUTRE"}).status_code == 403


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("80000000100011", 1),
        ("800 000 001", 1),
        ("atel code", 3),
        ("ATELIER", 3),
        ("boulanger", 0),
        ("%", 0),
        ("'", 0),
        ("\x00", 3),  # refused by the search form itself, hence no search
    ],
)
def test_establishments_are_found_by_number_or_name(admin_client, rows, asked, found):
    answer = admin_client.get(reverse("admin:territory_establishment_changelist"), {"q": asked})

    assert answer.context["cl"].result_count == found


@pytest.mark.parametrize("asked", ["", "atelier"])
def test_the_list_asks_a_constant_number_of_queries(
    admin_client, rows, django_assert_num_queries, asked
):
    url = reverse("admin:territory_establishment_changelist")
    admin_client.get(url)
    with django_assert_num_queries(4):  # session, account, count, rows
        admin_client.get(url, {"q": asked})


def test_communes_are_found_by_name_postcode_or_code(admin_client, territory):
    url = reverse("admin:territory_commune_changelist")

    for asked in ("St Avold", "57500", "57606"):
        results = admin_client.get(url, {"q": asked}).context["cl"].result_list
        assert "Saint-Avold" in [commune.name for commune in results]
