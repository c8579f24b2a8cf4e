"""What the centre decides on the ads of the solidarity bridge."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from directory.bridge.rules import LIVES_FOR
from directory.enums import AdKind, AdStatus
from directory.models import SolidarityAd
from directory.services.bridge import BridgeRefused, locked, tell_author, tell_those_who_wait
from emn.lib.page_cache import touch

CORRECTED = ("kind", "title", "text", "quantity", "commune", "organisation")


@transaction.atomic(durable=True)
def publish_ad(*, ad_id: int, by_id: int, now: datetime) -> SolidarityAd:
    """Put the ad online and tell its author. Raises BridgeRefused (decided or taken away)."""
    ad = _waiting(ad_id)
    ad.status, ad.decided_at, ad.decided_by_id = AdStatus.PUBLISHED, now, by_id
    ad.published_at, ad.expires_at = now, now + LIVES_FOR
    ad.save()
    tell_author(ad, "published", now=now)
    touch()
    return ad


@transaction.atomic(durable=True)
def refuse_ad(*, ad_id: int, reason: str, by_id: int, now: datetime) -> SolidarityAd:
    """Refuse the ad; its author reads why. Raises BridgeRefused (decided or taken away)."""
    ad = _waiting(ad_id)
    _refuse(ad, reason=reason, by_id=by_id, now=now)
    return ad


@transaction.atomic(durable=True)
def take_down(*, ad_id: int, reason: str, by_id: int, now: datetime) -> SolidarityAd:
    """Take an ad offline: its author reads why, who waits hears. Raises BridgeRefused (offline)."""
    ad = locked(ad_id)
    if not ad.is_published:
        raise BridgeRefused(_("Cette annonce n’est pas en ligne."))
    _refuse(ad, reason=reason, by_id=by_id, now=now)
    tell_those_who_wait(ad, now=now)
    touch()
    return ad


@transaction.atomic(durable=True)
def correct_ad(*, ad_id: int, values: dict[str, Any], now: datetime) -> SolidarityAd:
    """Set right what the public reads; the author is told what it says now.

    Raises BridgeRefused (ended, nothing changes, machines without a word on their disks).
    """
    ad = locked(ad_id)
    if not ad.is_alive:
        raise BridgeRefused(_("Cette annonce est terminée."))
    changed = [name for name in CORRECTED if getattr(ad, name) != values[name]]
    if not changed:
        raise BridgeRefused(_("Rien n’est changé."))
    if ad.is_offer and values["kind"] == AdKind.EQUIPMENT and not ad.erases_disks:
        raise BridgeRefused(
            _("L’auteur n’a pas dit qu’il efface les disques : il doit écrire une autre annonce.")
        )
    for name in changed:
        setattr(ad, name, values[name])
    ad.save(update_fields=changed)
    tell_author(ad, "corrected", now=now, stamp=now.isoformat())
    if ad.is_published:
        touch()
    return ad


def _refuse(ad: SolidarityAd, *, reason: str, by_id: int, now: datetime) -> None:
    ad.status, ad.refusal = AdStatus.REFUSED, reason
    ad.decided_at, ad.decided_by_id, ad.ended_at = now, by_id, now
    ad.save()
    tell_author(ad, "refused", now=now)


def _waiting(ad_id: int) -> SolidarityAd:
    ad = locked(ad_id)
    if ad.status != AdStatus.WAITING:
        raise BridgeRefused(_("Cette annonce est déjà décidée, ou retirée par son auteur."))
    return ad
