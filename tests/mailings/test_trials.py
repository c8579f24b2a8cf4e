"""A trial is what a reader gets: same relay, same headers, same parts."""

import re

import pytest
from django.utils import timezone

from emn.accounts.models import User
from emn.mailings import tokens
from emn.mailings.composing import without_marks
from emn.mailings.enums import EmailStatus
from emn.mailings.models import Delivery
from emn.mailings.services import drafts, outbox
from tests.mailings import letters
from tests.mailings.letters import NOW, reader
from tests.mailings.test_campaign_delivery import (  # noqa: F401 -- fixtures
    no_bells,
    run,
    sink,
    started,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture
def agent():
    return User.objects.create_user("agent@centre.example", is_staff=True)


def tried(letter, agent):
    email = drafts.send_trial(campaign_id=letter.pk, language="fr", to_id=agent.pk, now=NOW)
    outbox.deliver(email_id=email.pk, now=timezone.now())
    email.refresh_from_db()
    return email


def test_trial_has_the_headers_and_the_return_path_of_letters(sink, agent):  # noqa: F811
    person = reader()
    letter = letters.written()

    email = tried(letter, agent)
    run(started(letter))

    assert email.status == EmailStatus.SENT
    trial, sent = sink.read(agent.email), sink.read(person.email)
    assert set(trial.keys()) == set(sent.keys())
    assert "Auto-Submitted" not in trial
    for name in (
        "From",
        "Reply-To",
        "List-Id",
        "List-Unsubscribe-Post",
        "Feedback-ID",
        "X-Campaign",
    ):
        assert trial[name] == sent[name], name
    assert trial["Subject"] == f"[Essai] {sent['Subject']}"
    assert [part.get_content_type() for part in trial.walk()] == [
        part.get_content_type() for part in sent.walk()
    ]
    assert [part["Content-Transfer-Encoding"] for part in trial.walk()] == [
        part["Content-Transfer-Encoding"] for part in sent.walk()
    ]
    envelope = {to: sender for sender, to, _content in sink.messages}
    assert re.fullmatch(r"retour\+[a-z2-7]{32}@.+", envelope[agent.email])


def test_trial_says_what_the_letter_says(sink, agent):  # noqa: F811
    letter = letters.written(text="Bonjour à toutes.\n\n.point en tête")

    tried(letter, agent)

    text = sink.read(agent.email).get_body(("plain",)).get_content()
    assert ".point en tête" in text
    assert "@@EMN" not in text
    assert without_marks("@@EMN-UNSUBSCRIBE@@") in text


def test_trial_is_nobody_s(sink, agent, client):  # noqa: F811
    letter = letters.written()

    tried(letter, agent)

    sender = sink.messages[0][0]
    token = sender.partition("+")[2].partition("@")[0]
    assert tokens.read(tokens.RETURN, token) is None
    assert not Delivery.objects.exists()
    leave = re.search(r"<https?://[^/]+(/[^>]+)>", sink.read(agent.email)["List-Unsubscribe"])[1]
    assert client.post(leave, {"List-Unsubscribe": "One-Click"}).status_code == 200


def test_two_trials_are_two_messages(sink, agent):  # noqa: F811
    letter = letters.written()

    first, second = tried(letter, agent), tried(letter, agent)

    assert first.message_id != second.message_id
    assert sink.served[agent.email] == 2


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        ("550 5.1.1 unknown", EmailStatus.FAILED, "NotTaken 5.1.1"),
        ("451 4.7.1 later", EmailStatus.QUEUED, "NotTaken 4.7.1"),
    ],
)
def test_refused_trial_is_seen_by_staff(sink, agent, answer, status, error):  # noqa: F811
    sink.answers[agent.email] = answer

    email = tried(letters.written(), agent)

    assert (email.status, email.last_error) == (status, error)


def test_trial_waits_for_a_relay_that_is_away(settings, agent):
    settings.LIST_SMTP_HOST, settings.LIST_SMTP_PORT = "127.0.0.1", 1

    email = tried(letters.written(), agent)

    assert (email.status, email.last_error) == (EmailStatus.QUEUED, "RelayUnavailable")
