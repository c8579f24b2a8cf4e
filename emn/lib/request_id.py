"""One identifier for all that a request causes: in its answer, each line of the log, each task."""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

HEADER = "X-Request-ID"
_FIT = re.compile(r"[A-Za-z0-9._-]{8,64}")
_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """Return the identifier of what is being done; empty outside of a request and a task."""
    return _current.get()


@contextmanager
def known_as(identifier: str) -> Iterator[None]:
    """Give the block this identifier."""
    token = _current.set(identifier)
    try:
        yield
    finally:
        _current.reset(token)


@dataclass
class RequestIds:
    """WSGI middleware, ahead of the page cache: takes a fit identifier, else gives one."""

    application: WSGIApplication

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        said = environ.get("HTTP_X_REQUEST_ID", "")
        identifier = said if _FIT.fullmatch(said) else secrets.token_hex(8)

        def start(
            status: str, headers: list[tuple[str, str]], *error: object
        ) -> Callable[[bytes], object]:
            return start_response(status, [*headers, (HEADER, identifier)], *error)  # type: ignore[arg-type]

        with known_as(identifier):
            return self.application(environ, start)
