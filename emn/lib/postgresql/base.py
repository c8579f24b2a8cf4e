"""The engine Django loads: its PostgreSQL one, with a health check that costs no exchange."""

import select
import time
from typing import Any

from django.db.backends.postgresql import base

TRUSTED_FOR_S = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Checks a connection (CONN_HEALTH_CHECKS) by looking at its socket while it is in steady use.

    A server that stops, restarts or ends a session says so: its last words, or the end of the
    stream, wait in the socket. Only a path that went silent says nothing (a firewall that forgets
    an idle connection), which a rest of a second leaves no time for; after a longer one, and after
    an error, the server is asked as Django does.
    """

    _checked_at = 0.0

    def is_usable(self) -> bool:
        """Tell whether the connection still answers."""
        now = time.monotonic()
        rested, self._checked_at = now - self._checked_at, now
        if rested < TRUSTED_FOR_S and not self.errors_occurred and _is_quiet(self.connection):
            return True
        return super().is_usable()


def _is_quiet(connection: Any) -> bool:
    """Whether the connection is open and its server has said nothing since the last answer."""
    if connection is None or connection.closed:
        return False
    socket = select.poll()
    socket.register(connection.fileno(), select.POLLIN)
    return not socket.poll(0)
