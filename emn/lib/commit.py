"""What happens once a transaction is durable."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import transaction

logger = logging.getLogger(__name__)


def after_commit(action: Callable[[], object]) -> None:
    """Call `action` once the current transaction is committed; at once when there is none.

    A failure of the action is logged and swallowed: the fact is committed, and a periodic sweep
    makes up for a lost call. The nested function matters: Django's own `robust=True` breaks on a
    `functools.partial` (ticket 36487).
    """

    def run() -> None:
        try:
            action()
        except Exception:
            logger.warning("an action after commit failed", exc_info=True)

    transaction.on_commit(run)


@dataclass
class Bell:
    """Rings a task that finds its facts by itself: once for a crowd, and after the last of them.

    `send` starts the task so many seconds later. Until then, facts committed by this process need
    no ring of their own.
    """

    send: Callable[[float], object]
    every_s: float
    clock: Callable[[], float] = time.monotonic
    _silent_until: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ring_after_commit(self) -> None:
        """Ring once the current transaction is committed."""
        after_commit(self._ring)

    def _ring(self) -> None:
        with self._lock:
            now = self.clock()
            if now < self._silent_until:
                return
            self._silent_until = now + self.every_s
        self.send(self.every_s)
