"""What follows from a message that came back: counted once, and believed only when it is ours.

A return is believed when it carries a token that the portal signed (return path or Message-ID of a
letter, R3.05), or the Message-ID of a service message together with its recipient, or when a
sending provider reports it, whose secret was checked. Any other is kept and has no effect: nobody
blocks somebody else's mailbox. Nothing here answers a message, so that no loop can start.
"""

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from emn.lib.db import advisory_lock
from emn.lib.errors import DomainError
from emn.mailings import links, tokens
from emn.mailings.addresses import mailbox_hash
from emn.mailings.enums import (
    ActMethod,
    DeliveryState,
    IncidentKind,
    IncidentSource,
    SuppressionReason,
)
from emn.mailings.models import (
    Campaign,
    Delivery,
    MailIncident,
    OutboundEmail,
    Subscriber,
    Suppression,
)
from emn.mailings.returns import LARGEST, Kind, Return, kind_of_code, read
from emn.mailings.services import consent

logger = logging.getLogger(__name__)

FAILED_CAMPAIGNS, FAILED_FOR = 3, timedelta(days=15)  # R3.07
_FAILURES = (IncidentKind.HARD, IncidentKind.SOFT, IncidentKind.POLICY)
_NEEDS_OWNER = (IncidentKind.COMPLAINT, IncidentKind.UNSUBSCRIBE)
_ABOUT_SOMEBODY = (IncidentKind.HARD, *_NEEDS_OWNER)  # without a mailbox, nothing would follow
_ONLY_ON_REQUEST = (SuppressionReason.COMPLAINT, SuppressionReason.OBJECTION)


class ReturnRefused(DomainError):
    """The return cannot be filed so, or the mailbox cannot be blocked or freed so."""


# --- What came back ---


def record_return(*, raw: bytes, source: IncidentSource, now: datetime) -> MailIncident:
    """Read one message that came back and draw its consequences; the same message counts once."""
    fingerprint = _fingerprint(raw)
    known = MailIncident.objects.filter(fingerprint=fingerprint).first()
    return known or record_found(
        fingerprint=fingerprint, found=read(raw), raw=raw[:LARGEST], source=source, now=now
    )


def keep_for_a_person(*, raw: bytes, source: IncidentSource, now: datetime) -> MailIncident:
    """Keep one message without reading it: what it is made of defeats the reader."""
    found = Return(kind=Kind.UNREADABLE, rule="unreadable:refused")
    return record_found(
        fingerprint=_fingerprint(raw), found=found, raw=raw[:LARGEST], source=source, now=now
    )


def _fingerprint(raw: bytes) -> str:
    """Name a message by what is read of it, whichever way its lines end: IMAP and files differ."""
    return hashlib.sha256(raw[:LARGEST].replace(b"\r\n", b"\n")).hexdigest()


@transaction.atomic(durable=True)
def record_found(
    *, fingerprint: str, found: Return, raw: bytes, source: IncidentSource, now: datetime
) -> MailIncident:
    """Record what was read and draw its consequences; the same `fingerprint` counts once.

    `raw` is kept only for a person to read. The provider's webhook, whose secret was checked, is
    believed on the recipient that it names.
    """
    owner = _owner(found)
    if not owner.box and source == IncidentSource.WEBHOOK and any(found.recipients):
        owner = _Owner(mailbox_hash(found.recipients[0]))
    kind = IncidentKind(found.kind)
    if kind in _NEEDS_OWNER and not owner.box:
        kind = IncidentKind.UNREADABLE  # a person may know who it is
    incident, is_new = MailIncident.objects.get_or_create(
        fingerprint=fingerprint,
        defaults={
            "kind": kind,
            "source": source,
            "mailbox_hash": owner.box,
            "campaign_id": owner.campaign_id,
            "status_code": found.status_code,
            "rule": found.rule,
            "diagnostic": found.diagnostic if kind == IncidentKind.POLICY and owner.box else "",
            "raw": raw if kind == IncidentKind.UNREADABLE else None,
            "received_at": now,
        },
    )
    if is_new:
        _apply(incident, list_id=owner.list_id, now=now)
    return incident


def record_smtp_refusal(*, delivery: Delivery, enhanced_code: str, now: datetime) -> None:
    """Note that a server refused a letter while it was given to it, in the caller's transaction.

    `enhanced_code`: «5.1.1», or empty when the server gave none: it is then counted as a failure.
    """
    kind = kind_of_code(enhanced_code)
    incident, is_new = MailIncident.objects.get_or_create(
        fingerprint=hashlib.sha256(f"smtp:{delivery.pk}".encode()).hexdigest(),
        defaults={
            "kind": IncidentKind(kind) if kind else IncidentKind.SOFT,
            "source": IncidentSource.SMTP,
            "mailbox_hash": delivery.mailbox_hash,
            "campaign_id": delivery.campaign_id,
            "status_code": enhanced_code,
            "rule": f"code:{enhanced_code}" if kind else "smtp:no-code",
            "received_at": now,
        },
    )
    if is_new:
        _apply(incident, now=now)


def return_rates(campaign: Campaign) -> tuple[int, int, int]:
    """Return (mailboxes that do not exist, that complained, messages given), for R3.10."""
    about = campaign.incidents.exclude(mailbox_hash="")
    hard, complaints = (
        about.filter(kind=kind).values("mailbox_hash").distinct().count()
        for kind in (IncidentKind.HARD, IncidentKind.COMPLAINT)
    )
    return hard, complaints, campaign.sent + campaign.refused


@dataclass(frozen=True)
class _Owner:
    """Whose mailbox a return is about, of which envoi; `list_id`: what it asks to leave."""

    box: str = ""
    campaign_id: int | None = None
    list_id: int = links.EVERY_LIST


def _owner(found: Return) -> _Owner:
    if leaving := tokens.read(tokens.LIST, found.list_token):
        subscriber_id, list_id = leaving
        subscriber = Subscriber.objects.filter(pk=subscriber_id).first()
        return _Owner(subscriber.mailbox_hash, list_id=list_id) if subscriber else _Owner()
    if numbers := tokens.read(tokens.RETURN, found.token):
        delivery = Delivery.objects.select_related("campaign").filter(pk=numbers[0]).first()
        if delivery:
            return _Owner(delivery.mailbox_hash, delivery.campaign_id, delivery.campaign.list_id)
    if found.message_id and found.recipients:
        claimed = [mailbox_hash(address) for address in found.recipients]
        email = OutboundEmail.objects.filter(message_id=found.message_id, mailbox_hash__in=claimed)
        if box := email.values_list("mailbox_hash", flat=True).first():
            return _Owner(box)
    return _Owner()


# --- What follows ---


def _apply(incident: MailIncident, *, list_id: int = links.EVERY_LIST, now: datetime) -> None:
    """Draw the consequences of R3.07 and R3.08; service messages go on in every case (R3.09)."""
    box = incident.mailbox_hash
    if not box:
        return
    advisory_lock(f"mailings.consent:{box}")
    if incident.kind == IncidentKind.HARD:
        _block(box, SuppressionReason.HARD, code=incident.status_code, now=now)
    elif incident.kind == IncidentKind.COMPLAINT:
        consent.leave(box=box, method=ActMethod.COMPLAINT, now=now)
        _block(box, SuppressionReason.COMPLAINT, now=now)
    elif incident.kind == IncidentKind.UNSUBSCRIBE:
        consent.leave(box=box, list_id=list_id, method=ActMethod.MAIL, now=now)
    elif incident.kind == IncidentKind.SOFT and _failed_for_long(box):
        _block(box, SuppressionReason.SOFT, code=incident.status_code, now=now)


def _failed_for_long(box: str) -> bool:
    """Tell whether three envois failed over 15 days, none of the others arriving between (R3.07).

    Days are those of the sending. What failed before staff freed the mailbox is forgotten.
    """
    about = MailIncident.objects.filter(mailbox_hash=box, campaign__isnull=False)
    sent = Delivery.objects.filter(mailbox_hash=box, settled_at__isnull=False)
    soft = about.filter(kind=IncidentKind.SOFT).values("campaign")
    failed = sent.filter(campaign__in=soft).values_list("settled_at", flat=True)
    days = sorted(day for day in failed if day)
    if len(days) < FAILED_CAMPAIGNS:
        return False
    arrived = sent.filter(state=DeliveryState.SENT, settled_at__lt=days[-1]).exclude(
        campaign__in=about.filter(kind__in=_FAILURES).values("campaign")
    )
    freed = Suppression.objects.filter(mailbox_hash=box)
    since = [
        arrived.aggregate(last=Max("settled_at"))["last"],
        freed.aggregate(last=Max("lifted_at"))["last"],
    ]
    counted = [day for day in days if all(start is None or day > start for start in since)]
    return len(counted) >= FAILED_CAMPAIGNS and counted[-1] - counted[0] >= FAILED_FOR


def _block(box: str, reason: SuppressionReason, *, code: str = "", now: datetime) -> None:
    """Block a mailbox; a person's own wish replaces what servers said, never the reverse."""
    known = Suppression.objects.active().filter(mailbox_hash=box).first()
    if known is None:
        Suppression.objects.create(
            mailbox_hash=box, reason=reason, status_code=code, created_at=now
        )
    elif reason == SuppressionReason.COMPLAINT and known.reason != SuppressionReason.OBJECTION:
        known.reason, known.status_code = reason, ""
        known.save(update_fields=["reason", "status_code"])


# --- What a person decides ---


@transaction.atomic(durable=True)
def file_return(*, incident_id: int, kind: IncidentKind, by_id: int, now: datetime) -> MailIncident:
    """File what only a person could read: it has the same effects, and its text is erased.

    Raises MailIncident.DoesNotExist or ReturnRefused (already filed, not a kind to file under, a
    kind that stops letters while nobody knows whose).
    """
    incident = _to_read(incident_id)
    if kind == IncidentKind.UNREADABLE:
        raise ReturnRefused(_("Choisissez ce que dit ce message."))
    if kind in _ABOUT_SOMEBODY and not incident.mailbox_hash:
        raise ReturnRefused(
            _(
                "Le portail ne sait pas de qui parle ce message : ouvrez-le, et bloquez l’adresse "
                "qu’il désigne."
            )
        )
    incident.kind, incident.handled_at, incident.raw = kind, now, None
    incident.save(update_fields=["kind", "handled_at", "raw"])
    campaign = incident.campaign
    _apply(incident, list_id=campaign.list_id if campaign else links.EVERY_LIST, now=now)
    logger.info("return %s filed as %s by user %s", incident_id, kind, by_id)
    return incident


@transaction.atomic(durable=True)
def ignore_return(*, incident_id: int, by_id: int, now: datetime) -> MailIncident:
    """Close a return that asks for nothing; its text is erased. Raises as `file_return`."""
    incident = _to_read(incident_id)
    _close(incident, now=now)
    logger.info("return %s ignored by user %s", incident_id, by_id)
    return incident


@transaction.atomic(durable=True)
def block_from_return(*, incident_id: int, address: str, by_id: int, now: datetime) -> MailIncident:
    """Block the mailbox that a return is about, and close it.

    `address` is what the agent read in it; of no use when the portal knows whose it is. A mailbox
    that is blocked already stays so. Raises as `file_return`, or when nobody is named.
    """
    incident = _to_read(incident_id)
    box = incident.mailbox_hash or (mailbox_hash(address) if address else "")
    if not box:
        raise ReturnRefused(
            _("Écrivez l’adresse à bloquer en entier, telle que le message la donne.")
        )
    advisory_lock(f"mailings.consent:{box}")
    _block(box, SuppressionReason.STAFF, now=now)
    incident.mailbox_hash = box
    _close(incident, now=now)
    logger.info("mailbox of return %s blocked by user %s", incident_id, by_id)
    return incident


def _to_read(incident_id: int) -> MailIncident:
    rows = MailIncident.objects.select_for_update(of=("self",)).select_related("campaign")
    incident = rows.get(pk=incident_id)
    if incident.kind != IncidentKind.UNREADABLE or incident.handled_at:
        raise ReturnRefused(_("Ce retour est déjà classé."))
    return incident


def _close(incident: MailIncident, *, now: datetime) -> None:
    incident.handled_at, incident.raw = now, None
    incident.save(update_fields=["mailbox_hash", "handled_at", "raw"])


@transaction.atomic(durable=True)
def settle_refusals(
    *, campaign_id: int | None, status_code: str, domain: str, by_id: int, now: datetime
) -> int:
    """Close the refusals of one cause, once the centre dealt with it; return how many they were."""
    refusals = MailIncident.objects.refusals().filter(
        campaign=campaign_id, status_code=status_code, domain=domain
    )
    settled = MailIncident.objects.filter(pk__in=refusals.values("pk")).update(handled_at=now)
    logger.info("%s refusals %s settled by user %s", settled, status_code, by_id)
    return settled


@transaction.atomic(durable=True)
def block_mailbox(*, address: str, by_id: int, now: datetime) -> Suppression:
    """Stop every list from writing to an address. Raises ReturnRefused when it is so already."""
    box = mailbox_hash(address)
    advisory_lock(f"mailings.consent:{box}")
    if Suppression.objects.active().filter(mailbox_hash=box).exists():
        raise ReturnRefused(_("Cette adresse est déjà bloquée."))
    _block(box, SuppressionReason.STAFF, now=now)
    blocked = Suppression.objects.active().get(mailbox_hash=box)
    logger.info("suppression %s made by user %s", blocked.pk, by_id)
    return blocked


@transaction.atomic(durable=True)
def free_mailbox(*, suppression_id: int, by_id: int, now: datetime) -> Suppression:
    """Let lists write again to whom they may. Raises Suppression.DoesNotExist or ReturnRefused.

    What the person itself wanted is only undone when the person asks.
    """
    blocked = Suppression.objects.select_for_update().get(pk=suppression_id)
    if blocked.lifted_at:
        raise ReturnRefused(_("Cette adresse n’est plus bloquée."))
    if blocked.reason in _ONLY_ON_REQUEST and not blocked.review_asked_at:
        raise ReturnRefused(
            _("Cette personne ne veut plus de message : elle seule peut demander le contraire.")
        )
    blocked.lifted_at = now
    blocked.save(update_fields=["lifted_at"])
    logger.info("suppression %s lifted by user %s", suppression_id, by_id)
    return blocked
