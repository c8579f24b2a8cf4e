"""What the demonstration's relay wrote, for the page where it is read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

SHOWN = 50  # messages on the page, newest first


@dataclass(frozen=True)
class Letter:
    """One message of the folder; `text` and `html` are its two parts, either may be empty."""

    key: UUID
    subject: str
    sender: str
    recipient: str
    date: datetime
    text: str
    html: str


def newest_letters() -> Iterator[Letter]:
    """Read the last messages, newest first."""
    for file in sorted(_folder().glob("*.eml"), reverse=True)[:SHOWN]:
        yield _read(file)


def find_letter(key: UUID) -> Letter | None:
    """Read the message of that key; None when there is none."""
    file = next(_folder().glob(f"*-{key}.eml"), None)
    return _read(file) if file else None


def _folder() -> Path:
    return Path(settings.MAIL_DIR)


def _read(file: Path) -> Letter:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return Letter(
        key=UUID(file.stem.partition("-")[2]),
        subject=str(message["Subject"]),
        sender=str(message["From"]),
        recipient=str(message["To"]),
        date=parsedate_to_datetime(str(message["Date"])),
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
