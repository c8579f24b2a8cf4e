"""What holds of an interview, from its acts in whatever order they came. Pure.

The rule of conflicts (docs/diagnostics.md): for one question and one kind of act, the act of the
latest instant holds, by the clock of the device that the portal corrected; at the same instant, the
greatest identifier. No order of arrival changes it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

DECLARED, OBSERVED, NOTE = "declared", "observed", "note"
LONGEST_NOTE = 2_000  # signs


@dataclass(frozen=True, slots=True)
class Act:
    """One act; a value of None takes back what was said."""

    client_id: UUID
    kind: str
    question: str
    value: Any
    at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of each question: question → value, each kind apart."""

    declared: Mapping[str, Any] = field(default_factory=dict)
    observed: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def answers(self) -> dict[str, Any]:
        """What counts: what was observed, else what was declared."""
        return {**self.declared, **self.observed}

    @property
    def gaps(self) -> tuple[str, ...]:
        """The questions where what was seen is not what was said."""
        return tuple(
            code
            for code, seen in self.observed.items()
            if code in self.declared and self.declared[code] != seen
        )


def facts_of(acts: Iterable[Act]) -> Facts:
    """Return what holds."""
    kept: dict[str, dict[str, Any]] = {DECLARED: {}, OBSERVED: {}, NOTE: {}}
    for act in sorted(acts, key=lambda act: (act.at, act.client_id)):
        if act.value in (None, ""):
            kept[act.kind].pop(act.question, None)
        else:
            kept[act.kind][act.question] = act.value
    return Facts(kept[DECLARED], kept[OBSERVED], kept[NOTE])
