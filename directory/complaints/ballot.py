"""Counting the votes of a panel. Pure. Source: rules R1.06 (three colleges, equal votes, quorum 1).

Measures are steps of one ladder, the mildest first (R1.07). The three colleges weigh the same,
however many of their members vote; within one, its members share its weight equally. The measure
taken is the gravest step that more than half of the weight wants at least. So in a tie the milder
one is taken: doubt benefits the provider. An abstention makes the quorum, and weighs nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction

Vote = tuple[str, int | None]  # the college; the step, None for an abstention
_HALF = Fraction(1, 2)


def colleges_without_vote(votes: Iterable[Vote], *, colleges: Iterable[str]) -> list[str]:
    """Return the colleges of which nobody voted, not even to abstain: the quorum fails there."""
    present = {college for college, _step in votes}
    return [college for college in colleges if college not in present]


def taken(votes: Iterable[Vote]) -> int | None:
    """Return the step that is taken, None when all abstained.

    >>> taken([("a", 2), ("b", 2), ("c", 0)]), taken([("a", 2), ("b", 0)])
    (2, 0)
    """
    by_college: defaultdict[str, list[int]] = defaultdict(list)
    for college, step in votes:
        if step is not None:
            by_college[college].append(step)
    if not by_college:
        return None
    steps = sorted({step for chosen in by_college.values() for step in chosen} | {0}, reverse=True)
    return next(step for step in steps if step == 0 or _share(by_college, step) > _HALF)


def _share(by_college: Mapping[str, list[int]], step: int) -> Fraction:
    """Return the part of the weight that wants that step or a graver one."""
    return sum(
        (
            Fraction(sum(chosen >= step for chosen in votes), len(votes))
            for votes in by_college.values()
        ),
        Fraction(0),
    ) / len(by_college)
