"""A message whose subject keeps to the length of line that RFC 5322 recommends."""

from email.header import Header
from typing import Any

from django.core.mail import EmailMultiAlternatives


class Message(EmailMultiAlternatives):
    """Django's message; its subject is folded with the name of its header counted.

    Django folds the words alone, so that a long subject in French makes lines of more than 78
    signs (RFC 5322 §2.1.1).
    """

    def message(self, **options: Any) -> Any:
        """Build it."""
        built = super().message(**options)
        if not str(self.subject).isascii():
            subject = Header(str(self.subject), "utf-8", header_name="Subject")
            built.replace_header("Subject", subject)
        return built
