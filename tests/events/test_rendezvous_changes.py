"""What becomes of an evening, and of who counted on it: moved, called off, absent, forgotten."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from emn.mailings.models import OutboundEmail
from events.models import Registration
from events.services import clocks, rendezvous, sessions, table_clocks
from tests.events import rendezvous as make
from tests.events.factories import NOW, mails

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


def test_an_evening_called_off_is_told_once_to_each_provider_with_what_leaves_the_calendar():
    evening, _guest, holder, pitch = announced()
    now = evening.requests_close_at + timedelta(hours=1)
    sessions.cancel_session(session_id=evening.session_id, reason="Neige", now=now)

    done = [table_clocks.tick(now=now), table_clocks.tick(now=now)]

    assert done == [2, 0]
    told = {mail.to_email: mail for mail in mails("evening_cancelled")}
    assert set(told) == {address(holder), make.owner_of(pitch.provider).email}
    assert "Neige" in told[address(holder)].text
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
