"""Around a registration: questions, categories, companies, messages, papers, one’s own calendar."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from emn.accounts.enums import Role
from events import queries
from events.models import (
    CapacityPool,
    OwnCalendar,
    Registration,
    SessionDocument,
    SessionMessage,
    SessionQuestion,
)
from events.services import clocks, messages, own_calendars, registrations, sessions
from events.services.seats import RegistrationRefused
from tests.directory.test_admin import sign_in
from tests.events.factories import HOUR, NOW, START, mails, published, register, seated, waiting
from tests.events.test_registration_pages import ADDRESS, live, page_of, sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture
def reception(client, settings, monkeypatch):
    settings.STAFF_MFA_REQUIRED = False
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return sign_in(client, Role.RECEPTION)


def button(name, row):
    return reverse(f"admin:events_session_{name}", args=[row.pk])


# --- Questions ---


def ask(session, kind, label, options="", *, is_required=False):
    return SessionQuestion.objects.create(
        session=session, kind=kind, label_fr=label, options_fr=options, is_required=is_required
    )


def test_what_a_session_asks_is_answered_in_words_and_kept(client):
    session = live(seats=3)
    text = ask(session, "text", "Votre question ?", is_required=True)
    diet = ask(session, "choices", "Repas", "Sans porc\nVégétarien")
    hall = ask(session, "choice", "Salle", "A\nB")
    first = ask(session, "yes_no", "Première fois ?")

    refused = sign_up(client, session)
    form = refused.content.decode()
    sign_up(
        client, session, "autre@meyer.example",
        **{f"question_{text.pk}": "Combien ?", f"question_{diet.pk}": ["Végétarien", "Sans porc"],
           f"question_{hall.pk}": "B", f"question_{first.pk}": "Oui"},
    )  # fmt: skip

    assert "obligatoire" in form
    assert 'type="checkbox"' in form
    assert Registration.objects.get().answers == [
        ["Votre question ?", "Combien ?"],
        ["Repas", "Végétarien, Sans porc"],
        ["Salle", "B"],
        ["Première fois ?", "Oui"],
    ]


def test_an_answer_that_was_not_offered_is_refused(client):
    session = live(seats=3)
    hall = ask(session, "choice", "Salle", "A\nB")

    assert sign_up(client, session, **{f"question_{hall.pk}": "C"}).status_code == 200
    assert not Registration.objects.exists()


def test_staff_writes_questions_and_documents_with_the_session(client, reception):
    page = client.get("/admin/events/session/add/").content.decode()

    assert 'name="questions-TOTAL_FORMS"' in page
    assert 'name="documents-TOTAL_FORMS"' in page


def test_questions_follow_a_copy_and_the_form_asks_the_same_number_of_queries(client):
    session = live(seats=3)

    def seen():
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/agenda/{session.slug}/inscription/?depuis=lettre")
        return len(captured)

    ask(session, "text", "Une ?")
    seen()
    one = seen()
    for number in range(4):
        ask(session, "text", f"Question {number} ?")
    copy = sessions.duplicate(session_id=session.pk, starts_at=START + 99 * HOUR, now=NOW)

    assert copy.questions.count() == 5
    assert seen() == one


def test_the_form_is_kept_and_follows_what_staff_changes(client):
    session = live(seats=3)
    path = f"/agenda/{session.slug}/inscription/"
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        page = client.get(path)

    assert len(captured) == 0
    assert "no-store" in page["Cache-Control"]
    sessions.cancel_session(session_id=session.pk, reason="Malade.", now=timezone.now())
    assert 'name="full_name"' not in client.get(path).content.decode()


# --- Categories, companies, companions ---


def test_each_category_draws_on_its_own_seats(client):
    session = live(seats=1)
    students = CapacityPool.objects.create(
        session=session, mode="on_site", category_fr="Étudiants", size=1
    )
    everyone = session.pools.order_by("pk")[0]

    page = client.get(f"/agenda/{session.slug}/inscription/?a=1").content.decode()
    sign_up(client, session, "a@x.example", pool=everyone.pk)
    full = sign_up(client, session, "b@x.example", pool=everyone.pk)
    seat = sign_up(client, session, "c@x.example", pool=students.pk)

    assert "Sur place · Étudiants (Places disponibles)" in page
    assert full["Location"].endswith("/liste-attente/")
    assert seat["Location"].endswith("/place-gardee/")
    assert sign_up(client, session, "d@x.example", pool=10**6).status_code == 200


def test_of_one_company_come_so_many_whatever_its_establishments(client):
    session = live(seats=9, company_limit=2)
    sirets = ("41816609600069", "41816609600051", "41816609600044")

    without = sign_up(client, session, "z@x.example")
    answers = [
        sign_up(client, session, f"{n}@x.example", siret=siret) for n, siret in enumerate(sirets)
    ]
    other = sign_up(client, session, "o@x.example", siret="35600000000048")

    assert "obligatoire" in without.content.decode()
    assert [answer.status_code for answer in answers] == [302, 302, 200]
    assert "2 personnes au plus d’une même entreprise" in answers[2].content.decode()
    assert other.status_code == 302


def test_companions_have_names_no_more_than_there_are(client):
    session = live(seats=9, group_limit=3)

    refused = sign_up(client, session, people=2, companions="Ana\nBo")
    sign_up(client, session, people=3, companions=" Ana  Lang \n\nBo")

    assert "plus de noms que de personnes" in refused.content.decode()
    assert Registration.objects.get().companions == ["Ana Lang", "Bo"]


# --- The line, and seats beyond the chairs ---


def test_staff_sees_the_line_in_its_order_and_offers_its_first_a_seat(client, reception):
    session = published(seats=1)
    seated(session, 1)
    first, second = waiting(session, 2), waiting(session, 3)
    pool = session.pools.get()

    page = client.get(button("line", session)).content.decode()
    refused = client.post(button("line", session), {"pool": "x"}, follow=True)
    client.post(button("line", session), {"pool": pool.pk})

    assert "Choisissez comment" in refused.content.decode()
    assert "Personne 2" not in str(list(LogEntry.objects.values_list("change_message")))
    assert page.index("Personne 2") < page.index("Personne 3")
    assert [Registration.objects.get(pk=row.pk).status for row in (first, second)] == [
        "offered", "waiting",
    ]  # fmt: skip
    pool.refresh_from_db()
    assert (pool.size, pool.overbooking) == (1, 1)


def test_nobody_to_offer_a_seat_to_is_said():
    session = published(seats=1)

    with pytest.raises(RegistrationRefused, match="Personne n’attend"):
        registrations.offer_one_more(session_id=session.pk, pool_id=session.pools.get().pk, now=NOW)


def test_seats_beyond_the_chairs_are_advised_by_who_came_lately(client, reception):
    for days in range(1, 12):
        start = NOW - timedelta(days=7 * days)
        past = published(seats=5, starts_at=start, now=start - HOUR)
        for number in range(5):
            entry = seated(past, number, now=start - HOUR)
            came = "present" if number < 4 else "absent"
            Registration.objects.filter(pk=entry.pk).update(status=came)
    session = published(seats=20)
    seats = session.pools.get()

    page = client.get(button("more_seats", session)).content.decode()
    client.post(button("more_seats", session), {f"extra_{seats.pk}": 4})

    assert queries.came_lately(session, now=NOW) == [(5, 4)] * 10
    assert "conseil : 4 places en plus" in page
    seats.refresh_from_db()
    assert seats.overbooking == 4


# --- Messages ---


def write(session, key, **changed):
    values = {"statuses": ["registered", "waiting"], "subject": "Parking", "body": "Derrière."}
    return {**values, "key": key, **changed}


def test_a_message_is_read_again_then_reaches_each_once(client, reception):
    session = published(seats=1)
    here = seated(session, 1)
    line, stranger = waiting(session, 2), register(session, 3)
    key = uuid4()

    preview = client.post(button("message", session), write(session, key)).content.decode()
    assert "2 personnes recevront ce message" in preview
    assert not SessionMessage.objects.exists()
    for _click in range(2):
        client.post(button("message", session), write(session, key, do="send"))
    late = seated(published(seats=1), 4)
    for _tick in range(2):
        clocks.tick(now=NOW)
    assert SessionMessage.objects.get().sent_at == NOW

    assert [mail.to_email for mail in mails("message")] == [here.email, line.email]
    assert {stranger.email, late.email}.isdisjoint(mail.to_email for mail in mails("message"))
    assert "Derrière." in mails("message")[0].text_body
    client.post(button("message", session), write(session, key, do="send", body="Devant."))
    clocks.tick(now=NOW)
    assert "Devant." in mails("message").filter(to_email=here.email).last().text_body


def test_a_message_to_nobody_is_refused_and_keeps_its_words(client, reception):
    session = published(seats=1)

    page = client.post(button("message", session), write(session, uuid4(), do="send"))

    assert "il n’y a personne à qui écrire" in page.content.decode()
    assert "Derrière." in page.content.decode()


def test_a_message_that_was_stopped_goes_on_where_it_was():
    session = published(seats=2)
    seated(session, 1), seated(session, 2)
    message = messages.write(
        session_id=session.pk, key=uuid4(), statuses=["registered"], subject="A", body="B",
        by_id=None, now=NOW,
    )  # fmt: skip
    messages._send_to(message, message.recipients[0], now=NOW)

    clocks.tick(now=NOW)
    messages.send(message_id=message.pk, now=NOW)

    assert mails("message").count() == 2


@pytest.mark.parametrize("name", ["message", "line", "more_seats"])
def test_people_of_a_session_are_for_those_who_handle_them(client, reception, name):
    session = published(seats=1)
    sign_in(client, Role.ADVISER)

    assert client.get(button(name, session)).status_code == 403
    assert client.post(button(name, session)).status_code == 403


# --- Documents ---


@pytest.fixture
def papers(settings):
    session = live(seats=3)
    made = {}
    for audience in ("everyone", "seated"):
        document = SessionDocument(session=session, title_fr=f"Pour {audience}", audience=audience)
        document.file.save("guide.pdf", ContentFile(b"%PDF-1.7"), save=True)
        made[audience] = document
    yield session, made
    for document in made.values():
        storages["private"].delete(document.file.name)


def test_documents_go_to_whom_they_are_for(client, papers):
    session, made = papers
    entry = seated(session, now=timezone.now())
    held = register(session, 2, now=timezone.now())

    page = client.get(session.get_absolute_url()).content.decode()
    own = client.get(page_of(entry)).content.decode()
    public = f"/agenda/{session.slug}/documents/"

    assert "Pour everyone" in page
    assert "Pour seated" not in page
    assert "Pour seated" in own
    sent = client.get(f"{public}{made['everyone'].pk}/")
    assert b"".join(sent.streaming_content) == b"%PDF-1.7"
    assert sent["Content-Disposition"].startswith("attachment")
    assert client.get(f"{public}{made['seated'].pk}/").status_code == 404
    seat = f"{page_of(entry)}documents/{made['seated'].pk}/"
    assert b"".join(client.get(seat).streaming_content) == b"%PDF-1.7"
    assert client.get(f"{page_of(held)}documents/{made['seated'].pk}/").status_code == 404
    registrations.cancel_registration(registration_id=entry.pk, now=timezone.now())
    assert client.get(seat).status_code == 404


# --- One's own calendar ---


def test_a_mailbox_gets_its_calendar_by_mail_and_may_end_it(client):
    session = live(remote=3, mode="remote", room=None, remote_url="https://visio.example/")
    entry = seated(session, email=ADDRESS, now=timezone.now())
    other = seated(live(seats=1), email=ADDRESS, now=timezone.now())
    seated(live(seats=1), email="autre@x.example", now=timezone.now())

    client.post(page_of(entry), {"do": "calendar"})
    path = reverse("events:own_calendar", args=[OwnCalendar.objects.get().key])
    read = client.get(path).content.decode().replace("\r\n ", "")

    assert path in mails("own_calendar").get().text_body
    assert path not in client.get(page_of(entry)).content.decode()
    assert read.count("BEGIN:VEVENT") == 2
    assert read.count("https://visio.example/") == 1
    assert str(other.session.uid) in read
    for _press in range(2):
        again = client.post(page_of(other), {"do": "calendar"}, follow=True)
    assert client.get(path).status_code == 200
    assert mails("own_calendar").count() == 3
    bounded = client.post(page_of(entry), {"do": "new_calendar"}, follow=True)
    assert "trois fois par jour au plus" in bounded.content.decode()
    assert "trois fois par jour au plus" in again.content.decode()
    assert (mails("own_calendar").count(), client.get(path).status_code) == (3, 200)

    own_calendars.send(registration_id=entry.pk, now=timezone.now() + 25 * HOUR, is_renewed=True)

    assert client.get(path).status_code == 404
    assert str(OwnCalendar.objects.get().key) in mails("own_calendar").last().text_body
    client.post(page_of(other), {"do": "no_calendar"})
    assert not OwnCalendar.objects.exists()


def test_a_session_called_off_stays_in_ones_own_calendar_as_such():
    session = published(seats=1)
    entry = seated(session)
    own_calendars.send(registration_id=entry.pk, now=NOW)
    made = OwnCalendar.objects.get()
    sessions.cancel_session(session_id=session.pk, reason="Malade.", now=NOW)

    assert [row.pk for row in own_calendars.entries(made.key)] == [entry.pk]
