"""When each task last ran, and the task that writes it down."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from celery import Task
from django.db import connection
from django.utils import timezone

from emn.lib import request_id

logger = logging.getLogger(__name__)

_WRITE = """
    INSERT INTO emn_last_run AS run (task, ended_at, succeeded_at, failures, duration_ms)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (task) DO UPDATE SET
        ended_at = excluded.ended_at,
        succeeded_at = coalesce(excluded.succeeded_at, run.succeeded_at),
        failures = run.failures + excluded.failures,
        duration_ms = excluded.duration_ms
"""


@dataclass(frozen=True)
class Run:
    """The last run of a task. `succeeded_at`: of the last one that did, None when none has."""

    task: str
    ended_at: datetime
    succeeded_at: datetime | None
    failures: int
    duration_ms: int


def note(task: str, *, succeeded: bool, duration_ms: int, now: datetime) -> None:
    """Write down that a task ended."""
    values: list[Any] = [task, now, now if succeeded else None, int(not succeeded), duration_ms]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)


def last_runs() -> dict[str, Run]:
    """Return the last run of each task that ever ran."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task, ended_at, succeeded_at, failures, duration_ms FROM emn_last_run"
        )
        return {row[0]: Run(*row) for row in cursor.fetchall()}


class PortalTask(Task):  # type: ignore[type-arg]  # not generic at run time
    """A task that keeps the identifier of the request that asked for it, and notes its runs."""

    _started = 0.0

    def apply_async(self, *args: Any, **options: Any) -> Any:
        """Send it, with the identifier of what is being done."""
        if identifier := request_id.current():
            options["headers"] = {**(options.get("headers") or {}), "request_id": identifier}
        return super().apply_async(*args, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it under that identifier, its own when nobody asked for it."""
        self._started = time.perf_counter()
        asked_by = getattr(self.request, "request_id", None) or request_id.current()
        with request_id.known_as(asked_by or self.request.id or ""):
            return self.run(*args, **kwargs)  # the stock one would hide the request from the task

    def after_return(self, status: str, *_facts: Any, **_more: Any) -> None:
        """Note the run; a task that did its work does not fail for want of this."""
        elapsed = round(1000 * (time.perf_counter() - self._started))
        try:
            succeeded = status == "SUCCESS"
            note(self.name, succeeded=succeeded, duration_ms=elapsed, now=timezone.now())
        except Exception:
            logger.warning("the run of %s could not be noted", self.name, exc_info=True)
