"""The centre's side of the charter: documents read, adhesions admitted, suspended, withdrawn.

Each decision names what the agent had in front of it; when that changed meanwhile, it is refused.
"""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from directory.charter.rules import rules
from directory.enums import AdhesionEventKind, AdhesionStatus, EvidenceStatus
from directory.models import Adhesion, Evidence
from directory.services.charter import (
    AdhesionRefused,
    end,
    given,
    locked,
    move,
    require_admissible,
    require_kinds,
    require_move,
    tell,
)
from directory.services.trust_charter import follow_company
from emn.lib.calendar import add_months

LONGEST_NOTE = 2_000  # signs


@transaction.atomic(durable=True)
def decide_evidence(
    *,
    evidence_id: int,
    by_id: int,
    seen: str,
    accepted: bool,
    clauses: Iterable[str] = (),
    reason: str = "",
    now: datetime,
) -> Evidence:
    """Take or refuse a document; a decision may be taken again while the adhesion lives.

    `seen` is the state that the agent saw; `clauses` those that the document attests, within those
    of its kind. Raises Evidence.DoesNotExist or AdhesionRefused.
    """
    adhesion = locked(Evidence.objects.values_list("adhesion", flat=True).get(pk=evidence_id))
    row = Evidence.objects.select_for_update(of=("self",)).get(pk=evidence_id)
    if row.status != seen:
        raise AdhesionRefused(_("Une autre personne vient de lire cette pièce : regardez-la."))
    if not (adhesion.status == AdhesionStatus.CHECK or adhesion.is_standing):
        raise AdhesionRefused(_("Cette adhésion n’attend pas que ses pièces soient lues."))
    row.status = EvidenceStatus.ACCEPTED if accepted else EvidenceStatus.REFUSED
    row.clauses = [code for code in row.kind_entry.clauses if code in set(clauses) and accepted]
    row.reason = reason.strip() if accepted else given(reason)
    row.decided_at, row.decided_by_id = now, by_id
    row.save()
    if adhesion.is_standing:
        follow_company(adhesion.siren, now=now)
        if not accepted:
            tell(adhesion, "charter_evidence_refused", now=now, piece=row)
    return row


@transaction.atomic(durable=True)
def activate(*, adhesion_id: int, by_id: int, now: datetime) -> Adhesion:
    """Admit the company for 24 months; a renewal adds them to what was left (R1.02, R1.03).

    Raises Adhesion.DoesNotExist or AdhesionRefused.
    """
    adhesion = locked(adhesion_id)
    require_move(adhesion, AdhesionEventKind.ACTIVATED, now=now)
    require_admissible(adhesion.company, now=now)
    today = timezone.localdate(now)
    if adhesion.evidence.waiting().exists():
        raise AdhesionRefused(_("Des pièces attendent encore d’être lues."))
    kinds = adhesion.evidence.valid(on=today).values_list("kind", flat=True)
    require_kinds(adhesion, set(kinds))
    since, counted_from = today, today
    standing = Adhesion.objects.standing().filter(siren=adhesion.siren)
    current_id = standing.values_list("pk", flat=True).first()
    if current_id is not None:
        current = locked(current_id)
        shown = current.status_on(today)
        if shown == AdhesionStatus.SUSPENDED:
            raise AdhesionRefused(
                _("L’adhésion en cours est suspendue : elle se renouvelle une fois rétablie.")
            )
        if shown == AdhesionStatus.ACTIVE:
            assert current.expires_on is not None
            assert current.member_since is not None
            since, counted_from = current.member_since, current.expires_on
            if current.status == AdhesionStatus.SUSPENDED:
                move(current, AdhesionEventKind.RESUMED, by_id=None, now=now)
            end(current, AdhesionEventKind.RENEWED, by_id=by_id, now=now)
        else:
            end(current, AdhesionEventKind.EXPIRED, by_id=None, now=now)
    adhesion.checked_at, adhesion.checked_by_id, adhesion.check_note = now, by_id, ""
    adhesion.member_since, adhesion.starts_on = since, today
    adhesion.expires_on = add_months(counted_from, rules().term_months)
    move(adhesion, AdhesionEventKind.ACTIVATED, by_id=by_id, now=now)
    tell(adhesion, "charter_activated", now=now)
    return adhesion


@transaction.atomic(durable=True)
def send_back(*, adhesion_id: int, by_id: int, reason: str, now: datetime) -> Adhesion:
    """Ask the company for more; its other documents stay. Raises as `activate`."""
    adhesion = locked(adhesion_id)
    require_move(adhesion, AdhesionEventKind.SENT_BACK, now=now)
    adhesion.check_note = given(reason)
    move(adhesion, AdhesionEventKind.SENT_BACK, by_id=by_id, now=now, reason=adhesion.check_note)
    tell(adhesion, "charter_sent_back", now=now)
    return adhesion


@transaction.atomic(durable=True)
def refuse(*, adhesion_id: int, by_id: int, reason: str, now: datetime) -> Adhesion:
    """Close the check without admitting the company. Raises as `activate`."""
    adhesion = locked(adhesion_id)
    adhesion.check_note = given(reason)
    end(adhesion, AdhesionEventKind.REFUSED, by_id=by_id, now=now, reason=adhesion.check_note)
    tell(adhesion, "charter_refused", now=now)
    return adhesion


@transaction.atomic(durable=True)
def suspend(*, adhesion_id: int, by_id: int, until: date, reason: str, now: datetime) -> Adhesion:
    """Take the badge off from today to the eve of `until`, six months at most (R1.07).

    It comes back by itself that day. Raises Adhesion.DoesNotExist or AdhesionRefused.
    """
    adhesion = locked(adhesion_id)
    put_suspension(adhesion, by_id=by_id, until=until, reason=reason, now=now)
    tell(adhesion, "charter_suspended", now=now)
    return adhesion


def put_suspension(
    adhesion: Adhesion, *, by_id: int | None, until: date, reason: str, now: datetime
) -> None:
    """Suspend an adhesion that the caller holds; whoever calls tells the company."""
    today = timezone.localdate(now)
    require_move(adhesion, AdhesionEventKind.SUSPENDED, now=now)
    last = add_months(today, rules().suspension_most_months)
    if not today < until <= last:
        raise AdhesionRefused(
            _("Une suspension finit après aujourd’hui, et le %(day)s au plus tard.")
            % {"day": date_format(last, "DATE_FORMAT")}
        )
    adhesion.suspended_on, adhesion.suspended_until = today, until
    adhesion.check_note = given(reason)[:LONGEST_NOTE]
    move(adhesion, AdhesionEventKind.SUSPENDED, by_id=by_id, now=now, reason=adhesion.check_note)


@transaction.atomic(durable=True)
def resume(*, adhesion_id: int, by_id: int | None, reason: str = "", now: datetime) -> Adhesion:
    """Lift a suspension, before its day or on it. Raises as `suspend`."""
    adhesion = locked(adhesion_id)
    lift(adhesion, by_id=by_id, reason=reason, now=now)
    return adhesion


def lift(adhesion: Adhesion, *, by_id: int | None, reason: str = "", now: datetime) -> None:
    """Lift the suspension of an adhesion that the caller holds, and say so."""
    require_move(adhesion, AdhesionEventKind.RESUMED, now=now)
    assert adhesion.suspended_until is not None
    adhesion.suspended_until = min(adhesion.suspended_until, timezone.localdate(now))
    adhesion.check_note = ""
    move(adhesion, AdhesionEventKind.RESUMED, by_id=by_id, now=now, reason=reason)
    tell(adhesion, "charter_resumed", now=now)


@transaction.atomic(durable=True)
def withdraw(*, adhesion_id: int, by_id: int, reason: str, now: datetime) -> Adhesion:
    """Withdraw the right to refer to the charter: no new adhesion for 24 months (R1.07).

    Raises as `suspend`.
    """
    adhesion = locked(adhesion_id)
    put_withdrawal(adhesion, by_id=by_id, reason=reason, now=now)
    again = add_months(timezone.localdate(now), rules().readmission_months)
    tell(adhesion, "charter_withdrawn", now=now, again_on=again)
    return adhesion


def put_withdrawal(adhesion: Adhesion, *, by_id: int | None, reason: str, now: datetime) -> None:
    """Withdraw an adhesion that the caller holds; whoever calls tells the company."""
    adhesion.check_note = given(reason)[:LONGEST_NOTE]
    end(adhesion, AdhesionEventKind.WITHDRAWN, by_id=by_id, now=now, reason=adhesion.check_note)
