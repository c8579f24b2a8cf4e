"""Reads of public content go to a copy of the database (EMN_REPLICA_URL), when it has all of it.

The copy follows the primary by streaming. It is asked only once it has seen the last change that
this process knows of (`page_cache.touch`), so that no page is older there than here; when it lags,
is away or fails in the middle, the primary is asked. Writes never go there. What is kept meanwhile
is kept under the generation that the copy had: a change that comes in the middle is not in it.
"""

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, Error, InterfaceError, OperationalError, connections

from emn.lib import page_cache
from emn.lib.page_cache import CHECK_EVERY_S, Generation, read_generation

logger = logging.getLogger(__name__)

ALIAS = "replica"
RESTS_FOR_S = 10.0  # after a failure
P = ParamSpec("P")
R = TypeVar("R")
_reading: ContextVar[bool] = ContextVar("emn.lib.replica", default=False)


class Router:
    """Sends there what is read inside `from_replica`, and nothing else."""

    def db_for_read(self, _model: object, **_hints: object) -> str:
        """Say where to read."""
        return ALIAS if _reading.get() else DEFAULT_DB_ALIAS

    def db_for_write(self, _model: object, **_hints: object) -> str:
        """Say where to write."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, *_objects: object, **_hints: object) -> bool:
        """Let rows of both stand together: they are the same."""
        return True

    def allow_migrate(self, database: str, *_names: object, **_hints: object) -> bool:
        """Let migrations run on the primary alone."""
        return database != ALIAS


@dataclass
class Watch:
    """What this process knows of the copy."""

    clock: Callable[[], float] = time.monotonic
    _seen: Generation | None = None
    _next_check: float = 0.0

    def shared_generation(self) -> Generation | None:
        """Return the generation if the copy has it; asked again at most every CHECK_EVERY_S."""
        wanted = page_cache.generations.now()
        if wanted is None:
            return None
        if self._seen != wanted and self.clock() >= self._next_check:
            # Taken before it is known: of those who ask meanwhile, one waits for a silent host.
            self._next_check = self.clock() + RESTS_FOR_S
            try:
                self._seen = read_generation(using=ALIAS)
            except Error as error:
                self.give_up(error)
            else:
                self._next_check = self.clock() + CHECK_EVERY_S
        return wanted if self._seen == wanted else None

    def give_up(self, error: Exception) -> None:
        """Ask nothing of the copy for a while."""
        logger.warning(
            "the replica does not answer: the primary is read (%s)", type(error).__name__
        )
        connections[ALIAS].close()
        self._seen = None
        self._next_check = self.clock() + RESTS_FOR_S


watch = Watch()


def from_replica(read: Callable[P, R]) -> Callable[P, R]:
    """Make `read`, which only reads public content, do so from the copy where there is one."""

    @wraps(read)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        generation = watch.shared_generation() if ALIAS in connections.settings else None
        if generation is None:
            return read(*args, **kwargs)
        token, pin = _reading.set(True), page_cache.pinned.set(generation)
        try:
            return read(*args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            watch.give_up(error)
        finally:
            page_cache.pinned.reset(pin)
            _reading.reset(token)
        return read(*args, **kwargs)

    return wrapper
