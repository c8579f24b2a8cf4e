"""Counts of what the web processes do, all hosts together: each adds its own to one table."""

from bisect import bisect_left
from collections.abc import Mapping
from typing import NamedTuple

from django.db import connection, transaction

from emn.lib.tally import Tally

BOUNDS_MS = (25, 50, 100, 250, 500, 1000, 5000)
BOUNDS = (*(f"{bound / 1000:g}" for bound in BOUNDS_MS), "+Inf")  # seconds, as they are written


class Count(NamedTuple):
    """A counter: its name in the exposition, and its labels as it writes them."""

    name: str
    labels: tuple[tuple[str, str], ...] = ()


_ADD = """
    INSERT INTO emn_metric AS metric (name, labels, value)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[])
    ON CONFLICT (name, labels) DO UPDATE SET value = metric.value + excluded.value
"""
_HIT, _MISS = (Count("emn_page_cache_total", (("answer", kind),)) for kind in ("hit", "miss"))


def _write(counts: Mapping[Count, int]) -> None:
    rows = sorted((key.name, _joined(key.labels), value) for key, value in counts.items())
    names, labels, values = (list(column) for column in zip(*rows, strict=True))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ADD, [names, labels, values])  # sorted: two processes never cross


def _joined(labels: tuple[tuple[str, str], ...]) -> str:
    return "\x1f".join(f"{name}={value}" for name, value in labels)


tally: Tally[Count] = Tally(_write)


def read() -> dict[Count, int]:
    """Return all counts, as far as the processes have written them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, labels, value FROM emn_metric ORDER BY name, labels")
        return {Count(name, _parted(labels)): value for name, labels, value in cursor.fetchall()}


def _parted(labels: str) -> tuple[tuple[str, str], ...]:
    pairs = (label.partition("=") for label in labels.split("\x1f") if label)
    return tuple((name, value) for name, _equals, value in pairs)


def page_cache_answered(*, hit: bool) -> None:
    """Count a page that memory held, or did not."""
    tally.add(_HIT if hit else _MISS)


def request_done(*, view: str, status: int, elapsed_ms: int) -> None:
    """Count a request that reached Django: by view and class of status, and by duration.

    A duration is counted once, under the least bound that holds it: whoever reads adds them up.
    """
    of_view = (("view", view),)
    bound = BOUNDS[bisect_left(BOUNDS_MS, elapsed_ms)]
    tally.add(
        Count("emn_requests_total", (*of_view, ("status", f"{status // 100}xx"))),
        Count("emn_request_seconds", (*of_view, ("le", bound))),
    )
    tally.add_many(Count("emn_request_milliseconds_total", of_view), elapsed_ms)
