"""What each file that comes in goes through, whatever its lines hold: kept, claimed, left.

The callers hold the transaction, but where a file comes in, and ring the worker.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.core.files.base import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from emn.lib.errors import DomainError
from emn.lib.file_imports.enums import ImportStatus
from emn.lib.file_imports.models import STALE_AFTER, FileImport
from emn.lib.storage import delete_after_commit
from emn.lib.tables import SUFFIXES

ERRORS_KEPT = 200
Entry = TypeVar("Entry", bound=FileImport)


class ImportRefused(DomainError):
    """The import cannot be started, written or left so."""


@dataclass
class Faults:
    """The lines that were read, those that are wrong, and what is wrong with the first of them."""

    line_count: int = 0
    error_count: int = 0
    errors: list[list[Any]] = field(default_factory=list)

    def refuse(self, number: int, words: Sequence[str]) -> None:
        """Note what is wrong with a line, or with the file as a whole (0)."""
        self.error_count += 1
        if len(self.errors) < ERRORS_KEPT:
            self.errors.append([number, " ".join(words)])

    def refuse_empty(self) -> None:
        """Refuse a file without any line."""
        if not self.line_count and not self.errors:
            self.refuse(0, [_("Ce fichier n’a aucune ligne.")])


def keep(entry: Entry, file: "File[bytes]", *, ring: Callable[[int], object]) -> Entry:
    """Save a new import, its file under a name of ours, and ring its worker. Raises ImportRefused.

    The file goes before the transaction, which does not wait for a store, and away if that fails.
    """
    suffix = next((known for known in SUFFIXES if entry.name.lower().endswith(known)), None)
    if suffix is None:
        raise ImportRefused(_("Donnez un fichier CSV, CSV.GZ ou XLSX."))
    entry.name = entry.name[:200]
    entry.file.save(f"{uuid.uuid4()}{suffix}", file, save=False)
    try:
        with transaction.atomic(durable=True):
            entry.save()
            ring(entry.pk)
    except Exception:
        entry.file.storage.delete(str(entry.file.name))
        raise
    return entry


def claim(rows: QuerySet[Entry], *, now: datetime) -> Entry | None:
    """Take, to read it, an import that waits, or that another worker left for dead."""
    left = rows.filter(status=ImportStatus.CHECKING, alive_at__lt=now - STALE_AFTER)
    due = rows.filter(status=ImportStatus.WAITING) | left
    if not due.update(status=ImportStatus.CHECKING, alive_at=now):
        return None
    return rows.get()


@contextmanager
def failing(entry: FileImport) -> Iterator[None]:
    """Say on the row that the work broke off; the error rises, for someone must change code."""
    begun = type(entry)._default_manager.filter(pk=entry.pk, status=entry.status)
    try:
        yield
    except Exception:
        begun.update(status=ImportStatus.FAILED)
        raise


def in_state(rows: QuerySet[Entry], *allowed: ImportStatus) -> Entry:
    """Lock the import and return it. Raises ImportRefused when it is in another state."""
    entry = rows.select_for_update().get()
    if entry.status not in allowed:
        raise ImportRefused(
            _("Cet import est dans l’état « %(status)s » : cette action n’est plus possible.")
            % {"status": entry.get_status_display()}
        )
    return entry


def to_write(entry: Entry, *, now: datetime) -> Entry:
    """Have a worker write an import that is locked and ready."""
    entry.status, entry.alive_at = ImportStatus.WRITING, now
    entry.save()
    return entry


def abandon(rows: QuerySet[Entry], *, now: datetime) -> Entry:
    """Leave an import that is not being written. Raises ImportRefused."""
    entry = in_state(rows, *rows.model.abandoned_from)
    entry.status, entry.finished_at = ImportStatus.ABANDONED, now
    drop_file(entry)
    entry.save()
    return entry


def left_for_dead(rows: QuerySet[Entry], *, now: datetime) -> Entry:
    """Lock an import whose worker died. Raises ImportRefused when it lives."""
    entry = rows.select_for_update().get()
    if not entry.is_stale(now=now):
        raise ImportRefused(_("Cet import est en cours : laissez-le finir."))
    return entry


def drop_file(entry: FileImport) -> None:
    """Delete the file once the fact is committed: it has served. The caller saves the row."""
    delete_after_commit(entry.file)
    entry.file = ""
