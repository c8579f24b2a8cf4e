"""Counting who would receive an envoi: seconds for a million people, hence the worker's."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from emn.lib.commit import after_commit
from emn.mailings import segments, tasks
from emn.mailings.models import AudienceCount, Campaign

GRACE = timedelta(minutes=1)  # what a count gets before the sweep rings again


def ask(campaign: Campaign, *, now: datetime) -> None:
    """Have the readers counted anew, in the transaction that changes who they are."""
    AudienceCount.objects.update_or_create(campaign=campaign, defaults={"asked_at": now})
    after_commit(lambda: tasks.count_audience.delay(campaign_id=campaign.pk))


@transaction.atomic(durable=True)
def ask_again(*, campaign_id: int, now: datetime) -> None:
    """Have the readers counted as they are now; what is being counted already is awaited.

    Raises Campaign.DoesNotExist.
    """
    campaign = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign_id)
    known = AudienceCount.objects.filter(campaign=campaign).first()
    if known is None or not known.is_running or known.asked_at < now - GRACE:
        ask(campaign, now=now)


def count(*, campaign_id: int, now: datetime) -> None:
    """Count, if it is still awaited, and write the figures; those asked for since are not these."""
    wanted = AudienceCount.objects.select_related("campaign__list").filter(pk=campaign_id).first()
    if wanted is None or not wanted.is_running:
        return
    figures = None
    with suppress(segments.UnknownCriterion):
        figures = segments.count_audience(wanted.campaign, now=now).as_json()
    AudienceCount.objects.filter(pk=campaign_id, asked_at=wanted.asked_at).update(
        counted_at=max(now, wanted.asked_at), figures=figures
    )


def ring_again(*, now: datetime) -> None:
    """Call again for the counts that a dead worker or a dead broker lost."""
    awaited = Q(counted_at=None) | Q(counted_at__lt=F("asked_at"))
    lost = AudienceCount.objects.filter(awaited, asked_at__lt=now - GRACE)
    for campaign_id in list(lost.values_list("pk", flat=True)):
        tasks.count_audience.delay(campaign_id=campaign_id)
