"""The newsletter against a bare smtplib loop, to a sink on this machine.

To reach: a worker process ≥ 0.6 of the raw loop over one connection, four ≥ 0.7 of four raw loops,
with a personal message of 20 kB; the audience of a million frozen in ≤ 60 s, memory of a worker
< 250 MB and flat, pace at the end ≥ 0.9 of the start. Crashes: ten SIGKILLs and two restarts of the
broker in an envoi to 20,000 people, with a sink that cuts 1 % and refuses 5 %: no second copy.
"""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from bench.servers import ROOT, free_port

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "30000"))
MANY = int(os.environ.get("BENCH_MANY", "1000000"))
KILLED_PEOPLE, KILLS = 20_000, 10
BATCH = 100  # emn.mailings.services.delivery.BATCH


def run() -> dict:
    """Return the figures."""
    state = Path(os.environ["EMN_DATA_DIR"] + "-mailings")
    port = free_port()
    environment = os.environ | {
        "EMN_DATA_DIR": str(state),
        "EMN_LOG_LEVEL": "ERROR",
        "EMN_LIST_SMTP_HOST": "127.0.0.1",
        "EMN_LIST_SMTP_PORT": str(port),
    }
    for command in (("migrate", "-v0"), ("sync_lists", "--write")):
        _python("manage.py", *command, environment=environment)
    figures = {}
    for processes in (1, 4):
        campaign = _prepare(environment, PEOPLE)
        raw = _raw(state, port, processes, campaign["message"])
        own = _own(environment, port, processes, campaign["campaign"])
        name = f"{processes} connection(s)"
        figures[name] = {"raw, messages/s": raw, "portal, messages/s": own, "ratio": own / raw}
        print(f"{name:18} raw {raw:8.0f}/s  portal {own:8.0f}/s  ratio {own / raw:.2f}")
    figures["crashes"] = _crashes(environment, port)
    figures["many"] = _many(environment, port)
    return figures


def _prepare(environment: dict, people: int) -> dict:
    """Write the people and an envoi, freeze its audience; return its number and a message."""
    said = _python("-m", "bench.mailings_worker", str(people), environment=environment)
    return json.loads(said.splitlines()[-1])


def _raw(state: Path, port: int, processes: int, message: str) -> float:
    sink, seen = _sink(state, port)
    each = PEOPLE // processes
    loops = [
        subprocess.Popen([sys.executable, "-m", "bench.smtp_raw", str(port), str(each), message])
        for _loop in range(processes)
    ]
    for loop in loops:
        loop.wait()
    return _pace(_stop(sink, seen))


def _own(environment: dict, port: int, processes: int, campaign: int) -> float:
    sink, seen = _sink(Path(environment["EMN_DATA_DIR"]), port)
    worker = _worker(environment | {"EMN_LIST_CONNECTIONS": str(processes)}, processes)
    _bell(environment, campaign, processes)
    _until_sent(environment, campaign)
    _end(worker)
    return _pace(_stop(sink, seen))


def _pace(seen: dict) -> float:
    """Return messages a second between the first thousandth and the last: no start, no end."""
    instants = seen["instants"][1:-1]
    return 1_000 * (len(instants) - 1) / (instants[-1] - instants[0])


def _many(environment: dict, port: int) -> dict:
    """An envoi to a million people over one day of the centre's life, in one go."""
    prepared = _prepare(environment, MANY)
    sink, seen = _sink(Path(environment["EMN_DATA_DIR"]), port)
    worker = _worker(environment, 4)
    _bell(environment, prepared["campaign"], 4)
    memory = _until_sent(environment, prepared["campaign"], watched=worker.pid)
    _end(worker)
    instants = _stop(sink, seen)["instants"][1:-1]
    tenth = len(instants) // 10
    first = tenth / (instants[tenth] - instants[0])
    last = tenth / (instants[-1] - instants[-1 - tenth])
    found = {
        "audience frozen, s": prepared["frozen_s"],
        "memory of a process at the start, MB": memory[len(memory) // 10],
        "memory at the most, MB": max(memory),
        "pace at the end / at the start": last / first,
        "messages/s": _pace({"instants": [0, *instants, 0]}),
    }
    for name, value in found.items():
        print(f"{MANY:,} people: {name:40} {value:10.2f}")
    return found


def _crashes(environment: dict, port: int) -> dict:
    """Kill workers at random moments, restart the broker, and count what each person got."""
    redis_port = free_port()
    environment = environment | {"REDIS_URL": f"redis://127.0.0.1:{redis_port}/0"}
    prepared = _prepare(environment, KILLED_PEOPLE)
    draw = random.Random(57)
    sink, seen = _sink(Path(environment["EMN_DATA_DIR"]), port, "--drop", ".01", "--refuse", ".05")
    broker, worker = _broker(redis_port), _worker(environment, 4)
    for kill in range(KILLS):
        settled = int((kill + draw.random()) / KILLS * KILLED_PEOPLE * 0.9)
        words = ["-m", "bench.mailings_worker", "until", str(prepared["campaign"]), str(settled)]
        under_way = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=environment)
        _bell(environment, prepared["campaign"], 4)
        under_way.wait()
        time.sleep(draw.uniform(0, 0.1))  # anywhere in a batch
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        if kill in {3, 7}:
            broker.terminate()
            broker.wait()
            broker = _broker(redis_port)
        _python("-m", "bench.mailings_worker", "sweep", environment=environment)
        worker = _worker(environment, 4)
    _until_sent(environment, prepared["campaign"], sweeping=True)
    _end(worker)
    broker.terminate()
    served = _stop(sink, seen)["served"]
    states = json.loads(
        _python(
            "-m", "bench.mailings_worker", "states", str(prepared["campaign"]),
            environment=environment,
        ).splitlines()[-1]
    )  # fmt: skip
    found = {
        "people": KILLED_PEOPLE,
        "people in doubt at the most": KILLS * 4 * BATCH,
        "copies beyond the first": sum(served.values()) - len(served),
        **{f"state {state}": count for state, count in states.items()},
    }
    print("crashes:", found)
    return found


# --- Processes ---


def _python(*words: str, environment: dict) -> str:
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE,
        text=True,
    ).stdout  # fmt: skip


def _sink(state: Path, port: int, *options: str) -> tuple[subprocess.Popen, Path]:
    seen = state / "sink.json"
    seen.unlink(missing_ok=True)
    words = [sys.executable, "-m", "bench.smtp_sink", str(port), str(seen), *options]
    sink = subprocess.Popen(words, cwd=ROOT)
    _wait_for(port)
    return sink, seen


def _stop(sink: subprocess.Popen, seen: Path) -> dict:
    sink.terminate()
    sink.wait()
    return json.loads(seen.read_text())


def _worker(environment: dict, processes: int) -> subprocess.Popen:
    words = [
        "-m",
        "celery",
        "-A",
        "emn",
        "worker",
        "-Q",
        "list",
        "-c",
        str(processes),
        "-l",
        "ERROR",
    ]
    return subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _end(worker: subprocess.Popen) -> None:
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def _broker(port: int) -> subprocess.Popen:
    program = shutil.which("redis-server")
    assert program, "redis-server manque (apt install redis-server)"
    broker = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    _wait_for(port)
    return broker


def _bell(environment: dict, campaign: int, times: int) -> None:
    _python(
        "-m", "bench.mailings_worker", "ring", str(campaign), str(times), environment=environment
    )


def _until_sent(
    environment: dict, campaign: int, *, watched: int = 0, sweeping: bool = False
) -> list[float]:
    """Wait for the end; return the memory, in MB, of the largest process watched, each second."""
    words = ["-m", "bench.mailings_worker", "wait", str(campaign), *(["sweep"] if sweeping else [])]
    waiting = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=environment)
    memory = []
    while waiting.poll() is None:
        if watched:
            memory.append(_largest(watched))
        time.sleep(1)
    assert waiting.returncode == 0
    return memory


def _largest(session: int) -> float:
    """Return the resident memory of the largest process of a session, in MB."""
    said = subprocess.run(
        ["ps", "-o", "rss=", "--sid", str(session)], stdout=subprocess.PIPE, text=True, check=False
    ).stdout
    return max((int(line) for line in said.split()), default=0) / 1024


def _wait_for(port: int) -> None:
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
