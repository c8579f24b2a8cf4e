"""The ladder of sanctions (R1.07): put on the register, lifted, stated with reasons (R1.22).

Inner steps of a decision of the committee. A warning is a date on the case; a suspension and a
withdrawal are those of the adhesion that stands, by the services of the charter. What cannot be
undone, the withdrawal, takes effect once no appeal is possible.
"""

from datetime import datetime
from typing import Any

from django.utils import timezone

from directory.enums import AdhesionStatus, CharterClause, Measure
from directory.models import Adhesion, CommitteeCase
from directory.services import charter, charter_checks, complaint_ledger, complaints
from directory.services.telling import people_of, tell_each


def apply(case: CommitteeCase, *, by_id: int | None, now: datetime) -> None:
    """Put a suspension or a withdrawal on the adhesion that stands; others have nothing to put.

    An adhesion that has ended, or is suspended already, is left as it is: `case.adhesion` is None.
    """
    adhesion = _standing(case)
    if adhesion is None:
        return
    status = adhesion.status_on(timezone.localdate(now))
    if case.measure == Measure.SUSPENSION and status == AdhesionStatus.ACTIVE:
        assert case.suspended_until is not None
        charter_checks.put_suspension(
            adhesion, by_id=by_id, until=case.suspended_until, reason=case.reasons, now=now
        )
    elif case.measure == Measure.WITHDRAWAL:
        charter_checks.put_withdrawal(adhesion, by_id=by_id, reason=case.reasons, now=now)
    else:
        return
    case.adhesion = adhesion
    CommitteeCase.objects.filter(pk=case.pk).update(adhesion=adhesion)


def finish(case: CommitteeCase, *, by_id: int | None, now: datetime) -> None:
    """Let a withdrawal take effect: nobody appealed, or the appeal confirmed it."""
    if case.measure == Measure.WITHDRAWAL:
        apply(case, by_id=by_id, now=now)


def lift(case: CommitteeCase, *, by_id: int | None, now: datetime) -> None:
    """Lift the suspension of a decision that was reversed, also for the past of the index."""
    if case.adhesion_id is None:
        return
    adhesion = charter.locked(case.adhesion_id)
    today = timezone.localdate(now)
    is_own = adhesion.suspended_until == case.suspended_until  # else another decision's
    if is_own and adhesion.status_on(today) == AdhesionStatus.SUSPENDED:
        charter_checks.lift(adhesion, by_id=by_id, now=now)
    complaint_ledger.void_suspension(case, now=now)


def state_reasons(case: CommitteeCase, *, now: datetime) -> None:
    """Mail to the parties what is decided, its scope, facts, ground, means and redress."""
    if case.complaint is not None:
        context: dict[str, Any] = {
            "template": "statement",
            "case": case,
            "clauses": [CharterClause(code).label for code in case.clauses],
        }
        context["appeal_until"] = None if case.is_final else case.complaint.due_on
        complaints.tell_author(case.complaint, f"decided:{case.pk}", now=now, **context)
        complaints.tell_provider(case.complaint, f"decided:{case.pk}", now=now, **context)
        return
    assert case.contest is not None
    provider = case.contest.file.provider
    if provider is not None:
        tell_each(
            people_of(provider.company_id),
            "trust_contest_appeal",
            occasion=case.pk,
            now=now,
            case=case,
            provider=provider,
        )


def _standing(case: CommitteeCase) -> Adhesion | None:
    assert case.complaint is not None
    standing = Adhesion.objects.standing().filter(siren=case.complaint.siren)
    key = standing.values_list("pk", flat=True).first()
    if key is None:
        return None
    adhesion = charter.locked(key)
    return adhesion if adhesion.is_standing else None
