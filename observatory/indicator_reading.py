"""What a page of an indicator shows, read from the cells of one release."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from emn.lib.page_cache import kept
from observatory.indicator_enums import Level
from observatory.indicator_labels import (
    activity_labels,
    period_label,
    size_label,
    territory_labels,
)
from observatory.indicators.registry import Indicator, indicators, said
from observatory.indicators.slices import Point, Slice, Words, headline, slices, sparkline
from observatory.models import Cell, Release

_POINT = (
    "level", "territory", "activity", "size", "item", "period", "value", "flag", "source", "units",
)  # fmt: skip
WIDE = (Level.DEPARTEMENT, Level.OTHER)


def language() -> str:
    """Return the language of the page."""
    return get_language() or "fr"


@kept
def latest_releases() -> dict[str, Release]:
    """Return the last release of each registered indicator, by code."""
    known = indicators()
    return {
        release.indicator: release
        for release in Release.objects.latest_of_each()
        if release.indicator in known
    }


def words_of(release: Release) -> Words:
    """Return how the codes of a release are written, in the language of the page."""
    places, activities, spoken = territory_labels(), activity_labels(), language()
    labels = {code: said(entry, spoken) for code, entry in release.labels.items()}
    year = str(release.as_of.year)
    is_running = indicators()[release.indicator].builder.startswith("register")

    def period(code: str) -> str:
        if is_running and code == year:
            return _("%(year)s (provisoire)") % {"year": code}
        return period_label(code)

    return Words(
        item=lambda code: labels.get(code, code),
        activity=lambda code: f"{code} {activities.get(code, '')}".strip(),
        size=size_label,
        place=lambda code: places.get(code, code),
        period=period,
    )


def writer(indicator: Indicator) -> Callable[[float], str]:
    """Return how a value of the indicator is written: its decimals, the language's separators."""

    def write(number: float) -> str:
        rounded = round(Decimal(str(number)), indicator.decimals)
        return str(number_format(rounded, decimal_pos=indicator.decimals, force_grouping=True))

    return write


def points_of(release: Release, *, views: Sequence[str]) -> list[Point]:
    """Return the cells that these views need, in one query."""
    cells = Cell.objects.filter(release=release)
    wanted = Q(level__in=WIDE)
    if "epci" in views:
        wanted |= Q(level=Level.EPCI, activity="", size="", item="")
    if "communes" in views:
        last = cells.filter(level=Level.COMMUNE).order_by("-period", "-pk").values("period")[:1]
        wanted |= Q(level=Level.COMMUNE, activity="", size="", item="", period=last)
    rows = cells.filter(wanted).order_by("pk").values_list(*_POINT)
    return [Point(*row) for row in rows]


def slices_of(release: Release, points: Sequence[Point], *, views: Sequence[str]) -> list[Slice]:
    """Return the tables of a release, those of these views."""
    shown = [view for view in indicators()[release.indicator].views if view in views]
    return slices(points, shown, words_of(release))


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """An indicator on the first page: its last figure, and a small curve.

    `unit` is that of any value; `counted`, that of this one.
    """

    indicator: Indicator
    title: str
    unit: str
    counted: str
    text: str
    release: Release | None
    number: float | None
    value: str
    period: str
    lead: str
    curve: str


def summary_of(indicator: Indicator, release: Release | None, points: Sequence[Point]) -> Summary:
    """Return what the first page says of an indicator."""
    spoken = language()
    shown = headline(points, lead=indicator.lead) if release else None
    series = sorted(
        (
            point
            for point in points
            if point.is_total and point.value is not None and point.level in WIDE
        ),
        key=lambda point: point.period,
    )
    return Summary(
        indicator=indicator,
        title=said(indicator.title, spoken),
        unit=said(indicator.unit, spoken),
        counted=indicator.unit_of(shown.value, spoken) if shown and shown.value is not None else "",
        text=said(indicator.text, spoken),
        release=release,
        number=shown.value if shown else None,
        value=writer(indicator)(shown.value) if shown and shown.value is not None else "",
        period=words_of(release).period(shown.period) if release and shown else "",
        lead=words_of(release).item(shown.item) if release and shown and shown.item else "",
        curve=sparkline([point.value or 0.0 for point in series]),
    )


@kept
def summaries() -> list[Summary]:
    """Return every indicator in the order of the registry, in two queries."""
    releases = latest_releases()
    leads = [entry.lead for entry in indicators().values()]
    cells = Cell.objects.filter(
        release__in=[release.pk for release in releases.values()],
        level__in=WIDE, activity="", size="", item__in=leads,
    )  # fmt: skip
    points: dict[int, list[Point]] = {}
    for release_id, *row in cells.order_by("pk").values_list("release_id", *_POINT):
        points.setdefault(release_id, []).append(Point(*row))
    return [
        summary_of(
            indicator,
            release := releases.get(code),
            points.get(release.pk, []) if release else [],
        )
        for code, indicator in indicators().items()
    ]
