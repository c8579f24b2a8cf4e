"""Every way through a version, before it is published: who is asked what, and for how long. Pure.

What leads the way is only what conditions read. So each question that they read takes one answer
of each sort that they tell apart (every leaf true or false the same), and each other none: the ways
so found are all there are, unless they are more than `MOST_WAYS`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any

from emn.questionnaires.conditions import UNKNOWN, Tree, holds, leaves, number
from emn.questionnaires.definition import Definition, Kind, Question, Section
from emn.questionnaires.paths import fault_of

MOST_WAYS = 20_000
_MOST_OPTIONS = 8  # of several answers: those that conditions name, in every combination
_STEP = 1  # beside the bound that a condition names
_OTHER_CODE = "99.99Z"


@dataclass(frozen=True, slots=True)
class DryRun:
    """What the ways come to; `never`: questions that no way asks; `is_whole`: none was left out."""

    ways: int
    is_whole: bool
    questions: tuple[int, int]
    seconds: tuple[int, int]
    never: tuple[str, ...]
    always: tuple[str, ...]

    @property
    def minutes(self) -> tuple[int, int]:
        """The least and the most, in minutes begun."""
        least, most = (-(-seconds // 60) for seconds in self.seconds)
        return least, most


def dry_run(definition: Definition) -> DryRun:
    """Follow every way."""
    found = list(islice(_ways(definition), MOST_WAYS + 1))
    ways = found[:MOST_WAYS]
    codes = [{question.code for question in asked} for asked in ways]
    counts = [len(asked) for asked in ways]
    seconds = [sum(question.seconds for question in asked) for asked in ways]
    everywhere = set.intersection(*codes)
    return DryRun(
        ways=len(ways),
        is_whole=len(found) <= MOST_WAYS,
        questions=(min(counts), max(counts)),
        seconds=(min(seconds), max(seconds)),
        never=tuple(code for code in definition.questions if not any(code in way for way in codes)),
        always=tuple(code for code in definition.questions if code in everywhere),
    )


def _ways(definition: Definition) -> Iterator[list[Question]]:
    asked = [
        (section, question) for section in definition.sections for question in section.questions
    ]
    read: dict[str, list[Tree]] = {}
    for section in definition.sections:
        for tree in (section.when, *(question.when for question in section.questions)):
            for leaf in leaves(tree):
                read.setdefault(leaf["q"], []).append(leaf)
    answers = {
        question.code: list(_sorts(question, read[question.code])) or [None]
        for _section, question in asked
        if question.code in read
    }
    yield from _onward(asked, answers, {}, [])


def _onward(
    left: Sequence[tuple[Section, Question]],
    sorts: Mapping[str, Sequence[Any]],
    given: Mapping[str, Any],
    shown: Sequence[Question],
) -> Iterator[list[Question]]:
    """Yield the questions of each way that goes on from here."""
    shown = list(shown)
    for rank, (section, question) in enumerate(left):
        if not (holds(section.when, given) and holds(question.when, given)):
            continue
        shown.append(question)
        if question.code in sorts:
            for value in sorts[question.code]:
                more = given if value is None else {**given, question.code: value}
                yield from _onward(left[rank + 1 :], sorts, more, shown)
            return
    yield shown


def _sorts(question: Question, leaves_of_it: Sequence[Tree]) -> Iterator[Any]:
    """Yield one sound answer of each sort that the leaves tell apart; None for no answer."""
    seen = set()
    for value in _pool(question, leaves_of_it):
        if value is None:
            is_possible = not question.is_required
        else:
            is_possible = fault_of(question, value) is None
        given = {} if value is None else {question.code: value}
        sort = tuple(holds(leaf, given) for leaf in leaves_of_it)
        if is_possible and sort not in seen:
            seen.add(sort)
            yield value


def _pool(question: Question, leaves_of_it: Sequence[Tree]) -> Iterator[Any]:
    """Yield answers of every sort, some of them unsound."""
    yield from (None, UNKNOWN)
    named = [value for leaf in leaves_of_it for value in _listed(leaf["value"])]
    match question.kind:
        case Kind.SINGLE:
            yield from question.option_codes
        case Kind.MULTIPLE:
            yield from _combinations(question, named)
        case Kind.SCALE:
            yield from range(int(question.least), int(question.most) + 1)
        case Kind.NUMBER:
            yield from _around(question, named)
        case Kind.COMMUNE | Kind.NAF:
            yield from (_OTHER_CODE, *(value for value in named if isinstance(value, str)))
        case Kind.MATRIX:
            yield {row.code: question.option_codes[0] for row in question.rows}
        case Kind.DATE:
            yield "2026-01-01"
        case Kind.FILE:
            yield "00000000-0000-0000-0000-000000000000"
        case Kind.TEXT:
            yield "…"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _combinations(question: Question, named: Iterable[Any]) -> Iterator[list[str]]:
    """Yield each set of the options that conditions name, alone and with one that none names."""
    wanted = set(named)
    known = [code for code in question.option_codes if code in wanted][:_MOST_OPTIONS]
    others = [code for code in question.option_codes if code not in wanted]
    for count in range(len(known) + 1):
        for picked in combinations(known, count):
            yield list(picked)
            for other in others:
                yield [code for code in question.option_codes if code in {*picked, other}]


def _around(question: Question, named: Iterable[Any]) -> Iterator[str]:
    bounds = [number(value) for value in (*named, question.least, question.most, "0")]
    for bound in bounds:
        if bound is not None:
            yield from (format(bound + step, "f") for step in (0, -_STEP, _STEP))
