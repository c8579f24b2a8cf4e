"""Celery's broker for a machine without Redis: kombu's folder of messages, made safe to share.

Kombu writes its files in place, so a process that lists the folder at that moment takes half a
message and dies of it (3 in 2,000 with two writers and two readers); it also claims a message by
moving it to the temporary folder, which is a copy when that lies on another disk. Here a file
appears whole, by a rename, and a message is claimed by another one, in the same folder.
"""

import fcntl
import uuid
from pathlib import Path
from queue import Empty
from time import time_ns
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

_HIDDEN = "."  # starts the name of a file that is being written or was taken


class Channel(filesystem.Channel):
    """Reads and writes whole files only, and makes its folders."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.folder = Path(self.data_folder_in)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.control_folder.mkdir(parents=True, exist_ok=True)

    def _put(self, queue: str, message: Any, **_options: Any) -> None:  # type: ignore[override]
        _write_whole(self.folder / f"{time_ns()}_{uuid.uuid4()}.{queue}.msg", dumps(message))

    def _get(self, queue: str, _timeout: float | None = None) -> Any:
        names = [file.name for file in self.folder.iterdir()]
        for name in sorted(name for name in names if name.partition(".")[2] == f"{queue}.msg"):
            taken = self.folder / f"{_HIDDEN}{name}"
            try:
                (self.folder / name).rename(taken)
            except FileNotFoundError:  # another worker was quicker
                continue
            payload = taken.read_text()
            taken.unlink()
            return loads(payload)
        raise Empty

    def _queue_bind(
        self, exchange: str, routing_key: str | None, pattern: str | None, queue: str | None
    ) -> None:
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with (self.control_folder / "bind.lock").open("w") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            bindings = self.get_table(exchange)
            if binding not in bindings:
                table = self.control_folder / f"{exchange}.exchange"
                _write_whole(table, dumps([binding, *bindings]))


class Transport(filesystem.Transport):
    """`broker_transport` of the settings when there is no Redis."""

    Channel = Channel


def _write_whole(file: Path, content: str) -> None:
    partial = file.with_name(f"{_HIDDEN}{file.name}.{uuid.uuid4()}")
    partial.write_text(content)
    partial.rename(file)
