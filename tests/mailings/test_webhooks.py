"""Reports of sending providers: believed for their secret, counted once, never an opening."""

import base64
import json

import pytest
from django.urls import reverse

from emn.mailings import letters
from emn.mailings.addresses import mailbox_hash
from emn.mailings.enums import IncidentKind
from emn.mailings.models import ConsentRecord, MailIncident, Subscription, Suppression
from tests.mailings.conftest import queue
from tests.mailings.letters import mailing_list, reader, subscribe
from tests.mailings.test_returns import sent

pytestmark = pytest.mark.django_db
SECRET = "emn:0123456789abcdefghijklmn"
WHO = "camille@firm.example"


@pytest.fixture(autouse=True)
def provider(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": [SECRET]}


def post(client, *events, provider="postmark", secret=SECRET):
    """Report the events one by one, as Postmark does; return the last answer."""
    headers = {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
    for event in events:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        url = reverse("mail_events", args=[provider])
        response = client.post(url, body, content_type="application/json", headers=headers)
    return response


def bounce(number=1, kind="HardBounce", details="", description="", **more):
    return {
        "RecordType": "Bounce",
        "ID": number,
        "Type": kind,
        "Email": WHO,
        "Details": details,
        "Description": description,
        "MessageID": "0a1b",
        "BouncedAt": "2026-11-22T09:00:00Z",
    } | more


def incident():
    row = MailIncident.objects.get()
    return row.kind, row.status_code, row.rule


HARD = "smtp;550 5.1.1 User unknown"


def test_hard_bounce_blocks_the_mailbox_once(client):
    assert post(client, bounce(details=HARD), bounce(details=HARD)).status_code == 200

    assert incident() == ("hard", "5.1.1", "code:5.1.1")
    assert MailIncident.objects.get().source == "webhook"
    assert Suppression.objects.get().mailbox_hash == mailbox_hash(WHO)


@pytest.mark.parametrize(
    ("kind", "details", "description", "expected"),
    [
        ("HardBounce", HARD, "", ("hard", "5.1.1", "code:5.1.1")),
        ("HardBounce", "smtp;550 5.7.1 blocked", "", ("policy", "5.7.1", "code:5.7.1")),
        ("SoftBounce", "smtp;552 5.2.2 full", "", ("soft", "5.2.2", "code:5.2.2")),
        ("SoftBounce", "smtp;421 4.4.7 expired", "", ("soft", "4.4.7", "code:4.4.7")),
        ("HardBounce", "smtp;550 no such user", "", ("hard", "", "unknown:en-verb")),
        ("HardBounce", "", "The mailbox is full.", ("soft", "", "full:en")),
        ("HardBounce", "", "see 5.1.1", ("unreadable", "", "event:bounced-bounced")),
        ("HardBounce", "", "", ("unreadable", "", "event:bounced-bounced")),
        ("VirusNotification", "", "", ("unreadable", "", "event:bounced-other")),
        ("BadEmailAddress", "", "", ("hard", "", "event:rejected-invalid")),
        ("Blocked", "", "", ("policy", "", "event:rejected-blocked")),
        ("Blocked", HARD, "", ("hard", "5.1.1", "code:5.1.1")),
        ("SpamComplaint", "", "", ("complaint", "", "event:complained")),
        ("Unsubscribe", "", "", ("unsubscribe", "", "event:unsubscribed")),
    ],
)
def test_table_of_events(client, kind, details, description, expected):
    post(client, bounce(kind=kind, details=details, description=description))

    assert incident() == expected


@pytest.mark.parametrize("kind", ["Open", "Click", "Delivery"])
def test_openings_and_clicks_are_never_recorded(client, kind):
    event = {"RecordType": kind, "Recipient": WHO, "MessageID": "0a1b", "UserAgent": "x"}

    assert post(client, event, bounce(kind="AutoResponder")).status_code == 200
    assert not MailIncident.objects.exists()


def test_complaint_ends_every_list_and_service_messages_go_on(client):
    person = reader(email=WHO)
    subscribe(person, mailing_list("agenda"))

    post(client, bounce(kind="SpamComplaint"))

    assert set(Subscription.objects.values_list("status", flat=True)) == {"ended"}
    assert set(ConsentRecord.objects.values_list("method", flat=True)) == {"complaint"}
    assert queue(to=WHO).status == "queued"


def test_letter_named_by_its_secret_gives_its_envoi_and_its_list(client):
    person = reader()
    subscribe(person, mailing_list("agenda"))
    delivery = sent(person)
    secret = f"<{letters.return_token(delivery.pk)}@lettre.emn.example>"

    post(client, bounce(kind="Unsubscribe", MessageID=secret))

    found = MailIncident.objects.get()
    assert (found.campaign_id, found.mailbox_hash) == (delivery.campaign_id, person.mailbox_hash)
    alive = Subscription.objects.confirmed().values_list("list__code", flat=True)
    assert list(alive) == ["agenda"]


def test_what_says_nothing_is_kept_whole_for_a_person(client):
    post(client, bounce())

    assert json.loads(bytes(MailIncident.objects.get().raw))["Email"] == WHO


def test_provider_that_numbers_nothing_counts_each_event_once(client):
    event = {
        "event": "hard_bounce",
        "email": WHO,
        "message-id": "<x@brevo.example>",
        "ts_epoch": 1795338000000,
        "reason": "550 5.1.1 unknown",
    }

    post(client, event, event, {**event, "ts_epoch": 1795338001000}, provider="brevo")

    assert MailIncident.objects.count() == 2
    assert set(MailIncident.objects.values_list("kind", flat=True)) == {IncidentKind.HARD}


@pytest.mark.parametrize(
    ("provider", "secret"),
    [("postmark", "emn:wrong"), ("postmark", ""), ("nobody", SECRET), ("mailgun", SECRET)],
)
def test_wrong_secret_and_unknown_provider_answer_the_same(client, provider, secret):
    assert post(client, bounce(), provider=provider, secret=secret).status_code == 404
    assert not MailIncident.objects.exists()


def test_without_a_secret_the_door_is_closed(client, settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": []}

    assert post(client, bounce(details=HARD)).status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b"3", b'{"RecordType": []}'])
def test_unreadable_report_is_refused(client, body):
    assert post(client, body).status_code == 400


def test_provider_may_ask_whether_anybody_is_there_and_nobody_reads(client):
    url = reverse("mail_events", args=["postmark"])

    assert (client.head(url).status_code, client.get(url).status_code) == (200, 405)
