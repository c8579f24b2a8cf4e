"""Bring the reference tables in line with the data that the portal ships."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction

from emn.lib.page_cache import touch
from emn.territory.enums import NafLevel, Nomenclature
from emn.territory.models import Commune, CommuneAlias, Epci, NafCode, SectorDefinition
from emn.territory.names import place_key

DATA = Path(__file__).resolve().parent.parent / "data"


@dataclass
class TableDiff:
    """What a source changes in one table.

    `changed` says, for each row, «key: column before → after». `missing` are rows of the table that
    the source no longer holds: they are kept, for other rows may point to them.
    """

    label: str
    source: str
    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unchanged: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether the table already says what the source says."""
        return not (self.created or self.changed)


@dataclass(frozen=True)
class Source:
    """One table and the rows that it should hold; `key` names the columns that identify a row."""

    model: type[models.Model]
    key: tuple[str, ...]
    vintage: str
    rows: list[dict[str, Any]]


def sources() -> list[Source]:
    """Read the shipped files, in the order in which rows may point to one another."""
    return [
        Source(
            Epci,
            ("siren",),
            "COG et EPCI 2026 (INSEE, DGCL), Licence Ouverte",
            [
                {
                    "siren": row["siren"],
                    "name": row["nom"],
                    "usual_name": row["nom_usage"],
                    "kind": row["type"],
                }
                for row in _read_places("epci.csv")
            ],
        ),
        Source(
            Commune,
            ("insee_code",),
            "COG 2026 (INSEE), codes postaux La Poste, superficies INSEE 2024, Licence Ouverte",
            [
                {
                    "insee_code": row["code_insee"],
                    "name": row["nom"],
                    "name_folded": place_key(row["nom"]),
                    "postcodes": row["codes_postaux"].split("|"),
                    "departement_code": row["code_departement"],
                    "epci_id": row["epci_siren"] or None,
                    "population": int(row["population_municipale"]),
                    "area_km2": float(row["superficie_km2"]),
                    "latitude": float(row["latitude"]),
                    "longitude": float(row["longitude"]),
                }
                for row in _read_places("communes.csv")
            ],
        ),
        Source(
            CommuneAlias,
            ("code",),
            "COG 2026 (INSEE), Licence Ouverte",
            [
                {
                    "code": row["ancien_code"],
                    "name": row["ancien_nom"],
                    "name_folded": place_key(row["ancien_nom"]),
                    "commune_id": row["code_actuel"],
                }
                for row in _read_places("anciens_codes.csv")
            ],
        ),
        Source(
            NafCode,
            ("nomenclature", "code"),
            "NAF rév. 2, 2008 (INSEE), et NAF 2025 (INSEE, libellés DINUM du 23/07/2026)",
            [
                *_naf(Nomenclature.NAF_REV_2, "naf_rev2.csv"),
                *_naf(Nomenclature.NAF_2025, "naf_2025.csv"),
            ],
        ),
        Source(
            SectorDefinition,
            ("code", "version", "nomenclature"),
            "INSEE et OCDE, secteur des TIC",
            json.loads((DATA / "sectors.json").read_text(encoding="utf-8")),
        ),
    ]


@transaction.atomic(durable=True)
def sync_reference(*, write: bool) -> list[TableDiff]:
    """Compare each table with its source; with `write`, create and change what differs."""
    diffs = [_sync(source, write=write) for source in sources()]
    if write and not all(diff.is_empty for diff in diffs):
        touch()
    return diffs


def _sync(source: Source, *, write: bool) -> TableDiff:
    meta = source.model._meta
    diff = TableDiff(label=str(meta.verbose_name_plural), source=source.vintage)
    known = {
        tuple(getattr(row, name) for name in source.key): row
        for row in source.model._default_manager.all()
    }
    created: list[models.Model] = []
    changed: list[models.Model] = []
    for values in source.rows:
        key = tuple(values[name] for name in source.key)
        label = " ".join(key)
        row = known.pop(key, None)
        if row is None:
            created.append(source.model(**values))
            diff.created.append(label)
            continue
        before = {name: getattr(row, name) for name in values}
        changes = {name: value for name, value in values.items() if before[name] != value}
        if not changes:
            diff.unchanged += 1
            continue
        for name, value in changes.items():
            diff.changed.append(f"{label} : {name} {before[name]} → {value}")
            setattr(row, name, value)
        changed.append(row)
    diff.missing = sorted(" ".join(key) for key in known)
    if write:
        source.model._default_manager.bulk_create(created)
        columns = [
            name for name in (source.rows[0] if source.rows else {}) if name not in source.key
        ]
        if changed:
            source.model._default_manager.bulk_update(changed, columns, batch_size=500)
    return diff


def _naf(nomenclature: Nomenclature, name: str) -> Iterator[dict[str, Any]]:
    for row in _read(name):
        yield {
            "nomenclature": nomenclature.value,
            "code": row["code"],
            "label": row["libelle"],
            "level": NafLevel(row["niveau"]).value,
            "section": row["section"],
            "division": row["division"],
        }


def _read_places(name: str) -> Iterator[dict[str, str]]:
    """Read a file of the centre's own folder, where one is set; a file it has not has no row."""
    folder = settings.CENTRE_DIR or DATA
    if folder == DATA or (folder / name).is_file():
        yield from _read(name, folder)


def _read(name: str, folder: Path = DATA) -> Iterator[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
