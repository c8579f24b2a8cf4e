"""A publication as a PDF (PDF/UA): the same words and figures as its page, in each language."""

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from emn.lib.pdf import render_pdf
from emn.lib.translated import Said
from observatory.models import PublicationPart
from observatory.publication_reading import Section, method_lines, sections_of
from observatory.publication_texts import Reading

TEMPLATE = "observatory/publications/publication.typ"


def publication_pdf(reading: Reading, parts: Sequence[PublicationPart]) -> bytes:
    """Return the document of a publication; the same words give the same bytes.

    What is not translated stands in French, and is marked as such for whoever listens.
    """
    publication = reading.publication
    assert publication.published_at is not None
    with override(reading.language):
        edition = publication.edition
        data: dict[str, Any] = {
            "language": reading.language,
            "centre": settings.CENTRE_NAME,
            "title": _marked(reading.title),
            "kind": publication.get_kind_display().capitalize(),
            "summary": _marked(reading.summary),
            "note": _note(reading, parts),
            "reference": publication.reference,
            "address": settings.PUBLIC_URL + publication.get_absolute_url(),
            "made": date_format(timezone.localtime(publication.published_at), "DATE_FORMAT"),
            "erratum": _marked(reading.erratum),
            "is_volunteers": bool(edition and edition.method["weighting"] == "volunteers"),
            "sections": [_section(section) for section in sections_of(reading, parts)],
            "method": [[label, _marked(value)] for label, value in method_lines(edition)]
            if edition
            else [],
            "words": {
                "page": _("page"), "of": _("sur"), "method": _("Méthode"),
                "erratum": _("Erratum"), "option": _("Réponse"), "share": _("Part"),
                "interval": _("Intervalle à 95 %"), "chart": _("Parts de la réponse"),
                "volunteers": _("Échantillon de volontaires : ces parts ne valent que pour eux."),
                "marks": _("« s » : secret statistique. « n.s. » : non significatif."),
            },
        }  # fmt: skip
        return render_pdf(TEMPLATE, data, at=publication.published_at)


def _marked(words: Said) -> dict[str, str]:
    return {"text": words.text, "lang": words.lang}


def _note(reading: Reading, parts: Sequence[PublicationPart]) -> str:
    """Say how far the words are those of the reader's language."""
    if reading.is_missing:
        return _("Ce texte n’existe qu’en français.")
    notes = []
    if reading.is_partial(parts):
        notes.append(_("Une partie de ce texte n’existe qu’en français."))
    if reading.is_stale(parts):
        notes.append(_("Le texte français a changé depuis cette traduction."))
    return " ".join(notes)


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": _marked(section.title),
        "lang": section.text.lang,
        "paragraphs": [
            " ".join(paragraph.split())
            for paragraph in re.split(r"\r?\n\s*\n", section.text.text)
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
