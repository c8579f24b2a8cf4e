"""What time and the register do to adhesions: reminders, terms, documents that end, firms closed.

Pages never wait for it: they ask `charter.terms` of the dates. This writes the state down and says
so. Safe to run at any hour, twice, or two at once.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from directory.charter import terms
from directory.charter.rules import rules
from directory.enums import AdhesionEventKind, AdhesionStatus, EvidenceStatus
from directory.models import Adhesion, Evidence
from directory.services.charter import end, tell
from directory.services.charter_checks import lift
from emn.territory.enums import LegalUnitState
from emn.territory.models import LegalUnit


def due_adhesions(*, now: datetime) -> list[int]:
    """Return those to end, to remind of, or whose suspension is over."""
    today = timezone.localdate(now)
    due = Q(expires_on__lte=today) | Q(status=AdhesionStatus.SUSPENDED, suspended_until__lte=today)
    for sent, days in enumerate(rules().reminder_days):
        due |= Q(reminders_sent__lte=sent, expires_on__lte=today + timedelta(days=days))
    rows = Adhesion.objects.standing().filter(due)
    return list(rows.order_by("expires_on", "pk").values_list("pk", flat=True))


@transaction.atomic(durable=True)
def keep_term(*, adhesion_id: int, now: datetime) -> AdhesionEventKind | None:
    """End, resume or remind; return what was written in its history, None when nothing was.

    A reminder that was missed is not sent late: the last one that is due stands for it.
    """
    adhesion = _held(adhesion_id)
    if adhesion is None or adhesion.expires_on is None:
        return None
    today = timezone.localdate(now)
    if today >= adhesion.expires_on:
        end(adhesion, AdhesionEventKind.EXPIRED, by_id=None, now=now)
        tell(adhesion, "charter_expired", now=now)
        return AdhesionEventKind.EXPIRED
    resumed = adhesion.suspended_until is not None and adhesion.suspended_until <= today
    if adhesion.status == AdhesionStatus.SUSPENDED and resumed:
        lift(adhesion, by_id=None, now=now)
        return AdhesionEventKind.RESUMED
    due = terms.reminders_due(
        expires_on=adhesion.expires_on, reminder_days=rules().reminder_days, on=today
    )
    if due > adhesion.reminders_sent:
        adhesion.reminders_sent = due
        Adhesion.objects.filter(pk=adhesion.pk).update(reminders_sent=due)
        if not Adhesion.objects.to_check().filter(siren=adhesion.siren).exists():
            tell(
                adhesion,
                "charter_reminder",
                now=now,
                days=(adhesion.expires_on - today).days,
            )
    return None


def ceased() -> list[int]:
    """Return the adhesions of companies that the register says have ceased."""
    gone = LegalUnit.objects.filter(state=LegalUnitState.CEASED).values("siren")
    rows = Adhesion.objects.standing().filter(
        Q(siren__in=gone) | Q(company__is_demo=True, company__closed_on__isnull=False)
    )
    return list(rows.order_by("pk").values_list("pk", flat=True))


def follow_register(*, now: datetime) -> int:
    """End the adhesions of companies that have ceased; return how many. After each import too."""
    return sum(_close(adhesion_id=pk, now=now) for pk in ceased())


@transaction.atomic(durable=True)
def _close(*, adhesion_id: int, now: datetime) -> bool:
    adhesion = _held(adhesion_id)
    if adhesion is None or adhesion.status_on(timezone.localdate(now)) == AdhesionStatus.EXPIRED:
        return False
    end(adhesion, AdhesionEventKind.CLOSED, by_id=None, now=now)
    tell(adhesion, "charter_ended", now=now)
    return True


def _held(adhesion_id: int) -> Adhesion | None:
    """Return an adhesion that stands, locked; None when it is over or another worker has it."""
    return (
        Adhesion.objects.standing()
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("company__commune", "charter")
        .filter(pk=adhesion_id)
        .first()
    )


def ending_evidence(*, now: datetime) -> list[int]:
    """Return the checked documents, of adhesions that stand, of whose end to remind."""
    today = timezone.localdate(now)
    due = Q(pk__in=[])
    for sent, days in enumerate(rules().evidence_reminder_days):
        due |= Q(reminders_sent__lte=sent, valid_until__lt=today + timedelta(days=days))
    rows = Evidence.objects.filter(
        due,
        status=EvidenceStatus.ACCEPTED,
        valid_until__gte=today,
        adhesion__in=Adhesion.objects.standing().values("pk"),
    )
    return list(rows.order_by("valid_until", "pk").values_list("pk", flat=True))


@transaction.atomic(durable=True)
def remind_of_evidence(*, evidence_id: int, now: datetime) -> bool:
    """Say that a document ends, unless a later one of its kind is there; False when not due."""
    today = timezone.localdate(now)
    piece = (
        Evidence.objects.valid(on=today)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("adhesion__company")
        .filter(pk=evidence_id, valid_until__isnull=False)
        .first()
    )
    if piece is None or piece.valid_until is None:
        return False
    due = terms.reminders_due(
        expires_on=piece.valid_until + timedelta(days=1),
        reminder_days=rules().evidence_reminder_days,
        on=today,
    )
    if due <= piece.reminders_sent:
        return False
    Evidence.objects.filter(pk=piece.pk).update(reminders_sent=due)
    newer = piece.adhesion.evidence.exclude(status=EvidenceStatus.REFUSED).filter(
        kind=piece.kind, valid_until__gt=piece.valid_until
    )
    if newer.exists():
        return False
    tell(piece.adhesion, "charter_evidence_ending", now=now, piece=piece)
    return True
