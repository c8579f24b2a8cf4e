"""Exporting cards: a file that the worker writes, for the agent who asked and nobody else."""

import tempfile
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.files.base import File
from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.enums import ExportStatus, FileFormat
from directory.models import CardExport, Offer, Provider
from directory.transfers.columns import CardResource
from emn.accounts.models import User
from emn.lib.commit import after_commit
from emn.lib.errors import DomainError
from emn.lib.file_imports.models import STALE_AFTER
from emn.lib.tables import write_csv, write_xlsx

AT_ONCE = 1_000  # cards: up to there the agent does not wait for the worker
MOST_LINES_OF_A_SHEET = 1_000_000
BATCH = 1_000
SAID_EVERY = timedelta(minutes=1)


class ExportRefused(DomainError):
    """The export cannot be made so."""


def cards_of(*, filters: dict[str, str]) -> QuerySet[Provider]:
    """Return the cards that the filters choose."""
    rows = Provider.objects.all()
    if status := filters.get("status"):
        rows = rows.filter(status=status)
    if territory := filters.get("territory"):
        rows = rows.filter(company__commune__epci=territory)
    return rows


def start_export(
    *, user: User, file_format: str, filters: dict[str, str], now: datetime
) -> CardExport:
    """Make the file at once when it is small, else have the worker make it.

    Raises ExportRefused when a workbook cannot hold it.
    """
    most = MOST_LINES_OF_A_SHEET if file_format == FileFormat.XLSX else AT_ONCE
    count = cards_of(filters=filters)[: most + 1].count()  # no further than what it decides
    if count > MOST_LINES_OF_A_SHEET:
        raise ExportRefused(_("Un classeur tient un million de lignes : choisissez le CSV."))
    entry = _create(
        user=user, file_format=file_format, filters=filters, now=now, later=count > AT_ONCE
    )
    return entry if count > AT_ONCE else run_export(export_id=entry.pk, now=now)


@transaction.atomic(durable=True)
def _create(
    *, user: User, file_format: str, filters: dict[str, str], now: datetime, later: bool
) -> CardExport:
    entry = CardExport.objects.create(
        format=file_format, filters=filters, created_by=user, created_at=now
    )
    if later:
        from directory.tasks import run_export as task  # noqa: PLC0415 -- tasks import the services

        after_commit(lambda: task.delay(export_id=entry.pk))
    return entry


def exports_left(*, now: datetime) -> list[int]:
    """Return the keys of the exports that a dead broker or worker left."""
    rows = CardExport.objects.filter(_free(now) & Q(created_at__lt=now - STALE_AFTER))
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _free(now: datetime) -> Q:
    """Say which exports nobody is writing."""
    dead = Q(status=ExportStatus.RUNNING, alive_at__lt=now - STALE_AFTER)
    return Q(status=ExportStatus.WAITING) | dead


def run_export(*, export_id: int, now: datetime) -> CardExport:
    """Write the file, a batch of cards at a time, apart from any transaction.

    Once: what is written, or is being written by somebody, is left as it is.
    """
    free = CardExport.objects.filter(_free(now), pk=export_id)
    claimed = free.update(status=ExportStatus.RUNNING, alive_at=now)
    entry = CardExport.objects.get(pk=export_id)
    if not claimed:
        return entry
    write = write_csv if entry.format == FileFormat.CSV else write_xlsx
    try:
        with tempfile.TemporaryFile() as file:
            entry.row_count = write(file, _lines(entry))
            file.seek(0)
            entry.file.save(f"{uuid.uuid4()}.{entry.format}", File(file), save=False)
    except Exception:
        _mine(entry).update(status=ExportStatus.FAILED)
        raise
    done = {"status": ExportStatus.READY, "file": entry.file.name, "row_count": entry.row_count}
    if not _mine(entry).update(**done):  # taken for dead, another worker has it
        entry.file.delete(save=False)
        return CardExport.objects.get(pk=export_id)
    entry.status = ExportStatus.READY
    return entry


def _mine(entry: CardExport) -> QuerySet[CardExport]:
    """Return the export as long as nobody took it over since it last said to be alive."""
    return CardExport.objects.filter(
        pk=entry.pk, status=ExportStatus.RUNNING, alive_at=entry.alive_at
    )


def _lines(entry: CardExport) -> Iterator[list[str]]:
    resource = CardResource()
    yield resource.get_export_headers()
    offers = Offer.objects.select_related("service").order_by("service__code", "pk")
    rows = (
        cards_of(filters=entry.filters)
        .select_related("company__commune", "document")
        .prefetch_related(Prefetch("offers", offers))
        .order_by("pk")
    )
    last, said_at = 0, timezone.now()
    while cards := list(rows.filter(pk__gt=last)[:BATCH]):
        for card in cards:
            yield [str(cell or "") for cell in resource.export_resource(card)]
        if len(cards) < BATCH:
            return
        last = cards[-1].pk
        if (now := timezone.now()) - said_at > SAID_EVERY and _mine(entry).update(alive_at=now):
            entry.alive_at = said_at = now
