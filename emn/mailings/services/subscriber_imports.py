"""Importing people: the file is kept apart, read whole by the worker, then written whole or not.

An import brings proof of its basis, and never back whoever left or is blocked (R2.01 to R2.05).
"""

from datetime import datetime
from itertools import islice
from typing import Any

from django.core.files.base import File
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from emn.lib.commit import after_commit
from emn.lib.db import advisory_lock
from emn.lib.file_imports import services as file_imports
from emn.lib.file_imports.enums import ImportStatus
from emn.lib.file_imports.services import ERRORS_KEPT
from emn.lib.tables import Unreadable, read_lines
from emn.mailings.imports import staging
from emn.mailings.imports.lines import LineReader, Person
from emn.mailings.models import SubscriberImport

MOST_LINES = 200_000
BATCH = 2_000


def start_import(
    *, file: "File[bytes]", name: str, list_id: int, basis: str, by_id: int, now: datetime
) -> SubscriberImport:
    """Keep the file under a name of ours, and ring the worker. Raises ImportRefused."""
    entry = SubscriberImport(
        name=name, mailing_list_id=list_id, basis=basis, created_at=now, created_by_id=by_id
    )
    return file_imports.keep(entry, file, ring=_ring)


def check_import(*, import_id: int, now: datetime) -> SubscriberImport | None:
    """Read the whole file and say what it would do; None when another worker has it.

    Nothing is written but the report. Safe to run twice.
    """
    entry = file_imports.claim(SubscriberImport.objects.filter(pk=import_id), now=now)
    if entry is None:
        return None
    with file_imports.failing(entry):
        report = _stage(entry, now=now)
        status = ImportStatus.REFUSED if report.error_count else ImportStatus.READY
        _finish(entry, status, report, now=now)
    return entry


@transaction.atomic(durable=True)
def ask_to_write(*, import_id: int, now: datetime) -> SubscriberImport:
    """Have the worker write a file that was read without error. Raises ImportRefused."""
    rows = SubscriberImport.objects.filter(pk=import_id)
    entry = file_imports.to_write(file_imports.in_state(rows, ImportStatus.READY), now=now)
    _ring(entry.pk)
    return entry


def write_import(*, import_id: int, now: datetime) -> SubscriberImport | None:
    """Write every line in one transaction, or none; None when there is nothing to write.

    The file is read again: people may have left since it was shown.
    """
    entry = SubscriberImport.objects.filter(pk=import_id, status=ImportStatus.WRITING).first()
    if entry is None:
        return None
    with file_imports.failing(entry):
        return _write(entry, _stage(entry, now=now), now=now)


@transaction.atomic(durable=True)
def _write(entry: SubscriberImport, report: "_Report", *, now: datetime) -> SubscriberImport | None:
    """Write what is staged. One import at a time, so that two cannot wait for one another."""
    advisory_lock("mailings.subscriber_import")
    mine = SubscriberImport.objects.select_for_update().get(pk=entry.pk)
    if mine.status != ImportStatus.WRITING:  # another worker wrote it while this one waited
        return None
    with connection.cursor() as cursor:
        report.compare(cursor, entry)  # an import that was waited for may have changed the answer
        if not report.error_count:
            staging.write(cursor, list_id=entry.mailing_list_id, import_number=entry.pk, now=now)
    status = ImportStatus.REFUSED if report.error_count else ImportStatus.WRITTEN
    _finish(mine, status, report, now=now)
    return mine


@transaction.atomic(durable=True)
def abandon_import(*, import_id: int, now: datetime) -> SubscriberImport:
    """Leave an import that is not being written. Raises ImportRefused."""
    return file_imports.abandon(SubscriberImport.objects.filter(pk=import_id), now=now)


@transaction.atomic(durable=True)
def relaunch_import(*, import_id: int, now: datetime) -> SubscriberImport:
    """Ring again for an import whose worker died. Raises ImportRefused."""
    entry = file_imports.left_for_dead(SubscriberImport.objects.filter(pk=import_id), now=now)
    _ring(entry.pk)
    return entry


# --- Steps ---


def _ring(import_id: int) -> None:
    from emn.mailings.tasks import run_subscriber_import  # noqa: PLC0415 -- a leaf of the services

    after_commit(lambda: run_subscriber_import.delay(import_id=import_id))


def _stage(entry: SubscriberImport, *, now: datetime) -> "_Report":
    """Read the file into the temporary table, apart from any transaction; say what is wrong."""
    report = _Report()
    with connection.cursor() as cursor, entry.file.open("rb") as file:
        staging.create(cursor)
        try:
            header, lines = read_lines(file, name=str(entry.file.name), most_lines=MOST_LINES)
            reader = LineReader(header, basis=entry.basis, now=now)
            while batch := list(islice(lines, BATCH)):
                staging.add(cursor, report.sound(reader, batch))
                SubscriberImport.objects.filter(pk=entry.pk).update(
                    line_count=report.line_count, alive_at=timezone.now()
                )
        except Unreadable as refusal:
            report.refuse_file(refusal.message)
        else:
            if not report.line_count:
                report.refuse_file(_("Ce fichier n’a aucune ligne."))
        report.compare(cursor, entry)
    return report


class _Report:
    """What the lines do, and the first faults."""

    def __init__(self) -> None:
        self.line_count = self.new_count = self.added_count = 0
        self._own: list[tuple[int, str]] = []
        self._own_count = 0
        self.errors: list[list[Any]] = []
        self.error_count = 0

    def sound(self, reader: LineReader, lines: list[tuple[int, dict[str, str]]]) -> list[Person]:
        """Return the people of the lines without fault; note the faults of the others."""
        self.line_count += len(lines)
        people = []
        for number, cells in lines:
            read = reader.read(number, cells)
            if isinstance(read, Person):
                people.append(read)
            else:
                self._own_count += 1
                if len(self._own) < ERRORS_KEPT:
                    self._own.append((number, " ".join(read)))
        return people

    def refuse_file(self, said: str) -> None:
        """Note, first of all, what is wrong with the file as a whole."""
        self._own.insert(0, (0, said))
        self._own_count += 1

    def compare(self, cursor: Any, entry: SubscriberImport) -> None:
        """Add the faults that the lines show together; count what they would write."""
        list_id = entry.mailing_list_id
        found, count = staging.faults(cursor, list_id=list_id, limit=ERRORS_KEPT)
        first = sorted([*self._own, *found])[:ERRORS_KEPT]
        self.errors = [[number, said] for number, said in first]
        self.error_count = self._own_count + count
        if not self.error_count:
            self.new_count, self.added_count = staging.counts(cursor, list_id=list_id)


def _finish(
    entry: SubscriberImport, status: ImportStatus, report: _Report, *, now: datetime
) -> None:
    for name in ("line_count", "new_count", "added_count", "error_count", "errors"):
        setattr(entry, name, getattr(report, name))
    entry.status, entry.alive_at = status, now
    if status != ImportStatus.READY:
        entry.finished_at = now
        file_imports.drop_file(entry)  # it names people, and has served
    entry.save()
