"""The processes of the cluster, each on its host, and what starts again those that fell."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psycopg2
from celery import Celery

from bench.cluster.front import HOST, PORT, Front
from bench.cluster.network import FRONT, NET, SERVICES, Network
from bench.servers import ROOT
from emn.lib.embedded_postgres.server import Server
from emn.lib.one_clock import LOCK

DATABASE = f"postgres://emn@{SERVICES}:5432/emn"
REDIS = f"redis://{SERVICES}:6379/0"
SMTP_PORT, RELAY_TAKES_S = 2525, 0.05  # so that a worker is nearly always in the middle of one
SEATS, PEOPLE, LETTERS_A_SECOND = 5, 7_000, 45
RESTART_AFTER_S = 1.0  # as a container that is « restart: unless-stopped »
DISK = "4m"
_BINARIES = Path(sys.executable).parent
_CELERY = (str(_BINARIES / "celery"), "-A", "emn")


def _worker(queue: str, concurrency: int) -> list[str]:
    return [
        *_CELERY, "worker", "--loglevel", "INFO", "--concurrency", str(concurrency),
        "--queues", queue,
    ]  # fmt: skip


_WEB = [
    str(_BINARIES / "granian"), "--interface", "wsgi", "--host", "0.0.0.0", "--port", str(PORT),
    "--workers", "1", "--blocking-threads", "4", "emn.wsgi:application",
]  # fmt: skip
WEBS = ("web-1", "web-2", "web-3")
WORKERS = ("worker", "jobs", "letters")
CLOCKS = ("beat-1", "beat-2")
COMMANDS = {
    **dict.fromkeys(WEBS, _WEB),
    "worker": _worker("transactional", 2),
    "jobs": _worker("default", 2),
    "letters": _worker("list", 4),
    **{name: [*_CELERY, "beat", "--loglevel", "INFO"] for name in CLOCKS},
}  # docker-compose.yml says the same


@dataclass
class Member:
    """One process on its host."""

    name: str
    command: list[str]
    environment: dict[str, str]
    folder: Path
    process: subprocess.Popen | None = None
    is_held_down: bool = False

    def start(self) -> None:
        """Start it; its log goes on."""
        with (self.folder.parent / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def kill(self) -> None:
        """Kill it and its children at once."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    @property
    def is_running(self) -> bool:
        """Whether it lives."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Cluster:
    """PostgreSQL, Redis, a relay, and the members; a context that leaves nothing behind."""

    state: Path
    lan: Network
    members: dict[str, Member] = field(default_factory=dict)
    upload: tuple[int, bytes] = (0, b"")  # what was answered while the disk was full
    _exits: ExitStack = field(default_factory=ExitStack)
    _ending: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self.state.mkdir(parents=True, exist_ok=True)
        self._start_database()
        self.start_redis()
        self._start_sink()
        self.front = Front({}, FRONT)
        self.broker = Celery(broker=REDIS)
        for name, command in COMMANDS.items():
            self.members[name] = self._member(name, command)
        return self

    def __exit__(self, *_error: object) -> None:
        self._ending.set()
        self.front.stop()
        for member in self.members.values():
            member.kill()
        self.sink.kill()
        self.stop_redis()
        self._exits.close()

    # --- Services ---

    def _start_database(self) -> None:
        self.server = Server(self.state / "postgres", {"listen_addresses": SERVICES})
        self.server.ensure_running()
        rules = self.server.cluster / "pg_hba.conf"
        line = f"host all all {NET}.0/24 trust\n"
        if line not in rules.read_text():
            with rules.open("a") as file:
                file.write(line)
        self.query("SELECT pg_reload_conf()", by_socket=True)

    def query(self, words: str, values: tuple = (), *, by_socket: bool = False) -> list[tuple]:
        """Return the rows of a statement."""
        where = str(self.server.socket_dir) if by_socket else SERVICES
        link = psycopg2.connect(host=where, port=5432, user="emn", dbname="emn", connect_timeout=5)
        try:
            with link, link.cursor() as cursor:
                cursor.execute(words, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            link.close()

    def crash_database(self) -> None:
        """Stop PostgreSQL as a crash does, and start it again."""
        self.server._run("pg_ctl", "stop", "-m", "immediate", "-D", str(self.server.cluster), "-w")
        time.sleep(2)
        self.server._start()

    def start_redis(self) -> None:
        """Start Redis on what it had kept."""
        folder = self.state / "redis"
        folder.mkdir(exist_ok=True)
        program = shutil.which("redis-server")
        if program is None:
            raise RuntimeError("redis-server is missing: apt install redis-server")
        self.redis = subprocess.Popen(
            [program, "--bind", SERVICES, "--port", "6379", "--protected-mode", "no", "--dir",
             str(folder), "--appendonly", "yes", "--maxmemory-policy", "noeviction"],
            stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def stop_redis(self) -> None:
        """Kill Redis."""
        self.redis.kill()
        self.redis.wait()

    def _start_sink(self) -> None:
        self.seen = self.state / "sink.json"
        self.seen.unlink(missing_ok=True)
        self.sink = subprocess.Popen(
            [sys.executable, "-m", "bench.smtp_sink", str(SMTP_PORT), str(self.seen),
             "--host", FRONT, "--identifiers", "--pause", str(RELAY_TAKES_S)],
            cwd=ROOT, start_new_session=True,
        )  # fmt: skip

    def given(self) -> dict:
        """Stop the relay and return what it was given."""
        self.sink.terminate()
        self.sink.wait()
        return json.loads(self.seen.read_text())

    # --- Members ---

    def _environment(self, folder: Path) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": os.environ.get("HOME", "/"),
            "EMN_ENV": "production", "EMN_DATA_DIR": str(folder), "TMPDIR": str(folder / "tmp"),
            "EMN_STATIC_ROOT": str(self.state / "static"), "EMN_SECRET_KEY": self._secret,
            "EMN_PUBLIC_URL": f"https://{HOST}", "EMN_CONTACT_EMAIL": f"contact@{HOST}",
            "EMN_CENTRE_ADDRESS": "Metz", "EMN_PUBLISHER": "Banc", "EMN_HOSTING_COMPANY": "Banc",
            "EMN_PUBLICATION_DIRECTOR": "Banc", "DATABASE_URL": DATABASE, "REDIS_URL": REDIS,
            "EMN_RELAY_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMN_SMTP_HOST": FRONT, "EMN_SMTP_PORT": str(SMTP_PORT), "EMN_DKIM_DOMAINS": HOST,
            "EMN_LIST_FROM_EMAIL": f"lettre@lettre.{HOST}",
            "EMN_LIST_RATE": str(LETTERS_A_SECOND), "EMN_MAIL_HOURLY_CEILING": "1000000",
        }  # fmt: skip

    _secret = secrets.token_urlsafe(50)

    def _member(self, name: str, command: list[str]) -> Member:
        address = self.lan.join(name)
        if name in WEBS:
            self.front.webs[name] = address
        elif name in WORKERS:
            command = [*command, "--hostname", f"{name}@bench"]
        folder = self.state / "hosts" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder.parent / f"{name}.log").unlink(missing_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", str(folder)]
        subprocess.run(mount, check=True)
        self._exits.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=False)
        (folder / "tmp").mkdir()
        for shared in ("media", "private"):  # one folder for all, as deploy.md asks
            (self.state / shared).mkdir(exist_ok=True)
            (folder / shared).symlink_to(self.state / shared)
        inside = [*self.lan.inside(name), *command]
        return Member(name, inside, self._environment(folder), folder)

    def prepare(self, sessions: int) -> list[str]:
        """Bring the database up to date and fill it; return the slugs of the sessions."""
        folder = self.state / "prepare"
        (folder / "tmp").mkdir(parents=True, exist_ok=True)
        words = ["-m", "bench.cluster_worker", str(sessions), str(SEATS), str(PEOPLE)]
        said = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=self._environment(folder), check=True,
            stdout=subprocess.PIPE, text=True,
        ).stdout  # fmt: skip
        made = json.loads(said.splitlines()[-1])
        self.campaign = made["campaign"]
        return made["sessions"]

    def start(self) -> None:
        """Start all, and come back once all answer."""
        for member in self.members.values():
            member.start()
        threading.Thread(target=self._supervise, daemon=True).start()
        self.front.start()
        if self.until_whole(since=time.monotonic(), within=90) is None:
            raise RuntimeError(f"not all came up: see {self.state}/hosts/*.log")

    def _supervise(self) -> None:
        while not self._ending.wait(0.1):
            for member in self.members.values():
                if not member.is_running and not member.is_held_down:
                    member.kill()  # whatever it left
                    if self._ending.wait(RESTART_AFTER_S):
                        return
                    member.start()

    def until_whole(self, *, since: float, within: float) -> float | None:
        """Wait until each web, worker and clock answers; return the seconds, None when too long."""
        while time.monotonic() - since < within:
            if self._is_whole():
                return round(time.monotonic() - since, 1)
            time.sleep(0.2)
        return None

    def _is_whole(self) -> bool:
        if not all(member.is_running for member in self.members.values()):
            return False
        if not all(self.front.is_well(name) for name in WEBS):
            return False
        try:
            answered = self.broker.control.inspect(timeout=1.0).ping() or {}
        except Exception:  # noqa: BLE001 -- Redis may be what is away
            return False
        return {f"{name}@bench" for name in WORKERS} <= set(answered) and bool(self.clock())

    def clock(self) -> str:
        """Return the name of the clock that leads, as PostgreSQL knows it; empty when none does."""
        rows = self.query(
            """SELECT host(client_addr) FROM pg_locks JOIN pg_stat_activity USING (pid)
               WHERE locktype = 'advisory' AND granted
                 AND ((classid::bigint << 32) | objid::bigint) = hashtextextended(%s, 0)""",
            (LOCK,),
        )
        by_address = {address: name for name, address in self.lan.addresses.items()}
        return by_address[rows[0][0]] if rows else ""
