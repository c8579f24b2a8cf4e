"""Two versions of the portal on one state folder, hence on one database."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.servers import ROOT, serving_from

_PREPARE = """
from django.conf import settings
from django.core.management import call_command
for command, *arguments in settings.AFTER_MIGRATION:
    call_command(command, *arguments)
for step in settings.FIRST_RUN if {fill} else []:
    call_command(step["command"], *step["arguments"])
"""
_CLOCK = """
import traceback
from django.conf import settings
from emn.celery import app
app.conf.task_always_eager = True  # what a task asks for runs at once, by this version too
app.loader.import_default_modules()
failed = 0
for entry in settings.CELERY_BEAT_SCHEDULE.values():
    try:
        app.tasks[entry["task"]].apply(kwargs=entry.get("kwargs", {}), throw=True)
    except Exception as error:
        failed += 1
        print(f"{entry['task']}: {type(error).__name__}: {error}".splitlines()[0])
        traceback.print_exc()
print(f"{len(settings.CELERY_BEAT_SCHEDULE)} tasks, {failed} failed")
"""


@dataclass(frozen=True)
class Tree:
    """The code of one version."""

    name: str
    code: Path
    state: Path

    @property
    def log(self) -> Path:
        """Where its processes write."""
        return self.state / f"{self.name}.log"

    def bring_up(self, *, fill: bool) -> None:
        """Migrate, and do what follows each migration; `fill` loads the demonstration."""
        self._manage("migrate", "--verbosity", "0")
        self._manage("createcachetable")
        self._manage("shell", "--verbosity", "0", "--command", _PREPARE.format(fill=fill))
        self._manage("compile_translations")
        self._manage("collectstatic", "--no-input", "--verbosity", "0")

    def run_clock(self) -> list[str]:
        """Run each periodic task once; return what failed, then a count."""
        return self._manage("shell", "--verbosity", "0", "--command", _CLOCK).splitlines()

    @contextlib.contextmanager
    def serving(self) -> Iterator[str]:
        """Serve it; yield its address."""
        with (
            self.log.open("ab") as log,
            serving_from(
                self.code, "emn.wsgi:application", self._environment(), output=log, patience_s=60
            ) as address,
        ):
            yield address

    def _manage(self, *words: str) -> str:
        with self.log.open("ab") as log:
            return subprocess.run(
                [sys.executable, "manage.py", *words], cwd=self.code, env=self._environment(),
                check=True, stdout=subprocess.PIPE, stderr=log, text=True,
            ).stdout  # fmt: skip

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "EMN_ENV": "demo",
            "EMN_DATA_DIR": str(self.state),
            "EMN_STATIC_ROOT": str(self.state / f"static-{self.name}"),
            "EMN_LOG_LEVEL": "WARNING",
            "PYTHONPATH": str(self.code),
        }


@contextlib.contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """Check a revision out into a folder of its own, and take it away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="emn-compat-"))
    _git("worktree", "add", "--detach", str(folder / "code"), revision)
    try:
        yield folder / "code"
    finally:
        _git("worktree", "remove", "--force", str(folder / "code"))
        shutil.rmtree(folder, ignore_errors=True)


def last_tag() -> str:
    """Return the name of the last release."""
    try:
        return _git("describe", "--tags", "--abbrev=0").strip()
    except subprocess.CalledProcessError:
        sys.exit("No release yet: name the version on line, make compat FROM=…")


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
