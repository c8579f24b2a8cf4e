"""The publications as resources of the API: their words, their documents, their files."""

import pytest

from observatory.services import publication_documents as documents
from observatory.services import publications as services
from observatory.services.publications import Words
from observatory.survey_enums import PublicationKind
from tests.directory.factories import UserFactory
from tests.observatory import surveys as make
from tests.observatory.publications import published_study
from tests.observatory.surveys import LATER, frozen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
LIST = "/api/v1/publications/"


def translate(study, language="de", base=0, **words):
    return services.translate(
        publication_id=study.pk, language=language, base=base, words=Words(**words),
        by_id=UserFactory().pk, now=LATER,
    )  # fmt: skip


def test_a_publication_comes_in_each_language_with_its_documents(client):
    study = published_study()
    part = study.parts.get()
    translate(study, title="Studie", parts={str(part.pk): {"title": "Teil"}})
    documents.make(publication_id=study.pk, now=LATER)

    found = client.get(f"{LIST}{study.reference}/").json()["result"]

    assert found["title"] == {"fr": "Étude", "de": "Studie", "en": ""}
    assert found["sections"][0]["title"] == {"fr": "Partie", "de": "Teil", "en": ""}
    assert found["sections"][0]["text"] == {"fr": "Un texte.", "de": "", "en": ""}
    assert found["older_than_french"] == []
    assert [each["language"] for each in found["documents"]] == ["de", "en", "fr"]
    german = found["documents"][0]
    answer = client.get(german["url"].removeprefix("http://127.0.0.1:8000"))
    assert len(answer.content) == german["size_bytes"]
    assert found["figures_url"] is found["table_url"] is None


def test_an_erratum_is_told_and_only_the_last_document(client):
    study = published_study()
    translate(study, title="Studie")
    documents.make(publication_id=study.pk, now=LATER)
    services.correct(publication_id=study.pk, erratum="Lire 51.", now=LATER)
    documents.make(publication_id=study.pk, now=LATER)

    found = client.get(f"{LIST}{study.reference}/").json()["result"]

    assert found["older_than_french"] == ["de"]
    assert "Lire 51." in found["erratum"]["fr"]
    assert found["corrected_on"] == "2026-12-21"
    assert len(found["documents"]) == 3
    last = study.documents.made().filter(language="fr").first()
    assert found["documents"][2]["sha256"] == last.sha256


def test_figures_are_where_the_answer_says(client):
    make.register(small=60, large=30)
    draft = services.compose_from(edition_id=frozen(sample_size=60).pk)
    services.publish(publication_id=draft.pk, by_id=UserFactory().pk, now=LATER)

    (found,) = client.get(LIST).json()["results"]

    for name in ("figures_url", "table_url", "url"):
        assert client.get(found[name].removeprefix("http://127.0.0.1:8000")).status_code == 200


def test_a_draft_is_in_no_answer_and_versions_name_each_other(client):
    old = published_study()
    new = published_study(title="Nouvelle", replaces=old)
    draft = published_study(title="Tout autre")
    type(draft).objects.filter(pk=draft.pk).update(reference=None, published_at=None)

    first, second = client.get(LIST).json()["results"]

    assert (first["replaced_by"], second["replaces"]) == (new.reference, old.reference)
    assert client.get(f"{LIST}emn-2026-3/").status_code == 404
    type(draft).objects.filter(pk=draft.pk).update(replaces=new)
    assert client.get(LIST).json()["results"][1]["replaced_by"] is None


def test_the_list_is_read_by_kind_and_page_after_page(client):
    for rank in range(3):
        published_study(title=f"Étude {rank}")
    published_study(kind=PublicationKind.AUDIT)
    read, query = [], "?limit=2&genre=study"
    while query:
        answer = client.get(LIST + query).json()
        read += [each["title"]["fr"] for each in answer["results"]]
        query = answer["next"] and "?" + answer["next"].split("?", 1)[1]

    assert read == ["Étude 0", "Étude 1", "Étude 2"]
    assert client.get(f"{LIST}?genre=roman").status_code == 400


@pytest.mark.parametrize("number", [1, 100])
def test_the_list_costs_the_same_whatever_its_length(client, number, django_assert_num_queries):
    for rank in range(number):
        translate(published_study(title=f"Étude {rank}"), title=f"Studie {rank}")

    with django_assert_num_queries(4):  # rate limit, rows, translations, documents
        results = client.get(f"{LIST}?limit=100").json()["results"]

    assert len(results) == number


@pytest.mark.parametrize("number", [1, 100])
def test_one_costs_the_same_whatever_its_length(client, number, django_assert_num_queries):
    study = published_study()
    for rank in range(2, number + 1):
        study.parts.create(position=rank, title=f"Partie {rank}")

    with django_assert_num_queries(5):  # rate limit, row, parts, translations, documents
        found = client.get(f"{LIST}{study.reference}/").json()["result"]

    assert len(found["sections"]) == number
