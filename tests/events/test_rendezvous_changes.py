"""What becomes of an evening, and of who counted on it: moved, called off, absent, forgotten."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from emn.mailings.models import OutboundEmail
from events.models import Evening, PitchChoice, Registration, Session
from events.services import clocks, rendezvous, sessions, table_clocks, timetables
from events.services.rendezvous import RendezvousRefused
from tests.events import rendezvous as make
from tests.events.factories import HOUR, NOW, RoomFactory, mails, seated
from tests.lib.test_supervisor import eventually

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def address(place):
    return make.owner_of(place.provider).email


def entries(mail, name):
    """What an attached calendar says: status and revision of each appointment."""
    attached = next(one for one in mail.as_message().attachments if one.filename == name)
    events = Calendar.from_ical(attached.content).walk("VEVENT")
    return [(str(event["STATUS"]), int(event["SEQUENCE"])) for event in events]


def announced():
    """An evening whose tables were told, and an answer that waits for the choice."""
    evening = make.evening()
    guest, holder = make.guest(evening), make.holder(evening)
    make.agreed(guest, holder)
    pitch = make.pitch_of(make.irritant_of(evening))
    make.computed(evening)
    make.told(evening)
    return evening, guest, holder, pitch


# --- Moved, called off ---


def test_an_evening_called_off_is_told_once_to_each_provider_with_what_leaves_the_calendar(
    client,
):
    evening, _guest, holder, pitch = announced()
    now = evening.requests_close_at + timedelta(hours=1)
    sessions.cancel_session(session_id=evening.session_id, reason="Neige", now=now)

    done = [table_clocks.tick(now=now), table_clocks.tick(now=now)]

    assert done == [3, 0]  # the table freed, two people told
    told = {mail.to_email: mail for mail in mails("evening_cancelled")}
    assert set(told) == {address(holder), make.owner_of(pitch.provider).email}
    words = told[address(holder)].text_body
    assert "Neige" in words
    address_in = re.search(rf"{settings.PUBLIC_URL}(/agenda/\S+)", words)[1]
    assert client.get(address_in).status_code == 200
    assert entries(told[address(holder)], "rendez-vous.ics") == [("CANCELLED", 1)]
    assert entries(told[address(holder)], "tables.ics") == [("CANCELLED", 2)]
    assert len(told[make.owner_of(pitch.provider).email].as_message().attachments) == 1


def test_a_registrant_of_an_evening_called_off_loses_the_tables_they_were_told():
    evening, guest, _holder, _pitch = announced()
    now = evening.requests_close_at + timedelta(hours=1)
    sessions.cancel_session(session_id=evening.session_id, reason="Neige", now=now)
    clocks.tell_changes(session_id=evening.session_id, now=now)

    mail = mails("session_cancelled").get(to_email=guest.registration.email)
    assert entries(mail, "rendez-vous.ics") == [("CANCELLED", 1)]
    assert entries(mail, "tables.ics") == [("CANCELLED", 2)]


def test_an_evening_that_moves_is_told_once_to_each_provider_and_not_to_who_is_out():
    evening, _guest, holder, pitch = announced()
    refused = make.pitch_of(make.irritant_of(evening, email="b@b.example"))
    rendezvous.decide_pitch(
        pitch_id=refused.pk, status="not_chosen", position=None, reason="Trop loin.",
        by_id=make.UserFactory().pk, now=NOW,
    )  # fmt: skip
    session, now = evening.session, evening.requests_close_at
    later = {"starts_at": session.starts_at + timedelta(days=7),
             "ends_at": session.ends_at + timedelta(days=7)}  # fmt: skip
    sessions.move_session(session_id=session.pk, room_id=session.room_id, now=now, **later)

    table_clocks.tick(now=now)
    table_clocks.tick(now=now)

    told = {mail.to_email: mail for mail in mails("evening_moved")}
    assert set(told) == {address(holder), make.owner_of(pitch.provider).email}
    assert mails("evening_moved").count() == 2
    assert entries(told[address(holder)], "rendez-vous.ics") == [("CONFIRMED", 1)]


def test_another_room_alone_is_told_to_the_tables_with_their_calendar():
    evening, guest, holder, _pitch = announced()
    session, now = evening.session, evening.requests_close_at
    sessions.move_session(
        session_id=session.pk, starts_at=session.starts_at, ends_at=session.ends_at,
        room_id=RoomFactory(slug="autre", name_fr="Autre salle").pk, now=now,
    )  # fmt: skip

    told = [timetables.tell(evening_id=evening.pk, now=now) for _turn in range(2)]

    assert told == [2, 0]
    for to in (guest.registration.email, address(holder)):
        last = mails("tables_told").filter(to_email=to).latest("pk")
        attached = last.as_message().attachments[-1].content
        places = [str(one["LOCATION"]) for one in Calendar.from_ical(attached).walk("VEVENT")]
        assert [place.split(",")[0] for place in places] == ["Autre salle"]
        assert entries(last, "tables.ics") == [("CONFIRMED", 2)]


def test_who_is_registered_and_a_provider_hears_once_of_a_move_or_a_call_off():
    evening = make.evening()
    pitch = make.pitch_of(make.irritant_of(evening))
    email = make.owner_of(pitch.provider).email
    seated(evening.session, email=email.upper())
    session = evening.session
    later = {"starts_at": session.starts_at + HOUR, "ends_at": session.ends_at + HOUR}

    sessions.move_session(session_id=session.pk, room_id=session.room_id, now=NOW, **later)
    clocks.tell_changes(session_id=session.pk, now=NOW)
    table_clocks.tick(now=NOW)
    sessions.cancel_session(session_id=session.pk, reason="Neige", now=NOW)
    clocks.tell_changes(session_id=session.pk, now=NOW)
    table_clocks.tick(now=NOW)

    told = OutboundEmail.objects.filter(to_email=email, kind__iregex="moved|cancelled")
    assert list(told.order_by("pk").values_list("kind", flat=True)) == [
        "events/emails/session_moved", "events/emails/session_cancelled",
    ]  # fmt: skip


def test_what_changed_before_the_evening_was_written_or_is_over_tells_nobody():
    evening, _guest, _holder, _pitch = announced()
    sessions.cancel_session(session_id=evening.session_id, reason="Neige", now=NOW)
    before = OutboundEmail.objects.count()

    table_clocks.tick(now=evening.session.ends_at)

    assert OutboundEmail.objects.count() == before


# --- Absent, because nobody read the ticket ---


def test_who_held_a_table_keeps_the_link_and_the_question_though_noted_absent():
    evening, guest, _holder, _pitch = announced()
    away = make.guest(evening, 2)
    Registration.objects.update(status="absent")
    later = evening.session.ends_at + timedelta(days=91)

    table_clocks.tick(now=later)

    assert mails("tables_outcome").filter(to_email=guest.registration.email).count() == 1
    opened = rendezvous.participant_of(rendezvous.token(guest.pk, rendezvous.PARTICIPANT))
    assert opened == guest
    assert rendezvous.participant_of(rendezvous.token(away.pk, rendezvous.PARTICIPANT)) is None


# --- Asked again at each turn of the clock ---


def test_a_turn_of_the_clock_that_has_nothing_to_tell_asks_once_for_the_whole_evening():
    evening, _guest, _holder, _pitch = announced()
    now = evening.requests_close_at
    with CaptureQueriesContext(connection) as few:
        assert timetables.tell(evening_id=evening.pk, now=now) == 0
    for number in range(5, 8):
        make.guest(evening, number)
    with CaptureQueriesContext(connection) as more:
        assert timetables.tell(evening_id=evening.pk, now=now) == 0

    assert (len(few), len(more)) == (4, 4)


# --- Two at once ---


def at_once(*acts):
    """What each act said, done by as many threads: nothing, or the refusal."""

    def attempt(act):
        try:
            act()
        except RendezvousRefused as refused:
            return refused.message
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(attempt, acts))


@pytest.mark.django_db(transaction=True)
def test_agents_at_once_give_one_place_to_one_answer():
    evening = make.evening()
    irritant = make.irritant_of(evening)
    pitches = [make.pitch_of(irritant) for _ in range(4)]

    said = at_once(*(partial(make.chosen, pitch, 1) for pitch in pitches))

    refused = [one for one in said if one]
    assert len(refused) == 3
    assert all("déjà pris" in one for one in refused)
    assert [pitch.position for pitch in evening.pitches.chosen()] == [1]
    assert PitchChoice.objects.count() == evening.participants.count() == 1
    assert mails("pitch_chosen").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(3))
def test_an_irritant_taken_down_while_its_answer_is_chosen_is_one_or_the_other(turn):
    evening = make.evening()
    irritant = make.irritant_of(evening)
    pitch = make.pitch_of(irritant)

    said = at_once(partial(make.chosen, pitch, 1), partial(make.retracted, irritant))

    pitch.refresh_from_db()
    irritant.refresh_from_db()
    assert sorted(map(bool, said)) == [False, True]
    assert (pitch.status, irritant.status) in {("chosen", "published"), ("sent", "withdrawn")}


@pytest.mark.django_db(transaction=True)
def test_who_answers_while_the_evening_is_called_off_is_refused_or_told():
    evening = make.evening()
    irritant = make.irritant_of(evening)
    card = make.signatory()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Evening.objects.select_for_update().get(pk=evening.pk)  # as the worker that tells
        said = pool.submit(at_once, partial(make.pitch_of, irritant, card))
        eventually(somebody_waits)
        Session.objects.filter(pk=evening.session_id).update(
            status="cancelled", cancelled_at=NOW, cancel_reason="Neige"
        )

    assert said.result() == ["Cet irritant n’attend pas, ou plus, de réponse."]


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()
