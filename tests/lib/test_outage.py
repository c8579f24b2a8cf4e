"""Redis stops in the middle of the day: a page says so, the rest goes on, nothing is lost."""

import errno
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client

from emn.lib.outage import is_outage
from emn.mailings.enums import EmailStatus
from emn.mailings.models import OutboundEmail
from tests.lib.test_supervisor import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.redis]

ROOT = Path(__file__).resolve().parents[2]
# Writes a message, stops the queue, writes another, starts the queue again, and sweeps.
DAY = """
import os, signal, sys
import django
django.setup()
import redis
from datetime import timedelta
from django.db import transaction
from django.utils import timezone
from emn.mailings.rendering import Rendered
from emn.mailings.services import outbox
from tests.lib.test_outage import start_redis

port = int(sys.argv[1])
client = redis.Redis(port=port)

def write(now):
    with transaction.atomic():
        outbox.store(to="a@emn.example", kind="t", rendered=Rendered("s", "t", "<p>t</p>"),
                     now=now, language="fr")

server = start_redis(port)
now = timezone.now() - timedelta(minutes=5)
write(now)
assert client.llen("transactional") == 1, "rung"
client.delete("transactional")
server.kill(); server.wait()
write(now)
assert outbox.sweep(now=timezone.now()) == 2, "a sweep without a queue loses nothing either"
server = start_redis(port)
try:
    assert outbox.sweep(now=timezone.now()) == 2
    assert client.llen("transactional") == 1, "rung again, by one task for both"
finally:
    server.kill(); server.wait()
"""


def start_redis(port):
    """Start a queue, and wait until it listens."""
    server = subprocess.Popen(
        [shutil.which("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "",
         "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    eventually(lambda: listens(port))
    return server


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_queue_stops_and_no_message_is_lost(port, tmp_path):
    base = connection.settings_dict
    database = (
        f"postgres://{base['USER']}@/{base['NAME']}"
        f"?host={quote(base['HOST'], safe='')}&port={base['PORT']}"
    )

    run = subprocess.run(
        [sys.executable, "-c", DAY, str(port)],
        cwd=ROOT,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "emn.settings",
            "DATABASE_URL": database,
            "REDIS_URL": f"redis://127.0.0.1:{port}/0",
            "EMN_DATA_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert list(OutboundEmail.objects.values_list("status", flat=True)) == [EmailStatus.QUEUED] * 2


def test_a_full_disk_is_an_outage_and_another_error_of_files_is_not():
    full = OSError(errno.ENOSPC, "No space left on device")

    assert is_outage(full)
    assert not is_outage(OSError(errno.EACCES, "Permission denied"))


def test_the_shared_memory_stops_and_a_page_says_so(port, settings, django_user_model):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{port}/0",
        }
    }
    client = Client(raise_request_exception=False)
    form = {"login": "alice@firm.example", "password": "un-mot-de-passe-faux"}
    server = start_redis(port)
    try:
        assert client.post("/compte/connexion/", form).status_code == 200
    finally:
        server.kill()
        server.wait()
        caches["default"].close()

    response = client.post("/compte/connexion/", form)

    assert response.status_code == 503
    assert response["Retry-After"] == "60"
    assert "ne peut pas répondre pour le moment" in response.content.decode()
    assert client.get("/").status_code == 200
    assert client.get("/annuaire/").status_code == 200
