"""« À faire aujourd’hui »: the queues that wait for staff; each app registers its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from emn.lib.registry import Registry


@dataclass(frozen=True, kw_only=True)
class StaffTask:
    """A queue: how many wait for this person, where they are, and who may see it.

    `label` is a noun phrase in the plural («fiches à relire»); `count` does one query.
    """

    key: str
    order: int
    label: str | Promise
    count: Callable[[Any], int]
    url: Callable[[], str]
    permission: str


tasks = Registry[StaffTask]()
register = tasks.register


@dataclass(frozen=True)
class Waiting:
    """A queue as one person sees it today."""

    label: str | Promise
    count: int
    url: str


def waiting_for(user: Any) -> list[Waiting]:
    """Return the queues this person may open, the empty ones last."""
    allowed = [task for task in tasks if user.has_perm(task.permission)]
    waiting = [Waiting(task.label, task.count(user), task.url()) for task in allowed]
    return sorted(waiting, key=lambda queue: queue.count == 0)
