"""A mailbox read over IMAP (RFC 3501): what is new, the head of each message, and a mark.

The mark is a keyword of the portal's own, so that an agent who opens the mailbox in a mail program
hides nothing from it; a server that keeps no keyword gets the flag of what was read.
"""

import imaplib
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from emn.mailings.mailbox_address import Imap

_TIMEOUT = 30  # seconds without a byte
_KEYWORD, _FLAG = "EmnRead", "\\Seen"
_UNQUOTED: Final = re.compile(rb'BODY\[\](?:<0>)? (?:"((?:[^"\\]|\\.)*)"|NIL)', re.IGNORECASE)


class MailboxUnavailable(Exception):
    """The mailbox cannot be read now; `is_refused`: it will stay so until somebody acts."""

    def __init__(self, reason: str, *, is_refused: bool = False) -> None:
        """Take what happened, in words without any secret."""
        super().__init__(reason)
        self.is_refused = is_refused


class ImapMailbox:
    """An open folder. Every method raises MailboxUnavailable once the conversation is broken."""

    def __init__(self, client: imaplib.IMAP4) -> None:
        """Take a client that has selected its folder."""
        self._client = client
        kept = b" ".join(client.response("PERMANENTFLAGS")[1] or [b""])
        self._mark = _KEYWORD if b"\\*" in kept else _FLAG
        self._new = f"UNKEYWORD {_KEYWORD}" if self._mark == _KEYWORD else "UNSEEN"

    def new(self) -> list[str]:
        """Return the UIDs of what the portal has not marked, the oldest first."""
        status, lines = self._ask("SEARCH", self._new)
        if status != "OK":
            raise MailboxUnavailable("SEARCH refused")
        return [uid.decode() for line in lines if isinstance(line, bytes) for uid in line.split()]

    def head(self, uid: str, *, size: int) -> bytes | None:
        """Return the first `size` bytes; None when the server does not give the message."""
        status, lines = self._ask("FETCH", uid, f"(BODY.PEEK[]<0.{size}>)")
        if status != "OK":
            return None
        for line in lines:
            if isinstance(line, tuple):
                return bytes(line[1])
            if line and (match := _UNQUOTED.search(line)):
                return bytes(match[1] or b"")
        return None

    def mark(self, uid: str) -> None:
        """Mark a message as read by the portal."""
        self._ask("STORE", uid, "+FLAGS.SILENT", f"({self._mark})")

    def _ask(self, command: str, *words: str) -> tuple[str, list[bytes | tuple[bytes, bytes]]]:
        with _as_unavailable():
            return self._client.uid(command, *words)


@contextmanager
def open_mailbox(address: Imap) -> Iterator[ImapMailbox]:
    """Sign in and select the folder. Raises MailboxUnavailable."""
    with _as_unavailable():
        client = _connect(address)
    try:
        _sign_in(client, address)
        with _as_unavailable():
            status, _lines = client.select(f'"{_escaped(address.folder)}"')
        if status != "OK":
            raise MailboxUnavailable(f"no folder {address.folder}", is_refused=True)
        yield ImapMailbox(client)
    finally:
        _leave(client)


def _connect(address: Imap) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    if address.is_tls:
        return imaplib.IMAP4_SSL(address.host, address.port, ssl_context=context, timeout=_TIMEOUT)
    client = imaplib.IMAP4(address.host, address.port, timeout=_TIMEOUT)
    try:
        client.starttls(context)
    except (OSError, imaplib.IMAP4.error):
        _leave(client)
        raise
    return client


def _leave(client: imaplib.IMAP4) -> None:
    try:
        client.logout()
    except (OSError, imaplib.IMAP4.error):
        with suppress(OSError):
            client.shutdown()


def _sign_in(client: imaplib.IMAP4, address: Imap) -> None:
    """Give the password, by a way that any sign may take (RFC 4616) where the server knows it."""
    secret = f"\0{address.user}\0{address.password}".encode()
    try:
        if "AUTH=PLAIN" in client.capabilities:
            client.authenticate("PLAIN", lambda _challenge: secret)
        else:
            client.login(address.user, address.password)
    except imaplib.IMAP4.abort as error:
        raise MailboxUnavailable(type(error).__name__) from error
    except (imaplib.IMAP4.error, UnicodeEncodeError):
        raise MailboxUnavailable("sign-in refused", is_refused=True) from None
    except OSError as error:
        raise MailboxUnavailable(_named(error)) from error


@contextmanager
def _as_unavailable() -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        reason = f"certificate not trusted: {error.verify_message}"
        raise MailboxUnavailable(reason, is_refused=True) from error
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxUnavailable(_named(error)) from error


def _named(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "host not found"
    words = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}{f': {words}' if words else ''}"


def _escaped(folder: str) -> str:
    return folder.replace("\\", "\\\\").replace('"', '\\"')
