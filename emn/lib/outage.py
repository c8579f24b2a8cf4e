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
_SERVER_ERROR = 500  # from there on, of HTTP


def _is_store_away(error: BaseException) -> bool:
    """Tell whether the store of the bucket does not answer, or says that it cannot."""
    library = sys.modules.get("botocore.exceptions")
    if library is None:  # no bucket
        return False
    if isinstance(error, library.ClientError):
        status: int = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return status >= _SERVER_ERROR
    return isinstance(error, (library.ConnectionError, library.HTTPClientError))


def is_outage(error: BaseException | None) -> bool:
    """Tell whether an error, or what it came from, is that a service does not answer."""
    while error is not None:
        if isinstance(error, _AWAY):
            return True
        if _is_store_away(error):
            return True
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:  # the disk is full
            return True
        error = error.__cause__
    return False
