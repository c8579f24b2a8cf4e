"""Where the files of a storage lie: a folder, or a folder of a bucket.

What a restore brings waits beside what there is, then takes its place.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Protocol

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage, Storage

from emn.lib import bucket

_NEW, _OLD = ".restore-new", ".restore-old"  # inside the root, which may be a mount point


@dataclass(frozen=True)
class Entry:
    """A file. `open`: content, size, date; FileNotFoundError when it has gone meanwhile."""

    name: str
    open: Callable[[], tuple[IO[bytes], int, float]]


class Place(Protocol):
    """What a backup needs of either."""

    @property
    def label(self) -> Path:
        """What a refusal names."""

    def entries(self) -> Iterator[Entry]:
        """Yield the files in a settled order, without what a restore left."""

    def prepare(self) -> None:
        """Make room beside."""

    def add(self, name: str, content: IO[bytes], mtime: float) -> None:
        """Write one file beside."""

    def forget_preparation(self) -> None:
        """Remove what a restore that did not end has written beside."""

    def put_in_place(self) -> None:
        """Let what was written beside take the place of what there is."""


def of(storage: Storage) -> Place:
    """Return where a storage keeps its files. Raises ImproperlyConfigured for another kind."""
    if isinstance(storage, FileSystemStorage):
        return Folder(Path(storage.location))
    source = getattr(storage, "source", None)
    if isinstance(source, bucket.Bucket):
        return InBucket(source, str(storage.location))  # type: ignore[attr-defined]
    raise ImproperlyConfigured("a storage of another kind is backed up where it lies")


@dataclass(frozen=True)
class Folder:
    """A folder: by renaming."""

    label: Path

    def entries(self) -> Iterator[Entry]:
        """Yield the files by name, as a store lists them."""
        for path in _sorted(self.label):
            name = path.relative_to(self.label).as_posix()
            yield Entry(name, partial(_opened, path))

    def prepare(self) -> None:
        """Make an empty folder inside."""
        self.forget_preparation()
        (self.label / _NEW).mkdir(parents=True)

    def add(self, name: str, content: IO[bytes], mtime: float) -> None:
        """Write one file into it."""
        path = self.label / _NEW / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as target:
            shutil.copyfileobj(content, target, 1024 * 1024)
        os.utime(path, (mtime, mtime))

    def forget_preparation(self) -> None:
        """Remove it."""
        shutil.rmtree(self.label / _NEW, ignore_errors=True)

    def put_in_place(self) -> None:
        """Rename what there is, then what comes."""
        new, old = self.label / _NEW, self.label / _OLD
        old.mkdir(exist_ok=True)
        for entry in list(self.label.iterdir()):
            if entry.name not in (_NEW, _OLD):
                entry.rename(old / entry.name)
        for entry in list(new.iterdir()):
            entry.rename(self.label / entry.name)
        new.rmdir()
        shutil.rmtree(old)


def _sorted(folder: Path) -> Iterator[Path]:
    """Yield the files under a folder, sorted by their whole path."""
    if not folder.is_dir():
        return
    found = [entry for entry in os.scandir(folder) if entry.name not in (_NEW, _OLD)]
    for entry in sorted(found, key=lambda entry: entry.name + "/" * entry.is_dir()):
        if entry.is_dir():
            yield from _sorted(Path(entry.path))
        else:
            yield Path(entry.path)


def _opened(path: Path) -> tuple[IO[bytes], int, float]:
    file = path.open("rb")
    info = os.fstat(file.fileno())
    return file, info.st_size, info.st_mtime


@dataclass(frozen=True)
class InBucket:
    """A folder of a bucket, which knows no renaming: copied inside the store, the rest deleted."""

    source: bucket.Bucket
    root: str

    @property
    def label(self) -> Path:
        """What a refusal names."""
        return Path(self.source.name) / self.root

    @property
    def _client(self) -> Any:
        return bucket.client(self.source)

    def entries(self) -> Iterator[Entry]:
        """Yield the files as the store lists them, by name."""
        for name, key in self._listed(f"{self.root}/"):
            if not name.startswith(f"{_NEW}/"):
                yield Entry(name, partial(self._opened, key))

    def _listed(self, prefix: str) -> Iterator[tuple[str, str]]:
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.source.name, Prefix=prefix):
            for found in page.get("Contents", ()):
                key = str(found["Key"])
                yield key.removeprefix(prefix), key

    def _opened(self, key: str) -> tuple[IO[bytes], int, float]:
        try:
            got = self._client.get_object(Bucket=self.source.name, Key=key)
        except self._client.exceptions.NoSuchKey:
            raise FileNotFoundError(key) from None
        return got["Body"], int(got["ContentLength"]), got["LastModified"].timestamp()

    def prepare(self) -> None:
        """Empty the folder beside."""
        self.forget_preparation()

    def add(self, name: str, content: IO[bytes], mtime: float) -> None:
        """Send one file to it."""
        self._client.upload_fileobj(content, self.source.name, f"{self.root}/{_NEW}/{name}")

    def forget_preparation(self) -> None:
        """Delete what is there."""
        for _name, key in self._listed(f"{self.root}/{_NEW}/"):
            self._client.delete_object(Bucket=self.source.name, Key=key)

    def put_in_place(self) -> None:
        """Copy each file to its name, delete those that the backup has not."""
        kept = set()
        for name, key in self._listed(f"{self.root}/{_NEW}/"):
            kept.add(name)
            self._client.copy_object(
                Bucket=self.source.name,
                Key=f"{self.root}/{name}",
                CopySource={"Bucket": self.source.name, "Key": key},
            )
        for name, key in self._listed(f"{self.root}/"):
            if name not in kept:
                self._client.delete_object(Bucket=self.source.name, Key=key)
