"""The way through a questionnaire: what is asked, what counts, what is left. Pure.

Answers are a mapping question → value (see `Kind`). A condition reads only earlier questions, so
one pass from first to last tells what is shown; an answer to a question that is not shown does not
count for what follows, though it is kept until the end, so that going back loses nothing.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from emn.questionnaires.conditions import UNKNOWN, holds, number
from emn.questionnaires.definition import LONGEST_TEXT, Definition, Kind, Question, Section

Answers = Mapping[str, Any]
_MINUTE_S = 60


@dataclass(frozen=True)
class Page:
    """What one screen shows: a section at once, or one question of it."""

    code: str
    section: Section
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Way:
    """What the answers make of the questionnaire.

    `shown`: the questions asked, in order; `kept`: the answers that count; `pages`: the screens.
    """

    shown: tuple[Question, ...]
    kept: Answers
    pages: tuple[Page, ...]

    @property
    def missing(self) -> tuple[Question, ...]:
        """The required questions without an answer."""
        return tuple(q for q in self.shown if q.is_required and q.code not in self.kept)

    @property
    def next_page(self) -> Page | None:
        """The first screen with a question that lacks its answer; None when all is there."""
        lacking = {question.code for question in self.missing}
        return next((p for p in self.pages if lacking & {q.code for q in p.questions}), None)

    @property
    def seconds_left(self) -> int:
        """How long the questions without an answer take."""
        return sum(q.seconds for q in self.shown if q.code not in self.kept)

    @property
    def minutes_left(self) -> int:
        """The same, in minutes begun."""
        return -(-self.seconds_left // _MINUTE_S)

    def page(self, code: str) -> Page | None:
        """Return the screen of that code, None when it is not on the way."""
        return next((page for page in self.pages if page.code == code), None)

    def after(self, page: Page) -> Page | None:
        """Return the screen that follows, None after the last."""
        return self._beside(page, 1)

    def before(self, page: Page) -> Page | None:
        """Return the screen before, None on the first."""
        return self._beside(page, -1)

    def _beside(self, page: Page, step: int) -> Page | None:
        codes = [entry.code for entry in self.pages]
        place = codes.index(page.code) + step
        return self.pages[place] if 0 <= place < len(codes) else None


def way(definition: Definition, answers: Answers) -> Way:
    """Follow the questionnaire as far as the answers lead; an unsound answer does not count."""
    shown: list[Question] = []
    kept: dict[str, Any] = {}
    pages: list[Page] = []
    for section in definition.sections:
        if not holds(section.when, kept):
            continue
        here = []
        for question in section.questions:
            if not holds(question.when, kept):
                continue
            here.append(question)
            value = answers.get(question.code)
            if value is not None and fault_of(question, value) is None:
                kept[question.code] = value
        if not here:
            continue
        shown += here
        if section.is_one_page:
            # Those that an answer of the same screen may bring are written there too, hidden.
            pages.append(Page(section.code, section, section.questions))
        else:
            pages += [Page(question.code, section, (question,)) for question in here]
    return Way(tuple(shown), kept, tuple(pages))


def fault_of(question: Question, value: Any) -> str | None:
    """Return why a value cannot answer the question, None when it can."""
    if value == UNKNOWN:
        return None if question.may_not_know else "« je ne sais pas » n’est pas proposé"
    if _CHECKS[question.kind](question, value):
        return None
    return "cette réponse n’est pas de celles que la question attend"


def _is_option(question: Question, value: Any) -> bool:
    return isinstance(value, str) and value in question.option_codes


def _are_options(question: Question, value: Any) -> bool:
    if not isinstance(value, list) or not value:
        return False
    ordered = [code for code in question.option_codes if code in value]
    alone = {option.code for option in question.options if option.is_alone}
    return value == ordered and (len(value) == 1 or not alone & set(value))


def _is_matrix(question: Question, value: Any) -> bool:
    rows = {row.code for row in question.rows}
    return (
        isinstance(value, dict)
        and set(value) == rows
        and all(_is_option(question, code) for code in value.values())
    )


def _is_step(question: Question, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and _is_within(question, value)


def _is_number(question: Question, value: Any) -> bool:
    return isinstance(value, str) and number(value) is not None and _is_within(question, value)


def _is_within(question: Question, value: Any) -> bool:
    given, least, most = (number(text) for text in (value, question.least, question.most))
    return (
        given is not None and (least is None or given >= least) and (most is None or given <= most)
    )


def _is_text(_question: Question, value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and is_storable(value, LONGEST_TEXT)


def is_storable(text: str, longest: int) -> bool:
    """Tell whether the database can keep a text that a device wrote: JSON may hold more."""
    return len(text) <= longest and not any(
        sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in text
    )


def _is_day(_question: Question, value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_short_code(_question: Question, value: Any) -> bool:
    return isinstance(value, str) and value.replace(".", "").isalnum() and len(value) <= 6  # noqa: PLR2004 -- «10.71C», «57463»


def _is_key(_question: Question, value: Any) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


_CHECKS = {
    Kind.SINGLE: _is_option,
    Kind.MULTIPLE: _are_options,
    Kind.SCALE: _is_step,
    Kind.NUMBER: _is_number,
    Kind.TEXT: _is_text,
    Kind.DATE: _is_day,
    Kind.MATRIX: _is_matrix,
    Kind.COMMUNE: _is_short_code,
    Kind.NAF: _is_short_code,
    Kind.FILE: _is_key,
}


# --- Walking by chance: the dry run of a version, and the tests ---


def random_answers(
    definition: Definition, chance: random.Random, *, naf: Sequence[str] = ("10.71C",)
) -> dict[str, Any]:
    """Return the answers of somebody who answers everything that is asked, by chance."""
    answers: dict[str, Any] = {}
    for section in definition.sections:
        if holds(section.when, answers):
            for question in section.questions:
                if holds(question.when, answers):
                    answers[question.code] = _random_value(question, chance, naf)
    return answers


def _random_value(question: Question, chance: random.Random, naf: Sequence[str]) -> Any:
    codes = question.option_codes
    if question.may_not_know and chance.random() < 1 / (len(codes) + 1):
        return UNKNOWN
    least, most = (int(number(text) or 0) for text in (question.least, question.most or "100"))
    draws: Mapping[Kind, Callable[[], Any]] = {
        Kind.SINGLE: lambda: chance.choice(codes),
        Kind.MULTIPLE: lambda: _random_choices(question, chance),
        Kind.MATRIX: lambda: {row.code: chance.choice(codes) for row in question.rows},
        Kind.SCALE: lambda: chance.randint(least, most),
        Kind.NUMBER: lambda: str(chance.randint(least, most)),
        Kind.TEXT: lambda: "…",
        Kind.DATE: lambda: "2026-11-28",
        Kind.COMMUNE: lambda: "57463",
        Kind.NAF: lambda: chance.choice(naf),
        Kind.FILE: lambda: str(UUID(int=chance.getrandbits(128))),
    }
    return draws[question.kind]()


def _random_choices(question: Question, chance: random.Random) -> list[str]:
    codes = question.option_codes
    alone = [option.code for option in question.options if option.is_alone]
    if alone and chance.random() < 1 / len(codes):
        return [chance.choice(alone)]
    others = [code for code in codes if code not in alone]
    picked = set(chance.sample(others, chance.randint(1, len(others))))
    return [code for code in codes if code in picked]
