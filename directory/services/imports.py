"""Importing cards: the file is kept apart, read whole by the worker, then written whole or not.

An import never writes over what a company says of itself: a card that somebody holds is refused.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from directory.enums import ProviderStatus
from directory.models import CardImport, CardRedirect, Company, Offer, Provider
from directory.services.companies import register_layer
from directory.services.search import mark_behind
from directory.services.writing import replace_offers
from directory.transfers.checking import Checker, Line, siret_of, slug_of
from emn.lib.commit import after_commit
from emn.lib.file_imports import services as file_imports
from emn.lib.file_imports.enums import ImportStatus
from emn.lib.file_imports.services import Faults
from emn.lib.page_cache import touch
from emn.lib.tables import Unreadable, read_lines
from emn.territory.lookup import facts_of

logger = logging.getLogger(__name__)
_LONGEST_BASE, _SIREN_DIGITS = 60, 9


class _LinesRefused(Exception):
    """Some lines cannot be written: the transaction is undone."""


def start_import(*, file: "File[bytes]", name: str, by_id: int, now: datetime) -> CardImport:
    """Keep the file under a name of ours, and ring the worker. Raises ImportRefused."""
    entry = CardImport(name=name, created_at=now, created_by_id=by_id)
    return file_imports.keep(entry, file, ring=_ring)


def check_import(*, import_id: int, now: datetime) -> CardImport | None:
    """Read the whole file and note what each line would do; None when another worker has it.

    Nothing is written but the report. Safe to run twice.
    """
    entry = file_imports.claim(CardImport.objects.filter(pk=import_id), now=now)
    if entry is None:
        return None
    report = _Report()
    with file_imports.failing(entry):
        try:
            for lines in _read(_content(entry), name=str(entry.file.name)):
                report.add(lines)
                CardImport.objects.filter(pk=import_id).update(
                    line_count=report.line_count, alive_at=timezone.now()
                )
        except Unreadable as refusal:
            report.refuse(0, [refusal.message])
        report.refuse_empty()
        status = ImportStatus.REFUSED if report.error_count else ImportStatus.READY
        _finish(entry, status, report, now=now)
    return entry


@transaction.atomic(durable=True)
def ask_to_write(*, import_id: int, now: datetime) -> CardImport:
    """Have the worker write a file that was read without error. Raises ImportRefused."""
    entry = file_imports.in_state(CardImport.objects.filter(pk=import_id), ImportStatus.READY)
    file_imports.to_write(entry, now=now)
    _ring(entry.pk)
    return entry


def write_import(*, import_id: int, now: datetime) -> CardImport | None:
    """Write every line in one transaction, or none; None when there is nothing to write.

    The lines are read again: the directory may have changed since they were shown. The search
    follows after the commit (`search.index_behind`).
    """
    entry = CardImport.objects.filter(pk=import_id, status=ImportStatus.WRITING).first()
    if entry is None:
        return None
    report = _Report()
    with file_imports.failing(entry):
        try:
            if not _write(entry, _content(entry), report, now=now):
                return None
        except _LinesRefused:
            _finish(entry, ImportStatus.REFUSED, report, now=now)
    return entry


@transaction.atomic(durable=True)
def _write(entry: CardImport, content: bytes, report: "_Report", *, now: datetime) -> bool:
    mine = CardImport.objects.select_for_update().get(pk=entry.pk)
    if mine.status != ImportStatus.WRITING:  # another worker wrote it while this one waited
        return False
    name = str(entry.file.name)
    _lock_named(content, name=name)
    for lines in _read(content, name=name):
        report.add(lines)
        if not report.error_count:
            _write_new([line for line in lines if line.is_new], entry, now=now)
            _write_changed([line for line in lines if not line.is_new], entry, now=now)
    if report.error_count:
        raise _LinesRefused
    touch()
    _finish(entry, ImportStatus.WRITTEN, report, now=now)
    return True


@transaction.atomic(durable=True)
def abandon_import(*, import_id: int, now: datetime) -> CardImport:
    """Leave an import that is not being written. Raises ImportRefused."""
    return file_imports.abandon(CardImport.objects.filter(pk=import_id), now=now)


@transaction.atomic(durable=True)
def relaunch_import(*, import_id: int, now: datetime) -> CardImport:
    """Ring again for an import whose worker died. Raises ImportRefused."""
    entry = file_imports.left_for_dead(CardImport.objects.filter(pk=import_id), now=now)
    _ring(entry.pk)
    return entry


def _ring(import_id: int) -> None:
    from directory.tasks import run_import  # noqa: PLC0415 -- tasks import the services

    after_commit(lambda: run_import.delay(import_id=import_id))


def _content(entry: CardImport) -> bytes:
    """Fetch the file, outside any transaction: a store may keep it waiting."""
    with entry.file.open("rb") as file:
        return bytes(file.read())


def _read(content: bytes, *, name: str) -> Iterator[list[Line]]:
    """Yield the lines checked, a batch at a time."""
    header, lines = read_lines(BytesIO(content), name=name)
    yield from Checker(header).batches(lines)


def _lock_named(content: bytes, *, name: str) -> None:
    """Hold what the file names until the commit: companies, then cards, in the order of their keys.

    Nobody takes one meanwhile, nor waits in a ring with this. A row that only points to a company
    is not kept waiting: who merges two cards holds these already.
    """
    sirets: set[str] = set()
    slugs: set[str] = set()
    _header, lines = read_lines(BytesIO(content), name=name)
    for _number, cells in lines:
        sirets.add(siret_of(cells))
        slugs.add(slug_of(cells))
    for rows in (
        Company.objects.filter(siret__in=sirets).select_for_update(no_key=True),
        Provider.objects.filter(slug__in=slugs).select_for_update(),
    ):
        list(rows.order_by("pk").values_list("pk", flat=True))


@dataclass
class _Report(Faults):
    """What the lines do, and the first faults."""

    new_count: int = 0
    changed_count: int = 0

    def add(self, lines: list[Line]) -> None:
        """Count the lines."""
        self.line_count += len(lines)
        for line in lines:
            if line.errors:
                self.refuse(line.number, line.errors)
            elif line.is_new:
                self.new_count += 1
            else:
                self.changed_count += 1


def _finish(entry: CardImport, status: ImportStatus, report: _Report, *, now: datetime) -> None:
    for name in ("line_count", "new_count", "changed_count", "error_count", "errors"):
        setattr(entry, name, getattr(report, name))
    entry.status, entry.alive_at = status, now
    entry.finished_at = None if status == ImportStatus.READY else now
    if status == ImportStatus.WRITTEN:
        file_imports.drop_file(entry)
    entry.save()


def _write_new(lines: list[Line], entry: CardImport, *, now: datetime) -> None:
    missing = {line.siret: line.place for line in lines if line.company is None and line.place}
    Company.objects.bulk_create(
        [
            Company(siret=facts.siret, **register_layer(facts, now=now))
            for facts in facts_of(list(missing.values()))
        ],
        ignore_conflicts=True,
    )
    companies = Company.objects.in_bulk({line.siret for line in lines}, field_name="siret")
    slugs = _free_slugs(lines)
    cards = [
        Provider(
            company=companies[line.siret],
            slug=slugs[line.number],
            status=ProviderStatus.SUBMITTED,
            created_at=now,
            edited_at=now,
            submitted_at=now,
            **line.values,
        )
        for line in lines
    ]
    bulk_create_with_history(cards, Provider, default_change_reason=_reason(entry))
    Offer.objects.bulk_create(
        Offer(provider=card, service_id=pk)
        for card, line in zip(cards, lines, strict=True)
        for pk in line.services or []
    )


def _free_slugs(lines: list[Line]) -> dict[int, str]:
    """Return an address a line: the name and the SIREN, or the SIRET when that one is taken.

    `start_card` gives names without numbers: no lock is needed for as long as an import lasts.
    """
    bases = {
        line.number: slugify(line.values["name"])[:_LONGEST_BASE].strip("-") or "fiche"
        for line in lines
    }
    wanted = {line.number: f"{bases[line.number]}-{line.siret[:_SIREN_DIGITS]}" for line in lines}
    taken = {
        slug
        for model in (Provider, CardRedirect)
        for slug in model._default_manager.filter(slug__in=wanted.values()).values_list(
            "slug", flat=True
        )
    }
    given: dict[int, str] = {}
    for line in lines:
        slug = wanted[line.number]
        given[line.number] = f"{bases[line.number]}-{line.siret}" if slug in taken else slug
        taken.add(slug)
    return given


def _write_changed(lines: list[Line], entry: CardImport, *, now: datetime) -> None:
    """Write over cards that nobody holds; a public one that staff had read stays read."""
    cards = [line.card for line in lines if line.card is not None]
    for card in cards:
        if card.reviewed_at and card.reviewed_at >= card.edited_at:
            card.reviewed_at = now
        card.edited_at = now
    names = {name for line in lines for name in line.values} | {"edited_at", "reviewed_at"}
    if cards:
        bulk_update_with_history(
            cards, Provider, sorted(names), default_change_reason=_reason(entry)
        )
    wanted = {line.card.pk: line.services for line in lines if line.card and line.services}
    replace_offers(wanted)
    mark_behind(card.pk for card in cards)


def _reason(entry: CardImport) -> str:
    return f"Import n° {entry.pk}"
