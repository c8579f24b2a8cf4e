"""Write a backup, check one, bring one back."""

import errno
import fcntl
import gzip
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection

from emn.lib.backups import BackupRefused, files, tables
from emn.lib.backups.keeping import ID_FORMAT, Rule, is_identifier, kept
from emn.lib.backups.manifest import FILE, Manifest, Part
from emn.lib.backups.sealing import Broken, Hashing, SealedReader, SealedWriter

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_PARTIAL = ".partial-"
_SHORTEST_KEY = 32  # signs, at random: no passphrase is stretched here

# What apps do once a backup is brought back: hold what may have left since. Called with `now`.
after_restore: list[Callable[[datetime], object]] = []


def backup(*, folder: Path, rule: Rule, now: datetime) -> tuple[Manifest, list[str]]:
    """Write one backup into `folder`, check it, name it, then let old ones go.

    Returns it and the names of those removed. Until it has been read again whole it bears a name
    that nothing takes for a backup. Raises BackupRefused.
    """
    key = sealing_key()
    identifier = now.astimezone(UTC).strftime(ID_FORMAT)
    partial = folder / f"{_PARTIAL}{identifier}"
    with _disk(folder), _alone_in(folder):
        for dead in folder.glob(f"{_PARTIAL}*"):
            shutil.rmtree(dead)
        if (folder / identifier).exists():
            raise BackupRefused(f"La sauvegarde {identifier} existe déjà.")
        try:
            partial.mkdir(mode=0o700)
            _write(partial, identifier, key=key, now=now)
            manifest = check(folder=partial)
            _sync(partial)
            partial.rename(folder / identifier)
            _sync(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return manifest, _remove_old(folder, rule)


def check(*, folder: Path) -> Manifest:
    """Read a backup whole, against its manifest. Raises BackupRefused at what is amiss."""
    key = sealing_key()
    with _disk(folder):
        manifest = Manifest.read(folder, key=key)
        for name, part in manifest.tables.items():
            with _open(folder, _table_file(name), part, manifest, key) as reader:
                rows, digest = _count(_plain(reader))
            _compare(_table_file(name), part, rows, digest)
        for name, part in manifest.files.items():
            with _open(folder, _files_file(name), part, manifest, key) as reader:
                _compare(_files_file(name), part, *files.unpack(reader, into=None))
    return manifest


def restore(*, folder: Path, replace: bool, now: datetime) -> Manifest:
    """Bring a backup back: all rows and files, or nothing.

    Raises BackupRefused: a backup that does not check, another version of the portal, a portal in
    use unless `replace`, a portal that is running.
    """
    key = sealing_key()
    manifest = check(folder=folder)
    if "django_migrations" not in connection.introspection.table_names():
        call_command("migrate", verbosity=0, interactive=False)
    _refuse_other_version(manifest)
    if not replace and _is_in_use():
        raise BackupRefused(
            "Ce portail n’est pas vide : il a des comptes ou des fichiers. Pour les effacer et "
            "mettre la sauvegarde à leur place, ajoutez --replace."
        )
    try:
        _unpack_files(folder, manifest, key)
        _fill_tables(folder, manifest, key)
    except BaseException:
        for name in manifest.files:
            files.place_of(name).forget_preparation()
        raise
    for name in manifest.files:
        files.place_of(name).put_in_place()
    for act in after_restore:
        act(now)
    return manifest


def latest(folder: Path) -> Path:
    """Return the backup that `folder` is, or the newest that it holds. Raises BackupRefused."""
    if (folder / FILE).exists():
        return folder
    names = _names(folder) if folder.is_dir() else []
    if not names:
        raise BackupRefused(f"{folder} ne contient aucune sauvegarde complète.")
    return folder / max(names)


# --- Writing ---


def _write(partial: Path, identifier: str, *, key: str, now: datetime) -> None:
    with tables.one_instant():
        manifest = Manifest(identifier, now.isoformat(), tables.applied_migrations())
        for name, columns in tables.columns().items():
            with (partial / _table_file(name)).open("wb") as file:
                sealed = SealedWriter(file, key=key, label=_label(identifier, _table_file(name)))
                with gzip.GzipFile(fileobj=cast("Any", sealed), mode="wb", compresslevel=1) as gz:
                    content = Hashing(cast("IO[bytes]", gz))
                    rows = tables.copy_out(name, columns, content)
                sealed.close()
            part = Part(sealed.written, sealed.digest, rows, content.digest, columns)
            manifest.tables[name] = part
        manifest.sequences = tables.sequences()
    # After the rows: a file of theirs that is missing would be worse than one that nobody names.
    for name in files.STORAGES:
        with (partial / _files_file(name)).open("wb") as file:
            sealed = SealedWriter(file, key=key, label=_label(identifier, _files_file(name)))
            count, digest = files.pack(name, sealed)
            sealed.close()
        manifest.files[name] = Part(sealed.written, sealed.digest, count, digest)
    manifest.write(partial, key=key)


def _remove_old(folder: Path, rule: Rule) -> list[str]:
    names = _names(folder)
    gone = sorted(set(names) - kept(names, rule))
    for name in gone:
        shutil.rmtree(folder / name)
    return gone


def _names(folder: Path) -> list[str]:
    """Return the whole backups of a folder."""
    return [
        path.name
        for path in folder.iterdir()
        if is_identifier(path.name) and (path / FILE).exists()
    ]


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder for one backup at a time."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("ab") as gate:
        try:
            fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRefused(f"Une sauvegarde est déjà en cours dans {folder}.") from None
        yield


def _sync(folder: Path) -> None:
    """Have the disk keep what was written in a folder before anything relies on it."""
    for path in [*folder.iterdir(), folder]:
        if path.is_file() or path == folder:
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


# --- Reading ---


def _unpack_files(folder: Path, manifest: Manifest, key: str) -> None:
    """Put the files of a backup beside their place."""
    for name, part in manifest.files.items():
        into = files.place_of(name)
        with _disk(into.label):
            into.prepare()
            with _open(folder, _files_file(name), part, manifest, key) as reader:
                _compare(_files_file(name), part, *files.unpack(reader, into=into))


def _fill_tables(folder: Path, manifest: Manifest, key: str) -> None:
    """Put the rows of a backup in the place of those there are."""
    with tables.refill(list(manifest.tables), manifest.sequences):
        for name, part in manifest.tables.items():
            with _open(folder, _table_file(name), part, manifest, key) as reader:
                rows = tables.copy_in(name, part.columns, _plain(reader))
            if rows != part.count:
                raise BackupRefused(f"La table {name} n’a pas été remplie entièrement.")


@contextmanager
def _open(
    folder: Path, file: str, part: Part, manifest: Manifest, key: str
) -> Iterator[SealedReader]:
    """Open a part of a backup; what is read must be all of it, and what was written."""
    path = folder / file
    if not path.exists():
        raise BackupRefused(f"Il manque le fichier {file} : prenez une autre sauvegarde.")
    if path.stat().st_size != part.bytes:
        raise BackupRefused(f"Le fichier {file} est tronqué : prenez une autre sauvegarde.")
    with path.open("rb") as source:
        try:
            reader = SealedReader(source, key=key, label=_label(manifest.id, file))
            yield reader
            while reader.read(1024 * 1024):
                pass
        except (Broken, EOFError, gzip.BadGzipFile):
            raise BackupRefused(_altered(file)) from None
        if reader.digest != part.sha256:
            raise BackupRefused(_altered(file))


def _altered(file: str) -> str:
    return f"Le fichier {file} a été modifié ou abîmé : prenez une autre sauvegarde."


def _compare(file: str, part: Part, count: int, digest: str) -> None:
    if (count, digest) != (part.count, part.content_sha256):
        raise BackupRefused(_altered(file))


class _Sink:
    """Counts the lines of what COPY wrote: one a row, whatever a row holds."""

    def __init__(self) -> None:
        self.lines = 0

    def write(self, data: bytes) -> int:
        self.lines += data.count(b"\n")
        return len(data)


def _count(plain: IO[bytes]) -> tuple[int, str]:
    sink = _Sink()
    content = Hashing(cast("IO[bytes]", sink))
    while data := plain.read(1024 * 1024):
        content.write(data)
    return sink.lines, content.digest


def _plain(reader: SealedReader) -> IO[bytes]:
    return cast("IO[bytes]", gzip.GzipFile(fileobj=cast("Any", reader)))


def _refuse_other_version(manifest: Manifest) -> None:
    missing = tables.missing_migrations()
    if missing:
        raise BackupRefused(
            f"La base de ce portail n’est pas à jour ({missing[0]}) : lancez manage.py migrate."
        )
    here, there = set(tables.applied_migrations()), set(manifest.migrations)
    now_columns = tables.columns()
    then_columns = {name: part.columns for name, part in manifest.tables.items()}
    if here != there or now_columns != then_columns:
        different = sorted(here ^ there) or ["colonnes différentes"]
        raise BackupRefused(
            "La sauvegarde vient d’une autre version du portail "
            f"({different[0]}) : restaurez-la avec cette version-là, puis mettez à jour."
        )


def _is_in_use() -> bool:
    """Tell whether there is something to lose: an account, or a file."""
    has_files = any(not files.is_empty(name) for name in files.STORAGES)
    return has_files or get_user_model()._default_manager.exists()


def sealing_key() -> str:
    """Return what seals backups. Raises BackupRefused when there is none."""
    key: str = settings.BACKUP_KEY
    if len(key) < _SHORTEST_KEY:
        raise BackupRefused(
            f"EMN_BACKUP_KEY manque ou est trop courte : donnez {_SHORTEST_KEY} signes au hasard "
            "au moins, et gardez-la ailleurs que les sauvegardes."
        )
    return key


def _table_file(name: str) -> str:
    return f"table-{name}.sealed"


def _files_file(name: str) -> str:
    return f"files-{name}.sealed"


def _label(identifier: str, file: str) -> str:
    return f"{identifier}/{file}"


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """Put what a disk refuses into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise BackupRefused(
                f"Le disque de {folder} est plein : libérez de la place et recommencez."
            ) from None
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR}:
            raise BackupRefused(
                f"Le dossier {folder} n’est pas accessible ({error.strerror})."
            ) from None
        raise
