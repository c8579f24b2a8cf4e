"""Where an envoi stands: scheduled, held, paused, resumed, cancelled. Each step is staff's.

The start itself and the sending are `services.delivery`'s.
"""

import logging
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from emn.lib.commit import after_commit
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.mailings import preflight, tasks
from emn.mailings.enums import CampaignStatus, DeliveryState, Skip
from emn.mailings.models import Campaign

logger = logging.getLogger(__name__)

_WAITING = (CampaignStatus.SCHEDULED, CampaignStatus.HELD)
_SLUG_LENGTH = 80


class CampaignRefused(DomainError):
    """The envoi may not do that, or not yet."""


@transaction.atomic(durable=True)
def schedule_campaign(
    *, campaign_id: int, at: datetime | None, by_id: int, now: datetime
) -> Campaign:
    """Set the hour of an envoi; without one it leaves within the minute.

    Raises CampaignRefused: a check fails, the hour is past, or it is not waiting for an hour.
    """
    campaign = _locked(campaign_id, CampaignStatus.DRAFT, *_WAITING)
    if at is not None and at < now:
        raise CampaignRefused(_("Cette heure est passée : choisissez-en une à venir."))
    wrong = [problem for found in preflight.run(campaign, now=now) for problem in found.problems]
    if wrong:
        raise CampaignRefused(" ".join([_("L’envoi n’est pas prêt."), *wrong]))
    if campaign.is_archived and not campaign.slug:
        campaign.slug = _free_slug(campaign, now)
    campaign.status, campaign.scheduled_at = CampaignStatus.SCHEDULED, at or now
    campaign.decided_by_id = by_id
    campaign.save(update_fields=["slug", "status", "scheduled_at", "decided_by"])
    logger.info("campaign %s scheduled by user %s", campaign_id, by_id)
    if at is None:
        after_commit(tasks.start_due_campaigns.delay)
    return campaign


@transaction.atomic(durable=True)
def reopen_campaign(*, campaign_id: int, by_id: int) -> Campaign:
    """Make a scheduled or held envoi a draft again. Raises CampaignRefused."""
    campaign = _locked(campaign_id, *_WAITING)
    campaign.status, campaign.scheduled_at = CampaignStatus.DRAFT, None
    campaign.save(update_fields=["status", "scheduled_at"])
    logger.info("campaign %s reopened by user %s", campaign_id, by_id)
    return campaign


@transaction.atomic(durable=True)
def pause_campaign(*, campaign_id: int, reason: str, by_id: int | None = None) -> Campaign:
    """Stop an envoi on its way, for a reason that staff reads; what is in flight still arrives.

    Without `by_id` a stop rule did it (R3.10). Raises CampaignRefused.
    """
    campaign = _locked(campaign_id, CampaignStatus.SENDING)
    campaign.status, campaign.stopped_reason = CampaignStatus.PAUSED, reason
    campaign.save(update_fields=["status", "stopped_reason"])
    logger.info("campaign %s paused by user %s", campaign_id, by_id)
    return campaign


@transaction.atomic(durable=True)
def resume_campaign(*, campaign_id: int, by_id: int) -> Campaign:
    """Let a paused envoi go on where it was; nobody gets it twice. Raises CampaignRefused."""
    campaign = _locked(campaign_id, CampaignStatus.PAUSED)
    campaign.status, campaign.stopped_reason = CampaignStatus.SENDING, ""
    campaign.save(update_fields=["status", "stopped_reason"])
    logger.info("campaign %s resumed by user %s", campaign_id, by_id)
    return campaign


@transaction.atomic(durable=True)
def cancel_campaign(*, campaign_id: int, by_id: int, now: datetime) -> Campaign:
    """Give an envoi up for good; who still waited for it is set aside. Raises CampaignRefused."""
    campaign = _locked(campaign_id, *_WAITING, CampaignStatus.SENDING, CampaignStatus.PAUSED)
    campaign.status, campaign.finished_at = CampaignStatus.CANCELLED, now
    campaign.save(update_fields=["status", "finished_at"])
    campaign.deliveries.filter(state=DeliveryState.WAITING).update(
        state=DeliveryState.SKIPPED, skip_reason=Skip.CANCELLED, settled_at=now
    )
    touch()
    logger.info("campaign %s cancelled by user %s", campaign_id, by_id)
    return campaign


@transaction.atomic(durable=True)
def due_campaigns(*, now: datetime) -> list[int]:
    """Hold the envois whose hour was missed by more than two hours; return those to start."""
    rows = Campaign.objects.select_for_update(skip_locked=True).order_by("scheduled_at", "pk")
    late = list(rows.late(now=now).values_list("pk", flat=True))
    if late:
        Campaign.objects.filter(pk__in=late).update(status=CampaignStatus.HELD)
        logger.warning("campaigns %s held: their hour was missed", late)
    return list(rows.due(now=now).values_list("pk", flat=True))


def _locked(campaign_id: int, *allowed: CampaignStatus) -> Campaign:
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    if campaign.status not in allowed:
        raise CampaignRefused(
            _("Cet envoi est « %(status)s » : l’action n’est plus possible.")
            % {"status": campaign.get_status_display()}
        )
    return campaign


def _free_slug(campaign: Campaign, now: datetime) -> str:
    """Return an address for the archive, of the day and the first subject: unique."""
    subjects = campaign.editions.order_by("pk").values_list("subject", flat=True)
    wished = f"{localdate(now):%Y-%m-%d}-{slugify(subjects[0])}"[: _SLUG_LENGTH - 4].rstrip("-")
    taken = set(Campaign.objects.filter(slug__startswith=wished).values_list("slug", flat=True))
    number, slug = 1, wished
    while slug in taken:
        number += 1
        slug = f"{wished}-{number}"
    return slug
