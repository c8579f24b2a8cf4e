"""The documents of publications: made by a worker, once, in each language, kept with their hash."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from emn.lib import page_cache
from observatory import tasks
from observatory.models import Publication, PublicationDocument
from observatory.models.publications import CLAIM
from observatory.services import publication_documents as documents
from observatory.services import publications as services
from observatory.services.publications import Words
from observatory.survey_enums import PublicationKind
from tests.directory.factories import UserFactory
from tests.observatory.surveys import LATER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
ADDRESS = "/publications/emn-2026-1.pdf"


@pytest.fixture
def agent():
    return UserFactory(is_staff=True)


@pytest.fixture
def asked(monkeypatch):
    """The publications that a worker was called for, instead of calling one."""
    calls = []
    monkeypatch.setattr(
        tasks.make_publication_documents,
        "delay",
        lambda *, publication_id: calls.append(publication_id),
    )
    return calls


@pytest.fixture
def study(agent, asked):
    row = Publication.objects.create(
        kind=PublicationKind.STUDY, title="Étude", summary="Deux phrases."
    )
    row.parts.create(position=1, title="Partie", text="Un **texte**.")
    return services.publish(publication_id=row.pk, by_id=agent.pk, now=LATER)


def make(study, now=LATER):
    return documents.make(publication_id=study.pk, now=now)


def languages_in(document):
    return set(re.findall(rb"/Lang\s*\((\w\w)", bytes(document.content)))


def last(language="fr"):
    return PublicationDocument.objects.made().filter(language=language).first()


def test_publishing_compiles_nothing_and_calls_a_worker(study, asked, monkeypatch):
    assert asked == [study.pk]
    assert not PublicationDocument.objects.made().exists()
    assert {row.language for row in PublicationDocument.objects.due(now=LATER)} == {
        "fr",
        "de",
        "en",
    }


def test_a_worker_makes_each_language_once_with_its_hash(client, study):
    before = page_cache.generations.own_changes

    assert make(study) == 3
    assert make(study) == 0

    french = last()
    assert bytes(french.content).startswith(b"%PDF-")
    assert french.sha256 == hashlib.sha256(bytes(french.content)).hexdigest()
    assert french.size_bytes == len(french.content)
    assert last("de").sha256 != french.sha256
    assert page_cache.generations.own_changes == before + 3
    assert french.sha256 in client.get("/publications/emn-2026-1/").text


def test_the_document_opens_in_the_browser_in_the_language_read(client, study):
    make(study)

    french, german = client.get(ADDRESS), client.get(f"/de{ADDRESS}")

    assert french["Content-Type"] == "application/pdf"
    assert french["Content-Disposition"] == 'inline; filename="emn-2026-1.pdf"'
    assert french.content == bytes(last().content)
    assert german["Content-Disposition"] == 'inline; filename="emn-2026-1-de.pdf"'
    assert german.content == bytes(last("de").content)


def test_words_that_are_not_of_the_document_s_language_are_tagged(study, agent):
    make(study)

    assert languages_in(last("de")) == {b"de", b"fr"}
    assert languages_in(last()) == {b"fr"}


def test_page_and_address_say_that_it_is_being_made(client, study):
    page, document = client.get("/publications/emn-2026-1/"), client.get(ADDRESS)

    assert "se prépare" in page.text
    assert ADDRESS not in page.text
    assert document.status_code == 503
    assert document["Retry-After"] == "60"
    assert document["Cache-Control"] == "no-store"
    assert client.get("/publications/emn-2026-9.pdf").status_code == 404


def test_an_erratum_asks_for_another_and_the_last_stays_until_then(client, study, asked):
    make(study)
    first = last()

    services.correct(publication_id=study.pk, erratum="Lire 51 %.", now=LATER)

    assert asked == [study.pk] * 2
    assert client.get(ADDRESS).content == bytes(first.content)
    assert "celui d’avant" in client.get("/publications/emn-2026-1/").text
    assert make(study) == 3
    assert (last().number, last().sha256 != first.sha256) == (2, True)
    assert PublicationDocument.objects.get(pk=first.pk).sha256 == first.sha256


def test_a_translation_asks_for_its_own_language_alone(study, agent):
    make(study)

    services.translate(
        publication_id=study.pk, language="de", base=0, words=Words("Studie"), by_id=agent.pk,
        now=LATER,
    )  # fmt: skip

    assert make(study) == 1
    assert (last("de").number, last().number) == (2, 1)


def test_a_draft_translated_asks_for_nothing(agent, asked):
    row = Publication.objects.create(kind=PublicationKind.STUDY, title="Étude", summary="x")

    services.translate(
        publication_id=row.pk, language="de", base=0, words=Words("Studie"), by_id=agent.pk,
        now=LATER,
    )  # fmt: skip

    assert asked == []


def test_a_worker_that_dies_leaves_nothing_wrong(study, monkeypatch):
    def killed(*_):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(documents, "publication_pdf", killed)
        with pytest.raises(SystemExit):
            make(study)
    assert not PublicationDocument.objects.made().exists()

    assert make(study) == 2  # the one it held is nobody else's for a while
    assert documents.make_left(now=LATER + CLAIM - timedelta(seconds=1)) == 0
    assert documents.make_left(now=LATER + CLAIM + timedelta(seconds=1)) == 1


def test_one_that_fails_holds_no_other_back(study, monkeypatch):
    real = documents.publication_pdf

    def picky(reading, parts):
        if reading.language == "fr":
            raise ValueError
        return real(reading, parts)

    monkeypatch.setattr(documents, "publication_pdf", picky)

    assert make(study) == 2


def test_what_is_overtaken_while_it_is_made_is_not_kept(study, monkeypatch):
    real = documents.publication_pdf

    def meanwhile(reading, parts):
        if not reading.publication.erratum and reading.language == "fr":
            services.correct(publication_id=study.pk, erratum="Lire 51 %.", now=LATER)
        return real(reading, parts)

    monkeypatch.setattr(documents, "publication_pdf", meanwhile)

    assert make(study) == 0
    assert make(study) == 3
    assert last().number == 1
    assert PublicationDocument.objects.count() == 3


def test_the_sweep_asks_for_what_was_published_without_any(client, study):
    PublicationDocument.objects.all().delete()
    assert "se prépare" in client.get("/publications/emn-2026-1/").text

    assert documents.make_left(now=LATER) == 3


@pytest.mark.django_db(transaction=True)
def test_two_workers_make_each_once(agent, asked):
    row = Publication.objects.create(kind=PublicationKind.STUDY, title="Étude", summary="x")
    row.parts.create(position=1, title="Partie")
    services.publish(publication_id=row.pk, by_id=agent.pk, now=LATER)

    def work(_):
        try:
            return make(row)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 3


@pytest.mark.django_db(transaction=True)
def test_the_database_keeps_what_was_made(agent, asked):
    row = Publication.objects.create(kind=PublicationKind.STUDY, title="Étude", summary="x")
    row.parts.create(position=1, title="Partie")
    services.publish(publication_id=row.pk, by_id=agent.pk, now=LATER)
    make(row)

    with pytest.raises(DatabaseError, match="was made"):
        PublicationDocument.objects.update(sha256="0" * 64)
    with pytest.raises(DatabaseError, match="was made"):
        PublicationDocument.objects.all().delete()
