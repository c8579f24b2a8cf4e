"""The nine questions, in three languages: data (`directory/data/oneshot.json`)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language

from directory.oneshot.verdict import Verdict, Weighed, judge

FILE = Path(__file__).parent.parent / "data" / "oneshot.json"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, what it weighs, why its alarm matters and what to ask in writing."""

    weighed: Weighed
    words: dict[str, dict[str, str]]

    @property
    def key(self) -> str:
        """What it is known by."""
        return self.weighed.key

    @property
    def question(self) -> str:
        """The question, in the language of the page."""
        return self.words["question"][get_language() or "fr"]

    @property
    def why(self) -> str:
        """Why it matters, in the language of the page."""
        return self.words["why"][get_language() or "fr"]

    @property
    def ask(self) -> str:
        """What to ask in writing, in the language of the page."""
        return self.words["ask"][get_language() or "fr"]


@dataclass(frozen=True, slots=True)
class Rules:
    """All that the file says; `withdrawal`: what the law may still allow, by language."""

    questions: dict[str, Question]
    red_from: int
    call_working_days: int
    withdrawal: dict[str, str]

    def judge(self, answers: Mapping[str, str]) -> Verdict:
        """Return the verdict of nine answers (see directory.oneshot.verdict)."""
        weighed = [question.weighed for question in self.questions.values()]
        return judge(answers, weighed, red_from=self.red_from)


@cache
def rules() -> Rules:
    """Return what the data file says."""
    values: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return Rules(
        questions={
            row["key"]: Question(
                Weighed(row["key"], row["alarm"], row["points"], row["stops"]),
                {name: row[name] for name in ("question", "why", "ask")},
            )
            for row in values["questions"]
        },
        red_from=values["red_from"],
        call_working_days=values["call_working_days"],
        withdrawal=values["withdrawal"],
    )
