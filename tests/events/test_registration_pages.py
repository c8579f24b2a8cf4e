"""Registering without an account nor a cookie: links show, buttons act, answers say nothing."""

from base64 import b64decode
from datetime import timedelta
from itertools import count

import pytest
from django.test import Client
from django.utils import timezone

from emn.accounts.services import erase_account, purge_personal_data
from emn.lib.forms import is_proof, new_challenge
from emn.mailings.models import OutboundEmail, Subscriber
from events.models import Registration
from events.services import greetings, registrations, seats, telling
from tests.directory.factories import CompanyFactory, UserFactory
from tests.events.factories import HOUR, draft, mails, published, register, seated, waiting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

ADDRESS = "lea@meyer.example"


def soon(days=10):
    return timezone.now() + timedelta(days=days)


def live(**fields):
    fields = {"starts_at": soon(), "now": timezone.now()} | fields
    return published(**fields)


def sign_up(client, session, email=ADDRESS, path=None, **changed):
    challenge = new_challenge(now=timezone.now() - timedelta(seconds=10))
    proof = next(str(number) for number in count() if is_proof(challenge, str(number)))
    values = {
        "full_name": "Léa Meyer", "email": email, "company_name": "Meyer", "siret": "",
        "challenge": challenge, "proof": proof,
    }  # fmt: skip
    answer = client.post(path or f"/agenda/{session.slug}/inscription/", values | changed)
    greetings.greet_all(now=timezone.now())  # as the task does
    return answer


def page_of(entry):
    return telling.path(entry, "fr")


def test_from_the_form_to_the_ticket_without_a_cookie(client):
    session = live(seats=5)
    company = CompanyFactory(siret="41816609600069")

    sent = sign_up(client, session, siret="418 166 096 00069")
    entry = Registration.objects.get()
    link = page_of(entry)
    looked = client.get(link)
    assert Registration.objects.get().status == "held"
    taken = client.post(link, {"do": "take"})
    shown = client.get(link).content.decode()

    assert sent["Location"] == "/agenda/inscription/place-gardee/"
    assert (entry.company, entry.siret) == (company, company.siret)
    assert "Prendre la place" in looked.content.decode()
    assert taken.status_code == 302
    assert Registration.objects.get().status == "registered"
    assert '<svg viewBox="' in shown
    ticket = client.get(f"/agenda/billet/{entry.ticket}/")
    assert "Léa Meyer" in ticket.content.decode()
    assert "no-store" in ticket["Cache-Control"]
    assert ADDRESS not in ticket.content.decode()
    assert not client.cookies
    assert not Subscriber.objects.exists()  # R4.14


def test_a_german_message_leads_to_a_german_ticket(client):
    session = live(seats=5)
    sign_up(client, session, path=f"/de/agenda/{session.slug}/inscription/")
    entry = Registration.objects.get()

    client.post(telling.path(entry, "de"), {"do": "take"})

    assert f"/de/agenda/billet/{entry.ticket}/" in mails("confirmed").get().text_body
    assert "/de/" not in telling.ticket_url(entry)  # what the QR code says is short


def test_who_comes_from_afar_is_sent_to_no_room_and_given_no_ticket(client):
    session = live(seats=5, remote=5, mode="hybrid")
    sign_up(client, session, pool=session.pools.get(mode="remote").pk)
    entry = Registration.objects.get()

    held = client.get(page_of(entry)).content.decode()
    client.post(page_of(entry), {"do": "take"})
    shown = client.get(page_of(entry)).content.decode()

    mail = mails("confirmed").get()
    files = {name: b64decode(content).decode() for name, _kind, content in mail.attachments}
    for words in (held, shown, mails("held").get().text_body, mail.text_body):
        assert "À distance" in words
        assert session.room.name not in words
    assert "Mon billet" not in shown
    assert list(files) == ["rendez-vous.ics"]
    assert "LOCATION:À distance" in files["rendez-vous.ics"]


def test_the_answer_is_the_same_whether_the_address_is_known_or_not(client):
    session = live(seats=3)
    seated(session, email=ADDRESS, now=timezone.now())

    known, unknown = sign_up(client, session), sign_up(client, session, "autre@meyer.example")

    assert known["Location"] == unknown["Location"]
    assert known.content == unknown.content
    assert mails("already").get().to_email == ADDRESS


def test_a_full_session_leads_to_the_line_and_a_full_line_says_so(client):
    session = live(seats=1, waiting_limit=1)
    seated(session, 1, now=timezone.now())

    line = sign_up(client, session)
    full = sign_up(client, session, "autre@meyer.example")

    assert line["Location"] == "/agenda/inscription/liste-attente/"
    assert "liste d’attente aussi" in full.content.decode()
    assert 'value="Léa Meyer"' in full.content.decode()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"email": "x"}, "adresse"),
        ({"siret": "12345"}, "SIRET n’existe pas"),
        ({"website": "http://spam"}, "trop rapide"),
        ({"full_name": ""}, "obligatoire"),
    ],
)
def test_bad_input_comes_back_filled_and_takes_nothing(client, changed, words):
    refused = sign_up(client, live(seats=1), **changed)

    assert refused.status_code == 200
    assert words in refused.content.decode()
    assert 'value="Meyer"' in refused.content.decode()
    assert not Registration.objects.exists()
    assert not OutboundEmail.objects.exists()


def test_a_busy_moment_is_a_clear_page_that_loses_nothing(client, monkeypatch):
    def busy(_session_id):
        raise seats.TryAgain("Réessayez.")

    session = live(seats=1)
    monkeypatch.setattr(seats, "lock", busy)

    answer = sign_up(client, session)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Réessayez." in answer.content.decode()
    assert 'value="Léa Meyer"' in answer.content.decode()


def test_a_closed_session_says_so_and_a_draft_is_not_found(client):
    closed = live(seats=1, closes_at=timezone.now() - HOUR)

    assert (
        "Inscriptions closes" in client.get(f"/agenda/{closed.slug}/inscription/").content.decode()
    )
    assert sign_up(client, closed).status_code == 200
    assert sign_up(client, draft(seats=1)).status_code == 404
    assert not Registration.objects.exists()


def test_a_private_session_is_joined_by_its_invitation_only(client):
    session = live(seats=1, is_private=True)

    assert sign_up(client, session).status_code == 404
    invited = sign_up(client, session, path=f"{session.get_absolute_url()}inscription/")
    assert invited["Location"] == "/agenda/inscription/place-gardee/"


def test_waiting_then_offered_then_given_back(client):
    session = live(seats=1)
    now = timezone.now()
    first, second = seated(session, 1, now=now), register(session, 2, now=now)

    assert "Gardez ma place dans la file" in client.get(page_of(second)).content.decode()
    client.post(page_of(second), {"do": "line"})
    assert "rang 1" in client.get(page_of(second)).content.decode()
    client.post(page_of(first), {"do": "cancel"})
    assert "Prendre la place" in client.get(page_of(second)).content.decode()
    client.post(page_of(second), {"do": "take"})
    cancelled = client.post(page_of(second), {"do": "cancel"}, follow=True)

    assert "la place rendue" in cancelled.content.decode()
    assert client.get(f"/agenda/billet/{second.ticket}/").status_code == 404
    late = client.post(page_of(second), {"do": "take"})
    assert late.status_code == 409
    assert "plus gardée" in late.content.decode()


def test_changing_keeps_what_was_typed_when_it_is_refused(client):
    session = live(seats=2, group_limit=2)
    entry = seated(session, now=timezone.now())

    wrong = client.post(
        page_of(entry), {"do": "change", "full_name": "Léa", "company_name": "M", "people": "3"}
    )
    client.post(
        page_of(entry), {"do": "change", "full_name": "Léa", "company_name": "M", "people": "2"}
    )

    assert "2 personnes au plus" in wrong.content.decode()
    entry.refresh_from_db()
    assert (entry.full_name, entry.seats) == ("Léa", 2)


def test_a_forged_link_or_an_unknown_act_is_not_found(client):
    entry = seated(live(seats=1), now=timezone.now())

    assert client.get("/agenda/inscription/faux/").status_code == 404
    assert client.post(page_of(entry), {"do": "delete"}).status_code == 404
    assert client.get("/agenda/billet/faux/").status_code == 404
    assert Client(enforce_csrf_checks=True).post(page_of(entry), {"do": "come"}).status_code == 302


def test_strangers_mail_is_capped_and_a_known_mailbox_is_not(client):
    for number in range(5):
        sign_up(client, live(seats=5, starts_at=soon(10 + number)))
    statuses = [mail.status for mail in mails("held")]
    assert statuses.count("capped") == 2

    registrations.take_seat(
        registration_id=Registration.objects.order_by("pk")[0].pk, now=timezone.now()
    )
    sign_up(client, live(seats=5, starts_at=soon(30)))
    assert mails("held").last().status == "queued"


def test_an_erased_person_leaves_their_seat_to_the_line_and_the_count_to_the_centre():
    user = UserFactory(email=ADDRESS)
    session = live(seats=1)
    now = timezone.now()
    entry, in_line = seated(session, email=ADDRESS, now=now), waiting(session, 2, now=now)

    erase_account(user_id=user.pk)
    registrations.promote(session_id=session.pk, now=now)  # as the task does

    entry.refresh_from_db()
    in_line.refresh_from_db()
    assert (entry.email, entry.full_name, entry.status) == ("", "", "cancelled")
    assert entry.company_name == "Boulangerie Meyer"
    assert in_line.status == "offered"


def test_what_is_over_for_three_years_is_forgotten():
    start = timezone.now() - timedelta(days=1200)
    session = published(seats=1, starts_at=start, now=start - HOUR)
    entry = seated(session, now=start - HOUR)

    purge_personal_data(now=session.ends_at + timedelta(days=1094), write=True)
    assert Registration.objects.get().email == entry.email
    purge_personal_data(now=session.ends_at + timedelta(days=1096), write=True)

    entry.refresh_from_db()
    assert (entry.email, entry.full_name, entry.status) == ("", "", "confirmed")
