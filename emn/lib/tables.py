"""Reading and writing CSV and XLSX a line at a time, whatever their size. No model.

A file comes from outside: its size once unpacked, its number of lines and the length of a cell are
bounded, and nothing in it is computed. A file that leaves may be opened by a spreadsheet: a text
that would be a formula there is kept a text by an apostrophe, which is taken off again on reading.
"""

import codecs
import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from emn.lib.errors import DomainError

SUFFIXES = (".csv", ".csv.gz", ".xlsx")
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_LINES = 100_000
MOST_BYTES_UNPACKED = 150 * 1024 * 1024
LONGEST_CELL = 10_000  # signs
MOST_COLUMNS = 100
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")
_SAMPLE = 64 * 1024


Cells = dict[str, str]


class Unreadable(DomainError):
    """The file as a whole cannot be read."""


def read_lines(
    file: IO[bytes], *, name: str, most_lines: int = MOST_LINES
) -> tuple[list[str], Iterator[tuple[int, Cells]]]:
    """Return the columns, and the lines: the number the spreadsheet shows, and cells by column.

    Empty lines are left out. Raises Unreadable, at once or while the lines are read.
    """
    rows = _xlsx_rows(file) if name.endswith(".xlsx") else _csv_rows(file, name=name)
    with _readable():
        header = [cell.lower() for cell in next(rows, [])]
    named = [column for column in header if column]
    if len(set(named)) < len(named):
        raise Unreadable(_("Deux colonnes portent le même nom."))
    return header, _lines(header, rows, most_lines)


def _lines(
    header: list[str], rows: Iterator[list[str]], most_lines: int
) -> Iterator[tuple[int, Cells]]:
    number = 1
    with _readable(), _quotes_closed(lambda: number + 1):
        for number, row in enumerate(rows, start=2):
            if number > most_lines + 1:
                raise Unreadable(
                    _("Ce fichier dépasse %(count)s lignes. Coupez-le en plusieurs.")
                    % {"count": most_lines}
                )
            cells = {name: _unescaped(cell) for name, cell in zip(header, row, strict=False)}
            if any(cells.values()):
                yield number, cells


@contextmanager
def _quotes_closed(number: Callable[[], int]) -> Iterator[None]:
    """Say which line cannot be split into cells: whoever corrects it would search long."""
    try:
        yield
    except csv.Error as bad:
        raise Unreadable(
            _("La ligne %(number)s ne se lit pas : vérifiez ses guillemets.") % {"number": number()}
        ) from bad


@contextmanager
def _readable() -> Iterator[None]:
    """Say in French what the libraries say of a file that is not what it seems."""
    try:
        yield
    except (
        csv.Error,
        UnicodeDecodeError,
        EOFError,
        OSError,
        zipfile.BadZipFile,
        zlib.error,
    ) as bad:
        raise Unreadable(_("Ce fichier est abîmé, ou n’est pas ce que dit son nom.")) from bad
    except (InvalidFileException, ParseError, KeyError, IndexError) as bad:
        raise Unreadable(_("Ce classeur Excel ne peut pas être lu.")) from bad


def write_csv(file: IO[bytes], lines: Iterable[Sequence[str]]) -> int:
    """Write the lines as French spreadsheets open them; return how many after the header."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer, count = csv.writer(text, delimiter=";"), -1
    for line in lines:
        writer.writerow([escaped(cell) for cell in line])
        count += 1
    text.detach()
    return count


def write_schema_csv(file: IO[bytes], lines: Iterable[Sequence[str]]) -> None:
    """Write the lines as a published schema wants them: commas, UTF-8, nothing escaped.

    Only for cells that their schema, or whoever took them in, keeps from being a formula.
    """
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    csv.writer(text).writerows(lines)
    text.detach()


def write_xlsx(file: IO[bytes], lines: Iterable[Sequence[str]]) -> int:
    """Write the lines as a workbook; return how many after the header."""
    book = Workbook(write_only=True)
    sheet, count = book.create_sheet(), -1
    for line in lines:
        sheet.append([_printable(escaped(cell)) for cell in line])
        count += 1
    book.save(file)
    return count


def escaped(cell: str) -> str:
    """Return the text as a spreadsheet keeps it: never a formula."""
    return f"'{cell}" if cell.startswith((*_FORMULA_SIGNS, "'")) else cell


def _unescaped(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:2] in {*_FORMULA_SIGNS, "'"} else cell


def _printable(cell: str) -> str:
    return "".join(sign for sign in cell if sign >= " " or sign in "\n\t\r")


class _Bounded(io.RawIOBase):
    """A stream that stops once it has given more than the portal takes."""

    def __init__(self, file: Any) -> None:
        self._file, self._left = file, MOST_BYTES_UNPACKED

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise Unreadable(_too_large())
        buffer[: len(data)] = data
        return len(data)


def _too_large() -> str:
    return _("Ce fichier est trop grand une fois ouvert. Coupez-le en plusieurs.")


def _csv_rows(file: IO[bytes], *, name: str) -> Iterator[list[str]]:
    encoding = _encoding(_unpacked(file, name))
    file.seek(0)
    stream = _unpacked(file, name)
    first = stream.peek(_SAMPLE)[:_SAMPLE].partition(b"\n")[0]
    delimiter = max(";,\t", key=lambda sign: first.count(sign.encode()))
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    for row in csv.reader(text, delimiter=delimiter, strict=True):
        if len(row) > MOST_COLUMNS:
            raise Unreadable(_("Ce fichier a trop de colonnes."))
        if "\x00" in "".join(row):
            raise Unreadable(_("Ce fichier est abîmé, ou n’est pas ce que dit son nom."))
        yield [cell[: LONGEST_CELL + 1].strip() for cell in row]


def _unpacked(file: IO[bytes], name: str) -> io.BufferedReader:
    raw = gzip.GzipFile(fileobj=file) if name.endswith(".gz") else file
    return io.BufferedReader(_Bounded(raw), buffer_size=_SAMPLE)


def _encoding(stream: io.BufferedReader) -> str:
    """Return UTF-8, UTF-16 when it says so, or what old spreadsheets write.

    The whole file is tried: its first accent may stand on its last line.
    """
    if stream.peek(2)[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block := stream.read(_SAMPLE):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _xlsx_rows(file: IO[bytes]) -> Iterator[list[str]]:
    with zipfile.ZipFile(file) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES_UNPACKED:
            raise Unreadable(_too_large())
    file.seek(0)
    book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    sheet = book.worksheets[0]
    try:
        for row in sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True):
            yield [_text(value)[: LONGEST_CELL + 1] for value in row]
    finally:
        book.close()


def _text(value: Any) -> str:
    """Return a cell as it is shown: a SIRET typed as a number has no decimals."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).replace("\x00", "").strip()
