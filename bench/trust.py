"""The index of trust: 100,000 providers with 2,000,000 facts computed anew, and its promises.

To reach: every index of the night in ≤ 5 minutes by two workers, which add ≤ 50 MB to the portal's
own at any size; one fact computed and shown in ≤ 2 s (bell aside, in ms; and from its commit to the
page of a web process, by a real worker and each broker); 60,000 random ledgers keep every promise
of rules 1.5. `BENCH_SIZES` gives other sizes, `BENCH_LEDGERS` another number.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

from bench.search import PREPARATION
from bench.servers import ROOT, free_port, serving

SIZES = (100_000,)
LEDGERS = 60_000
WORKERS = 2


def run() -> dict:
    """Return the figures of each size. The cards of a size are written once and kept."""
    figures = {}
    for size in [int(size) for size in os.environ.get("BENCH_SIZES", "").split()] or SIZES:
        state = os.environ["EMN_DATA_DIR"] + f"-trust-{size}"
        environment = os.environ | {"EMN_DATA_DIR": state, "EMN_LOG_LEVEL": "ERROR"}
        for command in (*PREPARATION, ("seed_demo", "--scale", str(size))):
            subprocess.run(
                [sys.executable, "manage.py", *command],
                cwd=ROOT,
                env=environment,
                check=True,
                stdout=subprocess.DEVNULL,
            )
        found = _ask(environment, "prepare")
        start = time.perf_counter()
        workers = [_start(environment, "night") for _worker in range(WORKERS)]
        nights = [_answer(worker) for worker in workers]
        found["night by two workers, s (≤ 300)"] = time.perf_counter() - start
        found["files computed"] = sum(night["done"] for night in nights)
        found["a worker before, MB"] = max(night["before_mb"] for night in nights)
        found["memory added by the night, MB (≤ 50)"] = max(night["added_mb"] for night in nights)
        found |= _ask(environment, "one")
        found |= _journeys(environment)
        figures[size] = found
        print(f"\n{size:,} providers")
        for name, value in found.items():
            print(f"{name:48} {value:12,.2f}")
    ledgers = int(os.environ.get("BENCH_LEDGERS", LEDGERS))
    start = time.perf_counter()
    workers = [
        _start(dict(os.environ), "promises", str(first), str(ledgers), str(WORKERS))
        for first in range(WORKERS)
    ]
    kept = sum(_answer(worker)["kept"] for worker in workers)
    figures["promises"] = {"ledgers": kept, "seconds": time.perf_counter() - start}
    print(
        f"\n{kept:,} random ledgers keep every promise, in {figures['promises']['seconds']:.0f} s"
    )
    return figures


def _journeys(environment: dict[str, str]) -> dict:
    """Return how long a fact takes from its commit to the page, by each broker."""
    found = {}
    for name, broker in (("files", _no_broker), ("Redis", _redis)):
        with broker() as url:
            if url is None:
                print("redis-server is missing: its journey is left out")
                continue
            own = environment | ({"REDIS_URL": url} if url else {})
            with _working(own), serving("emn.wsgi:application", **own) as address:
                journey = _ask(own, "journey", address)
        found[f"fact to page by {name}, median ms"] = journey["median"]
        found[f"fact to page by {name}, worst ms (≤ 2000)"] = journey["worst"]
    return found


@contextlib.contextmanager
def _no_broker() -> Iterator[str | None]:
    yield ""


@contextlib.contextmanager
def _redis() -> Iterator[str | None]:
    """Run a Redis that keeps nothing; None where there is none."""
    if shutil.which("redis-server") is None:
        yield None
        return
    port = free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--appendonly", "no"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(timeout=15)


@contextlib.contextmanager
def _working(environment: dict[str, str]) -> Iterator[None]:
    """Run one worker as the portal does."""
    worker = subprocess.Popen(
        [
            sys.executable, "-m", "celery", "-A", "emn", "worker", "--concurrency", "1",
            "--queues", "transactional,default", "--loglevel", "ERROR",
        ],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(timeout=30)


def _start(environment: dict[str, str], *words: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "bench.trust_worker", *words]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def _answer(worker: subprocess.Popen) -> dict:
    said, _errors = worker.communicate()
    if worker.returncode:
        raise SystemExit(f"bench.trust_worker ended with {worker.returncode}")
    return json.loads(said.splitlines()[-1])


def _ask(environment: dict[str, str], *words: str) -> dict:
    return _answer(_start(environment, *words))
