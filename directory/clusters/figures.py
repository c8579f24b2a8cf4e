"""The life of a grappe, year by year: counts alone, of those who left too."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Stay:
    """The time that a member spent in a grappe; `ended_on` is None while it lasts."""

    siren: str
    kind: str
    joined_on: date
    ended_on: date | None = None

    def covers(self, day: date) -> bool:
        """Tell whether the member was in at the end of that day."""
        return self.joined_on <= day and (self.ended_on is None or self.ended_on > day)


@dataclass(frozen=True, slots=True)
class Promise:
    """A commitment with its day, and the day on which it was kept or given up."""

    due_on: date
    kept_on: date | None = None


@dataclass(frozen=True, slots=True)
class Year:
    """One year: members and kinds at its end (today for this one), commitments due, sessions."""

    year: int
    members: int
    kinds: int
    due: int
    kept: int
    sessions: int


def years(
    stays: Sequence[Stay],
    promises: Iterable[Promise],
    sessions: Mapping[int, int],
    *,
    today: date,
) -> list[Year]:
    """Return a line a year since the first member came, the newest first.

    A commitment counts in the year of its day, once that day has come or once it is kept; given
    up, it counts as due and not kept. `sessions`: how many were held, by year.
    """
    if not stays:
        return []
    counted = [p for p in promises if p.kept_on is not None or p.due_on <= today]
    lines = []
    for year in range(today.year, min(stay.joined_on.year for stay in stays) - 1, -1):
        day = min(date(year, 12, 31), today)
        present = [stay for stay in stays if stay.covers(day)]
        due = [promise for promise in counted if promise.due_on.year == year]
        lines.append(
            Year(
                year=year,
                members=len({stay.siren for stay in present}),
                kinds=len({stay.kind for stay in present}),
                due=len(due),
                kept=sum(promise.kept_on is not None for promise in due),
                sessions=sessions.get(year, 0),
            )
        )
    return lines
