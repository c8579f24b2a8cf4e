"""What a decision of staff asks of the ledger, done by the worker, a batch at a time.

Each batch is a transaction of its own that leaves the counters right: a worker that dies loses the
one it was at, and the sweep of each minute goes on from there.
"""

import logging
import time
from collections import Counter
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from emn.lib.commit import after_commit
from emn.mailings import tasks
from emn.mailings.enums import CampaignStatus, DeliveryState, Doubts, Skip
from emn.mailings.models import Campaign, Delivery
from emn.mailings.services import progress
from emn.mailings.services.delivery import ring

logger = logging.getLogger(__name__)

BATCH = 5_000  # rows: a tenth of a second or so
RUN_LASTS = 20  # seconds, then the next task goes on


def close_cancelled(*, campaign_id: int) -> None:
    """Set aside whom a cancelled envoi still waited for."""
    if not Campaign.objects.filter(pk=campaign_id, status=CampaignStatus.CANCELLED).exists():
        return
    ends, last = time.monotonic() + RUN_LASTS, None
    while time.monotonic() < ends:
        last = _close_batch(campaign_id, after=last, now=timezone.now())
        if last is None:
            return
    tasks.close_cancelled.delay(campaign_id=campaign_id)


@transaction.atomic(durable=True)
def _close_batch(
    campaign_id: int, *, after: tuple[datetime, int] | None, now: datetime
) -> tuple[datetime, int] | None:
    """Set some people aside; return where to go on, None once nobody waits.

    What a run holds is let be: it is being sent, or comes back for the sweep.
    """
    waiting = Delivery.objects.filter(campaign=campaign_id, state=DeliveryState.WAITING)
    rows = list(
        waiting.after(after)
        .order_by("next_attempt_at", "pk")
        .select_for_update(skip_locked=True)
        .values_list("pk", "language", "next_attempt_at")[:BATCH]
    )
    if not rows:
        return None
    Delivery.objects.filter(pk__in=[pk for pk, _language, _at in rows]).update(
        state=DeliveryState.SKIPPED, skip_reason=Skip.CANCELLED, settled_at=now
    )
    outcomes = Counter((language, str(Skip.CANCELLED)) for _pk, language, _at in rows)
    progress.note(campaign_id, outcomes, now=now)
    return rows[-1][2], rows[-1][0]


def reopen_doubts(*, campaign_id: int) -> None:
    """Let the uncertain messages of an envoi wait again, as staff decided, then let it go on."""
    ends = time.monotonic() + RUN_LASTS
    while time.monotonic() < ends:
        if not _reopen_batch(campaign_id, now=timezone.now()):
            return
    tasks.reopen_doubts.delay(campaign_id=campaign_id)


@transaction.atomic(durable=True)
def _reopen_batch(campaign_id: int, *, now: datetime) -> bool:
    """Reopen some rows; tell whether some are left.

    The envoi stays « sent », so that no row leaves, and no new doubt arises, before all are open.
    """
    campaign = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign_id)
    if campaign.doubts != Doubts.AGAIN:
        return False
    doubts = campaign.deliveries.in_doubt().order_by("pk")
    rows = list(doubts.values_list("pk", "language")[:BATCH])
    Delivery.objects.filter(pk__in=[pk for pk, _language in rows]).update(
        state=DeliveryState.WAITING,
        claim=None,
        claimed_at=None,
        settled_at=None,
        attempts=0,
        code="",
        next_attempt_at=now,
    )
    counted = Counter((language, str(DeliveryState.UNKNOWN)) for _pk, language in rows)
    progress.note(campaign_id, {key: -people for key, people in counted.items()}, now=now)
    if len(rows) == BATCH:
        return True
    campaign.status, campaign.doubts, campaign.finished_at = (
        CampaignStatus.SENDING,
        Doubts.OPEN,
        None,
    )
    campaign.save(update_fields=["status", "doubts", "finished_at"])
    logger.info("doubts of campaign %s wait again", campaign_id)
    after_commit(lambda: ring(campaign_id))
    return False


def ring_again() -> None:
    """Call again for what a dead worker or a dead broker left half done."""
    for campaign_id in list(Campaign.objects.to_close().values_list("pk", flat=True)):
        tasks.close_cancelled.delay(campaign_id=campaign_id)
    for campaign_id in list(
        Campaign.objects.filter(doubts=Doubts.AGAIN).values_list("pk", flat=True)
    ):
        tasks.reopen_doubts.delay(campaign_id=campaign_id)
