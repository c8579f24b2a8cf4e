"""What the charter hands to the trust index (rules 1.5), and nothing else.

The index reads `charter_facts`, and is called, in the transaction of the fact, through `follow`:
that is the one place where the two meet.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from django.utils import timezone

from directory.enums import CharterClause
from directory.models import Adhesion, Evidence


@dataclass(frozen=True, slots=True)
class Attestation:
    """A commitment borne out by a document that staff checked on that day."""

    clause: CharterClause
    on: date
    evidence_id: int


@dataclass(frozen=True, slots=True)
class CharterFacts:
    """What counts for one company on one day. Gate (a): `in_force`; (c): `checked_on`.

    `attestations` hold the last one of each clause; a clause without is «declared» when `in_force`.
    The days of insurance are the last on which the certificate is good, None when none was checked.
    """

    siren: str
    in_force: bool
    member_since: date | None
    version: str
    checked_on: date | None
    attestations: tuple[Attestation, ...]
    liability_until: date | None
    cyber_until: date | None


class Follower(Protocol):
    """What the index does when something here changed; it runs in our transaction."""

    def __call__(self, *, siren: str, now: datetime) -> object: ...


_followers: list[Follower] = []


def follow(action: Follower) -> None:
    """Have `action` called with each change; called from `AppConfig.ready()`."""
    _followers.append(action)


def tell_followers(siren: str, *, now: datetime) -> None:
    """Call what follows the charter."""
    for action in _followers:
        action(siren=siren, now=now)


def charter_facts(*, siren: str, on: date) -> CharterFacts | None:
    """Return what counts that day, None for a company that was never a signatory."""
    adhesion = (
        Adhesion.objects.filter(siren=siren, starts_on__lte=on)
        .select_related("charter")
        .order_by("-starts_on", "-pk")
        .first()
    )
    if adhesion is None:
        return None
    pieces = list(Evidence.objects.valid(on=on).filter(adhesion=adhesion).order_by("decided_at"))
    last: dict[str, Attestation] = {}
    ends: dict[str, date | None] = {}
    for piece in pieces:
        assert piece.decided_at is not None
        checked_on = timezone.localdate(piece.decided_at)
        if checked_on > on:
            continue
        ends[piece.kind] = piece.valid_until
        for clause in piece.clauses:
            last[clause] = Attestation(CharterClause(clause), checked_on, piece.pk)
    return CharterFacts(
        siren=siren,
        in_force=Adhesion.objects.in_force(on=on).filter(pk=adhesion.pk).exists(),
        member_since=adhesion.member_since,
        version=adhesion.charter.version,
        checked_on=timezone.localdate(adhesion.checked_at) if adhesion.checked_at else None,
        attestations=tuple(last[clause] for clause in CharterClause.values if clause in last),
        liability_until=ends.get("liability"),
        cyber_until=ends.get("cyber"),
    )
