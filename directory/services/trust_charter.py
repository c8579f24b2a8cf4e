"""What adhesions to the charter say in the ledgers of trust of their company's cards.

The ledger follows the rows of the charter: what they say and it does not is recorded; what it says
and they do not is voided. Called in the transaction of what changed; called again, it adds nothing.
Days are written ahead (the end of an adhesion, of a suspension, of a document): no task is waited
for.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from directory.enums import (
    AdhesionEventKind,
    AdhesionStatus,
    CharterClause,
    EvidenceStatus,
    TrustSource,
)
from directory.models import Adhesion, Evidence, Provider, TrustEvent, TrustFile
from directory.services import audits, insolvency, trust
from directory.trust.events import Kind, voids_in_force
from emn.lib.db import advisory_lock

REASON = "charter"  # of what is undone here: what a person voids stays void
_ONE_DAY = timedelta(days=1)
_NUMBERS = {clause: number for number, clause in enumerate(CharterClause.values, start=1)}
_COVERS = {"liability": "rc_pro", "cyber": "cyber"}
_AGAIN = "~"  # before the number of a fact that is written again under a key already used


@dataclass(frozen=True, slots=True)
class CharterFact:
    """A fact that holds by the charter; `lost_on` is the day from which it grants nothing."""

    key: str
    kind: Kind
    on: date
    payload: dict[str, Any]
    lost_on: date | None = None


def follow_company(siren: str, *, now: datetime) -> None:
    """Bring the ledgers of a company's cards, public or once public, in line with the charter.

    Call it before writing the rows of the search: a computation locks the ledger, then its row.
    """
    advisory_lock(f"directory_trust_charter:{siren}")  # a card that is published meanwhile
    facts = charter_facts(siren)
    cards = Provider.objects.filter(company__siret__startswith=siren, published_at__isnull=False)
    for provider_id in cards.order_by("pk").values_list("pk", flat=True):
        _Ledger(provider_id, now=now).follow(facts)


def follow_card(card: Provider, *, now: datetime) -> None:
    """Bring the ledger of a card that was just published or merged in line (see above)."""
    siren = card.company.siren
    advisory_lock(f"directory_trust_charter:{siren}")
    facts = charter_facts(siren)
    if facts or TrustFile.objects.filter(provider=card).exists():
        _Ledger(card.pk, now=now).follow(facts)
        insolvency.follow_card(card, now=now)
        audits.follow_card(card, now=now)


@transaction.atomic(durable=True)
def catch_up(siren: str, *, write: bool, now: datetime) -> int:
    """Bring the ledgers of a company in line with all that the centre holds; return the facts.

    For adhesions older than the ledger, or rows restored. Without `write`, nothing is kept.
    """
    last = TrustEvent.objects.aggregate(last=Max("pk"))["last"] or 0
    follow_company(siren, now=now)
    cards = Provider.objects.filter(company__siret__startswith=siren, published_at__isnull=False)
    for card in cards.select_related("company").order_by("pk"):
        insolvency.follow_card(card, now=now)
        audits.follow_card(card, now=now)
    added = TrustEvent.objects.filter(pk__gt=last, file__provider__in=cards).count()
    transaction.set_rollback(not write)
    return added


def charter_facts(siren: str) -> list[CharterFact]:
    """Return what the adhesions that were ever in force, and their documents, say of a company.

    An adhesion that ends otherwise than by its renewal ends what its documents granted.
    """
    adhesions = list(
        Adhesion.objects.filter(siren=siren, starts_on__isnull=False).order_by("starts_on", "pk")
    )
    pieces: defaultdict[int, list[Evidence]] = defaultdict(list)
    accepted = Evidence.objects.filter(adhesion__in=adhesions, status=EvidenceStatus.ACCEPTED)
    for piece in accepted.order_by("pk") if adhesions else ():
        pieces[piece.adhesion_id].append(piece)
    facts: list[CharterFact] = []
    lost_on, next_start = None, None
    for adhesion in reversed(adhesions):
        if adhesion.ended_by != AdhesionEventKind.RENEWED:
            lost_on = adhesion.ended_on
        facts += _of_adhesion(adhesion, next_start=next_start)
        for piece in pieces[adhesion.pk]:
            facts += _of_piece(piece, lost_on=lost_on)
        next_start = adhesion.starts_on
    return facts


def _of_adhesion(adhesion: Adhesion, *, next_start: date | None) -> Iterator[CharterFact]:
    assert adhesion.starts_on is not None
    assert adhesion.expires_on is not None
    assert adhesion.checked_at is not None
    key = f"charter:{adhesion.pk}"
    active = {"state": "active", "ends_on": (adhesion.expires_on - _ONE_DAY).isoformat()}
    over_on = min(adhesion.expires_on, adhesion.ended_on or adhesion.expires_on)
    yield CharterFact(f"{key}:active", Kind.ADHESION, adhesion.starts_on, active)
    checked_on = timezone.localdate(adhesion.checked_at)
    yield CharterFact(f"{key}:documents", Kind.DOCUMENTS, checked_on, {"complete": True})
    since, until = adhesion.suspended_on, adhesion.suspended_until
    if since is not None and until is not None and since < until:
        suspended = {"state": "suspended", "ends_on": None}
        yield CharterFact(f"{key}:suspended", Kind.ADHESION, since, suspended)
        if until < over_on:
            yield CharterFact(f"{key}:again", Kind.ADHESION, until, active)
    is_renewed = adhesion.ended_by == AdhesionEventKind.RENEWED
    # Of the facts of one day the worst stands: an end would undo an adhesion of the same day.
    if adhesion.ended_on is not None and not is_renewed and adhesion.ended_on != next_start:
        ended = {"state": str(AdhesionStatus(adhesion.status)), "ends_on": None}
        yield CharterFact(f"{key}:ended", Kind.ADHESION, adhesion.ended_on, ended)


def _of_piece(piece: Evidence, *, lost_on: date | None) -> Iterator[CharterFact]:
    """Yield what an accepted document grants: the commitments it attests, or an insurance."""
    assert piece.decided_at is not None
    on, until = timezone.localdate(piece.decided_at), piece.valid_until
    key = f"charter:{piece.adhesion_id}:piece:{piece.pk}"
    ends = [day for day in (lost_on, until and until + _ONE_DAY) if day is not None]
    for clause in piece.clauses:
        attested = {"number": _NUMBERS[clause], "level": "attested"}
        yield CharterFact(
            f"{key}:{clause}", Kind.COMMITMENT, on, attested, lost_on=min(ends, default=None)
        )
    if piece.kind in _COVERS and until is not None and on <= until:
        insured = {"cover": _COVERS[piece.kind], "ends_on": until.isoformat()}
        yield CharterFact(key, Kind.INSURANCE, on, insured, lost_on=lost_on)


class _Ledger:
    """What the charter wrote in one provider's ledger, which stays locked."""

    def __init__(self, provider_id: int, *, now: datetime) -> None:
        self.provider_id, self.now = provider_id, now
        file = trust.open_file(provider_id, now=now)
        rows = list(file.events.filter(key__startswith="charter:").order_by("pk"))
        undone = voids_in_force(trust.voids_of(file))
        self.undone = {target: event.payload["reason"] for target, event in undone.items()}
        self.written: defaultdict[str, list[TrustEvent]] = defaultdict(list)
        for row in rows:
            self.written[row.key.partition(_AGAIN)[0]].append(row)

    def follow(self, facts: list[CharterFact]) -> None:
        """Record what is not there; void what nothing says any more."""
        said: set[int] = set()
        for fact in facts:
            event = self._say(fact.key, fact.kind, fact.on, fact.payload)
            said.add(event.pk)
            if fact.lost_on is not None and event.pk not in self.undone:
                lost = {"event": event.pk, "reason": REASON}
                said.add(self._say(f"{fact.key}:lost", Kind.ENDED, fact.lost_on, lost).pk)
        own = {fact.key for fact in facts if fact.kind == Kind.ADHESION}
        for event in (row for rows in self.written.values() for row in rows):
            if event.pk in said or event.pk in self.undone or self._is_history(event, own):
                continue
            trust.void(event, reason=REASON, source=TrustSource.CHARTER, now=self.now)

    def _is_history(self, event: TrustEvent, own: set[str]) -> bool:
        """Tell whether it is a past state of an own adhesion, which the row has forgotten.

        A row keeps its last suspension only.
        """
        adhesion, _colon, _what = event.key.rpartition(":")
        if event.kind != Kind.ADHESION or f"{adhesion}:active" not in own:
            return False
        today = timezone.localdate(self.now)
        is_resumed = event.effective_on == today and event.payload["state"] == "active"
        return event.effective_on < today or is_resumed

    def _say(self, key: str, kind: Kind, on: date, payload: dict[str, Any]) -> TrustEvent:
        """Return the fact of the ledger that says this, recorded when none does.

        One that a person voided is left so; one that was voided here is said again, anew.
        """
        rows = self.written[key]
        for row in rows:
            is_same = (row.kind, row.effective_on, row.payload) == (str(kind), on, payload)
            if is_same and self.undone.get(row.pk) != REASON:
                return row
        event = trust.record(
            provider_id=self.provider_id,
            kind=kind,
            effective_on=on,
            payload=payload,
            source=TrustSource.CHARTER,
            key=f"{key}{_AGAIN}{len(rows)}" if rows else key,
            now=self.now,
        )
        rows.append(event)
        return event
