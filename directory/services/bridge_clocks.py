"""The clock of the solidarity bridge: one reminder before an ad ends, then its end.

Each act stamps the ad in the transaction of the message it sends: a tick that is killed leaves the
rest due, and two ticks at once do nothing twice.
"""

from datetime import datetime

from django.db import transaction

from directory.bridge.rules import REMIND_BEFORE
from directory.enums import AdEnding, AdStatus
from directory.models import SolidarityAd
from directory.services.bridge import end, tell_author
from emn.lib.clocks import each

AT_ONCE = 500


def tick(*, now: datetime) -> int:
    """Do all that is due; return how many acts."""
    return each(_to_remind(now), remind, now=now) + each(_over(now), expire, now=now)


def _to_remind(now: datetime) -> list[int]:
    rows = SolidarityAd.objects.published().filter(
        reminded_at=None, expires_at__gt=now, expires_at__lte=now + REMIND_BEFORE
    )
    return list(rows.order_by("expires_at", "pk").values_list("pk", flat=True)[:AT_ONCE])


def _over(now: datetime) -> list[int]:
    rows = SolidarityAd.objects.published().filter(expires_at__lte=now)
    return list(rows.order_by("expires_at", "pk").values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic(durable=True)
def remind(ad_id: int, now: datetime) -> bool:
    """Ask the author, once a period, whether the ad still holds."""
    ad = _held(ad_id)
    if ad is None or ad.reminded_at or ad.expires_at is None:
        return False
    if not now < ad.expires_at <= now + REMIND_BEFORE:  # renewed meanwhile
        return False
    ad.reminded_at = now
    ad.save(update_fields=["reminded_at"])
    tell_author(ad, "reminder", now=now, stamp=ad.expires_at.isoformat())
    return True


@transaction.atomic(durable=True)
def expire(ad_id: int, now: datetime) -> bool:
    """End an ad that nobody has renewed."""
    ad = _held(ad_id)
    if ad is None or ad.expires_at is None or ad.expires_at > now:
        return False
    end(ad, AdEnding.EXPIRED, now=now)
    tell_author(ad, "expired", now=now)
    return True


def _held(ad_id: int) -> SolidarityAd | None:
    """Return the published ad, locked; None when another worker has it, or it has ended."""
    rows = SolidarityAd.objects.select_for_update(of=("self",), skip_locked=True)
    rows = rows.select_related("commune__epci")
    return rows.filter(pk=ad_id, status=AdStatus.PUBLISHED, forgotten_at=None).first()
