"""Writing the taxonomy from its data file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import transaction

from directory.models import Service, ServiceCategory, TermRedirect
from emn.lib.commit import after_commit
from emn.lib.page_cache import touch
from emn.territory.services.reference import TableDiff

TAXONOMY_FILE = Path(__file__).parent.parent / "data" / "taxonomy.json"
TAXONOMY_SOURCE = "taxonomie du portail (directory/data)"
_LANGUAGES = ("fr", "de", "en")


@transaction.atomic(durable=True)
def sync_taxonomy(*, write: bool, file: Path = TAXONOMY_FILE) -> list[TableDiff]:
    """Compare families and services, by their code, with the file; with `write`, follow it.

    What the file no longer names is kept: cards may use it, staff decides. What staff wrote stays
    as it is, and what staff removed does not come back. After a change the published cards are
    indexed again, for they are found by these words.
    """
    content = json.loads(file.read_text(encoding="utf-8"))
    families, services = _Table(ServiceCategory, write=write), _Table(Service, write=write)
    removed = {
        code: category
        for code, category in TermRedirect.objects.values_list("code", "category")
        if code is not None
    }
    for rank, family in enumerate(content["categories"]):
        if family["code"] in removed:
            category = ServiceCategory.objects.get(pk=removed[family["code"]])
            _bring(services, family, category, removed=removed)
            continue
        category = families.bring_in_line(
            family["code"],
            {"slug": family["slug"], "position": rank} | _texts("name", family["name"]),
        )
        _bring(services, family, category, removed=removed)
    diffs = [families.diff(), services.diff()]
    if write and not all(diff.is_empty for diff in diffs):
        taxonomy_changed()
    return diffs


def _bring(
    services: "_Table", family: dict[str, Any], category: Any, *, removed: Mapping[str, int | None]
) -> None:
    """Bring the services of a family in line, but those that staff removed."""
    for position, entry in enumerate(family["services"]):
        if entry["code"] in removed:
            continue
        services.bring_in_line(
            entry["code"],
            {"category": category, "slug": entry["slug"], "position": position}
            | _texts("name", entry["name"])
            | _texts("description", entry["description"])
            | _texts("synonyms", {code: ", ".join(w) for code, w in entry["synonyms"].items()}),
        )


class _Table:
    """The rows of one model by their code, and how they differ from the file."""

    def __init__(self, model: type[ServiceCategory | Service], *, write: bool) -> None:
        self._model, self._write = model, write
        self._known: dict[str, Any] = {row.code: row for row in model._default_manager.all()}
        self._diff = TableDiff(label=str(model._meta.verbose_name_plural), source=TAXONOMY_SOURCE)

    def bring_in_line(self, code: str, values: dict[str, Any]) -> Any:
        """Note what differs, write it when asked; return the row."""
        row = self._known.pop(code, None)
        if row is None:
            row = self._model(code=code)
            self._diff.created.append(code)
            changes = values
        else:
            changes = {
                name: new
                for name, new in values.items()
                if row.curated_at is None and getattr(row, name) != new
            }
            if not changes:
                self._diff.unchanged += 1
            self._diff.changed += [
                f"{code} : {name} {getattr(row, name)} → {new}" for name, new in changes.items()
            ]
        if self._write and changes:
            for name, new in changes.items():
                setattr(row, name, new)
            row.save()
        return row

    def diff(self) -> TableDiff:
        """Return the differences; what is left unnamed is missing from the file."""
        self._diff.missing = sorted(self._known)
        return self._diff


def _texts(field: str, by_language: dict[str, Any]) -> dict[str, Any]:
    """Spread {"fr": …, "de": …} over the translated columns."""
    return {f"{field}_{language}": by_language[language] for language in _LANGUAGES}


def taxonomy_changed() -> None:
    """Have the cards indexed again once the change of the taxonomy is committed."""
    from directory.tasks import reindex_directory  # noqa: PLC0415 -- tasks import the services

    touch()
    after_commit(reindex_directory.delay)
