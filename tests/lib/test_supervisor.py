"""The supervisor, watched from outside, with small programs that write what they see."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

PATIENCE_S = 120

SUPERVISOR = """
import sys
from emn.lib.supervisor import Program, Supervisor
def program(name, code, grace_s=10):
    return Program(label=name, command=[sys.executable, "-c", code, name], grace_s=grace_s)
"""

WRITES = """
import os, signal, sys, time
def write(word):
    with open("log", "a") as log:
        log.write(f"{sys.argv[1]} {word}\\n")
def leave(number, frame):
    write(signal.Signals(number).name)
    sys.exit()
signal.signal(signal.SIGINT, leave)
signal.signal(signal.SIGTERM, leave)
write(os.getpid())
while True:
    time.sleep(60)
"""

STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: None)
with open("log", "a") as log:
    log.write(f"{sys.argv[1]} {os.getpid()}\\n")
while True:
    time.sleep(60)
"""


def eventually(condition, *, within_s=PATIENCE_S, every_s=0.02):
    """Return the first true value of `condition`, or fail when it takes too long."""
    latest = time.monotonic() + within_s
    while time.monotonic() < latest:
        if value := condition():
            return value
        time.sleep(every_s)
    raise AssertionError("it never came")


@pytest.fixture
def supervise(tmp_path):
    """Return a function that runs a supervisor of these programs in a process of its own."""
    running = []

    def start(programs):
        script = SUPERVISOR + textwrap.dedent(f"""
            WRITES, STUBBORN = {WRITES!r}, {STUBBORN!r}
            Supervisor([{programs}], say=lambda words: print(words, flush=True)).run()
        """)
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(Path.cwd())},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()
    for line in words(tmp_path):
        if line[1].isdigit():
            with_pid(int(line[1]), signal.SIGKILL)


def with_pid(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def words(folder):
    """Return what the programs wrote: pairs (program, word)."""
    log = folder / "log"
    return [tuple(line.split()) for line in log.read_text().splitlines()] if log.exists() else []


def test_supervisor_restarts_a_program_that_falls(supervise, tmp_path):
    process = supervise("program('site', WRITES)")
    [(_name, pid)] = eventually(lambda: words(tmp_path))

    os.kill(int(pid), signal.SIGKILL)

    eventually(lambda: len(words(tmp_path)) == 2)
    assert process.stdout.readline() == "site s’est arrêté (code -9) ; il redémarre dans 1 s.\n"


def test_supervisor_stops_its_programs_in_order(supervise, tmp_path):
    process = supervise("program('web', WRITES), program('worker', WRITES)")
    eventually(lambda: len(words(tmp_path)) == 2)

    process.send_signal(signal.SIGTERM)

    assert process.wait(PATIENCE_S) == 0
    assert words(tmp_path)[2:] == [("web", "SIGTERM"), ("worker", "SIGTERM")]


def test_supervisor_alone_receives_the_ctrl_c_of_the_terminal(supervise, tmp_path):
    process = supervise("program('web', WRITES)")
    eventually(lambda: words(tmp_path))

    os.killpg(process.pid, signal.SIGINT)

    assert process.wait(PATIENCE_S) == 0
    assert words(tmp_path)[1:] == [("web", "SIGTERM")]


def test_supervisor_kills_at_once_when_asked_twice(supervise, tmp_path):
    process = supervise("program('worker', STUBBORN, grace_s=600)")
    [(_name, pid)] = eventually(lambda: words(tmp_path))

    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    process.send_signal(signal.SIGINT)

    assert process.wait(PATIENCE_S) == 0
    assert not with_pid(int(pid), 0)


def test_supervisor_kills_a_program_that_outlasts_its_grace(supervise, tmp_path):
    process = supervise("program('worker', STUBBORN, grace_s=0.2)")
    eventually(lambda: words(tmp_path))

    process.send_signal(signal.SIGINT)

    assert process.wait(PATIENCE_S) == 0


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a child of its parent's death"
)
def test_programs_stop_when_the_supervisor_is_killed(supervise, tmp_path):
    process = supervise("program('web', WRITES)")
    eventually(lambda: words(tmp_path))

    process.kill()

    eventually(lambda: words(tmp_path)[1:] == [("web", "SIGTERM")])
