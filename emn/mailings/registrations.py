"""The app's place among what waits for staff and on the home page."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from emn.lib import home_blocks, sitemaps, staff_tasks
from emn.lib.backups.services import after_restore
from emn.mailings.enums import CampaignStatus, EmailStatus, IncidentKind
from emn.mailings.models import Campaign, MailIncident, OutboundEmail, Suppression
from emn.mailings.services.campaigns import hold_after_restore
from emn.mailings.sitemaps import ArchiveSitemap

_UNDER_WAY = (CampaignStatus.SENDING, CampaignStatus.PAUSED)


def register_all() -> None:
    """Register the queues of dead letters and of held letters, the newsletter at home, its map."""
    after_restore.append(hold_after_restore)
    sitemaps.register(sitemaps.SitemapSection(key="letters", order=60, sitemap=ArchiveSitemap))
    home_blocks.register_block(
        home_blocks.HomeBlock(
            key="newsletter",
            order=90,
            place=home_blocks.Place.LAST,
            template="mailings/home_newsletter.html",
            context=dict,
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="mailings.dead_letters",
            order=90,
            label=_("courriels en échec"),
            count=_count_dead_letters,
            url=_dead_letters_url,
            permission="mailings.decide_dead_letter",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="mailings.held",
            order=40,
            label=_("envois retenus, leur heure étant passée"),
            count=_count_held,
            url=_held_url,
            permission="mailings.send_campaign",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="mailings.under_way",
            order=41,
            label=_("envois en cours ou en pause"),
            count=_count_under_way,
            url=_under_way_url,
            permission="mailings.send_campaign",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="mailings.doubts",
            order=42,
            label=_("envois dont les remises incertaines sont à décider"),
            count=_count_in_doubt,
            url=_in_doubt_url,
            permission="mailings.send_campaign",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="mailings.returns",
            order=91,
            label=_("retours de courriel à lire"),
            count=_count_returns,
            url=_returns_url,
            permission="mailings.handle_incident",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="mailings.refusals",
            order=92,
            label=_("refus de serveurs à examiner"),
            count=_count_refusals,
            url=lambda: reverse("admin:mailings_mailincident_refusals"),
            permission="mailings.handle_incident",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="mailings.reviews",
            order=93,
            label=_("réactivations demandées"),
            count=_count_reviews,
            url=_reviews_url,
            permission="mailings.lift_suppression",
        )
    )


def _count_dead_letters(_user: Any) -> int:
    return OutboundEmail.objects.dead_letters().count()


def _dead_letters_url() -> str:
    return (
        f"{reverse('admin:mailings_outboundemail_changelist')}?status__exact={EmailStatus.FAILED}"
    )


def _count_held(_user: Any) -> int:
    return Campaign.objects.filter(status=CampaignStatus.HELD).count()


def _held_url() -> str:
    return f"{reverse('admin:mailings_campaign_changelist')}?status__exact={CampaignStatus.HELD}"


def _count_under_way(_user: Any) -> int:
    return Campaign.objects.filter(status__in=_UNDER_WAY).count()


def _under_way_url() -> str:
    chosen = ",".join(_UNDER_WAY)
    return f"{reverse('admin:mailings_campaign_changelist')}?status__in={chosen}"


def _count_in_doubt(_user: Any) -> int:
    return Campaign.objects.in_doubt().count()


def _in_doubt_url() -> str:
    return f"{reverse('admin:mailings_campaign_changelist')}?incertains=oui"


def _count_returns(_user: Any) -> int:
    return MailIncident.objects.to_read().count()


def _count_refusals(_user: Any) -> int:
    return int(MailIncident.objects.refusals().by_cause().count())


def _count_reviews(_user: Any) -> int:
    return Suppression.objects.asked_for_review().count()


def _reviews_url() -> str:
    return (
        f"{reverse('admin:mailings_suppression_changelist')}"
        "?review_asked_at__isempty=0&lifted_at__isempty=1"
    )


def _returns_url() -> str:
    return (
        f"{reverse('admin:mailings_mailincident_changelist')}"
        f"?kind__exact={IncidentKind.UNREADABLE}&handled_at__isempty=1"
    )
