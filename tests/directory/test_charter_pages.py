"""The charter as everyone reads it, and the company's and the centre's own pages."""

import csv
import io
import json
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from directory.models import Adhesion, Evidence, Recognition, SearchDocument
from directory.services import charter, charter_checks, charter_recognition
from emn.accounts import personal_data
from emn.accounts.enums import Role
from emn.accounts.services import purge_personal_data
from emn.lib.calendar import add_months
from emn.mailings.models import OutboundEmail
from tests.directory import charter as make
from tests.directory.factories import UserFactory, published_card
from tests.directory.test_admin import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def at(monkeypatch):
    """Make the pages believe that it is another day."""

    def set_(day):
        monkeypatch.setattr(
            timezone,
            "localdate",
            lambda value=None, _tz=None: day if value is None else timezone.localtime(value).date(),
        )

    return set_


def page(client, name, *args):
    response = client.get(reverse(name, args=args))
    return response, response.content.decode()


def test_the_charter_says_its_clauses_scope_and_exclusions(client):
    make.text()

    _response, html = page(client, "charter:current")

    for words in ("Tenir le prix et les délais", "lowest", "prix le plus bas"):
        assert (words in html) == (words != "lowest")
    assert "Ce n’est pas un permis d’exercer" in html
    assert "n’est la suite d’aucune marque existante" in html


@pytest.mark.parametrize(
    ("prefix", "words"), [("/de", "Preis und Fristen"), ("/en", "Keep to price")]
)
def test_the_charter_in_another_language(client, prefix, words):
    make.text()

    assert words in client.get(f"{prefix}/charte/").content.decode()


def test_a_version_has_its_own_page_and_an_unknown_one_none(client):
    make.text()

    assert client.get("/charte/1.0/").status_code == 200
    assert client.get("/charte/9.9/").status_code == 404


def test_no_text_yet_is_said(client):
    assert "paraîtra bientôt" in client.get("/charte/").content.decode()


def test_the_register_shows_who_was_in_force_and_nobody_else(client, now):
    shown = make.active(now=now)
    hidden = make.submitted(now=now)

    _response, html = page(client, "charter:register")

    assert reverse("charter:signatory", args=[shown.siren]) in html
    assert hidden.siren not in html
    assert client.get(reverse("charter:signatory", args=[hidden.siren])).status_code == 404


@pytest.mark.parametrize(
    ("act", "state"),
    [("suspend", "suspended"), ("withdraw", "withdrawn"), ("resign", "resigned"), ("", "active")],
)
def test_the_register_is_filtered_by_state(client, now, act, state):
    adhesion = make.active(now=now)
    asked = {"adhesion_id": adhesion.pk, "by_id": UserFactory().pk, "now": now, "reason": "M."}
    if act == "suspend":
        charter_checks.suspend(**asked, until=timezone.localdate() + timedelta(days=9))
    elif act == "withdraw":
        charter_checks.withdraw(**asked)
    elif act == "resign":
        charter.resign(adhesion_id=adhesion.pk, user_id=make.owner_of(adhesion.company).pk, now=now)

    found = {
        name: adhesion.siren in client.get(f"/charte/signataires/?etat={name}").content.decode()
        for name in ("active", "suspended", "expired", "resigned", "withdrawn")
    }

    assert found == {name: name == state for name in found}
    assert adhesion.siren in client.get("/charte/signataires/").content.decode()


def test_the_register_is_searched_by_name_and_siren(client, now):
    adhesion = make.active(make.company_of(name="Atelier de la Nied"), now=now)

    for words, found in (("nied", True), (adhesion.siren, True), ("moselle", False)):
        html = client.get("/charte/signataires/", {"q": words}).content.decode()
        assert (reverse("charter:signatory", args=[adhesion.siren]) in html) == found


def test_the_register_asks_as_much_for_many_as_for_one(client, now, django_assert_num_queries):
    make.active(now=now)
    with django_assert_num_queries(6):
        client.get("/charte/signataires/")
    for _ in range(4):
        make.active(now=now)

    with django_assert_num_queries(6):
        client.get("/charte/signataires/")


def test_an_ended_adhesion_leaves_the_register_after_24_months(client, now, at):
    adhesion = make.active(now=now)
    charter_checks.withdraw(adhesion_id=adhesion.pk, by_id=UserFactory().pk, reason="M.", now=now)
    day = timezone.localdate(now)

    at(day.replace(year=day.year + 2) - timedelta(days=1))
    assert client.get(reverse("charter:signatory", args=[adhesion.siren])).status_code == 200
    at(day.replace(year=day.year + 2))
    assert client.get(reverse("charter:signatory", args=[adhesion.siren])).status_code == 404


def test_the_history_of_a_signatory_names_no_reason(client, now):
    adhesion = make.active(now=now)
    charter_checks.suspend(
        adhesion_id=adhesion.pk, by_id=UserFactory().pk, now=now, reason="Motif confidentiel.",
        until=timezone.localdate() + timedelta(days=9),
    )  # fmt: skip

    _response, html = page(client, "charter:signatory", adhesion.siren)

    assert "Suspendue" in html
    assert "Entrée en vigueur" in html
    assert "confidentiel" not in html
    assert "Alice Martin" not in html


def badge_in(client, card):
    listed = client.get("/annuaire/").content.decode()
    shown = client.get(card.get_absolute_url()).content.decode()
    return ("Charte e-TIC depuis" in listed, "Signataire de la charte e-TIC depuis" in shown)


def test_the_badge_is_on_the_card_and_in_the_list_until_day_zero(client, now, at):
    company = make.company_of()
    card = company.providers.get()
    assert badge_in(client, card) == (False, False)
    adhesion = make.active(company, now=now)

    assert badge_in(client, card) == (True, True)
    at(adhesion.expires_on - timedelta(days=1))
    assert badge_in(client, card) == (True, True)
    at(adhesion.expires_on)  # nothing has run since
    assert badge_in(client, card) == (False, False)


def test_the_list_is_filtered_by_the_charter_until_day_zero(client, now, at):
    company = make.company_of(name="Atelier signataire")
    published_card(name="Autre atelier")
    assert "Engagement</h" not in client.get("/annuaire/").content.decode()
    adhesion = make.active(company, now=now)

    def found():
        html = client.get("/annuaire/?charte=oui").content.decode()
        return ("Atelier signataire" in html, "Autre atelier" in html)

    assert found() == (True, False)
    everything = client.get("/annuaire/").content.decode()
    assert "?charte=oui" in everything
    at(adhesion.expires_on - timedelta(days=1))
    assert found() == (True, False)
    at(adhesion.expires_on)
    assert found()[0] is False


def test_the_badge_goes_with_a_suspension_and_comes_back_by_itself(client, now, at):
    adhesion = make.active(now=now)
    card = adhesion.company.providers.get()
    until = timezone.localdate() + timedelta(days=30)
    charter_checks.suspend(
        adhesion_id=adhesion.pk, by_id=UserFactory().pk, now=now, reason="M.", until=until
    )

    assert badge_in(client, card) == (False, False)
    at(until)
    assert badge_in(client, card) == (True, True)


def test_a_card_published_after_the_signature_has_the_badge(client, now):
    adhesion = make.active(now=now)
    other = published_card(company=adhesion.company, name="Autre marque")

    assert SearchDocument.objects.get(pk=other.pk).charter_since == timezone.localdate(now)


def test_the_register_can_be_taken_whole(client, now, tmp_path):
    adhesion = make.active(make.company_of(), now=now)

    rows = list(csv.DictReader(
        io.StringIO(client.get("/charte/signataires.csv").content.decode("utf-8-sig")),
        delimiter=";",
    ))  # fmt: skip
    content = json.loads(client.get("/charte/signataires.json").content)
    call_command("export_charter", tmp_path / "out")

    assert rows[0]["document_sha256"] == adhesion.document_sha256
    assert content["charters"][0]["texts"]["fr"]["clauses"]
    assert [step["kind"] for step in content["adhesions"][0]["history"]] == ["activated"]
    assert "Alice Martin" not in json.dumps(content)
    assert (tmp_path / "out" / "signed" / f"{adhesion.reference}.pdf").exists()
    with pytest.raises(CommandError, match="vide"):
        call_command("export_charter", tmp_path / "out")


def test_a_changed_document_is_seen_when_the_register_is_taken(now, tmp_path):
    adhesion = make.active(now=now)
    with adhesion.document.storage.open(adhesion.document.name, "wb") as file:
        file.write(b"autre")

    with pytest.raises(CommandError, match="empreinte"):
        call_command("export_charter", tmp_path / "out")


def test_the_register_is_in_the_api(client, now):
    adhesion = make.active(now=now)
    make.submitted(now=now)

    content = client.get("/api/v1/signatories/").json()

    assert [(row["siren"], row["state"]) for row in content["results"]] == [
        (adhesion.siren, "active")
    ]
    assert set(content["results"][0]) == {
        "reference", "siren", "name", "commune_code", "charter_version", "state", "member_since",
        "starts_on", "expires_on", "ended_on",
    }  # fmt: skip


def form_of(**changed):
    return {
        "name": "Alice Martin",
        "role": "Gérante",
        "power_basis": "representative",
        "without_reservation": "on",
        "may_bind": "on",
        "accepts_complaints": "on",
        "version": "1.0",
    } | changed


def test_an_owner_signs_brings_documents_and_sends_them(client):
    make.text()
    company = make.company_of()
    client.force_login(make.owner_of(company))

    begun = client.post(reverse("charter:start", args=[company.siret]), follow=True)
    assert "Je signe la charte" in begun.content.decode()
    row = Adhesion.objects.get()
    refused = client.post(reverse("charter:sign", args=[row.pk]), form_of(may_bind=""))
    assert "Alice Martin" in refused.content.decode()  # nothing typed is lost
    client.post(reverse("charter:sign", args=[row.pk]), form_of())
    file = SimpleUploadedFile("devis.pdf", make.PDF)
    client.post(reverse("charter:evidence_add", args=[row.pk]), {"kind": "quote", "file": file})
    client.post(reverse("charter:submit", args=[row.pk]))

    row.refresh_from_db()
    assert row.status == "documentary_check"
    html = client.get(reverse("charter:adhesion", args=[row.pk])).content.decode()
    assert "devis.pdf" in html
    assert html.count("déclaré") == 7


def test_a_stale_text_is_shown_again_before_it_is_signed(client):
    row = make.started()
    client.force_login(make.owner_of(row.company))

    answer = client.post(reverse("charter:sign", args=[row.pk]), form_of(version="0.9"))

    assert "relisez-la" in answer.content.decode()
    assert 'name="version" value="1.0"' in answer.content.decode()


def test_files_are_kept_never_shown(client, now):
    row = make.submitted(now=now)
    client.force_login(make.owner_of(row.company))

    for name, pk in (("evidence_file", Evidence.objects.get().pk), ("document", row.pk)):
        answer = client.get(reverse(f"charter:{name}", args=[pk]))
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert b"".join(answer.streaming_content)


def uploaded(client, row, name, content):
    file = SimpleUploadedFile(name, content)
    address = reverse("charter:evidence_add", args=[row.pk])
    return client.post(address, {"kind": "quote", "file": file}).content.decode()


@pytest.mark.parametrize(
    "content", [b"<html><script>", b"%PDF-1.7 sans fin", b"MZ\x90", b"\x89PNG\r\n\x1a\nabime"]
)
def test_what_is_neither_a_pdf_nor_a_picture_is_refused(client, content):
    row = make.signed()
    client.force_login(make.owner_of(row.company))

    assert "Déposez un PDF entier" in uploaded(client, row, "a.pdf", content)
    assert not Evidence.objects.exists()


def test_a_picture_is_written_again(client):
    row = make.signed()
    client.force_login(make.owner_of(row.company))
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, "JPEG", comment=b"secret")

    uploaded(client, row, "scan.jpg", file.getvalue())

    with Evidence.objects.get().file.open("rb") as kept:
        content = kept.read()
    assert content[8:12] == b"WEBP"
    assert b"secret" not in content


MEMBER_PAGES = ["adhesion", "sign", "document", "resign", "abandon", "submit", "evidence_add"]


@pytest.mark.parametrize("name", MEMBER_PAGES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_company_s_adhesion_is_not_found(client, name, method):
    row = make.signed()
    client.force_login(UserFactory())

    answer = getattr(client, method)(reverse(f"charter:{name}", args=[row.pk]))

    allows = {"get": {"submit", "abandon"}, "post": {"adhesion", "document"}}  # 405, no more
    assert answer.status_code == (405 if name in allows[method] else 404)


def test_another_company_s_document_is_not_found(client):
    piece = make.with_piece(make.signed())
    client.force_login(UserFactory())

    assert client.get(reverse("charter:evidence_file", args=[piece.pk])).status_code == 404
    assert client.post(reverse("charter:evidence_remove", args=[piece.pk])).status_code == 404
    assert Evidence.objects.exists()


def test_reading_a_page_changes_nothing(client):
    row = make.signed()
    client.force_login(make.owner_of(row.company))

    for name in ("adhesion", "resign", "sign"):
        client.get(reverse(f"charter:{name}", args=[row.pk]))
    client.get(reverse("charter:adhesions"))

    assert Adhesion.objects.get().events.count() == 2


def test_a_person_s_companies_are_listed_with_a_fixed_number_of_queries(
    client, django_assert_num_queries
):
    owner = UserFactory()
    address = reverse("charter:adhesions")
    client.force_login(owner)
    for count in (1, 3):
        for _ in range(count):
            make.signed(make.company_of(owner))
        client.get(address)  # the frame of every page is kept until something changes
        with django_assert_num_queries(5):
            client.get(address)


def test_staff_reads_a_document_and_admits(client, now):
    row = make.submitted(now=now)
    piece = Evidence.objects.get()
    sign_in(client, Role.CHARTER)
    change = client.get(reverse("admin:directory_adhesion_change", args=[row.pk]))
    assert "Admettre l’entreprise" in change.content.decode()

    client.post(
        reverse("admin:directory_adhesion_piece", args=[row.pk, piece.pk]),
        {"seen": "waiting", "accepted": "yes", "clauses": ["need", "costs"]},
    )
    client.post(reverse("admin:directory_adhesion_decide", args=[row.pk, "admettre"]))

    row.refresh_from_db()
    piece.refresh_from_db()
    assert (row.status, piece.clauses) == ("active", ["need", "costs"])


@pytest.mark.parametrize("role", [Role.ADVISER, Role.EDITOR, Role.RECEPTION])
def test_other_agents_decide_nothing_and_open_no_file(client, role):
    row = make.submitted()
    piece = Evidence.objects.get()
    sign_in(client, role)

    for name, args in (
        ("decide", [row.pk, "admettre"]),
        ("piece", [row.pk, piece.pk]),
        ("piece_file", [row.pk, piece.pk]),
        ("document", [row.pk]),
    ):
        answer = client.get(reverse(f"admin:directory_adhesion_{name}", args=args))
        assert answer.status_code == 403


def test_the_queue_is_on_the_staff_s_home(client):
    make.submitted()
    sign_in(client, Role.CHARTER)

    assert "adhésions à la charte à vérifier" in client.get("/admin/").content.decode()
    listed = client.get(
        reverse("admin:directory_adhesion_changelist") + "?status__exact=documentary_check"
    )
    assert "CH-2026-" in listed.content.decode()


def recognition(company, now, **changed):
    return charter_recognition.ask_recognition(
        company_id=company.pk, user_id=make.owner_of(company).pk, scheme="etic-benelux",
        link="https://etic.example/atelier", now=now,
        **{"valid_until": timezone.localdate(now) + timedelta(days=200)} | changed,
    )  # fmt: skip


def test_a_recognition_is_answered_within_a_month_and_shown_until_its_end(client, now, at):
    row = recognition(make.company_of(), now)
    assert row.due_on == add_months(timezone.localdate(now), 1)
    with pytest.raises(charter_recognition.RecognitionRefused, match="en cours"):
        recognition(row.company, now)
    charter_recognition.answer_recognition(
        recognition_id=row.pk, by_id=UserFactory().pk, confirmed=True, now=now
    )

    assert "Charte eTIC" in client.get("/charte/signataires/").content.decode()
    assert OutboundEmail.objects.filter(kind="directory/emails/charter_recognition").count() == 1
    at(row.valid_until + timedelta(days=1))
    assert "Charte eTIC" not in client.get("/charte/signataires/").content.decode()


def test_a_recognition_is_answered_once_and_refused_with_a_reason(now):
    row = recognition(make.company_of(), now)
    asked = {"recognition_id": row.pk, "by_id": UserFactory().pk, "now": now}

    with pytest.raises(charter_recognition.RecognitionRefused, match="pourquoi"):
        charter_recognition.answer_recognition(**asked, confirmed=False)
    charter_recognition.answer_recognition(**asked, confirmed=False, reason="Page introuvable.")
    with pytest.raises(charter_recognition.RecognitionRefused, match="déjà"):
        charter_recognition.answer_recognition(**asked, confirmed=True)


def test_a_member_asks_for_a_recognition(client):
    company = make.company_of()
    client.force_login(make.owner_of(company))
    address = reverse("charter:recognition", args=[company.siret])

    bad = client.post(address, {"scheme": "etic-benelux", "link": "pas une adresse"})
    assert "pas une adresse" in bad.content.decode()
    day = timezone.localdate() + timedelta(days=90)
    for link in ("ftp://etic.example/", "javascript:alert(1)"):
        client.post(address, {"scheme": "etic-benelux", "link": link, "valid_until": day})
    assert not Recognition.objects.exists()
    client.post(
        address, {"scheme": "etic-benelux", "link": "https://etic.example/", "valid_until": day}
    )

    assert Recognition.objects.get().company == company


def test_a_signature_outlives_the_account_and_ends_with_its_period(now):
    adhesion = make.active(now=now)
    owner = make.owner_of(adhesion.company)
    personal_data.erase_everything_about(owner)
    adhesion.refresh_from_db()
    assert adhesion.signatory_name == "Alice Martin"

    charter_checks.withdraw(adhesion_id=adhesion.pk, by_id=UserFactory().pk, reason="M.", now=now)
    Adhesion.objects.filter(pk=adhesion.pk).update(
        ended_on=timezone.localdate(now) - timedelta(days=1826)
    )
    purge_personal_data(now=now, write=True)

    adhesion.refresh_from_db()
    assert (adhesion.signatory_name, bool(adhesion.document)) == ("", False)
    assert adhesion.document_sha256
    assert not Evidence.objects.exclude(file="").exists()


def test_a_draft_that_nobody_signs_goes_after_90_days(now):
    old, kept = make.started(now=now), make.started(now=now)
    for row, days in ((old, 91), (kept, 89)):
        Adhesion.objects.filter(pk=row.pk).update(started_at=now - timedelta(days=days))

    purge_personal_data(now=now, write=True)

    assert list(Adhesion.objects.all()) == [kept]


def test_the_document_is_written_once_though_pages_are_read_often(client, now):
    row = make.active(now=now)
    client.force_login(make.owner_of(row.company))

    with patch("directory.services.charter.render_pdf") as render:
        assert b"".join(client.get(reverse("charter:document", args=[row.pk])).streaming_content)

    render.assert_not_called()
