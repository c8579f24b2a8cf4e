"""Copies of whole backups in a bucket, let go by the same rule. Sealed: any store will do."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emn.lib import bucket
from emn.lib.backups import BackupRefused
from emn.lib.backups.keeping import Rule, is_identifier, kept
from emn.lib.backups.manifest import FILE, Manifest

_BLOCK = 1024 * 1024
_PARTIAL = ".partial-copy"


def send(*, backup: Path, to: bucket.Bucket, rule: Rule, key: str) -> list[str]:
    """Copy a backup, read the copy again, then let old ones go; return their names.

    The manifest goes last: a copy that was interrupted is none. Raises BackupRefused.
    """
    with _store(to) as client:
        with _transfers(client) as transfers:
            under_way = [
                transfers.upload(str(path), to.name, to.within(f"{backup.name}/{path.name}"))
                for path in sorted(backup.iterdir())
                if path.name != FILE
            ]
            for transfer in under_way:
                transfer.result()
        client.upload_file(str(backup / FILE), to.name, to.within(f"{backup.name}/{FILE}"))
        _compare(client, to, backup.name, Manifest.read(backup, key=key))
        whole = _names(client, to, whole=True)
        stays = kept(whole, rule)
        gone = sorted(_names(client, to, whole=False) - stays)
        for name in gone:
            for file in _keys(client, to, to.within(f"{name}/")):
                client.delete_object(Bucket=to.name, Key=file)
        return [name for name in gone if name in whole]


def fetch(*, source: bucket.Bucket, into: Path, key: str) -> Path:
    """Bring the newest copy into a folder, unless it is there; return where it lies.

    Raises BackupRefused.
    """
    with _store(source) as client:
        names = _names(client, source, whole=True)
        if not names:
            raise BackupRefused(f"Le bac {source.name} ne contient aucune sauvegarde complète.")
        name = max(names)
        if (into / name / FILE).exists():
            return into / name
        partial = into / _PARTIAL
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700, parents=True)
        with _transfers(client) as transfers:
            under_way = [
                transfers.download(source.name, file, str(partial / file.rpartition("/")[2]))
                for file in _keys(client, source, source.within(f"{name}/"))
            ]
            for transfer in under_way:
                transfer.result()
        Manifest.read(partial, key=key)
        return partial.rename(into / name)


def check(*, source: bucket.Bucket, into: Path, key: str) -> Manifest:
    """Read the newest copy again, against its manifest. Raises BackupRefused."""
    sheet = into / _PARTIAL
    with _store(source) as client:
        names = _names(client, source, whole=True)
        if not names:
            raise BackupRefused(f"Le bac {source.name} ne contient aucune sauvegarde complète.")
        sheet.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            file = source.within(f"{max(names)}/{FILE}")
            client.download_file(source.name, file, str(sheet / FILE))
            manifest = Manifest.read(sheet, key=key)
        finally:
            shutil.rmtree(sheet, ignore_errors=True)
        _compare(client, source, max(names), manifest)
        return manifest


def _compare(client: Any, where: bucket.Bucket, name: str, manifest: Manifest) -> None:
    """Read each sealed file of a copy; its digest is the manifest's."""
    parts = {f"table-{table}.sealed": part for table, part in manifest.tables.items()}
    parts |= {f"files-{storage}.sealed": part for storage, part in manifest.files.items()}
    for file, part in parts.items():
        digest = hashlib.sha256()
        found = client.get_object(Bucket=where.name, Key=where.within(f"{name}/{file}"))
        for block in found["Body"].iter_chunks(_BLOCK):
            digest.update(block)
        if digest.hexdigest() != part.sha256:
            raise BackupRefused(f"La copie de {file} a été modifiée ou abîmée : refaites-la.")


def _names(client: Any, where: bucket.Bucket, *, whole: bool) -> set[str]:
    """Return the copies there are; with `whole`, those that have their manifest."""
    root = where.within("")
    found = [key.removeprefix(root).partition("/") for key in _keys(client, where, root)]
    return {
        name for name, _slash, file in found if is_identifier(name) and (not whole or file == FILE)
    }


def _keys(client: Any, where: bucket.Bucket, prefix: str) -> Iterator[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=where.name, Prefix=prefix)
    for page in pages:
        yield from [str(found["Key"]) for found in page.get("Contents", ())]


def _transfers(client: Any) -> Any:
    """Return what moves several files at once, and waits for all when it is left."""
    from boto3.s3.transfer import (  # noqa: PLC0415 -- with the first copy, not before
        TransferConfig,
        create_transfer_manager,
    )

    return create_transfer_manager(client, TransferConfig())


@contextmanager
def _store(where: bucket.Bucket) -> Iterator[Any]:
    """Put what a store refuses into a sentence."""
    from boto3.exceptions import Boto3Error  # noqa: PLC0415 -- with the first copy, not before
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 -- the same

    try:
        yield bucket.client(where)
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise BackupRefused(
            f"Le bac {where.name} ne répond pas, ou refuse ({type(error).__name__}) : vérifiez "
            "EMN_BACKUP_URL et les droits de sa clé."
        ) from error
