"""The lists of staff at any size: searched by words, counted and paged so far and no further."""

import pytest

from directory.admin import searching
from directory.models import CardReport, Company, DuplicatePair, Provider
from emn.accounts.enums import Role
from emn.lib import admin
from tests.directory.factories import NOW, CompanyFactory, published_card
from tests.directory.test_admin import sign_in

pytestmark = pytest.mark.django_db
SIRET = "41816609600069"


@pytest.fixture(autouse=True)
def agent(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    return sign_in(client, Role.RECEPTION)


def listed(client, model, **query):
    page = client.get(f"/admin/directory/{model._meta.model_name}/", query)
    return set(page.context["cl"].result_list)


@pytest.fixture
def cards():
    """One found by its own name, one by its company's, and one by neither."""
    return (
        published_card(name="L’Écho-graphique de Metz", company=CompanyFactory(name="DUPONT SARL")),
        published_card(name="Autre", company=CompanyFactory(name="ECHOS METZ", siret=SIRET)),
        published_card(name="Reverb", company=CompanyFactory(name="METZ VOIX")),
    )


@pytest.fixture(params=["by index", "row by row"])
def way(request, monkeypatch):
    """Both ways of searching, of rare and of frequent words, answer the same."""
    monkeypatch.setattr(searching, "MOST_KEYS", 10 if request.param == "by index" else 0)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("écho", [0]),
        ("ÉCHO met", [0]),
        ("graph", [0]),
        ("echos", [1]),
        ("metz", [0, 1, 2]),
        ("dup sarl", [0]),
        ("cho", []),
        ("418 166 096", [1]),
        (SIRET, [1]),
        ("6096", []),
        ("'&|!:*", []),
        ("a' | 'b", []),
    ],
)
def test_cards_are_found_by_the_start_of_the_words_of_both_names(client, cards, way, typed, found):
    assert listed(client, Provider, q=typed) == {cards[n] for n in found}


def test_companies_reports_and_pairs_are_found_alike(client, cards, way):
    report = CardReport.objects.create(
        provider=cards[0], category="closed", language="fr", created_at=NOW
    )
    CardReport.objects.create(provider=cards[2], category="closed", language="fr", created_at=NOW)
    pair = DuplicatePair.objects.create(
        first=cards[0], second=cards[2], score=80, reasons=["name"], found_at=NOW, seen_at=NOW
    )

    assert listed(client, Company, q="echo") == {cards[1].company}
    assert listed(client, Company, q="41816") == {cards[1].company}
    assert listed(client, CardReport, q="graphique") == {report}
    assert listed(client, DuplicatePair, q="graphique") == {pair}
    assert listed(client, DuplicatePair, q="rever") == {pair}
    assert listed(client, DuplicatePair, q="autre") == set()


def test_a_long_list_is_counted_so_far_and_says_that_it_goes_on(client, cards, monkeypatch):
    monkeypatch.setattr(admin, "MOST_LISTED", 2)

    page = client.get("/admin/directory/provider/")

    assert page.context["cl"].result_count == 2
    assert "Plus de 2 prestataires" in page.content.decode()
    page = client.get("/admin/directory/provider/", {"q": "graphique"}).content.decode()
    assert "Plus de" not in page
    assert "1 prestataire\n" in page
