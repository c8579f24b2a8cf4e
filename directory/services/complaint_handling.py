"""The secretariat’s side of a complaint: acknowledged, weighed, conciliated, referred.

Each decision carries its words to the parties, and is refused when the complaint has moved.
Source: rules R1.04, R1.05.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.complaints import scope
from directory.enums import (
    ComplaintEventKind,
    ComplaintKind,
    ComplaintStatus,
    InadmissibleReason,
)
from directory.models import Adhesion, Complaint
from directory.services.complaints import (
    ComplaintRefused,
    conclude,
    locked,
    move,
    people_against,
    refer_now,
    settled_outcome,
    tell_author,
    tell_provider,
)

Kind = ComplaintEventKind


@transaction.atomic(durable=True)
def acknowledge(*, complaint_id: int, by_id: int, now: datetime) -> Complaint:
    """Tell the author that a person has read the complaint, within two working days."""
    complaint = locked(complaint_id)
    complaint.acknowledged_at = now
    move(complaint, Kind.ACKNOWLEDGED, by_id=by_id, now=now)
    tell_author(complaint, "acknowledged", now=now)
    return complaint


def refusals_of(complaint: Complaint) -> list[InadmissibleReason]:
    """Return why the complaint, as it is told, lies outside the charter (R1.04)."""
    rows = Adhesion.objects.filter(siren=complaint.siren, starts_on__isnull=False)
    terms = tuple(
        (row.starts_on, min(row.expires_on, row.ended_on or row.expires_on))
        for row in rows.order_by("starts_on", "pk")
        if row.starts_on is not None and row.expires_on is not None
    )
    return scope.refusals(
        scope.Facts(
            client_kind=complaint.client_kind,
            contract_on=complaint.contract_on,
            is_lowest_price=complaint.is_lowest_price,
            terms=terms,
        )
    )


@transaction.atomic(durable=True)
def declare_inadmissible(
    *, complaint_id: int, by_id: int, reason: InadmissibleReason, words: str, now: datetime
) -> Complaint:
    """Close a complaint that lies outside the charter; the reason is sent. Raises ComplaintRefused.

    A reason that the facts as told contradict is refused: the facts are corrected first.
    """
    complaint = locked(complaint_id)
    if not words.strip():
        raise ComplaintRefused(_("Expliquez le motif : il est envoyé au plaignant."))
    computed = refusals_of(complaint)
    judged = {InadmissibleReason.NO_SUBJECT, InadmissibleReason.KNOWN}
    if reason not in judged and reason not in computed:
        raise ComplaintRefused(_("Les faits tels qu’ils sont écrits ne donnent pas ce motif."))
    complaint.refusal, complaint.refusal_words = reason, words.strip()
    move(complaint, Kind.INADMISSIBLE, by_id=by_id, now=now)
    tell_author(complaint, "inadmissible", now=now)
    return complaint


@transaction.atomic(durable=True)
def correct_facts(*, complaint_id: int, values: dict[str, Any], by_id: int, now: datetime) -> None:
    """Correct, while it is examined, the facts that the scope is read of.

    `values`: client_kind, contract_on, is_lowest_price, kind, clause. Raises ComplaintRefused.
    """
    complaint = locked(complaint_id)
    if complaint.status not in {ComplaintStatus.RECEIVED, ComplaintStatus.ACKNOWLEDGED}:
        raise ComplaintRefused(_("Les faits ne se corrigent que pendant l’examen."))
    for name in ("client_kind", "contract_on", "is_lowest_price", "kind", "clause"):
        setattr(complaint, name, values[name])
    complaint.save()


def was_noticed(complaint: Complaint) -> bool:
    """Whether the provider was already called upon to mention the charter (F1.07)."""
    earlier = Complaint.objects.filter(siren=complaint.siren, kind=ComplaintKind.PUBLICITY)
    return earlier.filter(status=ComplaintStatus.NOTICED).exclude(pk=complaint.pk).exists()


@transaction.atomic(durable=True)
def give_notice(*, complaint_id: int, by_id: int, words: str, now: datetime) -> Complaint:
    """Call upon a provider to mention the charter, the first time it did not (F1.07).

    Raises ComplaintRefused (a breach, a second time, out of scope, nobody to write to).
    """
    complaint = locked(complaint_id)
    if complaint.kind != ComplaintKind.PUBLICITY:
        raise ComplaintRefused(_("Seul un défaut de mention se règle par une mise en demeure."))
    if was_noticed(complaint):
        raise ComplaintRefused(_("Ce prestataire l’a déjà été : l’affaire va au comité."))
    _require_within_scope(complaint)
    if not words.strip():
        raise ComplaintRefused(_("Dites ce que le prestataire doit corriger."))
    complaint.settlement = words.strip()
    move(complaint, Kind.NOTICED, by_id=by_id, now=now)
    for tell in (tell_author, tell_provider):
        tell(complaint, "noticed", now=now)
    return complaint


@transaction.atomic(durable=True)
def admit(
    *, complaint_id: int, by_id: int, severity: int, grounds: str, now: datetime
) -> Complaint:
    """Weigh a complaint and send it to the provider, who has 15 days to answer.

    Raises ComplaintRefused (out of scope, no grounds, a first lack of mention, nobody to write to).
    """
    complaint = locked(complaint_id)
    _require_within_scope(complaint)
    if not grounds.strip():
        raise ComplaintRefused(_("Motivez la gravité : le prestataire lit ces motifs."))
    if complaint.kind == ComplaintKind.PUBLICITY and not was_noticed(complaint):
        raise ComplaintRefused(_("La première fois, le prestataire est mis en demeure."))
    complaint.severity, complaint.grounds, complaint.admitted_at = severity, grounds.strip(), now
    move(complaint, Kind.ADMITTED, by_id=by_id, now=now)
    conclude(complaint, "pending", now=now)
    for tell in (tell_author, tell_provider):
        tell(complaint, "admitted", now=now)
    return complaint


def _require_within_scope(complaint: Complaint) -> None:
    if out := refusals_of(complaint):
        raise ComplaintRefused(
            _("Hors du champ de la charte : %(reason)s. Déclarez la plainte irrecevable.")
            % {"reason": out[0].label}
        )
    if not people_against(complaint).exists():
        raise ComplaintRefused(
            _("Personne n’a de compte actif chez ce prestataire : invitez-le d’abord.")
        )


@transaction.atomic(durable=True)
def note_settlement(*, complaint_id: int, by_id: int, words: str, now: datetime) -> Complaint:
    """End a complaint by an agreement of the parties. Raises ComplaintRefused."""
    complaint = locked(complaint_id)
    if not words.strip():
        raise ComplaintRefused(_("Écrivez l’accord : il est envoyé aux deux parties."))
    complaint.settlement = words.strip()
    move(complaint, Kind.CONCILIATED, by_id=by_id, now=now)
    conclude(complaint, settled_outcome(complaint, now=now), now=now)
    for tell in (tell_author, tell_provider):
        tell(complaint, "conciliated", now=now)
    return complaint


@transaction.atomic(durable=True)
def refer(*, complaint_id: int, by_id: int, ground: str, now: datetime) -> Complaint:
    """Seize the committee: conciliation failed, no reply came, or a court is seized.

    Before the end of the provider’s delay only a court action opens that way. Raises
    ComplaintRefused.
    """
    complaint = locked(complaint_id)
    if not ground.strip():
        raise ComplaintRefused(_("Dites pourquoi le comité est saisi."))
    if complaint.status == ComplaintStatus.REPLY and complaint.court_since is None:
        raise ComplaintRefused(_("Le prestataire peut encore répondre."))
    refer_now(complaint, ground=ground.strip(), by_id=by_id, now=now)
    return complaint


@transaction.atomic(durable=True)
def note_court(*, complaint_id: int, by_id: int, since: date, now: datetime) -> Complaint:
    """Note that a court is seized: the clock of conciliation stops, not the committee’s."""
    complaint = locked(complaint_id)
    if complaint.court_since is not None:
        raise ComplaintRefused(_("Cette action est déjà notée."))
    if since > timezone.localdate(now):
        raise ComplaintRefused(_("Ce jour est à venir."))
    complaint.court_since = since
    move(complaint, Kind.COURT, by_id=by_id, now=now)
    return complaint


@transaction.atomic(durable=True)
def end_court(*, complaint_id: int, by_id: int, now: datetime) -> Complaint:
    """Note that the court is not seized any more: the days it stopped are given back."""
    complaint = locked(complaint_id)
    if complaint.court_since is None:
        raise ComplaintRefused(_("Aucune action en justice n’est notée."))
    if complaint.is_stopped and complaint.due_on and complaint.conciliation_on:
        began = max(complaint.court_since, complaint.conciliation_on)
        days = (timezone.localdate(now) - began).days
        complaint.court_stopped_days += days
        complaint.due_on += timedelta(days=days)
    complaint.court_since = None
    move(complaint, Kind.COURT_ENDED, by_id=by_id, now=now)
    return complaint
