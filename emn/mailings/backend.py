"""Django's e-mail backend of the portal: whoever calls `send_mail` writes to the outbox."""

from collections.abc import Sequence
from email.utils import parseaddr

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language

from emn.mailings.rendering import Rendered, lay_out, one_line
from emn.mailings.services import outbox as services

UNSOLICITED_PER_DAY = 8  # sign-in codes: a person who mistypes needs several, a flooder hundreds
_KIND = "django.send_mail"


class OutboxBackend(BaseEmailBackend):
    """Turns each recipient of each message into an outbox row, in a transaction.

    What comes this way is allauth's: codes and links that anyone can ask for by typing an address.
    So every row is secret and capped.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the messages to the outbox; return how many were."""
        with transaction.atomic():
            for message in email_messages:
                _store(message)
        return len(email_messages)


def _store(message: EmailMessage) -> None:
    if message.attachments:
        raise ValueError("the outbox carries no attachment")
    language = (get_language() or "fr")[:2]
    subject, text = one_line(str(message.subject)), str(message.body)
    html = _html_of(message) or lay_out(subject=subject, text=text, language=language)
    rendered = Rendered(subject, text, html)
    for recipient in message.recipients():
        services.store(
            to=parseaddr(recipient)[1],
            kind=_KIND,
            rendered=rendered,
            now=timezone.now(),
            language=language,
            from_email=message.from_email,
            reply_to=", ".join(message.reply_to),
            headers={
                name: one_line(str(value))
                for name, value in message.extra_headers.items()
                if name.lower() not in {"message-id", "date", "from", "to", "cc", "reply-to"}
            },
            daily_cap=UNSOLICITED_PER_DAY,
            secret=True,
        )


def _html_of(message: EmailMessage) -> str:
    if isinstance(message, EmailMultiAlternatives):
        for content, mimetype in message.alternatives:
            if mimetype == "text/html":
                return str(content)
    return ""
