"""The vote of the room: one ballot a person present, counted when staff closes it.

A ballot is known by a fingerprint of the ticket, or of a paper code handed out at the door: which
marks a person gave is written nowhere. Sent twice it is one ballot; until the closing, the last
marks sent are those that count.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from emn.lib.page_cache import touch
from events.enums import RegistrationStatus
from events.models import Ballot, Evening, Pitch, Registration
from events.rendezvous import vote
from events.services.doors import ticket_in
from events.services.rendezvous import RendezvousRefused, locked_evening

PAPER_SIGNS = 8
# Paper codes hold neither 0 nor 1: whoever types one has read a letter.
_AS_PRINTED = str.maketrans({"0": "O", "1": "I", " ": "", "-": ""})


def paper_codes(evening: Evening) -> list[str]:
    """Return the codes of the paper ballots, one a ballot."""
    return [_paper_code(evening, number) for number in range(evening.paper_ballots)]


def voter_of(evening: Evening, typed: str) -> str:
    """Return the fingerprint of who holds this ticket or paper code.

    Raises RendezvousRefused (unknown, or whose ticket was not read at the door).
    """
    code = typed.upper().translate(_AS_PRINTED)
    if len(code) == PAPER_SIGNS and code in paper_codes(evening):
        return _fingerprint(evening, f"paper:{code}")
    ticket = ticket_in(typed) or typed.strip()
    entry = Registration.objects.filter(
        ticket=ticket, session=evening.session_id, forgotten_at=None
    ).first()
    if entry is None:
        raise RendezvousRefused(
            _("Ce code n’est pas un code de cette soirée. Vérifiez-le, ou demandez à l’accueil.")
        )
    if entry.status != RegistrationStatus.PRESENT:
        raise RendezvousRefused(
            _("Le vote est pour les personnes présentes : faites d’abord lire votre billet.")
        )
    return _fingerprint(evening, f"ticket:{entry.pk}")


@transaction.atomic(durable=True)
def open_vote(*, evening_id: int, now: datetime) -> Evening:
    """Let the room vote. Twice is once. Raises RendezvousRefused without a running order."""
    evening = locked_evening(evening_id)
    if evening.vote_closed_at is not None:
        raise RendezvousRefused(_("Ce vote est clos."))
    if not evening.pitches.chosen().exists():
        raise RendezvousRefused(_("Choisissez d’abord les passages."))
    if evening.vote_opened_at is None:
        evening.vote_opened_at = now
        evening.save(update_fields=["vote_opened_at"])
        touch()
    return evening


@transaction.atomic(durable=True)
def close_vote(*, evening_id: int, now: datetime) -> Evening:
    """End the vote, and publish what it gives. Twice is once."""
    evening = locked_evening(evening_id)
    if evening.vote_opened_at is None:
        raise RendezvousRefused(_("Ce vote n’est pas ouvert."))
    if evening.vote_closed_at is None:
        evening.vote_closed_at = now
        evening.save(update_fields=["vote_closed_at"])
        touch()
    return evening


@transaction.atomic(durable=True)
def cast(
    *, evening_id: int, code: str, marks: Mapping[int, vote.Marks], now: datetime
) -> int:  # fmt: skip
    """Write the ballot of one voter, over the one they sent before; return how many pitches.

    `marks`: pitch → its four marks, for each pitch of the running order. Raises
    RendezvousRefused (not open, closed, unknown code, a pitch left out).
    """
    evening = locked_evening(evening_id)
    if not evening.is_voting:
        raise RendezvousRefused(
            _("Le vote est clos.") if evening.vote_closed_at else _("Le vote n’est pas ouvert.")
        )
    voter = voter_of(evening, code)
    wanted = set(evening.pitches.chosen().values_list("pk", flat=True))
    if set(marks) != wanted:
        raise RendezvousRefused(_("Donnez vos quatre notes à chacun des passages."))
    Ballot.objects.bulk_create(
        [
            Ballot(pitch_id=pitch, voter=voter, marks=list(four), cast_at=now)
            for pitch, four in sorted(marks.items())
        ],
        update_conflicts=True,
        unique_fields=["pitch", "voter"],
        update_fields=["marks", "cast_at"],
    )
    return len(marks)


def standings(evening: Evening) -> list[tuple[Pitch, vote.Standing]]:
    """Return the result of a vote that is closed, the first first; empty before."""
    if evening.vote_closed_at is None:
        return []
    pitches = {
        pitch.pk: pitch for pitch in evening.pitches.chosen().select_related("provider", "irritant")
    }
    ballots: dict[int, list[vote.Marks]] = {key: [] for key in pitches}
    for pitch_id, marks in Ballot.objects.filter(pitch__in=pitches).values_list("pitch", "marks"):
        one, two, three, four = marks
        ballots[pitch_id].append((one, two, three, four))
    return [(pitches[line.pitch], line) for line in vote.count(ballots)]


def voters(evening: Evening) -> int:
    """Return how many ballots came in."""
    return Ballot.objects.filter(pitch__evening=evening).values("voter").distinct().count()


def _paper_code(evening: Evening, number: int) -> str:
    drawn = hmac.new(evening.paper_key.encode(), f"{evening.pk}:{number}".encode(), sha256)
    return base64.b32encode(drawn.digest()[:5]).decode()


def _fingerprint(evening: Evening, voter: str) -> str:
    return salted_hmac(
        "events.vote", f"{evening.pk}:{evening.paper_key}:{voter}", algorithm="sha256"
    ).hexdigest()
