"""The files of a storage, in one tar, and back in their place."""

import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage, storages

from emn.lib.backups import BackupRefused

STORAGES = {"media": "default", "private": "private"}
_NEW, _OLD = ".restore-new", ".restore-old"  # inside the root, which may be a mount point


def root_of(name: str) -> Path:
    """Return the folder of a storage. Raises ImproperlyConfigured when it is not one."""
    storage = storages[STORAGES[name]]
    if not isinstance(storage, FileSystemStorage):
        raise ImproperlyConfigured(f"{name} is not a folder: back it up where it lies")
    return Path(storage.location)


def _paths(root: Path) -> Iterator[Path]:
    """Yield the files under the root, in a settled order, without what a restore left."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in (_NEW, _OLD))
        yield from (Path(folder) / name for name in sorted(names))


def is_empty(name: str) -> bool:
    """Tell whether the storage holds no file."""
    return next(_paths(root_of(name)), None) is None


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
    root, inventory = root_of(name), _Inventory()
    with tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for path in _paths(root):
            try:
                file = path.open("rb")
            except FileNotFoundError:
                continue
            with file:
                inside = path.relative_to(root).as_posix()
                content = _Read(file)
                entry = tar.gettarinfo(arcname=inside, fileobj=file)
                entry.uid = entry.gid = 0
                entry.uname = entry.gname = ""
                tar.addfile(entry, cast("IO[bytes]", content))
                inventory.add(inside, content)
            _forget(tar)
    return inventory.count, inventory.digest


def unpack(source: Any, into: Path | None) -> tuple[int, str]:
    """Read what `pack` wrote, into a folder or only to check it; return count and digest."""
    inventory = _Inventory()
    with tarfile.open(fileobj=source, mode="r|") as tar:
        for entry in tar:
            place = PurePosixPath(entry.name)
            file = tar.extractfile(entry)
            if file is None or place.is_absolute() or ".." in place.parts:
                raise BackupRefused(f"La sauvegarde nomme un fichier impossible : {entry.name}")
            content = _Read(file)
            _write(content, into / place if into else None, entry.mtime)
            inventory.add(entry.name, content)
            _forget(tar)
    return inventory.count, inventory.digest


def _forget(tar: tarfile.TarFile) -> None:
    """Keep memory constant: it would remember each of the files."""
    tar.members = []  # type: ignore[attr-defined]  # public in the source, unknown to typeshed


def _write(content: _Read, path: Path | None, mtime: float) -> None:
    if path is None:
        while content.read(1024 * 1024):
            pass
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        while data := content.read(1024 * 1024):
            target.write(data)
    os.utime(path, (mtime, mtime))


def prepare(name: str) -> Path:
    """Make the folder where the files of a storage are unpacked before they take their place."""
    new = root_of(name) / _NEW
    forget_preparation(name)
    new.mkdir(parents=True)
    return new


def forget_preparation(name: str) -> None:
    """Remove what a restore that did not end has unpacked."""
    shutil.rmtree(root_of(name) / _NEW, ignore_errors=True)


def put_in_place(name: str) -> None:
    """Let the unpacked files take the place of those there are, by renaming."""
    root = root_of(name)
    new, old = root / _NEW, root / _OLD
    old.mkdir(exist_ok=True)
    for entry in list(root.iterdir()):
        if entry.name not in (_NEW, _OLD):
            entry.rename(old / entry.name)
    for entry in list(new.iterdir()):
        entry.rename(root / entry.name)
    new.rmdir()
    shutil.rmtree(old)
