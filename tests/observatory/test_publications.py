"""Publications: composed of frozen figures, published once, at one address for ever."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.utils.translation import override

from emn.lib import page_cache
from emn.mailings import composing
from emn.mailings.models import Block
from observatory.models import Publication
from observatory.publication_reading import Block as Figures
from observatory.publication_reading import Line
from observatory.services import publications as services
from observatory.services.publications import PublicationRefused
from observatory.services.surveys import fieldwork
from observatory.survey_enums import PublicationKind, Source, Work
from tests.directory.factories import UserFactory
from tests.mailings import letters
from tests.observatory import surveys as make
from tests.observatory.surveys import LATER, frozen, opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture
def draft():
    make.register(small=60, large=30)
    return services.compose_from(edition_id=frozen(sample_size=60).pk)


@pytest.fixture
def agent():
    return UserFactory(is_staff=True)


@pytest.fixture
def published(draft, agent):
    return publish(draft, agent)


def publish(draft, agent):
    return services.publish(publication_id=draft.pk, by_id=agent.pk, now=LATER)


def plain(agent, **values):
    """A study without figures, published."""
    defaults = {"kind": PublicationKind.STUDY, "title": "Étude", "summary": "Deux phrases."}
    study = Publication.objects.create(**defaults | values)
    study.parts.create(position=1, title="Partie", text="Un texte.")
    return publish(study, agent)


def test_the_first_page_of_the_observatory_leads_to_the_last_three(
    client, agent, django_assert_num_queries
):
    assert "Toutes les publications" not in client.get("/observatoire/").content.decode()
    plain(agent, title="Étude 0")
    client.get("/observatoire/")  # what a process keeps
    with django_assert_num_queries(1):
        client.get("/observatoire/")
    for number in range(1, 4):
        plain(agent, title=f"Étude {number}")
    client.get("/observatoire/")

    with django_assert_num_queries(1):
        page = client.get("/observatoire/").content.decode()

    assert [f"Étude {number}" in page for number in range(4)] == [False, True, True, True]
    for address in ("/publications/", "/enquetes/", "/donnees/", "/promesses/"):
        assert f'<a href="{address}"' in page


def test_a_draft_has_a_part_for_each_counted_question(draft):
    parts = draft.parts.order_by("position").values_list("title", "question")

    assert list(parts) == [("Avez-vous un site ?", "site"), ("Quels outils ?", "tools")]


def test_publishing_gives_a_reference_and_renews_the_kept_pages(draft, agent):
    before = page_cache.generations.own_changes

    published = publish(draft, agent)

    assert (published.reference, published.published_by) == ("emn-2026-1", agent)
    assert page_cache.generations.own_changes == before + 1
    assert plain(agent).reference == "emn-2026-2"


def test_what_is_published_or_empty_is_not_published(published, agent):
    with pytest.raises(PublicationRefused, match="déjà parue"):
        publish(published, agent)
    empty = Publication.objects.create(kind=PublicationKind.STUDY, title="x", summary="x")
    with pytest.raises(PublicationRefused, match="au moins une partie"):
        publish(empty, agent)


def test_a_question_that_the_edition_lacks_is_refused(draft, agent):
    draft.parts.filter(question="site").update(question="gone")

    with pytest.raises(PublicationRefused, match="gone"):
        publish(draft, agent)


def test_the_page_shows_figures_their_interval_and_their_method(client, published):
    page = client.get("/publications/emn-2026-1/").text

    assert "50 %" in page
    assert "Korn et Graubard" in page
    assert "les firmes de Metz" in page
    assert "calage borné sur les marges du registre : effectif" in page
    assert '"identifier": "emn-2026-1"' in page
    assert page.count("<table>") == 2


def test_domains_are_named_in_the_language_of_the_page(client, draft, agent):
    draft.parts.filter(question="site").update(axis="size")
    publish(draft, agent)

    assert "de 1 à 9 salariés" in client.get("/publications/emn-2026-1/").text
    german = client.get("/de/publications/emn-2026-1/")
    assert german.status_code == 200


def test_text_is_escaped_and_its_markup_read(client, draft, agent):
    draft.parts.filter(question="site").update(text="**Fort** <script>alert(1)</script>")
    publish(draft, agent)

    page = client.get("/publications/emn-2026-1/").text

    assert "<strong>Fort</strong>" in page
    assert "<script>alert" not in page


def test_a_draft_has_no_page(client, draft):
    assert client.get("/publications/emn-2026-1/").status_code == 404
    assert "Aucune publication" in client.get("/publications/").text


def test_the_table_holds_the_frozen_figures_and_not_the_weights(client, published):
    text = client.get("/publications/emn-2026-1.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))

    assert len(rows) == len(published.edition.figures)
    assert rows[0]["question"] == "site"
    assert not {"weight", "base", "calibration"} & set(rows[0])
    data = json.loads(client.get("/publications/emn-2026-1.json").content)
    assert data["figures"] == published.edition.figures
    assert data["method"]["N"] == 90


def test_a_study_without_figures_has_no_table(client, agent):
    plain(agent)

    assert client.get("/publications/emn-2026-1/").status_code == 200
    assert client.get("/publications/emn-2026-1.csv").status_code == 404


def test_volunteers_are_said_to_be_on_the_page(client, agent):
    make.register()
    row = opened(source=Source.OPEN)
    for rank in range(40):
        make.answer(row.open_key, site="yes" if rank % 4 else "no")
    fieldwork.close(survey_id=row.pk, now=LATER)
    edition = make.do(row, Work.FREEZE).editions.get()
    publish(services.compose_from(edition_id=edition.pk), agent)

    page = client.get("/publications/emn-2026-1/").text

    assert "Échantillon de volontaires" in page
    assert "share-bar-whisker" not in page


def test_an_erratum_is_dated(client, published):
    services.correct(publication_id=published.pk, erratum="Lire 51 %.", now=LATER)
    services.correct(publication_id=published.pk, erratum="Lire 52 %.", now=LATER)

    published.refresh_from_db()
    assert published.erratum == "21/12/2026 : Lire 51 %.\n21/12/2026 : Lire 52 %."
    assert "Lire 52" in client.get("/publications/emn-2026-1/").text


def test_a_draft_takes_no_erratum(draft):
    with pytest.raises(PublicationRefused, match="brouillon"):
        services.correct(publication_id=draft.pk, erratum="x", now=LATER)


def test_a_newer_version_is_named_on_the_older(client, agent):
    old = plain(agent, title="Ancienne")
    plain(agent, title="Nouvelle", replaces=old)

    assert "Nouvelle" in client.get(f"/publications/{old.reference}/").text


def test_the_feed_leads_to_the_page(client, settings, published):
    feed = client.get("/publications/rss/").text

    assert f"{settings.PUBLIC_URL}/publications/emn-2026-1/" in feed
    assert published.summary in feed


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_whatever_its_length(
    client, agent, number, django_assert_num_queries
):
    for rank in range(number):
        plain(agent, title=f"Étude {rank}")

    with django_assert_num_queries(3):  # count, rows, the footer's audit
        page = client.get("/publications/")

    assert page.text.count('class="row-title"') == number


def test_a_letter_announces_the_last_one_or_the_one_chosen(agent):
    first, _last = plain(agent, title="Première"), plain(agent, title="Dernière")
    letter = letters.written()
    block = Block.objects.create(
        campaign=letter, position=9, kind="publication", content={"all": {"reference": ""}}
    )
    with override("fr"):
        html = composing.compose(letter, "fr", now=LATER).html
        assert "Dernière" in html
        assert "Première" not in html
        Block.objects.filter(pk=block.pk).update(content={"all": {"reference": first.reference}})
        assert "Première" in composing.compose(letter, "fr", now=LATER).html


def test_what_changed_since_the_edition_before_is_tested(client, published, agent):
    row = opened(code="suivante", title="Baromètre 2027", sample_size=60)
    make.answer_all(row, share_yes=1)  # everybody has a site now
    fieldwork.close(survey_id=row.pk, now=LATER)
    edition = make.do(row, Work.FREEZE).editions.get()
    after = services.publish(
        publication_id=services.compose_from(edition_id=edition.pk).pk,
        by_id=agent.pk,
        now=LATER + timedelta(days=365),
    )

    page = client.get(after.get_absolute_url())

    assert [
        (line.option, line.before, line.after, line.is_significant)
        for line in page.context["changes"]
        if line.question == "Avez-vous un site ?"
    ] == [("Oui", "50 %", "100 %", True), ("Non", "50 %", "0 %", True)]
    assert client.get(published.get_absolute_url()).context["changes"] == []


def test_volunteers_make_a_study_and_are_compared_with_nobody(client, published, agent):
    row = opened(code="ouverte", source=Source.OPEN)
    for rank in range(40):
        make.answer(row.open_key, site="yes" if rank % 4 else "no")
    fieldwork.close(survey_id=row.pk, now=LATER)
    edition = make.do(row, Work.FREEZE).editions.get()
    draft = services.compose_from(edition_id=edition.pk)
    study = services.publish(publication_id=draft.pk, by_id=agent.pk, now=LATER + timedelta(days=1))

    assert study.kind == PublicationKind.STUDY
    assert client.get(study.get_absolute_url()).context["changes"] == []


def test_the_page_says_why_a_figure_is_secret(client, published):
    page = client.get(published.get_absolute_url()).text

    assert "moins de cinq" not in page
    assert "réponses toutes semblables, ou chiffre qui permettrait d’en déduire un autre" in page


@pytest.mark.parametrize(
    ("counts", "caption"),
    [([None, 40], "Ensemble, 40 répondants"), ([40, None], "Ensemble, 40 répondants"),
     ([None, None], "Ensemble")],
)  # fmt: skip
def test_a_caption_says_how_many_answered_where_one_option_is_shown(counts, caption):
    lines = [Line("x", "s", "", None, None, None, n, is_to_review=False) for n in counts]

    assert Figures("", lines).caption == caption
