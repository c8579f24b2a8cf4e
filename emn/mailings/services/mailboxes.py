"""Where returns arrive: IMAP, a Maildir, an mbox, a stream. A message is marked once it is written.

Killed half-way, or run several at once, nothing is lost and nothing counts twice.
"""

import hashlib
import logging
import mailbox
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from emn.lib.db import session_lock
from emn.mailings.enums import IncidentSource
from emn.mailings.imap import ImapMailbox, MailboxUnavailable, open_mailbox
from emn.mailings.mailbox_address import Imap, MailboxAddress, Maildir
from emn.mailings.models import MailIncident
from emn.mailings.returns import LARGEST
from emn.mailings.services.returns import keep_for_a_person, record_return

logger = logging.getLogger(__name__)

RUN_LASTS = 240  # seconds: a run ends before the next begins
MOST_BREAKS = 3  # connections lost in one run
_READ = "S"  # the flag of Maildir for what was read


def read_returns() -> int:
    """Read the mailbox of the settings for some minutes; return how many messages were.

    What cannot be reached is said in one line, and tried again the next time.
    """
    if settings.BOUNCES is None:
        return 0
    ends = time.monotonic() + RUN_LASTS
    count = 0
    try:
        for count, _incident in enumerate(process_address(settings.BOUNCES), start=1):  # noqa: B007
            if time.monotonic() > ends:
                break
    except (MailboxUnavailable, OSError) as error:
        level = logging.ERROR if getattr(error, "is_refused", False) else logging.WARNING
        logger.log(level, "mailbox of returns unavailable: %s", error)
    if count:
        logger.info("%s returns read", count)
    return count


def process_address(address: MailboxAddress) -> Iterator[MailIncident]:
    """Record what is new in a mailbox. Raises MailboxUnavailable or OSError."""
    if isinstance(address, Imap):
        return process_imap(address)
    if isinstance(address, Maildir):
        return process_maildir(address.path)
    return process_mbox(address.path)


def process(raw: bytes) -> MailIncident:
    """Record one message of the mailbox of returns, whatever it is made of."""
    now = timezone.now()
    try:
        return record_return(raw=raw, source=IncidentSource.MAILBOX, now=now)
    except (OperationalError, InterfaceError):
        raise  # the database, not the message
    except Exception:  # one message must not stop the others
        logger.exception("return %s left to a person", hashlib.sha256(raw).hexdigest()[:12])
        return keep_for_a_person(raw=raw, source=IncidentSource.MAILBOX, now=now)


# --- IMAP ---


def process_imap(address: Imap) -> Iterator[MailIncident]:
    """Record what is new on a server, one reader at a time. Raises MailboxUnavailable.

    A message on which the connection breaks is left for the next run, and the others go on.
    """
    with session_lock("mailings.imap") as is_mine:
        if not is_mine:
            logger.info("the mailbox of returns is being read already")
            return
        left: list[str] | None = None
        breaks = 0
        while left is None or left:
            try:
                with open_mailbox(address) as box:
                    left = box.new() if left is None else left
                    while left:
                        incident = _process_one(box, left.pop(0))
                        if incident:
                            yield incident
            except MailboxUnavailable:
                breaks += 1
                if left is None or breaks == MOST_BREAKS:
                    raise


def _process_one(box: ImapMailbox, uid: str) -> MailIncident | None:
    raw = box.head(uid, size=LARGEST)
    if raw is None:
        logger.warning("message %s of the mailbox of returns is not given", uid)
        return None
    incident = process(raw)
    box.mark(uid)
    return incident


# --- Maildir and mbox ---


def process_maildir(folder: Path) -> Iterator[MailIncident]:
    """Record what is new in a Maildir. Raises OSError when the folder cannot be read.

    Several may read at once: a lock by message shares them out.
    """
    for name in ("new", "cur"):
        for path in sorted((folder / name).iterdir()):
            base, _mark, flags = path.name.partition(":2,")
            if _READ in flags:
                continue
            with session_lock(f"mailings.maildir:{folder}:{base}") as is_mine:
                if not is_mine or (raw := _head(path)) is None:
                    continue  # another process is at it, or was quicker
                incident = process(raw)
                with suppress(FileNotFoundError):
                    flags = "".join(sorted({*flags, _READ}))
                    path.rename(folder / "cur" / f"{base}:2,{flags}")
            yield incident


def _head(path: Path) -> bytes | None:
    """Return the beginning of a file; None for what is gone, unreadable or no file at all."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):  # a pipe would never end
            return None
        with path.open("rb") as file:
            return file.read(LARGEST)
    except FileNotFoundError:
        return None
    except OSError as error:
        logger.warning("return %s unreadable: %s", path.name, error.strerror)
        return None


def process_mbox(path: Path) -> Iterator[MailIncident]:
    """Record the messages of an mbox. The file is left as it is: again, it changes nothing."""
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            yield process(box.get_file(key).read(LARGEST))
    finally:
        box.close()
