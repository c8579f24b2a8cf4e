"""Delivering: one claim per message, retries, dead letters, and rows of dead workers."""

import email as email_package
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import policy
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused, SMTPServerDisconnected

import pytest
from django.db import connection, transaction

from emn.mailings.enums import EmailStatus
from emn.mailings.models import CLAIM_LASTS, MAX_ATTEMPTS, OutboundEmail
from emn.mailings.services import outbox as services
from tests.mailings.conftest import NOW, Relay, queue

pytestmark = pytest.mark.django_db


def delivered(settings):
    """Parse what the folder relay wrote."""
    files = sorted(settings.MAIL_DIR.glob("*.eml"))
    return [
        email_package.message_from_bytes(file.read_bytes(), policy=policy.default) for file in files
    ]


@pytest.fixture
def rung(monkeypatch):
    """Collect the batches of ids that the doorbell announces."""
    batches = []
    monkeypatch.setattr(services, "ring", batches.append)
    return batches


def test_deliver_sends_and_marks(settings):
    email = queue(template="letters/welcome", context={"name": "Zoé", "season": "été"})

    assert services.deliver(email_id=email.pk, now=NOW)

    email.refresh_from_db()
    assert (email.status, email.sent_at, email.attempts) == (EmailStatus.SENT, NOW, 1)
    [message] = delivered(settings)
    assert message["To"] == "alice@firm.example"
    assert message["Message-ID"] == email.message_id
    assert message.get_body(("plain",)).get_content().startswith("Bonjour Zoé")
    assert "Bonjour Zoé" in message.get_body(("html",)).get_content()


def test_deliver_does_nothing_for_a_message_already_sent(settings):
    email = queue()
    services.deliver(email_id=email.pk, now=NOW)

    assert not services.deliver(email_id=email.pk, now=NOW + timedelta(hours=1))
    assert len(delivered(settings)) == 1


def test_deliver_does_nothing_before_its_time():
    email = queue(now=NOW)

    assert not services.deliver(email_id=email.pk, now=NOW - timedelta(seconds=1))


@pytest.mark.django_db(transaction=True)
def test_deliver_sends_once_when_eight_workers_race():
    email = queue()

    def attempt(_n):
        try:
            return services.deliver(email_id=email.pk, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1

    email.refresh_from_db()
    assert (email.status, email.attempts) == (EmailStatus.SENT, 1)


@pytest.mark.django_db(transaction=True)
def test_deliver_holds_no_transaction_while_the_relay_works(relay_does):
    seen = []
    relay_does(lambda _message: seen.append(connection.in_atomic_block))

    services.deliver(email_id=queue().pk, now=NOW)

    assert seen == [False]


def test_deliver_waits_when_the_relay_does_not_answer(settings):
    settings.RELAY_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = nobody.getsockname()
        email = queue()

        services.deliver_batch(email_ids=[email.pk])

    email.refresh_from_db()
    assert (email.status, email.attempts) == (EmailStatus.QUEUED, 1)
    assert email.last_error == "ConnectionRefusedError"


def test_deliver_waits_before_trying_again(failing_relay):
    failing_relay(SMTPServerDisconnected("bye"))
    email = queue()

    services.deliver(email_id=email.pk, now=NOW)

    email.refresh_from_db()
    assert (email.status, email.last_error) == (EmailStatus.QUEUED, "SMTPServerDisconnected")
    assert NOW + timedelta(seconds=48) <= email.next_attempt_at <= NOW + timedelta(seconds=72)
    assert not services.deliver(email_id=email.pk, now=NOW + timedelta(seconds=47))


def test_retry_delay_doubles_up_to_four_hours():
    minutes = [services.retry_delay(n).total_seconds() / 60 for n in (1, 2, 5, 12)]

    for got, expected in zip(minutes, [1, 2, 16, 240], strict=True):
        assert 0.8 * expected <= got <= 1.2 * expected


def test_deliver_gives_up_after_the_last_attempt(failing_relay, caplog):
    failing_relay(SMTPServerDisconnected("bye"))
    email = queue()
    OutboundEmail.objects.update(attempts=MAX_ATTEMPTS - 1)

    services.deliver(email_id=email.pk, now=NOW)

    email.refresh_from_db()
    assert email.status == EmailStatus.FAILED
    assert caplog.records[-1].levelname == "ERROR"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (SMTPRecipientsRefused({"a@b.example": (550, b"a@b.example unknown")}), "failed"),
        (SMTPRecipientsRefused({"a@b.example": (450, b"greylisted")}), "queued"),
        (SMTPDataError(554, b"spam"), "failed"),
        (SMTPDataError(451, b"later"), "queued"),
        (SMTPSenderRefused(550, b"who are you", "x@y.example"), "queued"),
    ],
)
def test_deliver_gives_up_at_once_only_on_a_permanent_refusal(failing_relay, error, status):
    failing_relay(error)
    email = queue()

    services.deliver(email_id=email.pk, now=NOW)

    email.refresh_from_db()
    assert email.status == status
    assert "@" not in email.last_error


def test_deliver_erases_the_words_of_a_secret_once_sent():
    email = queue(secret=True)

    services.deliver(email_id=email.pk, now=NOW)

    email.refresh_from_db()
    assert (email.text_body, email.html_body) == ("", "")


def test_deliver_keeps_a_success_that_the_sweep_had_taken_back(relay_does):
    email = queue()
    relay_does(lambda _message: services.sweep(now=NOW + CLAIM_LASTS + timedelta(seconds=1)))

    services.deliver(email_id=email.pk, now=NOW)

    email.refresh_from_db()
    assert email.status == EmailStatus.SENT


def test_deliver_leaves_a_message_that_another_worker_took_over(relay_does):
    email = queue()
    later = NOW + CLAIM_LASTS + timedelta(minutes=1)

    def lose_the_claim_then_fail(_message):
        OutboundEmail.objects.update(attempts=2, claimed_at=later)
        raise SMTPServerDisconnected("bye")

    relay_does(lose_the_claim_then_fail)
    services.deliver(email_id=email.pk, now=NOW)

    email.refresh_from_db()
    assert (email.status, email.claimed_at) == (EmailStatus.SENDING, later)


def test_batch_closes_a_broken_connection_before_the_next_message(relay_does):
    closings = []

    def break_first(_message):
        closings.append(Relay.closings)
        if len(closings) == 1:
            raise SMTPServerDisconnected("bye")

    relay_does(break_first)
    first, second = queue(), queue()

    services.deliver_batch(email_ids=[first.pk, second.pk])

    second.refresh_from_db()
    assert second.status == EmailStatus.SENT
    assert closings == [0, 1]


def test_sweep_rings_for_what_is_due(rung, django_capture_on_commit_callbacks):
    due = [queue(now=NOW) for _ in range(3)]
    queue(now=NOW + timedelta(hours=1))

    with django_capture_on_commit_callbacks(execute=True):
        assert services.sweep(now=NOW + timedelta(minutes=1)) == 3

    assert rung[-1] == [email.pk for email in due]


def test_sweep_leaves_a_fresh_message_to_its_own_doorbell():
    queue(now=NOW)

    assert services.sweep(now=NOW + timedelta(seconds=5)) == 0


def test_sweep_takes_back_what_a_dead_worker_held():
    email = queue()
    OutboundEmail.objects.update(status=EmailStatus.SENDING, claimed_at=NOW, attempts=1)

    assert services.sweep(now=NOW + CLAIM_LASTS) == 0
    assert services.sweep(now=NOW + CLAIM_LASTS + timedelta(seconds=1)) == 1

    again = OutboundEmail.objects.get(pk=email.pk)
    assert (again.status, again.message_id) == (EmailStatus.QUEUED, email.message_id)


def test_sweep_gives_up_a_message_that_kills_its_workers():
    email = queue()
    OutboundEmail.objects.update(status=EmailStatus.SENDING, claimed_at=NOW, attempts=MAX_ATTEMPTS)

    services.sweep(now=NOW + timedelta(hours=1))

    email.refresh_from_db()
    assert (email.status, email.last_error) == (EmailStatus.FAILED, "WorkerLost")


@pytest.mark.django_db(transaction=True)
def test_sweep_leaves_the_work_to_one_that_runs_already():
    queue(now=NOW)

    def second_sweep():
        try:
            return services.sweep(now=NOW + timedelta(minutes=1))
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        assert services.try_advisory_lock("mailings.sweep")
        assert pool.submit(second_sweep).result() == 0


def test_deliver_batch_counts_what_it_took(settings):
    ids = [queue().pk for _ in range(3)]

    assert services.deliver_batch(email_ids=[*ids, ids[0], 999_999]) == 3
    assert len(delivered(settings)) == 3


def test_retry_dead_letter_gives_all_attempts_again():
    email = queue()
    OutboundEmail.objects.update(status=EmailStatus.FAILED, attempts=MAX_ATTEMPTS)

    services.retry_dead_letter(email_id=email.pk, by_id=1, now=NOW)

    email.refresh_from_db()
    assert (email.status, email.attempts) == (EmailStatus.QUEUED, 0)


def test_abandon_dead_letter_closes_it():
    email = queue()
    OutboundEmail.objects.update(status=EmailStatus.FAILED)

    services.abandon_dead_letter(email_id=email.pk, by_id=1)

    email.refresh_from_db()
    assert email.status == EmailStatus.CANCELLED


def test_staff_cannot_send_again_what_is_not_dead():
    email = queue()

    with pytest.raises(services.NotADeadLetter, match="plus en échec"):
        services.retry_dead_letter(email_id=email.pk, by_id=1, now=NOW)


def test_staff_cannot_send_again_what_was_erased():
    email = queue()
    OutboundEmail.objects.update(status=EmailStatus.FAILED)
    services.purge_sent(before=NOW + timedelta(days=30))

    with pytest.raises(services.NotADeadLetter, match="effacé"):
        services.retry_dead_letter(email_id=email.pk, by_id=1, now=NOW)


def test_purge_erases_the_personal_content_of_old_messages_at_rest():
    old, waiting = queue(reply_to="desk@emn.example"), queue()
    services.deliver(email_id=old.pk, now=NOW)

    assert services.purge_sent(before=NOW) == 0
    assert services.purge_sent(before=NOW + timedelta(days=30)) == 1

    old.refresh_from_db()
    waiting.refresh_from_db()
    assert (old.to_email, old.subject, old.text_body, old.reply_to) == ("", "", "", "")
    assert waiting.to_email == "alice@firm.example"
