"""Invented places of the demonstration, brought in by a file of the national standard."""

from datetime import datetime
from pathlib import Path

from django.core.files.base import ContentFile

from directory.enums import PlaceKind
from directory.models import Place
from directory.services import places

DEMO_FILE = Path(__file__).parent / "data" / "demo_places.csv"
ORIGIN = "Démonstration"
_KINDS = {
    "demo-lieu-2": PlaceKind.FABLAB,
    "demo-lieu-3": PlaceKind.COWORKING,
    "demo-lieu-5": PlaceKind.SCHOOL,
    "demo-lieu-6": PlaceKind.ASSOCIATION,
    "demo-lieu-7": PlaceKind.LAB,
    "demo-lieu-8": PlaceKind.TECHNOPOLE,
}


def write_demo_places(*, now: datetime) -> None:
    """Import the places, unless there are some."""
    if Place.objects.exists():
        return
    file = ContentFile(DEMO_FILE.read_bytes())
    entry = places.start_import(file=file, name=DEMO_FILE.name, origin=ORIGIN, by_id=None, now=now)
    places.check_import(import_id=entry.pk, now=now)
    places.ask_to_write(import_id=entry.pk, now=now)
    places.write_import(import_id=entry.pk, now=now)
    for reference, kind in _KINDS.items():
        Place.objects.filter(reference=reference).update(kind=kind)
