"""Django's own mail functions write to the outbox."""

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, send_mail

from emn.mailings.enums import EmailStatus
from emn.mailings.models import OutboundEmail

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_send_mail_writes_one_row_per_recipient_without_a_transaction():
    to = ["Alice <alice@x.example>", "bob@x.example"]

    assert send_mail("Votre code", "123456", None, to) == 1

    rows = OutboundEmail.objects.order_by("pk")
    assert [row.to_email for row in rows] == ["alice@x.example", "bob@x.example"]
    assert {row.status for row in rows} == {EmailStatus.QUEUED}


def test_send_mail_keeps_the_html_twin_and_hides_both_from_staff():
    message = EmailMultiAlternatives("Code", "123456", to=["alice@x.example"])
    message.attach_alternative("<p>123456</p>", "text/html")
    message.send()

    row = OutboundEmail.objects.get()
    assert (row.text_body, row.html_body) == ("123456", "<p>123456</p>")
    assert (row.secret, row.unsolicited) == (True, True)


def test_send_mail_stops_at_eight_a_day_and_answers_the_same():
    answers = [send_mail("Code", "1", None, ["alice@x.example"]) for _ in range(9)]

    assert answers == [1] * 9
    assert OutboundEmail.objects.filter(status=EmailStatus.QUEUED).count() == 8
    assert OutboundEmail.objects.filter(status=EmailStatus.CAPPED).count() == 1


def test_send_mail_folds_a_subject_that_carries_a_header():
    send_mail("Code\r\nBcc: victim@x.example", "1", None, ["alice@x.example"])

    message = OutboundEmail.objects.get().as_message().message()
    assert message["Bcc"] is None


def test_send_mail_keeps_its_own_message_id_and_drops_the_callers():
    EmailMessage(
        "Code", "1", to=["alice@x.example"], headers={"Message-ID": "<x@y>", "X-Kind": "code"}
    ).send()

    row = OutboundEmail.objects.get()
    assert row.headers == {"X-Kind": "code"}
    assert row.message_id != "<x@y>"


def test_send_mail_refuses_an_attachment():
    message = EmailMessage("Code", "1", to=["alice@x.example"])
    message.attach("a.txt", "a", "text/plain")

    with pytest.raises(ValueError, match="attachment"):
        message.send()
