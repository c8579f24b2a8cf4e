"""20,000 walks of the referential that is used, and 200 people who answer at once.

To reach: every walk yields a report that keeps the rules of tests/diagnostics/paths.py; p95 of a
save ≤ 4 × that of a bare Django view that inserts one row, under the same load.
"""

import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse

from bench.servers import ROOT, manage, serving

PEOPLE, ROUNDS = 200, 5
WALKS = {"flash": 16_000, "on_site": 4_000}


def run() -> dict:
    """Return the figures of the walks and of the crowd."""
    for command in (("migrate",), ("sync_diagnostics", "--write"), ("collectstatic", "--noinput")):
        manage(*command)
    walks = {depth: _worker("walk", depth, str(count)) for depth, count in WALKS.items()}
    for depth, found in walks.items():
        print(f"{depth:8} {found['walks']} walks, {found['ms']:.2f} ms each, faults: none")
    report = _worker("report")
    print(f"report {report['page_ms']:.1f} ms, PDF {report['pdf_ms']:.1f} ms (to reach: 150)")
    crowd = _crowd()
    print(
        f"{PEOPLE} people at once, p95: save {crowd['save_p95_ms']} ms, bare insert "
        f"{crowd['bare_p95_ms']} ms, ratio {crowd['ratio']} (to reach: 4), {crowd['statuses']}"
    )
    return {"walks": walks, "report": report, "crowd": crowd}


def _worker(*what: str):
    said = subprocess.run(
        [sys.executable, "-m", "bench.diagnostics_worker", *what],
        cwd=ROOT,
        env=os.environ | {"EMN_LOG_LEVEL": "ERROR"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return json.loads(said.splitlines()[-1])


def _crowd() -> dict:
    """Alternate the portal and the bare view; return the medians of the p95 of each round."""
    _worker("table")
    saves, bares, statuses = [], [], set()
    with (
        serving("emn.wsgi:application") as portal,
        serving("bench.bare_insert:application") as bare,
    ):
        for _round in range(ROUNDS):
            keys = _worker("runs", str(PEOPLE))
            body = urllib.parse.urlencode({"s_goals": "list", "seen-s_goals": "0"}).encode()
            paths = [f"/diagnostic/{key}/question/s_goals/" for key in keys]
            times, answers = _at_once(portal, [(path, body) for path in paths])
            saves.append(_p95(times))
            statuses |= set(answers)
            bares.append(_p95(_at_once(bare, [("/", b"x")] * PEOPLE)[0]))
    save, bare_ms = statistics.median(saves), statistics.median(bares)
    return {
        "save_p95_ms": round(save, 1),
        "bare_p95_ms": round(bare_ms, 1),
        "ratio": round(save / bare_ms, 2),
        "statuses": sorted(statuses),
    }


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)] * 1000


def _at_once(base: str, requests: list[tuple[str, bytes]]) -> tuple[list[float], list[int]]:
    """Post all from as many connections, opened before; return the seconds of each, and answers."""
    host = base.removeprefix("http://")
    times, answers = [0.0] * len(requests), [0] * len(requests)
    barrier = threading.Barrier(len(requests))

    def ask(place: int, path: str, body: bytes) -> None:
        connection = http.client.HTTPConnection(host, timeout=120)
        connection.connect()
        barrier.wait()
        start = time.perf_counter()
        connection.request(
            "POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"}
        )
        answer = connection.getresponse()
        answer.read()
        times[place], answers[place] = time.perf_counter() - start, answer.status
        connection.close()

    threads = [
        threading.Thread(target=ask, args=(place, *request))
        for place, request in enumerate(requests)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, answers
