"""Public pages kept whole, compressed and ready, ahead of Django.

A page declared `Cache-Control: public` is the same for everybody, so each web process may answer it
from memory. It stays right because each change of public content calls `touch()` in its own
transaction: the row becomes visible with the change itself, and every process looks for a new row
at most `CHECK_EVERY_S` later. Nothing is shared between processes but that one table.

The page of a blank form is the same for everybody too, but for one value: see `Blank`.
"""

import gzip
import hashlib
import threading
import time
from collections.abc import Callable, Hashable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import brotli
from django.db import DEFAULT_DB_ALIAS, Error, connection, connections
from django.utils.translation import get_language

from emn.lib.monitoring import counters

CHECK_EVERY_S = 0.25
KEEP_FOR_S = 60.0
MAX_BYTES = 64 * 1024 * 1024
_CLOCKS_DIFFER = timedelta(seconds=1)  # at most, between two servers
MOST_KEPT = 10_000  # values: a few kB each at most
_SMALLEST_COMPRESSED = 512  # bytes: below, compression costs more than it saves
BLANK = "emn.blank"
_COMPRESSED_TYPES = ("text/", "application/json", "application/xml", "image/svg", "application/ld")

Generation = tuple[int, int]
Kept = TypeVar("Kept")
# That of a copy of the database, while it is read: `emn.lib.replica`.
pinned: ContextVar[Generation | None] = ContextVar("emn.lib.page_cache.pinned", default=None)


def touch(*, at: datetime | None = None) -> None:
    """Say, in the current transaction, that public content changes: now, and also `at` if given.

    A row of the future counts once its instant has passed on the database's clock, one second
    late, so that no server whose clock is a little slow keeps the page as it was.
    """
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO emn_page_change DEFAULT VALUES")
        if at is not None:
            cursor.execute("INSERT INTO emn_page_change (at) VALUES (%s)", [at + _CLOCKS_DIFFER])
    generations.look_again()


def forget_changes(*, before: datetime) -> int:
    """Delete the change rows older than `before`, but for the last that counts; return how many.

    That one stays, or an emptied table would give back the generation of an earlier empty one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM emn_page_change
               WHERE at < %s
               AND id < (SELECT max(id) FROM emn_page_change WHERE at <= clock_timestamp())""",
            [before],
        )
        return int(cursor.rowcount)


def read_generation(*, using: str = DEFAULT_DB_ALIAS) -> Generation:
    """Return a value that differs after each committed change that this database has seen.

    Count and sum, not the largest id: transactions do not commit in the order of their ids.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT count(*), coalesce(sum(id), 0)::bigint FROM emn_page_change
               WHERE at <= clock_timestamp()"""
        )
        count, total = cursor.fetchone()
        return count, total


@dataclass
class Generations:
    """The generation as this process last saw it, read again when `CHECK_EVERY_S` is over."""

    read: Callable[[], Generation] = read_generation
    clock: Callable[[], float] = time.monotonic
    own_changes: int = 0
    _current: Generation | None = None
    _next_check: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def look_again(self) -> None:
        """Read the generation at the next use: this process has just made a change itself."""
        self.own_changes += 1
        self._next_check = 0.0

    def now(self) -> Generation | None:
        """Return the generation; None while it cannot be told.

        One thread asks, the others go on with what is known. Inside a transaction it cannot be
        told: what that sees of its own changes is not yet true for the others.
        """
        if connection.in_atomic_block:
            return None
        if (generation := pinned.get()) is not None:
            return generation
        if self.clock() >= self._next_check and self._lock.acquire(blocking=False):
            try:
                self._current = self.read()
            except Error:
                connection.close()
                self._current = None
            finally:
                self._next_check = self.clock() + CHECK_EVERY_S
                self._lock.release()
        return self._current


generations = Generations()
_kept: dict[Hashable, tuple[Generation, Any]] = {}
_versions: dict[Hashable, Any] = {}


def keep(key: Hashable, build: Callable[[], Kept]) -> Kept:
    """Return what `build`, a read of public content, gave under `key` since that last changed.

    Kept per process and language. Nobody may alter what it returns.
    """
    generation = generations.now()
    place = (key, get_language())
    if generation is None:
        return build()
    known = _kept.get(place)
    if known is None or known[0] != generation:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        known = (generation, build())
        _kept[place] = known
    return cast("Kept", known[1])


def keep_version(key: Hashable, build: Callable[[], Kept]) -> Kept:
    """Return what `build` gave under `key`, which names the version of all that it reads.

    A new version is a new key, so changes elsewhere in the portal leave it in memory.
    """
    place = (key, get_language())
    known = _versions.get(place)
    if known is None:
        if len(_versions) >= MOST_KEPT:
            _versions.clear()
        known = _versions[place] = build()
    return cast("Kept", known)


def kept(build: Callable[[], Kept]) -> Callable[[], Kept]:
    """Make `build`, a read of public content, answer from memory until that content changes."""

    @wraps(build)
    def answer() -> Kept:
        return keep((build.__module__, build.__qualname__), build)

    return answer


@dataclass(frozen=True)
class Blank:
    """A page that is everybody's but for a value between its two parts, made at each answer.

    A view says so under `BLANK` in the environ of the request (`request.META`). Whatever its
    `Cache-Control`, which the browser obeys, the parts are kept here; no browser nor proxy may.
    """

    before: bytes
    after: bytes
    value: Callable[[], bytes]

    def answer(
        self,
        headers: list[tuple[str, str]],
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> list[bytes]:
        """Send the page with a value of its own."""
        body = self.before + self.value() + self.after
        start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


@dataclass
class _Page:
    """One answer, with its body in each encoding that was asked for again.

    Many addresses are asked for once: a first visitor gets a quick compression, which is not kept.
    """

    headers: list[tuple[str, str]]
    etag: str
    keep_until: float
    bodies: dict[str, bytes]
    compressible: bool
    compressed_once: bool = False
    blank: Blank | None = None

    @property
    def weight(self) -> int:
        """Bytes it may come to hold: the plain body and, at the most, as much compressed."""
        return 2 * len(self.bodies[""])

    def body(self, encoding: str) -> bytes:
        if encoding in self.bodies:
            return self.bodies[encoding]
        if not self.compressed_once:
            self.compressed_once = True
            return _compress(self.bodies[""], encoding, level=1)
        packed = self.bodies[encoding] = _compress(self.bodies[""], encoding, level=5)
        return packed


def _compress(body: bytes, encoding: str, *, level: int) -> bytes:
    packed: bytes = (
        brotli.compress(body, quality=level) if encoding == "br" else gzip.compress(body, level)
    )
    return packed


@dataclass
class PageCache:
    """WSGI middleware: answers a kept page, or asks `application` and keeps what it may."""

    application: WSGIApplication
    generations: Generations = field(default_factory=lambda: generations)
    clock: Callable[[], float] = time.monotonic
    _pages: dict[tuple[str, ...], _Page] = field(default_factory=dict)
    _bytes: int = 0
    _generation: Generation | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or "HTTP_HX_REQUEST" in environ:
            return self.application(environ, start_response)
        current = self.generations.now()
        if current is None:
            return self.application(environ, start_response)
        if current != self._generation:
            self._start_over(current)
        key = (
            environ.get("PATH_INFO", ""),
            environ.get("QUERY_STRING", ""),
            environ.get("HTTP_X_FORWARDED_PROTO", ""),
        )
        page = self._pages.get(key)
        if page is not None and page.keep_until > self.clock():
            counters.page_cache_answered(hit=True)
            return _answer(page, environ, start_response)
        return self._ask(key, current, environ, start_response)

    def _ask(
        self,
        key: tuple[str, ...],
        current: Generation,
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        """Let Django answer; keep the page when it is public and the site has not moved on."""
        told: list[tuple[str, list[tuple[str, str]]]] = []

        def listen(
            status: str, headers: list[tuple[str, str]], *_error: object
        ) -> Callable[[bytes], object]:
            told.append((status, headers))
            return lambda _data: None

        asked = (
            environ if environ["REQUEST_METHOD"] == "GET" else environ | {"REQUEST_METHOD": "GET"}
        )
        answer = self.application(asked, listen)
        status, headers = told[-1]
        blank: Blank | None = asked.get(BLANK)
        if not _may_be_kept(status, headers, is_blank=blank is not None):
            start_response(status, headers)
            return answer
        try:
            body = b"".join(answer)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
        counters.page_cache_answered(hit=False)
        page = _make_page(headers, body, keep_until=self.clock() + KEEP_FOR_S, blank=blank)
        self._keep(key, page, current)
        return _answer(page, environ, start_response)

    def _start_over(self, current: Generation) -> None:
        with self._lock:
            if current != self._generation:
                self._pages, self._bytes, self._generation = {}, 0, current

    def _keep(self, key: tuple[str, ...], page: _Page, current: Generation) -> None:
        """Keep the page, unless the site has moved on while it was built."""
        with self._lock:
            if current != self._generation:
                return
            self._drop(key)
            while self._pages and self._bytes + page.weight > MAX_BYTES:
                self._drop(next(iter(self._pages)))
            self._pages[key] = page
            self._bytes += page.weight

    def _drop(self, key: tuple[str, ...]) -> None:
        dropped = self._pages.pop(key, None)
        if dropped is not None:
            self._bytes -= dropped.weight


def _may_be_kept(status: str, headers: list[tuple[str, str]], *, is_blank: bool) -> bool:
    """Whether the answer is whole, public, without cookie and without a header of its own kind."""
    named = {name.lower(): value.lower() for name, value in headers}
    vary = {part.strip() for part in named.get("vary", "").split(",") if part.strip()}
    return (
        status.startswith("200")
        and (is_blank or "public" in named.get("cache-control", ""))
        and "immutable" not in named.get("cache-control", "")
        and "set-cookie" not in named
        and "content-encoding" not in named
        and vary <= {"hx-request", "accept-encoding"}
    )


def _make_page(
    headers: list[tuple[str, str]], body: bytes, *, keep_until: float, blank: Blank | None
) -> _Page:
    named = {name.lower(): value for name, value in headers}
    vary = {part.strip().lower() for part in named.get("vary", "").split(",") if part.strip()}
    etag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    kept = [
        (name, value)
        for name, value in headers
        if name.lower() not in {"content-length", "etag", "vary"}
    ]
    if blank is None:
        kept += [("ETag", etag), ("Vary", ", ".join(sorted(vary | {"accept-encoding"})))]
    return _Page(
        headers=kept,
        etag=etag,
        keep_until=keep_until,
        bodies={"": body},
        compressible=len(body) >= _SMALLEST_COMPRESSED
        and named.get("content-type", "").startswith(_COMPRESSED_TYPES),
        blank=blank,
    )


def _answer(page: _Page, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    if page.blank is not None:
        return page.blank.answer(page.headers, environ, start_response)
    if page.etag in environ.get("HTTP_IF_NONE_MATCH", ""):
        start_response("304 Not Modified", page.headers)
        return []
    accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
    encoding = ""
    if page.compressible:
        encoding = "br" if "br" in accepted else "gzip" if "gzip" in accepted else ""
    body = page.body(encoding)
    headers = [*page.headers, ("Content-Length", str(len(body)))]
    if encoding:
        headers.append(("Content-Encoding", encoding))
    start_response("200 OK", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
