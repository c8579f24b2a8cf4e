"""Components are strict, escape what they show, and tie a field's error to its control."""

from datetime import UTC, date, datetime

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils import translation

from emn.lib.context import Alternate
from emn.lib.templatetags.components import icon_names
from emn.lib.templatetags.french import clock, day, duration, pluralize_fr

NO_BREAK_SPACE = "\u00a0"


def render(source, **context):
    return Template(source).render(Context(context)).strip()


@pytest.mark.parametrize(
    "source",
    [
        '{% button "Envoyer" colour="main" %}',
        '{% badge "Complet" "alert" %}',
        "{% badge %}",
        '{% card "Titre" %}{% endcard %}',
        '{% card title="Titre" link="/" %}{% endcard %}',
        "{% notice colour='red' %}{% endnotice %}",
        "{% trust_class 'A' %}",
        "{% disclosure %}{% enddisclosure %}",
    ],
)
def test_component_refuses_an_unknown_or_missing_option_when_it_compiles(source):
    with pytest.raises(TemplateSyntaxError):
        Template(source)


@pytest.mark.parametrize(
    "source",
    [
        '{% button "Envoyer" tone="red" %}',
        '{% badge "Complet" tone="main" %}',
        '{% trust_class "E" words="?" %}',
        '{% icon "unicorn" %}',
        '{% link_button "Voir" href="/" tone="red" %}',
    ],
)
def test_component_refuses_a_value_that_it_does_not_know(source):
    with pytest.raises(TemplateSyntaxError):
        render(source)


def test_component_escapes_what_it_is_given():
    html = render("{% card title=title %}{{ body }}{% endcard %}", title="<b>", body="<script>")

    assert "&lt;b&gt;" in html
    assert "&lt;script&gt;" in html
    assert "<script>" not in html


def test_a_button_sends_a_number_as_it_is():
    assert 'value="1234"' in render('{% button "Voir" name="of" value=pk %}', pk=1234)


def test_link_button_escapes_what_it_is_given():
    html = render('{% link_button label href=href icon="map" %}', label="<b>", href='/?q="&a=b')

    assert 'href="/?q=&quot;&amp;a=b"' in html
    assert "</svg>&lt;b&gt;</a>" in html


def test_language_switch_and_twins_escape_the_address():
    pages = [
        Alternate("fr", "Français", "https://emn.example/?a=b&c", '/?a="<b>', current=False),
        Alternate("de", "Deutsch", "https://emn.example/de/", "/de/", current=True),
    ]

    html = render("{% language_switch pages %}{% alternate_links pages %}", pages=pages)

    assert 'href="/?a=&quot;&lt;b&gt;" lang="fr"' in html
    assert '<span aria-current="true">Deutsch</span>' in html
    assert html.count('href="https://emn.example/?a=b&amp;c"') == 2  # French, and the default


def test_language_switch_of_a_page_without_twins_is_nothing():
    assert render("{% language_switch pages %}{% alternate_links pages %}", pages=[]) == ""


def test_icon_is_silent():
    assert "search" in icon_names()
    assert 'aria-hidden="true"' in render('{% icon "search" %}')


def test_htmx_neither_evaluates_nor_writes_styles():
    html = render("{% htmx %}")

    assert '"allowEval": false' in html
    assert '"includeIndicatorStyles": false' in html
    assert "<script>" not in html


class RegisterForm(forms.Form):
    siret = forms.CharField(label="SIRET", help_text="14 chiffres")
    phone = forms.CharField(label="Téléphone", required=False)
    kind = forms.ChoiceField(
        label="Vous êtes", choices=[("a", "Artisan"), ("b", "Boulanger")], widget=forms.RadioSelect
    )
    charter = forms.BooleanField(label="J’ai lu la charte")

    def clean(self):
        raise forms.ValidationError("Nous n’avons pas pu enregistrer votre demande.")


def test_form_ties_help_and_error_to_the_control():
    html = render("{{ form }}", form=RegisterForm({"siret": ""}))

    assert 'aria-describedby="id_siret_helptext id_siret_error"' in html
    assert 'id="id_siret_helptext"' in html
    assert 'id="id_siret_error"' in html
    assert html.count('aria-invalid="true"') == 4
    assert html.count("(facultatif)") == 1


def test_form_begins_with_a_summary_that_links_each_error_to_its_field():
    html = render("{{ form }}", form=RegisterForm({"siret": ""}))

    assert html.index("error-summary") < html.index("id_siret")
    assert "4 réponses sont à revoir" in html
    for target in ("#id_siret", "#id_kind_0", "#id_charter"):
        assert f'<a href="{target}">' in html
        assert f'id="{target[1:]}"' in html


def test_form_that_is_sound_has_no_summary():
    assert "error-summary" not in render("{{ form }}", form=RegisterForm())


def test_field_shows_one_field_alone():
    html = render("{% field form.siret %}", form=RegisterForm())

    assert '<label for="id_siret">SIRET</label>' in html
    assert "Téléphone" not in html


def paginated(url, *, page):
    request = RequestFactory().get(url)
    return render(
        "{% pagination page %}", request=request, page=Paginator(range(100), 10).page(page)
    )


def test_pagination_keeps_the_other_parameters():
    html = paginated("/annuaire/?q=a%26b&page=4", page=5)

    assert 'href="?q=a%26b&amp;page=4" rel="prev"' in html
    assert 'href="?q=a%26b&amp;page=6" rel="next"' in html
    assert html.count("…") == 2
    assert html.count("aria-current") == 1


def test_pagination_escapes_what_it_keeps_and_writes_long_numbers_apart():
    request = RequestFactory().get("/annuaire/?q=%22%3E%3Cb%3E")
    page = Paginator(range(2000), 1).page(1999)

    html = render("{% pagination page label=label %}", request=request, page=page, label="<i>")

    assert 'aria-label="&lt;i&gt;"' in html
    assert 'href="?q=%22%3E%3Cb%3E&amp;page=2000" rel="next"' in html
    assert f"2{NO_BREAK_SPACE}000</a>" in html


def test_pagination_of_a_single_page_is_nothing():
    request = RequestFactory().get("/annuaire/")

    html = render("{% pagination page %}", request=request, page=Paginator([1], 10).page(1))

    assert html == ""


@pytest.mark.parametrize(
    ("count", "ending"), [(0, ""), (1, ""), (1.5, ""), (2, "s"), (-1, ""), (-3, "s")]
)
def test_pluralize_fr_is_plural_from_two_on(count, ending):
    assert pluralize_fr(count) == ending


def test_pluralize_fr_takes_both_endings():
    assert [f"jour{pluralize_fr(n)} réserv{pluralize_fr(n, 'é,és')}" for n in (1, 2)] == [
        "jour réservé",
        "jours réservés",
    ]


@pytest.mark.parametrize(
    ("language", "words"),
    [("fr", "mardi 3 mars 2026"), ("de", "Dienstag, 3. März 2026"), ("en", "Tuesday 3 March 2026")],
)
def test_day_is_said_as_each_language_says_it(language, words):
    with translation.override(language):
        assert day(date(2026, 3, 3)) == words


@pytest.mark.parametrize(
    ("language", "hour", "minute", "words"),
    [
        ("fr", 13, 30, "14\u00a0h\u00a030"),
        ("fr", 8, 0, "9\u00a0h"),
        ("de", 13, 30, "14:30 Uhr"),
        ("en", 13, 30, "14:30"),
    ],
)
def test_clock_is_local_and_said_as_each_language_says_it(language, hour, minute, words):
    with translation.override(language):
        assert clock(datetime(2026, 3, 3, hour, minute, tzinfo=UTC)) == words


@pytest.mark.parametrize(
    ("days", "words"),
    [(1, "1 jour"), (14, "14 jours"), (365, "1 an"), (1095, "3 ans")],
)
def test_duration_is_in_years_when_it_is_whole_years(days, words):
    assert duration(days) == words
