"""Sessions: no double booking, series on the local clock, moved, called off."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from events import recurrence
from events.enums import Frequency, SessionStatus
from events.models import Session
from events.recurrence import occurrences
from events.services import clocks, registrations, sessions
from events.services.sessions import SessionRefused
from tests.events.factories import (
    HOUR,
    NOW,
    START,
    RoomFactory,
    SessionFactory,
    draft,
    mails,
    published,
    register,
    seated,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

PARIS = ZoneInfo("Europe/Paris")


def repeat(session, until, *, frequency=Frequency.WEEKLY, interval=1):
    return sessions.make_series(
        session_id=session.pk, frequency=frequency, interval=interval, until=until, now=NOW
    )


# --- Rooms ---


@pytest.mark.parametrize("status", ["draft", "published"])
def test_a_room_holds_one_session_at_a_time(status):
    room = RoomFactory()
    stamp = NOW if status == "published" else None
    SessionFactory(room=room, status=status, published_at=stamp)

    with pytest.raises(IntegrityError, match="events_session_no_double_booking"):
        SessionFactory(room=room, starts_at=START + HOUR)


def test_sessions_may_follow_in_a_room_and_share_an_hour_in_two():
    room = RoomFactory()
    SessionFactory(room=room)
    SessionFactory(room=room, starts_at=START + 2 * HOUR)
    SessionFactory(room=RoomFactory(slug="autre"))
    SessionFactory(room=None, elsewhere="Metz")
    SessionFactory(room=None, elsewhere="Metz")

    assert Session.objects.count() == 5


def test_a_session_called_off_leaves_its_room():
    room = RoomFactory()
    session = published(room=room)
    sessions.cancel_session(session_id=session.pk, reason="Malade.", now=NOW)

    assert published(room=room).room == room


def test_the_form_of_the_back_office_says_it_in_french():
    room = RoomFactory()
    SessionFactory(room=room)
    other = SessionFactory.build(room=room, starts_at=START + HOUR)

    with pytest.raises(ValidationError, match="déjà prise"):
        other.validate_constraints()


@pytest.mark.django_db(transaction=True)
def test_of_twelve_at_once_one_has_the_room():
    room = RoomFactory()
    barrier = Barrier(12)

    def attempt(number):
        barrier.wait()
        try:
            with transaction.atomic():
                SessionFactory(
                    room=room, slug=f"course-{number}", starts_at=START + number * HOUR / 12
                )
        except Exception as error:  # noqa: BLE001 -- which one is the question
            return type(error).__name__
        finally:
            connection.close()
        return "made"

    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(attempt, range(12)))

    # Two that wait for each other are parted by PostgreSQL (a deadlock): no room is shared by that.
    assert outcomes.count("made") == 1, outcomes
    assert set(outcomes) <= {"made", "IntegrityError", "OperationalError"}
    assert Session.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_services_that_want_one_room_wait_for_each_other():
    """Without a deadlock: the room's row is taken first."""
    room = RoomFactory()
    elsewhere = [published(room=RoomFactory(slug=f"a-{n}")) for n in range(8)]
    barrier = Barrier(8)

    def attempt(session):
        barrier.wait()
        try:
            sessions.move_session(
                session_id=session.pk,
                starts_at=START + HOUR,
                ends_at=START + 2 * HOUR,
                room_id=room.pk,
                now=NOW,
            )
        except SessionRefused as refusal:
            return refusal.message
        finally:
            connection.close()
        return "moved"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, elsewhere))

    assert sorted(outcomes) == ["Cette salle est déjà prise à cette heure."] * 7 + ["moved"]


# --- Series ---


@pytest.mark.parametrize(
    ("first", "until"),
    [
        (datetime(2026, 10, 13, 9, tzinfo=PARIS), date(2026, 11, 10)),  # over 25 October 2026
        (datetime(2027, 3, 16, 9, tzinfo=PARIS), date(2027, 4, 13)),  # over 28 March 2027
    ],
)
def test_a_weekly_series_keeps_its_hour_across_the_change_of_clock(first, until):
    model = draft(starts_at=first, ends_at=first + 2 * HOUR, seats=10)

    made = repeat(model, until)

    rows = Session.objects.in_order()
    assert [row.local_start.hour for row in rows] == [9] * 5
    assert [row.local_end.hour for row in rows] == [11] * 5
    assert len({row.starts_at.astimezone(UTC).hour for row in rows}) == 2
    assert {row.series for row in rows} == {made[0].series}
    assert all(row.pools.get().size == 10 for row in rows)


def test_a_monthly_series_keeps_the_rank_of_its_weekday():
    first = datetime(2026, 11, 10, 18, tzinfo=PARIS)  # the second Tuesday

    found = occurrences(first, frequency=Frequency.MONTHLY, interval=1, until=date(2027, 2, 28))

    assert [f"{start:%d/%m %H}" for start in found] == ["08/12 18", "12/01 18", "09/02 18"]


def test_a_series_is_made_whole_or_not_at_all():
    room = RoomFactory()
    model = draft(room=room)
    draft(room=room, starts_at=START + timedelta(days=14))

    with pytest.raises(SessionRefused, match="22/12/2026"):
        repeat(model, date(2027, 1, 30))

    assert Session.objects.count() == 2


@pytest.mark.parametrize(
    ("until", "frequency", "words"),
    [
        (date(2026, 12, 1), Frequency.WEEKLY, "aucune date"),
        (date(2031, 12, 1), Frequency.WEEKLY, "plus de 200"),
    ],
)
def test_a_rule_that_makes_nothing_or_too_much_is_refused(until, frequency, words):
    with pytest.raises(SessionRefused, match=words):
        repeat(draft(), until, frequency=frequency)


def test_a_rule_without_a_near_end_is_not_followed_to_it(monkeypatch):
    def days(*_args, **_rule):
        yield from (START + timedelta(days=day) for day in range(201))
        pytest.fail("followed beyond what may be made")

    monkeypatch.setattr(recurrence, "occurrences", days)

    with pytest.raises(SessionRefused, match="plus de 200"):
        repeat(draft(), date(9999, 12, 31))


def test_a_copy_is_a_draft_with_its_own_address_and_seats():
    model = published(seats=12, closes_at=START - 2 * HOUR)

    copy = sessions.duplicate(session_id=model.pk, starts_at=START + timedelta(days=1), now=NOW)

    assert (copy.status, copy.uid != model.uid, copy.slug != model.slug) == ("draft", True, True)
    assert (copy.pools.get().size, copy.closes_at) == (12, copy.starts_at - 2 * HOUR)
    with pytest.raises(SessionRefused, match="déjà prise"):
        sessions.duplicate(session_id=model.pk, starts_at=START + HOUR, now=NOW)


@pytest.mark.parametrize("starts_at", [NOW - HOUR, datetime(9999, 12, 31, 23, tzinfo=UTC)])
def test_a_copy_takes_place_soon(starts_at):
    with pytest.raises(SessionRefused, match="cinq ans"):
        sessions.duplicate(session_id=draft().pk, starts_at=starts_at, now=NOW)


# --- Their life ---


def test_only_a_draft_to_come_is_published():
    session = published()

    with pytest.raises(SessionRefused, match="plus un brouillon"):
        sessions.publish_session(session_id=session.pk, now=NOW)
    with pytest.raises(SessionRefused, match="passée"):
        sessions.publish_session(session_id=draft().pk, now=START + 3 * HOUR)


def move(session, **changed):
    values = {
        "starts_at": session.starts_at + HOUR, "ends_at": session.ends_at + HOUR,
        "room_id": session.room_id, "now": NOW,
    }  # fmt: skip
    return sessions.move_session(session_id=session.pk, **(values | changed))


def test_moving_tells_everyone_once_whoever_was_told_meanwhile():
    session = published(seats=1)
    sitting, waiting = seated(session, 1), register(session, 2)

    moved = move(session)
    register(session, 3)
    told = [clocks.tell_changes(session_id=session.pk, now=NOW) for _ in range(2)]
    clocks.tick(now=NOW)

    assert (moved.sequence, moved.moved_from_at) == (1, START)
    assert told == [2, 0]
    assert [mail.to_email for mail in mails("session_moved")] == [sitting.email, waiting.email]
    ics = mails("session_moved")[0].as_message().attachments[0]
    assert "SEQUENCE:1" in ics.content


def test_a_new_connection_is_told_once_to_those_who_connect():
    session = published(seats=2, remote=1, mode="hybrid", remote_url="https://a.example/")
    here = seated(session, 1, mode="on_site")
    there = seated(session, 2, mode="remote")
    register(session, 3, mode="remote")

    for _ in range(2):
        sessions.change_connection(
            session_id=session.pk, remote_url=f"https://{_}.example/", now=NOW
        )
        clocks.tick(now=NOW)
        clocks.tick(now=NOW)

    assert [mail.to_email for mail in mails("connection_changed")] == [there.email] * 2
    told = mails("connection_changed").last().as_message()
    assert "https://1.example/" in told.body
    assert "SEQUENCE:2" in told.attachments[0].content
    assert set(session.registrations.values_list("told_sequence", flat=True)) == {2}
    assert not mails("session_moved").exists()
    move(session)
    clocks.tick(now=NOW)
    moved = {mail.to_email: mail.as_message() for mail in mails("session_moved")}
    assert "https://1.example/" in moved[there.email].body
    assert "1.example" not in moved[here.email].body + str(moved[here.email].attachments)


def test_moved_and_connected_elsewhere_before_the_worker_came_is_told_as_a_move():
    session = published(remote=1, mode="remote", room=None, remote_url="https://a.example/")
    seated(session)

    move(session)
    sessions.change_connection(session_id=session.pk, remote_url="https://b.example/", now=NOW)
    clocks.tick(now=NOW)

    assert [mails("session_moved").count(), mails("connection_changed").count()] == [1, 0]
    assert "https://b.example/" in mails("session_moved").get().text_body


@pytest.mark.parametrize(
    ("fields", "url", "words"),
    [
        ({}, "https://b.example/", "sur place"),
        ({"mode": "hybrid", "remote_url": "https://a.example/"}, "https://a.example/", "Rien"),
    ],
)
def test_a_connection_that_nobody_uses_or_the_same_is_not_changed(fields, url, words):
    with pytest.raises(SessionRefused, match=words):
        sessions.change_connection(session_id=published(**fields).pk, remote_url=url, now=NOW)


@pytest.mark.parametrize("mode", ["on_site", "remote"])
def test_only_who_takes_part_from_afar_learns_where_to_connect(mode):
    session = published(seats=1, remote=1, mode="hybrid", remote_url="https://visio.example/")
    entry = seated(session, mode=mode)

    mail = mails("confirmed").get().as_message()
    entry_ics = mail.attachments[0].content.replace("\r\n ", "")
    assert ("visio" in mail.body, "visio" in entry_ics) == ((mode == "remote",) * 2)
    assert "visio" not in mails("held").get().text_body
    registrations.cancel_registration(registration_id=entry.pk, now=NOW)
    assert "visio" not in mails("cancelled").get().text_body


def test_moved_twice_before_the_worker_came_is_told_once():
    session = published(seats=1)
    seated(session)

    move(move(session))
    clocks.tick(now=NOW)

    assert mails("session_moved").count() == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"now": START + 3 * HOUR}, "passée"),
        ({"starts_at": START, "ends_at": START + 2 * HOUR}, "Rien n’a changé"),
        ({"starts_at": NOW - HOUR}, "à venir"),
        ({"ends_at": START}, "à venir"),
        ({"ends_at": START + 8 * 24 * HOUR}, "sept jours"),
        ({"room_id": None}, "une salle ou une autre adresse"),
        ({"elsewhere": "Nancy"}, "une salle ou une autre adresse"),
    ],
)
def test_what_is_over_wrong_or_the_same_is_not_moved(changed, words):
    with pytest.raises(SessionRefused, match=words):
        move(published(), **changed)


def test_a_remote_session_moves_in_time_but_to_no_room():
    session = published(mode="remote", room=None, remote=3, remote_url="https://a.example/")

    with pytest.raises(SessionRefused, match="À distance"):
        move(session, room_id=RoomFactory().pk)

    assert move(session).starts_at == START + HOUR


def test_a_session_leaves_its_room_for_an_address_and_everyone_is_told_where():
    session = published(seats=3)
    seated(session)

    moved = move(session, room_id=None, elsewhere="CCI, 10 avenue Foch, Metz")
    clocks.tick(now=NOW)

    assert (moved.room, moved.elsewhere) == (None, "CCI, 10 avenue Foch, Metz")
    assert "10 avenue Foch" in mails("session_moved").get().text_body
    assert move(moved, room_id=None, elsewhere="Nancy").elsewhere == "Nancy"


def test_moving_asks_again_whoever_had_confirmed():
    session = published(seats=1)
    entry = seated(session, now=START - 30 * HOUR)
    assert entry.status == "confirmed"

    move(session, now=START - 29 * HOUR)

    entry.refresh_from_db()
    assert (entry.status, entry.confirmed_at) == ("registered", None)


def test_calling_off_ends_registrations_and_tells_everyone_once():
    session = published(seats=1)
    seated(session, 1)
    register(session, 2)

    cancelled = sessions.cancel_session(session_id=session.pk, reason="Malade.", now=NOW)
    for _ in range(2):
        clocks.tick(now=NOW)

    assert (cancelled.status, cancelled.sequence) == (SessionStatus.CANCELLED, 1)
    assert {row.end_reason for row in session.registrations.all()} == {"session"}
    assert mails("session_cancelled").count() == 2
    assert mails("offer").count() == 0
    assert "STATUS:CANCELLED" in mails("session_cancelled")[0].as_message().attachments[0].content


def test_calling_off_needs_words_and_something_to_call_off():
    with pytest.raises(SessionRefused, match="pourquoi"):
        sessions.cancel_session(session_id=published().pk, reason=" ", now=NOW)
    with pytest.raises(SessionRefused, match="publiée"):
        sessions.cancel_session(session_id=draft().pk, reason="Malade.", now=NOW)
    with pytest.raises(registrations.RegistrationRefused, match="fermées"):
        register(draft(seats=3))
