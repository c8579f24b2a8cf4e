"""From how many members a group is shown, and from how many it is a cluster (mechanics 1.11)."""

from collections.abc import Collection
from datetime import date
from enum import StrEnum

MEMBERS_TO_BE_PUBLIC = 5  # firms, each counted once whatever its establishments
KINDS_TO_BE_PUBLIC = 2
MEMBERS_OF_A_CLUSTER = 15


class Standing(StrEnum):
    """What a group of members is. A group in formation is shown to its own people alone."""

    FORMING = "forming"
    GRAPPE = "grappe"
    CLUSTER = "cluster"


class Progress(StrEnum):
    """Where a commitment stands on a day."""

    UNDER_WAY = "under_way"
    LATE = "late"
    KEPT = "kept"
    KEPT_LATE = "kept_late"
    DROPPED = "dropped"


def standing(*, members: int, kinds: int) -> Standing:
    """Return what so many members, of so many kinds, make."""
    if members < MEMBERS_TO_BE_PUBLIC or kinds < KINDS_TO_BE_PUBLIC:
        return Standing.FORMING
    return Standing.CLUSTER if members >= MEMBERS_OF_A_CLUSTER else Standing.GRAPPE


def progress(
    *, due_on: date, kept_on: date | None, dropped_on: date | None, today: date
) -> Progress:
    """Return where a commitment stands. On its last day it is not late yet."""
    if kept_on is not None:
        return Progress.KEPT if kept_on <= due_on else Progress.KEPT_LATE
    if dropped_on is not None:
        return Progress.DROPPED
    return Progress.LATE if due_on < today else Progress.UNDER_WAY


def holes(needed: Collection[int], brought: Collection[Collection[int]]) -> list[int]:
    """Return the skills that the objective needs and no member brings, in the order given."""
    covered = {skill for skills in brought for skill in skills}
    return [skill for skill in needed if skill not in covered]
