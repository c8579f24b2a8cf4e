"""Exporting cards: a file that the worker writes, for the agent who asked and nobody else."""

import tempfile
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from directory.enums import ExportStatus, FileFormat
from directory.models import CardExport, Offer, Provider
from directory.transfers.columns import CardResource
from emn.accounts.models import User
from emn.lib.commit import after_commit
from emn.lib.errors import DomainError
from emn.lib.tables import write_csv, write_xlsx

AT_ONCE = 1_000  # cards: up to there the agent does not wait for the worker
MOST_LINES_OF_A_SHEET = 1_000_000
BATCH = 1_000


class ExportRefused(DomainError):
    """The export cannot be made so."""


def cards_of(*, user: User, filters: dict[str, str]) -> QuerySet[Provider]:
    """Return the cards that the filters choose among those that the agent may see."""
    rows: Any = Provider.objects.all()
    if scoped_for := getattr(rows, "scoped_for", None):
        rows = scoped_for(user)
    if status := filters.get("status"):
        rows = rows.filter(status=status)
    if territory := filters.get("territory"):
        rows = rows.filter(company__commune__epci=territory)
    found: QuerySet[Provider] = rows
    return found


def start_export(
    *, user: User, file_format: str, filters: dict[str, str], now: datetime
) -> CardExport:
    """Make the file at once when it is small, else have the worker make it.

    Raises ExportRefused when a workbook cannot hold it.
    """
    count = cards_of(user=user, filters=filters).count()
    if file_format == FileFormat.XLSX and count > MOST_LINES_OF_A_SHEET:
        raise ExportRefused(_("Un classeur tient un million de lignes : choisissez le CSV."))
    entry = _create(
        user=user, file_format=file_format, filters=filters, now=now, later=count > AT_ONCE
    )
    return entry if count > AT_ONCE else run_export(export_id=entry.pk)


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


def run_export(*, export_id: int) -> CardExport:
    """Write the file, a batch of cards at a time, apart from any transaction; once."""
    entry = CardExport.objects.select_related("created_by").get(pk=export_id)
    if entry.status == ExportStatus.READY:
        return entry
    write = write_csv if entry.format == FileFormat.CSV else write_xlsx
    try:
        with tempfile.TemporaryFile() as file:
            entry.row_count = write(file, _lines(entry))
            file.seek(0)
            entry.file.save(f"{uuid.uuid4()}.{entry.format}", File(file), save=False)
    except Exception:
        CardExport.objects.filter(pk=export_id).update(status=ExportStatus.FAILED)
        raise
    entry.status = ExportStatus.READY
    entry.save()
    return entry


def _lines(entry: CardExport) -> Iterator[list[str]]:
    resource = CardResource()
    yield resource.get_export_headers()
    offers = Offer.objects.select_related("service").order_by("service__code", "pk")
    rows = (
        cards_of(user=entry.created_by, filters=entry.filters)
        .select_related("company__commune")
        .prefetch_related(Prefetch("offers", offers))
        .order_by("pk")
    )
    last = 0
    while cards := list(rows.filter(pk__gt=last)[:BATCH]):
        for card in cards:
            yield [str(cell or "") for cell in resource.export_resource(card)]
        last = cards[-1].pk
