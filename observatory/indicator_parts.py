"""The views of a release as a page writes them: tables in words, drawings, legends of maps."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from observatory.indicator_enums import ChartWidth
from observatory.indicator_reading import language, writer
from observatory.indicators.registry import Indicator, said
from observatory.indicators.slices import Slice, classes
from observatory.maps import values_of

Drawings = dict[tuple[str, str], str]  # view, width → SVG


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as a table writes it; `why`: the reason of an absence, in words."""

    text: str
    why: str = ""
    units: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row as a table writes it."""

    code: str
    label: str
    cells: tuple[Cell, ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Step:
    """A class of a map's legend."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A view of the page: its title, its drawings, its table."""

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    wide: str
    narrow: str
    legend: tuple[Step, ...]


def _titles() -> dict[str, str]:
    return {
        "evolution": _("Évolution"),
        "items": _("En détail"),
        "activities": _("Par activité"),
        "sizes": _("Par taille"),
        "epci": _("Par intercommunalité"),
        "communes": _("Par commune"),
    }


def part_of(found: Slice, shown: Indicator, drawings: Drawings) -> Part:
    """Return a slice of a release as its table and its drawings."""
    write = writer(shown)
    whys = {"s": _("secret"), "n": _("non significatif"), "-": _("pas de valeur")}
    marks = {"s": "s", "n": "n.s.", "-": "–"}

    def cell(value: Any) -> Cell:
        if value.number is None:
            return Cell(marks[value.flag], whys[value.flag])
        return Cell(write(value.number), units=value.units)

    return Part(
        key=found.key,
        title=_titles()[found.key],
        columns=tuple(column or said(shown.unit, language()) for column in found.columns),
        rows=tuple(
            Row(line.code, line.label, tuple(cell(value) for value in line.values), line.depth)
            for line in found.lines
        ),
        wide=drawings.get((found.key, ChartWidth.WIDE), ""),
        narrow=drawings.get((found.key, ChartWidth.NARROW), ""),
        legend=_legend(found, shown) if found.key in {"epci", "communes"} else (),
    )


def _legend(found: Slice, shown: Indicator) -> tuple[Step, ...]:
    write, values = writer(shown), values_of(found)
    limits = classes(values)
    steps = [Step("c0", write(0))]
    for place, limit in enumerate(limits, start=1):
        inside = [v for v in values.values() if v >= limit and
                  (place == len(limits) or v < limits[place])]  # fmt: skip
        low, high = write(limit), write(max(inside))
        text = low if low == high else _("%(low)s à %(high)s") % {"low": low, "high": high}
        steps.append(Step(f"c{place}", text))
    if any(line.values[0].flag for line in found.lines):
        steps.append(Step("secret", _("secret")))
    return tuple(steps)
