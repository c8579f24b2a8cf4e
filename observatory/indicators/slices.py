"""From the cells of a release to the tables that a page shows, each with its chart. Pure.

A slice is a small table: rows (periods, items, activities, sizes, places) by columns (one value, or
a value a period or an item). The chart, its table twin and the downloads say the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

MOST_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Point:
    """A cell as the tables read it."""

    level: str
    territory: str
    activity: str
    size: str
    item: str
    period: str
    value: float | None
    flag: str
    source: int = 0
    units: int | None = None

    @property
    def is_total(self) -> bool:
        """Whether nothing narrows it but place and period."""
        return not (self.activity or self.size or self.item)


@dataclass(frozen=True, slots=True)
class Value:
    """What stands in a cell of a table: a number, or why there is none."""

    number: float | None
    flag: str = ""
    source: int = 0
    units: int | None = None


MISSING = Value(None, "-")


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its code, its words, its values; `depth` is 1 for what is part of the row above."""

    code: str
    label: str
    values: tuple[Value, ...]
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Slice:
    """A table: `key` is the view, `columns` their words, `last` the period of its last column."""

    key: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    last: str = ""

    @property
    def shows_something(self) -> bool:
        """Whether one value at least may be shown."""
        return any(value.number is not None for line in self.lines for value in line.values)

    @property
    def is_drawn(self) -> bool:
        """Whether there is enough to compare for a chart."""
        numbers = [v for line in self.lines for v in line.values if v.number is not None]
        return len(numbers) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How codes are written, in the language of the page."""

    item: Callable[[str], str]
    activity: Callable[[str], str]
    size: Callable[[str], str]
    place: Callable[[str], str]
    period: Callable[[str], str]


def _value(point: Point | None) -> Value:
    if point is None:
        return MISSING
    return Value(point.value, point.flag, point.source, point.units)


def headline(points: Iterable[Point], *, lead: str = "") -> Point | None:
    """Return the last total that may be shown, or the last value of the item that leads."""
    found = [
        point
        for point in _wide(points)
        if point.item == lead and not (point.activity or point.size) and point.value is not None
    ]
    return max(found, key=lambda point: point.period, default=None)


def slices(points: Sequence[Point], views: Sequence[str], words: Words) -> list[Slice]:
    """Return the tables of an indicator, in the order of its views; empty ones are left out."""
    makers: Mapping[str, Callable[[Sequence[Point], Words], Slice]] = {
        "evolution": _evolution,
        "items": _items,
        "activities": _activities,
        "sizes": _sizes,
        "epci": lambda found, said: _places(found, said, "epci", "E"),
        "communes": lambda found, said: _places(found, said, "communes", "C"),
    }
    made = [makers[view](points, words) for view in views]
    return [found for found in made if found.shows_something]


def _wide(points: Iterable[Point]) -> list[Point]:
    return [point for point in points if point.level in "DO"]


def _evolution(points: Sequence[Point], words: Words) -> Slice:
    """Total by period; by item where nothing adds up."""
    wide = [point for point in _wide(points) if not point.activity and not point.size]
    totals = {point.period: point for point in wide if not point.item}
    if totals:
        lines = [
            Line(period, words.period(period), (_value(totals[period]),))
            for period in sorted(totals)
        ]
        return Slice("evolution", ("",), tuple(lines), max(totals))
    items = list(dict.fromkeys(point.item for point in wide))
    at = {(point.period, point.item): point for point in wide}
    periods = sorted({point.period for point in wide})
    lines = [
        Line(
            period,
            words.period(period),
            tuple(_value(at.get((period, item))) for item in items),
        )
        for period in periods
    ]
    return Slice(
        "evolution",
        tuple(words.item(item) for item in items),
        tuple(lines),
        periods[-1] if periods else "",
    )


def _items(points: Sequence[Point], words: Words) -> Slice:
    """Each item at the last periods, the largest first."""
    found = [point for point in _wide(points) if point.item and not point.size]
    return _ranked("items", found, lambda point: point.item, words.item, words)


def _sizes(points: Sequence[Point], words: Words) -> Slice:
    """Each size at the last period; one column an item when items have their own."""
    found = [point for point in _wide(points) if point.size]
    if any(point.item for point in found):
        last = max((point.period for point in found), default="")
        at = {(point.size, point.item): point for point in found if point.period == last}
        items = list(dict.fromkeys(item for _size, item in at))
        sizes = sorted({size for size, _item in at}, key=_size_rank)
        lines = [
            Line(size, words.size(size), tuple(_value(at.get((size, item))) for item in items))
            for size in sizes
        ]
        return Slice("sizes", tuple(words.item(item) for item in items), tuple(lines), last)
    made = _ranked("sizes", found, lambda point: point.size, words.size, words, columns=1)
    lines = sorted(made.lines, key=lambda line: _size_rank(line.code))
    return Slice("sizes", made.columns, tuple(lines), made.last)


_SIZES = ("NN", "0", "1-9", "10-49", "50-249", "250+", "1", "2-10", "11-49", "50+", "?")


def _size_rank(code: str) -> int:
    return _SIZES.index(code) if code in _SIZES else len(_SIZES)


def _activities(points: Sequence[Point], words: Words) -> Slice:
    """Each division at the last period, its sub-classes under it."""
    found = [point for point in _wide(points) if point.activity]
    last = max((point.period for point in found), default="")
    at = {point.activity: point for point in found if point.period == last}
    lines = []
    divisions = sorted(
        (code for code in at if "." not in code), key=lambda code: (-(at[code].value or 0), code)
    )
    for division in divisions:
        lines.append(Line(division, words.activity(division), (_value(at[division]),)))
        parts = [code for code in at if code.startswith(f"{division}.")]
        lines += [
            Line(code, words.activity(code), (_value(at[code]),), depth=1)
            for code in sorted(parts, key=lambda code: (-(at[code].value or 0), code))
        ]
    return Slice("activities", (words.period(last),) if last else ("",), tuple(lines), last)


def _places(points: Sequence[Point], words: Words, key: str, level: str) -> Slice:
    """Each place at the last period, in the order of the names."""
    found = [point for point in points if point.level == level and point.is_total]
    last = max((point.period for point in found), default="")
    lines = [
        Line(point.territory, words.place(point.territory), (_value(point),))
        for point in found if point.period == last
    ]  # fmt: skip
    lines.sort(key=lambda line: (line.label, line.code))
    return Slice(key, (words.period(last),) if last else ("",), tuple(lines), last)


def _ranked(
    key: str,
    found: Sequence[Point],
    code_of: Callable[[Point], str],
    label: Callable[[str], str],
    words: Words,
    *,
    columns: int = MOST_COLUMNS,
) -> Slice:
    periods = sorted({point.period for point in found})[-columns:]
    at = {(code_of(point), point.period): point for point in found}
    codes = list(dict.fromkeys(code_of(point) for point in found))
    lines = [
        Line(code, label(code), tuple(_value(at.get((code, period))) for period in periods))
        for code in codes
    ]
    lines = [line for line in lines if line.values and any(v != MISSING for v in line.values)]
    lines.sort(key=lambda line: (-(line.values[-1].number or 0), line.label))
    return Slice(
        key,
        tuple(words.period(period) for period in periods),
        tuple(lines),
        periods[-1] if periods else "",
    )


def sparkline(values: Sequence[float], *, width: int = 120, height: int = 32) -> str:
    """Return the path of a small curve from 0 at the bottom; empty under three values."""
    if len(values) < 3 or max(values) <= 0:  # noqa: PLR2004 -- two points are no curve
        return ""
    step, top = (width - 4) / (len(values) - 1), max(values)
    points = [
        f"{2 + place * step:.1f},{height - 2 - (height - 4) * value / top:.1f}"
        for place, value in enumerate(values)
    ]
    return "M" + " L".join(points)


def classes(values: Mapping[str, float], *, count: int = 5) -> list[float]:
    """Return the lower limits of at most `count` classes with about as many places each.

    Of the values above zero: none at all is a class of its own. The first limit is the least value.
    """
    above = sorted(value for value in values.values() if value > 0)
    if not above:
        return []
    limits = [above[len(above) * place // count] for place in range(count)]
    return sorted(set(limits))


def class_of(value: float, limits: Sequence[float]) -> int:
    """Return the rank of the class of a value: 0 for none, 1 for the least class."""
    return sum(value >= limit for limit in limits) if value > 0 else 0
