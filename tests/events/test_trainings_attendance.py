"""Émargement: by each, within the half-day, once; what comes later says so, for good."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from emn.mailings.models import OutboundEmail
from events import drawings, half_days
from events.models import RemoteConnection, Signature
from events.services import attendance, enrolments, training_clocks, trainings
from events.services.attendance import SignatureRefused, minutes_signed
from events.services.trainings import TrainingRefused
from tests.events.factories import HOUR, NOW
from tests.events.trainings import DRAWING, END, START, halves, opened, sign, signed, trainer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
METZ = ZoneInfo("Europe/Paris")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def room():
    own = opened()
    enrolment = signed(own)
    return own, enrolments.trainees_of(enrolment), halves(own)


# --- The half-days ---


def local(*parts):
    return datetime(*parts, tzinfo=METZ)


def said(spans):
    return [f"{a:%d %H:%M}-{b:%H:%M}" for a, b in spans]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (local(2026, 12, 8, 9), local(2026, 12, 8, 17), ["08 09:00-12:30", "08 13:30-17:00"]),
        (local(2026, 12, 8, 14), local(2026, 12, 8, 17, 30), ["08 14:00-17:30"]),
        (local(2026, 12, 8, 9), local(2026, 12, 8, 12), ["08 09:00-12:00"]),
        (local(2026, 12, 8, 9), local(2026, 12, 8, 13), ["08 09:00-13:00"]),
        (
            local(2026, 12, 8, 9), local(2026, 12, 9, 12),
            ["08 09:00-12:00", "09 09:00-12:00"],
        ),
        (  # late one day, early the other
            local(2026, 12, 8, 14), local(2026, 12, 9, 12),
            ["08 14:00-17:00", "09 09:00-12:00"],
        ),
        (  # Friday to Monday: the week-end is free
            local(2026, 12, 11, 9), local(2026, 12, 14, 12),
            ["11 09:00-12:00", "14 09:00-12:00"],
        ),
    ],
)  # fmt: skip
def test_a_session_is_cut_in_half_days(start, end, expected):
    assert said(half_days.cut(start, end)) == expected


def test_a_night_of_summer_time_keeps_the_wall_clock_and_counts_the_sun():
    spans = half_days.cut(local(2026, 10, 23, 9), local(2026, 10, 26, 17))  # 25: winter

    assert said(spans) == [
        "23 09:00-12:30", "23 13:30-17:00", "26 09:00-12:30", "26 13:30-17:00",
    ]  # fmt: skip
    assert [a.astimezone(UTC).hour for a, _b in spans] == [7, 11, 8, 12]
    assert half_days.minutes(spans) == 14 * 60
    night = (local(2026, 10, 25, 1), local(2026, 10, 25, 4))
    assert half_days.minutes([night]) == 4 * 60  # the hour from 2 to 3 comes twice


@given(
    st.integers(min_value=0, max_value=2 * 365 * 24 * 60),
    st.integers(min_value=15, max_value=7 * 24 * 60),
)
def test_half_days_are_apart_in_order_and_within(start, length):
    first = local(2026, 1, 1) + timedelta(minutes=start)
    last = first + timedelta(minutes=length)

    spans = half_days.cut(first, last)

    assert all(first <= a < b <= last for a, b in spans)
    assert all(b <= a for (_a, b), (a, _b) in pairwise(spans))


def test_half_days_change_until_they_are_signed(room):
    own, (first, _second), (morning, afternoon) = room
    spans = [(START, morning.ends_at), (START + 5 * HOUR, END)]

    def set_to(spans):
        return trainings.set_half_days(training_session_id=own.pk, spans=spans)

    for wrong, words in [
        ([(START, START + 2 * HOUR), (START + HOUR, END)], "chevauchent"),
        ([(START - HOUR, END)], "tient dans"),
        ([], "au moins une"),
    ]:
        with pytest.raises(TrainingRefused, match=words):
            set_to(wrong)
    sign(morning, first)
    set_to(spans)
    assert [(row.starts_at, row.ends_at) for row in halves(own)] == spans
    with pytest.raises(TrainingRefused, match="est émargée"):
        set_to([(START, START + HOUR), (START + 5 * HOUR, END)])
    again = trainings.cut_again(training_session_id=own.pk)
    assert [(row.starts_at, row.ends_at) for row in again] == [
        (START, morning.ends_at), (afternoon.starts_at, END),
    ]  # fmt: skip
    assert again[0] == morning


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(1, 20)), max_size=6))
def test_what_is_left_of_spans_is_outside_of_those_taken(pairs):
    day = local(2026, 1, 1)
    taken = [(day + n * MINUTE, day + (n + size) * MINUTE) for n, size in pairs]

    left = half_days.without([(day, day + 100 * MINUTE)], taken)

    free = {n for n in range(100) if not any(a <= day + n * MINUTE < b for a, b in taken)}
    found = [n for n in range(100) for a, b in left if a <= day + n * MINUTE < b]
    assert found == sorted(free)


# --- Signing ---


def test_a_trainee_signs_by_hand_or_by_name(room):
    _own, (first, second), (morning, _afternoon) = room

    drawn = sign(morning, first, name="Stagiaire 1", drawing=DRAWING)
    typed = sign(morning, second, name=" Stagiaire 2 ")

    assert (drawn.method, typed.method) == ("drawn", "typed")
    assert typed.full_name == "Stagiaire 2"
    assert drawn.sha256 == attendance.digest(Signature.objects.select_related("half_day").get(
        pk=drawn.pk))  # fmt: skip
    assert (drawn.origin, drawn.reason, drawn.noted_by) == ("192.0.2.0/24", "", None)


@pytest.mark.parametrize(
    ("at", "is_signed"),
    [
        (START - SECOND, False),
        (START, True),
        (START + timedelta(hours=3, minutes=30) - SECOND, True),
        (START + timedelta(hours=3, minutes=30), False),
        (START + 4 * HOUR, False),
        (START + timedelta(days=1), False),
    ],
)
def test_a_half_day_is_signed_within_it_and_not_a_second_besides(room, at, is_signed):
    _own, (first, _second), (morning, _afternoon) = room

    if is_signed:
        assert sign(morning, first, at=at).signed_at == at
    else:
        with pytest.raises(SignatureRefused, match="se sign"):
            sign(morning, first, at=at)
        assert not Signature.objects.exists()


def test_the_window_follows_the_wall_clock_over_the_change_of_hour():
    own = opened(
        starts_at=local(2026, 10, 24, 9), ends_at=local(2026, 10, 26, 12),
        now=local(2026, 10, 1, 9),
    )  # fmt: skip
    enrolment = signed(own, now=local(2026, 10, 2, 9))
    person, half = enrolments.trainees_of(enrolment)[0], halves(own)[-1]

    with pytest.raises(SignatureRefused):
        sign(half, person, at=datetime(2026, 10, 26, 7, 59, 59, tzinfo=UTC))
    signed_row = sign(half, person, at=datetime(2026, 10, 26, 8, 0, tzinfo=UTC))  # 9 h in winter

    assert signed_row.half_day == half


@pytest.mark.django_db(transaction=True)
def test_the_same_link_twice_even_at_once_is_one_signature(room):
    _own, (first, _second), (morning, _afternoon) = room
    barrier = Barrier(6)

    def go(number):
        barrier.wait()
        try:
            return sign(morning, first, at=START + number * MINUTE).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        rows = set(pool.map(go, range(6)))

    assert len(rows) == 1
    assert Signature.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_trainees_at_once_both_sign(room):
    _own, both, (morning, _afternoon) = room
    barrier = Barrier(2)

    def go(person):
        barrier.wait()
        try:
            return sign(morning, person).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(go, both))) == 2


def test_who_has_no_place_signs_nothing(room):
    own, (first, _second), (morning, _afternoon) = room
    stranger = trainer("Autre", "autre@x.example")
    other = opened()

    with pytest.raises(SignatureRefused, match="pas de place"):
        sign(morning, stranger)
    with pytest.raises(SignatureRefused, match="pas de place"):
        sign(halves(other)[0], first)
    own.enrolments.update(ended_at=NOW, end_reason="cancelled")
    first.enrolment.refresh_from_db()
    with pytest.raises(SignatureRefused, match="pas de place"):
        sign(morning, first)


@pytest.mark.parametrize(
    "drawing",
    ["<svg/>", "M1 1", DRAWING + "Z", "M601 0" + DRAWING, "M1 201" + DRAWING, DRAWING * 200],
)
def test_what_is_no_drawing_is_refused(room, drawing):
    _own, (first, _second), (morning, _afternoon) = room

    assert not drawings.is_drawing(drawing)
    with pytest.raises(SignatureRefused, match="tracé"):
        sign(morning, first, drawing=drawing)


# --- Late, absent ---


def note(half, person, by, *, at, present=True, reason="Téléphone oublié"):
    return attendance.note(
        half_day_id=half.pk, person=person, noted_by=by, is_present=present, reason=reason, now=at
    )


def test_after_the_half_day_a_trainer_notes_with_a_reason_and_it_shows(room):
    own, (first, second), (morning, _afternoon) = room
    teacher = own.trainers.get()

    late = note(morning, first, teacher, at=END)
    absent = note(morning, second, teacher, at=END, present=False, reason="Malade")

    assert (late.method, late.noted_by, late.reason) == ("late", teacher, "Téléphone oublié")
    assert minutes_signed([late]) == 210
    assert minutes_signed([absent]) == 0


def test_what_a_trainer_may_not_note(room):
    own, (first, second), (morning, _afternoon) = room
    teacher = own.trainers.get()
    sign(morning, first)

    with pytest.raises(SignatureRefused, match="pas finie"):
        note(morning, second, teacher, at=morning.ends_at - SECOND)
    with pytest.raises(SignatureRefused, match="Dites pourquoi"):
        note(morning, second, teacher, at=END, reason=" ")
    with pytest.raises(SignatureRefused, match="déjà signée"):
        note(morning, first, teacher, at=END)
    with pytest.raises(SignatureRefused, match="pas de place"):
        note(morning, second, trainer("Autre", "a@x.example"), at=END)


# --- The log ---


@pytest.mark.parametrize(
    "act",
    [
        lambda rows: rows.update(reason="autre"),
        lambda rows: rows.update(signed_at=NOW),
        lambda rows: rows.update(full_name="Autre"),
        lambda rows: rows.update(full_name="", drawing="", origin="", method="typed"),
        lambda rows: rows.update(full_name="", drawing="", origin="", reason="autre"),
        lambda rows: rows.delete(),
    ],
)
def test_the_database_refuses_that_a_signature_changes(room, act):
    _own, (first, _second), (morning, _afternoon) = room
    sign(morning, first, drawing=DRAWING)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        act(Signature.objects.all())

    assert Signature.objects.get().full_name == "Moi"


def test_the_person_may_be_forgotten_and_nothing_else(room):
    _own, (first, _second), (morning, _afternoon) = room
    row = sign(morning, first, drawing=DRAWING)

    Signature.objects.update(full_name="", drawing="", origin="")

    kept = Signature.objects.get()
    assert (kept.full_name, kept.drawing, kept.sha256) == ("", "", row.sha256)


def test_why_somebody_was_away_goes_with_their_name(room):
    own, (first, _second), (morning, _afternoon) = room
    row = note(morning, first, own.trainers.get(), at=END, present=False, reason="Malade")

    Signature.objects.update(full_name="", drawing="", origin="", reason="")

    kept = Signature.objects.get()
    assert (kept.method, kept.reason, kept.sha256) == ("absent", "", row.sha256)


def test_who_comes_from_afar_is_logged_and_the_log_stays(room):
    own = opened(remote=5)
    enrolment = signed(own, pool_id=own.session.pools.get(mode="remote").pk)
    person, half = enrolments.trainees_of(enrolment)[0], halves(own)[0]

    with pytest.raises(SignatureRefused, match="pas ouverte"):
        attendance.join(half_day_id=half.pk, trainee=person, now=START - SECOND)
    url = attendance.join(half_day_id=half.pk, trainee=person, now=START)

    assert url == "https://visio.example/classe"
    assert RemoteConnection.objects.get().joined_at == START
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        RemoteConnection.objects.update(joined_at=NOW)


# --- The links ---


def test_each_gets_a_link_at_the_start_once(room):
    own, _trainees, _halves = room
    kinds = ("half_day", "half_day_trainer")

    def sent():
        rows = OutboundEmail.objects.all()
        return [rows.filter(kind=f"events/trainings/emails/{kind}").count() for kind in kinds]

    training_clocks.tick(now=START - SECOND)
    assert sent() == [0, 0]
    training_clocks.tick(now=START)
    training_clocks.tick(now=START + 5 * MINUTE)
    assert sent() == [2, 1]
    training_clocks.tick(now=START + timedelta(hours=4, minutes=30))
    assert sent() == [4, 2]
    assert own.half_days.filter(links_sent_at=None).count() == 0


@pytest.mark.parametrize(("days", "sent"), [(30, 0), (9, 2)])
def test_trainees_are_convoked_ten_days_before_or_at_once(days, sent):
    own = opened(starts_at=NOW + timedelta(days=days), ends_at=NOW + timedelta(days=days, hours=7))
    signed(own)
    mails = OutboundEmail.objects.filter(kind="events/trainings/emails/convocation")

    training_clocks.tick(now=NOW)  # makes what it issues
    training_clocks.tick(now=NOW)
    assert mails.count() == sent

    due = (own.session.starts_at.astimezone(METZ) - timedelta(days=10)).replace(hour=9, minute=0)
    training_clocks.tick(now=due)
    assert mails.count() == 2
