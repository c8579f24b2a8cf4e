"""Registrations: seats, the line, the mailbox’s word; and crowds."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from bench.lives import Broken, Life, check_at_rest, interleave, order_watched
from events.clock_rules import HOLD_LASTS, OFFER_LASTS
from events.enums import Availability, RegistrationStatus
from events.models import CapacityPool, Registration, Session
from events.services import clocks, greetings, registrations, seats, sessions
from events.services.seats import RegistrationRefused, TryAgain
from tests.events.factories import HOUR, NOW, START, mails, published, register, seated, waiting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

ASK = START.replace(day=6, hour=8)  # J−2, 9 h in Metz
RELEASE = START.replace(day=7, hour=11)  # J−1, noon


def status_of(*entries):
    rows = dict(Registration.objects.values_list("pk", "status"))
    return [rows[entry.pk] for entry in entries]


def shown(session):
    return session.pools.get().shown


def test_a_seat_is_held_until_the_mailbox_takes_it():
    session = published(seats=2)

    held = register(session)
    taken = registrations.take_seat(registration_id=held.pk, now=NOW)

    assert (held.status, held.expires_at) == ("held", NOW + HOLD_LASTS)
    assert (taken.status, taken.expires_at, taken.taken_at) == ("registered", None, NOW)
    mail = mails("confirmed").get().as_message()
    assert [(part.filename, part.mimetype) for part in mail.attachments] == [
        ("rendez-vous.ics", "text/calendar"),
        ("billet.png", "image/png"),
    ]
    assert taken.ticket in mail.body
    assert len(taken.ticket) == 22


def test_whoever_has_the_seat_before_the_answer_was_written_gets_one_message():
    session = published(seats=1)
    registrations.register(
        session_id=session.pk, pool_id=None, full_name="Léa", email="lea@meyer.example",
        company_name="", language="fr", now=NOW,
    )  # fmt: skip

    registrations.take_seat(registration_id=Registration.objects.get().pk, now=NOW)
    clocks.tick(now=NOW)
    greetings.greet_all(now=NOW)

    kinds = mails("held").model.objects.values_list("kind", flat=True)
    assert list(kinds) == ["events/emails/confirmed"]


def test_taking_twice_is_once_and_what_is_over_is_refused():
    session = published(seats=1)
    entry = seated(session)
    registrations.take_seat(registration_id=entry.pk, now=NOW)
    assert mails("confirmed").count() == 1

    registrations.cancel_registration(registration_id=entry.pk, now=NOW)
    with pytest.raises(RegistrationRefused, match="plus gardée"):
        registrations.take_seat(registration_id=entry.pk, now=NOW)


def test_a_full_session_has_a_line_with_a_rank():
    session = published(seats=1)
    seated(session, 1)

    second, third = waiting(session, 2), waiting(session, 3)

    assert [registrations.position(entry) for entry in (second, third)] == [1, 2]
    assert shown(session) == Availability.WAITING


def test_a_freed_seat_is_offered_in_the_same_breath_then_to_the_next():
    session = published(seats=1)
    first = seated(session, 1)
    second, third = waiting(session, 2), waiting(session, 3)

    registrations.cancel_registration(registration_id=first.pk, now=NOW)
    assert status_of(first, second, third) == ["cancelled", "offered", "waiting"]

    clocks.tick(now=NOW + OFFER_LASTS / 2)
    assert mails("offer_reminder").count() == 1
    clocks.tick(now=NOW + OFFER_LASTS)
    clocks.tick(now=NOW + OFFER_LASTS)
    assert status_of(second, third) == ["cancelled", "offered"]
    assert [mails(kind).count() for kind in ("offer", "offer_ended")] == [2, 1]
    registrations.take_seat(registration_id=third.pk, now=NOW + OFFER_LASTS + HOUR)
    assert status_of(third) == ["registered"]


def test_a_hold_that_nobody_takes_goes_to_the_line_without_a_word_to_the_stranger():
    session = published(seats=1)
    held, in_line = register(session, 1), waiting(session, 2)

    clocks.tick(now=NOW + HOLD_LASTS)

    assert status_of(held, in_line) == ["cancelled", "offered"]
    assert {mail.kind.rpartition("/")[2] for mail in mails("held").model.objects.filter(
        to_email=held.email)} == {"held"}  # fmt: skip


def test_a_place_in_line_is_kept_two_hours_for_its_mailbox_then_given_up():
    session = published(seats=1)
    seated(session, 1)
    asked = register(session, 2)

    assert (asked.status, asked.expires_at) == ("pending", NOW + HOLD_LASTS)
    assert "Gardez ma place dans la file" in mails("waiting").get().text_body
    kept = registrations.enter_line(registration_id=asked.pk, now=NOW + HOUR)
    again = registrations.enter_line(registration_id=asked.pk, now=NOW + HOUR)
    assert (kept.status, kept.in_line_at, again.status) == ("waiting", NOW + HOUR, "waiting")

    late = register(session, 3)
    clocks.tick(now=NOW + HOLD_LASTS)
    assert status_of(asked, late) == ["waiting", "cancelled"]
    with pytest.raises(RegistrationRefused, match="plus gardée"):
        registrations.enter_line(registration_id=late.pk, now=NOW + HOLD_LASTS)


def test_an_invented_address_is_offered_nothing_and_stands_before_nobody():
    session = published(seats=1)
    first = seated(session, 1)
    invented = register(session, 2)
    real = waiting(session, 3)

    assert registrations.position(real) == 1
    registrations.cancel_registration(registration_id=first.pk, now=NOW)
    assert status_of(invented, real) == ["pending", "offered"]


def test_the_rank_is_that_of_arrival_whoever_answers_first():
    session = published(seats=1)
    first = seated(session, 1)
    early, late = register(session, 2), waiting(session, 3)

    registrations.enter_line(registration_id=early.pk, now=NOW + HOUR)

    assert [
        registrations.position(entry) for entry in (late, Registration.objects.get(pk=early.pk))
    ] == [2, 1]
    registrations.cancel_registration(registration_id=first.pk, now=NOW + HOUR)
    assert status_of(early, late) == ["offered", "waiting"]


def test_whoever_enters_the_line_when_a_seat_is_free_is_offered_it():
    session = published(seats=1)
    first, asked = seated(session, 1), register(session, 2)
    registrations.cancel_registration(registration_id=first.pk, now=NOW)
    assert status_of(asked) == ["pending"]

    registrations.enter_line(registration_id=asked.pk, now=NOW)

    assert status_of(asked) == ["offered"]


def test_who_comes_later_does_not_pass_a_group_that_waits():
    session = published(seats=3, group_limit=3)
    seated(session, 1, people=2)
    group = waiting(session, 2, people=2)
    late = waiting(session, 3)
    assert status_of(group, late) == ["waiting", "waiting"]
    assert shown(session) == Availability.WAITING

    pool = session.pools.get()
    CapacityPool.objects.filter(pk=pool.pk).update(size=4)
    registrations.promote(session_id=session.pk, now=NOW)
    assert status_of(group, late) == ["offered", "waiting"]


def test_a_group_that_shrinks_gives_its_seats_back_and_one_that_grows_asks():
    session = published(seats=2, group_limit=2)
    pair = seated(session, 1, people=2)
    in_line = waiting(session, 2)
    change = {"full_name": "Léa Meyer", "company_name": "Meyer", "now": NOW}

    registrations.change_registration(registration_id=pair.pk, people=1, **change)
    assert status_of(in_line) == ["offered"]
    with pytest.raises(RegistrationRefused, match="assez de places"):
        registrations.change_registration(registration_id=pair.pk, people=2, **change)


@pytest.mark.parametrize("people", [0, 3])
def test_a_group_beyond_the_limit_is_refused(people):
    with pytest.raises(RegistrationRefused, match="2 personnes au plus"):
        register(published(seats=9, group_limit=2), people=people)


def test_a_mailbox_has_one_place_and_learns_so_from_its_mail_only():
    session = published(seats=1)
    seated(session, email="Lea@Meyer.example")
    answers = [
        registrations.register(
            session_id=session.pk, pool_id=None, full_name="X", email=email, company_name="",
            language="fr", now=NOW,
        )
        for email in ("lea@meyer.example", " LEA@meyer.example", "autre@meyer.example")
    ]  # fmt: skip
    greetings.greet_all(now=NOW)

    assert answers == [Availability.WAITING] * 3
    assert mails("already").count() == 1  # a day
    assert Registration.objects.count() == 2


def test_a_line_has_an_end():
    session = published(seats=1, waiting_limit=1)
    seated(session, 1)
    register(session, 2)

    assert shown(session) == Availability.FULL
    with pytest.raises(RegistrationRefused, match="liste d’attente aussi"):
        register(session, 3)


@pytest.mark.parametrize(
    ("fields", "now"),
    [
        ({"opens_at": NOW + HOUR}, NOW),
        ({"closes_at": NOW}, NOW),
        ({}, START),
    ],
)
def test_outside_its_window_a_session_takes_nobody(fields, now):
    with pytest.raises(RegistrationRefused, match="fermées"):
        register(published(seats=3, **fields), now=now)


def test_a_hybrid_session_has_two_counts():
    session = published(seats=1, remote=1, mode="hybrid")

    here, there, line = (
        register(session, 1, mode="on_site"),
        register(session, 2, mode="remote"),
        register(session, 3, mode="remote"),
    )

    assert status_of(here, there, line) == ["held", "held", "pending"]
    with pytest.raises(RegistrationRefused, match="comment vous venez"):
        register(session, 4)


def test_the_words_of_the_agenda_follow_the_count():
    session = published(seats=7)
    words = [shown(session)]
    for number in range(7):
        seated(session, number)
        words.append(shown(session))
    registrations.cancel_registration(registration_id=Registration.objects.first().pk, now=NOW)

    assert words == ["open", "open", *["few"] * 5, "waiting"]
    assert shown(session) == "few"


# --- The clocks ---


def test_two_days_before_each_is_asked_once_and_silence_gives_the_seat_to_the_line():
    session = published(seats=2)
    quiet, good = seated(session, 1), seated(session, 2)
    in_line = waiting(session, 3)

    clocks.tick(now=ASK - timedelta(seconds=1))
    assert mails("coming").count() == 0
    for _ in range(2):
        clocks.tick(now=ASK)
    assert mails("coming").count() == 2
    registrations.confirm_coming(registration_id=good.pk, now=ASK)
    clocks.tick(now=RELEASE - timedelta(seconds=1))
    assert status_of(quiet) == ["registered"]
    clocks.tick(now=RELEASE)

    assert status_of(quiet, good, in_line) == ["cancelled", "confirmed", "offered"]
    assert mails("released").get().to_email == quiet.email


def test_an_invented_address_evicts_nobody():
    session = published(seats=1)
    quiet = seated(session, 1)
    clocks.tick(now=ASK)
    register(session, 2, now=RELEASE - HOUR)

    clocks.tick(now=RELEASE)

    assert status_of(quiet) == ["registered"]


def test_a_session_moved_late_gives_everyone_their_day_to_answer():
    session = published(seats=1)
    quiet, in_line = seated(session, 1), waiting(session, 2)
    moved_at = START - timedelta(days=1)  # the deadline of the new date has passed
    start = START + HOUR
    sessions.move_session(
        session_id=session.pk, starts_at=start, ends_at=start + HOUR, room_id=session.room_id,
        now=moved_at - 6 * HOUR,
    )  # fmt: skip
    clocks.tick(now=moved_at - 6 * HOUR)
    assert "le mardi 8 décembre 2026 à 12\u00a0h" in mails("coming").get().text_body

    clocks.tick(now=moved_at + 18 * HOUR - timedelta(seconds=1))
    assert status_of(quiet, in_line) == ["registered", "waiting"]
    clocks.tick(now=moved_at + 18 * HOUR)
    assert status_of(quiet, in_line) == ["cancelled", "offered"]


def test_a_session_moved_to_the_next_morning_threatens_nobody():
    session = published(seats=1)
    quiet = seated(session, 1)
    waiting(session, 2)
    now = START - timedelta(days=5)
    sessions.move_session(
        session_id=session.pk, starts_at=now + 15 * HOUR, ends_at=now + 16 * HOUR,
        room_id=session.room_id, now=now,
    )  # fmt: skip

    for hours in range(15):
        clocks.tick(now=now + hours * HOUR)

    assert "Sans réponse" not in mails("coming").get().text_body
    assert status_of(quiet) == ["registered"]


def test_where_nobody_waits_the_silent_keep_their_seat():
    session = published(seats=2)
    quiet = seated(session)

    clocks.tick(now=ASK)
    clocks.tick(now=RELEASE)

    assert status_of(quiet) == ["registered"]


@pytest.mark.parametrize(
    ("silent", "line", "released"),
    [
        ([1, 1], [3], []),  # a group that the silent cannot seat stops the line: all keep theirs
        ([1, 1, 1], [2, 3], [3, 2]),
        ([1, 2, 1], [2], [2]),  # the last one alone would free too little, with it too much
        ([2, 1], [1, 1], [2, 1]),
        ([2], [1], [1]),
    ],
)
def test_silence_costs_nobody_a_seat_that_the_line_cannot_take(silent, line, released):
    session = published(seats=sum(silent) + 1, group_limit=3)
    said_so = seated(session, 0)
    there = [seated(session, n, people=people) for n, people in enumerate(silent, start=1)]
    for number, people in enumerate(line, start=len(silent) + 1):
        waiting(session, number, people=people)
    clocks.tick(now=ASK)
    registrations.confirm_coming(registration_id=said_so.pk, now=ASK)

    clocks.tick(now=RELEASE)

    ended = [number for number, row in enumerate(there, start=1) if status_of(row) == ["cancelled"]]
    assert ended == sorted(released)


def test_a_late_word_is_an_excused_absence_and_frees_the_seat():
    session = published(seats=1)
    first, in_line = seated(session, 1), waiting(session, 2)

    registrations.cancel_registration(registration_id=first.pk, now=RELEASE + HOUR)

    assert status_of(first, in_line) == ["excused", "offered"]


def test_nothing_is_offered_in_the_last_hours():
    session = published(seats=1)
    first, in_line = seated(session, 1), waiting(session, 2)

    registrations.cancel_registration(registration_id=first.pk, now=START - 2 * HOUR)

    assert status_of(in_line) == ["waiting"]


def test_two_absences_without_a_word_cost_the_place_in_line_for_sixty_days():
    email = "absent@entreprise.example"
    for days in (30, 20):
        start = NOW - timedelta(days=days)
        past = published(seats=1, starts_at=start, now=start - HOUR)
        entry = seated(past, email=email, now=start - HOUR)
        Registration.objects.filter(pk=entry.pk).update(status=RegistrationStatus.ABSENT)
    session = published(seats=1)
    seated(session, 1)

    deferred, later = waiting(session, email=email), waiting(session, 2)

    assert [registrations.position(entry) for entry in (deferred, later)] == [2, 1]
    assert not registrations.has_lost_priority(email, now=NOW + timedelta(days=41))


# --- Crowds ---


@pytest.mark.django_db(transaction=True)
def test_of_sixty_at_once_ten_have_a_seat_and_fifty_a_rank():
    session = published(seats=10)
    barrier = Barrier(20)

    def attempt(number):
        if number < 20:
            barrier.wait()
        try:
            return registrations.register(
                session_id=session.pk, pool_id=None, full_name=f"P {number}",
                email=f"p{number}@entreprise.example", company_name="", language="fr", now=NOW,
            )  # fmt: skip
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(attempt, range(60)))

    assert (answers.count(Availability.OPEN), answers.count(Availability.WAITING)) == (10, 50)
    rows = session.registrations.order_by("pk")
    assert [row.status for row in rows] == ["held"] * 10 + ["pending"] * 50


@pytest.mark.django_db(transaction=True)
def test_one_mailbox_many_times_at_once_has_one_place():
    session = published(seats=5, remote=5, mode="hybrid")
    pools = [pool.pk for pool in session.pools.order_by("pk")]
    barrier = Barrier(8)

    def attempt(number):
        barrier.wait()
        try:
            return registrations.register(
                session_id=session.pk, pool_id=pools[number % 2], full_name="P",
                email="p@entreprise.example", company_name="", language="fr", now=NOW,
            )  # fmt: skip
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, range(8)))

    assert session.registrations.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_does_not_come_says_try_again(monkeypatch):
    monkeypatch.setattr(seats, "LOCK_WAIT", "50ms")
    session = published(seats=1)

    def attempt():
        try:
            register(session)
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        list(CapacityPool.objects.select_for_update().filter(session=session))
        with pytest.raises(TryAgain, match="réessayez"):
            pool.submit(attempt).result()


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_in_whatever_order_the_rules_hold(seed):
    session = published(seats=5, group_limit=3, room=None, elsewhere="Metz")
    life = Life(session, seed, now=NOW)

    with order_watched():
        for _ in range(60):
            life.act()
            check_at_rest(session)

    assert life.done > 20


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(6))
def test_whatever_six_threads_do_at_once_the_rules_hold(seed):
    session = published(seats=5, group_limit=3, room=None, elsewhere="Metz")

    interleave(session, seed=seed, now=NOW, threads=6, acts=15)


def test_a_rule_that_does_not_hold_is_seen():
    session = published(seats=1)
    register(session, 1)
    register(session, 2)
    first, second = waiting(session, 3), waiting(session, 4)

    with order_watched(), pytest.raises(Broken, match="passed"), transaction.atomic():
        seats._offer(second, session, now=NOW)
    session.registrations.filter(status="pending").update(status="held")
    with pytest.raises(Broken, match="capacity"):
        check_at_rest(session)
    session.registrations.exclude(pk=first.pk).delete()
    with pytest.raises(Broken, match="a seat is free"):
        check_at_rest(session)


def test_what_the_lock_reads_needs_no_conversion():
    """`seats.lock` makes rows of the columns as the driver gives them."""
    fields = (*Session._meta.concrete_fields, *CapacityPool._meta.concrete_fields)

    assert [field.name for field in fields if field.get_db_converters(connection)] == []
