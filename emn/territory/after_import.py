"""What higher apps do once a written import of the register is committed."""

from datetime import datetime
from functools import partial
from typing import Protocol

from emn.lib.commit import after_commit


class Action(Protocol):
    """A service that follows the register; it opens its own transaction."""

    def __call__(self, *, now: datetime) -> object: ...


_actions: list[Action] = []


def register(action: Action) -> None:
    """Have `action` called after each written import; called from `AppConfig.ready()`."""
    _actions.append(action)


def plan(*, now: datetime) -> None:
    """Call every action once the current transaction is committed; a failure is logged."""
    for action in _actions:
        after_commit(partial(action, now=now))
