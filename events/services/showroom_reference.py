"""The two showrooms and their stations, from their data file; what staff wrote stays as it is."""

import json
from pathlib import Path

from emn.territory.services.reference import TableDiff
from events.models import Room, Showroom, Station

SHOWROOMS_FILE = Path(__file__).parent.parent / "data" / "showrooms.json"
_SOURCE = "showrooms du portail (events/data)"
_TEXTS = ("name", "summary", "touched", "hours", "way_in", "accessibility")
_LANGUAGES = ("fr", "de", "en")


def bring_showrooms(*, write: bool) -> list[TableDiff]:
    """Compare with the file, by address; with `write`, add what is missing. An inner step.

    A showroom comes with its stations, once: it is never changed afterwards.
    """
    entries = json.loads(SHOWROOMS_FILE.read_text(encoding="utf-8"))["showrooms"]
    known = set(Showroom.objects.values_list("slug", flat=True))
    rooms = dict(Room.objects.values_list("slug", "pk"))
    diff = TableDiff(label=str(Showroom._meta.verbose_name_plural), source=_SOURCE)
    for position, entry in enumerate(entries):
        if entry["slug"] in known:
            diff.unchanged += 1
            continue
        diff.created.append(entry["slug"])
        if not write:
            continue
        texts = {f"{name}_{code}": entry[name][code] for name in _TEXTS for code in _LANGUAGES}
        showroom = Showroom.objects.create(
            slug=entry["slug"], room_id=rooms[entry["room"]], position=position,
            picture=entry["picture"], scenarios=entry["scenarios"], **texts,
        )  # fmt: skip
        for number, x, y, *names in entry["stations"]:
            named = {f"name_{code}": name for code, name in zip(_LANGUAGES, names, strict=True)}
            Station.objects.create(showroom=showroom, number=number, x=x, y=y, **named)
    return [diff]
