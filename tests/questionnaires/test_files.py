"""A question that asks for a file: private, sent once, gone with its run."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils.datastructures import MultiValueDict
from PIL import Image

from diagnostics.models import Diagnostic
from emn.questionnaires import services
from emn.questionnaires.forms import PageForm
from emn.questionnaires.models import AnswerFile, Run
from tests.diagnostics.factories import NOW, begun
from tests.questionnaires.sample import raw, words
from tests.questionnaires.test_conditions import refusals

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF\n"


def with_file(**more):
    value = raw()
    value["sections"][1]["questions"].insert(
        0, {"code": "proof", "kind": "file", "text": words("Pièce"), "required": False} | more
    )
    return value


@pytest.fixture
def run():
    with transaction.atomic():
        version = services.write_version(
            code="essai", number="1.0", content=with_file(), published_at=NOW
        )
        return services.start_run(version_id=version.pk, language="fr", now=NOW)


def form(run, content=None, name="kbis.pdf", **data):
    kept = services.kept(run)
    kept = kept.with_answers({"size": "alone", "has": ["shop"]})
    files = MultiValueDict({"proof": [SimpleUploadedFile(name, content)]} if content else {})
    return PageForm(
        data, files, page=kept.way.page("proof"), answers=kept.answers, revisions=kept.revisions
    )


def keep(run, content=PDF, name="kbis.pdf", seen=0):
    sent = form(run, content, name)
    assert sent.is_valid(), sent.errors
    return services.save_answers(run=run, values=sent.values, seen={"proof": seen}, now=NOW)


def test_a_pdf_is_kept_as_it_came(run):
    written = keep(run)

    file = services.file_of(run, written["proof"])
    assert (file.name, file.suffix, bytes(file.content)) == ("kbis.pdf", ".pdf", PDF)
    assert services.kept(run).answers == {"proof": str(file.pk)}


def test_a_picture_is_written_again(run):
    picture = BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "JPEG", comment=b"secret")

    keep(run, picture.getvalue(), "photo.jpg")

    file = AnswerFile.objects.get()
    assert file.suffix == ".webp"
    assert b"secret" not in bytes(file.content)


@pytest.mark.parametrize("content", [b"<script>alert(1)</script>", b"%PDF-1.7 cut short", b"MZ"])
def test_anything_else_is_refused(run, content):
    sent = form(run, content)

    assert not sent.is_valid()
    assert "Déposez un PDF entier" in str(sent.errors)


def test_a_file_too_heavy_is_refused(run, settings):
    settings.UPLOAD_MAX_BYTES = len(PDF) - 1

    assert "trop lourd" in str(form(run, PDF).errors)


def test_the_limits_are_said_before_they_are_met(run):
    said = str(form(run))

    assert "10\N{NO-BREAK SPACE}Mo au plus" in said
    assert "application/pdf" in said


def test_the_same_file_sent_twice_is_one_row(run):
    keep(run)
    keep(run)

    assert AnswerFile.objects.count() == 1


def test_another_file_replaces_the_first(run):
    first = keep(run)
    second = keep(run, PDF + b"%%EOF", seen=1)

    assert first != second
    assert [str(pk) for pk in AnswerFile.objects.values_list("pk", flat=True)] == [second["proof"]]


def test_a_stale_page_keeps_no_file(run):
    keep(run)
    with pytest.raises(services.StaleAnswer):
        keep(run, PDF + b"%%EOF")

    assert bytes(AnswerFile.objects.get().content) == PDF


def test_a_page_sent_without_a_file_keeps_the_one_that_is_there(run):
    written = keep(run)

    sent = form(run)

    assert sent.is_valid()
    assert sent.values == written


def test_a_file_may_be_taken_back(run):
    keep(run)

    sent = form(run, **{"remove-proof": "on"})
    assert sent.is_valid()
    services.save_answers(run=run, values=sent.values, seen={"proof": 1}, now=NOW)

    assert not AnswerFile.objects.exists()
    assert services.kept(run).answers == {}


def test_a_forged_key_is_not_an_answer(run):
    sent = form(run, proof="11111111-1111-4111-8111-111111111111")

    assert sent.is_valid()
    assert sent.values == {"proof": None}


def test_a_file_goes_with_its_run(run):
    keep(run)

    Run.objects.filter(pk=run.pk).delete()

    assert not AnswerFile.objects.exists()


def test_a_file_that_is_no_more_asked_goes_at_the_end():
    value = with_file(when={"q": "size", "op": "is", "value": "alone"})
    with transaction.atomic():
        version = services.write_version(
            code="autre", number="1.0", content=value, published_at=NOW
        )
        run = services.start_run(version_id=version.pk, language="fr", now=NOW)
    keep(run)
    answers = {
        "size": "many", "has": ["shop"], "team": 1, "speed": "8",
        "grid": {"web": "yes", "mail": "no"},
    }  # fmt: skip
    services.save_answers(run=run, values=answers, seen={}, now=NOW)

    with transaction.atomic():
        services.finish_run(run_id=run.pk, now=NOW)

    assert not AnswerFile.objects.exists()


def test_a_file_shares_its_page_with_no_other_question():
    value = with_file()
    value["sections"][1]["one_page"] = True

    assert refusals(value) == ["sections[1] : un fichier se demande sur une page à lui"]


def test_the_holder_of_the_link_reads_it_back_and_nobody_else(client, run):
    file_id = keep(run)["proof"]
    mine, other = begun(), begun()
    Diagnostic.objects.filter(pk=mine.pk).update(run=run)

    answer = client.get(f"/diagnostic/{run.key}/fichiers/{file_id}/")

    assert answer.content == PDF
    assert answer["Content-Disposition"] == 'attachment; filename="kbis.pdf"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert client.get(f"/diagnostic/{other.run.key}/fichiers/{file_id}/").status_code == 404


def test_a_file_is_sent_by_the_page_of_its_question(client, run, monkeypatch):
    monkeypatch.setattr("diagnostics.views.flash.is_flash", lambda _version_id: True)
    diagnostic = begun()
    Diagnostic.objects.filter(pk=diagnostic.pk).update(run=run)
    services.save_answers(run=run, values={"size": "alone", "has": ["shop"]}, seen={}, now=NOW)
    page = f"/diagnostic/{run.key}/question/proof/"

    shown = client.get(page).content.decode()
    answer = client.post(page, {"proof": SimpleUploadedFile("kbis.pdf", PDF), "seen-proof": "0"})

    assert 'enctype="multipart/form-data"' in shown
    assert answer["Location"].endswith("/question/speed/")
    file = AnswerFile.objects.get()
    assert f"../../fichiers/{file.pk}/" in client.get(page).content.decode()
