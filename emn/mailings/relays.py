"""The demonstration's relay: each message becomes a file that any mail program opens."""

import os
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class FolderRelay(BaseEmailBackend):
    """Writes `<date>-<uuid>.eml` files to `settings.MAIL_DIR`, whole or not at all.

    A message sent again, under the same Message-ID, replaces its file.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the messages; return how many were."""
        folder = Path(settings.MAIL_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            content = message.message()
            written = parsedate_to_datetime(content["Date"]).strftime("%Y%m%dT%H%M%S")
            name = f"{written}-{content['Message-ID'].strip('<>').partition('@')[0]}.eml"
            partial = folder / f".{name}.{os.getpid()}"
            partial.write_bytes(content.as_bytes())
            partial.replace(folder / name)
        return len(email_messages)
