"""`make run`, from outside: the whole portal on a fresh state folder, then stopped by Ctrl-C."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.lib.test_supervisor import PATIENCE_S, eventually

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def state_folder():
    """Give a state folder that another account may enter, as PostgreSQL needs under root."""
    folder = Path(tempfile.mkdtemp(prefix="emn-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def runportal(state, port):
    return subprocess.Popen(
        [sys.executable, "manage.py", "runportal", "--port", str(port), "--without-data"],
        cwd=ROOT,
        env=os.environ | {"EMN_DATA_DIR": str(state)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def answers(port, path="/"):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
            return response.status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


def test_runportal_opens_the_portal_and_stops_it_whole(state_folder):
    port = free_port()
    process = runportal(state_folder, port)
    try:
        eventually(lambda: answers(port) or process.poll() is not None, within_s=300)
        assert answers(port)

        second, _ = runportal(state_folder, port).communicate(timeout=PATIENCE_S)
        assert f"Le port {port} est déjà pris" in second
        assert "make run PORT=" in second
        assert "Traceback" not in second

        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()

    assert process.returncode == 0
    assert f"Le portail est ouvert : http://127.0.0.1:{port}/" in said
    assert "Le portail est arrêté." in said
    assert not answers(port)
    assert not (state_folder / "postgres/cluster/postmaster.pid").exists()


def test_runportal_names_a_state_folder_that_is_not_one(state_folder):
    broken = state_folder / "var"
    broken.write_text("")

    said, _ = runportal(broken, free_port()).communicate(timeout=PATIENCE_S)

    assert str(broken) in said
    assert "EMN_DATA_DIR" in said
    assert "Traceback" not in said


def test_runportal_names_a_database_that_is_not_whole(state_folder):
    (state_folder / "postgres/cluster").mkdir(parents=True)
    (state_folder / "postgres/cluster/base").touch()

    said, _ = runportal(state_folder, free_port()).communicate(timeout=PATIENCE_S)

    assert "n’est pas une base PostgreSQL complète" in said
    assert "Traceback" not in said
