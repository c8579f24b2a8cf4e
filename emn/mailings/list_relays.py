"""The relays of list mail: they take ready bytes, one after another, over one connection.

What became of a message is told in one of four ways, because the next step differs: taken, refused
for good, refused for now, or unknown, when the connection broke after the message was given whole.
"""

import os
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.utils.timezone import localtime

NO_REPLY = "no-reply"  # the code of a message given whole, of which the relay said nothing
_PERMANENT, _START_INPUT = 500, 354


class Fate(Enum):
    """What became of a message."""

    TAKEN = "taken"
    REFUSED = "refused"
    LATER = "later"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """The relay's answer: `code` is the enhanced status (RFC 3463) when it gave one, else its own.

    `is_closing`: the connection cannot be used any more.
    """

    fate: Fate
    code: str = ""
    is_closing: bool = False


class RelayUnavailable(Exception):
    """The relay cannot be reached, or does not let us in."""


class Relay(Protocol):
    """Whatever takes messages."""

    def give(self, sender: str, recipient: str, message: bytes) -> Answer: ...


@contextmanager
def relay() -> Iterator[Relay]:
    """Open the relay that the settings name. Raises RelayUnavailable."""
    if not settings.LIST_SMTP_HOST:
        yield FolderRelay(Path(settings.MAIL_DIR))
        return
    smtp = _connect()
    try:
        yield SmtpRelay(smtp)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            smtp.quit()


def _connect() -> smtplib.SMTP:
    kind = smtplib.SMTP_SSL if settings.EMAIL_USE_SSL else smtplib.SMTP
    try:
        smtp = kind(
            settings.LIST_SMTP_HOST,
            settings.LIST_SMTP_PORT,
            local_hostname=settings.LIST_DOMAIN,
            timeout=settings.EMAIL_TIMEOUT,
        )
        if settings.EMAIL_USE_TLS:
            smtp.starttls()
        if settings.LIST_SMTP_USER:
            smtp.login(settings.LIST_SMTP_USER, settings.LIST_SMTP_PASSWORD)
        smtp.ehlo_or_helo_if_needed()
    except (OSError, smtplib.SMTPException) as error:
        raise RelayUnavailable(type(error).__name__) from error
    return smtp


class SmtpRelay:
    """A conversation with a relay; commands go together where it allows it (RFC 2920)."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        """Take an open connection."""
        self._smtp = smtp
        self._pipelines = smtp.has_extn("pipelining")

    def give(self, sender: str, recipient: str, message: bytes) -> Answer:
        """Send one message: lines end by CR LF, leading dots are doubled already."""
        commands = (f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>", "DATA")
        try:
            refusal = self._envelope(commands)
        except (OSError, smtplib.SMTPException):
            return Answer(Fate.LATER, "", is_closing=True)  # nothing was given yet
        if refusal is not None:
            return refusal
        # In one piece: a dot sent apart would wait for the relay's acknowledgement of the rest.
        try:
            self._smtp.send(message + (b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n"))
        except (OSError, smtplib.SMTPException):
            return Answer(Fate.LATER, "", is_closing=True)  # without its final dot, nobody has it
        try:
            code, words = self._smtp.getreply()
        except (OSError, smtplib.SMTPException):
            return Answer(Fate.UNKNOWN, NO_REPLY, is_closing=True)
        return _answer(code, words)

    def _envelope(self, commands: tuple[str, ...]) -> Answer | None:
        """Say whom it is for; return the refusal, None when the message is awaited."""
        if not self._pipelines:
            for command in commands:
                code, words = self._smtp.docmd(command)
                if code >= 400:  # noqa: PLR2004 -- RFC 5321, 4.2.1: from here on, a refusal
                    return self._reset(_answer(code, words))
            return None
        self._smtp.send("".join(f"{command}\r\n" for command in commands).encode())
        replies = [self._smtp.getreply() for _command in commands]
        refused = [_answer(code, words) for code, words in replies if code >= 400]  # noqa: PLR2004
        if not refused:
            return None
        if replies[-1][0] == _START_INPUT:  # it awaits a message for nobody: none is given
            self._smtp.send(b".\r\n")
            self._smtp.getreply()
        return self._reset(refused[0])

    def _reset(self, answer: Answer) -> Answer:
        if not answer.is_closing:
            self._smtp.docmd("RSET")
        return answer


def _answer(code: int, words: bytes) -> Answer:
    """Read a reply: 421 closes the connection (RFC 5321, 3.8)."""
    said = words.decode("ascii", "replace").split(maxsplit=1)
    enhanced = said[0] if said and _is_enhanced(said[0], code) else str(code)
    if code < 400:  # noqa: PLR2004
        return Answer(Fate.TAKEN, enhanced)
    fate = Fate.REFUSED if code >= _PERMANENT else Fate.LATER
    return Answer(fate, enhanced, is_closing=code in {421, -1})


def _is_enhanced(word: str, code: int) -> bool:
    parts = word.split(".")
    return len(parts) == 3 and all(part.isdigit() for part in parts) and word[0] == str(code)[0]  # noqa: PLR2004


class FolderRelay:
    """The demonstration's: each message becomes a file that any mail program opens."""

    def __init__(self, folder: Path) -> None:
        """Make the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def give(self, sender: str, recipient: str, message: bytes) -> Answer:
        """Write the message whole or not at all."""
        name = f"{localtime():%Y%m%dT%H%M%S}-{uuid5(NAMESPACE_URL, sender)}.eml"
        partial = self._folder / f".{name}.{os.getpid()}"
        partial.write_bytes(message.replace(b"\r\n..", b"\r\n."))
        partial.replace(self._folder / name)
        return Answer(Fate.TAKEN)
