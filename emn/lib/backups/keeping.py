"""Which backups stay: the last of each recent day, week and month; pure."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime

ID_FORMAT = "%Y-%m-%dT%H-%M-%SZ"  # UTC; sorts as time does


@dataclass(frozen=True)
class Rule:
    """How many days, weeks (ISO) and months keep their last backup."""

    days: int = 7
    weeks: int = 4
    months: int = 3


_PERIODS: tuple[Callable[[datetime], Hashable], ...] = (
    lambda at: at.date(),
    lambda at: at.isocalendar()[:2],
    lambda at: (at.year, at.month),
)


def is_identifier(name: str) -> bool:
    """Tell whether this is the name of a backup; what bears another one is somebody else’s."""
    try:
        datetime.strptime(name, ID_FORMAT)  # noqa: DTZ007 -- only whether it is one
    except ValueError:
        return False
    return True


def kept(ids: Iterable[str], rule: Rule) -> set[str]:
    """Return the backups that stay, the newest always among them.

    Periods are those that have a backup: a portal that was stopped for a year loses none.
    """
    newest_first = sorted(ids, reverse=True)
    stays = set(newest_first[:1])
    for period, count in zip(_PERIODS, (rule.days, rule.weeks, rule.months), strict=True):
        seen: set[Hashable] = set()
        for name in newest_first:
            which = period(datetime.strptime(name, ID_FORMAT))  # noqa: DTZ007 -- all are UTC
            if which not in seen and len(seen) < count:
                seen.add(which)
                stays.add(name)
    return stays
