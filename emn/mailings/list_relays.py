"""The relays of list mail: they take ready bytes, one after another, over one connection.

What became of a message is told in one of four ways, because the next step differs: taken, refused
for good, refused for now, or unknown, when the connection broke after the message was given whole.
"""

import os
import smtplib
import ssl
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
_GOOD, _REFUSED, _PERMANENT, _START_INPUT = 200, 400, 500, 354  # RFC 5321, 4.2.1
_RCPT = 1  # its place among the commands of an envelope
_SIGN_IN, _QUOTA = {530, 535}, "5.4.5"  # who we are (RFC 4954), how much we may send


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
    """The relay cannot be reached, does not let us in, or takes nothing from us: nobody's fault."""


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
    address = (settings.LIST_SMTP_HOST, settings.LIST_SMTP_PORT, settings.LIST_DOMAIN)
    trusted = ssl.create_default_context()  # smtplib's own checks no certificate
    try:
        if settings.EMAIL_USE_SSL:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                *address, timeout=settings.EMAIL_TIMEOUT, context=trusted
            )
        else:
            smtp = smtplib.SMTP(*address, timeout=settings.EMAIL_TIMEOUT)
        if settings.EMAIL_USE_TLS:
            smtp.starttls(context=trusted)
        if settings.LIST_SMTP_USER:
            smtp.login(settings.LIST_SMTP_USER, settings.LIST_SMTP_PASSWORD)
        smtp.ehlo_or_helo_if_needed()
    except (OSError, smtplib.SMTPException) as error:
        code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else ""
        raise RelayUnavailable(f"{type(error).__name__} {code}".rstrip()) from error
    return smtp


class SmtpRelay:
    """A conversation with a relay; commands go together where it allows it (RFC 2920)."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        """Take an open connection."""
        self._smtp = smtp
        self._pipelines = smtp.has_extn("pipelining")

    def give(self, sender: str, recipient: str, message: bytes) -> Answer:
        """Send one message: lines end by CR LF, leading dots are doubled already.

        Raises RelayUnavailable when it is us that the relay refuses, before it took anything.
        """
        try:
            mailbox = _on_the_wire(recipient)
        except UnicodeError:
            return Answer(Fate.REFUSED, "5.1.3")
        commands = (f"MAIL FROM:<{sender}>", f"RCPT TO:<{mailbox}>", "DATA")
        try:
            refusal = self._envelope(commands)
        except (OSError, smtplib.SMTPException):
            return Answer(Fate.LATER, "", is_closing=True)  # nothing was given yet
        return self._content(message) if refusal is None else refusal

    def _content(self, message: bytes) -> Answer:
        # In one piece: a dot sent apart would wait for the relay's acknowledgement of the rest.
        try:
            self._smtp.send(message + (b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n"))
        except (OSError, smtplib.SMTPException):
            return Answer(Fate.LATER, "", is_closing=True)  # without its final dot, nobody has it
        try:
            code, words = self._smtp.getreply()
        except (OSError, smtplib.SMTPException):
            return Answer(Fate.UNKNOWN, NO_REPLY, is_closing=True)
        if code < _GOOD:  # no reply that can be read: what follows may answer another message
            return Answer(Fate.UNKNOWN, NO_REPLY, is_closing=True)
        answer = _answer(code, words)
        if _is_about_us(code, answer):
            raise RelayUnavailable(answer.code)
        return answer

    def _envelope(self, commands: tuple[str, ...]) -> Answer | None:
        """Say whom it is for; return the refusal, None when the message is awaited."""
        if self._pipelines:
            self._smtp.send("".join(f"{command}\r\n" for command in commands).encode("ascii"))
            replies = [self._smtp.getreply() for _command in commands]
        else:
            replies = []
            for command in commands:
                replies.append(self._smtp.docmd(command))
                if not _GOOD <= replies[-1][0] < _REFUSED:
                    break
        if any(code < _GOOD for code, _words in replies):
            return Answer(Fate.LATER, "", is_closing=True)
        refused = [step for step, (code, _words) in enumerate(replies) if code >= _REFUSED]
        if not refused:
            return None
        if replies[-1][0] == _START_INPUT:  # it awaits a message for nobody: none is given
            self._smtp.send(b".\r\n")
            self._smtp.getreply()
        step = refused[0]
        answer = _answer(*replies[step])
        if answer.is_closing:
            return answer
        self._smtp.docmd("RSET")
        # Only RCPT speaks of the recipient: MAIL and DATA speak of whoever sends.
        if step != _RCPT or _is_about_us(replies[step][0], answer):
            raise RelayUnavailable(f"{commands[step][:4]} {answer.code}")
        return answer


def _on_the_wire(address: str) -> str:
    """Return an address as SMTP takes it: the domain in ASCII (RFC 5891). Raises UnicodeError."""
    name, _at, domain = address.rpartition("@")
    name.encode("ascii")
    return f"{name}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"


def _is_about_us(code: int, answer: Answer) -> bool:
    """Tell whether a refusal is about the sender's account, and not about the recipient."""
    return code in _SIGN_IN or (code >= _PERMANENT and answer.code == _QUOTA)


def _answer(code: int, words: bytes) -> Answer:
    """Read a reply: 421 closes the connection (RFC 5321, 3.8)."""
    said = words.decode("ascii", "replace").split(maxsplit=1)
    enhanced = said[0] if said and _is_enhanced(said[0], code) else str(code)
    if code < _REFUSED:
        return Answer(Fate.TAKEN, enhanced)
    fate = Fate.REFUSED if code >= _PERMANENT else Fate.LATER
    return Answer(fate, enhanced, is_closing=code == 421)  # noqa: PLR2004


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
