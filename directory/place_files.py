"""Places as files of the national standard, a slice at a time: no request builds the whole.

A slice is its own query, by reference: a long download holds neither a transaction nor memory.
"""

import io
import json
from collections.abc import Iterator

from directory.models import Place
from directory.models.places import PlaceQuerySet
from directory.places.columns import cells_of
from directory.places.standard import column_names
from emn.lib.tables import write_schema_csv

SLICE = 100  # places: some ten milliseconds


def csv_slices(rows: PlaceQuerySet) -> Iterator[bytes]:
    """Yield the file as the standard writes it; its header comes first."""
    names = column_names()
    yield _csv([names])
    for page in _slices(rows):
        yield _csv([[cells[name] for name in names] for cells in map(cells_of, page)])


def json_slices(rows: PlaceQuerySet) -> Iterator[bytes]:
    """Yield the same as one JSON list; what is empty is left out."""
    names, start = column_names(), "["
    for page in _slices(rows):
        lines = [
            json.dumps({name: cells[name] for name in names if cells[name]}, ensure_ascii=False)
            for cells in map(cells_of, page)
        ]
        yield (start + ", ".join(lines)).encode()
        start = ", "
    yield b"[]" if start == "[" else b"]"


def _slices(rows: PlaceQuerySet) -> Iterator[list[Place]]:
    after = ""
    ordered = rows.select_related("commune").order_by("reference", "pk")
    while page := list(ordered.filter(reference__gt=after)[:SLICE]):
        yield page
        after = page[-1].reference


def _csv(lines: list[list[str]]) -> bytes:
    file = io.BytesIO()
    write_schema_csv(file, lines)
    return file.getvalue()
