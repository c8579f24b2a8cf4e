"""Processes beside the caller's, for work that one processor cannot do in time."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

import django
from django.db import connection


@contextmanager
def processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Give `count` new processes in which the portal stands, each with a connection of its own.

    They share nothing with the caller: neither its transaction nor its locks. For commands: a
    Celery worker is itself a child that may have none.
    """
    with ProcessPoolExecutor(
        count,
        mp_context=get_context("spawn"),
        initializer=_prepare,
        initargs=(connection.settings_dict["NAME"],),
    ) as pool:
        yield pool


def _prepare(database: str) -> None:
    django.setup()
    connection.settings_dict["NAME"] = database  # the caller's may be that of a test
