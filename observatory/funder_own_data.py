"""What the cockpit and the register of aids hold about people: the agents who acted."""

from collections.abc import Callable
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from emn.accounts.personal_data import PersonalData, Rows, register
from observatory.models import (
    AidAttestation,
    AidGrant,
    FunderReport,
    ReportSample,
    ReportShare,
)

TEN_YEARS = timedelta(days=3660)  # the database keeps what is younger


def _forget_agent(field: str) -> Callable[[Rows], None]:
    def erase(rows: Rows) -> None:
        rows.update(**{field: None})

    return erase


def _forget_report(rows: Rows) -> None:
    rows.update(created_by=None, frozen_by=None)


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
        ),
        PersonalData(
            model=ReportSample,
            about=lambda user: Q(drawn_by=user),
            export=("figure__title", "number", "drawn_at"),
            erase=_forget_agent("drawn_by"),
        ),
        PersonalData(
            model=ReportShare,
            about=lambda user: Q(created_by=user),
            export=("label", "until_on", "created_at", "revoked_at"),
            erase=_forget_agent("created_by"),
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
