"""The files of a storage, in one tar, and back in their place."""

import hashlib
import tarfile
from pathlib import PurePosixPath
from typing import IO, Any, cast

from django.core.files.storage import storages

from emn.lib.backups import BackupRefused, places
from emn.lib.backups.places import Place

STORAGES = {"media": "default", "private": "private"}


def place_of(name: str) -> Place:
    """Return where the files of a storage lie."""
    return places.of(storages[STORAGES[name]])


def is_empty(name: str) -> bool:
    """Tell whether the storage holds no file."""
    return next(place_of(name).entries(), None) is None


class _Inventory:
    """Counts files and digests their names and contents."""

    def __init__(self) -> None:
        self.count = 0
        self._digest = hashlib.sha256()

    def add(self, name: str, content: "_Read") -> None:
        self.count += 1
        self._digest.update(f"{name}\0{content.digest}\n".encode())

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()


class _Read:
    """Reads a file and digests what was read."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._file.read(size)
        self._digest.update(data)
        return data

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()


def pack(name: str, target: Any) -> tuple[int, str]:
    """Write the files of a storage to `target`; return their count and digest.

    A file that its row's owner deletes meanwhile is left out: the row of it goes too, or has gone.
    """
    inventory = _Inventory()
    with tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for entry in place_of(name).entries():
            try:
                file, size, mtime = entry.open()
            except FileNotFoundError:
                continue
            with file:
                content = _Read(file)
                header = tarfile.TarInfo(entry.name)
                header.size, header.mtime = size, mtime
                tar.addfile(header, cast("IO[bytes]", content))
                inventory.add(entry.name, content)
            _forget(tar)
    return inventory.count, inventory.digest


def unpack(source: Any, into: Place | None) -> tuple[int, str]:
    """Read what `pack` wrote, into a place or only to check it; return count and digest."""
    inventory = _Inventory()
    with tarfile.open(fileobj=source, mode="r|") as tar:
        for entry in tar:
            place = PurePosixPath(entry.name)
            file = tar.extractfile(entry)
            if file is None or place.is_absolute() or ".." in place.parts:
                raise BackupRefused(f"La sauvegarde nomme un fichier impossible : {entry.name}")
            content = _Read(file)
            if into:
                into.add(entry.name, cast("IO[bytes]", content), entry.mtime)
            while content.read(1024 * 1024):
                pass
            inventory.add(entry.name, content)
            _forget(tar)
    return inventory.count, inventory.digest


def _forget(tar: tarfile.TarFile) -> None:
    """Keep memory constant: it would remember each of the files."""
    tar.members = []  # type: ignore[attr-defined]  # public in the source, unknown to typeshed
