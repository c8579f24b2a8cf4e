"""The report as a PDF (PDF/UA): the same words as the page."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from diagnostics.benchmark_words import Beside, beside_headings, frozen_beside
from diagnostics.drawing import radar
from diagnostics.progress_words import (
    ProgressReport,
    frozen_progress,
    progress_data,
    progress_headings,
)
from diagnostics.reports import MeasureLine, PlanLine, Report
from diagnostics.voice_words import VoiceReport, frozen_voices, voice_headings
from emn.lib.pdf import render_pdf

TEMPLATE = "diagnostics/report.typ"


def report_pdf(
    report: Report, *, plan: PlanLine, reference: str,
    progress: ProgressReport | None = None, others: Beside | None = None,
    voices: VoiceReport | None = None,
) -> bytes:  # fmt: skip
    """Return the document of a report, with one plan; the same report gives the same bytes."""
    language = get_language() or "fr"
    scores = [axis.score for axis in report.axes]
    data: dict[str, Any] = {
        "language": language,
        "centre": settings.CENTRE_NAME,
        "title": _("Mon diagnostic numérique"),
        "reference": reference,
        "made": date_format(timezone.localtime(report.finished_at), "DATE_FORMAT"),
        "basis": report.basis,
        "score": report.score,
        "band": report.band,
        "axes": [
            {
                "number": axis.number,
                "title": axis.title,
                "score": axis.score,
                "band": axis.band,
                "basis": axis.basis,
            }
            for axis in report.axes
        ],
        "radar": _radar(scores),
        "reds": [{"title": red.title, "why": red.why} for red in report.reds],
        "measures": [_measure(line) for line in report.first],
        "others": [line.title for line in report.others],
        "plan": {
            "title": _("Avec %(budget)s et %(hours)s heures par mois, pendant %(months)s mois")
            % {
                "budget": plan.budget_words,
                "hours": plan.hours_a_month,
                "months": report.months,
            },
            "measures": [
                {"title": line.title, "cost": line.cost, "hours": line.hours}
                for line in plan.measures
            ],
            "total": _("En tout : environ %(cost)s et %(hours)s heures.")
            % {"cost": plan.cost, "hours": plan.hours},
        },
        "progress": progress_data(frozen_progress(progress)),
        "beside": frozen_beside(others),
        "voices": frozen_voices(voices),
        "not_concerned": list(report.not_concerned),
        "unknown": list(report.unknown),
        "words": progress_headings()
        | beside_headings()
        | voice_headings()
        | {
            "page": _("page"),
            "of": _("sur"),
            "made": _("Fait le"),
            "version": _("Référentiel %(version)s") % {"version": report.version},
            "snapshot": _("Ce diagnostic est une photographie, pas un audit."),
            "whole": _("Ensemble"),
            "whole_none": _("Trop peu de thèmes sont connus pour une note d’ensemble."),
            "axis": _("Thème"),
            "score": _("Note sur 100"),
            "level": _("Niveau"),
            "none": _("pas de note"),
            "radar": _("Les sept notes en étoile ; le tableau ci-dessous dit la même chose."),
            "axes": _("Vos sept thèmes"),
            "reds": _("À régler tout de suite"),
            "measures": _("Par quoi commencer"),
            "no_measure": _("Rien d’urgent : vos réponses n’appellent aucune action."),
            "why": _("Pourquoi"),
            "how": _("Comment"),
            "because": _("Votre réponse à"),
            "action": _("Action"),
            "cost": _("Coût"),
            "time": _("Temps"),
            "plan": _("Votre plan"),
            "empty_plan": _("Aucune action ne tient dans ce budget et ces heures."),
            "others": _("Ensuite"),
            "not_concerned": _("Ce qui ne vous concerne pas"),
            "unknown": _("Ce que vous ne saviez pas"),
            "contact": _("Une question ? %(email)s") % {"email": settings.CONTACT_EMAIL},
        },
    }
    return render_pdf(TEMPLATE, data, at=report.finished_at)


def _measure(line: MeasureLine) -> dict[str, Any]:
    return {
        "title": line.title,
        "why": line.why,
        "how": line.how,
        "cost": line.cost,
        "hours": line.hours,
        "difficulty": line.difficulty,
        "because": list(line.because),
        "is_red": line.is_red,
        "resource": list(line.resource) if line.resource else None,
    }


def _radar(scores: list[int | None]) -> dict[str, Any]:
    drawn = radar(scores)
    return {
        "rings": [_points(ring) for ring in drawn.rings],
        "spokes": [
            {
                "number": spoke.number,
                "end": [float(value) for value in spoke.end],
                "label": [float(value) for value in spoke.label],
                "dot": [float(value) for value in spoke.dot] if spoke.dot else None,
            }
            for spoke in drawn.spokes
        ],
        "shape": _points(drawn.shape),
    }


def _points(text: str) -> list[list[float]]:
    return [[float(value) for value in point.split(",")] for point in text.split()]
