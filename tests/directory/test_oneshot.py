"""Stop one-shot: an answer at once, nothing kept but counts, a call with its clock."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv4Address
from itertools import count
from secrets import randbelow
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory.models import CallRequest, OneShotCount
from directory.oneshot.questions import rules
from directory.services import oneshot
from directory.services.oneshot import CallRefused
from directory.views import oneshot as views
from emn.accounts.enums import Role
from emn.accounts.services import purge_personal_data
from emn.lib.forms import is_proof, new_challenge
from emn.lib.staff_tasks import waiting_for
from emn.mailings.models import OutboundEmail
from tests.directory.factories import NOW, UserFactory
from tests.directory.test_admin import sign_in
from tests.directory.test_oneshot_verdict import answers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

CHECK, CALL, PDF = "/stop-one-shot/", "/stop-one-shot/rappel/", "/stop-one-shot/demandes.pdf"
LIST = "/admin/directory/callrequest/"


@pytest.fixture(autouse=True)
def own_address(client):
    """The counters of addresses outlive a test: each has its own."""
    client.defaults["REMOTE_ADDR"] = str(IPv4Address(1 + randbelow(2**32 - 2)))


def filled(**changed):
    challenge = new_challenge(now=timezone.now() - timedelta(seconds=10))
    proof = next(str(number) for number in count() if is_proof(challenge, str(number)))
    values = {
        "name": "Karim Weber", "phone": "03 87 00 00 02", "email": "", "best_time": "le matin",
        "challenge": challenge, "proof": proof,
    }  # fmt: skip
    return values | changed


def ask(*, now=NOW, **changed):
    values = {
        "name": "Karim", "phone": "03 87 00 00 02", "email": "", "best_time": "", "language": "fr",
        "colour": "red", "alarms": ["total", "locked", "rien"],
    }  # fmt: skip
    return oneshot.ask_call(now=now, **values | changed)


# --- The nine questions ---


@pytest.mark.parametrize("prefix", ["", "/de", "/en"])
def test_the_page_is_the_same_for_everyone(client, prefix):
    response = client.get(f"{prefix}{CHECK}")

    html = response.content.decode()
    assert "public" in response["Cache-Control"]
    assert html.count('type="radio"') == 18
    assert rules().questions["locked"].words["question"][prefix[1:] or "fr"] in html
    assert "csrf" not in html
    assert not client.cookies


@pytest.mark.parametrize(
    ("alarms", "words"),
    [
        ((), "Rien ne vous alerte"),
        (("rights",), "Demandez d’abord par écrit"),
        (("locked",), "Ne signez pas aujourd’hui"),
    ],
)
def test_the_answer_comes_at_once_and_says_why_and_what_to_ask(client, alarms, words):
    response = client.post(CHECK, answers(*alarms))

    html = response.content.decode()
    assert words in html
    for key, question in rules().questions.items():
        assert (question.ask in html) == (key in alarms)
    assert "no-store" in response["Cache-Control"]
    assert not client.cookies
    assert 'name="challenge"' in html


def test_an_answer_that_is_missing_is_asked_for_and_the_others_stay(client):
    said = answers("locked")
    del said["rights"]

    html = client.post(CHECK, said).content.decode()

    assert "Répondez oui ou non" in html
    assert html.count(" checked") == 8
    assert not OneShotCount.objects.exists()


def test_only_counts_are_kept(client):
    for alarms in (("locked", "total"), ("locked",), ()):
        client.post(CHECK, answers(*alarms))

    today = timezone.localdate()
    assert set(OneShotCount.objects.values_list("day", "colour", "question", "times")) == {
        (today, "red", "", 2),
        (today, "red", "locked", 2),
        (today, "red", "total", 1),
        (today, "green", "", 1),
    }
    assert {field.name for field in OneShotCount._meta.get_fields()} == {
        "id", "day", "colour", "question", "times",
    }  # fmt: skip
    assert not CallRequest.objects.exists()


def test_one_address_counts_ten_times_a_day_and_gets_sixty_answers_an_hour(client, monkeypatch):
    monkeypatch.setattr(views, "COUNTED_PER_DAY", 2)
    for _time in range(4):
        assert client.post(CHECK, answers()).status_code == 200

    assert OneShotCount.objects.aggregate(all=Sum("times"))["all"] == 2
    for _time in range(56):
        client.post(CHECK, answers())
    assert client.post(CHECK, answers()).status_code == 429


@pytest.mark.django_db(transaction=True)
def test_counts_add_up_when_everyone_answers_at_once():
    barrier = Barrier(6)
    sets = [("locked", "total"), ("total", "locked"), ("locked",)] * 2

    def check(alarms):
        try:
            barrier.wait()
            oneshot.count_check(verdict=rules().judge(answers(*alarms)), now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(check, sets))

    assert OneShotCount.objects.get(question="").times == 6
    assert OneShotCount.objects.get(question="locked").times == 6
    assert OneShotCount.objects.get(question="total").times == 4


def test_what_to_ask_is_given_as_a_document(client):
    response = client.post(PDF, answers("locked"))

    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF")
    assert "attachment" in response["Content-Disposition"]
    assert client.get(PDF).status_code == 405
    assert client.post(PDF, {"locked": "yes"})["Location"] == CHECK


# --- A call ---


def test_a_call_is_due_in_two_working_days_of_the_moselle():
    friday = datetime(2026, 12, 24, 15, tzinfo=UTC)  # then 25, 26 and 27: no working day

    assert ask().due_on == date(2026, 11, 25)
    assert ask(phone="06 00 00 00 01", now=friday).due_on == date(2026, 12, 29)


def test_a_call_without_phone_nor_mail_is_refused():
    with pytest.raises(CallRefused):
        ask(phone="")
    with pytest.raises(IntegrityError), transaction.atomic():
        CallRequest.objects.create(
            name="A", language="fr", asked_at=NOW, due_on=NOW.date(), phone="", email=""
        )


def test_asking_again_gives_the_same_call_and_the_same_answer(client):
    first = client.post(CALL, filled(colour="red", alarms="locked,<b>"))
    again = client.post(CALL, filled(phone="+33 3 87 00 00 02", name="Un autre"))

    call = CallRequest.objects.get()
    assert first["Location"] == again["Location"] == "/stop-one-shot/rappel/demande/"
    assert (call.name, call.colour, call.alarms) == ("Karim Weber", "red", ["locked"])
    assert client.get(first["Location"]).status_code == 200
    assert not client.cookies


def test_who_leaves_an_address_is_written_to_once():
    ask(email="K@Weber.example")
    ask(email="k@weber.example", phone="06 00 00 00 09")

    assert CallRequest.objects.count() == 2  # a corrected number is not swallowed
    mail = OutboundEmail.objects.get()
    assert (mail.to_email, mail.unsolicited) == ("k@weber.example", True)
    assert "mercredi 25 novembre" in mail.text_body


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"phone": ""}, "téléphone ou un courriel"),
        ({"phone": "appelez-moi"}, "en chiffres"),
        ({"website": "https://spam.example"}, "trop rapide"),
    ],
)
def test_a_bad_request_comes_back_filled(client, changed, words):
    html = client.post(CALL, filled(**changed)).content.decode()

    assert words in html
    assert "Karim Weber" in html
    assert not CallRequest.objects.exists()


def test_the_queue_shows_the_late_ones_first_and_closes_them(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    now = timezone.now()
    fresh = ask(phone="06 00 00 00 01", now=now)
    late = ask(phone="06 00 00 00 02", now=now - timedelta(days=9))
    done = ask(phone="06 00 00 00 03", now=now - timedelta(days=20))
    agent = sign_in(client, Role.ADVISER)
    oneshot.close_call(call_id=done.pk, outcome="reached", note="", by_id=agent.pk, now=now)

    html = client.get(LIST).content.decode()
    places = [html.index(call.phone) for call in (late, fresh, done)]
    counts = {str(queue.label): queue.count for queue in waiting_for(agent)}
    assert places == sorted(places)
    assert counts["rappels de contrat en retard"] == 1
    assert counts["rappels de contrat à faire sous deux jours ouvrés"] == 2
    assert fresh.phone not in client.get(LIST, {"file": "retard"}).content.decode()
    opened = client.get(f"{LIST}{late.pk}/change/").content.decode()
    assert rules().questions["locked"].question in opened

    address = f"{LIST}{late.pk}/traiter/"
    assert client.get(address).status_code == 200
    client.post(address, {"outcome": "no_answer", "note": "Trois essais."})
    client.post(address, {"outcome": "reached"})

    late.refresh_from_db()
    assert (late.outcome, late.handled_by, late.note) == ("no_answer", agent, "Trois essais.")


def test_the_queue_asks_as_much_for_one_as_for_many(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    sign_in(client, Role.RECEPTION)

    def asked(start, stop):
        for number in range(start, stop):
            ask(phone=f"06 00 00 00 {number:02d}")
        client.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        return len(captured)

    assert asked(10, 11) == asked(11, 14)


def test_who_has_not_the_role_closes_nothing(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    call = ask()
    sign_in(client, Role.EDITOR)

    assert client.get(LIST).status_code == 403
    assert client.post(f"{LIST}{call.pk}/traiter/", {"outcome": "reached"}).status_code == 403


def test_the_counts_are_read_by_the_analyst(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    oneshot.count_check(verdict=rules().judge(answers("locked")), now=timezone.now())
    sign_in(client, Role.ANALYST)

    html = client.get("/admin/directory/oneshotcount/").content.decode()

    assert rules().questions["locked"].question in html


def test_a_call_is_forgotten_six_months_after_it_was_made():
    agent = UserFactory()
    old, recent = ask(now=NOW - timedelta(days=200)), ask(phone="06 00 00 00 01")
    when = NOW - timedelta(days=181)
    oneshot.close_call(call_id=old.pk, outcome="reached", note="", by_id=agent.pk, now=when)

    purge_personal_data(now=NOW, write=True)

    assert list(CallRequest.objects.all()) == [recent]


def test_no_other_table_keeps_an_answer():
    kept = [
        field.name
        for field in CallRequest._meta.get_fields()
        if isinstance(field, models.JSONField)
    ]
    assert kept == []
