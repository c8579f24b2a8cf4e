"""Providers and services under /api/v1/: published only, public fields only, page after page."""

import pytest

from directory.models import Provider
from directory.services import providers as services
from tests.directory.factories import (
    NOW,
    CommuneFactory,
    CompanyFactory,
    EpciFactory,
    ServiceFactory,
    published_card,
    submitted_card,
)

pytestmark = pytest.mark.django_db
PROVIDERS = "/api/v1/providers/"


def read(client, address, status=200):
    response = client.get(address)
    assert response.status_code == status, response.content
    return response.json()


def slugs(client, query=""):
    return [card["slug"] for card in read(client, PROVIDERS + query)["results"]]


def metz():
    return CommuneFactory(
        insee_code="57463",
        name="Metz",
        name_folded="metz",
        postcodes=["57000"],
        epci=EpciFactory(siren="200039865", name="Metz Métropole"),
        latitude=49.11,
        longitude=6.19,
    )


def test_a_card_says_what_its_page_says_but_for_contacts_and_text(client):
    card = published_card(
        company=CompanyFactory(commune=metz(), siret="41816609600069", street="1 rue du Moulin"),
        slug="atelier-du-web",
        name="Atelier du Web",
        website="https://atelier.example",
        phone="03 87 00 00 00",
    )

    answer = read(client, PROVIDERS)

    assert answer["licence"] == "Licence Ouverte 2.0"
    assert answer["results"] == [
        {
            "slug": "atelier-du-web",
            "url": "http://127.0.0.1:8000/annuaire/atelier-du-web/",
            "name": "Atelier du Web",
            "tagline": "Des sites clairs",
            "siret": "41816609600069",
            "website": "https://atelier.example",
            "services": [{"code": "web.site", "name": "Création ou refonte de site internet"}],
            "languages": ["fr", "de"],
            "client_sizes": ["1-9"],
            "sectors": [],
            "trust_class": "",
            "place": {
                "commune_code": "57463",
                "commune_name": "Metz",
                "departement_code": "57",
                "epci_code": "200039865",
                "latitude": 49.11,
                "longitude": 6.19,
            },
            "published_on": "2026-11-23",
            "confirmed_on": "2026-11-23" if card.confirmed_at else None,
        }
    ]


def test_the_page_of_one_card_holds_the_same(client):
    published_card(slug="atelier-du-web")

    alone = read(client, f"{PROVIDERS}atelier-du-web/")

    assert alone["result"] == read(client, PROVIDERS)["results"][0]


def test_what_is_not_published_is_neither_listed_nor_shown(client):
    submitted_card(slug="a-relire")
    hidden = published_card(slug="masquee")
    services.hide_card(provider_id=hidden.pk, reason="Essai", now=NOW)

    assert slugs(client) == []
    for slug in ("a-relire", "masquee", "inconnue"):
        assert read(client, f"{PROVIDERS}{slug}/", 404)["detail"].startswith("Aucune fiche")


def test_pages_follow_each_other_without_loss_or_repetition(client):
    names = [published_card().slug for _ in range(5)]

    found, query = [], "?limit=2&langue=de"
    for _page in range(3):
        answer = read(client, PROVIDERS + query)
        found.append([card["slug"] for card in answer["results"]])
        query = "?" + (answer["next"] or "?").split("?", 1)[1]

    assert found == [names[:2], names[2:4], names[4:]]
    assert answer["next"] is None


def test_a_card_published_meanwhile_does_not_shift_the_pages(client):
    names = [published_card().slug for _ in range(3)]
    after = read(client, PROVIDERS + "?limit=2")["next"]
    Provider.objects.get(slug=names[0]).document.delete()

    assert slugs(client, "?" + after.split("?", 1)[1]) == names[2:]


def test_a_card_that_the_index_still_holds_ends_no_reading(client):
    gone, unknown, *names = [published_card().slug for _ in range(5)]
    Provider.objects.filter(slug=gone).update(status="hidden")
    Provider.objects.get(slug=unknown).document.delete()

    found, query = [], "?limit=2"
    while query:
        answer = read(client, PROVIDERS + query)
        found += [card["slug"] for card in answer["results"]]
        query = answer["next"] and "?" + answer["next"].split("?", 1)[1]

    assert found == names


def test_the_filters_are_those_of_the_list(client):
    shop = ServiceFactory(code="web.boutique", slug="boutique-en-ligne", name_fr="Boutique")
    here = published_card(
        company=CompanyFactory(commune=metz()),
        slug="ici",
        languages=["en"],
        client_sizes=["250+"],
        offers=[shop],
    )
    there = published_card(slug="la-bas")

    for query, expected in (
        ("?service=boutique-en-ligne", ["ici"]),
        ("?service=web.boutique", ["ici"]),
        ("?service=web", ["ici", "la-bas"]),
        ("?langue=en", ["ici"]),
        ("?langue=de", ["la-bas"]),
        ("?taille=250%2B", ["ici"]),
        ("?territoire=200039865", ["ici"]),
        ("?commune=57463", ["ici"]),
        ("?commune=Sarrebourg&rayon=5", ["la-bas"]),
        ("?commune=Metz&rayon=100", ["ici", "la-bas"]),
        ("?q=boutique", ["ici"]),
        ("?q=boutique+voilier", []),
        (f"?q={here.company.siret}", ["ici"]),
        (f"?q={there.company.siret}&langue=en", []),
    ):
        assert slugs(client, query) == expected, query


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?limit=0", 400),
        ("?limit=100000000000000000000", 400),
        ("?limit=deux", 400),
        ("?cursor=abc", 400),
        ("?cursor=-1", 400),
        ("?cursor=9999999999999999999999", 400),
        ("?q=%00", 400),
        ("?q=" + "a" * 201, 400),
        ("?commune=%00", 400),
        ("?rayon=101", 400),
        ("?langue=klingon", 400),
        ("?taille=beaucoup", 400),
        ("?service=../../etc", 400),
        ("?motclef=site", 400),
        ("?service=rien", 404),
        ("?commune=Atlantide", 404),
        ("?territoire=123456789", 404),
    ],
)
def test_a_wrong_parameter_is_refused_in_words(client, query, status):
    response = client.get(PROVIDERS + query)

    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    assert response.json()["status"] == status
    assert response.json()["detail"].endswith(".")


@pytest.mark.parametrize("words", ["' & | ! ( ) : *", "%%%___", "site:A*", "\\'; DROP TABLE"])
def test_operators_are_words_like_others(client, words):
    published_card()

    assert client.get(PROVIDERS, {"q": words}).status_code == 200


@pytest.mark.parametrize("number", [1, 3])
def test_the_lists_ask_the_same_number_of_queries(client, django_assert_num_queries, number):
    for rank in range(number):
        commune = CommuneFactory(insee_code=f"5700{rank}", name=f"Commune {rank}")
        published_card(company=CompanyFactory(commune=commune))
        ServiceFactory(code=f"web.{rank}", slug=f"service-{rank}")
    client.get(PROVIDERS)

    with django_assert_num_queries(3):  # the limit, the keys, the cards
        client.get(PROVIDERS)
    with django_assert_num_queries(2):
        client.get("/api/v1/services/")


def test_a_service_is_told_in_each_language(client):
    ServiceFactory()

    service = read(client, "/api/v1/services/web.site/")["result"]

    assert service["name"]["de"] == "Website erstellen oder erneuern"
    assert service["synonyms"]["en"] == "website, web design"
    assert service["category"]["code"] == "web"
    assert read(client, "/api/v1/services/")["results"] == [service]
    assert read(client, "/api/v1/services/rien/", 404)["title"] == "Introuvable"
