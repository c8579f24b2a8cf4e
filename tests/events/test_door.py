"""The door: by ticket, by name, by button; late, twice and by mistake."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from itertools import permutations
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from emn.accounts.enums import Role
from emn.accounts.services import erase_account
from emn.mailings.models import OutboundEmail
from events import door_wording
from events.models import Registration, Scan
from events.services import attendance, doors, invoices, payments, registrations
from events.services.enrolments import trainees_of
from tests.directory.factories import UserFactory
from tests.directory.test_admin import sign_in
from tests.events.factories import (
    HOUR,
    NOW,
    START,
    RoomFactory,
    published,
    register,
    seated,
)
from tests.events.money import PERSON, TODAY, accepted, invoiced, paid
from tests.events.money import signed as contract
from tests.events.trainings import halves, opened, sign, signed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture
def agent(db):
    return UserFactory(is_staff=True)


def scan(session, entry, agent, *, client_id=None, at=START, now=None):
    return doors.check_in(
        session_id=session.pk, registration_id=entry and entry.pk, client_id=client_id or uuid4(),
        by_id=agent.pk, scanned_at=at, now=now or at,
    )  # fmt: skip


def take_back(session, entry, agent, *, client_id=None, at=START, now=None):
    return doors.undo(
        session_id=session.pk, registration_id=entry.pk, client_id=client_id or uuid4(),
        by_id=agent.pk, scanned_at=at, now=now or at,
    )  # fmt: skip


def test_each_ticket_gets_its_answer(agent):
    session, other = published(seats=3), published(seats=3)
    coming, held = seated(session, 1), register(session, 2)
    elsewhere = seated(other, 1)

    outcomes = [
        scan(session, entry, agent).outcome for entry in (coming, coming, held, elsewhere, None)
    ]

    assert outcomes == ["ok", "already", "no_seat", "other", "unknown"]
    coming.refresh_from_db()
    assert coming.status == "present"
    assert doors.count(session) == {"on_site": doors.Attendance(expected=1, present=1)}


@pytest.mark.parametrize(
    ("read", "is_ticket"),
    [("{0}", True), ("https://emn.example/agenda/billet/{0}/\n", True), (" {0} ", True),
     ("{0}x", False), ("", False), ("https://emn.example/agenda/", False)],
)  # fmt: skip
def test_a_scanner_reads_an_address_or_the_secret_alone(read, is_ticket):
    entry = seated(published(seats=1))

    found = doors.registration_of(read.format(entry.ticket))

    assert found == (entry if is_ticket else None)


@pytest.mark.django_db(transaction=True)
def test_the_same_act_sent_twice_at_once_and_late_is_one_row(agent):
    session = published(seats=1)
    entry, client_id = seated(session), uuid4()
    barrier = Barrier(6)

    def send(number):
        barrier.wait()
        try:
            return scan(session, entry, agent, client_id=client_id, now=START + number * HOUR).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        rows = set(pool.map(send, range(6)))

    assert len(rows) == 1
    assert [(row.outcome, row.scanned_at) for row in Scan.objects.all()] == [("ok", START)]


@pytest.mark.django_db(transaction=True)
def test_two_scanners_at_once_let_one_person_in_once(agent):
    session = published(seats=1)
    entry = seated(session)
    barrier = Barrier(4)

    def send(_number):
        barrier.wait()
        try:
            return scan(session, entry, agent).outcome
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(send, range(4)))

    assert outcomes == ["already", "already", "already", "ok"]


def test_a_clock_that_is_ahead_does_not_date_the_future(agent):
    session = published(seats=1)

    row = scan(session, seated(session), agent, at=START + 5 * HOUR, now=START)

    assert row.scanned_at == START


def test_a_mistake_is_taken_back_and_both_acts_stay(agent):
    session = published(seats=1)
    entry = seated(session)
    scan(session, entry, agent)

    row = take_back(session, entry, agent)

    entry.refresh_from_db()
    assert (entry.status, row.outcome) == ("registered", "undone")
    assert [row.outcome for row in Scan.objects.order_by("pk")] == ["ok", "undone"]


def test_the_log_is_only_added_to_but_forgets_the_agent(agent):
    session = published(seats=1)
    row = scan(session, seated(session), agent)

    for change in (
        lambda: Scan.objects.filter(pk=row.pk).update(outcome="already"),
        lambda: Scan.objects.filter(pk=row.pk).update(outcome="already", by=None),
        lambda: Scan.objects.filter(pk=row.pk).delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    erase_account(user_id=agent.pk)

    row.refresh_from_db()
    assert (row.by, row.outcome) == (None, "ok")


def test_the_absent_are_noted_once_it_is_over_and_somebody_was_let_in(agent):
    session = published(seats=2)
    here, missing = seated(session, 1), seated(session, 2)
    end = session.ends_at
    with pytest.raises(doors.DoorRefused, match="pas été tenu"):
        doors.close_door(session_id=session.pk, now=end)
    scan(session, here, agent)
    with pytest.raises(doors.DoorRefused, match="une fois la session passée"):
        doors.close_door(session_id=session.pk, now=end - HOUR)

    assert doors.close_door(session_id=session.pk, now=end) == 1

    statuses = dict(Registration.objects.values_list("pk", "status"))
    assert statuses == {here.pk: "present", missing.pk: "absent"}


def test_whoever_takes_part_from_afar_is_not_absent_for_the_door(client, reception, monkeypatch):
    session = published(mode="hybrid", remote=2, room=RoomFactory(), seats=2)
    here, away = seated(session, 1, mode="on_site"), seated(session, 2, mode="remote")
    missing = seated(session, 3, mode="on_site")
    scan(session, here, reception)
    monkeypatch.setattr(timezone, "now", lambda: session.ends_at)
    sign_in(client, Role.RECEPTION)

    page = client.get(f"/agenda/accueil/{session.pk}/")
    doors.close_door(session_id=session.pk, now=session.ends_at)

    assert page.context["missing"] == 1
    statuses = dict(Registration.objects.values_list("pk", "status"))
    assert statuses == {here.pk: "present", away.pk: "registered", missing.pk: "absent"}


def test_nobody_cancels_once_in(agent):
    session = published(seats=1)
    entry = seated(session)
    scan(session, entry, agent, at=START + HOUR)

    with pytest.raises(registrations.RegistrationRefused, match="a commencé"):
        registrations.cancel_registration(registration_id=entry.pk, now=START + HOUR)


# --- The page ---


@pytest.fixture
def reception(client, settings, monkeypatch):
    settings.STAFF_MFA_REQUIRED = False
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return sign_in(client, Role.RECEPTION)


def test_a_ticket_a_name_and_a_button(client, reception):
    session = published(seats=5)
    lea = seated(session, 1, full_name="Léa Müller", company_name="Boulangerie Œuf")
    paul = seated(session, 2, full_name="Paul Martin")
    url = f"/agenda/accueil/{session.pk}/"

    read = client.post(url, {"do": "scan", "code": lea.ticket, "client_id": uuid4()}, follow=True)
    found = client.get(url, {"q": "oeuf mul"})
    button = client.post(url, {"do": "enter", "entry": paul.pk}, follow=True)
    unknown = client.post(url, {"do": "scan", "code": "n’importe quoi"}, follow=True)
    back = client.post(url, {"do": "undo", "entry": paul.pk}, follow=True)

    assert "Entrée notée." in read.content.decode()
    assert list(found.context["page"]) == [lea]
    assert button.context["counts"]["present"] == 2
    assert "pas un billet du centre" in unknown.content.decode()
    assert back.context["counts"]["present"] == 1
    assert client.post(url, {"do": "close"}).status_code == 409


def test_the_door_knows_who_comes_along_and_what_is_not_paid(
    client, reception, django_assert_num_queries
):
    session = published(seats=9, group_limit=2)
    lea = seated(session, 1, people=2, full_name="Léa Müller", companions=["Zoé Weber"])
    others = [seated(session, number) for number in (2, 3)]
    owing = accepted(registration_ids=[lea.pk, others[0].pk], held_until=START)
    settled = accepted(registration_ids=[others[1].pk], held_until=START)
    paid(settled, 70_000)
    url = f"/agenda/accueil/{session.pk}/"

    found = client.get(url, {"q": "zoe web"})
    assert list(found.context["page"]) == [lea]
    assert "avec Zoé Weber" in found.content.decode()
    assert found.content.decode().count("Impayée") == 1
    listed = {row["id"]: row for row in client.get(f"{url}liste/").json()["people"]}
    assert [listed[row.pk]["unpaid"] for row in (lea, *others)] == [True, True, False]
    assert listed[lea.pk]["companions"] == ["Zoé Weber"]
    said = [door_wording.said(scan(session, row, reception)).text for row in (lea, others[1])]
    assert [text.endswith("Impayée") for text in said] == [True, False]
    paid(owing, 69_999)
    with django_assert_num_queries(5):
        assert payments.unpaid([lea.pk, others[1].pk], today=TODAY) == {lea.pk}


def test_what_is_not_due_yet_is_not_said_at_the_door(django_assert_num_queries):
    session = published(seats=9)
    rows = [seated(session, number) for number in range(4)]
    accepted(registration_ids=[rows[0].pk])  # to be invoiced
    invoice = invoiced(registration_ids=[rows[1].pk])
    for row in rows[2:]:  # by steps, from the end of the withdrawal on
        spread = accepted(buyer=PERSON, registration_ids=[row.pk])
        contract(spread)
    keys = [row.pk for row in rows]

    def owing(day):
        with django_assert_num_queries(5):
            return payments.unpaid(keys, today=day)

    assert owing(TODAY + timedelta(days=10)) == set()
    assert owing(TODAY + timedelta(days=11)) == set(keys[2:])
    assert owing(invoice.due_on) == set(keys[2:])
    assert owing(invoice.due_on + timedelta(days=1)) == set(keys[1:])
    invoices.credit(invoice_id=invoice.pk, reason="Erreur.", on=TODAY, now=NOW)
    accepted(registration_ids=[rows[0].pk])
    assert payments.unpaid(keys, today=invoice.due_on + timedelta(days=1)) == set(keys[2:])


def test_a_trainee_who_signed_a_half_day_is_neither_announced_nor_noted_absent(
    client, reception, monkeypatch
):
    own = opened(seats=5)
    enrolment = signed(own, count=3)
    seen, wrote, missing = trainees_of(enrolment)
    scan(own.session, seen.registration, reception, at=own.session.starts_at)
    half = halves(own)[0]
    sign(half, wrote)
    attendance.note(
        half_day_id=half.pk, person=missing, noted_by=own.trainers.get(), is_present=False,
        reason="Pas venu.", now=half.ends_at,
    )  # fmt: skip
    monkeypatch.setattr(timezone, "now", lambda: own.session.ends_at)
    sign_in(client, Role.RECEPTION)

    page = client.get(f"/agenda/accueil/{own.session_id}/")

    assert "1 inscription sans entrée sera notée absente." in page.content.decode()
    assert doors.close_door(session_id=own.session_id, now=own.session.ends_at) == 1

    statuses = dict(own.session.registrations.values_list("pk", "status"))
    assert statuses == {seen.pk: "present", wrote.pk: "confirmed", missing.pk: "absent"}


def test_the_door_asks_the_same_number_of_queries_for_one_and_for_many(client, reception):
    session = published(seats=30)
    url = f"/agenda/accueil/{session.pk}/"

    def queries():
        with CaptureQueriesContext(connection) as seen:
            client.get(url)
        return len(seen)

    scan(session, seated(session, 1), reception)
    queries()
    one = queries()
    for number in range(2, 8):
        scan(session, seated(session, number), reception)

    assert queries() == one


def test_who_keeps_the_door_finds_it_from_the_back_office(client):
    sign_in(client, Role.STEWARD)
    assert 'href="/agenda/accueil/"' in client.get("/admin/").text
    sign_in(client, Role.ACCOUNTANT)
    assert 'href="/agenda/accueil/"' not in client.get("/admin/").text


def test_the_door_is_for_staff_and_opens_on_what_was_announced(client, reception):
    assert client.get("/agenda/accueil/999/").status_code == 404
    session = published(seats=1, starts_at=NOW + timedelta(days=1))
    sign_in(client, Role.ADVISER)
    assert client.get(f"/agenda/accueil/{session.pk}/").status_code == 403
    client.logout()
    assert client.get(f"/agenda/accueil/{session.pk}/").status_code == 302


# --- Late, out of order, on several devices ---


def minutes(count):
    return timedelta(minutes=count)


ACTS = (("in", 1), ("in", 4), ("out", 2), ("out", 6), ("in", 7))


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_whatever_order_acts_arrive_in_the_latest_one_decides(agent, order):
    session = published(seats=2)
    acts = (("in", 1), ("in", 4), ("out", 2), ("out", 3))
    entry = seated(session)
    for place, number in enumerate(order):
        what, at = acts[number]
        note = scan if what == "in" else take_back
        note(session, entry, agent, at=START + minutes(at), now=START + HOUR + minutes(place))

    entry.refresh_from_db()

    assert entry.status == "present"  # they were let in again at 4, whatever arrived when
    assert Scan.objects.count() == 4


@given(order=st.permutations(range(5)), cut=st.integers(1, 5))
@settings(max_examples=25, deadline=None)
def test_any_part_of_the_acts_in_any_order_gives_what_their_hours_say(order, cut):
    agent = UserFactory(is_staff=True)
    session = published(seats=2)
    entry = seated(session)
    kept = sorted(order[:cut])
    for place, number in enumerate(order[:cut]):
        what, at = ACTS[number]
        note = scan if what == "in" else take_back
        note(session, entry, agent, at=START + minutes(at), now=START + HOUR + minutes(place))

    entry.refresh_from_db()

    latest = max((ACTS[number][1], ACTS[number][0]) for number in kept)[1]
    assert (entry.status == "present") is (latest == "in")


def test_an_entry_that_arrives_after_its_taking_back_does_not_count(agent):
    session = published(seats=1)
    entry = seated(session)
    take_back(session, entry, agent, at=START + minutes(5), now=START + minutes(6))

    late = scan(session, entry, agent, at=START + minutes(4), now=START + HOUR)

    entry.refresh_from_db()
    assert (late.outcome, entry.status) == ("late", "registered")


def test_a_taking_back_sent_twice_is_one_row(agent):
    session = published(seats=1)
    entry, client_id = seated(session), uuid4()
    scan(session, entry, agent)

    first = take_back(session, entry, agent, client_id=client_id, at=START + HOUR)
    scan(session, entry, agent, at=START + 2 * HOUR)
    again = take_back(session, entry, agent, client_id=client_id, at=START + HOUR)

    entry.refresh_from_db()
    assert (first, entry.status) == (again, "present")


def test_who_came_while_the_network_was_cut_is_no_longer_absent(agent):
    session = published(seats=2)
    here, late = seated(session, 1), seated(session, 2)
    scan(session, here, agent)
    doors.close_door(session_id=session.pk, now=session.ends_at)

    row = scan(session, late, agent, now=session.ends_at + HOUR)

    late.refresh_from_db()
    assert (row.outcome, late.status) == ("ok", "present")


# --- What a device sends and reads ---


def send(client, session, *acts):
    url = f"/agenda/accueil/{session.pk}/pointages/"
    return client.post(url, {"acts": acts}, content_type="application/json")


def act(do="scan", *, at=NOW, **more):
    return {"client_id": str(uuid4()), "do": do, "at": at.isoformat(), **more}


def test_a_device_replays_and_each_act_is_answered(client, reception):
    session = published(seats=3)
    lea, paul = seated(session, 1, full_name="Léa Müller"), seated(session, 2)
    acts = [
        act(code=lea.ticket, at=NOW - HOUR),
        act("enter", entry=paul.pk, at=NOW - HOUR),
        act(code=lea.ticket),
        act(code="?"),
        act("undo", entry=paul.pk),
        act("dance"),
        act(code=lea.ticket, at=NOW.replace(tzinfo=None)),
    ]

    first, again = send(client, session, *acts).json(), send(client, session, *acts).json()

    assert first == again
    assert [row["outcome"] for row in first["acts"]] == [
        "ok", "ok", "already", "unknown", "undone", "refused", "refused",
    ]  # fmt: skip
    assert [row["client_id"] for row in first["acts"]] == [row["client_id"] for row in acts]
    assert first["acts"][2]["text"] == f"Déjà entré à 9\u00a0h, noté par {reception}."
    assert Scan.objects.count() == 5
    assert Scan.objects.earliest("pk").scanned_at == NOW - HOUR
    statuses = dict(Registration.objects.values_list("pk", "status"))
    assert statuses == {lea.pk: "present", paul.pk: "registered"}


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"acts": 1}', '{"acts": null}', "\x00"])
def test_what_cannot_be_read_is_refused_with_a_sentence(client, reception, body):
    session = published(seats=1)

    response = client.post(
        f"/agenda/accueil/{session.pk}/pointages/", body, content_type="application/json"
    )

    assert response.status_code == 400
    assert response.json()["error"] == "Ces pointages ne se lisent pas."


def test_the_list_holds_digests_and_says_when_nothing_changed(client, reception):
    session = published(seats=3)
    lea, held = seated(session, 1, full_name="Léa Müller"), register(session, 2)
    url = f"/agenda/accueil/{session.pk}/liste/"

    response = client.get(url)
    same = client.get(url, headers={"If-None-Match": response["ETag"]})
    send(client, session, act(code=lea.ticket))
    changed = client.get(url, headers={"If-None-Match": response["ETag"]})

    text = response.content.decode()
    rows = {row["id"]: row for row in response.json()["people"]}
    assert rows[lea.pk]["hash"] == sha256(lea.ticket.encode()).hexdigest()
    assert (rows[lea.pk]["state"], rows[held.pk]["state"]) == ("coming", "none")
    assert not [secret for secret in (lea.ticket, held.ticket, lea.email) if secret in text]
    assert (same.status_code, changed.status_code) == (304, 200)
    assert {row["id"]: row["state"] for row in changed.json()["people"]}[lea.pk] == "present"


def test_the_list_ends_two_hours_after_the_session(client, reception, monkeypatch):
    session = published(seats=3)
    seated(session, 1)
    url = f"/agenda/accueil/{session.pk}/liste/"
    end = session.ends_at + 2 * HOUR

    kept = []
    for moment in (end - timedelta(seconds=1), end):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        client.force_login(reception)  # the sign-in of another day is over
        kept.append(len(client.get(url).json()["people"]))

    assert kept == [1, 0]


def test_the_page_that_a_device_keeps_names_nobody(client, reception):
    session = published(seats=3)
    entry = seated(session, 1, full_name="Léa Müller", company_name="Boulangerie Œuf")
    scan(session, entry, reception)

    text = client.get(f"/agenda/accueil/{session.pk}/sans-nom/").content.decode()

    assert session.title in text
    assert not [one for one in ("Léa", "Boulangerie", "csrfmiddlewaretoken") if one in text]


def test_the_worker_watches_over_the_door_alone(client, db):
    response = client.get("/agenda/accueil/veilleur.js")

    assert response["Content-Type"].startswith("text/javascript")
    assert "no-cache" in response["Cache-Control"]
    assert "Service-Worker-Allowed" not in response
    assert not response.cookies


def test_only_the_door_may_use_the_camera(client, reception):
    session = published(seats=1)

    door = client.get(f"/agenda/accueil/{session.pk}/")["Permissions-Policy"]
    elsewhere = client.get("/agenda/")["Permissions-Policy"]

    assert ("camera=(self)" in door, "camera=()" in elsewhere) == (True, True)


@pytest.mark.parametrize(("number", "queries"), [(1, 8), (6, 8)])
def test_the_list_asks_the_same_number_of_queries(
    client, reception, number, queries, django_assert_max_num_queries
):
    session = published(seats=30)
    for rank in range(number):
        scan(session, seated(session, rank), reception)
    url = f"/agenda/accueil/{session.pk}/liste/"
    client.get(url)

    with django_assert_max_num_queries(queries) as seen:
        client.get(url)

    assert len(seen) == queries


# --- Roles ---


def test_a_steward_reads_tickets_and_no_more(client, settings, monkeypatch):
    settings.STAFF_MFA_REQUIRED = False
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    sign_in(client, Role.STEWARD)
    session = published(seats=3)
    lea, paul = seated(session, 1, full_name="Léa Müller"), seated(session, 2, full_name="Paul")
    url = f"/agenda/accueil/{session.pk}/"

    page = client.get(url).content.decode()
    read = client.post(url, {"do": "scan", "code": lea.ticket}, follow=True)
    refused = [
        client.post(url, {"do": do, "entry": lea.pk}).status_code
        for do in ("enter", "undo", "close", "walk_in")
    ]
    sent = send(client, session, act("enter", entry=paul.pk), act("undo", entry=lea.pk)).json()

    assert ("Léa" in page, 'name="q"' in page) == (False, False)
    assert "Entrée notée." in read.content.decode()
    assert refused == [403] * 4
    assert [row["outcome"] for row in sent["acts"]] == ["refused", "refused"]
    assert client.get("/admin/events/registration/").status_code == 403


def test_the_doors_of_the_day_are_listed(client, reception):
    now_on = published(seats=1, starts_at=NOW + HOUR, title_fr="Maintenant")
    published(seats=1, starts_at=NOW + timedelta(days=3), title_fr="Plus tard")

    lines = client.get("/agenda/accueil/").context["lines"]

    assert [session for session, _when in lines] == [now_on]


# --- Whoever is on no list ---


def walk_in(session, agent, number=1, *, now=START, client_id=None, **more):
    return doors.walk_in(
        session_id=session.pk, full_name=f"Passant {number}", company_name="", pool_id=None,
        email=more.pop("email", ""), client_id=client_id or uuid4(), by_id=agent.pk, now=now,
        **more,
    )  # fmt: skip


def test_somebody_without_address_comes_in_and_no_mail_leaves(agent):
    session = published(seats=2)
    before = OutboundEmail.objects.count()
    client_id = uuid4()

    first, again = (walk_in(session, agent, client_id=client_id) for _ in range(2))
    walk_in(session, agent, 2)

    assert first == again
    rows = session.registrations.order_by("pk").values_list("full_name", "email", "status")
    assert list(rows) == [("Passant 1", "", "present"), ("Passant 2", "", "present")]
    assert OutboundEmail.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_the_last_seat_at_the_door_goes_to_one_of_six(agent):
    session = published(seats=1)
    barrier = Barrier(6)

    def come(number):
        barrier.wait()
        try:
            return walk_in(session, agent, number).outcome
        except doors.DoorRefused:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(come, range(6)))

    assert outcomes == ["ok"] + ["refused"] * 5
    assert session.registrations.count() == 1


def test_beyond_the_seats_only_on_purpose(agent):
    session = published(seats=1)
    seated(session)

    with pytest.raises(doors.DoorRefused, match="places sont prises"):
        walk_in(session, agent)
    row = walk_in(session, agent, beyond=True)

    assert row.outcome == "ok"
    assert session.registrations.count() == 2


def test_those_who_wait_come_first_while_seats_are_offered(agent):
    session = published(seats=1)
    waiting = [register(session, number) for number in (1, 2)][1]
    registrations.enter_line(registration_id=waiting.pk, now=NOW)
    session.pools.update(size=3)

    with pytest.raises(doors.DoorRefused, match="attendent"):
        walk_in(session, agent, now=START - 4 * HOUR)

    assert walk_in(session, agent, now=START - HOUR).outcome == "ok"
    waiting.refresh_from_db()
    assert waiting.status == "waiting"


@pytest.mark.parametrize("make", [seated, register])
def test_a_known_mailbox_comes_in_on_its_own_seat(agent, make):
    session = published(seats=1)
    entry = make(session, 1)

    row = walk_in(session, agent, email=entry.email.upper(), now=NOW + HOUR)
    again = walk_in(session, agent, email=entry.email, now=NOW + HOUR)

    entry.refresh_from_db()
    assert (row.registration, row.outcome, again.outcome) == (entry, "ok", "already")
    assert (entry.status, session.registrations.count()) == ("present", 1)


def test_the_form_of_the_door_registers_and_keeps_what_was_typed(client, reception):
    session = published(seats=1)
    url = f"/agenda/accueil/{session.pk}/"
    given = {"do": "walk_in", "full_name": "Jean Petit", "client_id": uuid4()}

    bad = client.post(url, given | {"email": "jean@"})
    good = client.post(url, given, follow=True)
    full = client.post(url, given | {"client_id": uuid4(), "full_name": "Zoé Klein"})
    beyond = client.post(url, given | {"client_id": uuid4(), "beyond": "on"}, follow=True)

    assert 'value="Jean Petit"' in bad.content.decode()
    assert "Entrée notée." in good.content.decode()
    assert (full.status_code, 'value="Zoé Klein"' in full.content.decode()) == (409, True)
    assert "Entrée notée." in beyond.content.decode()
