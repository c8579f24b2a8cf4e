"""The ledger of trust: facts are added, never rewritten; each is computed as soon as committed.

Other parts of the directory (charter, reviews, complaints, requests) call `record` inside their own
transaction, with the fact that they write.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils.translation import gettext as _

from directory.enums import TrustSource
from directory.models import Provider, TrustEvent, TrustFile
from directory.tasks import compute_trust
from directory.trust.events import Event, Kind, PayloadInvalid, check, voids_in_force
from emn.lib.commit import after_commit
from emn.lib.errors import DomainError


class TrustRefused(DomainError):
    """The fact cannot be recorded so."""


def open_file(provider_id: int, *, now: datetime) -> TrustFile:
    """Return the provider's file, locked, opened when it has none; an inner step."""
    TrustFile.objects.bulk_create(
        [TrustFile(provider_id=provider_id, opened_at=now)], ignore_conflicts=True
    )
    return TrustFile.objects.select_for_update(of=("self",)).get(provider=provider_id)


def record(
    *,
    provider_id: int,
    kind: Kind,
    effective_on: date,
    payload: Mapping[str, Any],
    source: TrustSource,
    key: str,
    now: datetime,
) -> TrustEvent:
    """Add a fact, in the caller's transaction; it is computed once that is committed.

    `key` names the fact among the provider's («complaint:12:upheld»): the same fact recorded twice
    is one, and is returned. Raises TransactionManagementError outside a transaction, TrustRefused
    (an impossible fact, a key already used for another, a fact of somebody else's).
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("a fact is recorded with what it tells of")
    try:
        check(kind, effective_on, payload)
    except PayloadInvalid as refusal:
        raise TrustRefused(str(refusal)) from refusal
    file = open_file(provider_id, now=now)
    if known := file.events.filter(key=key).first():
        said = (known.kind, known.effective_on, known.payload)
        if said != (str(kind), effective_on, dict(payload)):
            raise TrustRefused(_("Un autre fait porte déjà cette clé : %(key)s.") % {"key": key})
        return known
    target = payload.get("event")
    if target is not None and not file.events.filter(pk=target).exists():
        raise TrustRefused(_("Ce fait n’est pas de ce dossier."))
    event = TrustEvent.objects.create(
        file=file,
        kind=kind,
        effective_on=effective_on,
        payload=dict(payload),
        source=source,
        key=key,
        recorded_at=now,
    )
    TrustFile.objects.filter(pk=file.pk).update(last_event_id=event.pk)
    ring(file.pk)
    return event


def voids_of(file: TrustFile) -> list[Event]:
    """Return every void of a ledger; `voids_in_force` tells which facts they undo."""
    rows = file.events.filter(kind=Kind.VOID).order_by("pk")
    return [Event(row.pk, row.kind, row.effective_on, row.payload) for row in rows]


def ring(file_id: int) -> None:
    """Have the file computed once this is committed; a sweep makes up for a lost bell."""
    after_commit(lambda: compute_trust.delay(file_id=file_id))


@transaction.atomic(durable=True)
def record_fact(
    *,
    provider_id: int,
    kind: Kind,
    effective_on: date,
    payload: Mapping[str, Any],
    source: TrustSource,
    key: str,
    now: datetime,
) -> TrustEvent:
    """Record one fact on its own (see `record`). Raises Provider.DoesNotExist, TrustRefused."""
    Provider.objects.only("pk").get(pk=provider_id)
    return record(
        provider_id=provider_id,
        kind=kind,
        effective_on=effective_on,
        payload=payload,
        source=source,
        key=key,
        now=now,
    )


@transaction.atomic(durable=True)
def void_event(*, event_id: int, reason: str, now: datetime) -> TrustEvent:
    """Undo a fact that was recorded by error, as if it had never been: another fact says so.

    Raises TrustEvent.DoesNotExist, TrustRefused (the card is gone).
    """
    event = TrustEvent.objects.select_related("file").get(pk=event_id)
    return void(event, reason=reason, now=now)


def void(
    event: TrustEvent,
    *,
    reason: str,
    source: TrustSource = TrustSource.CENTRE,
    now: datetime,
) -> TrustEvent:
    """Undo a fact, in the caller's transaction (see `void_event`). `reason`: a short reference.

    One that was undone, given back (its void undone) and is undone again has a void of its own.
    """
    if event.file.provider_id is None:
        raise TrustRefused(_("La fiche de ce dossier n’existe plus."))
    file = open_file(event.file.provider_id, now=now)
    voids = voids_of(file)
    of_event = sum(row.payload["event"] == event.pk for row in voids)
    given_back = of_event - (event.pk in voids_in_force(voids))
    return record(
        provider_id=event.file.provider_id,
        kind=Kind.VOID,
        effective_on=event.effective_on,
        payload={"event": event.pk, "reason": reason},
        source=source,
        key=f"void:{event.pk}" + (f"~{given_back}" if given_back else ""),
        now=now,
    )
