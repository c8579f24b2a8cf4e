"""What the list writes by hand, for speed, says what its templates would."""

import re
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.template import Context, Template
from django.utils import translation

from directory.filters import SearchForm
from directory.models import CardTranslation, SearchDocument
from directory.queries import Choice, address, search
from directory.templatetags.directory_tags import facet_choices, finder_field, provider_lines
from tests.directory.factories import NOW, CommuneFactory, published_card

FIELDS = ("q", "commune", "rayon")


@pytest.mark.django_db
def test_the_finder_names_a_commune_that_a_link_gave_by_its_code():
    own = {"departement_code": "57", "name": "Moulins", "name_folded": "moulins"}
    CommuneFactory(insee_code="57487", population=5_000, **own)
    CommuneFactory(insee_code="57999", population=50, **own)

    shown = {
        typed: SearchForm(QueryDict(f"commune={typed}"))["commune"].value()
        for typed in ("57487", "57999", "57000", "moulins")
    }

    # The smaller of two namesakes is not what its name finds: it stays a code.
    assert shown == {"57487": "Moulins", "57999": "57999", "57000": "57000", "moulins": "moulins"}


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["fr", "de"])
@pytest.mark.parametrize(
    "query",
    [
        "",
        "q=site",
        "q=%22%3E%3Cscript%3E&rayon=5",
        "q=+&commune=nulle+part&rayon=1e9",
        "q=0&rayon=0",
    ],
)
def test_a_field_of_the_finder_is_written_as_its_form_writes_it(query, language):
    form = SearchForm(QueryDict(query))
    form.is_valid()

    with translation.override(language):
        for _render in ("first", "from memory"):
            for name in FIELDS:
                assert finder_field(form[name]) == form[name].as_field_group()


def test_a_choice_of_a_facet_is_written_as_a_template_writes_it():
    choices = [
        Choice('<b> & "c"', '?q="<i>&service=x', 12),
        Choice("Allemand", "?q=site", 3, chosen=True),
    ]
    template = Template(
        "{% for choice in choices %}"
        '<li><a href="{{ choice.url }}"{% if choice.chosen %} aria-current="true"{% endif %}>'
        '{{ choice.label }} <span class="chip-count">{{ choice.count }}</span></a></li>'
        "{% endfor %}"
    )

    assert facet_choices(choices) == template.render(Context({"choices": choices}))


@pytest.mark.django_db
def test_a_choice_whose_value_holds_a_sign_of_addresses_leads_to_its_cards():
    published_card(client_sizes=["250+"])

    page = search(QueryDict("q=site"), now=NOW)
    (choice,) = next(group.choices for group in page.facets if group.name == "taille")

    assert choice.url == "?q=site&taille=250%2B"
    assert search(QueryDict(choice.url[1:]), now=NOW).page.paginator.count == choice.count == 1


def test_an_address_keeps_what_it_is_not_asked_to_change():
    parameters = QueryDict("q=a%26b&service=x&service=y&page=3&utm=%C3%A9")

    assert address(parameters) == "?q=a%26b&service=x&service=y&utm=%C3%A9"
    assert address(parameters, service=None, rayon=20) == "?q=a%26b&utm=%C3%A9&rayon=20"
    assert address(QueryDict("page=2")) == "?"


@pytest.mark.django_db
def test_a_line_is_rendered_once_a_version_and_language():
    card = published_card(name="Avant")
    rows = SearchDocument.objects.filter(pk=card.pk)

    def shown():
        return provider_lines(search(QueryDict(), now=NOW).lines)

    assert "Avant" in shown()
    rows.update(name="Même version")
    assert "Avant" in shown()
    rows.update(name="Après", written_at=NOW + timedelta(days=1))
    assert "Après" in shown()
    with translation.override("de"):
        assert 'href="/de/annuaire/' in shown()


def bilingual_card():
    card = published_card(name="Atelier Nuage", tagline="Des sites clairs")
    CardTranslation.objects.create(provider=card, language="de", tagline="Klare Websites")
    return card


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("/annuaire/", "<p>Des sites clairs</p>"),
        ("/de/annuaire/", "<p>Klare Websites</p>"),
        ("/en/annuaire/", '<p><span lang="fr">Des sites clairs</span></p>'),
        ("/de/annuaire/favoris/?fiche={}", "<p>Klare Websites</p>"),
        ("/en/annuaire/favoris/?fiche={}", '<p><span lang="fr">Des sites clairs</span></p>'),
        ("/de/annuaire/comparer/?fiche={}", "</span>Klare Websites</td>"),
        ("/en/annuaire/comparer/?fiche={}", '</span><span lang="fr">Des sites clairs</span></td>'),
    ],
)
def test_a_line_speaks_the_language_of_the_page_or_says_which_it_speaks(client, address, line):
    card = bilingual_card()

    page = client.get(address.format(card.slug)).content.decode()

    assert line in re.sub(r"\s*\n\s*", "", page)


@pytest.mark.django_db
def test_the_words_of_new_lines_are_one_query_and_of_kept_lines_none(django_assert_num_queries):
    for _ in range(3):
        bilingual_card()
    lines = list(search(QueryDict(), now=NOW).lines)

    with django_assert_num_queries(1):
        provider_lines(lines)
    with django_assert_num_queries(0):
        provider_lines(lines)


@pytest.mark.django_db
def test_a_printed_list_names_the_address_that_leads_back_to_it(client):
    page = client.get("/de/annuaire/?q=site&langue=de").content.decode()

    assert "/de/annuaire/?q=site&amp;langue=de</p>" in page.split('class="print-source"')[1][:200]


@pytest.mark.django_db
def test_the_card_of_an_address_is_found_by_its_slug_alone(client, django_assert_num_queries):
    address = published_card(name="Atelier Nuage").get_absolute_url()
    client.get(address)  # what is learnt once a process

    with django_assert_num_queries(1):
        assert "Atelier Nuage" in client.get(address).content.decode()
    assert client.get("/annuaire/personne/").status_code == 404
