"""A questionnaire on paper: every question, with boxes and lines to fill in by hand (PDF/UA)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from emn.lib.pdf import render_pdf
from emn.questionnaires.definition import Definition, Kind, Question

TEMPLATE = "questionnaires/paper.typ"
LINES = {Kind.TEXT: 4}


def paper_pdf(definition: Definition, *, reference: str, at: datetime) -> bytes:
    """Return the sheet in the current language. `reference`: what is asked, and its version."""
    language = get_language() or "fr"
    data: dict[str, Any] = {
        "language": language,
        "centre": settings.CENTRE_NAME,
        "title": definition.title.say(language),
        "reference": reference,
        "sections": [
            {
                "title": section.title.say(language),
                "intro": section.intro.say(language),
                "questions": [_question(question, language) for question in section.questions],
            }
            for section in definition.sections
        ],
        "words": {
            "page": _("page"),
            "of": _("sur"),
            "one": _("une seule réponse"),
            "several": _("plusieurs réponses possibles"),
            "condition": _("à laisser vide si cela ne vous concerne pas"),
        },
    }
    return render_pdf(TEMPLATE, data, at=at)


def _question(question: Question, language: str) -> dict[str, Any]:
    options = [option.label.say(language) for option in question.options]
    if question.kind == Kind.SCALE:
        steps = range(int(question.least), int(question.most) + 1)
        low, high = (end.say(language) for end in question.ends)
        meant = {steps[0]: low, steps[-1]: high}
        options = [f"{step} – {meant[step]}" if meant.get(step) else str(step) for step in steps]
    if question.may_not_know:
        options.append(_("Je ne sais pas"))
    return {
        "text": question.text.say(language),
        "help": " ".join(filter(None, [question.help.say(language), *_more(question)])),
        "is_several": question.kind == Kind.MULTIPLE,
        "is_choice": question.kind in {Kind.SINGLE, Kind.SCALE},
        "is_conditional": question.when is not None,
        "options": options,
        "rows": [row.label.say(language) for row in question.rows],
        "unit": question.unit.say(language),
        "lines": 0 if options and not question.rows else LINES.get(question.kind, 1),
    }


def _more(question: Question) -> list[str]:
    return [_("À joindre à cette feuille.")] if question.kind == Kind.FILE else []
