"""What complaints say in the ledgers of trust of their company’s cards: inner steps.

A complaint is against the company: each of its cards that is, or was, public has the fact. An
appeal that reverses voids facts; nothing is changed. Nobody is named: a fact tells the number of
the complaint and its outcome (I15).
"""

from datetime import date, datetime
from typing import Any

from django.utils import timezone

from directory.enums import TrustSource
from directory.models import (
    Adhesion,
    CommitteeCase,
    Complaint,
    ComplaintFact,
    Provider,
    TrustEvent,
)
from directory.search.index import index_all
from directory.services import trust
from directory.trust.events import Kind
from emn.lib.page_cache import touch


def hold(siren: str) -> list[int]:
    """Lock the company’s adhesion, then its cards that are or were public; return these.

    The services of the charter take them in that order, before the ledgers: so does whoever will
    write in several of them.
    """
    standing = Adhesion.objects.standing().filter(siren=siren)
    list(standing.select_for_update(of=("self",)).order_by("pk"))
    return _cards(siren)


def _cards(siren: str) -> list[int]:
    cards = Provider.objects.filter(company__siret__startswith=siren, published_at__isnull=False)
    held = cards.select_for_update(of=("self",)).order_by("pk")
    return list(held.values_list("pk", flat=True))


def follow_card(card: Provider, *, now: datetime) -> None:
    """Say in the ledger of a card that was just published what the others of its company say."""
    rows = ComplaintFact.objects.filter(complaint__siren=card.company.siren)
    facts = list(rows.select_related("event", "complaint").order_by("pk"))
    if not facts:
        return
    voids = TrustEvent.objects.filter(
        kind=Kind.VOID, payload__event__in=[fact.event_id for fact in facts]
    )
    undone = set(voids.values_list("payload__event", flat=True))
    for fact in facts:
        if fact.event_id not in undone:
            _record(fact.complaint, fact.event, card.pk, case_id=fact.case_id, now=now)


def say_outcome(complaint: Complaint, *, case: CommitteeCase | None = None, now: datetime) -> None:
    """Record the outcome of an admitted complaint, in the caller’s transaction."""
    payload = {
        "complaint": complaint.reference,
        "severity": complaint.severity,
        "outcome": complaint.outcome,
    }
    on = timezone.localdate(now)
    key = f"{complaint.outcome}:{case.pk}" if case is not None else complaint.outcome
    _say(complaint, Kind.COMPLAINT, on, payload, key=key, case=case, now=now)


def say_warning(complaint: Complaint, case: CommitteeCase, *, now: datetime) -> None:
    """Record a public warning of the committee."""
    on = timezone.localdate(now)
    payload = {"case": case.reference}
    _say(complaint, Kind.WARNING, on, payload, key=f"warning:{case.pk}", case=case, now=now)


def void_facts(case: CommitteeCase, *, now: datetime) -> None:
    """Undo, also for the past, what a decision that was reversed had recorded."""
    facts = case.facts.select_related("event__file").order_by("event__file", "pk")
    for fact in facts:
        if fact.event.file.provider_id is not None:
            void_event(fact.event, case, now=now)


def void_suspension(case: CommitteeCase, *, now: datetime) -> None:
    """Undo what the charter said in the ledgers of a suspension that was reversed."""
    if case.adhesion_id is None or case.decided_at is None:
        return
    key = f"charter:{case.adhesion_id}:suspended"
    events = TrustEvent.objects.filter(
        key__startswith=key,
        effective_on=timezone.localdate(case.decided_at),
        file__provider__isnull=False,
    )
    for event in events.select_related("file").order_by("file", "pk"):
        void_event(event, case, now=now)


def void_event(event: TrustEvent, case: CommitteeCase, *, now: datetime) -> None:
    """Undo one fact, for the reason of the case."""
    trust.void(event, reason=f"appel:{case.reference}", source=TrustSource.COMPLAINTS, now=now)


def show_again(siren: str) -> None:
    """Have the company’s public cards rendered anew: a warning has come or gone."""
    cards = Provider.objects.published().filter(company__siret__startswith=siren)
    rows = cards.with_place().with_content().order_by("pk").select_for_update(of=("self",))
    index_all(list(rows))
    touch()


def _say(
    complaint: Complaint,
    kind: Kind,
    on: date,
    payload: dict[str, Any],
    *,
    key: str,
    case: CommitteeCase | None,
    now: datetime,
) -> None:
    event = TrustEvent(
        kind=kind,
        effective_on=on,
        payload=payload,
        key=f"complaint:{complaint.pk}:{key}",
    )
    for provider_id in _cards(complaint.siren):
        _record(complaint, event, provider_id, case_id=None if case is None else case.pk, now=now)


def _record(
    complaint: Complaint,
    like: TrustEvent,
    provider_id: int,
    *,
    case_id: int | None,
    now: datetime,
) -> None:
    """Record a fact like that one in a provider’s ledger; twice is once."""
    event = trust.record(
        provider_id=provider_id,
        kind=Kind(like.kind),
        effective_on=like.effective_on,
        payload=like.payload,
        source=TrustSource.COMPLAINTS,
        key=like.key,
        now=now,
    )
    ComplaintFact.objects.get_or_create(
        event=event, defaults={"complaint": complaint, "case_id": case_id}
    )
