"""The engine Django loads: its PostgreSQL one, with a health check that costs no exchange.

A server that answered nothing to one thread is not waited for by the next one.
"""

import select
import time
from typing import Any

import psycopg2
from django.db.backends.postgresql import base

TRUSTED_FOR_S = 1.0
SILENCE_S = 1.0  # an attempt that failed sooner was refused: somebody answers there
RESTS_FOR_S = 2.0
_silent_until: dict[tuple[object, object], float] = {}  # host and port, by this process


class DatabaseWrapper(base.DatabaseWrapper):
    """Checks a connection (CONN_HEALTH_CHECKS) by looking at its socket while it is in steady use.

    A server that stops, restarts or ends a session says so: its last words, or the end of the
    stream, wait in the socket. Only a path that went silent says nothing (a firewall that forgets
    an idle connection), which a rest of a second leaves no time for; after a longer one, and after
    an error, the server is asked as Django does.
    """

    _checked_at = 0.0

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; fail at once for a while after the server has let an attempt run out.

        Else those who queue for the few threads of a process wait for one such attempt each.
        """
        server = (conn_params.get("host"), conn_params.get("port"))
        began = time.monotonic()
        if began < _silent_until.get(server, 0.0):
            raise psycopg2.OperationalError("the server has just let an attempt run out")
        try:
            return super().get_new_connection(conn_params)
        except psycopg2.OperationalError:
            ended = time.monotonic()
            if ended - began >= SILENCE_S:
                _silent_until[server] = ended + RESTS_FOR_S
            raise

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
