"""Nine answers make a colour, and say why. Pure.

Red: one answer stops by itself, or the alarms weigh `red_from` points; orange: any alarm; green:
none. The rule is that of the page: nobody weighs behind it. Source: mechanics 2.5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Colour(StrEnum):
    """What the answers come to, the worst last."""

    GREEN = "green"
    ORANGE = "orange"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Weighed:
    """A question: the answer (`yes` or `no`) that alarms, what it weighs, whether it stops."""

    key: str
    alarm: str
    points: int
    stops: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """The colour, the questions whose answer alarms in their order, and what they weigh."""

    colour: Colour
    alarms: tuple[str, ...]
    stops: tuple[str, ...]
    points: int


def judge(answers: Mapping[str, str], questions: Sequence[Weighed], *, red_from: int) -> Verdict:
    """Return the verdict of a full set of answers: question → «yes» or «no».

    Raises ValueError when an answer is missing or is neither.
    """
    for question in questions:
        if answers.get(question.key) not in {"yes", "no"}:
            raise ValueError(f"{question.key} has no answer")
    alarms = [question for question in questions if answers[question.key] == question.alarm]
    stops = tuple(question.key for question in alarms if question.stops)
    points = sum(question.points for question in alarms)
    colour = Colour.GREEN
    if alarms:
        colour = Colour.RED if stops or points >= red_from else Colour.ORANGE
    return Verdict(colour, tuple(question.key for question in alarms), stops, points)
