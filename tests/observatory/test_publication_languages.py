"""Publications in German and English: each text optional, said to be older than the French."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.urls import reverse
from django.utils.translation import override

from emn.accounts import roles
from emn.accounts.enums import Role
from emn.mailings import composing
from emn.mailings.models import Block
from observatory.models import Publication, PublicationTranslation
from observatory.services import publications as services
from observatory.services.publications import PublicationRefused, Words
from observatory.survey_enums import PublicationKind
from tests.directory.factories import UserFactory
from tests.mailings import letters
from tests.observatory import surveys as make
from tests.observatory.surveys import LATER, frozen
from tests.observatory.test_survey_admin import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture
def agent():
    return UserFactory(is_staff=True)


@pytest.fixture
def study(agent):
    """A study of two parts, published."""
    row = Publication.objects.create(
        kind=PublicationKind.STUDY, title="Étude", summary="Deux phrases."
    )
    row.parts.create(position=1, title="Partie", text="Lire [l’agenda](/agenda/).")
    row.parts.create(position=2, title="Suite", text="Un texte.")
    return services.publish(publication_id=row.pk, by_id=agent.pk, now=LATER)


def translate(row, agent, language="de", *, base=0, first=None, now=LATER, **words):
    parts = {} if first is None else {str(row.parts.get(position=1).pk): first}
    return services.translate(
        publication_id=row.pk, language=language, base=base, by_id=agent.pk, now=now,
        words=Words(parts=parts, **words),
    )  # fmt: skip


def page(client, language="de"):
    return client.get(f"/{language}/publications/emn-2026-1/")


def test_what_is_not_translated_is_french_and_marked(client, study):
    html = page(client).text

    assert '<h1 lang="fr">Étude</h1>' in html
    assert '<h2 lang="fr">Suite</h2>' in html
    assert page(client).context["reading"].is_missing


def test_each_text_is_optional(client, study, agent):
    translate(study, agent, title="Studie", first={"title": "Teil"})

    response = page(client)

    assert "<h1>Studie</h1>" in response.text
    assert "<h2>Teil</h2>" in response.text
    assert '<h2 lang="fr">Suite</h2>' in response.text
    assert response.context["is_partial"]
    assert "Ein Teil" in response.text or "Une partie" in response.text
    assert not response.context["is_stale"]


def test_a_whole_translation_carries_no_note(client, study, agent):
    second = str(study.parts.get(position=2).pk)
    words = Words("Studie", "Zwei Sätze.", parts={
        str(study.parts.get(position=1).pk): {"title": "Teil", "text": "Siehe [hier](/agenda/)."},
        second: {"title": "Fortsetzung", "text": "Ein Text."},
    })  # fmt: skip
    services.translate(
        publication_id=study.pk, language="de", base=0, words=words, by_id=agent.pk, now=LATER
    )

    response = page(client)

    assert response.context["reading"].is_missing is False
    assert "content-note" not in response.text
    assert 'href="/de/agenda/"' in response.text
    assert page(client, "en").context["reading"].is_missing


def test_an_erratum_makes_translations_older_until_they_follow(client, study, agent):
    translate(study, agent, title="Studie")
    services.correct(publication_id=study.pk, erratum="Lire 51 %.", now=LATER)
    assert page(client).context["is_stale"]
    assert '<div lang="fr"><p>21/12/2026' in page(client).text

    translate(study, agent, base=1, title="Studie", erratum="Lies 51 %.")

    assert not page(client).context["is_stale"]
    assert "<p>Lies 51 %.</p>" in page(client).text


def test_a_french_draft_that_changes_makes_them_older(agent):
    row = Publication.objects.create(kind=PublicationKind.STUDY, title="Étude", summary="x")
    row.parts.create(position=1, title="Partie")
    translate(row, agent, title="Studie")
    row.parts.update(title="Autre")

    with pytest.raises(PublicationRefused, match="au moins un texte"):
        translate(row, agent, base=1)
    again = translate(row, agent, base=1, title="Studie")  # the same words: they still hold

    assert again.number == 2
    with pytest.raises(PublicationRefused, match="Rien n’a changé"):
        translate(row, agent, base=2, title="Studie")


def test_the_second_of_two_writers_is_told(study, agent):
    translate(study, agent, title="Studie")

    with pytest.raises(PublicationRefused, match="entre-temps"):
        translate(study, agent, title="Andere Studie")


def test_list_home_and_feed_speak_the_reader_s_language(client, study, agent):
    translate(study, agent, title="Studie")

    assert ">Studie</a></h2>" in client.get("/de/publications/").text
    assert '<h2 class="row-title" lang="fr">' in client.get("/en/publications/").text
    assert "Studie" in client.get("/de/").text
    assert "<item><title>Studie" in client.get("/de/publications/rss/").text
    assert '<item xml:lang="fr"><title>Étude' in client.get("/en/publications/rss/").text


@pytest.mark.parametrize("number", [1, 3])
def test_a_translated_list_costs_one_query_more(client, agent, number, django_assert_num_queries):
    for rank in range(number):
        row = Publication.objects.create(
            kind=PublicationKind.STUDY, title=f"Étude {rank}", summary="x"
        )
        row.parts.create(position=1, title="Partie")
        services.publish(publication_id=row.pk, by_id=agent.pk, now=LATER)
        translate(row, agent, title=f"Studie {rank}")

    with django_assert_num_queries(4):  # count, rows, translations, the footer's audit
        text = client.get("/de/publications/").text

    assert text.count('class="row-title"><a') == number


def test_a_letter_announces_it_in_its_own_language(study, agent):
    translate(study, agent, title="Studie")
    letter = letters.written()
    letter.editions.create(language="de", subject="Brief")
    Block.objects.create(campaign=letter, position=9, kind="publication", content={"all": {}})

    with override("de"):
        html = composing.compose(letter, "de", now=LATER).html

    assert ">Studie</h2>" in html
    assert '<p lang="fr"' in html
    assert "/de/publications/emn-2026-1/" in html


def test_figures_come_with_the_words_of_their_codes(client, agent):
    make.register(small=60, large=30)
    draft = services.compose_from(edition_id=frozen(sample_size=60).pk)
    services.publish(publication_id=draft.pk, by_id=agent.pk, now=LATER)
    translate(draft, agent, title="Barometer")

    data = json.loads(client.get("/de/publications/emn-2026-1.json").content)
    text = client.get("/publications/emn-2026-1.csv").content.decode("utf-8-sig")

    assert data["title"] == {"de": "Barometer"}
    assert set(data["summary"]) == {"fr"}
    assert data["words"]["questions"]["site"] == "Avez-vous un site ?"
    assert data["words"]["options"]["site/yes"] == "Oui"
    assert next(csv.DictReader(io.StringIO(text), delimiter=";"))["option_text"] == "Oui"
    assert '<dd lang="fr">les firmes de Metz</dd>' in page(client).text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_database_keeps_the_words_of_what_is_published(act):
    agent = UserFactory(is_staff=True)
    row = Publication.objects.create(kind=PublicationKind.STUDY, title="Étude", summary="x")
    row.parts.create(position=1, title="Partie")
    translate(row, agent, title="Studie")
    services.publish(publication_id=row.pk, by_id=agent.pk, now=LATER)
    rows = PublicationTranslation.objects.all()

    with pytest.raises(DatabaseError, match="translation"):
        rows.update(title="x") if act == "update" else rows.delete()
    rows.update(written_by=None)  # whoever wrote it may be forgotten


def test_a_draft_goes_with_its_translations(agent):
    row = Publication.objects.create(kind=PublicationKind.STUDY, title="Étude", summary="x")
    translate(row, agent, title="Studie")

    row.delete()

    assert not PublicationTranslation.objects.exists()


# --- The back office ---


@pytest.fixture
def analyst(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    return signed_in(client, *roles.permissions_of(Role.ANALYST))


def test_staff_writes_a_language_beside_the_french(client, analyst, study):
    address = reverse("admin:observatory_publication_translate", args=[study.pk, "de"])
    first, second = study.parts.order_by("position")
    shown = client.get(address).text
    assert "Deux phrases." in shown

    client.post(address, {"base": 0, "title": "Studie", f"text_{second.pk}": "Ein Text."})

    written = study.translations.get()
    assert (written.title, written.parts) == ("Studie", {str(second.pk): {"text": "Ein Text."}})
    assert written.written_by == analyst
    assert written.written_at - LATER < timedelta(days=365)
    change = client.get(reverse("admin:observatory_publication_change", args=[study.pk])).text
    assert "écrit en partie" in change
    assert "pas écrit" in change
    assert str(first.pk) not in written.parts


def test_the_french_shown_beside_a_field_is_text(client, analyst, agent):
    row = Publication.objects.create(
        kind=PublicationKind.STUDY, title="<script>alert(1)</script>", summary="x"
    )

    text = client.get(reverse("admin:observatory_publication_translate", args=[row.pk, "de"])).text

    assert "<script>alert" not in text


@pytest.mark.parametrize("language", ["fr", "it"])
def test_only_other_languages_are_translations(client, analyst, study, language):
    address = reverse("admin:observatory_publication_translate", args=[study.pk, language])

    assert client.get(address).status_code == 404
