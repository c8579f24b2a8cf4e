import pytest

from tests.directory.factories import CommuneFactory, ServiceFactory, published_card

pytestmark = pytest.mark.django_db


@pytest.fixture
def options(client):
    def ask(**parameters):
        response = client.get("/annuaire/suggestions/", parameters)
        assert response.status_code == 200
        assert "public" in response["Cache-Control"]
        import re

        return re.findall(r'data-value="([^"]+)" data-href="([^"]+)"', response.content.decode())

    return ask


@pytest.fixture(autouse=True)
def cards():
    CommuneFactory()
    published_card(name="Atelier Nuage & Fils", slug="atelier-nuage")
    published_card(name="Sillon Informatique", slug="sillon")


def test_letters_give_services_providers_and_communes(options):
    assert options(q="si") == [
        ("Création ou refonte de site internet", "/annuaire/?service=creation-de-site-internet"),
        ("Sillon Informatique", "/annuaire/sillon/"),
    ]
    assert options(q="sarr") == [("Sarrebourg", "/annuaire/?commune=57630")]


def test_a_synonym_gives_its_service(options):
    assert [label for label, _url in options(q="vitri")] == ["Création ou refonte de site internet"]


def test_any_word_of_a_name_may_be_begun_and_the_others_must_be_there(options):
    assert ("Atelier Nuage &amp; Fils", "/annuaire/atelier-nuage/") in options(q="nuag")
    assert ("Atelier Nuage &amp; Fils", "/annuaire/atelier-nuage/") in options(q="nuage at")
    assert options(q="sillon nuag") == []


def test_the_field_of_the_place_gets_communes_only(options):
    assert options(q="s", quoi="communes") == [("Sarrebourg", "/annuaire/?commune=57630")]


@pytest.mark.parametrize("typed", ["", "a", "%", "_", "\x00", "é" * 5_000, "'; --", "~" * 90, "n:"])
def test_nothing_typed_breaks_the_suggestions(options, typed):
    options(q=typed)
    options(q=typed, quoi="communes")


def test_suggestions_cost_two_statements_for_one_card_or_many(client, django_assert_num_queries):
    client.get("/annuaire/suggestions/?q=ate")
    for number in range(5):
        published_card(name=f"Atelier {number}")
    client.get("/annuaire/suggestions/?q=xx")

    with django_assert_num_queries(2):
        client.get("/annuaire/suggestions/?q=ate")
    ServiceFactory()
