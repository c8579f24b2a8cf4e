"""Writing the open files ahead, so that nobody waits for them."""

import csv
import hashlib
import io
import logging
import tempfile
from datetime import datetime
from typing import IO

from django.core.files.base import File
from django.db import transaction
from django.utils import translation

from emn.lib.page_cache import touch
from emn.lib.storage import delete_after_commit, private_storage
from observatory.datasets import Dataset, datasets
from observatory.models import DatasetFile

logger = logging.getLogger(__name__)
LANGUAGE = "fr"


def write_all(*, now: datetime) -> int:
    """Write each data set again; return how many changed. One that fails holds no other back."""
    changed = 0
    for entry in datasets:
        try:
            changed += write(entry, now=now)
        except Exception:
            logger.exception("data set %s not written", entry.key)
    return changed


def write(entry: Dataset, *, now: datetime) -> bool:
    """Write one data set; return whether its content differs from the last file."""
    with tempfile.TemporaryFile() as file, translation.override(LANGUAGE):
        row_count = _write_lines(file, entry)
        size = file.tell()
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        known = DatasetFile.objects.filter(dataset=entry.key, sha256=sha256)
        if known.update(checked_at=now):
            return False
        name = private_storage().save(f"donnees/{entry.key}-{sha256[:12]}.csv", File(file))
    try:
        _keep(entry.key, name, sha256=sha256, row_count=row_count, size=size, now=now)
    except Exception:
        private_storage().delete(name)
        raise
    return True


def _write_lines(file: IO[bytes], entry: Dataset) -> int:
    """Write UTF-8, commas, as Table Schema takes for granted; return how many lines of data."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer, count = csv.writer(text, lineterminator="\r\n"), -1
    for line in entry.lines():
        writer.writerow(line)
        count += 1
    text.detach()
    return count


@transaction.atomic(durable=True)
def _keep(key: str, name: str, *, sha256: str, row_count: int, size: int, now: datetime) -> None:
    """Point the data set to its new file; the old one goes once this is committed."""
    row = DatasetFile.objects.select_for_update().filter(dataset=key).first()
    if row is not None:
        delete_after_commit(row.file)
    row = row or DatasetFile(dataset=key)
    row.file.name, row.sha256 = name, sha256
    row.row_count, row.size_bytes = row_count, size
    row.changed_at = row.checked_at = now
    row.save()
    touch()
