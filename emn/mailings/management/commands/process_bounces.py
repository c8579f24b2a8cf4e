"""`manage.py process_bounces [--maildir DIR | --mbox FILE | FILE… | -]`: read what came back.

Without argument: the mailbox of `EMN_BOUNCES_URL`.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from emn.mailings.imap import MailboxUnavailable
from emn.mailings.models import MailIncident
from emn.mailings.returns import LARGEST
from emn.mailings.services import mailboxes


class Command(BaseCommand):
    help = "Lit les retours de courriel (refus, signalements) ; sans rien compter deux fois."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare where to read."""
        places = parser.add_mutually_exclusive_group()
        places.add_argument("--maildir", type=Path, help="dossier Maildir")
        places.add_argument("--mbox", type=Path, help="fichier mbox")
        parser.add_argument("files", nargs="*", help="un message par fichier ; « - » : l’entrée")

    def handle(
        self, *, maildir: Path | None, mbox: Path | None, files: list[str], **_options: Any
    ) -> None:
        """Read, and say how many of each kind."""
        try:
            kinds = Counter(incident.kind for incident in _read(maildir, mbox, files))
        except (OSError, MailboxUnavailable) as error:
            raise CommandError(f"Lecture impossible : {error}") from error
        for kind, count in sorted(kinds.items()):
            self.stdout.write(f"{kind} : {count}")
        self.stdout.write(f"Messages lus : {kinds.total()}")


def _read(maildir: Path | None, mbox: Path | None, files: list[str]) -> Iterator[MailIncident]:
    if maildir:
        yield from mailboxes.process_maildir(maildir)
    if mbox:
        yield from mailboxes.process_mbox(mbox)
    for name in files:
        with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
            yield mailboxes.process(file.read(LARGEST))
    if not (maildir or mbox or files):
        if settings.BOUNCES is None:
            raise CommandError("Dites où lire, ou réglez EMN_BOUNCES_URL.")
        yield from mailboxes.process_address(settings.BOUNCES)
