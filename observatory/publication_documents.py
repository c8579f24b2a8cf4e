"""A publication as a PDF (PDF/UA): the same words and figures as its page, in French."""

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from emn.lib.pdf import render_pdf
from observatory.models import Publication, PublicationPart
from observatory.publication_reading import Section, method_lines, sections_of

TEMPLATE = "observatory/publications/publication.typ"


def publication_pdf(publication: Publication, parts: Sequence[PublicationPart]) -> bytes:
    """Return the document of a publication; the same one gives the same bytes."""
    assert publication.published_at is not None
    with override(settings.LANGUAGE_CODE):
        edition = publication.edition
        data: dict[str, Any] = {
            "language": settings.LANGUAGE_CODE,
            "centre": settings.CENTRE_NAME,
            "title": publication.title,
            "kind": publication.get_kind_display().capitalize(),
            "summary": publication.summary,
            "reference": publication.reference,
            "address": settings.PUBLIC_URL + publication.get_absolute_url(),
            "made": date_format(timezone.localtime(publication.published_at), "DATE_FORMAT"),
            "erratum": publication.erratum,
            "is_volunteers": bool(edition and edition.method["weighting"] == "volunteers"),
            "sections": [_section(section) for section in sections_of(publication, parts)],
            "method": method_lines(edition) if edition else [],
            "words": {
                "page": _("page"), "of": _("sur"), "method": _("Méthode"),
                "erratum": _("Erratum"), "option": _("Réponse"), "share": _("Part"),
                "interval": _("Intervalle à 95 %"), "chart": _("Parts de la réponse"),
                "volunteers": _("Échantillon de volontaires : ces parts ne valent que pour eux."),
                "marks": _("« s » : secret statistique. « n.s. » : non significatif."),
            },
        }  # fmt: skip
        return render_pdf(TEMPLATE, data, at=publication.published_at)


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": section.part.title,
        "paragraphs": [
            " ".join(paragraph.split())
            for paragraph in re.split(r"\r?\n\s*\n", section.part.text)
            if paragraph.strip()
        ],
        "question": section.question,
        "blocks": [
            {
                "domain": block.domain,
                "lines": [
                    {"label": line.label, "share": line.share, "interval": line.interval,
                     "percent": line.percent}
                    for line in block.lines
                ],
            }
            for block in section.blocks
        ],
    }  # fmt: skip
