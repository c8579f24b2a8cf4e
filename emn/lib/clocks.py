"""What a clock does at each of its turns: all that is due, whatever becomes of one row."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

logger = logging.getLogger(__name__)


def each(keys: Iterable[int], act: Callable[[int, datetime], int], *, now: datetime) -> int:
    """Do `act(key, now)` for each key; return the sum of what the acts return.

    One that fails is logged and holds no other back; it stays due. An act is its own transaction.
    """
    done = 0
    for key in keys:
        try:
            done += act(key, now)
        except Exception:
            logger.exception("%s failed on row %s", getattr(act, "__qualname__", act), key)
    return done
