"""Celery's clock on any number of hosts: the one that holds a lock of PostgreSQL ticks.

The lock is the connection's: it goes to another clock when its process dies, or its host is lost.
"""

from datetime import timedelta
from typing import Any

from celery.beat import PersistentScheduler
from django.db import InterfaceError, OperationalError, connection

LOCK = "emn.clock"
ASKS_AGAIN_S = 5.0
# What was due while nobody led runs when another takes over; at worst twice, as every task bears.
LOOKS_BACK = timedelta(minutes=2)


class Scheduler(PersistentScheduler):
    """`CELERY_BEAT_SCHEDULER` of the settings."""

    _leads = False

    def tick(self, *arguments: Any, **options: Any) -> float:
        """Do what is due when this clock leads; return the seconds until the next look."""
        if self._may_lead():
            return float(super().tick(*arguments, **options))
        self._stand_by()
        return ASKS_AGAIN_S

    def _may_lead(self) -> bool:
        """Whether this clock holds the lock, as PostgreSQL itself says at this instant."""
        try:
            with connection.cursor() as cursor:
                if self._leads:
                    cursor.execute("SELECT true")
                else:
                    cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [LOCK])
                self._leads = bool(cursor.fetchone()[0])
        except (OperationalError, InterfaceError):
            connection.close()  # the lock went with it
            self._leads = False
        return self._leads

    def _stand_by(self) -> None:
        """Take what the other clock does as done."""
        seen = self.app.now() - LOOKS_BACK
        for entry in self.schedule.values():
            entry.last_run_at = max(entry.last_run_at or seen, seen)
        self._heap = None  # made anew from these by the first tick
