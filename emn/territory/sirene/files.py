"""Open a stock file as INSEE ships it: csv, csv.gz, or a zip with one csv; any size."""

import codecs
import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from emn.territory.sirene.errors import FileRefused

_BLOCK = 1 << 16  # bytes read at a time
_LONGEST_LINE = 1 << 17  # characters; INSEE's hold less than 2 000
_GZIP = b"\x1f\x8b"
_ZIP = b"PK"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class _Counting(io.RawIOBase):
    """A file that says how many bytes were read from it."""

    def __init__(self, file: IO[bytes], progress: Callable[[int], object]) -> None:
        self._file = file
        self._progress = progress

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._file.seekable()

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: Any, /) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._progress(len(data))
        return len(data)


@contextmanager
def lines(
    path: Path, *, progress: Callable[[int], object] = lambda _read: None
) -> Iterator[Iterator[str]]:
    """Give the lines of the file, header first, without their ends; `progress` receives bytes read.

    Memory is constant whatever the size. Raises FileRefused for a file that is missing, empty,
    truncated, damaged, compressed in an unknown way, or not UTF-8.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise FileRefused(f"le fichier ne peut pas être lu ({error.strerror}).") from error
    with file, _translated(), _decompressed(file, progress) as stream:
        yield _lines(stream)


def _lines(stream: IO[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest = ""
    while block := stream.read(_BLOCK):
        if b"\0" in block:
            raise FileRefused(
                "le fichier contient des octets nuls : il est abîmé, ou n’est pas un texte en "
                "UTF-8. Téléchargez-le de nouveau."
            )
        text = rest + decoder.decode(block)
        *whole, rest = (text.replace("\r\n", "\n") if "\r" in text else text).split("\n")
        if len(rest) > _LONGEST_LINE:
            raise FileRefused("le fichier n’est pas découpé en lignes : il est abîmé.")
        yield from whole
    decoder.decode(b"", final=True)
    if rest:
        yield rest


@contextmanager
def _decompressed(file: IO[bytes], progress: Callable[[int], object]) -> Iterator[IO[bytes]]:
    start = file.read(4)
    file.seek(0)
    if not start:
        raise FileRefused("le fichier est vide.")
    counted = io.BufferedReader(_Counting(file, progress), _BLOCK)
    if start.startswith(_GZIP):
        with gzip.open(counted) as stream:
            yield stream  # type: ignore[misc]
    elif start.startswith(_ZIP):
        with zipfile.ZipFile(counted) as archive, archive.open(_only_csv(archive)) as stream:
            yield stream
    elif start.startswith(_UTF_16) or b"\0" in start:
        raise FileRefused(
            "le fichier est en UTF-16 ou binaire. L’INSEE livre de l’UTF-8 : reprenez le fichier "
            "d’origine, sans passer par un tableur."
        )
    else:
        yield counted


def _only_csv(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [info for info in archive.infolist() if info.filename.lower().endswith(".csv")]
    if len(members) != 1:
        raise FileRefused(f"l’archive contient {len(members)} fichiers .csv ; il en faut un seul.")
    if members[0].flag_bits & 1:
        raise FileRefused("l’archive est protégée par un mot de passe.")
    return members[0]


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what the standard library raises on a damaged file into a sentence."""
    truncated = "le fichier est tronqué ou abîmé : téléchargez-le de nouveau"
    try:
        yield
    except UnicodeDecodeError as error:
        raise FileRefused(
            "le fichier n’est pas en UTF-8 (sans doute en Windows-1252). Reprenez le fichier "
            "d’origine de l’INSEE, sans passer par un tableur."
        ) from error
    except (EOFError, zlib.error, zipfile.BadZipFile, gzip.BadGzipFile) as error:
        raise FileRefused(f"{truncated}.") from error
    except NotImplementedError as error:
        raise FileRefused("l’archive est comprimée d’une façon inconnue.") from error
    except csv.Error as error:
        raise FileRefused(f"{truncated} ({error}).") from error
