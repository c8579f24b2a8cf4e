"""The meetings of a grappe: those of its club, told by the app that holds clubs (events)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from emn.lib.registry import Registry


@dataclass(frozen=True, slots=True)
class Meeting:
    """One to come: its title, its page, when in words."""

    title: str
    href: str
    when: str


@dataclass(frozen=True, slots=True)
class Meetings:
    """The club, what comes next, and how many meetings were held, by year."""

    name: str
    href: str
    next: list[Meeting]
    held: Mapping[int, int]


@dataclass(frozen=True, kw_only=True)
class ClubSource:
    """Who knows the clubs: the open ones by address, and the meetings of one, None when unknown."""

    key: str
    order: int
    choices: Callable[[], list[tuple[str, str]]]
    read: Callable[[str, datetime], Meetings | None]


sources = Registry[ClubSource]()
register = sources.register


def meetings_of(club: str, *, now: datetime) -> Meetings | None:
    """Return the meetings of the club of that address."""
    if not club:
        return None
    found = (source.read(club, now) for source in sources)
    return next((meetings for meetings in found if meetings), None)


def clubs() -> list[tuple[str, str]]:
    """Return the clubs that a grappe may meet in: address and name."""
    return [choice for source in sources for choice in source.choices()]
