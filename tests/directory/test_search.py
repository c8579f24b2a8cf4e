from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict

from directory.queries import search
from tests.directory.factories import (
    NOW,
    CommuneFactory,
    CompanyFactory,
    EpciFactory,
    ServiceCategoryFactory,
    ServiceFactory,
    published_card,
)

pytestmark = pytest.mark.django_db


def names(query, now=NOW):
    return [line.card.name for line in search(QueryDict(query), now=now).lines]


def metz():
    return CommuneFactory(
        insee_code="57463",
        name="Metz",
        name_folded="metz",
        postcodes=["57000"],
        epci=EpciFactory(siren="200039865", name="Metz Métropole", kind="METRO"),
        population=120_000,
        latitude=49.11,
        longitude=6.18,
    )


def seo():
    return ServiceFactory(
        code="visib.seo",
        slug="referencement",
        category=ServiceCategoryFactory(
            code="visib",
            slug="visibilite",
            name_fr="Visibilité",
            name_de="Sichtbarkeit",
            name_en="Visibility",
        ),
        name_fr="Référencement naturel",
        name_de="Suchmaschinenoptimierung",
        name_en="Search engine optimisation",
        synonyms_fr="SEO, être trouvé sur Google",
        synonyms_de="SEO",
        synonyms_en="SEO",
    )


@pytest.mark.parametrize(
    "typed",
    [
        "site",
        "sites",
        "SITE INTERNET",
        "refaire mon site",
        "création d’un site",
        "creation",
        "Homepage",
        "web design",
        "stie internet",
        "vitirne",
        "Atelier Nuage",
        "sarrebourg site",
    ],
)
def test_a_need_is_found_whatever_its_accents_plural_language_or_slips(typed):
    published_card(name="Atelier Nuage")

    assert names(f"q={typed}") == ["Atelier Nuage"]


def test_a_card_is_found_by_its_siret_or_siren():
    published_card(name="Atelier Nuage", company=CompanyFactory(siret="41816609600069"))

    assert names("q=418 166 096 00069") == names("q=418166096") == ["Atelier Nuage"]


def test_the_name_comes_before_the_services_and_these_before_the_text():
    service = ServiceFactory()
    text = "Autrefois imprimeur, nous avons gardé le goût du papier et du site bien fait. " * 3
    published_card(name="Par le texte", offers=[seo()], description=text)
    published_card(name="Par le service", offers=[service], description="x" * 200)
    published_card(name="Le Site", offers=[seo()], description="x" * 200)

    assert names("q=site") == ["Le Site", "Par le service", "Par le texte"]


def test_equal_cards_change_places_from_day_to_day_and_stay_put_within_one():
    for name in ("Un", "Deux", "Trois", "Quatre"):
        published_card(name=name, description="x" * 200)

    days = [NOW + timedelta(days=n) for n in range(12)]

    assert len({tuple(names("", now=day)) for day in days}) > 1
    assert names("", now=NOW) == names("", now=NOW + timedelta(hours=5))


def test_a_place_keeps_what_is_near_and_the_nearest_first():
    published_card(name="Sarrebourg")
    published_card(name="Metz", company=CompanyFactory(commune=metz()))

    assert names("commune=Sarrebourg&rayon=20") == ["Sarrebourg"]
    assert names("commune=Sarrebourg&rayon=100") == ["Sarrebourg", "Metz"]
    assert names("commune=57463&rayon=100") == ["Metz", "Sarrebourg"]


def test_facets_count_what_the_other_filters_leave_and_never_lead_to_nothing():
    published_card(name="A", offers=[ServiceFactory()], languages=["fr", "de"])
    published_card(name="B", offers=[seo()], languages=["fr"])
    published_card(name="C", offers=[ServiceFactory(), seo()], languages=["en"])

    page = search(QueryDict("langue=fr"), now=NOW)

    counts = {group.name: {c.label: c.count for c in group.choices} for group in page.facets}
    assert counts["service"] == {
        "Création ou refonte de site internet": 1,
        "Référencement naturel": 1,
    }
    assert counts["langue"] == {"Français": 2, "Allemand": 1, "Anglais": 1}
    for group in page.facets:
        for choice in (*group.choices, *group.more):
            if not choice.chosen:
                led = search(QueryDict(choice.url.removeprefix("?")), now=NOW)
                assert led.page.paginator.count == choice.count > 0


def test_a_family_of_services_filters_like_a_service():
    published_card(name="A", offers=[ServiceFactory()])
    published_card(name="B", offers=[seo()])

    assert names("service=visibilite") == ["B"]
    assert names("service=referencement") == ["B"]
    assert names("service=inconnu") == []


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ("langue=it", "Italien"),
        ("service=sites-et-vente-en-ligne", "Sites et vente en ligne"),
        ("service=referencement", "Référencement naturel"),
    ],
)
def test_each_filter_that_is_set_has_a_chip_that_removes_it(query, label):
    seo()
    published_card()

    chips = search(QueryDict(f"q=site&{query}"), now=NOW).chips

    assert [(chip.label, chip.url) for chip in chips] == [(label, "?q=site")]


def test_words_that_no_card_holds_together_are_searched_one_by_one_and_it_is_said():
    published_card(name="A", offers=[ServiceFactory()])
    published_card(name="B", offers=[seo()])

    page = search(QueryDict("q=vitrine google"), now=NOW)

    assert not page.criteria.every
    assert {line.card.name for line in page.lines} == {"A", "B"}


@pytest.mark.parametrize(
    "query",
    [
        "page=-1",
        "page=abc",
        "page=999999999999999999999",
        "rayon=1e9",
        "rayon=-5",
        "rayon=%00",
        "commune=Sarrebourg&rayon=100000000000000000000",
        "q=" + "site " * 2_000,
        "q=%00",
        "q=a%00b",
        "q=%25",
        "q=_",
        "q='%20OR%201=1%20--",
        "q=:*%20%26%20|%20!%20()",
        "q=%F0%9F%A5%90",
        "q=\\",
        "langue=xx",
        "taille=%00",
        "service=%00",
        "territoire=%00",
        "commune=%00",
        "commune=" + "x" * 10_000,
    ],
)
def test_nothing_a_visitor_types_breaks_the_list(client, query):
    published_card()

    response = client.get(f"/annuaire/?{query}")

    assert response.status_code == 200


def test_a_radius_out_of_range_is_said_and_left_out(client):
    published_card()

    response = client.get("/annuaire/?commune=Sarrebourg&rayon=1e9")

    assert "nombre entier" in response.content.decode()


@pytest.mark.parametrize(
    "query",
    ["", "q=site", "q=stie vitirne intrenet azerty qsdfgh&commune=Sarrebuorg&langue=fr&taille=1-9"],
)
def test_the_list_costs_the_same_queries_for_one_card_and_for_twenty(
    client, query, django_assert_max_num_queries, django_assert_num_queries
):
    published_card()
    client.get(f"/annuaire/?{query}")  # what is learnt once a process
    with django_assert_max_num_queries(12) as few:
        client.get(f"/annuaire/?{query}")
    expected = len(few)

    for _ in range(19):
        published_card()
    client.get(f"/annuaire/?{query}")

    with django_assert_num_queries(expected):
        client.get(f"/annuaire/?{query}")


def test_the_day_of_the_rotation_is_the_day_in_moselle():
    """At 23:30 UTC it is already tomorrow in Metz."""
    for name in ("Un", "Deux", "Trois", "Quatre"):
        published_card(name=name, description="x" * 200)

    evening = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)

    assert names("", now=evening) == names("", now=evening + timedelta(hours=3))


def test_an_ampersand_in_a_name_is_found():
    published_card(name="Fils & Cie")

    assert names("q=Fils %26 Cie") == ["Fils & Cie"]
