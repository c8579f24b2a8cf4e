"""The balancer: one web host after the other, out while its /sante/ does not answer."""

import http.client
import itertools
import threading
import time
from dataclasses import dataclass, field

HOST = "banc.example"
PORT = 8000
PATIENCE_S = 30.0  # of a visitor
PROBE_EVERY_S, PROBE_PATIENCE_S = 1.0, 2.0


@dataclass(frozen=True)
class Answer:
    """What a visitor got; status 0 when nobody answered."""

    status: int
    body: bytes = b""
    location: str = ""
    seconds: float = 0.0
    at: float = 0.0
    asked: str = ""
    host: str = ""


@dataclass
class Front:
    """Sends each request to the next web host that answers its probe; only reads are tried again.

    When no host answers its probe, all are asked: the portal’s own page says what is away.
    """

    webs: dict[str, str]  # name: address
    source: str
    is_up: dict[str, bool] = field(default_factory=dict)
    _turn: itertools.count = field(default_factory=itertools.count)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Begin to probe."""
        for name in self.webs:
            threading.Thread(target=self._watch, args=(name,), daemon=True).start()

    def stop(self) -> None:
        """Probe no more."""
        self._stopping.set()

    def ask(
        self, method: str, path: str, body: bytes = b"", *, visitor: str, kind: str = ""
    ) -> Answer:
        """Return the answer; a GET whose host fell is asked of another one."""
        began = time.monotonic()
        answer = Answer(0)
        for _try in range(len(self.webs) if method == "GET" else 1):
            name = self._next()
            answer = self.ask_one(name, method, path, body, visitor=visitor, kind=kind)
            if answer.status:
                break
            self.is_up[name] = False
        at = time.monotonic()
        return Answer(
            answer.status, answer.body, answer.location, at - began, at, f"{method} {path}", name
        )

    def ask_one(
        self, name: str, method: str, path: str, body: bytes = b"", *, visitor: str, kind: str = "",
        patience: float = PATIENCE_S,
    ) -> Answer:  # fmt: skip
        """Ask one web host."""
        connection = http.client.HTTPConnection(
            self.webs[name], PORT, timeout=patience, source_address=(self.source, 0)
        )
        headers = {
            "Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": visitor,
            "Content-Type": kind or "application/x-www-form-urlencoded",
        }  # fmt: skip
        try:
            connection.request(method, path, body or None, headers)
            got = connection.getresponse()
            return Answer(got.status, got.read(), got.getheader("Location", ""))
        except (OSError, http.client.HTTPException):
            return Answer(0)
        finally:
            connection.close()

    def _next(self) -> str:
        names = [name for name in self.webs if self.is_up.get(name)] or [*self.webs]
        return names[next(self._turn) % len(names)]

    def _watch(self, name: str) -> None:
        while not self._stopping.wait(PROBE_EVERY_S):
            self.is_up[name] = self.is_well(name)

    def is_well(self, name: str) -> bool:
        """Whether the host answers its probe."""
        answer = self.ask_one(
            name, "GET", "/sante/", visitor=self.source, patience=PROBE_PATIENCE_S
        )
        return answer.status == http.client.OK
