"""The door: by ticket, by name, by button; late, twice and by mistake."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from emn.accounts.enums import Role
from emn.accounts.services import erase_account
from events.models import Registration, Scan
from events.services import doors, registrations
from tests.directory.factories import UserFactory
from tests.directory.test_admin import sign_in
from tests.events.factories import HOUR, NOW, START, published, register, seated

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_the_door_is_for_staff_and_opens_on_what_was_announced(client, reception):
    assert client.get("/agenda/accueil/999/").status_code == 404
    session = published(seats=1, starts_at=NOW + timedelta(days=1))
    sign_in(client, Role.ADVISER)
    assert client.get(f"/agenda/accueil/{session.pk}/").status_code == 403
    client.logout()
    assert client.get(f"/agenda/accueil/{session.pk}/").status_code == 302
