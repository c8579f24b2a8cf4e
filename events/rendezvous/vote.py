"""The vote of the room: marks of 1 to 5 on four criteria, counted, ordered, ties explained."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

# In this order they decide between pitches of the same mean.
CRITERIA = ("answers", "clear", "doable", "affordable")
WORST, BEST = 1, 5

Marks = tuple[int, int, int, int]  # one a criterion, in the order of CRITERIA


@dataclass(frozen=True)
class Standing:
    """A pitch once counted. `rank` starts at 1; `parted_by`: the criterion that parted a tie.

    `is_tied`: nothing parts it from another of the same rank. Means are out of 5, None without a
    ballot.
    """

    pitch: int
    rank: int
    ballots: int
    mean: Fraction | None
    means: tuple[Fraction | None, ...]
    parted_by: str
    is_tied: bool


def count(ballots: Mapping[int, Iterable[Marks]]) -> list[Standing]:
    """Order the pitches: by the mean of all marks; of the same mean, by each criterion in turn.

    `ballots`: pitch → its marks. Pitches without a ballot come last. What no criterion parts keeps
    the same rank, and the next rank is skipped, as in a race.
    """
    means = {pitch: _means(list(marks)) for pitch, marks in ballots.items()}
    keys = {pitch: (_total(of), *[m or Fraction(0) for m in of[0]]) for pitch, of in means.items()}
    order = sorted(ballots, key=lambda pitch: ([-value for value in keys[pitch]], pitch))
    found: list[Standing] = []
    for place, pitch in enumerate(order, start=1):
        same = [other for other in order if other != pitch and keys[other] == keys[pitch]]
        level = [other for other in order if other != pitch and keys[other][0] == keys[pitch][0]]
        rank = place if not found or keys[order[place - 2]] != keys[pitch] else found[-1].rank
        of, ballots_of = means[pitch]
        found.append(
            Standing(
                pitch=pitch,
                rank=rank,
                ballots=ballots_of,
                mean=_total(means[pitch]) if ballots_of else None,
                means=of,
                parted_by=_parted_by(keys, pitch, [o for o in level if o not in same]),
                is_tied=bool(same),
            )
        )
    return found


def _means(marks: list[Marks]) -> tuple[tuple[Fraction | None, ...], int]:
    if not marks:
        return (None,) * len(CRITERIA), 0
    sums = [sum(one[index] for one in marks) for index in range(len(CRITERIA))]
    return tuple(Fraction(total, len(marks)) for total in sums), len(marks)


def _total(of: tuple[tuple[Fraction | None, ...], int]) -> Fraction:
    known = [mean for mean in of[0] if mean is not None]
    return sum(known, Fraction(0)) / len(known) if known else Fraction(0)


def _parted_by(keys: Mapping[int, tuple[Fraction, ...]], pitch: int, level: list[int]) -> str:
    """Return the first criterion that parts a pitch from those of its mean; empty without any."""
    for index, criterion in enumerate(CRITERIA, start=1):
        if any(keys[other][index] != keys[pitch][index] for other in level):
            return criterion
    return ""
