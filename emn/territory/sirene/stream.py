"""Stream a stock file into lines of COPY: filtered, checked, masked, in constant memory."""

import csv
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, compress
from operator import lt
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from emn.lib.tables import escaped
from emn.territory.sirene import rows
from emn.territory.sirene.errors import FileRefused, RowRejected
from emn.territory.sirene.layouts import Layout

_LINES_PER_BATCH = 400  # more do not fit in the processor’s cache, and go slower
LINES_PER_FILE = 10**10  # more than any file has: the place of a row is file × this + line
OVERSEAS = "97"
_SAMPLE = 10_000  # rows of elsewhere that are looked at
_ESCAPES = str.maketrans({",": rows.COMMA, "\\": "\\\\", "\t": " ", "\n": " ", "\r": " "})


class RejectionReport:
    """A CSV file of the lines that were left out; it is made with its first line."""

    def __init__(self, path: Path) -> None:
        self._target = path
        self._file: IO[str] | None = None
        self.count = 0

    @property
    def path(self) -> Path | None:
        """Where the report is, if there was anything to report."""
        return self._target if self.count else None

    def reject(self, *, file: Path, line: int, number: str, reason: str) -> None:
        """Write one line: file, line number, SIRET or SIREN as read, reason."""
        if self._file is None:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._target.open("w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow(["fichier", "ligne", "numero", "motif"])
        # What was read is somebody else's: a spreadsheet must not compute it.
        csv.writer(self._file).writerow([file.name, line, escaped(number[:20]), reason])
        self.count += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()


@dataclass
class Tally:
    """What was met while reading: rows kept, order of their keys, départements left out."""

    kept: int = 0
    is_sorted: bool = True
    last_key: str = ""
    elsewhere: Counter[str] = field(default_factory=Counter)

    def take(self, keys: list[str]) -> None:
        """Count rows that are kept, and note whether their keys still come in order."""
        if keys:
            self.kept += len(keys)
            self.is_sorted = self.is_sorted and all(map(lt, [self.last_key, *keys], keys))
            self.last_key = keys[-1]

    @property
    def is_curious(self) -> bool:
        """Whether the rows of elsewhere still matter: none was kept, and few were looked at."""
        return not self.kept and self.elsewhere.total() < _SAMPLE

    def pass_by(self, commune: str) -> None:
        """Note the département of a row of elsewhere."""
        self.elsewhere[_departement_of(commune)] += 1

    def departements(self, shown: int = 5) -> str:
        """Name the départements of the first rows that were left out, the most frequent first."""
        names = [code for code, _count in self.elsewhere.most_common(shown)]
        return ", ".join(names + ["…"] * (len(self.elsewhere) > shown))


@dataclass
class Batch:
    """Whole lines without quotes, and their places: the number of the file, then of the line."""

    layout: Layout
    texts: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    @cached_property
    def cells(self) -> list[str]:
        """All the values, line after line; read once the batch is complete."""
        return ",".join(self.texts).split(",")

    def column(self, place: int) -> list[str]:
        """Return one column of the file, or empty values for a place that it lacks."""
        return self.cells[place :: self.layout.width] if place >= 0 else [""] * len(self.texts)

    def columns(self) -> list[list[str]]:
        """Return the columns of `layouts.COLUMNS`."""
        return [self.column(place) for place in self.layout.places]

    def where(self, wanted: list[bool]) -> "Batch":
        """Return the lines that are wanted."""
        if all(wanted):
            return self
        texts, places = compress(self.texts, wanted), compress(self.places, wanted)
        return Batch(self.layout, list(texts), list(places))

    def halves(self) -> tuple["Batch", "Batch"]:
        """Cut the batch in two."""
        middle = len(self.texts) // 2
        return (
            Batch(self.layout, self.texts[:middle], self.places[:middle]),
            Batch(self.layout, self.texts[middle:], self.places[middle:]),
        )


@dataclass(frozen=True)
class Selection:
    """Which rows matter: communes of the département, legal units with an establishment there.

    `sirens` are sorted numbers, four bytes each, so that the country's would fit in memory.
    """

    departement: str
    communes: Mapping[str, str]
    sirens: "array[int]"

    def has_siren(self, siren: str) -> bool:
        """Tell whether the legal unit has an establishment in the département."""
        if not (siren.isascii() and siren.isdecimal()):
            return False
        number = int(siren)
        index = bisect_left(self.sirens, number)
        return index < len(self.sirens) and self.sirens[index] == number


@dataclass
class Reader:
    """Cuts one file into batches of whole lines without quotes.

    `line` is the number of the last line read; `number` that of the file in the import.
    """

    lines: Iterator[str]
    layout: Layout
    reject: Callable[[int, str, str], None]
    number: int = 0
    line: int = 1

    def batches(self, marker: str, tally: Tally) -> Iterator[Batch]:
        """Yield the lines that hold `marker`; tally the others.

        Raises FileRefused when the last line is short: the file was cut.
        """
        commas = self.layout.width - 1
        first = self.number * LINES_PER_FILE
        batch = Batch(self.layout)
        short = 0
        for raw in self.lines:
            self.line += 1
            special = '"' in raw or "\\" in raw or "\t" in raw
            text = self._plain(raw) if special else raw
            if text.count(",") != commas:
                if text:
                    short = self.line
                    found = f"{text.count(',') + 1} colonnes, et non {commas + 1}"
                    self.reject(short, text[:14], found)
            elif marker in text:
                batch.texts.append(text)
                batch.places.append(first + self.line)
                if len(batch.texts) == _LINES_PER_BATCH:
                    yield batch
                    batch = Batch(self.layout)
            elif tally.is_curious:
                tally.pass_by(text.split(",")[self.layout.selector])
        if short == self.line:
            raise FileRefused(
                f"le fichier s’arrête au milieu de la ligne {short} : il est tronqué. "
                "Téléchargez-le de nouveau."
            )
        if batch.texts:
            yield batch

    def convert(self, batch: Batch, convert: Callable[[Batch], str]) -> Iterator[str]:
        """Convert the batch; when it is refused, cut it until the bad row is alone: reject it."""
        try:
            yield convert(batch)
        except RowRejected as problem:
            if len(batch.texts) == 1:
                line = batch.places[0] % LINES_PER_FILE
                self.reject(line, batch.column(self.layout.key)[0], problem.message)
                return
            for half in batch.halves():
                yield from self.convert(half, convert)

    def _plain(self, raw: str) -> str:
        """Rewrite a row with quotes, which may take further lines, as one line without.

        Control characters become spaces, backslashes are doubled as COPY wants, and a comma inside
        a value becomes `rows.COMMA`.
        """
        lines = (f"{line}\n" for line in chain([raw], self.lines))
        reader = csv.reader(lines, strict=True)
        row = next(reader)
        self.line += reader.line_num - 1
        return ",".join(value.translate(_ESCAPES) for value in row)


def establishment_lines(reader: Reader, selection: Selection, tally: Tally) -> Iterator[str]:
    """Yield lines of COPY, several at once, for the establishments of the département."""
    layout, departement = reader.layout, selection.departement

    def convert(batch: Batch) -> str:
        return rows.establishments(batch.columns(), batch.places, selection.communes)

    for batch in reader.batches(f",{departement}", tally):
        codes = batch.column(layout.selector)
        own = batch.where([code.startswith(departement) for code in codes])
        if tally.is_curious:
            for code in codes:
                if not code.startswith(departement):
                    tally.pass_by(code)
        if own.texts:
            tally.take(own.column(layout.key))
            yield from reader.convert(own, convert)


def legal_unit_lines(reader: Reader, selection: Selection, tally: Tally) -> Iterator[str]:
    """Yield lines of COPY for the legal units that have an establishment in the département."""
    layout = reader.layout

    def convert(batch: Batch) -> str:
        return rows.legal_units(batch.columns(), batch.places)

    for batch in reader.batches("", tally):
        known = batch.where([selection.has_siren(siren) for siren in batch.column(layout.key)])
        if known.texts:
            tally.take(known.column(layout.key))
            yield from reader.convert(known, convert)


def _departement_of(commune: str) -> str:
    if not commune:
        return "étranger"
    return commune[:3] if commune.startswith(OVERSEAS) else commune[:2]


class CopySource:
    """What psycopg2's `copy_expert` reads from; keeps the error that stopped the reading."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.failure: BaseException | None = None

    def read(self, _size: int = -1) -> str:
        """Return some lines, or nothing at the end."""
        try:
            return next(self._lines, "")
        except BaseException as failure:
            self.failure = failure
            raise
