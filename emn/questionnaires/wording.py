"""An answer in words, for whoever reads it back."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from emn.lib.templatetags.french import colon, semicolon
from emn.questionnaires.conditions import UNKNOWN
from emn.questionnaires.definition import Kind, Option, Question
from emn.questionnaires.paths import Way

NOTHING = "–"


def said(question: Question, value: Any, language: str) -> str:
    """Return a sound value (see `Kind`) as its reader says it; a dash for none."""
    if value is None:
        return NOTHING
    if value == UNKNOWN:
        return _("Je ne sais pas")
    return _SAID.get(question.kind, _plain)(question, value, language)


def read_back(followed: Way, answers: Mapping[str, Any], language: str) -> list[dict[str, str]]:
    """Return each question asked, in order, with its answer in words and the page that asks it."""
    return [
        {
            "text": question.text.say(language),
            "answer": said(question, answers.get(question.code), language),
            "page": page.code,
        }
        for page in followed.pages
        for question in page.questions
        if question in followed.shown
    ]


def _plain(_question: Question, value: Any, _language: str) -> str:
    return str(value)


def _one(question: Question, value: Any, language: str) -> str:
    return _labels(question.options, language)[value]


def _several(question: Question, value: Any, language: str) -> str:
    labels = _labels(question.options, language)
    return semicolon().join(labels[code] for code in value)


def _rows(question: Question, value: Any, language: str) -> str:
    labels, rows = (_labels(entries, language) for entries in (question.options, question.rows))
    return semicolon().join(f"{colon(rows[row])} {labels[code]}" for row, code in value.items())


def _number(question: Question, value: Any, language: str) -> str:
    shown = value if language == "en" else value.replace(".", ",")
    return " ".join(filter(None, [shown, question.unit.say(language)]))


def _day(_question: Question, value: Any, _language: str) -> str:
    return date_format(date.fromisoformat(value), "DATE_FORMAT")


def _file(_question: Question, _value: Any, _language: str) -> str:
    return _("fichier joint")


def _labels(options: Iterable[Option], language: str) -> dict[str, str]:
    return {option.code: option.label.say(language) for option in options}


_SAID: Mapping[Kind, Callable[[Question, Any, str], str]] = {
    Kind.SINGLE: _one,
    Kind.MULTIPLE: _several,
    Kind.MATRIX: _rows,
    Kind.NUMBER: _number,
    Kind.DATE: _day,
    Kind.FILE: _file,
}
