"""Import the company register: read, compare, show, then write everything or nothing."""

from array import array
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from emn.lib import page_cache
from emn.lib.db import try_advisory_lock
from emn.lib.errors import DomainError
from emn.territory import after_import
from emn.territory.enums import ImportState
from emn.territory.models import Commune, CommuneAlias, ImportRun
from emn.territory.services import register_tables as tables
from emn.territory.services.register_tables import TableChange
from emn.territory.sirene import files, stream
from emn.territory.sirene.errors import FileRefused
from emn.territory.sirene.layouts import Kind, recognise

_TABLES = {Kind.ESTABLISHMENTS: tables.ESTABLISHMENTS, Kind.LEGAL_UNITS: tables.LEGAL_UNITS}
_LINES = {
    Kind.ESTABLISHMENTS: stream.establishment_lines,
    Kind.LEGAL_UNITS: stream.legal_unit_lines,
}


class ImportRefused(DomainError):
    """The import was not done; the register is as before."""


@dataclass
class Comparison:
    """The difference between the files and the register, shown before anything is written.

    `renamed` are establishments in none of the files whose company is renamed or now masked.
    """

    departement: str
    establishments: TableChange | None = None
    legal_units: TableChange | None = None
    renamed: int = 0
    rejected: int = 0
    report: Path | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the register already says what the files say."""
        changes = [change for change in (self.establishments, self.legal_units) if change]
        return not self.renamed and all(change.is_empty for change in changes)


def import_register(
    *,
    paths: list[Path],
    write: bool,
    now: datetime,
    show: Callable[[Comparison], object] = lambda _comparison: None,
    progress: Callable[[int], object] = lambda _read: None,
) -> Comparison:
    """Bring the register of the département in line with INSEE's stock files.

    `show` receives the differences before they are written; `progress`, the bytes read. The files
    may come in any order: establishments are read first, for they say which legal units matter.
    Raises ImportRefused; the list of imports then keeps the reason, and the register is as before.
    """
    try:
        return _import(paths=paths, write=write, now=now, show=show, progress=progress)
    except ImportRefused as refusal:
        if write:
            _record(ImportState.REFUSED, paths=paths, now=now, error=refusal.message)
        raise


@transaction.atomic(durable=True)
def _import(
    *,
    paths: list[Path],
    write: bool,
    now: datetime,
    show: Callable[[Comparison], object],
    progress: Callable[[int], object],
) -> Comparison:
    if not try_advisory_lock("territory.import_register"):
        raise ImportRefused("Un autre import du registre est en cours. Attendez sa fin.")
    kinds = {path: _kind_of(path) for path in paths}
    target = settings.DATA_DIR / "imports" / f"{now:%Y%m%d-%H%M%S-%f}-rejets.csv"
    result = Comparison(departement=settings.DEPARTEMENT)
    with stream.RejectionReport(target) as report, connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        tables.create_staging(cursor)
        staging = _Staging(cursor, report, progress)
        for kind in Kind:
            chosen = [path for path in paths if kinds[path] is kind]
            if chosen:
                staging.load(kind, chosen)
        tables.resolve(cursor)
        if Kind.ESTABLISHMENTS in kinds.values():
            result.establishments = tables.compare(cursor, tables.ESTABLISHMENTS)
            result.establishments.unseen = tables.count_unseen(cursor, settings.DEPARTEMENT)
        if Kind.LEGAL_UNITS in kinds.values():
            result.legal_units = tables.compare(cursor, tables.LEGAL_UNITS)
            result.renamed = tables.count_renamed(cursor)
        result.rejected, result.report = report.count, report.path
        show(result)
        if write:
            _write(cursor, result, now)
            _record(ImportState.WRITTEN, paths=paths, now=now, result=result)
            page_cache.touch()
            after_import.plan(now=now)
        tables.drop_staging(cursor)
    return result


def _write(cursor: CursorWrapper, result: Comparison, now: datetime) -> None:
    """Write what the comparison found; tables without a difference are left alone."""
    if result.legal_units:
        tables.write(cursor, tables.LEGAL_UNITS, result.legal_units)
    if result.establishments:
        if result.establishments.unseen:
            tables.mark_unseen(cursor, settings.DEPARTEMENT, now)
        tables.write(cursor, tables.ESTABLISHMENTS, result.establishments)
    if result.renamed:
        tables.rename(cursor)


def _kind_of(path: Path) -> Kind:
    """Tell which stock file this is from its header."""
    try:
        with files.lines(path) as lines:
            return recognise(next(lines, "")).kind
    except FileRefused as refusal:
        raise _refused(path, refusal) from refusal


@dataclass(frozen=True)
class _Staging:
    """Reads files into the temporary tables."""

    cursor: CursorWrapper
    report: stream.RejectionReport
    progress: Callable[[int], object]

    def load(self, kind: Kind, paths: list[Path]) -> None:
        """Read all the files of one kind; of a number that comes twice, keep the first row."""
        selection = stream.Selection(
            departement=settings.DEPARTEMENT,
            communes=_present_codes(),
            sirens=_known_sirens() if kind is Kind.LEGAL_UNITS else array("I"),
        )
        if kind is Kind.LEGAL_UNITS and not selection.sirens:
            raise ImportRefused(
                "Le registre ne compte encore aucun établissement : donnez aussi le fichier "
                "StockEtablissement."
            )
        tally = stream.Tally()
        for number, path in enumerate(paths):
            try:
                self._copy(kind, path, selection, tally, number)
            except FileRefused as refusal:
                raise _refused(path, refusal) from refusal
        if kind is Kind.ESTABLISHMENTS and not tally.kept:
            raise ImportRefused(
                f"Aucune ligne ne porte sur le département {settings.DEPARTEMENT}. Départements "
                f"lus : {tally.departements() or 'aucun'}. Rien n’est écrit."
            )
        if not tally.is_sorted:  # INSEE's files are: only then may a number come twice
            self._reject_duplicates(kind, paths)

    def _copy(
        self, kind: Kind, path: Path, selection: stream.Selection, tally: stream.Tally, number: int
    ) -> None:
        def reject(line: int, key: str, reason: str) -> None:
            self.report.reject(file=path, line=line, number=key, reason=reason)

        with files.lines(path, progress=self.progress) as lines:
            reader = stream.Reader(lines, recognise(next(lines, "")), reject, number)
            source = stream.CopySource(_LINES[kind](reader, selection, tally))
            self.cursor.execute("SET LOCAL TIME ZONE 'Europe/Paris'")  # INSEE's clock
            try:
                self.cursor.copy_expert(tables.copy_statement(_TABLES[kind]), source)
            except psycopg2.Error as error:
                if source.failure is not None:
                    raise source.failure from None
                if isinstance(error, psycopg2.DataError):
                    said = str(error).splitlines()[0]
                    raise FileRefused(f"une valeur est impossible ({said}).") from error
                raise
            self.cursor.execute("SET LOCAL TIME ZONE 'UTC'")

    def _reject_duplicates(self, kind: Kind, paths: list[Path]) -> None:
        for key, place, kept in tables.take_duplicates(self.cursor, _TABLES[kind]):
            file, line = divmod(place, stream.LINES_PER_FILE)
            first_file, first_line = divmod(kept, stream.LINES_PER_FILE)
            self.report.reject(
                file=paths[file],
                line=line,
                number=key,
                reason=f"numéro déjà lu à la ligne {first_line} de {paths[first_file].name}",
            )


def _present_codes() -> dict[str, str]:
    """Return {code: code of today's commune} for the communes of today and of yesterday."""
    aliases = CommuneAlias.objects.values_list("code", "commune_id")
    return {
        **dict(aliases),
        **{code: code for code in Commune.objects.values_list("pk", flat=True)},
    }


def _known_sirens() -> "array[int]":
    """Return, sorted, the legal units that have an establishment read or registered."""
    found = array("I")
    with connection.chunked_cursor() as cursor:  # the server keeps the rows, not this process
        cursor.execute(tables.SIRENS)
        while block := cursor.fetchmany(10_000):
            found.extend(number for (number,) in block)
    return found


def _record(
    state: ImportState,
    *,
    paths: list[Path],
    now: datetime,
    result: Comparison | None = None,
    error: str = "",
) -> ImportRun:
    counts: dict[str, Any] = {}
    if result is not None:
        counts = {
            "etablissements": asdict(result.establishments) if result.establishments else None,
            "unites_legales": asdict(result.legal_units) if result.legal_units else None,
            "renommes": result.renamed,
            "rejetes": result.rejected,
        }
    return ImportRun.objects.create(
        state=state,
        departement_code=settings.DEPARTEMENT,
        files=[path.name for path in paths],
        started_at=now,
        finished_at=max(now, timezone.now()),
        counts=counts,
        error=error,
        report=str(result.report) if result and result.report else "",
    )


def _refused(path: Path, refusal: FileRefused) -> ImportRefused:
    return ImportRefused(f"{path.name} : {refusal.message} Rien n’est écrit.")
