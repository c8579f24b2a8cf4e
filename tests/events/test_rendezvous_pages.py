"""The pages: public ones without cookie and with constant queries; links show, buttons act."""

from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from directory.models import Membership
from emn.accounts.enums import Role
from emn.accounts.personal_data import export_of
from emn.accounts.services import erase_account, purge_personal_data
from emn.lib.forms import is_proof, new_challenge
from events.models import (
    Ballot,
    Irritant,
    IrritantDecision,
    Meeting,
    Participant,
    Pitch,
    TableRequest,
)
from events.services import doors, irritants, outcomes, rendezvous, timetables, voting
from tests.directory import charter
from tests.directory.factories import UserFactory
from tests.directory.test_admin import sign_in
from tests.events import rendezvous as make
from tests.events.factories import mails, seated

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def answered(**values):
    challenge = new_challenge(now=timezone.now() - timedelta(seconds=10))
    proof = next(str(number) for number in count() if is_proof(challenge, str(number)))
    return {"challenge": challenge, "proof": proof, **values}


def live(**fields):
    now = timezone.now()
    return make.evening(now=now, starts_at=now + timedelta(days=15), **fields)


def tables_page(place):
    return reverse("rendezvous:tables", args=[rendezvous.token(place.pk, rendezvous.PARTICIPANT)])


def written(**changed):
    return answered(
        told="Je perds six heures par semaine à recopier.", hours_weekly="6", sector="commerce",
        name="Léa Meyer", company_name="Boulangerie Meyer", email="lea@meyer.example",
    ) | changed  # fmt: skip


def test_an_irritant_is_posted_without_account_nor_cookie_and_confirmed_by_a_button(client):
    sent = client.post("/rendez-vous-solutions/irritants/nouveau/", written())
    row = Irritant.objects.get()
    link = reverse(
        "rendezvous:follow_irritant", args=[rendezvous.token(row.pk, rendezvous.IRRITANT)]
    )
    client.get(link)
    assert Irritant.objects.get().status == "unconfirmed"
    client.post(link, {"do": "confirm"})

    assert sent["Location"].endswith("/irritants/envoye/")
    assert Irritant.objects.get().status == "waiting"
    assert not client.cookies
    assert link in mails("irritant_confirm").get().text_body
    assert client.post(link, {"do": "withdraw"}).status_code == 302
    assert Irritant.objects.get().status == "withdrawn"
    assert client.get(link[:-2] + "/").status_code == 404


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"told": "court"}, "20"), ({"email": "x"}, "adresse"), ({"website": "spam"}, "trop rapide")],
)
def test_bad_input_comes_back_filled(client, changed, words):
    refused = client.post("/rendez-vous-solutions/irritants/nouveau/", written(**changed))

    assert words in refused.content.decode()
    assert 'value="Boulangerie Meyer"' in refused.content.decode()
    assert not Irritant.objects.exists()


@pytest.mark.parametrize("many", [1, 4])
def test_the_list_asks_the_same_queries_of_one_and_many(client, many):
    now = timezone.now()
    for _n in range(many):
        evening = live()
        make.irritant_of(evening, now=now)
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/rendez-vous-solutions/")

    assert page.status_code == 200
    assert "public" in page["Cache-Control"]
    assert not client.cookies
    assert "Boulangerie Meyer" not in page.content.decode()
    assert len(queries) == 4


@pytest.mark.parametrize("many", [1, 3])
def test_an_evening_asks_the_same_queries_of_one_and_many(client, many):
    now = timezone.now()
    evening = live()
    irritant = make.irritant_of(evening, now=now)
    for position in range(1, many + 1):
        make.chosen(make.pitch_of(irritant, now=now), position, now=now)
    with CaptureQueriesContext(connection) as queries:
        page = client.get(evening.get_absolute_url())

    words = page.content.decode()
    assert "Concret, et le prix est dit." in words
    assert "Alice Martin" not in words
    assert "public" in page["Cache-Control"]
    assert len(queries) == 7


def test_an_irritant_waits_for_its_evening_and_leaves_the_list_with_it(client, monkeypatch):
    now = timezone.now()
    evening = live()
    make.irritant_of(evening, now=now, text="Celui de la soirée.")
    make.irritant_of(None, now=now, text="Celui qui attend.", email="b@meyer.example")

    before = client.get("/rendez-vous-solutions/").content.decode()
    later = evening.session.ends_at + timedelta(hours=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    after = client.get("/rendez-vous-solutions/").content.decode()

    assert ("Celui de la soirée." in before, "Celui qui attend." in before) == (True, True)
    assert ("Celui de la soirée." in after, "Celui qui attend." in after) == (False, True)


def test_a_provider_without_charter_is_told_why_and_where_to_sign(client):
    now = timezone.now()
    evening = live()
    irritant = make.irritant_of(evening, now=now)
    url = reverse("rendezvous:answer", args=[irritant.pk])
    assert client.get(url).status_code == 302
    company = charter.company_of()
    client.force_login(charter.owner_of(company))

    for path in (url, reverse("rendezvous:hold_table", args=[evening.session.slug])):
        refused = client.get(path)
        assert refused.status_code == 403
        assert "charte en vigueur" in refused.content.decode()
        assert 'href="/charte/"' in refused.content.decode()
        assert client.post(path, {"fiche": company.providers.get().pk}).status_code == 403
    assert not Pitch.objects.exists()
    assert not Participant.objects.exists()


def test_a_signatory_answers_withdraws_and_holds_a_table(client):
    now = timezone.now()
    evening = live()
    irritant = make.irritant_of(evening, now=now)
    card = make.signatory(now=now)
    client.force_login(make.owner_of(card))
    url = reverse("rendezvous:answer", args=[irritant.pk])

    short = client.post(url, {"provider": card.pk, "answer": "court"})
    sent = client.post(url, {"provider": card.pk, "answer": "Un bon de commande partagé, 900 €."})
    pitch = Pitch.objects.get()
    mine = client.get(reverse("rendezvous:mine"))
    client.post(reverse("rendezvous:mine"), {"pitch": pitch.pk})
    held = client.post(
        reverse("rendezvous:hold_table", args=[evening.session.slug]), {"fiche": card.pk}
    )

    assert short.status_code == 200
    assert sent["Location"] == reverse("rendezvous:mine")
    assert "recopions" in mine.content.decode()
    assert Pitch.objects.get().status == "withdrawn"
    assert held["Location"] == tables_page(Participant.objects.get())
    other = Client()
    other.force_login(UserFactory())
    assert other.post(reverse("rendezvous:mine"), {"pitch": pitch.pk}).status_code == 404


# --- The vote ---


def test_the_room_votes_by_telephone_without_a_cookie(client):
    now = timezone.now()
    evening = live()
    irritant = make.irritant_of(evening, now=now)
    pitch = make.chosen(make.pitch_of(irritant, now=now), 1, now=now)
    entry = seated(evening.session, now=now)
    room = reverse("rendezvous:vote", args=[evening.room_code])
    assert "pas encore ouvert" in client.get(room).content.decode()
    voting.open_vote(evening_id=evening.pk, now=now)
    ballot = reverse("rendezvous:ballot", args=[evening.room_code, entry.ticket])
    assert client.get(ballot).status_code == 409  # not at the door yet
    doors.check_in(
        session_id=evening.session_id, registration_id=entry.pk, by_id=UserFactory().pk,
        client_id="00000000-0000-0000-0000-000000000001", scanned_at=now, now=now,
    )  # fmt: skip

    led = client.get(room, {"code": entry.ticket})
    names = ("answers", "clear", "doable", "affordable")
    marks = {f"p{pitch.pk}_{name}": "4" for name in names}
    partial = client.post(ballot, {f"p{pitch.pk}_answers": "4"})
    wrong = client.post(ballot, marks | {f"p{pitch.pk}_clear": "9"})
    first = client.post(ballot, marks)
    client.post(ballot, marks)
    ticket = client.get(f"/agenda/billet/{entry.ticket}/").content.decode()

    assert led["Location"] == ballot
    assert "Donnez une note" in partial.content.decode()
    assert wrong.status_code == 200
    assert first["Location"] == ballot + "?dit=vote"
    assert Ballot.objects.count() == 1
    assert ballot in ticket
    assert not client.cookies
    before = client.get(evening.get_absolute_url()).content.decode()
    voting.close_vote(evening_id=evening.pk, now=timezone.now())
    after = client.get(evening.get_absolute_url()).content.decode()
    assert "Résultat du vote" not in before
    assert "Résultat du vote" in after
    assert client.post(ballot, marks).status_code == 409


# --- The tables ---


def test_a_table_is_asked_for_and_accepted_by_the_links_of_the_mails(client):
    now = timezone.now()
    evening = live()
    company, provider = make.guest(evening, now=now), make.holder(evening, now=now)
    mine, theirs = tables_page(company), tables_page(provider)

    client.post(mine, {"do": "ask", "other": provider.pk, "wish": "3"})
    row = TableRequest.objects.get()
    assert "/rendez-vous-solutions/tables/" in mails("table_asked").get().text_body
    client.get(theirs)
    assert TableRequest.objects.get().status == "asked"
    client.post(theirs, {"do": "accept", "request": row.pk})

    assert TableRequest.objects.get().status == "accepted"
    stranger = make.guest(evening, 2, now=now)
    foreign = client.post(tables_page(stranger), {"do": "withdraw", "request": row.pk})
    assert foreign.status_code == 404
    assert client.post(mine, {"do": "autre"}).status_code == 404
    assert "Entreprise 2" not in client.get(theirs).content.decode()
    client.post(tables_page(stranger), {"do": "settings", "is_shown": "on", "absent_slots": "1"})
    assert "Entreprise 2" in client.get(theirs).content.decode()
    assert not client.cookies


@pytest.mark.parametrize("many", [1, 4])
def test_the_page_of_tables_asks_the_same_queries_of_one_and_many(client, many):
    now = timezone.now()
    evening = live()
    company = make.guest(evening, now=now)
    for _n in range(many):
        make.agreed(company, make.holder(evening, now=now), now=now)
        make.holder(evening, now=now)
    url = tables_page(company)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    assert len(queries) == 5


def test_both_sides_find_the_timetable_page_and_calendar(client):
    now = timezone.now()
    evening = live()
    company, provider = make.guest(evening, now=now), make.holder(evening, now=now)
    make.agreed(company, provider, now=now)
    make.computed(evening)
    hidden = client.get(tables_page(company)).content.decode()
    make.told(evening)

    for place, name in ((company, provider.provider.name), (provider, "Entreprise 1")):
        page = client.get(tables_page(place)).content.decode()
        calendar = client.get(tables_page(place) + "agenda.ics")
        assert "Mon horaire" in page
        assert name in page
        assert b"BEGIN:VEVENT" in calendar.content
    assert "Mon horaire" not in hidden
    assert "no-store" in calendar["Cache-Control"]
    entry = company.registration
    followed = client.get(reverse("events:registration", args=[_followed(entry)]))
    assert tables_page(company) in followed.content.decode()


def _followed(entry):
    from events.services import telling

    return telling.token(entry.pk)


def test_what_came_of_it_is_told_on_one_page(client, monkeypatch):
    now = timezone.now()
    evening = live()
    company, provider = make.guest(evening, now=now), make.holder(evening, now=now)
    make.agreed(company, provider, now=now)
    make.computed(evening)
    secret = rendezvous.token(company.pk, rendezvous.PARTICIPANT)
    url = reverse("rendezvous:outcome", args=[secret])
    assert client.get(url).status_code == 404
    later = evening.session.ends_at + timedelta(days=91)
    monkeypatch.setattr(timezone, "now", lambda: later)
    meeting = Meeting.objects.get()

    silent = client.post(url, {f"outcome_{meeting.pk}": "nothing", f"why_{meeting.pk}": " "})
    client.post(url, {f"outcome_{meeting.pk}": "nothing", f"why_{meeting.pk}": "Trop cher"})

    assert "pourquoi" in silent.content.decode()
    meeting.refresh_from_db()
    assert (meeting.company_outcome, meeting.company_why) == ("nothing", "Trop cher")
    assert meeting.provider_outcome == ""


# --- Staff ---


@pytest.fixture
def agent(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    return sign_in(client, Role.RECEPTION)


def test_staff_publishes_chooses_and_runs_the_vote_by_buttons(client, agent):
    now = timezone.now()
    evening = live()
    row = make.posted(now=now)
    irritants.confirm_irritant(irritant_id=row.pk, now=now)

    client.get(reverse("admin:events_irritant_publish", args=[row.pk]))
    named = client.post(
        reverse("admin:events_irritant_publish", args=[row.pk]),
        {"text": "La Boulangerie Meyer recopie", "evening": evening.pk},
    )
    client.post(
        reverse("admin:events_irritant_publish", args=[row.pk]),
        {"text": "On recopie les commandes.", "evening": evening.pk},
    )
    row.refresh_from_db()
    pitch = make.pitch_of(row, now=now)
    client.post(
        reverse("admin:events_pitch_choose", args=[pitch.pk]),
        {"status": "chosen", "position": "1", "reason": "Concret."},
    )
    client.post(reverse("admin:events_evening_open", args=[evening.pk]))
    evening.refresh_from_db()

    assert "rester anonyme" in named.content.decode()
    assert row.status == "published"
    assert Pitch.objects.get().status == "chosen"
    assert evening.is_voting
    for model in (
        "evening", "irritant", "pitch", "pitchchoice", "participant", "tablerequest", "timetable",
        "meeting", "club", "clubmember", "minutes",
    ):  # fmt: skip
        assert client.get(reverse(f"admin:events_{model}_changelist")).status_code == 200
    change = client.get(reverse("admin:events_evening_change", args=[evening.pk]))
    assert "Clore le vote" in change.content.decode()
    poster = client.get(reverse("rendezvous:poster", args=[evening.pk])).content.decode()
    assert evening.room_code in poster


def test_staff_corrects_and_takes_down_an_irritant_by_buttons(client, agent):
    row = make.irritant_of(live(), now=timezone.now())
    own = reverse("admin:events_irritant_change", args=[row.pk])
    correct = reverse("admin:events_irritant_correct", args=[row.pk])
    retract = reverse("admin:events_irritant_retract", args=[row.pk])
    page = client.get(own).content.decode()
    given = {"text": "On recopie.", "evening": row.evening_id}

    without_reason = client.post(correct, given)
    client.post(correct, given | {"reason": "Plus court."})
    shown = client.get(retract).content.decode()
    client.post(retract, {"reason": "Demandé par l’entreprise."})
    row.refresh_from_db()

    assert (correct in page, retract in page) == (True, True)
    assert without_reason.status_code == 200
    assert "plus aucune page" in shown
    assert (row.status, row.text) == ("withdrawn", "On recopie.")
    history = client.get(own).content.decode()
    assert "Plus court." in history
    assert "Demandé par l’entreprise." in history
    assert (correct in history, client.get(correct).status_code) == (False, 404)


def test_staff_runs_the_tables_on_their_page(client, agent):
    now = timezone.now()
    evening = live()
    company, provider = make.guest(evening, now=now), make.holder(evening, now=now)
    make.agreed(company, provider, now=now)
    url = reverse("rendezvous:live", args=[evening.pk])

    early = client.post(url, {"do": "compute"})
    client.post(url, {"do": "close"})
    client.post(url, {"do": "compute"})
    timetables.compute(
        timetable_id=evening.timetables.get().pk, now=timezone.now() + timedelta(seconds=1)
    )
    client.post(url, {"do": "tell"})
    meeting = Meeting.objects.get()
    page = client.get(url).content.decode()
    client.post(url, {"do": "held", "meeting": meeting.pk})

    assert early.status_code == 409
    assert "prouvé le meilleur" in page
    meeting.refresh_from_db()
    assert (meeting.state, meeting.is_frozen) == ("held", True)
    elsewhere = make.evening(now=now, starts_at=now + timedelta(days=16))
    foreign = reverse("rendezvous:live", args=[elsewhere.pk])
    assert client.post(foreign, {"do": "held", "meeting": meeting.pk}).status_code == 404
    assert client.post(foreign, {"do": "away", "participant": company.pk}).status_code == 404
    assert Client().get(url).status_code == 302


@pytest.mark.parametrize("many", [1, 4])
def test_the_page_of_staff_asks_the_same_queries_of_one_and_many(client, agent, many):
    now = timezone.now()
    evening = live()
    provider = make.holder(evening, now=now)
    for number in range(many):
        make.agreed(make.guest(evening, number, now=now), provider, now=now)
    make.computed(evening)
    url = reverse("rendezvous:live", args=[evening.pk])
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200

    assert len(queries) == 10


# --- Rights of people ---


def test_the_person_is_forgotten_and_the_published_words_stay():
    now = timezone.now()
    evening = live()
    row = make.irritant_of(evening, now=now)
    user = UserFactory(email=row.email)

    erase_account(user_id=user.pk)

    row.refresh_from_db()
    assert (row.status, row.told, row.name, row.email) == ("published", "", "", "")
    assert row.text
    assert rendezvous.irritant_of(rendezvous.token(row.pk, rendezvous.IRRITANT)) is None


def exported(user, model):
    """What the export of a person holds of one model."""
    name = str(model._meta.verbose_name_plural)
    data = export_of(user, now=timezone.now())["data"]
    return next(part["rows"] for part in data if part["what"] == name)


def test_the_words_about_an_irritant_go_with_its_author():
    now = timezone.now()
    refused, taken = make.posted(now=now), make.irritant_of(live(), now=now)
    irritants.confirm_irritant(irritant_id=refused.pk, now=now)
    irritants.refuse_irritant(
        irritant_id=refused.pk, reason="Léa se reconnaîtrait.", by_id=UserFactory().pk, now=now
    )
    make.retracted(taken, now=now, reason="Léa nous a appelés.")
    user = UserFactory(email=refused.email)
    reasons = {row["reason"] for row in exported(user, Irritant)}

    erase_account(user_id=user.pk)

    refused.refresh_from_db()
    taken.refresh_from_db()
    assert "Léa se reconnaîtrait." in reasons
    assert (refused.reason, taken.reason, taken.text) == ("", "", "")
    assert not IrritantDecision.objects.exclude(reason="").exists()


def words_said(*, now):
    """A meeting of a past evening that both sides wrote about."""
    evening = live()
    company, provider = make.guest(evening, now=now), make.holder(evening, now=now)
    make.agreed(company, provider, now=now)
    make.computed(evening)
    over = evening.session.ends_at + timedelta(days=91)
    meeting = Meeting.objects.get()
    for side, why in ((company, "Trop cher pour Léa."), (provider, "Léa ne rappelle pas.")):
        outcomes.answer(participant_id=side.pk, answers={meeting.pk: ("nothing", why)}, now=over)
    return company, meeting


def test_what_both_sides_wrote_of_a_meeting_is_exported_and_goes_with_the_person():
    company, meeting = words_said(now=timezone.now())
    user = UserFactory(email=company.registration.email)
    (said,) = exported(user, Meeting)

    erase_account(user_id=user.pk)

    meeting.refresh_from_db()
    company.refresh_from_db()
    assert said["company_why"] == "Trop cher pour Léa."
    assert company.left_at is not None
    assert (meeting.company_why, meeting.provider_why) == ("", "")
    assert (meeting.company_outcome, meeting.provider_outcome) == ("nothing", "nothing")


def test_words_and_speakers_go_with_the_registrations_of_their_evening():
    now = timezone.now()
    _company, meeting = words_said(now=now)
    pitch = make.pitch_of(make.irritant_of(meeting.evening, now=now), now=now)
    Pitch.objects.update(sent_by=None)  # an account unused for so long is erased with its name

    purge_personal_data(now=now + timedelta(days=1095), write=True)
    meeting.refresh_from_db()
    pitch.refresh_from_db()
    assert (meeting.company_why != "", pitch.speaker_name) == (True, "Alice Martin")

    purge_personal_data(now=now + timedelta(days=1095 + 16), write=True)
    meeting.refresh_from_db()
    pitch.refresh_from_db()
    assert (meeting.company_why, meeting.provider_why, pitch.speaker_name) == ("", "", "")


def test_who_would_have_spoken_is_forgotten_though_a_colleague_sent_the_answer():
    now = timezone.now()
    pitch = make.pitch_of(make.irritant_of(live(), now=now), now=now)
    speaker = UserFactory(full_name="Alice Martin")
    namesake = UserFactory(full_name="Alice Martin")
    Membership.objects.create(company=pitch.provider.company, user=speaker)

    erase_account(user_id=namesake.pk)
    pitch.refresh_from_db()
    assert pitch.speaker_name == "Alice Martin"
    erase_account(user_id=speaker.pk)
    pitch.refresh_from_db()
    assert pitch.speaker_name == ""


def test_what_nobody_confirmed_goes_after_a_week():
    now = timezone.now()
    row = make.posted(now=now - timedelta(days=8))
    kept = make.posted(now=now - timedelta(days=6), email="autre@meyer.example")

    purge_personal_data(now=now, write=True)

    row.refresh_from_db()
    kept.refresh_from_db()
    assert (row.email, row.told, row.status) == ("", "", "withdrawn")
    assert kept.email == "autre@meyer.example"
