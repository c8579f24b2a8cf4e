"""An answer in words, for whoever reads it back."""

from typing import Any

from django.utils.translation import gettext as _

from emn.questionnaires.conditions import UNKNOWN
from emn.questionnaires.definition import Kind, Question


def said(question: Question, value: Any, language: str) -> str:
    """Return an answer in words, «–» for none."""
    if value is None:
        return "–"
    doubt = _("Je ne sais pas")
    labels = {option.code: option.label.say(language) for option in question.options}
    if question.kind == Kind.MATRIX and isinstance(value, dict):
        rows = {row.code: row.label.say(language) for row in question.rows}
        return " ; ".join(f"{rows[row]} : {labels[code]}" for row, code in value.items())
    if question.options:
        given = value if isinstance(value, list) else [value]
        return " ; ".join(labels.get(entry, doubt) for entry in given)
    return doubt if value == UNKNOWN else str(value)
