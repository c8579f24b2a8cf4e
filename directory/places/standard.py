"""The national standard of places of digital mediation, read from its own schema. Pure.

Source: schema « standard-mediation-num » v1.0.2 (Table Schema, Licence Ouverte), kept beside as
`directory/data/mediation_numerique.json`: a new version is a new file, not new code.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

SCHEMA_FILE = Path(__file__).parents[1] / "data" / "mediation_numerique.json"
SEPARATOR = "|"
_FORMULA_SIGNS = ("=", "+", "-", "@")
_GROUP = re.compile(r"^\(\?:\(\?:\^\|\\\|\)\((?P<choices>.+)\)\)\+\$$")
_BOUNDS = {"latitude": 90.0, "longitude": 180.0}


class Wrong(StrEnum):
    """What may be wrong in a cell."""

    MISSING = "missing"
    SHAPE = "shape"
    CHOICE = "choice"
    LONG = "long"
    NUMBER = "number"
    DAY = "day"
    FORMULA = "formula"


@dataclass(frozen=True, slots=True)
class Field:
    """A column: `choices` when its values, separated by bars, come from a closed list."""

    name: str
    title: str
    kind: str
    is_required: bool
    pattern: re.Pattern[str] | None
    longest: int | None
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in the cell of a column; `value`: the word that is not in the list."""

    field: Field
    wrong: Wrong
    value: str = ""


@cache
def fields() -> tuple[Field, ...]:
    """Return the columns of the standard, in its order."""
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return tuple(_field(entry) for entry in schema["fields"])


def column_names() -> list[str]:
    """Return the names of the columns, in order."""
    return [field.name for field in fields()]


def choices(name: str) -> tuple[str, ...]:
    """Return the closed list of a column; empty when it has none."""
    return next(field.choices for field in fields() if field.name == name)


def split(cell: str) -> list[str]:
    """Return the values of a cell, once each, in order."""
    return list(dict.fromkeys(part.strip() for part in cell.split(SEPARATOR) if part.strip()))


def faults(cells: Mapping[str, str]) -> list[Fault]:
    """Return what the standard refuses in a line, and what a spreadsheet would compute."""
    found = []
    for field in fields():
        value = cells.get(field.name, "")
        if not value:
            if field.is_required:
                found.append(Fault(field, Wrong.MISSING))
            continue
        if (wrong := _wrong(field, value)) is not None:
            found.append(wrong)
    return found


def _wrong(field: Field, value: str) -> Fault | None:
    if field.choices:
        unknown = [part for part in split(value) if part not in field.choices]
        return Fault(field, Wrong.CHOICE, unknown[0]) if unknown else None
    if field.kind == "number":
        return None if _is_coordinate(field.name, value) else Fault(field, Wrong.NUMBER)
    if field.kind == "date":
        return None if _is_day(value) else Fault(field, Wrong.DAY)
    if field.pattern is not None:
        return None if field.pattern.search(value) else Fault(field, Wrong.SHAPE)
    if field.longest is not None and len(value) > field.longest:
        return Fault(field, Wrong.LONG)
    return Fault(field, Wrong.FORMULA) if value.startswith(_FORMULA_SIGNS) else None


def _is_coordinate(name: str, value: str) -> bool:
    try:
        number = float(value)
    except ValueError:
        return False
    return abs(number) <= _BOUNDS[name]


def _is_day(value: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _field(entry: dict[str, object]) -> Field:
    limits = entry.get("constraints", {})
    assert isinstance(limits, dict)
    pattern = limits.get("pattern")
    group = _GROUP.match(pattern or "")
    return Field(
        name=str(entry["name"]),
        title=str(entry["title"]),
        kind=str(entry["type"]),
        is_required=bool(limits.get("required")),
        pattern=re.compile(pattern, re.ASCII) if pattern else None,
        longest=limits.get("maxLength"),
        choices=_choices(group["choices"]) if group else (),
    )


def _choices(alternatives: str) -> tuple[str, ...]:
    """Return the words of a pattern; none holds a bar."""
    return tuple(word.replace("\\", "") for word in alternatives.split("|"))
