"""Visits and interviews by their services, their pages and what a device sends."""

import json
import random
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar
from PIL import Image

from diagnostics.interview_log import Act
from diagnostics.models import Appointment, Diagnostic, EvidencePhoto, InterviewAct, Synthesis
from diagnostics.services import appointments, interviews, signing
from diagnostics.services.reference import referential_of
from diagnostics.synthesis import proposed
from directory.models import Company
from emn.accounts.personal_data import ErasureRefused
from emn.accounts.services import erase_account, purge_personal_data
from emn.lib.storage import private_storage
from emn.mailings.models import OutboundEmail
from emn.questionnaires.paths import random_answers
from emn.questionnaires.services import digest_of
from tests.diagnostics.factories import finished
from tests.diagnostics.visits import NOW, adviser, booked, interview, member
from tests.directory.factories import EpciFactory, UserFactory

pytestmark = pytest.mark.django_db
VISIT = NOW + timedelta(days=3)


@pytest.fixture(autouse=True)
def no_second_factor(settings):
    settings.STAFF_MFA_REQUIRED = False


def note(diagnostic, *acts, now=VISIT):
    return interviews.note(
        diagnostic_id=diagnostic.pk, acts=acts, user_id=diagnostic.adviser.user_id, now=now
    )


def concluded(seed=1):
    """An interview whose answers are all declared, and its result."""
    diagnostic = interview()
    chance = random.Random(seed)  # noqa: S311 -- a draw
    answers = random_answers(interviews.definition_of(diagnostic), chance)
    note(diagnostic, *(Act(uuid4(), "declared", *pair, VISIT) for pair in answers.items()))
    user_id = diagnostic.adviser.user_id
    return interviews.conclude(diagnostic_id=diagnostic.pk, user_id=user_id, now=VISIT)


def written(diagnostic, **more):
    """Its synthesis, as proposed."""
    content = proposed(
        referential_of(diagnostic.referential_id), diagnostic.result,
        today=VISIT.date(), language="fr",
    )  # fmt: skip
    signing.write_synthesis(
        diagnostic_id=diagnostic.pk,
        user_id=diagnostic.adviser.user_id,
        content=content | more,
        now=VISIT,
    )
    return Diagnostic.objects.select_related("synthesis").get(pk=diagnostic.pk)


def sign(diagnostic, party, *, seen=None):
    shown = Diagnostic.objects.select_related("synthesis", "run").get(pk=diagnostic.pk)
    return signing.sign(
        diagnostic_id=diagnostic.pk, user_id=diagnostic.adviser.user_id, party=party,
        full_name="Anna Klein", drawing="", seen_sha256=seen or digest_of(signing.to_sign(shown)),
        now=VISIT,
    )  # fmt: skip


@pytest.fixture
def signed():
    diagnostic = written(concluded())
    sign(diagnostic, "adviser")
    return sign(diagnostic, "company")


# --- Appointments ---


def test_a_company_takes_a_visit_and_both_are_written_to(client, settings):
    who, firm = adviser(), member()
    client.force_login(firm.user)
    page = reverse("diagnostics:book")
    slot = client.get(page).context["form"].fields["slot"].choices[0][0]

    response = client.post(page, {"slot": slot, "phone": "03 87 00 00 00", "wish": "Le site"})

    visit = Appointment.objects.get()
    mails = {mail.to_email: mail for mail in OutboundEmail.objects.all()}
    assert response["Location"] == reverse("diagnostics:appointment", args=[visit.pk])
    assert set(mails) == {firm.user.email, who.user.email}
    assert "03 87" in mails[who.user.email].text_body
    entry = Calendar.from_ical(client.get(f"{response['Location']}visite.ics").content)
    assert entry.walk("VEVENT")[0].decoded("dtstart") == visit.starts_at
    assert client.get(response["Location"]).status_code == 200
    assert client.post(page, {"slot": slot}).status_code == 422  # one to come is enough


def test_the_database_refuses_an_adviser_in_two_places():
    visit = booked()

    with pytest.raises(IntegrityError, match="adviser_once_at_a_time"), transaction.atomic():
        Appointment.objects.create(
            adviser=visit.adviser, company=member().company, booked_at=NOW,
            starts_at=visit.starts_at + timedelta(minutes=30), ends_at=visit.ends_at,
        )  # fmt: skip


def test_a_slot_that_went_meanwhile_is_refused():
    who, firm, other = adviser(), member(), member()
    slot = appointments.slots_for(other.company, now=NOW)[0]
    booked(who, firm)

    with pytest.raises(appointments.AppointmentRefused, match="vient d’être pris"):
        appointments.book(
            company_id=other.company_id, adviser_id=who.pk, starts_at=slot.starts_at,
            user_id=other.user_id, now=NOW,
        )  # fmt: skip


def test_the_less_busy_of_those_who_come_there_is_proposed():
    busy, firm = adviser(), member()
    booked(busy, member())
    elsewhere, free = adviser(), adviser()
    elsewhere.epcis.add(EpciFactory(siren="200000000"))

    assert {slot.adviser_id for slot in appointments.slots_for(firm.company, now=NOW)} == {free.pk}


def test_a_visit_called_off_gives_its_slot_back():
    visit = booked()

    for _twice in range(2):
        appointments.cancel(appointment_id=visit.pk, now=NOW)

    free = appointments.slots_for(member().company, now=NOW)
    told = OutboundEmail.objects.filter(kind="diagnostics/emails/appointment_cancelled")
    assert visit.starts_at in {slot.starts_at for slot in free}
    assert told.count() == 2


def test_a_visit_that_has_been_is_not_called_off(client):
    visit = booked()
    client.force_login(visit.booked_by)

    response = client.post(reverse("diagnostics:appointment", args=[visit.pk]))

    assert response.status_code == 409
    assert Appointment.objects.standing().exists()


def test_a_visit_of_others_is_not_found(client):
    visit = booked()
    client.force_login(UserFactory())
    assert client.get(reverse("diagnostics:appointment", args=[visit.pk])).status_code == 404

    client.force_login(adviser().user)
    page = reverse("diagnostics:adviser_appointment", args=[visit.pk])
    assert client.get(page).status_code == 404


def test_the_feed_lists_visits_until_its_address_changes(client):
    visit = booked(now=timezone.now())
    page = reverse("diagnostics:adviser_calendar", args=[visit.adviser.calendar_key])
    feed = Calendar.from_ical(client.get(page).content)
    client.force_login(visit.adviser.user)

    client.post(reverse("diagnostics:desk"))

    assert [str(entry["summary"]) for entry in feed.walk("VEVENT")] == [
        "Pré-diagnostic : Boulangerie Klein"
    ]
    assert client.get(page).status_code == 404


# --- The interview ---


def test_what_a_company_said_before_is_declared_from_the_start():
    flash, firm = finished(), member()

    diagnostic = interview(firm=firm, flash_id=flash.pk)

    flash.refresh_from_db()
    declared = interviews.facts(diagnostic).declared
    assert flash.company_id == firm.company_id
    assert (declared["trade"], declared["s_goals"]) == ("10.71C", "none")


def raw(question, value, *, do="observed", at=VISIT, client_id=None):
    return {
        "client_id": str(client_id or uuid4()), "do": do, "question": question, "value": value,
        "at": at.isoformat(),
    }  # fmt: skip


def send(client, diagnostic, acts):
    page = reverse("diagnostics:interview_acts", args=[diagnostic.pk])
    response = client.post(page, json.dumps({"acts": acts}), "application/json")
    return [one["outcome"] for one in response.json()["acts"]]


def test_a_device_replays_its_acts_and_nothing_is_doubled(client):
    diagnostic = interview()
    client.force_login(diagnostic.adviser.user)
    before = diagnostic.acts.count()
    acts = [raw("s_goals", "plan"), raw("x_backup", "no"), raw("s_goals", "Vu", do="note")]

    once, again = send(client, diagnostic, acts), send(client, diagnostic, acts[:2])

    assert (once, again) == (["kept"] * 3, ["kept"] * 2)
    assert diagnostic.acts.count() == before + 3


def test_acts_sent_again_undo_neither_the_result_nor_a_signature():
    """The tablet did not hear that its acts were kept; the adviser went on elsewhere meanwhile."""
    diagnostic = interview()
    chance = random.Random(1)  # noqa: S311 -- a draw
    answers = random_answers(interviews.definition_of(diagnostic), chance)
    acts = [Act(uuid4(), "declared", *pair, VISIT) for pair in answers.items()]
    note(diagnostic, *acts)
    interviews.conclude(diagnostic_id=diagnostic.pk, user_id=diagnostic.adviser.user_id, now=VISIT)
    sign(written(Diagnostic.objects.get(pk=diagnostic.pk)), "company")

    again = note(diagnostic, *acts, now=VISIT + timedelta(minutes=9))

    diagnostic.refresh_from_db()
    assert None not in again
    assert diagnostic.result is not None
    assert diagnostic.signatures.count() == 1


def test_one_malformed_act_does_not_keep_the_others(client):
    diagnostic = interview()
    client.force_login(diagnostic.adviser.user)
    malformed = [
        raw("s_goals", "sideways"), raw("nothing", "plan"), raw("s_goals", "plan", do="sing"),
        raw("s_goals", ["plan"]), raw("s_goals", {"a": 1}), raw("s_goals", "x" * 2001, do="note"),
        raw("s_goals", "\0", do="note"), raw("s_goals", "\ud83d", do="note"),
        raw("s_goals", "plan") | {"client_id": "?"}, raw("s_goals", "plan") | {"at": "noon"},
        raw("s_goals", "plan") | {"at": "2026-12-03T09:00:00"}, {},
    ]  # fmt: skip

    outcomes = send(client, diagnostic, [*malformed, "no act", raw("s_goals", "list")])

    assert outcomes == ["refused"] * len(malformed) + ["kept"]
    assert interviews.facts(diagnostic).observed == {"s_goals": "list"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_later_of_two_devices_holds_whichever_comes_first(client, order):
    diagnostic = interview()
    client.force_login(diagnostic.adviser.user)
    devices = (
        raw("s_goals", "plan", at=VISIT - timedelta(hours=2)),
        raw("s_goals", "none", at=VISIT - timedelta(hours=1)),
    )

    for device in order:
        send(client, diagnostic, [devices[device]])

    assert interviews.facts(diagnostic).observed == {"s_goals": "none"}


def test_an_act_is_never_dated_after_it_came():
    diagnostic = interview()

    note(diagnostic, Act(uuid4(), "observed", "s_goals", "plan", VISIT + timedelta(days=300)))
    later = VISIT + timedelta(minutes=1)
    note(diagnostic, Act(uuid4(), "observed", "s_goals", "none", later), now=later)

    assert interviews.facts(diagnostic).observed == {"s_goals": "none"}


def picture(kind="JPEG"):
    content = BytesIO()
    Image.new("RGB", (2000, 20), "teal").save(content, kind)
    return content.getvalue()


def send_photo(client, diagnostic, content, *, client_id=None):
    page = reverse("diagnostics:interview_photos", args=[diagnostic.pk])
    file = SimpleUploadedFile("mur.jpg", content)
    fields = {"client_id": str(client_id or uuid4()), "at": VISIT.isoformat(), "file": file}
    return client.post(page, {**fields, "question": "s_goals"}).status_code


def test_photos_are_written_again_and_kept_once(client):
    diagnostic = interview()
    client.force_login(diagnostic.adviser.user)
    client_id = uuid4()

    codes = [send_photo(client, diagnostic, picture(), client_id=client_id) for _ in range(2)]
    codes.append(send_photo(client, diagnostic, b"<svg/>"))

    photo = EvidencePhoto.objects.get()
    shown = client.get(reverse("diagnostics:interview_photo", args=[diagnostic.pk, photo.pk]))
    image = Image.open(BytesIO(b"".join(shown.streaming_content)))
    shown.close()
    private_storage().delete(photo.file.name)
    assert codes == [200, 200, 422]
    assert (image.format, image.size) == ("WEBP", (1600, 16))


def test_a_photo_that_is_not_written_leaves_no_file(monkeypatch):
    diagnostic, client_id = interview(), uuid4()

    def fail(*_args, **_more):
        raise RuntimeError

    monkeypatch.setattr(EvidencePhoto, "save", fail)
    folder = private_storage()
    with pytest.raises(RuntimeError):
        interviews.add_photo(
            diagnostic_id=diagnostic.pk, client_id=client_id, question="s_goals",
            picture=b"x", at=NOW, user_id=diagnostic.adviser.user_id, now=NOW,
        )  # fmt: skip

    name = EvidencePhoto(diagnostic=diagnostic).file.field.generate_filename(
        EvidencePhoto(diagnostic=diagnostic), f"{client_id}.webp"
    )
    assert not folder.exists(name)


def test_an_interview_of_another_adviser_is_not_found(client):
    diagnostic = interview()
    client.force_login(adviser().user)
    pages = ("interview", "interview_shell", "interview_state", "synthesis", "signing")

    codes = [
        client.get(reverse(f"diagnostics:{name}", args=[diagnostic.pk])).status_code
        for name in pages
    ]
    codes += [
        client.post(
            reverse(f"diagnostics:{name}", args=[diagnostic.pk]), '{"acts": []}', "application/json"
        ).status_code
        for name in ("interview_acts", "interview_photos")
    ]

    assert codes == [404] * 7


def test_the_page_saves_without_a_script(client):
    diagnostic = interview()
    client.force_login(diagnostic.adviser.user)
    page = reverse("diagnostics:interview", args=[diagnostic.pk])
    sent = {
        "s_goals-shown": "1", "s_goals-declared": "plan", "s_goals-observed": "none",
        "s_goals-note": "Rien d’écrit", "situation-shown": "1", "situation-declared": ["premises"],
        "do": "strategy",
    }  # fmt: skip

    response = client.post(page, sent)
    client.post(page, {**sent, "s_goals-observed": ""})

    known = interviews.facts(diagnostic)
    assert response["Location"] == f"{page}#strategy"
    assert known.declared == {"trade": "10.71C", "s_goals": "plan", "situation": ["premises"]}
    assert (known.observed, known.notes) == ({}, {"s_goals": "Rien d’écrit"})


def test_an_interview_lacking_answers_says_where(client):
    diagnostic = interview()
    client.force_login(diagnostic.adviser.user)

    response = client.post(
        reverse("diagnostics:interview", args=[diagnostic.pk]), {"do": "conclude"}
    )

    assert response.status_code == 409
    assert "Il manque des réponses dans « Votre entreprise »." in response.content.decode()


# --- Synthesis and signatures ---


def test_what_was_seen_counts_more_than_what_was_said():
    diagnostic = concluded()
    question = "x_backup"
    said = interviews.facts(diagnostic).declared[question]
    seen = next(
        code
        for code in interviews.definition_of(diagnostic).questions[question].option_codes
        if code != said
    )

    note(diagnostic, Act(uuid4(), "observed", question, seen, VISIT))
    again = interviews.conclude(
        diagnostic_id=diagnostic.pk, user_id=diagnostic.adviser.user_id, now=VISIT
    )

    assert again.run.answers.get(question=question).value == seen


def test_other_words_than_those_shown_are_not_signed():
    diagnostic = written(concluded())
    seen = digest_of(signing.to_sign(diagnostic))
    sign(diagnostic, "adviser")

    content = {
        "strengths": ["a", "b", "c"], "risks": ["d", "e", "f"], "measures": [],
        "other_aid_cents": 0,
        "priorities": [{"text": "g", "who": "", "due_on": "2027-01-01"}] * 3,
    }  # fmt: skip
    signing.write_synthesis(
        diagnostic_id=diagnostic.pk, user_id=diagnostic.adviser.user_id, content=content, now=VISIT
    )

    with pytest.raises(signing.SignatureRefused, match="a changé"):
        sign(diagnostic, "company", seen=seen)
    assert not diagnostic.signatures.exists()  # the first signed other words


def test_what_passes_the_ceiling_with_what_the_centre_gave_is_not_signed(signed):
    company, aid = signed.company, Synthesis.objects.get().shown["aid"]["aid_cents"]
    other = concluded()
    Diagnostic.objects.filter(pk=other.pk).update(company=company)

    for declared in (300_000_00 - 2 * aid, 300_000_00 - 2 * aid + 1):
        diagnostic = written(other, other_aid_cents=declared)
        if declared + 2 * aid > 300_000_00:
            with pytest.raises(signing.SignatureRefused, match="300 000"):
                sign(diagnostic, "company")
        else:
            sign(diagnostic, "company")


def test_what_was_granted_between_both_signatures_counts(signed):
    aid = Synthesis.objects.get().shown["aid"]["aid_cents"]
    half = concluded()
    Company.objects.filter(pk=half.company_id).update(siret="90000000000015")
    half = written(half, other_aid_cents=300_000_00 - aid)
    sign(half, "adviser")  # the whole room is left for this one
    Diagnostic.objects.filter(pk=half.pk).update(company=signed.company)

    with pytest.raises(signing.SignatureRefused, match="300 000"):
        sign(half, "company")


def test_what_both_signed_is_frozen_and_the_next_visits_planned(signed, client):
    assert (f"{signed.t1_planned_on}", f"{signed.t2_planned_on}") == ("2027-10-08", "2028-10-08")
    for change in (
        lambda: Diagnostic.objects.filter(pk=signed.pk).update(result={}),
        lambda: Synthesis.objects.update(risks=[]),
        lambda: signed.signatures.update(shown_sha256="0" * 64),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    client.force_login(signed.adviser.user)
    assert send(client, signed, [raw("s_goals", "plan")]) == ["late"]
    assert interviews.facts(signed).observed == {}
    assert send_photo(client, signed, picture()) == 422
    with pytest.raises(signing.SignatureRefused, match="signé"):
        written(signed)


def test_both_papers_are_written_once_and_given_to_the_company_alone(signed, client):
    firm = signed.appointment.booked_by

    counts = [signing.issue_missing(now=VISIT) for _ in range(2)]

    page = reverse("diagnostics:own_document", args=[signed.pk, "attestation"])
    client.force_login(UserFactory())
    stranger = client.get(page).status_code
    client.force_login(firm)
    assert (counts, stranger) == ([2, 0], 404)
    assert client.get(page).content.startswith(b"%PDF")
    assert page in client.get(reverse("diagnostics:mine")).content.decode()
    told = OutboundEmail.objects.filter(kind="diagnostics/emails/visit_documents")
    assert [mail.to_email for mail in told] == [firm.email]
    client.force_login(signed.adviser.user)
    assert "(PDF)" in client.get(reverse("diagnostics:signing", args=[signed.pk])).content.decode()


# --- Counts, people ---


def queries(client, page):
    with CaptureQueriesContext(
        connection,
    ) as counted:
        assert client.get(page).status_code == 200
    return len(counted)


def test_pages_of_an_adviser_ask_the_same_of_one_and_of_many(client):
    now = timezone.now()
    diagnostic = interview(now=now)
    who = diagnostic.adviser
    booked(who, member(), now=now)
    client.force_login(who.user)
    pages = [
        reverse("diagnostics:desk"),
        *(
            reverse(f"diagnostics:{name}", args=[diagnostic.pk])
            for name in ("interview", "interview_state")
        ),
    ]
    queries(client, pages[0])  # what a process reads once
    one = [queries(client, page) for page in pages]

    note(diagnostic, *(Act(uuid4(), "note", "s_goals", f"{n}", VISIT) for n in range(30)))
    for number in range(3):
        EvidencePhoto.objects.create(
            diagnostic=diagnostic, client_id=uuid4(), question="s_goals", file=f"{number}.webp",
            taken_at=VISIT, received_at=VISIT,
        )  # fmt: skip
        later = now + timedelta(days=40 * (number + 1))
        booked(who, member(), now=later)
        interview(who=who, firm=member(), now=later)

    assert [queries(client, page) for page in pages] == one


def test_who_took_a_visit_is_forgotten_and_the_visit_stays():
    visit = booked(phone="03 87 00 00 00", wish="Le site")

    erase_account(user_id=visit.booked_by_id)

    visit.refresh_from_db()
    assert (visit.booked_by, visit.phone, visit.wish) == (None, "", "")


def test_an_interview_that_nobody_signed_goes_after_a_year_with_its_photos():
    diagnostic = interview()
    name = private_storage().save("constats/a.webp", BytesIO(b"x"))
    EvidencePhoto.objects.create(
        diagnostic=diagnostic, client_id=uuid4(), question="s_goals", file=name,
        taken_at=VISIT, received_at=VISIT,
    )  # fmt: skip

    purge_personal_data(now=VISIT + timedelta(days=364), write=True)
    kept = Diagnostic.objects.exists()
    purge_personal_data(now=VISIT + timedelta(days=366), write=True)

    assert kept
    assert not Diagnostic.objects.exists()
    assert not InterviewAct.objects.exists()
    assert not Appointment.objects.exists()
    private_storage().delete(name)  # goes at the commit, which no test of this file makes


def test_an_adviser_whom_companies_await_is_not_erased():
    visit, over = booked(now=timezone.now()), booked()

    with pytest.raises(ErasureRefused, match="attendent votre visite"):
        erase_account(user_id=visit.adviser.user_id)

    erase_account(user_id=over.adviser.user_id)
    over.adviser.refresh_from_db()
    assert (over.adviser.user, over.adviser.takes_visits) == (None, False)
