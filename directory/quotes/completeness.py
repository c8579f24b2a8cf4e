"""Which of the seven commitments a quote covers, and what it lacks for the others. Pure.

Source: rules F1.02 (the seven clauses), mechanics 2.4. What each part asks is data:
`directory/data/quote_parts.json`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from directory.quotes.money import Every, read_lines

LINES, DURATIONS, ENDS = "lines", "durations", "ends"  # what the table of costs may lack
COSTS = "costs"


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that a part asks: words of at least so many signs, or a box to tick.

    `least` 0: it may stay empty.
    """

    key: str
    is_check: bool
    least: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """One commitment: `missing` names what keeps the quote from covering it."""

    part: str
    missing: tuple[str, ...]

    @property
    def is_covered(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def coverage(
    content: Mapping[str, Any],
    parts: Mapping[str, Sequence[Asked]],
    *,
    hollow: Collection[str],
) -> tuple[Coverage, ...]:
    """Return, part by part, what the content covers.

    `hollow`: answers that say nothing, in lower case and without accents («a definir»).
    """
    return tuple(
        Coverage(
            part,
            (*(_of_lines(content) if part == COSTS else ()), *_lacks(content, asked, hollow)),
        )
        for part, asked in parts.items()
    )


def covered(found: Sequence[Coverage]) -> int:
    """Return how many commitments are covered: n of n/7."""
    return sum(entry.is_covered for entry in found)


def _lacks(
    content: Mapping[str, Any], asked: Sequence[Asked], hollow: Collection[str]
) -> tuple[str, ...]:
    return tuple(entry.key for entry in asked if not _says(content.get(entry.key), entry, hollow))


def _says(value: object, asked: Asked, hollow: Collection[str]) -> bool:
    if asked.is_check:
        return value is True
    text = " ".join(str(value or "").split())
    if len(text) < asked.least:
        return False
    return not asked.least or text.casefold().rstrip(".").translate(_PLAIN) not in hollow


_PLAIN = str.maketrans("àâéèêîôûç", "aaeeeiouc")


def _of_lines(content: Mapping[str, Any]) -> tuple[str, ...]:
    lines = read_lines(content.get("lines", ()))
    if not lines:
        return (LINES,)
    recurring = [line for line in lines if line.every != Every.ONCE]
    lacks = []
    if any(not line.months for line in recurring):
        lacks.append(DURATIONS)
    if any(not line.ends.strip() for line in recurring):
        lacks.append(ENDS)
    return tuple(lacks)
