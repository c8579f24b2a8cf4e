"""Returns in the back office: read as text, filed, found by address; blocked addresses freed."""

from datetime import timedelta

import pytest
from django.urls import reverse

from emn.accounts import services as accounts
from emn.accounts.models import User
from emn.lib import staff_tasks
from emn.mailings.addresses import mailbox_hash
from emn.mailings.enums import IncidentKind
from emn.mailings.models import MailIncident, OutboundEmail, Suppression
from emn.mailings.services import consent
from emn.mailings.services import returns as services
from tests.mailings.conftest import NOW, queue
from tests.mailings.letters import campaign, mailing_list, reader, received
from tests.mailings.returns.corpus import CASES, feedback, postfix
from tests.mailings.test_admin import agent
from tests.mailings.test_returns import addressed, record, sent, service_message

pytestmark = pytest.mark.django_db
RETURNS = "admin:mailings_mailincident_changelist"
BLOCKS = "admin:mailings_suppression_changelist"
RIGHTS = ("view_mailincident", "handle_incident", "view_suppression", "lift_suppression")


@pytest.fixture
def staff(client):
    client.force_login(agent(*RIGHTS))
    return client


@pytest.mark.parametrize("number", [1, 3])
def test_lists_cost_the_same_whatever_their_length(staff, number, django_assert_num_queries):
    for n in range(number):
        record(f"bonjour {n}".encode())
    staff.get(reverse(RETURNS))

    with django_assert_num_queries(6):
        response = staff.get(reverse(RETURNS))

    assert len(response.context["cl"].result_list) == number


def test_message_is_shown_as_text_then_filed(staff):
    incident = record(b"Subject: x\n\n<script>alert(1)</script>")

    page = staff.get(reverse("admin:mailings_mailincident_change", args=[incident.pk])).text
    assert "&lt;script&gt;alert(1)" in page
    asked = {"action": "file_as_soft", "_selected_action": [incident.pk]}
    staff.post(reverse(RETURNS), asked | {"confirmed": "1"})

    filed = MailIncident.objects.get()
    assert (filed.kind, filed.raw) == (IncidentKind.SOFT, None)


def test_reader_without_the_right_files_nothing(client):
    client.force_login(agent("view_mailincident"))
    incident = record(b"bonjour")

    asked = {"action": "file_as_soft", "_selected_action": [incident.pk]}
    client.post(reverse(RETURNS), asked | {"confirmed": "1"})

    assert MailIncident.objects.get().kind == IncidentKind.UNREADABLE


def test_block_is_found_by_its_whole_address_and_lifted(staff):
    blocked = services.block_mailbox(address="zoe@firm.example", by_id=1, now=NOW)
    services.block_mailbox(address="bob@firm.example", by_id=1, now=NOW)

    found = staff.get(reverse(BLOCKS), {"q": "ZOE@firm.example"}).context["cl"].queryset
    assert [row.pk for row in found] == [blocked.pk]
    staff.post(reverse(BLOCKS), {"action": "free", "_selected_action": [blocked.pk]})

    assert Suppression.objects.active().count() == 1


# --- Decisions on a return that a person reads ---


def page(action, incident):
    return reverse(f"admin:mailings_mailincident_{action}", args=[incident.pk])


def test_unreadable_returns_come_first(staff):
    record(b"bonjour", NOW)
    record(CASES["dsn/delayed"][0].encode(), NOW + timedelta(days=1))

    kinds = [row.kind for row in staff.get(reverse(RETURNS)).context["cl"].result_list]

    assert kinds == [IncidentKind.UNREADABLE, IncidentKind.DELAYED]


def test_ignoring_erases_the_text_and_changes_nothing_else(staff):
    incident = record(b"bonjour")
    assert 'value="Ignorer"' in staff.get(page("change", incident)).text

    staff.post(page("ignore", incident))

    row = MailIncident.objects.get()
    assert (row.kind, row.raw, row.handled_at is None) == (IncidentKind.UNREADABLE, None, False)
    assert not Suppression.objects.exists()
    assert 'value="Ignorer"' not in staff.get(page("change", incident)).text


def test_several_are_ignored_at_once(staff):
    chosen = [record(f"bonjour {n}".encode()).pk for n in range(3)]

    asked = {"action": "ignore", "_selected_action": chosen}
    page = staff.post(reverse(RETURNS), asked)
    assert "3 lignes choisies." in page.text
    assert MailIncident.objects.to_read().count() == 3
    staff.post(reverse(RETURNS), asked | {"confirmed": "1"})

    assert not MailIncident.objects.to_read().exists()


def test_blocking_needs_no_address_when_the_portal_knows_whose_it_is(staff):
    delivery = sent()
    incident = record(addressed(CASES["words/nothing"][0], delivery))

    staff.post(page("block", incident))

    blocked = Suppression.objects.get()
    assert (blocked.mailbox_hash, blocked.reason) == (delivery.mailbox_hash, "staff")
    assert MailIncident.objects.get().raw is None


def test_blocking_takes_the_address_that_the_agent_read(staff):
    incident = record(b"bonjour")
    refused = staff.post(page("block", incident), follow=True)
    assert "Écrivez l’adresse à bloquer en entier" in refused.text
    refused = staff.post(page("block", incident), {"address": "zoe"}, follow=True)
    assert "Écrivez l’adresse à bloquer en entier" in refused.text
    assert MailIncident.objects.to_read().exists()

    staff.post(page("block", incident), {"address": "Zoe@firm.example"})

    assert Suppression.objects.get().mailbox_hash == mailbox_hash("zoe@firm.example")
    assert not MailIncident.objects.to_read().exists()


def test_mailbox_that_was_blocked_already_keeps_its_reason(staff):
    services.block_mailbox(address="zoe@firm.example", by_id=1, now=NOW)
    Suppression.objects.update(reason="complaint")

    staff.post(page("block", record(b"bonjour")), {"address": "zoe@firm.example"})

    assert Suppression.objects.get().reason == "complaint"


@pytest.mark.parametrize("action", ["ignore", "block"])
def test_decisions_are_posts_and_are_taken_once(staff, action):
    incident = record(addressed(CASES["words/nothing"][0], sent()))
    assert staff.get(page(action, incident)).status_code == 405

    staff.post(page(action, incident))
    again = staff.post(page(action, incident), follow=True)

    assert "déjà classé" in again.text
    unknown = reverse(f"admin:mailings_mailincident_{action}", args=[incident.pk + 1])
    assert staff.post(unknown).status_code == 404


@pytest.mark.parametrize(
    ("action", "rights"),
    [
        ("ignore", ["view_mailincident", "lift_suppression"]),
        ("block", ["view_mailincident", "handle_incident"]),
        ("block", ["view_mailincident", "lift_suppression"]),
    ],
)
def test_decisions_need_their_rights(client, action, rights):
    client.force_login(agent(*rights))
    incident = record(addressed(CASES["words/nothing"][0], sent()))

    assert client.post(page(action, incident)).status_code == 403
    assert f"/{incident.pk}/bloquer/" not in client.get(page("change", incident)).text
    assert MailIncident.objects.to_read().exists()


# --- Refusals of servers (5.7.x, 5.3.4) ---

REFUSALS = "admin:mailings_mailincident_refusals"


def refuse(number, code="5.7.1"):
    letter = campaign(title=f"Lettre {number}")
    for _person in range(2):
        delivery = received(reader(), letter, NOW)
        record(addressed(postfix(code, f"550 {code} <x@y.example> blocked, see 42"), delivery))
    return letter


@pytest.mark.parametrize("number", [1, 3])
def test_refusals_are_grouped_by_cause_at_one_cost(staff, number, django_assert_num_queries):
    for n in range(number):
        refuse(n)
    staff.get(reverse(REFUSALS))

    with django_assert_num_queries(5):
        response = staff.get(reverse(REFUSALS))

    assert [cause["count"] for cause in response.context["causes"]] == [2] * number
    assert response.text.count("550 5.7.1 &lt;…&gt; blocked, see 42") == number
    assert response.text.count("firme.example</th>") == number


def test_settled_cause_leaves_the_others_and_blocks_nobody(staff):
    first, _second = refuse(1), refuse(2)
    refuse(3, "5.3.4")

    staff.post(
        reverse(REFUSALS),
        {"campaign_id": first.pk, "status_code": "5.7.1", "domain": "firme.example"},
    )

    left = MailIncident.objects.refusals().values_list("campaign__title", "status_code")
    assert set(left) == {("Lettre 2", "5.7.1"), ("Lettre 3", "5.3.4")}
    assert not Suppression.objects.exists()


def test_refusal_of_a_service_message_is_shown_and_settled(staff):
    record(service_message(queue(to="a@firm.example"), "a@firm.example", ("5.7.1", "550 no")))
    assert len(staff.get(reverse(REFUSALS)).context["causes"]) == 1

    staff.post(reverse(REFUSALS), {"campaign_id": "", "status_code": "5.7.1", "domain": ""})

    assert not MailIncident.objects.refusals().exists()


def test_forged_refusal_is_neither_shown_nor_quoted(staff):
    record(postfix("5.7.1", "550 5.7.1 call this number").encode())

    assert not staff.get(reverse(REFUSALS)).context["causes"]
    assert MailIncident.objects.get().diagnostic == ""


def test_refusals_need_their_right(client):
    client.force_login(agent("view_mailincident"))

    assert client.get(reverse(REFUSALS)).status_code == 403


def test_words_of_a_server_go_after_their_period():
    refuse(1)

    accounts.purge_personal_data(now=NOW + timedelta(days=91), write=True)

    assert set(MailIncident.objects.values_list("diagnostic", "status_code")) == {("", "5.7.1")}


def test_staff_sees_what_waits(staff):
    record(b"bonjour")
    refuse(1)
    services.block_mailbox(address="zoe@firm.example", by_id=1, now=NOW)
    Suppression.objects.update(review_asked_at=NOW)
    user = User.objects.get()

    waiting = {str(queue.label): queue for queue in staff_tasks.waiting_for(user) if queue.count}

    assert {label: queue.count for label, queue in waiting.items()} == {
        "retours de courriel à lire": 1,
        "refus de serveurs à examiner": 1,
        "réactivations demandées": 1,
    }
    for queue_of in waiting.values():
        assert staff.get(queue_of.url).status_code == 200


def test_person_who_asks_again_is_freed_by_staff_then_confirms(staff):
    person = reader(email="zoe@firm.example")
    record(addressed(feedback("abuse"), sent(person)))
    asked = {
        "email": "zoe@firm.example",
        "list_ids": [mailing_list().pk],
        "wishes": consent.Wishes(language="fr"),
        "page": consent.Page(url="https://emn.example/lettre/", language="fr"),
        "now": NOW,
    }
    consent.request_subscription(**asked)
    blocked = Suppression.objects.asked_for_review().get()

    staff.post(reverse(BLOCKS), {"action": "free", "_selected_action": [blocked.pk]})
    consent.request_subscription(**asked)

    assert not Suppression.objects.active().exists()
    assert OutboundEmail.objects.get().kind == "mailings/emails/confirm"
