"""What is issued of a signed visit, as PDF/UA: report, attestation of aid (R7.10, R7.12).

Both say what was signed, word for word, with its SHA-256.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from diagnostics.aid import DE_MINIMIS, NONE, RGEC, SIEG
from diagnostics.benchmark_words import beside_headings
from diagnostics.models import Diagnostic, VisitSignature
from diagnostics.progress_words import progress_data, progress_headings
from diagnostics.reports import euros
from diagnostics.voice_words import voice_headings
from emn.lib.pdf import render_pdf
from events.drawings import svg

REPORT, ATTESTATION = "diagnostics/visit.typ", "diagnostics/attestation.typ"
REFERENCE_SIGNS = 8
CENTS = 100


def visit_report_pdf(diagnostic: Diagnostic, signatures: Iterable[VisitSignature]) -> bytes:
    """Return the report of a signed visit; run and synthesis are loaded."""
    shown = diagnostic.synthesis.shown
    data = _common(diagnostic, shown) | {
        "title": _("Pré-diagnostic numérique"),
        "score": shown["score"],
        "axes": shown["axes"],
        "progress": progress_data(shown.get("progress")),
        "beside": shown.get("beside"),
        "voices": shown.get("voices"),
        "gaps": shown["gaps"],
        "strengths": [line for line in shown["strengths"] if line],
        "risks": [line for line in shown["risks"] if line],
        "priorities": [
            {"text": line["text"], "who": line["who"], "due": _day(line["due_on"])}
            for line in shown["priorities"]
            if line["text"]
        ],
        "measures": [
            {
                "title": line["title"],
                "cost": euros(line["cost"]),
                "hours": _("%(hours)s h") % {"hours": line["hours"]},
            }
            for line in shown["measures"]
        ],
        "signatures": [
            {
                "party": row.get_party_display(),
                "name": row.full_name,
                "at": date_format(timezone.localtime(row.signed_at), "DATETIME_FORMAT"),
                "drawing": svg(row.drawing) if row.drawing else "",
            }
            for row in signatures
        ],
        "next": _next(shown),
        "words": _words(shown)
        | progress_headings()
        | beside_headings()
        | voice_headings()
        | {
            "whole": _("Ensemble"),
            "axis": _("Thème"),
            "score": _("Note sur 100"),
            "none": _("pas de note"),
            "axes": _("Les sept thèmes"),
            "strengths": _("Trois points forts"),
            "risks": _("Trois risques"),
            "priorities": _("Trois priorités"),
            "plan": _("Le plan retenu"),
            "gaps": _("Ce qui a été constaté autrement que déclaré"),
            "action": _("Action"),
            "who": _("Qui"),
            "due": _("Pour le"),
            "cost": _("Coût"),
            "time": _("Temps"),
            "signatures": _("Signatures"),
            "drawn": _("Signature tracée à l’écran"),
        },
    }
    assert diagnostic.signed_at is not None  # only what is signed is issued
    return render_pdf(REPORT, data, at=diagnostic.signed_at)


def attestation_pdf(diagnostic: Diagnostic, _signatures: Iterable[VisitSignature]) -> bytes:
    """Return what the company keeps of the aid that the visit is, as frozen when it was signed."""
    shown = diagnostic.synthesis.shown
    aid: Mapping[str, Any] = shown["aid"]
    assert diagnostic.signed_at is not None  # only what is signed is issued
    granted = timezone.localtime(diagnostic.signed_at)
    data = _common(diagnostic, shown) | {
        "title": _("Attestation d’aide"),
        "lines": [
            [_("Prestation"), _("Pré-diagnostic numérique individuel, sur place")],
            [_("Date d’octroi"), date_format(granted, "DATE_FORMAT")],
            [_("Valeur de la prestation"), _money(aid["value_cents"])],
            [_("Prix payé par l’entreprise"), _money(aid["price_cents"])],
            [_("Équivalent-subvention brut"), _money(aid["aid_cents"])],
            [_("Régime"), _regime(aid["regime"])],
            *(
                [
                    [_("Autres aides de notre centre, en trois ans"), _money(aid["ours_cents"])],
                    [_("Autres aides déclarées par l’entreprise"), _money(aid["declared_cents"])],
                    [_("Reste sous le plafond de 300 000 €"), _money(aid["left_cents"])],
                ]
                if aid["regime"] == DE_MINIMIS
                else []
            ),
            [_("Barème"), _("version %(version)s") % {"version": aid["version"]}],
        ],
        "note": _note(aid["regime"]),
        "words": _words(shown),
    }
    return render_pdf(ATTESTATION, data, at=diagnostic.signed_at)


def _next(shown: Mapping[str, Any]) -> str:
    """Say when to meet again; empty after the last time."""
    t1, t2 = _day(shown["t1_on"]), _day(shown["t2_on"])
    if t1:
        return _("Nous nous revoyons vers le %(t1)s, puis vers le %(t2)s.") % {"t1": t1, "t2": t2}
    return _("Nous nous revoyons vers le %(t2)s.") % {"t2": t2} if t2 else ""


def _common(diagnostic: Diagnostic, shown: Mapping[str, Any]) -> dict[str, Any]:
    company = shown["company"]
    return {
        "language": "fr",
        "centre": settings.CENTRE_NAME,
        "reference": diagnostic.run_id.hex[:REFERENCE_SIGNS].upper(),
        "made": _day(shown["made_on"]),
        "company": company["name"],
        "siret": company["siret"],
        "commune": company["commune"],
        "adviser": shown["adviser"],
        "sha256": diagnostic.signatures.values_list("shown_sha256", flat=True)[0],
    }


def _words(shown: Mapping[str, Any]) -> dict[str, str]:
    return {
        "page": _("page"),
        "of": _("sur"),
        "made": _("Visite du"),
        "adviser": _("Conseiller"),
        "version": _("Référentiel %(version)s") % {"version": shown["version"]},
        "sha256": _("Empreinte SHA-256 du texte signé"),
        "contact": _("Une question ? %(email)s") % {"email": settings.CONTACT_EMAIL},
    }


def _regime(regime: str) -> str:
    return {
        NONE: _("aucun : l’action est ouverte à tous"),
        DE_MINIMIS: _("aide de minimis, règlement (UE) 2023/2831, JO L du 15 décembre 2023"),
        RGEC: _("règlement général d’exemption par catégorie, (UE) 651/2014, article 18"),
        SIEG: _("aide de minimis aux services d’intérêt économique général, (UE) 2023/2832"),
    }[regime]


def _note(regime: str) -> str:
    if regime != DE_MINIMIS:
        return ""
    return _(
        "Une entreprise unique ne reçoit pas plus de 300 000 € d’aides de minimis sur trois ans "
        "glissants. Gardez cette attestation, et ajoutez ce montant à vos prochaines déclarations. "
        "Le reste est calculé sur les seuls montants déclarés."
    )


def _money(cents: int) -> str:
    return f"{number_format(Decimal(cents) / CENTS, 2, force_grouping=True)} €"


def _day(iso: str) -> str:
    return date_format(date.fromisoformat(iso), "DATE_FORMAT") if iso else ""
