"""What a visitor meant: places in the sentence, slips, and the loosest reading that answers."""

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from directory.queries import search
from directory.search.reading import read_sentence
from tests.directory.factories import (
    NOW,
    CommuneFactory,
    CompanyFactory,
    ServiceFactory,
    published_card,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def places():
    CommuneFactory()
    far = {"latitude": 49.11, "longitude": 6.18, "postcodes": ["57000"]}
    CommuneFactory(insee_code="57463", name="Metz", name_folded="metz", population=120_000, **far)
    name = {"name": "Saint-Avold", "name_folded": "saint avold"}
    CommuneFactory(insee_code="57606", latitude=49.1, longitude=6.7, **name)


def names(query):
    return [line.card.name for line in search(QueryDict(query), now=NOW).lines]


@pytest.mark.parametrize(
    ("typed", "words", "place"),
    [
        ("refaire mon site internet près de Sarrebourg", ("site", "internet"), "57630"),
        ("site internet pres de sarrebour", ("site", "internet"), "57630"),
        ("un webmaster à Metz svp", ("webmaster", "svp"), "57463"),
        ("informaticien à St-Avold", ("informaticien",), "57606"),
        ("Webdesign in Saint-Avold", ("webdesign",), "57606"),
        ("website near Metz", ("website",), "57463"),
        ("à Metz", (), "57463"),
        ("Metz Informatique", ("metz", "informatique"), None),
        ("vendre à distance", ("vendre", "distance"), None),
        ("site près de chez moi", ("site",), None),
    ],
)
def test_a_place_announced_by_a_preposition_is_the_place(typed, words, place):
    sentence = read_sentence(typed)

    assert sentence.query.words == words
    assert sentence.commune_code == place


def test_the_place_of_the_sentence_has_a_chip_that_takes_it_out():
    published_card()

    page = search(QueryDict("q=site à Sarrebourg&langue=fr"), now=NOW)

    assert page.criteria.place.name == "Sarrebourg"
    assert ("Près de Sarrebourg", "?langue=fr&q=site") in [(c.label, c.url) for c in page.chips]


def test_a_place_given_apart_wins_over_the_sentence():
    published_card(name="Ici")

    page = search(QueryDict("q=site à Metz&commune=57630"), now=NOW)

    assert page.criteria.place.pk == "57630"


def test_a_commune_without_preposition_is_a_word_first_and_a_place_when_nothing_answers():
    published_card(name="Metz Nuage")
    published_card(
        name="Voisin",
        company=CompanyFactory(commune=CommuneFactory(insee_code="57480", name="Montigny",
                               name_folded="montigny", latitude=49.1, longitude=6.16)),
    )  # fmt: skip

    assert names("q=nuage metz") == ["Metz Nuage"]
    assert names("q=voisin metz") == ["Voisin"]


def test_an_empty_neighbourhood_is_widened_and_it_is_said():
    CommuneFactory(insee_code="57160", name="Creutzwald", latitude=49.2, longitude=6.69)
    published_card(
        name="Loin",
        company=CompanyFactory(commune=CommuneFactory(insee_code="57463")),
    )

    page = search(QueryDict("q=site&commune=57606"), now=NOW)
    asked = search(QueryDict("q=site&commune=57606&rayon=10"), now=NOW)

    assert [line.card.name for line in page.lines] == ["Loin"]
    assert page.widened
    assert asked.lines == []


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("siteinternet", "site internet"),
        ("cite vitrinne", "site vitrine"),
        ("ordi", "ordinateur"),
        ("intrenet", "internet"),
    ],
)
def test_slips_are_set_right_by_the_words_that_exist(typed, read):
    published_card(offers=[ServiceFactory(synonyms_fr="site vitrine, ordinateur")])

    page = search(QueryDict(f"q={typed}"), now=NOW)

    assert page.words_read == read
    assert page.lines
    assert page.mended or page.criteria.query.words == (typed,)


def test_as_many_words_as_some_card_holds():
    published_card(name="Deux mots", keywords=["alpha", "beta"])
    published_card(name="Un mot", keywords=["alpha"])

    assert names("q=alpha beta gamma") == ["Deux mots"]


def test_a_new_synonym_is_at_work_at_once():
    from emn.lib.page_cache import touch

    service = ServiceFactory()
    published_card(name="Atelier")
    assert names("q=zorglub") == []

    service.synonyms_fr = "zorglub"
    service.save()
    touch()

    assert names("q=zorglub") == ["Atelier"]


def test_a_position_is_the_nearest_commune():
    published_card()

    page = search(QueryDict("commune=48.74,7.06"), now=NOW)

    assert page.criteria.place.name == "Sarrebourg"


@pytest.mark.parametrize(
    "typed", ["zorglub à Saint-Avold", "site à Saint-Avold", "site saint avold"]
)
def test_the_whole_territory_is_another_search_than_that_of_the_place(typed):
    published_card(languages=["fr"])
    page = search(QueryDict(f"q={typed}&langue=de&rayon=5"), now=NOW)
    ways = {way.label: way.url for way in page.ways_out}

    led = search(QueryDict(ways["Chercher dans tout le territoire"].removeprefix("?")), now=NOW)

    assert page.criteria.place.name == "Saint-Avold"
    assert (led.criteria.place, led.typed) == (None, typed.split()[0])


def test_who_finds_nothing_may_write_to_the_centre(client, settings):
    html = client.get("/annuaire/?q=zorglub").content.decode()

    assert f'<a href="mailto:{settings.CONTACT_EMAIL}">' in html.split("Essayez ceci")[1]


@pytest.fixture
def assorted_cards():
    """Cards of two places that hold one, two or three of the words asked for below."""
    site, seo = ServiceFactory(), ServiceFactory(code="web.seo", slug="seo", name_fr="Visibilité")
    metz = CommuneFactory(insee_code="57463")
    words = ("boulangerie", "artisans", "photos", "boulangerie artisans", "photos artisans")
    languages = (["fr"], ["fr", "de"], ["de"], ["en"])
    for number in range(20):
        place = {"company": CompanyFactory(commune=metz)} if number % 3 == 0 else {}
        published_card(
            name=f"Carte {number}",
            offers=[seo] if number % 2 else [site],
            languages=languages[number % 4],
            description=f"Ici {words[number % 5]} et le reste. " * 8,
            **place,
        )


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    words=st.lists(
        st.sampled_from(
            ["boulangerie", "boulangerei", "artisans", "photos", "vitrine", "xylophone"]
        ),
        max_size=3,
        unique=True,
    ),
    place=st.sampled_from(["", "à Sarrebourg", "à Saint-Avold", "Metz"]),
    filters=st.sampled_from(["", "&langue=de", "&langue=en&service=seo", "&service=seo"]),
)
def test_each_facet_counts_what_its_link_leads_to(assorted_cards, words, place, filters):
    page = search(QueryDict(f"q={' '.join([*words, place])}{filters}"), now=NOW)

    for group in page.facets:
        for choice in (*group.choices, *group.more):
            led = search(QueryDict(choice.url.removeprefix("?")), now=NOW)
            expected = page.found.total if choice.chosen else led.found.total
            assert (choice.label, choice.count) == (choice.label, expected)


def test_a_filter_leaves_the_reading_as_it_was():
    for name in ("Un", "Deux", "Trois", "Quatre", "Cinq"):
        published_card(name=name, languages=["fr"], description="Boulangerie de village. " * 9)
    published_card(name="Six", languages=["de"], description="Boulangerie, photos. " * 9)
    published_card(name="Sept", languages=["de"], description="Photos de village. " * 9)

    loosened = names("q=boulangerie+photos+xylophone")

    assert set(names("q=boulangerie+photos+xylophone&langue=de")) <= set(loosened)


def test_the_services_like_the_words_are_a_way_out():
    ServiceFactory(code="web.rgpd", slug="referendum", name_fr="Referendum")  # nobody offers it
    published_card(
        offers=[ServiceFactory(code="web.seo", slug="seo", name_fr="Référencement naturel")]
    )

    page = search(QueryDict("q=rayferensemant"), now=NOW)

    assert [(way.label, way.url) for way in page.ways_out] == [
        ("Voir le service «\u00a0Référencement naturel\u00a0»", "?service=seo")
    ]
