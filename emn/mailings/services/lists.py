"""Writing the lists, topics and functions from their data file."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from emn.mailings.models import JobFunction, MailingList, Topic

LISTS_FILE = Path(__file__).parent.parent / "data" / "lists.json"
_LANGUAGES = ("fr", "de", "en")


@dataclass(frozen=True)
class ListsDiff:
    """What the file changes: codes to create, and «code: column before → after»."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


@transaction.atomic(durable=True)
def sync_lists(*, write: bool, file: Path = LISTS_FILE) -> ListsDiff:
    """Compare lists, topics and functions, by their code, with the file; with `write`, follow it.

    What the file no longer names is kept: people are on it. The topics and words of a function are
    those of the file when it is new; afterwards they are staff’s.
    """
    content = json.loads(file.read_text(encoding="utf-8"))
    diff = ListsDiff()
    for position, entry in enumerate(content["lists"]):
        values = {"kind": entry["kind"], "position": position}
        values |= _texts("name", entry["name"]) | _texts("description", entry["description"])
        _bring_in_line(MailingList, entry["code"], values, diff, write=write)
    for position, entry in enumerate(content["topics"]):
        values = {"position": position} | _texts("name", entry["name"])
        _bring_in_line(Topic, entry["code"], values, diff, write=write)
    for position, entry in enumerate(content["functions"]):
        values = {"position": position} | _texts("name", entry["name"])
        is_new = not JobFunction.objects.filter(code=entry["code"]).exists()
        if is_new:
            values |= {"words": entry["words"]}
        _bring_in_line(JobFunction, entry["code"], values, diff, write=write)
        if is_new and write:
            function = JobFunction.objects.get(code=entry["code"])
            function.topics.set(Topic.objects.filter(code__in=entry["topics"]))
    return diff


def _bring_in_line(
    model: type[MailingList | Topic | JobFunction],
    code: str,
    values: dict[str, Any],
    diff: ListsDiff,
    *,
    write: bool,
) -> None:
    row: Any = model._default_manager.filter(code=code).first() or model(code=code)
    changes = {name: new for name, new in values.items() if getattr(row, name) != new}
    if row.pk is None:
        diff.created.append(code)
    else:
        diff.changed.extend(
            f"{code} : {name} {getattr(row, name)} → {new}" for name, new in changes.items()
        )
    if write and (row.pk is None or changes):
        for name, new in changes.items():
            setattr(row, name, new)
        row.save()


def _texts(field: str, by_language: dict[str, str]) -> dict[str, str]:
    """Spread {"fr": …, "de": …} over the translated columns."""
    return {f"{field}_{language}": by_language[language] for language in _LANGUAGES}
