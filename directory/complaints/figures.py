"""The public figures of complaints, with what is too few to be shown hidden. Pure."""

from collections.abc import Mapping
from statistics import median

RECEIVED, ADMISSIBLE, CONCILIATED, JUDGED = "received", "admissible", "conciliated", "judged"
# Each figure and the one that contains it.
WITHIN: dict[str, str | None] = {
    RECEIVED: None,
    ADMISSIBLE: RECEIVED,
    CONCILIATED: ADMISSIBLE,
    JUDGED: ADMISSIBLE,
}


def protected(counts: Mapping[str, int], *, fewest: int) -> dict[str, int | None]:
    """Return the counts, None for one under `fewest`, or that would give such a one away.

    A figure is hidden when it, or what is left of the figure that contains it, lies between 1 and
    `fewest` - 1: one complaint may be known by who made it.
    """
    shown: dict[str, int | None] = {}
    for name, whole in WITHIN.items():
        count = counts[name]
        few = 0 < count < fewest
        rest = counts[whole] - count if whole is not None else 0
        is_told = not few and not 0 < rest < fewest and (whole is None or shown[whole] is not None)
        shown[name] = count if is_told else None
    return shown


def median_days(lengths: list[int], *, fewest: int) -> int | None:
    """Return the median length, half up, None of too few."""
    return int(median(lengths) + 0.5) if len(lengths) >= fewest else None
