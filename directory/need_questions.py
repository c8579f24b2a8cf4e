"""The questions that a family of services asks: data (`directory/data/need_questions.json`)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

FILE = Path(__file__).parent / "data" / "need_questions.json"


@dataclass(frozen=True)
class Question:
    """One question: the key its answer is kept under, and its words by language."""

    key: str
    words: dict[str, str]

    @property
    def label(self) -> str:
        """The question in the language of the page."""
        return self.words.get(get_language() or "fr", self.words["fr"])


@cache
def questions() -> dict[str, tuple[Question, ...]]:
    """Return the questions of each family of services, by its code."""
    families = json.loads(FILE.read_text(encoding="utf-8"))["families"]
    return {
        code: tuple(
            Question(row["key"], {name: row[name] for name in ("fr", "de", "en")}) for row in rows
        )
        for code, rows in families.items()
    }


def answered(family: str, answers: dict[str, str]) -> list[tuple[str, str]]:
    """Return (question, answer) for what was answered, in the order of the questions."""
    return [
        (question.label, answers[question.key])
        for question in questions().get(family, ())
        if answers.get(question.key)
    ]
