"""A service that the portal leans on is away: said as such, and not as a fault of the portal."""

import errno
import sys

import kombu.exceptions
import redis
from django.db import InterfaceError, OperationalError

_AWAY = (
    OperationalError,
    InterfaceError,
    redis.ConnectionError,
    redis.TimeoutError,
    kombu.exceptions.OperationalError,
)
RETRY_AFTER_S = 60


def _store_away() -> tuple[type[BaseException], ...]:
    """What the library of the bucket raises when the store does not answer, if it is loaded."""
    library = sys.modules.get("botocore.exceptions")
    return (library.ConnectionError, library.HTTPClientError) if library else ()


def is_outage(error: BaseException | None) -> bool:
    """Tell whether an error, or what it came from, is that a service does not answer."""
    while error is not None:
        if isinstance(error, _AWAY):
            return True
        if isinstance(error, _store_away()):
            return True
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:  # the disk is full
            return True
        error = error.__cause__
    return False
