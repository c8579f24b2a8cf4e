"""Counting what happens on public pages without making any visitor wait (ADR 10).

Each process counts in memory; a thread of its own writes the sums every `TALLY_EVERY_S`. What is
counted is a statistic: a process that is killed loses what it had not written, and nothing else.
"""

import atexit
import logging
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

from django.conf import settings
from django.db import connection

logger = logging.getLogger(__name__)

MOST_KEYS = 5_000  # beyond, what is new waits for the next round: a flood costs no memory
Key = TypeVar("Key", bound=Hashable)


class Tally(Generic[Key]):
    """Counts by key, handed to `write` together and from time to time."""

    def __init__(self, write: Callable[[Mapping[Key, int]], None]) -> None:
        self._write = write
        self._counts: Counter[Key] = Counter()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, *keys: Key) -> None:
        """Count one more of each."""
        self._add(keys, 1)

    def add_many(self, key: Key, amount: int) -> None:
        """Count so many more."""
        self._add((key,), amount)

    def _add(self, keys: tuple[Key, ...], amount: int) -> None:
        with self._lock:
            for key in keys:
                if key in self._counts or len(self._counts) < MOST_KEYS:
                    self._counts[key] += amount
            if self._thread is None and settings.TALLY_EVERY_S:
                self._thread = threading.Thread(target=self._flush_for_ever, daemon=True)
                self._thread.start()
                atexit.register(self.flush)

    def flush(self) -> None:
        """Write what was counted; keep it for the next time when the database refuses."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            self._write(counts)
        except Exception:
            logger.warning("counts could not be written", exc_info=True)
            with self._lock:
                self._counts += counts

    def _flush_for_ever(self) -> None:
        wait = threading.Event()
        while not wait.wait(settings.TALLY_EVERY_S):
            self.flush()
            connection.close()
