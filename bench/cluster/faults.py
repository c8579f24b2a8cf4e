"""What fails, in turn."""

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bench.cluster.hosts import CLOCKS, WEBS, WORKERS, Cluster

CUT_FOR_S, LONG_CUT_S = 10.0, 20.0  # the long one lasts longer than the portal waits
AWAY_FOR_S = 3.0
TAKES_OVER_WITHIN_S = 40.0
_IN_THE_MIDDLE = {  # what a worker has in hand
    "worker": "SELECT 1 FROM mailings_outboundemail WHERE status = 'sending'",
    "jobs": "SELECT 1 FROM events_registration WHERE greeting_due_at IS NOT NULL",
    "letters": "SELECT 1 FROM mailings_delivery WHERE state = 'sending'",
}


@dataclass(frozen=True)
class Fault:
    """One thing that fails; `strike` returns once it is over, but for what has to come back."""

    name: str
    strike: Callable[[Cluster], object]


def _kill(name: str) -> Fault:
    def strike(cluster: Cluster) -> None:
        _await_work(cluster, name)
        cluster.members[name].kill()

    return Fault(f"SIGKILL {name}", strike)


def _await_work(cluster: Cluster, name: str) -> None:
    latest = time.monotonic() + 4
    while name in _IN_THE_MIDDLE and time.monotonic() < latest:
        if cluster.query(_IN_THE_MIDDLE[name]):
            return
        time.sleep(0.02)


def _cut(name: str, seconds: float) -> Fault:
    def strike(cluster: Cluster) -> None:
        _await_work(cluster, name)
        cluster.lan.cut(name)
        time.sleep(seconds)
        cluster.lan.mend(name)

    return Fault(f"cut off {name}, {seconds:.0f} s", strike)


def _lose(name: str) -> Fault:
    """The host goes dark with what it holds: its connections are never closed; it comes back."""

    def strike(cluster: Cluster) -> None:
        _await_work(cluster, name)
        member = cluster.members[name]
        member.is_held_down = True
        cluster.lan.unplug(name)
        member.kill()
        time.sleep(CUT_FOR_S)
        cluster.lan.plug(name)
        member.is_held_down = False

    return Fault(f"unplugged {name}", strike)


def _kill_clock(cluster: Cluster, *, unplugged: bool = False) -> None:
    """Kill the clock that leads, and hold it down until the other one does."""
    leader = cluster.members[cluster.clock()]
    leader.is_held_down = True
    if unplugged:
        cluster.lan.unplug(leader.name)
    leader.kill()
    latest = time.monotonic() + TAKES_OVER_WITHIN_S
    while cluster.clock() in {"", leader.name} and time.monotonic() < latest:
        time.sleep(0.1)
    if unplugged:
        cluster.lan.plug(leader.name)
    leader.is_held_down = False


def _restart_redis(cluster: Cluster) -> None:
    cluster.stop_redis()
    time.sleep(AWAY_FOR_S)
    cluster.start_redis()


def _fill(name: str) -> Fault:
    def strike(cluster: Cluster) -> None:
        if name in WEBS:
            _upload(cluster, name)  # Python chooses its temporary folder once, while there is room
        filler = cluster.members[name].folder / "filler"
        try:
            with filler.open("wb", buffering=0) as file:
                while True:
                    file.write(b"x" * 4096)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
        if name in WEBS:
            cluster.upload = _upload(cluster, name)
        time.sleep(5)
        filler.unlink()

    return Fault(f"disk full {name}", strike)


def _upload(cluster: Cluster, name: str) -> tuple[int, bytes]:
    """Send a file larger than what is kept in memory to the host whose disk is full."""
    edge = "banc"
    body = (
        (
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        ).encode()
        + b"x" * 3_000_000
        + f"\r\n--{edge}--\r\n".encode()
    )
    answer = cluster.front.ask_one(
        name, "POST", "/lettre/", body, visitor="10.200.0.1",
        kind=f"multipart/form-data; boundary={edge}",
    )  # fmt: skip
    return answer.status, answer.body[:200]


FAULTS = (
    Fault("none", lambda _cluster: None),
    *(_kill(name) for name in (*WEBS, *WORKERS)),
    Fault("SIGKILL the clock", _kill_clock),
    _cut("web-1", LONG_CUT_S),
    _cut("worker", CUT_FOR_S),
    _lose("letters"),
    Fault("unplugged the clock", partial(_kill_clock, unplugged=True)),
    Fault("SIGKILL Redis, 3 s", _restart_redis),
    Fault("crash PostgreSQL, 2 s", Cluster.crash_database),
    *(_fill(name) for name in ("web-2", CLOCKS[0])),
)
