"""Audits of members: the yearly draw, those that complaints ask for, and what was found.

Rules 1.5 A and M8: 10 % of the members a year, drawn by a public value fixed in advance, and every
member whose burden of complaints (L) is above 2.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.charter.rules import rules
from directory.enums import AuditLevel, AuditOrigin, TrustSource
from directory.models import Adhesion, Audit, AuditDraw, Provider, TrustEvent
from directory.services import trust, trust_computing
from directory.services.telling import people_of, tell_each
from directory.trust import sampling
from directory.trust.events import Kind
from directory.trust.formula import compute
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch

AGAIN_AFTER = timedelta(days=365)  # complaints ask for one audit a year
_BURDENSOME = ("conciliated_fast", "conciliated_late", "no_reply", "upheld")


class AuditRefused(DomainError):
    """The audit, or the draw, cannot be written so."""


@transaction.atomic(durable=True)
def announce_draw(*, now: datetime) -> AuditDraw | None:
    """Fix the members and the value of this year's draw, once; None when it is not the time.

    From the day of the rules on, and as soon as there is a member.
    """
    today = timezone.localdate(now)
    if today < rules().audit_announced_on(today.year):
        return None
    if AuditDraw.objects.filter(year=today.year).exists():
        return None
    members = Adhesion.objects.in_force(on=today).values_list("siren", flat=True)
    population = sorted(set(members))
    if not population:
        return None
    value_on = today + timedelta(days=rules().audit_value_days)
    draw, _is_new = AuditDraw.objects.get_or_create(
        year=today.year,
        defaults={"announced_on": today, "value_on": value_on, "population": population},
    )
    touch()
    return draw


@transaction.atomic(durable=True)
def draw_sample(*, draw_id: int, numbers: str, by_id: int, now: datetime) -> list[Audit]:
    """Draw the members to audit from the numbers of the Loto; they are told.

    Raises AuditDraw.DoesNotExist, AuditRefused (before the day, drawn already, not such numbers).
    """
    draw = AuditDraw.objects.select_for_update(of=("self",)).get(pk=draw_id)
    today = timezone.localdate(now)
    if draw.value:
        raise AuditRefused(_("Ce tirage est fait : il ne change plus."))
    if today < draw.value_on:
        raise AuditRefused(_("Les numéros ne sont pas encore sortis."))
    try:
        draw.value = sampling.value_of(numbers)
    except ValueError as error:
        raise AuditRefused(
            _(
                "Écrivez les cinq numéros, de 1 à 49, puis le numéro chance, de 1 à 10 : "
                "5-12-23-34-45-7."
            )
        ) from error
    draw.drawn_at, draw.drawn_by_id = now, by_id
    draw.save()
    touch()
    found = [_open(siren, AuditOrigin.DRAWN, draw=draw, now=now) for siren in draw.drawn]
    return [audit for audit in found if audit is not None]


def open_for_complaints(*, now: datetime) -> int:
    """Open the audits that complaints ask for; return how many. Safe to run twice."""
    today = timezone.localdate(now)
    version = trust_computing.version_on(today)
    if version is None:
        return 0
    blamed = TrustEvent.objects.filter(
        kind=Kind.COMPLAINT, payload__outcome__in=_BURDENSOME, file__provider__isnull=False
    )
    opened = 0
    for file_id, siret in (
        blamed.order_by("file_id").values_list("file_id", "file__provider__company__siret")
    ).distinct():
        rows = trust_computing.ledger_of(file_id, up_to=2**62)
        result = compute([row.event() for row in rows], version.parameters, today)
        if result.load > rules().audit_complaint_load:
            opened += _open_again(siret[:9], now=now)
    return opened


@transaction.atomic(durable=True)
def _open_again(siren: str, *, now: datetime) -> bool:
    recent = Audit.objects.filter(
        adhesion__siren=siren, opened_at__gt=now - AGAIN_AFTER, dropped_at=None
    )
    if recent.exists():
        return False
    return _open(siren, AuditOrigin.COMPLAINTS, now=now) is not None


def reopen_drawn(*, now: datetime) -> int:
    """Open the audits of those drawn lately who had left, and are members again; return how many.

    Leaving and signing again spares nobody the audit. Safe to run twice.
    """
    opened = 0
    for draw in AuditDraw.objects.filter(drawn_at__gt=now - AGAIN_AFTER).order_by("pk"):
        rows = Audit.objects.recorded().filter(
            adhesion__siren__in=draw.drawn, done_on__gte=draw.value_on
        )
        audited = set(rows.values_list("adhesion__siren", flat=True))
        for siren in draw.drawn:
            if siren not in audited:
                opened += _reopen(siren, draw, now=now)
    return opened


@transaction.atomic(durable=True)
def _reopen(siren: str, draw: AuditDraw, *, now: datetime) -> bool:
    return _open(siren, AuditOrigin.DRAWN, draw=draw, now=now) is not None


def _open(
    siren: str, origin: AuditOrigin, *, draw: AuditDraw | None = None, now: datetime
) -> Audit | None:
    """Open an audit of a member and tell it; None when it left, or has one to do already."""
    rows = Adhesion.objects.standing().select_for_update(of=("self",)).select_related("company")
    adhesion = rows.filter(siren=siren).first()
    if adhesion is None or Audit.objects.to_do().filter(adhesion__siren=siren).exists():
        return None
    due_on = timezone.localdate(now) + timedelta(days=rules().audit_days)
    audit = Audit.objects.create(
        adhesion=adhesion, origin=origin, draw=draw, opened_at=now, due_on=due_on
    )
    tell_each(
        people_of(adhesion.company_id),
        "charter_audit",
        occasion=str(audit.pk),
        now=now,
        company=adhesion.company,
        audit=audit,
    )
    return audit


@transaction.atomic(durable=True)
def record_audit(
    *,
    adhesion_id: int,
    level: AuditLevel,
    points: int | None,
    on: date,
    minutes: str,
    by_id: int,
    now: datetime,
) -> Audit:
    """Write what an audit found, in the register and in the ledgers of the member's cards.

    It closes the audit that was to do, if there is one. A fall that it causes shows after its
    notice. Raises Adhesion.DoesNotExist, AuditRefused (it does not stand, a day that cannot be, no
    points, an audit of the same day).
    """
    rows = Adhesion.objects.select_for_update(of=("self",)).select_related("company")
    adhesion = rows.get(pk=adhesion_id)
    if not adhesion.is_standing or adhesion.starts_on is None:
        raise AuditRefused(_("Cette adhésion n’est pas en vigueur."))
    if not adhesion.starts_on <= on <= timezone.localdate(now):
        raise AuditRefused(_("L’audit a lieu pendant l’adhésion, aujourd’hui au plus tard."))
    is_refused = level == AuditLevel.REFUSED
    if points is None and not is_refused:
        raise AuditRefused(_("Donnez les points obtenus, de 0 à 100."))
    if Audit.objects.recorded().filter(adhesion__siren=adhesion.siren, done_on=on).exists():
        raise AuditRefused(_("Un audit de ce jour est déjà noté."))
    waiting = Audit.objects.to_do().filter(adhesion__siren=adhesion.siren).first()
    audit = waiting or Audit(adhesion=adhesion, origin=AuditOrigin.OTHER, opened_at=now, due_on=on)
    audit.done_on, audit.level, audit.minutes = on, level, minutes
    audit.points = 0 if is_refused else points
    audit.recorded_by_id, audit.recorded_at = by_id, now
    audit.save()
    cards = Provider.objects.filter(
        company__siret__startswith=adhesion.siren, published_at__isnull=False
    )
    for provider_id in cards.order_by("pk").values_list("pk", flat=True):
        _record(audit, provider_id, now=now)
    return audit


def follow_card(card: Provider, *, now: datetime) -> None:
    """Tell the ledger of a card that was just published the audits of its company."""
    rows = Audit.objects.recorded().filter(adhesion__siren=card.company.siren)
    for audit in rows.order_by("done_on", "pk"):
        _record(audit, card.pk, now=now)


def _record(audit: Audit, provider_id: int, *, now: datetime) -> None:
    assert audit.done_on is not None
    trust.record(
        provider_id=provider_id,
        kind=Kind.AUDIT,
        effective_on=audit.done_on,
        payload={"level": audit.level, "points": audit.points},
        source=TrustSource.AUDITOR,
        key=f"audit:{audit.pk}",
        now=now,
    )


@transaction.atomic(durable=True)
def drop_without_adhesion(*, now: datetime) -> int:
    """Close the audits of those who left; return how many."""
    members = Adhesion.objects.standing().values("siren")
    return Audit.objects.to_do().exclude(adhesion__siren__in=members).update(dropped_at=now)
