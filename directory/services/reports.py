"""Errors that readers report, and what the centre makes of them."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from directory.enums import ReportStatus
from directory.models import CardReport, Provider
from directory.services.telling import people_of, tell_each
from emn.lib.db import advisory_lock
from emn.lib.errors import DomainError
from emn.mailings.services import queue_email

MOST_OPEN_PER_CARD = 20


class ReportRefused(DomainError):
    """The report cannot be taken or decided so."""


@transaction.atomic(durable=True)
def report_error(
    *, provider_id: int, category: str, message: str, email: str, language: str, now: datetime
) -> CardReport:
    """Note what a reader says is wrong; the same words twice are one report.

    Nothing is sent now: an address is written to only once staff has decided. Raises
    Provider.DoesNotExist (not a public card) or ReportRefused (too many wait already).
    """
    provider = Provider.objects.published().get(pk=provider_id)
    advisory_lock(f"directory.report:{provider_id}")
    waiting = provider.reports.open()
    if same := waiting.filter(category=category, message=message, email=email).first():
        return same
    if waiting.count() >= MOST_OPEN_PER_CARD:
        raise ReportRefused(
            _("Cette fiche a déjà de nombreux signalements : le centre est en train de les lire.")
        )
    return CardReport.objects.create(
        provider=provider,
        category=category,
        message=message,
        email=email,
        language=language,
        created_at=now,
    )


@transaction.atomic(durable=True)
def decide_report(
    *, report_id: int, decision: ReportStatus, answer: str, by_id: int, now: datetime
) -> CardReport:
    """Close a report: put right, passed on to the owner, or unfounded; its author is told.

    Raises CardReport.DoesNotExist or ReportRefused (already decided; nobody holds the card; no
    answer for someone who waits for one).
    """
    rows = CardReport.objects.select_for_update(of=("self",)).select_related("provider__company")
    report = rows.get(pk=report_id)
    if report.status != ReportStatus.OPEN:
        raise ReportRefused(_("Une autre personne du centre a déjà traité ce signalement."))
    if decision == ReportStatus.UNFOUNDED and report.email and not answer.strip():
        raise ReportRefused(_("Dites pourquoi : la personne qui a signalé attend une réponse."))
    report.status, report.answer = decision, answer.strip()
    report.decided_at, report.decided_by_id = now, by_id
    report.save()
    if decision == ReportStatus.OWNER_TOLD:
        _tell_owner(report, now=now)
    if report.email:
        queue_email(
            to=report.email,
            template="directory/emails/report_decided",
            context={"report": report, "provider": report.provider},
            dedup_key=f"directory.report_decided:{report.pk}",
            language=report.language,
            unsolicited=True,
            now=now,
        )
    return report


def _tell_owner(report: CardReport, *, now: datetime) -> None:
    people = people_of(report.provider.company_id)
    if not people:
        raise ReportRefused(
            _("Personne ne tient cette fiche : corrigez-la, masquez-la, ou classez.")
        )
    tell_each(
        people,
        "report_passed_on",
        occasion=report.pk,
        now=now,
        report=report,
        provider=report.provider,
    )
