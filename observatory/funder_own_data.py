"""What the cockpit and the register of aids hold about people: the agents who acted."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from emn.accounts.personal_data import PersonalData, Rows, register, without
from observatory.models import (
    AidAttestation,
    AidGrant,
    FunderReport,
    ReportDocument,
    ReportSample,
    ReportShare,
)

TEN_YEARS = timedelta(days=3660)  # the database keeps what is younger
YEARS_AFTER_THE_END = 5  # of the agreement, its year not counted (R7.14)


def _forget_report(rows: Rows) -> None:
    now = timezone.now()
    old = rows.filter(_reports_due(now, now - TEN_YEARS))
    _delete_reports(list(old.values_list("pk", flat=True)))
    rows.update(created_by=None, frozen_by=None)


def _delete_reports(keys: list[int]) -> None:
    """Delete reports with what hangs on them and protects them, the outermost first."""
    ReportShare.objects.filter(report__in=keys).delete()
    ReportDocument.objects.filter(report__in=keys).delete()
    ReportSample.objects.filter(figure__report__in=keys).delete()
    FunderReport.objects.filter(pk__in=keys).delete()


def _reports_due(now: datetime, cutoff: datetime) -> Q:
    """Tell which frozen reports may go, whole: lists, proofs, papers, draws and links.

    Ten years after they were frozen, and five after the year in which the agreement ends. One that
    is corrected waits for its correction; a paper or a draw that is younger keeps it too.
    """
    samples = ReportSample.objects.filter(figure__report=OuterRef("pk"), drawn_at__gte=cutoff)
    papers = ReportDocument.objects.filter(report=OuterRef("pk"), written_at__gte=cutoff)
    corrections = FunderReport.objects.filter(corrects=OuterRef("pk"))
    return Q(
        ~Exists(samples),
        ~Exists(papers),
        ~Exists(corrections),
        frozen_at__lt=cutoff,
        agreement__ends_on__year__lt=timezone.localdate(now).year - YEARS_AFTER_THE_END,
    )


def _forget_grant(rows: Rows) -> None:
    old = rows.filter(granted_on__lt=timezone.localdate() - TEN_YEARS)
    AidGrant.objects.filter(cancels__in=old).delete()
    old.delete()
    rows.exclude(noted_by=None).update(noted_by=None)


def _forget_attestation(rows: Rows) -> None:
    rows.filter(issued_at__lt=timezone.now() - TEN_YEARS).delete()
    rows.exclude(issued_by=None).update(issued_by=None)


def register_own_data() -> None:
    """Register who asked, froze, drew, shared, granted and attested."""
    register(
        PersonalData(
            model=FunderReport,
            about=lambda user: Q(created_by=user) | Q(frozen_by=user),
            export=("agreement__reference", "number", "created_at", "frozen_at"),
            erase=_forget_report,
            retention={"funder_report": _reports_due},
        ),
        PersonalData(
            model=ReportSample,
            about=lambda user: Q(drawn_by=user),
            export=("figure__title", "number", "drawn_at"),
            erase=without("drawn_by"),
        ),
        PersonalData(
            model=ReportShare,
            about=lambda user: Q(created_by=user),
            export=("label", "until_on", "created_at", "revoked_at"),
            erase=without("created_by"),
        ),
        PersonalData(
            model=AidGrant,
            about=lambda user: Q(noted_by=user),
            export=("siren", "label", "granted_on", "noted_at"),
            erase=_forget_grant,
            retention={
                "state_aid": lambda _now, cutoff: Q(granted_on__lt=timezone.localdate(cutoff))
            },
        ),
        PersonalData(
            model=AidAttestation,
            about=lambda user: Q(issued_by=user),
            export=("siren", "as_of", "issued_at"),
            erase=_forget_attestation,
            retention={"state_aid": lambda _now, cutoff: Q(issued_at__lt=cutoff)},
        ),
    )
