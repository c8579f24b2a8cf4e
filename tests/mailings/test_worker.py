"""Real workers, a real relay, and SIGKILL: whatever dies, every message arrives."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import kombu
import pytest
from aiosmtpd.controller import Controller
from django.db import connection
from django.utils import timezone

from emn.celery import app
from emn.mailings.enums import EmailStatus
from emn.mailings.models import CLAIM_LASTS, OutboundEmail
from tests.lib.test_supervisor import eventually
from tests.mailings.conftest import queue

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 180


class Relay:
    """An SMTP server that keeps who was served, and can hold one message back."""

    def __init__(self):
        self.served = Counter()
        self.held = threading.Event()
        self.release = threading.Event()
        self.holds_at = 0

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 -- aiosmtpd's name
        self.served[envelope.rcpt_tos[0]] += 1
        if sum(self.served.values()) == self.holds_at:
            self.held.set()
            await asyncio.to_thread(self.release.wait)
        return "250 OK"


@pytest.fixture
def relay():
    handler = Relay()
    controller = Controller(handler, hostname="127.0.0.1", port=0)
    controller.port = free_port()
    controller.start()
    handler.port = controller.port
    yield handler
    handler.release.set()
    controller.stop()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(params=["folder", pytest.param("redis", marks=pytest.mark.redis)])
def broker(request, tmp_path):
    """Give the environment of a worker's broker, and a connection to it."""
    if request.param == "folder":
        folder = tmp_path / "broker"
        options = {
            "data_folder_in": str(folder / "queue"),
            "data_folder_out": str(folder / "queue"),
            "control_folder": str(folder / "control"),
        }
        with kombu.Connection(
            "filesystem://localhost",
            transport="emn.lib.filesystem_broker:Transport",
            transport_options=options,
        ) as link:
            yield {"REDIS_URL": ""}, link
        return
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed on this machine")
    port = free_port()
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    url = f"redis://127.0.0.1:{port}/0"
    try:
        eventually(lambda: listens(port))
        with kombu.Connection(url) as link:
            yield {"REDIS_URL": url}, link
    finally:
        server.kill()
        server.wait()


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def start_worker(tmp_path, broker, relay):
    """Return a function that starts a worker on the test database, this broker and this relay."""
    base = connection.settings_dict
    running = []
    variables = broker[0] | {
        "EMN_DATA_DIR": str(tmp_path),
        "DATABASE_URL": (
            f"postgres://{base['USER']}:{base['PASSWORD']}@/{base['NAME']}"
            f"?host={quote(base['HOST'], safe='')}&port={base['PORT']}"
        ),
        "EMN_RELAY_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMN_SMTP_HOST": "127.0.0.1",
        "EMN_SMTP_PORT": str(relay.port),
    }

    def start():
        command = "-W ignore -m celery --quiet -A emn worker --concurrency 2 --loglevel ERROR"
        worker = subprocess.Popen(
            [sys.executable, *command.split()],
            cwd=ROOT,
            env=os.environ | variables,
            start_new_session=True,
        )
        running.append(worker)
        return worker

    yield start
    for worker in running:
        kill(worker)


def kill(worker):
    """Kill a worker and its children at once, as the kernel does when memory runs out."""
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def sweep_until(condition, link):
    """Ask for a sweep, as beat does each minute, until `condition` holds."""

    def once():
        app.send_task("emn.mailings.tasks.sweep", connection=link)
        return condition()

    return eventually(once, within_s=PATIENCE_S, every_s=0.3)


def queue_letters(number):
    five_minutes_ago = timezone.now() - timedelta(minutes=5)
    return [queue(to=f"p{n}@firm.example", now=five_minutes_ago) for n in range(number)]


def states():
    return Counter(OutboundEmail.objects.values_list("status", flat=True))


def test_worker_killed_while_sending_loses_no_mail(start_worker, relay, broker):
    queue_letters(6)
    relay.holds_at = 3
    worker = start_worker()
    sweep_until(relay.held.is_set, broker[1])

    kill(worker)
    assert states()[EmailStatus.SENDING] >= 1
    relay.holds_at = 0
    relay.release.set()
    OutboundEmail.objects.update(claimed_at=timezone.now() - CLAIM_LASTS - timedelta(seconds=1))
    start_worker()
    sweep_until(lambda: states() == {EmailStatus.SENT: 6}, broker[1])

    assert set(relay.served) == {f"p{n}@firm.example" for n in range(6)}
    assert sum(relay.served.values()) <= 6 + 2, "only what was in flight may arrive twice"


def test_worker_stopped_while_sending_finishes_what_it_holds(start_worker, relay, broker):
    queue_letters(1)
    relay.holds_at = 1
    worker = start_worker()
    sweep_until(relay.held.is_set, broker[1])

    worker.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(0.5)
    relay.release.set()

    assert worker.wait(PATIENCE_S) == 0
    assert states() == {EmailStatus.SENT: 1}
    assert relay.served == {"p0@firm.example": 1}
