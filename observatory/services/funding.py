"""Composing a report for a funder: asked for, computed by the worker, written up, frozen."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from emn.lib.clocks import each
from emn.lib.commit import after_commit
from emn.lib.errors import DomainError
from observatory.funder_enums import ReportState
from observatory.funding.figures import (
    Line,
    breakdown,
    cost_per_effect,
    delta,
    digest,
    value_of,
)
from observatory.funding_precision import precision
from observatory.funding_queries import FACTS, INDICATORS, with_facts
from observatory.funding_span import Span
from observatory.models import Agreement, AgreementObjective, FunderReport, ReportLine
from observatory.tasks import compose_report, count_agreement, write_report

LANGUAGE = "fr"  # of what is handed to the funders
STALE_AFTER = timedelta(minutes=15)
BATCH = 500
CENT = Decimal("0.01")


class ReportRefused(DomainError):
    """This cannot be done of the report now."""


# --- Live figures ---


@transaction.atomic(durable=True)
def ask_count(*, agreement_id: int) -> Agreement:
    """Have the worker count the objectives now. Raises Agreement.DoesNotExist."""
    agreement = Agreement.objects.get(pk=agreement_id)
    after_commit(partial(count_agreement.delay, agreement_id=agreement.pk))
    return agreement


def count(*, agreement_id: int, now: datetime) -> int:
    """Count each objective from the first day of the agreement; return how many."""
    agreement = Agreement.objects.get(pk=agreement_id)
    span = Span(agreement.starts_on, min(agreement.ends_on, timezone.localdate(now)))
    objectives = list(agreement.objectives.order_by("pk"))
    for objective in objectives:
        indicator = INDICATORS[objective.indicator]
        lines = indicator.lines(span)
        objective.value = value_of(lines, indicator.how)
        objective.precision = precision(indicator.key, [line.quantity for line in lines])
    _write_counts(agreement, objectives, now)
    return len(objectives)


@transaction.atomic(durable=True)
def _write_counts(
    agreement: Agreement, objectives: list[AgreementObjective], now: datetime
) -> None:
    AgreementObjective.objects.bulk_update(objectives, ["value", "precision"])
    Agreement.objects.filter(pk=agreement.pk).update(counted_at=now)


def count_running(*, now: datetime) -> int:
    """Count the objectives of the agreements that run, or have just ended."""
    today = timezone.localdate(now)
    running = Agreement.objects.filter(starts_on__lte=today, ends_on__gte=today - timedelta(days=1))
    keys = list(running.order_by("pk").values_list("pk", flat=True))
    return each(keys, lambda key, now: count(agreement_id=key, now=now), now=now)


# --- Reports ---


@transaction.atomic(durable=True)
def ask_report(
    *, agreement_id: int, from_on: date, until_on: date, user_id: int, now: datetime
) -> FunderReport:
    """Have the worker compute a report of these days.

    Raises Agreement.DoesNotExist, or ReportRefused (days outside the agreement, days to come, no
    objective).
    """
    agreement = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement_id)
    if not agreement.starts_on <= from_on <= until_on <= agreement.ends_on:
        raise ReportRefused(_("La période doit tenir entre les jours de la convention."))
    if until_on > timezone.localdate(now):
        raise ReportRefused(_("Un rapport s’arrête aujourd’hui au plus tard."))
    if not agreement.objectives.exists():
        raise ReportRefused(_("Ajoutez d’abord les indicateurs que la convention suit."))
    return _ask(agreement, from_on=from_on, until_on=until_on, user_id=user_id, now=now)


@transaction.atomic(durable=True)
def ask_correction(*, report_id: int, user_id: int, now: datetime) -> FunderReport:
    """Have a frozen report computed again over the same days; both stay, and tell the delta.

    Raises FunderReport.DoesNotExist, or ReportRefused (not frozen).
    """
    report = FunderReport.objects.select_related("agreement").get(pk=report_id)
    if not report.is_frozen:
        raise ReportRefused(_("Seul un rapport figé se corrige : celui-ci change encore."))
    agreement = Agreement.objects.select_for_update(of=("self",)).get(pk=report.agreement_id)
    return _ask(
        agreement, from_on=report.from_on, until_on=report.until_on, user_id=user_id, now=now,
        corrects=report,
    )  # fmt: skip


def _ask(agreement: Agreement, *, user_id: int, now: datetime, **values: Any) -> FunderReport:
    """Add a report under the next number; the agreement is locked."""
    last = agreement.reports.aggregate(last=Max("number"))["last"] or 0
    report = agreement.reports.create(
        number=last + 1, created_at=now, created_by_id=user_id,
        steps=agreement.objectives.count(), spent_cents=agreement.spent_cents, **values,
    )  # fmt: skip
    after_commit(partial(compose_report.delay, report_id=report.pk))
    return report


def compose(*, report_id: int, now: datetime) -> bool:
    """Compute every figure, one transaction each; return False when another has it, or did it.

    A worker that dies leaves it to the next, which begins again.
    """
    free = FunderReport.objects.filter(_free(now), pk=report_id)
    if not free.update(state=ReportState.RUNNING, alive_at=now, step=0):
        return False
    report = FunderReport.objects.select_related("agreement").get(pk=report_id)
    try:
        with translation.override(LANGUAGE):
            report.figures.all().delete()
            for step, objective in enumerate(report.agreement.objectives.order_by("pk"), start=1):
                _write_figure(report, objective, step)
                if not _mine(report).update(step=step, alive_at=timezone.now()):
                    return False
                report.refresh_from_db(fields=["alive_at"])
    except Exception:
        _mine(report).update(state=ReportState.FAILED)
        raise
    return bool(_mine(report).update(state=ReportState.READY, computed_at=now))


def _free(now: datetime) -> Q:
    """Say which reports nobody is computing."""
    dead = Q(state=ReportState.RUNNING, alive_at__lt=now - STALE_AFTER)
    return Q(state__in=[ReportState.WAITING, ReportState.FAILED]) | dead


def _mine(report: FunderReport) -> Any:
    return FunderReport.objects.filter(
        pk=report.pk, state=ReportState.RUNNING, alive_at=report.alive_at
    )


@transaction.atomic(durable=True)
def _write_figure(report: FunderReport, objective: AgreementObjective, position: int) -> None:
    indicator = INDICATORS[objective.indicator]
    lines = with_facts(indicator.lines(Span(report.from_on, report.until_on)), on=report.until_on)
    value = value_of(lines, indicator.how)
    figure = report.figures.create(
        position=position, indicator=indicator.key, version=indicator.version,
        title=str(indicator.title), unit=str(indicator.unit), value=value,
        target=objective.target, line_count=len(lines),
        cost_cents=cost_per_effect(report.spent_cents, value) if indicator.has_cost else None,
        breakdown=breakdown((line for line in lines if line.siren), FACTS),
        change=_change(report, indicator.key, lines),
        sha256=digest([_said(line) for line in lines]),
    )  # fmt: skip
    ReportLine.objects.bulk_create(
        [
            ReportLine(
                figure=figure, key=line.key, siren=line.siren, name=line.name[:200],
                quantity=line.quantity, proofs=[proof.written() for proof in line.proofs],
                facts=line.facts,
            )
            for line in lines
        ],
        batch_size=BATCH,
    )  # fmt: skip


def _said(line: Line) -> list[Any]:
    """Return what a line says, for the imprint of its figure."""
    proofs = [proof.written() for proof in line.proofs]
    return [line.key, line.siren, line.name[:200], f"{line.quantity:.2f}", proofs, line.facts]


def _change(report: FunderReport, indicator: str, lines: list[Line]) -> dict[str, list[str]]:
    """Return what a correction changes of the frozen figure; nothing of another report."""
    if report.corrects_id is None:
        return {}
    frozen = ReportLine.objects.filter(
        figure__report=report.corrects_id, figure__indicator=indicator
    )
    before = dict(frozen.order_by("pk").values_list("key", "quantity"))
    after = {line.key: line.quantity.quantize(CENT) for line in lines}
    return {name: list(keys) for name, keys in asdict(delta(before, after)).items()}


@transaction.atomic(durable=True)
def write_narrative(*, report_id: int, narrative: str) -> FunderReport:
    """Keep what the centre says of its figures. Raises ReportRefused (not a draft)."""
    report = _draft(report_id)
    report.narrative = narrative.strip()
    report.save(update_fields=["narrative"])
    return report


@transaction.atomic(durable=True)
def freeze(*, report_id: int, user_id: int, now: datetime) -> FunderReport:
    """Freeze a draft for good, with its lists and proofs; have its papers written.

    Raises FunderReport.DoesNotExist, or ReportRefused (not a draft).
    """
    report = _draft(report_id)
    report.sha256 = digest(content_of(report))
    report.state, report.frozen_at, report.frozen_by_id = ReportState.FROZEN, now, user_id
    report.save(update_fields=["sha256", "state", "frozen_at", "frozen_by"])
    after_commit(partial(write_report.delay, report_id=report.pk))
    return report


@transaction.atomic(durable=True)
def discard(*, report_id: int) -> None:
    """Delete a report that was never frozen. Raises ReportRefused (frozen, being computed)."""
    report = FunderReport.objects.select_for_update(of=("self",)).get(pk=report_id)
    if report.state not in {ReportState.READY, ReportState.FAILED}:
        raise ReportRefused(_("Ce rapport est figé, ou en cours de calcul : il reste."))
    report.delete()


def _draft(report_id: int) -> FunderReport:
    rows = FunderReport.objects.select_for_update(of=("self",)).select_related("agreement")
    report = rows.get(pk=report_id)
    if report.state != ReportState.READY:
        raise ReportRefused(_("Ce rapport n’est pas un brouillon : il ne change pas."))
    return report


def content_of(report: FunderReport) -> dict[str, Any]:
    """Return all that a report says, its lists by their imprints: its own imprint is made of it."""
    return {
        "agreement": report.agreement.reference,
        "number": report.number,
        "days": [report.from_on.isoformat(), report.until_on.isoformat()],
        "narrative": report.narrative,
        "spent_cents": report.spent_cents,
        "figures": [
            {
                "indicator": row.indicator, "version": row.version, "title": row.title,
                "unit": row.unit, "value": None if row.value is None else str(row.value),
                "target": None if row.target is None else str(row.target),
                "change": row.change, "lines": row.sha256,
            }
            for row in report.figures.order_by("position", "pk")
        ],
    }  # fmt: skip


def compose_left(*, now: datetime) -> int:
    """Compute the reports that a dead broker or worker left; return how many."""
    rows = FunderReport.objects.filter(_free(now), created_at__lt=now - STALE_AFTER)
    left = rows.exclude(state=ReportState.FAILED).order_by("pk").values_list("pk", flat=True)
    return each(list(left), lambda key, now: compose(report_id=key, now=now), now=now)
