"""Writing to the outbox: what a row holds, and when none is written or nothing will be sent."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.template import TemplateDoesNotExist
from kombu.exceptions import OperationalError

from emn.mailings import tasks
from emn.mailings.enums import EmailStatus
from emn.mailings.models import OutboundEmail
from emn.mailings.rendering import Rendered, lay_out
from emn.mailings.services import outbox as services
from tests.mailings.conftest import NOW, queue

pytestmark = pytest.mark.django_db


def test_queue_email_renders_subject_text_and_html_at_once():
    email = queue(template="letters/welcome", context={"name": "Zoé <b>", "season": "été"})

    assert email.subject == "Bienvenue à l’atelier d’été & co"
    assert email.text_body.startswith("Bonjour Zoé <b>, http://127.0.0.1:8000/\n")
    assert "Bonjour Zoé &lt;b&gt;" in email.html_body
    assert "style=" in email.html_body
    assert "@media (prefers-color-scheme" in email.html_body
    assert email.status == EmailStatus.QUEUED


def test_queue_email_writes_in_the_language_of_the_recipient():
    email = queue(
        template="letters/welcome", context={"name": "Uli", "season": "été"}, language="de"
    )

    assert "http://127.0.0.1:8000/de/" in email.text_body
    assert email.as_message().extra_headers["Content-Language"] == "de"


def test_queue_email_lays_out_the_text_when_the_template_has_no_html():
    email = queue(template="letters/plain")

    assert ">Rien de plus</p>" in email.html_body
    assert email.html_body.count("Message envoyé automatiquement") == 1


def test_queue_email_lays_out_text_that_looks_like_html_as_text():
    text = "<script>alert(1)</script> https://x.example/?a=1&b=2\n\n--\nsignature"

    html = lay_out(subject="Objet", text=text, language="fr")

    assert "&lt;script&gt;" in html
    assert 'href="https://x.example/?a=1&amp;b=2"' in html
    assert "signature" not in html


def test_queue_email_refuses_a_template_without_text():
    with pytest.raises(TemplateDoesNotExist):
        queue(template="letters/missing")


@pytest.mark.django_db(transaction=True)
def test_queue_email_refuses_to_run_outside_a_transaction():
    with pytest.raises(transaction.TransactionManagementError):
        services.queue_email(to="alice@firm.example", template="letters/plain", context={}, now=NOW)

    assert not OutboundEmail.objects.exists()


def test_queue_email_refuses_what_is_not_one_address():
    for bad in ["", "alice", "a@b.example, c@d.example", "alice@firm.example\nBcc: x@y.example"]:
        with pytest.raises(ValidationError):
            queue(to=bad)


def test_queue_email_gives_back_the_row_of_a_known_key():
    first = queue(dedup_key="events.reminder:7")
    second = queue(dedup_key="events.reminder:7", template="letters/welcome")

    assert second == first
    assert OutboundEmail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_queue_email_writes_one_row_when_eight_race_for_a_key():
    def attempt(_n):
        try:
            return queue(dedup_key="events.reminder:7").pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(attempt, range(8)))

    assert len(keys) == 1
    assert OutboundEmail.objects.count() == 1


def test_queue_email_rings_only_once_the_transaction_commits(
    django_capture_on_commit_callbacks, monkeypatch
):
    rung = []
    monkeypatch.setattr(services, "ring", rung.append)

    with django_capture_on_commit_callbacks(execute=True):
        email = queue()
        assert rung == []

    assert rung == [[email.pk]]


def test_queue_email_survives_a_dead_broker(django_capture_on_commit_callbacks, monkeypatch):
    def dead(**_options):
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.deliver_emails, "apply_async", dead)

    with django_capture_on_commit_callbacks(execute=True):
        email = queue()

    assert OutboundEmail.objects.due(now=NOW).get() == email


def test_message_carries_the_headers_that_standards_ask_for():
    message = queue(reply_to="desk@emn.example").as_message().message()

    assert message["Message-ID"].endswith("@emn.example>")
    assert message["Date"] == "Sun, 22 Nov 2026 10:00:00 +0100"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "fr"
    assert message["Reply-To"] == "desk@emn.example"
    assert (
        message.get_all("From") == ["Espace Moselle Numérique <contact@emn.example>"]
        or len(message.get_all("From")) == 1
    )


def test_message_id_is_unique():
    email = queue()

    with pytest.raises(IntegrityError, match="message_id"):
        OutboundEmail.objects.filter(pk=queue().pk).update(message_id=email.message_id)


@pytest.mark.parametrize("field", ["subject", "to_email", "from_email", "reply_to", "message_id"])
def test_database_refuses_a_line_break_in_a_header(field):
    email = queue()

    with pytest.raises(IntegrityError, match="one_line"):
        OutboundEmail.objects.filter(pk=email.pk).update(**{field: "a\r\nBcc: victim@x.example"})


def test_subject_cannot_add_a_header():
    email = queue(
        template="letters/welcome", context={"name": "x", "season": "été\r\nBcc: victim@x.example"}
    )

    message = email.as_message().message()

    assert message["Bcc"] is None
    assert email.subject == "Bienvenue à l’atelier d’été Bcc: victim@x.example & co"


def test_unsolicited_mail_stops_at_three_a_day_whatever_the_spelling():
    spellings = ["bob@x.example", "BOB@x.example", "bob+1@x.example", "bob+2@X.example"]
    states = [queue(to=address, unsolicited=True).status for address in spellings]

    assert states == [EmailStatus.QUEUED] * 3 + [EmailStatus.CAPPED]
    assert queue(to="bob@x.example").status == EmailStatus.QUEUED
    assert queue(to="carol@x.example", unsolicited=True).status == EmailStatus.QUEUED


def test_capped_mail_keeps_no_words():
    emails = [queue(unsolicited=True) for _ in range(4)]

    assert emails[3].text_body == ""


def test_unsolicited_mail_flows_again_a_day_later():
    for _ in range(4):
        queue(unsolicited=True)

    later = queue(unsolicited=True, now=NOW + timedelta(days=1, seconds=1))

    assert later.status == EmailStatus.QUEUED


@pytest.mark.django_db(transaction=True)
def test_cap_holds_when_eight_forms_are_posted_at_once():
    def attempt(_n):
        try:
            return queue(unsolicited=True).status
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(attempt, range(8)))

    assert states.count(EmailStatus.QUEUED) == 3


def test_hourly_ceiling_stops_unsolicited_mail_and_alerts(settings, caplog):
    settings.MAIL_HOURLY_CEILING = 2
    states = [queue(to=f"p{n}@x.example", unsolicited=True).status for n in range(3)]

    assert states == [EmailStatus.QUEUED, EmailStatus.QUEUED, EmailStatus.CAPPED]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert queue(to="member@x.example").status == EmailStatus.QUEUED
    words = {"kind": "codes", "rendered": Rendered("x", "x", "x"), "language": "fr"}
    other = services.store(to="code@x.example", now=NOW, daily_cap=8, **words)
    assert other.status == EmailStatus.QUEUED  # a flood of one form closes no other
