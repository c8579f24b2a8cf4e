"""A figure and what stands behind it: lines, proofs, value, breakdown, delta, draw (R7.03, R7.08).

Pure: no Django, no database.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Any

_TENTH = Decimal("0.1")
_PERCENT = 100


class How(Enum):
    """How the value is made of the lines."""

    COUNT = "count"  # how many lines: companies, when a line is one
    SUM = "sum"  # of their quantities
    MEAN = "mean"  # of their quantities
    SHARE = "share"  # of lines whose quantity is 1, in %


@dataclass(frozen=True, slots=True, order=True)
class Proof:
    """One paper or record: its kind in words, the reference to find it by, its day (ISO)."""

    on: str
    kind: str
    reference: str

    def written(self) -> dict[str, str]:
        """Return what a row keeps."""
        return {"on": self.on, "kind": self.kind, "reference": self.reference}


@dataclass(slots=True)
class Line:
    """What is counted once: a company by its SIREN, or a session, a need, an answer by its key."""

    key: str
    siren: str = ""
    name: str = ""
    quantity: Decimal = Decimal(0)
    proofs: list[Proof] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)


def merged(lines: Iterable[Line]) -> list[Line]:
    """Return one line a key, in the order of keys: quantities added, each proof once (R7.03)."""
    found: dict[str, Line] = {}
    for line in lines:
        known = found.setdefault(line.key, Line(line.key, line.siren))
        known.name = known.name or line.name
        known.quantity += line.quantity
        known.proofs.extend(line.proofs)
    for line in found.values():
        line.proofs = sorted(set(line.proofs))
    return [found[key] for key in sorted(found)]


def value_of(lines: Sequence[Line], how: How) -> Decimal | None:
    """Return the value; None for a mean or a share of nothing."""
    if how is How.COUNT:
        return Decimal(len(lines))
    total = sum((line.quantity for line in lines), Decimal(0))
    if how is How.SUM:
        return total
    if not lines:
        return None
    mean = total / len(lines)
    exact = mean * _PERCENT if how is How.SHARE else mean
    return exact.quantize(_TENTH, ROUND_HALF_UP)


def breakdown(lines: Iterable[Line], names: Iterable[str]) -> dict[str, dict[str, int]]:
    """Return how many lines have each value of each named fact; «» for those that have none."""
    rows = list(lines)
    return {
        name: dict(sorted(Counter(line.facts.get(name, "") for line in rows).items()))
        for name in names
    }


@dataclass(frozen=True, slots=True)
class Delta:
    """What differs between a frozen list and another of the same indicator: keys, sorted."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether both say the same."""
        return not (self.added or self.removed or self.changed)


def delta(before: Mapping[str, Decimal], after: Mapping[str, Decimal]) -> Delta:
    """Compare two lists, key → quantity (R7.08: a correction is a delta, never another past)."""
    return Delta(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(
            sorted(key for key in before.keys() & after.keys() if before[key] != after[key])
        ),
    )


def draw(keys: Iterable[str], *, seed: str, size: int) -> list[str]:
    """Return `size` keys at random, all when there are fewer: those of the smallest SHA-256.

    Nobody chooses: the seed is the imprint of the frozen report and the number of the draw, so that
    whoever holds the report can draw again and find the same.
    """

    def rank(key: str) -> str:
        return hashlib.sha256(f"{seed}:{key}".encode()).hexdigest()

    return sorted(set(keys), key=rank)[:size]


def digest(content: Any) -> str:
    """Return the SHA-256 of what a report says, written in one way only."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def cost_per_effect(spent_cents: int, value: Decimal | None) -> int | None:
    """Return cents for one unit of the value, rounded; None when nothing was obtained or spent."""
    if not value or value <= 0 or spent_cents <= 0:
        return None
    return int((Decimal(spent_cents) / value).quantize(Decimal(1), ROUND_HALF_UP))
