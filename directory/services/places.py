"""Importing places of the national standard: read whole by the worker, then written whole or not.

A line is known by the identifier of the standard, which belongs to the origin that brought it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from directory.enums import PlaceChangeKind, PlaceKind
from directory.models import Place, PlaceChange, PlaceImport
from directory.places.columns import values_of
from directory.places.position import FAR_KM, Point, is_far, is_swapped
from directory.places.standard import Fault, Wrong, column_names, faults, fields
from emn.lib.commit import after_commit
from emn.lib.db import advisory_lock
from emn.lib.file_imports import services as file_imports
from emn.lib.file_imports.enums import ImportStatus
from emn.lib.file_imports.services import Faults, ImportRefused
from emn.lib.page_cache import touch
from emn.lib.tables import Unreadable, read_lines
from emn.territory.models import Commune, CommuneAlias
from emn.territory.names import place_key

MOST_PLACES = 20_000
_LONGEST_SLUG = 70
RESERVED_SLUGS = ("carte",)
_WAYS = ("mailboxes", "telephone")  # may be a person’s: their past is not kept
_LONGEST_KEPT = 200  # signs of a value, in the history
_TEXTS: dict[Wrong, Callable[[], str]] = {
    Wrong.MISSING: lambda: _("%(column)s : il manque."),
    Wrong.SHAPE: lambda: _("%(column)s : sa forme n’est pas celle du standard."),
    Wrong.CHOICE: lambda: _("%(column)s : « %(value)s » n’est pas dans la liste du standard."),
    Wrong.LONG: lambda: _("%(column)s : %(longest)s signes au plus."),
    Wrong.NUMBER: lambda: _("%(column)s : un nombre de degrés est attendu, avec un point."),
    Wrong.DAY: lambda: _("%(column)s : une date est attendue, comme 2026-11-28."),
    Wrong.FORMULA: lambda: _("%(column)s : un texte ne commence pas par =, +, - ou @."),
}


@dataclass
class _Reading(Faults):
    """What a file holds and would do: its lines, their values by reference, and the faults."""

    cells: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    lines: dict[str, dict[str, Any]] = field(default_factory=dict)


def told(fault: Fault) -> str:
    """Say a fault of a line to the person who has to put it right."""
    return _TEXTS[fault.wrong]() % {
        "column": fault.field.name, "value": fault.value[:80], "longest": fault.field.longest
    }  # fmt: skip


def start_import(
    *,
    file: "File[bytes]",
    name: str,
    origin: str,
    kind: str = PlaceKind.MEDIATION,
    by_id: int | None,
    now: datetime,
) -> PlaceImport:
    """Keep the file under a name of ours, and ring the worker. Raises ImportRefused.

    `kind`: that of the places it adds; a place known already keeps its own.
    """
    entry = PlaceImport(name=name, origin=origin, kind=kind, created_at=now, created_by_id=by_id)
    return file_imports.keep(entry, file, ring=_ring)


def check_import(*, import_id: int, now: datetime) -> PlaceImport | None:
    """Read the whole file and note what it would do; None when another worker has it.

    Nothing is written but the report. Safe to run twice.
    """
    entry = file_imports.claim(PlaceImport.objects.filter(pk=import_id), now=now)
    if entry is None:
        return None
    with file_imports.failing(entry):
        reading = _read(entry)
        _check(reading, origin=entry.origin)
    _report(entry, reading)
    entry.status = ImportStatus.REFUSED if reading.error_count else ImportStatus.READY
    entry.alive_at = now
    entry.finished_at = now if reading.error_count else None
    entry.save()
    return entry


@transaction.atomic(durable=True)
def ask_to_write(
    *, import_id: int, withdrawn_count: int | None = None, now: datetime
) -> PlaceImport:
    """Have the worker write the file. Raises ImportRefused.

    `withdrawn_count`: how many places disappear, as staff typed it; it must be the number shown.
    """
    entry = file_imports.in_state(PlaceImport.objects.filter(pk=import_id), ImportStatus.READY)
    if entry.withdrawn_count and withdrawn_count != entry.withdrawn_count:
        raise ImportRefused(
            _("Des lieux seraient retirés : tapez leur nombre, %(count)s, pour confirmer.")
            % {"count": entry.withdrawn_count}
        )
    file_imports.to_write(entry, now=now)
    _ring(entry.pk)
    return entry


def write_import(*, import_id: int, now: datetime) -> PlaceImport | None:
    """Write every line in one transaction, or none; None when there is nothing to write.

    The file is fetched before, and judged inside: the places may have changed since it was shown.
    """
    entry = PlaceImport.objects.filter(pk=import_id, status=ImportStatus.WRITING).first()
    if entry is None:
        return None
    with file_imports.failing(entry):
        return _write(_read(entry), import_id=import_id, now=now)


@transaction.atomic(durable=True)
def _write(reading: _Reading, *, import_id: int, now: datetime) -> PlaceImport | None:
    rows = PlaceImport.objects.select_for_update()
    entry = rows.filter(pk=import_id, status=ImportStatus.WRITING).first()
    if entry is None:
        return None
    advisory_lock("directory.places")
    confirmed = entry.withdrawn_count
    _check(reading, origin=entry.origin)
    _report(entry, reading)
    if entry.withdrawn_count != confirmed and not reading.error_count:
        reading.refuse(
            0, [_("Les lieux ont changé depuis la lecture du fichier : déposez-le à nouveau.")]
        )
        _report(entry, reading)
    entry.alive_at = entry.finished_at = now
    if reading.error_count:
        entry.status = ImportStatus.REFUSED
    else:
        _save_places(entry, reading.lines, now=now)
        entry.status = ImportStatus.WRITTEN
        file_imports.drop_file(entry)
        touch()
    entry.save()
    return entry


@transaction.atomic(durable=True)
def abandon_import(*, import_id: int, now: datetime) -> PlaceImport:
    """Leave an import that is not being written. Raises ImportRefused."""
    return file_imports.abandon(PlaceImport.objects.filter(pk=import_id), now=now)


@transaction.atomic(durable=True)
def relaunch_import(*, import_id: int, now: datetime) -> PlaceImport:
    """Ring again for an import whose worker died. Raises ImportRefused."""
    entry = file_imports.left_for_dead(PlaceImport.objects.filter(pk=import_id), now=now)
    _ring(entry.pk)
    return entry


def _ring(import_id: int) -> None:
    from directory.tasks import run_place_import  # noqa: PLC0415 -- tasks import the services

    after_commit(lambda: run_place_import.delay(import_id=import_id))


def _report(entry: PlaceImport, reading: _Reading) -> None:
    known = Place.objects.filter(reference__in=reading.lines).count()
    entry.line_count = reading.line_count
    entry.changed_count, entry.new_count = known, len(reading.lines) - known
    entry.withdrawn_count = _absent(entry, reading.lines).count()
    entry.error_count, entry.errors = reading.error_count, reading.errors


def _absent(entry: PlaceImport, lines: dict[str, dict[str, Any]]) -> Any:
    """Return the public places of this origin that the file does not name."""
    return Place.objects.held_by(entry.origin).exclude(reference__in=lines)


def _read(entry: PlaceImport) -> _Reading:
    reading = _Reading()
    try:
        with entry.file.open("rb") as file:
            header, lines = read_lines(file, name=str(entry.file.name), most_lines=MOST_PLACES)
            _check_header(header)
            reading.cells = list(lines)
    except Unreadable as refusal:
        reading.refuse(0, [refusal.message])
    return reading


def _check_header(header: list[str]) -> None:
    missing = [entry.name for entry in fields() if entry.is_required and entry.name not in header]
    unknown = [name for name in header if name and name not in column_names()]
    if missing:
        raise Unreadable(_("Il manque des colonnes : %(names)s.") % {"names": ", ".join(missing)})
    if unknown:
        raise Unreadable(
            _("Ces colonnes ne sont pas du standard : %(names)s.")
            % {"names": ", ".join(unknown)[:200]}
        )


def _check(reading: _Reading, *, origin: str) -> None:
    communes = _Communes()
    others = dict(
        Place.objects.filter(
            reference__in={cells.get("id", "") for _number, cells in reading.cells}
        )
        .exclude(origin=origin)
        .values_list("reference", "origin")
    )
    for number, cells in reading.cells:
        reading.line_count += 1
        wrong = [told(fault) for fault in faults(cells)]
        reference = cells.get("id", "")
        code = communes.find(cells)
        if not wrong and code is None:
            wrong.append(_("commune : elle n’est pas du territoire, ou son code est faux."))
        if reference in others:
            wrong.append(
                _("id : ce lieu vient d’une autre origine, « %(origin)s ».")
                % {"origin": others[reference] or _("le centre")}
            )
        if reference in reading.lines:
            wrong.append(_("id : une autre ligne le porte déjà."))
        if bool(cells.get("latitude")) != bool(cells.get("longitude")):
            wrong.append(_("latitude : donnez latitude et longitude, ou aucune des deux."))
        if not wrong:
            values = values_of(cells) | {"commune_id": code}
            wrong += _too_long(values) + _misplaced(values, communes)
        if wrong:
            reading.refuse(number, wrong)
        else:
            reading.lines[reference] = values
    reading.refuse_empty()


def _misplaced(values: dict[str, Any], communes: "_Communes") -> list[str]:
    """Return what is wrong with a position that cannot be in the commune of its line."""
    if values["latitude"] is None:
        return []
    point, centre = (values["latitude"], values["longitude"]), communes.centre(values["commune_id"])
    if is_swapped(point, centre=centre):
        return [_("latitude : latitude et longitude sont inversées.")]
    if is_far(point, centre=centre):
        return [_("latitude : ce point est à plus de %(km)s km de la commune.") % {"km": FAR_KM}]
    return []


def _too_long(values: dict[str, Any]) -> list[str]:
    """Return what the columns of the database cannot hold."""
    found = []
    for name, value in values.items():
        column = Place._meta.get_field(name)
        base = getattr(column, "base_field", column)
        limit = getattr(base, "max_length", None)
        texts = value if isinstance(value, list) else [value]
        if limit and any(isinstance(text, str) and len(text) > limit for text in texts):
            found.append(
                _("%(column)s : %(longest)s signes au plus.")
                % {"column": column.verbose_name, "longest": limit}  # type: ignore[union-attr]
            )
    return found


class _Communes:
    """The communes of the territory, by code, by former code, by name and postcode."""

    def __init__(self) -> None:
        columns = ("pk", "name", "postcodes", "latitude", "longitude")
        rows = list(Commune.objects.order_by("pk").values_list(*columns))
        self._codes = {code: code for code, *_rest in rows}
        self._centres = {code: (latitude, longitude) for code, *_, latitude, longitude in rows}
        self._codes |= dict(CommuneAlias.objects.values_list("code", "commune_id"))
        self._names = {
            (place_key(name), postcode): code
            for code, name, postcodes, *_rest in rows
            for postcode in postcodes
        }

    def centre(self, code: str) -> Point:
        """Return the latitude and longitude of the middle of a commune."""
        return self._centres[code]

    def find(self, cells: dict[str, str]) -> str | None:
        """Return the code of the commune of a line: its own, else by its name and postcode."""
        if code := cells.get("code_insee"):
            return self._codes.get(code)
        return self._names.get((place_key(cells.get("commune", "")), cells.get("code_postal", "")))


def _save_places(entry: PlaceImport, lines: dict[str, dict[str, Any]], *, now: datetime) -> None:
    gone = list(_absent(entry, lines).order_by("pk"))
    Place.objects.filter(pk__in=[place.pk for place in gone]).update(withdrawn_at=now)
    known = {place.reference: place for place in Place.objects.filter(reference__in=lines)}
    slugs = _free_slugs({ref: values for ref, values in lines.items() if ref not in known})
    new = [
        Place(slug=slugs[reference], origin=entry.origin, kind=entry.kind, **values)
        for reference, values in lines.items()
        if reference not in known
    ]
    said = {place.pk: _changed(place, lines[reference]) for reference, place in known.items()}
    back = {place.pk for place in known.values() if place.withdrawn_at}
    for reference, place in known.items():
        for name, value in lines[reference].items():
            setattr(place, name, value)
        place.withdrawn_at = None
    Place.objects.bulk_create(new)
    if known:
        written = sorted({name for values in lines.values() for name in values} - {"reference"})
        Place.objects.bulk_update(known.values(), [*written, "withdrawn_at"], batch_size=500)
    changes = [
        *((place.pk, PlaceChangeKind.NEW, {}) for place in new),
        *((place.pk, PlaceChangeKind.WITHDRAWN, {}) for place in gone),
        *((pk, PlaceChangeKind.RETURNED, said[pk]) for pk in said if pk in back),
        *((pk, PlaceChangeKind.CHANGED, said[pk]) for pk in said if said[pk] and pk not in back),
    ]
    PlaceChange.objects.bulk_create(
        PlaceChange(
            place_id=pk, entry=entry, file=entry.name, kind=kind, fields=fields, made_at=now
        )
        for pk, kind, fields in changes
    )


def _changed(place: Place, values: dict[str, Any]) -> dict[str, list[str]]:
    """Return what a line changes, before and after; of mailboxes and telephone only the name."""
    return {
        name: [] if name in _WAYS else [_short(getattr(place, name)), _short(value)]
        for name, value in values.items()
        if getattr(place, name) != value
    }


def _short(value: object) -> str:
    words = ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return words if len(words) <= _LONGEST_KEPT else f"{words[:_LONGEST_KEPT]}…"


def _free_slugs(lines: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Return an address a place: its name and commune, then a number when it is taken."""
    names = dict(
        Commune.objects.filter(
            pk__in={values["commune_id"] for values in lines.values()}
        ).values_list("pk", "name")
    )
    bases = {
        reference: slugify(f"{values['name']} {names[values['commune_id']]}")[:_LONGEST_SLUG].strip(
            "-"
        )
        or "lieu"
        for reference, values in lines.items()
    }
    taken = {*Place.objects.values_list("slug", flat=True), *RESERVED_SLUGS}
    given: dict[str, str] = {}
    for reference, base in bases.items():
        slug, number = base, 1
        while slug in taken:
            number += 1
            slug = f"{base}-{number}"
        taken.add(slug)
        given[reference] = slug
    return given
