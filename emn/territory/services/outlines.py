"""Draw the communes and the EPCI of the département."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from emn.lib.page_cache import touch
from emn.territory.enums import OutlineKind
from emn.territory.geometry.borders import merge
from emn.territory.geometry.cells import schematic_cells
from emn.territory.geometry.contours import Contours, read_contours
from emn.territory.geometry.shapes import Ring
from emn.territory.models import Commune, CommuneAlias, Outline
from emn.territory.services.reference import TableDiff

SCHEMATIC_SOURCE = gettext_noop("Calcul du portail d’après les centres des communes (IGN, INSEE)")


@dataclass(frozen=True)
class _Drawing:
    """The outline that one place should have."""

    kind: OutlineKind
    rings: list[Ring]
    source: str


@transaction.atomic(durable=True)
def sync_outlines(
    *, write: bool, contours: bytes | None = None, source: str = ""
) -> tuple[TableDiff, list[str]]:
    """Compare the outlines with the official contours, else with schematic cells.

    An official outline is never replaced by a schematic one. Returns the diff and the remarks on
    the file. Raises ContoursRefused; then nothing is written.
    """
    communes = Commune.objects.in_departement(settings.DEPARTEMENT).order_by("pk")
    epci_of = dict(communes.values_list("pk", "epci_id"))
    remarks: list[str] = []
    if contours is None:
        kind, source = OutlineKind.SCHEMATIC, SCHEMATIC_SOURCE
        rings = _cells()
    else:
        kind = OutlineKind.OFFICIAL
        aliases = CommuneAlias.objects.values_list("pk", "commune_id")
        read = read_contours(
            contours,
            departement=settings.DEPARTEMENT,
            known=set(epci_of),
            merged=dict(aliases),
        )
        rings, remarks = read.rings, _remarks(read)
    groups: dict[str, list[Ring]] = defaultdict(list)
    for code, found in rings.items():
        if (siren := epci_of[code]) is not None:
            groups[siren] += found
    wanted = {("commune_id", code): _Drawing(kind, found, source) for code, found in rings.items()}
    wanted |= {
        ("epci_id", siren): _Drawing(kind, merge(found), source) for siren, found in groups.items()
    }
    return _compare(wanted, write=write), remarks


def _cells() -> dict[str, list[Ring]]:
    centres, around = {}, []
    for commune in Commune.objects.order_by("pk"):
        centre = (commune.longitude, commune.latitude)
        if commune.departement_code == settings.DEPARTEMENT:
            centres[commune.pk] = centre
        else:
            around.append(centre)
    return schematic_cells(centres, around)


def _remarks(read: Contours) -> list[str]:
    remarks = []
    if read.missing:
        remarks.append(f"Communes sans contour dans le fichier : {', '.join(read.missing)}.")
    if read.unknown:
        remarks.append(f"Codes inconnus, laissés de côté : {', '.join(read.unknown)}.")
    if read.simplified:
        remarks.append("Contours lourds : simplifiés à 20 m près.")
    return remarks


def _is_better(row: Outline, drawing: _Drawing) -> bool:
    return row.kind == OutlineKind.OFFICIAL and drawing.kind == OutlineKind.SCHEMATIC


def _compare(wanted: dict[tuple[str, str], _Drawing], *, write: bool) -> TableDiff:
    diff = TableDiff(
        label="contours", source=next(iter(wanted.values())).source if wanted else "aucune"
    )
    known = {
        ("commune_id", row.commune_id) if row.commune_id else ("epci_id", row.epci_id): row
        for row in Outline.objects.all()
    }
    created, changed = [], []
    for (column, code), drawing in wanted.items():
        values: dict[str, Any] = {
            "kind": drawing.kind.value,
            "rings": [[list(point) for point in ring] for ring in drawing.rings],
            "source": drawing.source,
        }
        row = known.pop((column, code), None)
        if row is None:
            created.append(Outline(**{column: code}, **values))
            diff.created.append(code)
        elif _is_better(row, drawing) or all(
            getattr(row, name) == value for name, value in values.items()
        ):
            diff.unchanged += 1
        else:
            diff.changed.append(f"{code} : {row.get_kind_display()} → {drawing.kind.label}")
            for name, value in values.items():
                setattr(row, name, value)
            changed.append(row)
    diff.missing = sorted(str(code) for _column, code in known)
    if write and not diff.is_empty:
        Outline.objects.bulk_create(created)
        Outline.objects.bulk_update(changed, ["kind", "rings", "source"], batch_size=200)
        touch()
    return diff
