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
from emn.lib.storage import delete_after_commit
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
        return _keep(entry.key, file, sha256=sha256, row_count=row_count, size=size, now=now)


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
def _keep(
    key: str, file: IO[bytes], *, sha256: str, row_count: int, size: int, now: datetime
) -> bool:
    known = DatasetFile.objects.select_for_update().filter(dataset=key).first()
    if known is not None and known.sha256 == sha256:
        known.checked_at = now
        known.save(update_fields=["checked_at"])
        return False
    if known is not None:
        delete_after_commit(known.file)
    row = known or DatasetFile(dataset=key)
    row.sha256, row.row_count, row.size_bytes = sha256, row_count, size
    row.changed_at = row.checked_at = now
    row.file.save(f"{key}-{sha256[:12]}.csv", File(file), save=False)
    row.save()
    touch()
    return True
