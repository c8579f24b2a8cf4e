"""Where an envoi stands: scheduled, held, paused, resumed, cancelled. Each step is staff's.

A step changes the state at once, whatever the number of readers; rows of the ledger follow by
batches (`services.closing`). The start itself and the sending are `services.delivery`'s.
"""

import logging
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from emn.lib.commit import after_commit
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.mailings import preflight, tasks
from emn.mailings.enums import CampaignStatus, Doubts
from emn.mailings.models import BEGUN, Campaign
from emn.mailings.services.delivery import ring, start_campaign

logger = logging.getLogger(__name__)

_WAITING = (CampaignStatus.SCHEDULED, CampaignStatus.HELD)
_STOP = ("stopped_reason", "stopped_at", "stopped_by")
_SLUG_LENGTH, _LONGEST_REASON = 80, 200


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
    campaign.decided_by_id, campaign.stopped_reason = by_id, ""
    campaign.save(update_fields=["slug", "status", "scheduled_at", "decided_by", "stopped_reason"])
    logger.info("campaign %s scheduled by user %s", campaign_id, by_id)
    if at is None:
        after_commit(tasks.start_due_campaigns.delay)
    return campaign


@transaction.atomic(durable=True)
def reopen_campaign(*, campaign_id: int, by_id: int) -> Campaign:
    """Make a scheduled or held envoi a draft again. Raises CampaignRefused."""
    campaign = _locked(campaign_id, *_WAITING)
    campaign.status, campaign.scheduled_at = CampaignStatus.DRAFT, None
    campaign.stopped_reason = ""
    campaign.save(update_fields=["status", "scheduled_at", "stopped_reason"])
    logger.info("campaign %s reopened by user %s", campaign_id, by_id)
    return campaign


@transaction.atomic(durable=True)
def pause_campaign(*, campaign_id: int, reason: str, by_id: int, now: datetime) -> Campaign:
    """Stop an envoi on its way, for a reason that staff reads; what is in flight still arrives.

    Raises CampaignRefused.
    """
    campaign = _locked(campaign_id, CampaignStatus.SENDING)
    campaign.status, campaign.stopped_reason = CampaignStatus.PAUSED, reason
    campaign.stopped_at, campaign.stopped_by_id = now, by_id
    campaign.save(update_fields=["status", *_STOP])
    logger.info("campaign %s paused by user %s", campaign_id, by_id)
    return campaign


@transaction.atomic(durable=True)
def resume_campaign(*, campaign_id: int, by_id: int) -> Campaign:
    """Let a paused envoi go on where it was; nobody gets it twice. Raises CampaignRefused."""
    campaign = _locked(campaign_id, CampaignStatus.PAUSED)
    campaign.status, campaign.stopped_reason = CampaignStatus.SENDING, ""
    campaign.stopped_at = campaign.stopped_by_id = None
    campaign.save(update_fields=["status", *_STOP])
    logger.info("campaign %s resumed by user %s", campaign_id, by_id)
    after_commit(partial(ring, campaign_id))
    return campaign


@transaction.atomic(durable=True)
def hold_after_restore(now: datetime) -> int:
    """Pause every envoi under way once a backup is back: who was written to since is not known.

    Returns how many.
    """
    reason = _("Une sauvegarde a été remise en place : qui a reçu l’envoi depuis n’est pas connu.")
    return Campaign.objects.filter(status=CampaignStatus.SENDING).update(
        status=CampaignStatus.PAUSED, stopped_reason=reason, stopped_at=now, stopped_by=None
    )


@transaction.atomic(durable=True)
def cancel_campaign(*, campaign_id: int, by_id: int, now: datetime) -> Campaign:
    """Give an envoi up for good; the worker sets aside who still waited. Raises CampaignRefused."""
    campaign = _locked(campaign_id, *_WAITING, CampaignStatus.SENDING, CampaignStatus.PAUSED)
    campaign.status, campaign.finished_at = CampaignStatus.CANCELLED, now
    campaign.stopped_at, campaign.stopped_by_id = now, by_id
    campaign.save(update_fields=["status", "finished_at", *_STOP])
    touch()
    logger.info("campaign %s cancelled by user %s", campaign_id, by_id)
    after_commit(lambda: tasks.close_cancelled.delay(campaign_id=campaign_id))
    return campaign


@transaction.atomic(durable=True)
def decide_doubts(*, campaign_id: int, again: bool, by_id: int, now: datetime) -> Campaign:
    """Say, once the envoi is over, what becomes of all its uncertain messages.

    Left as they are for good, or, `again`, sent once more: some people then get two copies; those
    that end in doubt once more wait for a decision of their own. Raises CampaignRefused.
    """
    campaign = _locked(campaign_id, CampaignStatus.SENT)
    if campaign.doubts != Doubts.OPEN or not campaign.unknown:
        raise CampaignRefused(_decided(campaign))
    campaign.doubts = Doubts.AGAIN if again else Doubts.CLOSED
    campaign.doubts_decided_at, campaign.doubts_decided_by_id = now, by_id
    campaign.save(update_fields=["doubts", "doubts_decided_at", "doubts_decided_by"])
    logger.info("doubts of campaign %s: %s by user %s", campaign_id, campaign.doubts, by_id)
    if again:
        after_commit(lambda: tasks.reopen_doubts.delay(campaign_id=campaign_id))
    return campaign


def start_due(*, now: datetime) -> None:
    """Start the envois whose hour has come. One that cannot leave is held, and stops no other."""
    for campaign_id in _due(now=now):
        try:
            start_campaign(campaign_id=campaign_id, now=now)
        except DomainError as refusal:
            _hold(campaign_id, refusal.message)
        except Exception:
            logger.exception("campaign %s could not start", campaign_id)
            _hold(campaign_id, _("Une erreur du portail l’empêche de partir : elle est signalée."))


@transaction.atomic(durable=True)
def _hold(campaign_id: int, reason: str) -> None:
    due = Campaign.objects.filter(pk=campaign_id, status=CampaignStatus.SCHEDULED)
    due.update(status=CampaignStatus.HELD, stopped_reason=reason[:_LONGEST_REASON])
    logger.warning("campaign %s held: it cannot start", campaign_id)


@transaction.atomic(durable=True)
def set_archived(*, campaign_id: int, is_archived: bool, by_id: int, now: datetime) -> Campaign:
    """Show a letter that has left to everyone, or to nobody any more. Raises CampaignRefused."""
    campaign = _locked(campaign_id, *BEGUN)
    if is_archived and not campaign.slug:
        campaign.slug = _free_slug(campaign, now)
    campaign.is_archived = is_archived
    campaign.save(update_fields=["is_archived", "slug"])
    touch()
    logger.info("campaign %s archived: %s, by user %s", campaign_id, is_archived, by_id)
    return campaign


@transaction.atomic(durable=True)
def _due(*, now: datetime) -> list[int]:
    """Hold the envois whose hour was missed by more than two hours; return those to start."""
    rows = Campaign.objects.select_for_update(skip_locked=True).order_by("scheduled_at", "pk")
    late = list(rows.late(now=now).values_list("pk", flat=True))
    if late:
        Campaign.objects.filter(pk__in=late).update(status=CampaignStatus.HELD, stopped_reason="")
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


def _decided(campaign: Campaign) -> str:
    """Say that there is nothing to decide any more, and who did."""
    if not campaign.doubts_decided_at:
        return _("Cet envoi n’a pas de remise incertaine.")
    return _("C’est déjà décidé, par %(agent)s, le %(day)s.") % {
        "agent": campaign.doubts_decided_by or _("une personne dont le compte est effacé"),
        "day": date_format(localtime(campaign.doubts_decided_at), "SHORT_DATETIME_FORMAT"),
    }


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
