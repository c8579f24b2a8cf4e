"""Where returns arrive: a Maildir, an mbox, a stream. A message is set aside once it is written."""

import mailbox
from collections.abc import Iterator
from pathlib import Path

from django.utils import timezone

from emn.mailings.enums import IncidentSource
from emn.mailings.models import MailIncident
from emn.mailings.services.returns import record_return

_SEEN = ":2,S"  # the mark of Maildir for what was read


def process(raw: bytes) -> MailIncident:
    """Record one message of the mailbox of returns."""
    return record_return(raw=raw, source=IncidentSource.MAILBOX, now=timezone.now())


def process_maildir(folder: Path) -> Iterator[MailIncident]:
    """Record what is new in a Maildir, each message marked as read once it is committed.

    Killed half-way, or run twice at once, nothing is lost and nothing counts twice.
    """
    for name in ("new", "cur"):
        for path in sorted((folder / name).iterdir()):
            if "S" in path.name.partition(":2,")[2]:
                continue
            try:
                raw = path.read_bytes()
            except FileNotFoundError:
                continue  # another process was quicker
            yield process(raw)
            base = path.name.partition(":2,")[0]
            try:
                path.rename(folder / "cur" / f"{base}{_SEEN}")
            except FileNotFoundError:
                continue


def process_mbox(path: Path) -> Iterator[MailIncident]:
    """Record the messages of an mbox. The file is left as it is: again, it changes nothing."""
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            yield process(box.get_bytes(key))
    finally:
        box.close()
