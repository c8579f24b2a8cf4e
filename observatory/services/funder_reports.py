"""What is made of a frozen report: its papers, draws of files, links for the funder."""

import hashlib
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from emn.lib.clocks import each
from observatory.funder_enums import ReportFormat, ReportState
from observatory.funding.figures import draw
from observatory.models import (
    FunderReport,
    ReportDocument,
    ReportFigure,
    ReportLine,
    ReportSample,
    ReportShare,
)
from observatory.report_documents import report_csv, report_pdf
from observatory.services.funding import LANGUAGE, ReportRefused

SAMPLE_SIZE = 10  # « 10 dossiers au hasard »


@transaction.atomic(durable=True)
def write_documents(*, report_id: int, now: datetime) -> int:
    """Write the PDF and the CSV of a frozen report; return how many. Safe to run twice."""
    rows = FunderReport.objects.select_for_update(of=("self",)).select_related(
        "agreement", "corrects"
    )
    report = rows.get(pk=report_id)
    if not report.is_frozen:
        return 0
    there = set(report.documents.values_list("format", flat=True))
    makers = {ReportFormat.PDF: report_pdf, ReportFormat.CSV: report_csv}
    missing = [name for name in makers if name not in there]
    for name in missing:
        with translation.override(LANGUAGE):
            content = makers[name](report)
        ReportDocument.objects.create(
            report=report, format=name, content=content, written_at=now,
            sha256=hashlib.sha256(content).hexdigest(),
        )  # fmt: skip
    return len(missing)


def write_missing_documents(*, now: datetime) -> int:
    """Write the papers that a lost call left unwritten; return how many."""
    written = FunderReport.objects.filter(state=ReportState.FROZEN).alias(papers=Count("documents"))
    late = written.filter(papers__lt=len(ReportFormat)).order_by("pk")
    keys = list(late.values_list("pk", flat=True)[:20])
    return each(keys, lambda key, now: write_documents(report_id=key, now=now), now=now)


@transaction.atomic(durable=True)
def draw_sample(*, figure_id: int, user_id: int, now: datetime) -> ReportSample:
    """Draw ten files of a figure at random, once more; every draw is kept.

    Raises ReportFigure.DoesNotExist, or ReportRefused (not frozen, nothing to draw).
    """
    figure = ReportFigure.objects.select_related("report").get(pk=figure_id)
    FunderReport.objects.select_for_update().get(pk=figure.report_id)
    if not figure.report.is_frozen:
        raise ReportRefused(_("Figez d’abord le rapport : le tirage porte sur une liste fixe."))
    if not figure.line_count:
        raise ReportRefused(_("Ce chiffre ne compte aucun dossier."))
    last = figure.samples.aggregate(last=Max("number"))["last"] or 0
    return figure.samples.create(
        number=last + 1, size=SAMPLE_SIZE, drawn_at=now, drawn_by_id=user_id
    )


def sampled(sample: ReportSample) -> list[ReportLine]:
    """Return the lines that a draw chose, in its order."""
    figure = sample.figure
    keys = figure.lines.order_by("key").values_list("key", flat=True)
    seed = f"{figure.report.sha256}:{figure.indicator}:{sample.number}"
    chosen = draw(keys, seed=seed, size=sample.size)
    rows = {row.key: row for row in figure.lines.filter(key__in=chosen)}
    return [rows[key] for key in chosen]


@transaction.atomic(durable=True)
def share(
    *, report_id: int, label: str, until_on: date, user_id: int, now: datetime
) -> ReportShare:
    """Open a link to a frozen report. Raises ReportRefused (not frozen, a day that is past)."""
    report = FunderReport.objects.get(pk=report_id)
    if not report.is_frozen:
        raise ReportRefused(_("Figez d’abord le rapport : un financeur ne lit rien qui change."))
    if until_on < timezone.localdate(now):
        raise ReportRefused(_("Ce jour est passé : choisissez-en un à venir."))
    return report.shares.create(
        label=label.strip(), until_on=until_on, created_at=now, created_by_id=user_id
    )


@transaction.atomic(durable=True)
def revoke(*, share_id: int, now: datetime) -> ReportShare:
    """Close a link at once; twice is once."""
    found = ReportShare.objects.select_for_update(of=("self",)).get(pk=share_id)
    if found.revoked_at is None:
        found.revoked_at = now
        found.save(update_fields=["revoked_at"])
    return found
