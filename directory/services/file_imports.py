"""What each file that comes in goes through, whatever its lines hold: kept, claimed, left.

The callers hold the transaction, and ring the worker.
"""

import uuid
from datetime import datetime
from typing import TypeVar

from django.core.files.base import File
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from directory.enums import ImportStatus
from directory.models.transfers import STALE_AFTER, FileImport
from emn.lib.errors import DomainError
from emn.lib.storage import delete_after_commit
from emn.lib.tables import SUFFIXES

ERRORS_KEPT = 200
Entry = TypeVar("Entry", bound=FileImport)


class ImportRefused(DomainError):
    """The import cannot be started, written or left so."""


def keep(entry: Entry, file: "File[bytes]") -> Entry:
    """Save a new import, its file under a name of ours. Raises ImportRefused."""
    suffix = next((known for known in SUFFIXES if entry.name.lower().endswith(known)), None)
    if suffix is None:
        raise ImportRefused(_("Donnez un fichier CSV, CSV.GZ ou XLSX."))
    entry.name = entry.name[:200]
    entry.file.save(f"{uuid.uuid4()}{suffix}", file, save=False)
    entry.save()
    return entry


def claim(rows: QuerySet[Entry], first: ImportStatus, then: ImportStatus, *, now: datetime) -> bool:
    """Take the import that waits in `first`, or that another worker left for dead in `then`."""
    waiting = rows.filter(status=first) | rows.filter(status=then, alive_at__lt=now - STALE_AFTER)
    return bool(waiting.update(status=then, alive_at=now))


def in_state(rows: QuerySet[Entry], *allowed: ImportStatus) -> Entry:
    """Lock the import and return it. Raises ImportRefused when it is in another state."""
    entry = rows.select_for_update().get()
    if entry.status not in allowed:
        raise ImportRefused(
            _("Cet import est dans l’état « %(status)s » : cette action n’est plus possible.")
            % {"status": entry.get_status_display()}
        )
    return entry


def abandon(rows: QuerySet[Entry], *, now: datetime) -> Entry:
    """Leave an import that is not being written. Raises ImportRefused."""
    entry = in_state(rows, ImportStatus.READY, ImportStatus.REFUSED, ImportStatus.FAILED)
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
