"""What the portal needs to do its work, asked now: each part answers, or says what is amiss.

A registry: apps add what only they know. A check returns an empty text when all is well, else a
French sentence without any secret; its key is all that the probe tells.
"""

import logging
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

import redis
from django.conf import settings
from django.core.cache import cache as shared_cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emn.lib.monitoring.broker import queue_lengths
from emn.lib.monitoring.runs import last_runs
from emn.lib.registry import Registry

logger = logging.getLogger(__name__)

LEAST_FREE_BYTES = 500 * 1024 * 1024
CLOCK_LATE = timedelta(minutes=5)
HEARTBEAT = "emn.mailings.tasks.sweep"  # each minute, by beat and a worker
AWAY = (DatabaseError, redis.RedisError, OSError)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that must answer. `problem(now)`: what is amiss, empty when all is well."""

    key: str
    order: int
    label: str | Promise
    problem: Callable[[datetime], str]


@dataclass(frozen=True)
class Result:
    """What a check found."""

    check: Check
    problem: str


checks = Registry[Check]()
register = checks.register


@dataclass
class Round:
    """All checks, asked at most every `every_s` by a process: who asks may be anyone, and often.

    One thread asks, the others go on with what is known.
    """

    every_s: float = 2.0
    clock: Callable[[], float] = time.monotonic
    _results: list[Result] = field(default_factory=list)
    _next: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def results(self, *, now: datetime) -> list[Result]:
        """Return what each check found; one that fails altogether holds no other back."""
        if self.clock() >= self._next and self._lock.acquire(blocking=not self._results):
            try:
                if self.clock() >= self._next:
                    self._results = [Result(check, _problem(check, now)) for check in checks]
                    self._next = self.clock() + self.every_s
            finally:
                self._lock.release()
        return self._results


rounds = Round()


def _problem(check: Check, now: datetime) -> str:
    try:
        return check.problem(now)
    except AWAY:
        logger.warning("check %s failed", check.key, exc_info=True)
        return _("Ne répond pas.")


def _database(_now: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


@cache
def _migrated_at_last() -> bool:
    """Whether the database has every migration of this code: once true, true for good."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise LookupError  # not kept
    return True


def _migrations(_now: datetime) -> str:
    try:
        _migrated_at_last()
    except LookupError:
        return _("La base attend des migrations.")
    return ""


def _broker(_now: datetime) -> str:
    queue_lengths()
    return ""


def _cache(_now: datetime) -> str:
    shared_cache.get("emn.monitoring")
    return ""


def _disk(_now: datetime) -> str:
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free >= LEAST_FREE_BYTES:
        return ""
    return _("Il reste %(free)d Mo sur le disque.") % {"free": free // 2**20}


def _clock(now: datetime) -> str:
    run = last_runs().get(HEARTBEAT)
    if run is None:
        return _("Aucune tâche périodique n’a encore tourné.")
    if now - run.ended_at > CLOCK_LATE:
        return _("La dernière tâche périodique a tourné il y a %(minutes)d minutes.") % {
            "minutes": (now - run.ended_at) // timedelta(minutes=1)
        }
    return ""


for _order, _key, _label, _asked in (
    (0, "database", gettext_lazy("Base de données"), _database),
    (1, "migrations", gettext_lazy("Tables à jour"), _migrations),
    (2, "broker", gettext_lazy("File des tâches"), _broker),
    (3, "cache", gettext_lazy("Mémoire partagée"), _cache),
    (4, "disk", gettext_lazy("Place sur le disque"), _disk),
    (5, "clock", gettext_lazy("Horloge et services de fond"), _clock),
):
    register(Check(key=_key, order=_order, label=_label, problem=_asked))
