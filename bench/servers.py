"""Starting a web server for the length of a measurement, and loading it with wrk."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import BinaryIO

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serving(application: str, **environment: str):
    """Serve a WSGI application of this code, without a trace; yield its address."""
    with serving_from(
        ROOT, application, os.environ | {"EMN_LOG_LEVEL": "ERROR"} | environment
    ) as address:
        yield address


@contextlib.contextmanager
def serving_from(
    code: Path, application: str, environment: dict[str, str], *,
    output: int | BinaryIO = subprocess.DEVNULL, patience_s: float = 30,
):  # fmt: skip
    """Serve with granian, one worker of two threads; yield its address.

    `patience_s`: how long it may take to answer; to stop, half of it.
    """
    port = free_port()
    granian = Path(sys.executable).with_name("granian")
    server = subprocess.Popen(
        [
            str(granian), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
            "--workers", "1", "--blocking-threads", "2", "--no-access-log", application,
        ],
        cwd=code, env=environment, stdout=output, stderr=output,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, server, patience_s)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=patience_s / 2)


def _wait(address: str, server: subprocess.Popen, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"{address}: the server stopped with {server.returncode}")
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/sante/", timeout=5).close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"{address} does not answer")


def manage(*command: str) -> None:
    """Run one of the portal's commands in the state folder of the measurement."""
    subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )


def get(url: str) -> bytes:
    """Return the body of a page."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read()


def requests_per_second(url: str, *, seconds: int = 3, unique: bool = False) -> float:
    """Load the page from 8 connections; with `unique`, each request has a query of its own."""
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is missing: apt install wrk")
    command = ["wrk", "-t1", "-c8", f"-d{seconds}s", "-H", "Accept-Encoding: br"]
    if unique:
        command += ["-s", str(ROOT / "bench" / "unique.lua")]
    said = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said:
        raise RuntimeError(said)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))
