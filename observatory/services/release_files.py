"""The CSV and the JSON of a release, written once and kept compressed."""

import csv
import gzip
import io
import json
from collections.abc import Iterator

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from emn.lib.api.reading import LICENCE, LICENCE_URL
from emn.lib.tables import escaped
from observatory.indicator_labels import activity_labels, size_label, territory_labels
from observatory.indicators.registry import indicators, registry, said
from observatory.models import Cell, Release, ReleaseFile

LANGUAGE = settings.LANGUAGE_CODE  # the files are French, as their columns
COLUMNS = (
    "indicateur", "version", "niveau", "code_territoire", "territoire", "code_activite", "activite",
    "taille", "code_poste", "poste", "periode", "valeur", "unite", "statut", "repondants", "source",
    "preuve",
)  # fmt: skip


def write_files(release: Release) -> None:
    """Write both files of a release, in its own transaction."""
    with override(LANGUAGE):
        table, document = io.StringIO(newline=""), io.StringIO()
        writer = csv.writer(table)
        writer.writerow(COLUMNS)
        document.write(json.dumps(_about(release), ensure_ascii=False, indent=1)[:-2])
        document.write(',\n "colonnes": ' + json.dumps(COLUMNS[2:]) + ',\n "cases": [')
        separator = "\n"
        for line in _lines(release):
            writer.writerow([escaped(cell) if isinstance(cell, str) else cell for cell in line])
            document.write(separator + json.dumps(line[2:], ensure_ascii=False))
            separator = ",\n"
        document.write("\n ]\n}\n")
    for extension, text in (("csv", table), ("json", document)):
        content = gzip.compress(text.getvalue().encode(), 6, mtime=0)
        ReleaseFile.objects.create(release=release, extension=extension, content=content)


def _about(release: Release) -> dict[str, object]:
    indicator = indicators()[release.indicator]
    return {
        "indicateur": release.indicator,
        "titre": said(indicator.title, LANGUAGE),
        "definition": said(indicator.text, LANGUAGE),
        "version_definition": release.definition,
        "population": said(indicator.population, LANGUAGE),
        "unite": said(indicator.unit, LANGUAGE),
        "methode": said(indicator.method, LANGUAGE),
        "nomenclature": indicator.nomenclature,
        "ruptures": [{"le": entry.on, "texte": entry.text["fr"]} for entry in indicator.breaks],
        "version": release.number,
        "calcule_le": release.computed_at.isoformat(),
        "situation_au": release.as_of.isoformat(),
        "adresse": settings.PUBLIC_URL
        + reverse("observatory:release", args=[release.indicator, release.number]),
        "licence": LICENCE,
        "licence_url": LICENCE_URL,
        "sources": release.sources,
        "cases_protegees": release.hidden_count,
    }


def _lines(release: Release) -> Iterator[tuple[object, ...]]:
    """Return the cells as the files write them."""
    indicator = indicators()[release.indicator]
    places, activities = territory_labels(), activity_labels()
    unit, proofs = said(indicator.unit, LANGUAGE), registry().proofs
    sources = [
        (source["name"], said(proofs[source["proof"]], LANGUAGE)) for source in release.sources
    ]
    items = {code: said(words, LANGUAGE) for code, words in release.labels.items()}
    cells = Cell.objects.filter(release=release).order_by("pk")
    columns = (
        "level", "territory", "activity", "size", "item", "period", "value", "flag", "source",
        "units",
    )  # fmt: skip
    for (
        level,
        territory,
        activity,
        size,
        item,
        period,
        value,
        flag,
        source,
        units,
    ) in cells.values_list(*columns).iterator():
        shown = value if value is None or not value.is_integer() else int(value)
        yield (
            release.indicator, release.number, level, territory, places.get(territory, territory),
            activity, activities.get(activity, ""), size_label(size), item, items.get(item, ""),
            period, shown, unit, flag, units, *sources[source],
        )  # fmt: skip
