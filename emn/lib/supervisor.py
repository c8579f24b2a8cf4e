"""Runs the portal's programs side by side, restarts those that fall, stops them in order.

Each program leads a session of its own, so a Ctrl-C in the terminal reaches only the supervisor,
which stops the programs one after the other; and each is told when the supervisor itself is killed.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

POLL_S = 0.1
READY_WITHIN_S = 30.0
LONGEST_PAUSE_S = 30.0
STEADY_AFTER_S = 60.0  # a program that lived so long falls for a new reason: pauses start again
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass
class Program:
    """One program to keep running. `grace_s`: what it gets to finish its work when stopped."""

    label: str
    command: Sequence[str]
    grace_s: float
    is_ready: Callable[[], bool] = lambda: True
    announcement: str = ""


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    pause_s: float = 1.0
    was_ready: bool = False

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.program.command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 -- no other thread runs here
        )

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def has_fallen(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def kill_all(self) -> None:
        """Kill the program and whatever it left running in its session."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass
class Supervisor:
    """Keeps `programs` running until SIGINT or SIGTERM. `say` prints a sentence."""

    programs: Sequence[Program]
    say: Callable[[str], object]
    _requests: int = 0
    _stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Start the programs in order, each once the one before is ready; return once stopped."""
        children = [_Child(program) for program in self.programs]
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        try:
            for child in children:
                self._open(child)
            while not self._stopping.wait(POLL_S):
                for child in children:
                    self._keep_alive(child)
        finally:
            for child in children:
                self._stop(child)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._requests += 1
        self._stopping.set()

    def _open(self, child: _Child) -> None:
        """Start one program and wait until it is ready, has fallen, or takes very long."""
        if self._stopping.is_set():
            return
        child.start()
        latest = child.started_at + READY_WITHIN_S
        while not self._is_ready(child):
            if child.has_fallen or time.monotonic() > latest or self._stopping.wait(POLL_S):
                return

    def _is_ready(self, child: _Child) -> bool:
        """Whether the program is, or was once, ready; say so the first time."""
        if not child.was_ready and child.program.is_ready():
            child.was_ready = True
            if child.program.announcement:
                self.say(child.program.announcement)
        return child.was_ready

    def _keep_alive(self, child: _Child) -> None:
        if child.process is None:
            if time.monotonic() >= child.restart_at:
                child.start()
        elif child.has_fallen:
            self._note_fall(child, child.process.returncode)
        else:
            self._is_ready(child)

    def _note_fall(self, child: _Child, code: int) -> None:
        """Clean up after a program that fell, and set when it starts again."""
        child.kill_all()
        if time.monotonic() - child.started_at > STEADY_AFTER_S:
            child.pause_s = 1.0
        self.say(
            f"{child.program.label} s’est arrêté (code {code}) ; "
            f"il redémarre dans {child.pause_s:.0f} s."
        )
        child.process, child.restart_at = None, time.monotonic() + child.pause_s
        child.pause_s = min(child.pause_s * 2, LONGEST_PAUSE_S)

    def _stop(self, child: _Child) -> None:
        """Let the program finish its work, unless the operator asks a second time."""
        if child.process is not None and child.is_running:
            child.process.terminate()
        latest = time.monotonic() + child.program.grace_s
        while child.is_running and self._requests <= 1 and time.monotonic() < latest:
            time.sleep(POLL_S)
        child.kill_all()


def _die_with_parent() -> None:
    """Ask the kernel to stop this program should the supervisor be killed (Linux only)."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
