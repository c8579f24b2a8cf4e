"""What every public reply of a provider goes through: its words, and what staff decides of it."""

import hashlib
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from directory.enums import ReplyStatus
from directory.models.replies import LONGEST_REPLY, PublicReply
from emn.lib.errors import DomainError


def words_of(text: str, *, refused: type[DomainError]) -> str:
    """Return the words as they are kept. Raises `refused` (empty, too long)."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise refused(_("Écrivez votre réponse."))
    if len(text) > LONGEST_REPLY:
        raise refused(
            _("Votre réponse compte %(count)s signes ; %(most)s au plus.")
            % {"count": len(text), "most": LONGEST_REPLY}
        )
    return text


def write(row: PublicReply, *, text: str, user_id: int, within: timedelta, now: datetime) -> None:
    """Save the words of a reply that waits; other words have a delay of their own."""
    if row.text != text:
        row.written_at, row.due_at = now, now + within
    row.text, row.written_by_id = text, user_id
    row.save()


def digest_of(text: str) -> str:
    """Return what tells one text from another."""
    return hashlib.sha256(text.encode()).hexdigest()


def require_as_read(row: PublicReply, *, seen: str, refused: type[DomainError]) -> None:
    """Raise `refused` unless the text is the one that the agent read: `seen`, its `digest_of`."""
    if digest_of(row.text) != seen:
        raise refused(
            _("Le texte a changé depuis que vous l’avez lu : rouvrez la page pour lire le nouveau.")
        )


def require_decidable(
    row: PublicReply, *, publish: bool, refusal: str, refused: type[DomainError]
) -> None:
    """Raise `refused` when the reply was decided on already, or is refused without a reason."""
    if row.status != ReplyStatus.WAITING:
        raise refused(_("Cette réponse a déjà été traitée."))
    if not publish and not refusal.strip():
        raise refused(_("Un refus est motivé : dites pourquoi."))
