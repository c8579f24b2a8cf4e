"""A frozen report on paper (PDF/UA), and its list of SIREN and proofs (CSV)."""

import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from emn.lib.pdf import pdf_response, render_pdf
from emn.lib.tables import write_csv
from emn.lib.templatetags.french import euros
from observatory import funding_precision as precision
from observatory.funder_enums import ReportFormat, SizeClass
from observatory.models import FunderReport, ReportFigure, ReportLine

TEMPLATE = "observatory/report.typ"
EMBLEM = Path(settings.BASE_DIR) / "static" / "img" / "eu-emblem.svg"
MOST_SHOWN = 8  # values of one breakdown; the CSV has them all


def report_pdf(report: FunderReport) -> bytes:
    """Return the document of a frozen report, in the current language."""
    assert report.frozen_at is not None  # only what is frozen is handed over
    agreement = report.agreement
    figures = list(report.figures.prefetch_related("lines").order_by("position", "pk"))
    frozen = date_format(timezone.localtime(report.frozen_at), "DATE_FORMAT")
    data = {
        "language": "fr",
        "centre": settings.CENTRE_NAME,
        "title": _("Rapport n° %(number)s") % {"number": report.number},
        "reference": f"{agreement.reference}/{report.number}",
        "made": frozen,
        "emblem": EMBLEM.read_text(encoding="utf-8") if agreement.is_erdf else "",
        "facts": [
            [_("Convention"), str(agreement)],
            [_("Financeur"), agreement.funder],
            *([[_("Programme"), agreement.programme]] if agreement.programme else []),
            [_("Période"), period(report.from_on, report.until_on)],
            [_("Montant accordé"), euros(agreement.amount_cents)],
            [_("Dépensé à ce jour"), euros(report.spent_cents)],
            [_("Figé le"), frozen],
            *(
                [[_("Corrige"), _("le rapport n° %(n)s, qui reste tel quel")
                  % {"n": report.corrects.number}]]
                if report.corrects
                else []
            ),
        ],
        "narrative": report.narrative,
        "figures": [_figure(row) for row in figures],
        "changes": [_change(row) for row in figures if any(row.change.values())],
        "annexes": [_annex(row) for row in figures if row.line_count],
        "sha256": report.sha256,
        "words": {
            "page": _("page"), "of": _("sur"), "figures": _("Les chiffres"),
            "indicator": _("Indicateur"), "value": _("Valeur"), "target": _("Cible"),
            "cost": _("Coût par unité"), "narrative": _("Ce que nous en disons"),
            "changes": _("Ce qui change par rapport au rapport corrigé"),
            "annex": _("Les preuves"), "siren": _("SIREN"), "name": _("Nom"),
            "quantity": _("Quantité"), "proofs": _("Preuves"),
            "emblem": _("Drapeau de l’Union européenne"),
            "union": _("Cofinancé par l’Union européenne"),
            "sha256": _("Empreinte SHA-256 des chiffres, des listes et des preuves"),
            "method": _(
                "Une entreprise compte une fois par indicateur, par son SIREN. Une inscription "
                "seule ne compte jamais comme un soutien : il faut une synthèse signée ou un "
                "émargement."
            ),
        },
    }  # fmt: skip
    return render_pdf(TEMPLATE, data, at=report.frozen_at)


def report_csv(report: FunderReport) -> bytes:
    """Return one line a proof: what is counted, by which indicator, and where the proof is."""
    file = io.BytesIO()
    write_csv(file, _csv_lines(report))
    return file.getvalue()


def _csv_lines(report: FunderReport) -> Iterator[list[str]]:
    yield [
        "convention", "rapport", "indicateur", "libelle", "version", "cle", "siren", "nom",
        "taille_declaree", "naf", "intercommunalite", "quantite", "preuve", "reference", "date",
    ]  # fmt: skip
    lines = ReportLine.objects.filter(figure__report=report).select_related("figure")
    for row in lines.order_by("figure__position", "key", "pk").iterator(chunk_size=2_000):
        figure, facts = row.figure, row.facts
        head = [
            report.agreement.reference, str(report.number), figure.indicator, figure.title,
            str(figure.version), row.key, row.siren, row.name, facts.get("size", ""),
            facts.get("naf", ""), facts.get("epci", ""), str(row.quantity),
        ]  # fmt: skip
        for proof in row.proofs or [{"kind": "", "reference": "", "on": ""}]:
            yield [*head, proof["kind"], proof["reference"], proof["on"]]


def document_response(report: FunderReport, name: str) -> HttpResponse:
    """Return a paper of a frozen report; 404 while it is not written."""
    document = report.documents.filter(format=name).first()
    if document is None:
        raise Http404
    stem = f"rapport-{report.agreement_id}-{report.number}"
    content = bytes(document.content)
    if document.format == ReportFormat.PDF:
        return pdf_response(content, f"{stem}.pdf")
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{stem}.csv"'
    return response


def period(from_on: date, until_on: date) -> str:
    """Return the days in words."""
    return _("du %(start)s au %(end)s") % {
        "start": date_format(from_on, "DATE_FORMAT"),
        "end": date_format(until_on, "DATE_FORMAT"),
    }


def shown(value: Decimal | None, unit: str = "") -> str:
    """Return a value as it is read: no useless zero, its unit behind it."""
    if value is None:
        return _("sans objet")
    number = number_format(value.normalize() + 0, use_l10n=True, force_grouping=True)
    return f"{number}\N{NO-BREAK SPACE}{unit}".rstrip()


def _figure(row: ReportFigure) -> dict[str, Any]:
    return {
        "title": row.title,
        "value": shown(row.value, row.unit),
        "target": shown(row.target) if row.target is not None else "",
        "cost": euros(row.cost_cents) if row.cost_cents is not None else "",
        "parts": parts(row),
    }


def parts(row: ReportFigure) -> list[str]:
    """Return how sure it is, and its breakdowns: «Taille déclarée : Micro 3, non déclarée 2»."""
    words = {"size": _("Taille déclarée"), "naf": _("Activité"), "epci": _("Territoire")}
    sizes = {value: str(label) for value, label in SizeClass.choices}
    found = precision.of_figure(row)
    for name, label in words.items():
        counts = sorted(row.breakdown.get(name, {}).items(), key=lambda pair: (-pair[1], pair[0]))
        if not any(value for value, _count in counts):
            continue
        said = [
            f"{sizes.get(value, value) or _('non connu')} {count}"
            for value, count in counts[:MOST_SHOWN]
        ]
        rest = len(counts) - MOST_SHOWN
        if rest > 0:
            said.append(ngettext("%(n)d autre", "%(n)d autres", rest) % {"n": rest})
        found.append(f"{label}\N{NO-BREAK SPACE}: {', '.join(said)}")
    return found


def _change(row: ReportFigure) -> dict[str, Any]:
    words = {"added": _("Ajoutés"), "removed": _("Retirés"), "changed": _("Modifiés")}
    return {
        "title": row.title,
        "lines": [
            f"{label}\N{NO-BREAK SPACE}: {', '.join(row.change[name])}"
            for name, label in words.items()
            if row.change[name]
        ],
    }


def _annex(row: ReportFigure) -> dict[str, Any]:
    lines = sorted(row.lines.all(), key=lambda line: line.key)
    return {
        "title": f"{row.title} ({shown(row.value, row.unit)})",
        "rows": [
            [
                line.siren or line.key,
                line.name,
                shown(line.quantity),
                "; ".join(
                    f"{proof['kind']} {proof['reference']}, {_day(proof['on'])}"
                    for proof in line.proofs
                ),
            ]
            for line in lines
        ],
    }


def _day(iso: str) -> str:
    return date_format(date.fromisoformat(iso), "SHORT_DATE_FORMAT")
