"""A letter says the same in its page and its text, and is personal in two addresses only."""

from datetime import timedelta

import pytest

from emn.mailings import composing, tokens
from emn.mailings.blocks import kind_of
from emn.mailings.composing import PREFERENCES, UNSUBSCRIBE, compose, freeze_editions
from emn.mailings.models import CampaignLink, Edition
from emn.mailings.services import drafts
from tests.directory.factories import published_card
from tests.mailings import letters
from tests.mailings.letters import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def test_letter_has_each_mark_once_in_page_and_text():
    letter = compose(letters.written(), "fr", now=NOW)

    for part in (letter.html, letter.text):
        assert [part.count(mark) for mark in (UNSUBSCRIBE, PREFERENCES)] == [1, 1]
    assert f'<a href="{UNSUBSCRIBE}"' in letter.html


def test_letter_says_who_writes_and_from_where_in_its_language(settings):
    settings.CENTRE_ADDRESS = "1 place d’Armes, Metz"
    letter = compose(letters.written(languages=("fr", "de")), "de", now=NOW)

    assert letter.subject == "Des nouvelles (de)"
    assert '<html lang="de">' in letter.html
    assert "1 place d’Armes, Metz" in letter.html
    assert "1 place d’Armes, Metz" in letter.text


def test_rules_are_written_on_the_elements_and_the_dark_ones_stay():
    page = compose(letters.written(), "fr", now=NOW).html

    assert '<td class="body" style="' in page
    assert "prefers-color-scheme: dark" in page
    assert "<link" not in page


def test_each_kind_has_its_twins():
    letter = letters.written(text="Un **mot**.")
    letters.add_block(letter, "heading", fr="À venir")
    letters.add_block(letter, "button", fr={"text": "S’inscrire", "url": "/agenda/"})
    figure = letters.add_block(letter, "figure", fr={"alt": "La salle", "caption": "Vue du quai"})
    figure.content["all"] = {"picture": "lettre/a.jpg"}
    figure.save()

    made = compose(letter, "fr", now=NOW)

    assert "À venir</h2>" in made.html
    assert 'alt="La salle"' in made.html
    assert 'src="http://127.0.0.1:8000/media/lettre/a.jpg"' in made.html
    assert 'href="http://127.0.0.1:8000/agenda/"' in made.html
    assert (
        "\n\nUn mot.\n\nÀ VENIR\n\nS’inscrire <http://127.0.0.1:8000/agenda/>\n\n"
        "[La salle]\nVue du quai\n\n-- \n"
    ) in made.text


def test_text_is_not_escaped_and_page_is():
    made = compose(letters.written(text="L’été & <la> suite"), "fr", now=NOW)

    assert "L’été & <la> suite" in made.text
    assert "L’été &amp; &lt;la&gt; suite" in made.html


def test_block_without_words_in_a_language_is_left_out():
    letter = letters.written(languages=("fr", "de"), text="Partout.")
    letters.add_block(letter, fr="Ici seulement.")

    assert "Ici seulement." in compose(letter, "fr", now=NOW).text
    assert "Ici seulement." not in compose(letter, "de", now=NOW).text


def test_block_of_an_app_that_is_gone_is_left_out():
    letter = letters.written()
    letter.blocks.create(position=9, kind="weather", content={"fr": {"text": "pluie"}})

    assert "pluie" not in compose(letter, "fr", now=NOW).text


def test_preheader_comes_before_everything_and_only_when_written():
    letter = letters.written()
    assert 'class="preheader"' not in compose(letter, "fr", now=NOW).html
    letter.editions.update(preheader="Trois dates à noter")

    page = compose(letter, "fr", now=NOW).html

    assert page.index("Trois dates à noter") < page.index("Des nouvelles (fr)</h1>")


def test_language_without_edition_has_no_letter():
    with pytest.raises(Edition.DoesNotExist):
        compose(letters.written(), "de", now=NOW)


def test_new_providers_are_the_last_published_with_their_links():
    for n in range(3):
        card = published_card(name=f"Atelier {n}", slug=f"neuf-{n}")
        card.published_at = NOW - timedelta(days=n)
        card.save()
    later = published_card(name="Demain")
    later.published_at = NOW + timedelta(days=1)
    later.save()
    letter = letters.campaign()
    letters.written(letter)
    drafts.save_block(campaign_id=letter.pk, kind="new-providers", settings={"count": 2}, words={})

    made = compose(letter, "fr", now=NOW, link=lambda url: f"«{url}»")

    for part in (made.text, made.html):
        assert [name in part for name in ("Atelier 0", "Atelier 1", "Atelier 2", "Demain")] == [
            True,
            True,
            False,
            False,
        ]
    assert "<«http://127.0.0.1:8000/annuaire/neuf-0/»>" in made.text
    assert 'href="«http://127.0.0.1:8000/annuaire/neuf-0/»"' in made.html


def test_new_providers_say_nothing_when_there_is_none():
    assert kind_of("new-providers").data({"count": 5}, "fr", NOW) is None


# --- Freezing ---


def test_freezing_counts_each_address_once_for_all_languages():
    letter = letters.written(
        languages=("fr", "de"), text="[A](https://a.example/) et [A](https://a.example/)"
    )
    letters.add_block(letter, "button", fr={"text": "B", "url": "/agenda/"})
    letters.add_block(letter, fr="[écrire](mailto:a@b.example)")

    freeze_editions(letter, now=NOW)

    links = CampaignLink.objects.order_by("number").values_list("number", "url")
    assert list(links) == [(1, "https://a.example/"), (2, "http://127.0.0.1:8000/agenda/")]
    french, german = letter.editions.order_by("pk")
    token = tokens.make(tokens.LINK, CampaignLink.objects.get(number=1).pk)
    address = f"http://127.0.0.1:8000/lettre/l/{token}/"
    for edition in (french, german):
        assert (edition.html.count(address), edition.text.count(address)) == (2, 2)
        assert "a.example" not in edition.html + edition.text
        assert edition.frozen_at == NOW
    assert "mailto:a@b.example" in french.html


def test_freezing_again_changes_nothing():
    letter = letters.written()
    freeze_editions(letter, now=NOW)
    before = letter.editions.get().html
    letter.blocks.all().delete()

    freeze_editions(letter, now=NOW + timedelta(hours=1))

    edition = letter.editions.get()
    assert (edition.html, edition.frozen_at) == (before, NOW)


def test_letter_of_the_archive_leads_to_its_page_there():
    letter = letters.written(letters.campaign(slug="decembre"), languages=("fr", "de"))

    assert (
        "http://127.0.0.1:8000/de/lettre/archives/decembre/" in compose(letter, "de", now=NOW).text
    )
    letter.is_archived = False
    assert "/lettre/archives/" not in compose(letter, "de", now=NOW).text


def test_public_page_keeps_the_words_without_looks_or_marks():
    letter = letters.written(text='Un style="x" cité, [un lien](https://a.example/).')
    page = compose(letter, "fr", now=NOW).html

    public = composing.as_public_page(page)

    assert public.strip() == ('<p>Un style="x" cité, <a href="https://a.example/">un lien</a>.</p>')
    assert composing.as_public_page("<p>rien</p>") == ""


def test_trial_leads_to_the_general_page():
    made = compose(letters.written(), "fr", now=NOW)

    assert "@@EMN" not in composing.without_marks(made.html)
    assert "http://127.0.0.1:8000/lettre/" in composing.without_marks(made.text)
