"""The figures of the observatory: list, indicator, communes, files, and the part others embed."""

import gzip
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from emn.lib.access import public
from emn.lib.api.reading import LICENCE, LICENCE_URL, open_to_all_sites
from emn.lib.content_policy import in_any_frame
from emn.lib.palette import palette
from emn.lib.replica import from_replica
from emn.territory.ground import map_ground
from observatory.indicator_enums import ChartWidth
from observatory.indicator_reading import (
    Summary,
    language,
    latest_releases,
    points_of,
    slices_of,
    summaries,
    summary_of,
    writer,
)
from observatory.indicators.charts import for_file
from observatory.indicators.registry import Indicator, indicators, registry, said
from observatory.indicators.slices import Slice, classes
from observatory.maps import values_of
from observatory.models import Chart, Release, ReleaseFile

TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
RELEASES_SHOWN = 12
MAIN = ("evolution", "items", "sizes", "activities")


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


@public
@require_safe
@from_replica
def index(request: HttpRequest) -> HttpResponse:
    """List the indicators by theme, each with its last figure."""
    spoken = language()
    found: dict[str, list[Summary]] = {}
    for summary in summaries():
        found.setdefault(summary.indicator.theme, []).append(summary)
    themes = [(said(theme.title, spoken), found.get(theme.code, [])) for theme in registry().themes]
    return render(request, "observatory/indicators/index.html", {"themes": themes})


@public
@require_safe
@from_replica
def indicator(request: HttpRequest, code: str) -> HttpResponse:
    """Show the last release of an indicator."""
    return render(
        request, "observatory/indicators/indicator.html", _page(_indicator(code), _latest(code))
    )


@public
@require_safe
@from_replica
def release(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show one release, as it was published: the address that one cites."""
    shown = get_object_or_404(Release, indicator=_indicator(code).code, number=number)
    return render(request, "observatory/indicators/indicator.html", _page(_indicator(code), shown))


@public
@require_safe
@from_replica
def communes(request: HttpRequest, code: str) -> HttpResponse:
    """Show the last release by commune: map and table."""
    shown, latest = _indicator(code), _latest(code)
    if latest is None or "communes" not in shown.views:
        raise Http404
    context = _page(shown, latest, views=("communes",))
    if not context["parts"]:
        raise Http404
    return render(request, "observatory/indicators/communes.html", context)


@public
@in_any_frame
@require_safe
@from_replica
def embedded(request: HttpRequest, code: str) -> HttpResponse:
    """Show figure and chart alone, for a page of another site."""
    shown = _indicator(code)
    context = _page(shown, _latest(code), views=MAIN)
    return render(request, "observatory/indicators/embedded.html", context)


@public
@open_to_all_sites
@require_safe
@from_replica
def csv(request: HttpRequest, code: str) -> HttpResponse:
    """Give the table of the last release, as it was written when it was published."""
    return _file(request, _latest(code), "csv")


@public
@open_to_all_sites
@require_safe
@from_replica
def json(request: HttpRequest, code: str) -> HttpResponse:
    """Give the cells and the method card of the last release."""
    return _file(request, _latest(code), "json")


@public
@open_to_all_sites
@require_safe
@from_replica
def release_csv(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Give the table of one release, for good."""
    return _file(request, Release.objects.filter(indicator=code, number=number).first(), "csv")


@public
@open_to_all_sites
@require_safe
@from_replica
def release_json(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Give the cells of one release, for good."""
    return _file(request, Release.objects.filter(indicator=code, number=number).first(), "json")


@public
@open_to_all_sites
@require_safe
@from_replica
def picture(_request: HttpRequest, code: str) -> HttpResponse:
    """Give the main chart as a file, with its title and source."""
    shown, latest = _indicator(code), _latest(code)
    chart = _main_chart(latest, shown) if latest else None
    if latest is None or chart is None:
        raise Http404
    source = _("%(centre)s, version %(number)s. %(licence)s. %(url)s") % {
        "centre": settings.CENTRE_NAME,
        "number": latest.number,
        "licence": LICENCE,
        "url": settings.PUBLIC_URL + reverse("observatory:indicator", args=[code]),
    }
    title = f"{said(shown.title, language())} ({said(shown.unit, language())})"
    content = for_file(chart.svg, title=title, source=source, colours=palette().light)
    return HttpResponse(content, content_type="image/svg+xml")


def _indicator(code: str) -> Indicator:
    found = indicators().get(code)
    if found is None:
        raise Http404
    return found


def _latest(code: str) -> Release | None:
    return latest_releases().get(code)


def _main_chart(latest: Release, shown: Indicator) -> Chart | None:
    charts = latest.charts.filter(language=language(), width=ChartWidth.WIDE, view__in=MAIN)
    order = {view: place for place, view in enumerate(shown.views)}
    return min(charts.order_by("pk"), key=lambda chart: order[chart.view], default=None)


def _file(request: HttpRequest, shown: Release | None, extension: str) -> HttpResponse:
    if shown is None:
        raise Http404
    file = get_object_or_404(ReleaseFile, release=shown, extension=extension)
    name = f"{shown.indicator}-v{shown.number}.{extension}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Vary": "Accept-Encoding",
    }
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        content, headers["Content-Encoding"] = bytes(file.content), "gzip"
    else:
        content = gzip.decompress(file.content)
    headers["ETag"] = f'W/"{shown.fingerprint[:24]}-{shown.number}"'
    response = HttpResponse(content, content_type=TYPES[extension], headers=headers)
    return get_conditional_response(request, etag=headers["ETag"], response=response) or response


def _page(
    shown: Indicator, release: Release | None, *, views: tuple[str, ...] = (*MAIN, "epci")
) -> dict[str, Any]:
    """Return what a page shows of a release, in four queries whatever its size."""
    spoken = language()
    points = points_of(release, views=views) if release else []
    found = slices_of(release, points, views=views) if release else []
    log = Release.objects.filter(indicator=shown.code).order_by("-number", "-pk")
    releases = list(log[:RELEASES_SHOWN])
    drawings = _drawings(release, spoken, views) if release else {}
    ground = map_ground()
    return {
        "indicator": shown,
        "summary": summary_of(shown, release, points),
        "release": release,
        "is_latest": not releases or release == releases[0],
        "latest": releases[0] if releases else None,
        "releases": releases,
        "parts": [_part(entry, shown, drawings) for entry in found],
        "population": said(shown.population, spoken),
        "method": said(shown.method, spoken),
        "breaks": [(entry.on, said(entry.text, spoken)) for entry in shown.breaks],
        "sources": _sources(release, spoken) if release else [],
        "has_communes": "communes" in shown.views and release is not None,
        "has_chart": any((entry.key, ChartWidth.WIDE) in drawings for entry in found
                         if entry.key in MAIN),
        "ground": ground,
        "licence": LICENCE,
        "licence_url": LICENCE_URL,
        "cite": _citation(shown, release, points) if release else "",
        "embed_url": settings.PUBLIC_URL + reverse("observatory:embedded", args=[shown.code]),
    }  # fmt: skip


def _drawings(release: Release, spoken: str, views: tuple[str, ...]) -> dict[tuple[str, str], str]:
    charts = release.charts.filter(language=spoken, view__in=views).order_by("pk")
    return {(view, width): svg for view, width, svg in charts.values_list("view", "width", "svg")}


def _citation(shown: Indicator, release: Release, points: Any) -> str:
    summary = summary_of(shown, release, points)
    address = settings.PUBLIC_URL + release.get_absolute_url()
    values = {
        "title": summary.title,
        "value": summary.value,
        "unit": summary.counted,
        "period": ", ".join(part for part in (summary.lead, summary.period) if part),
        "centre": settings.CENTRE_NAME,
        "number": release.number,
        "url": address,
    }
    if not summary.value:
        return _("%(title)s. %(centre)s, version %(number)s, %(url)s") % values
    return _(
        "%(title)s : %(value)s %(unit)s (%(period)s). %(centre)s, version %(number)s, %(url)s"
    ) % values  # fmt: skip


def _sources(release: Release, spoken: str) -> list[dict[str, str]]:
    proofs = registry().proofs
    return [entry | {"proof": said(proofs[entry["proof"]], spoken)} for entry in release.sources]


def _titles() -> dict[str, str]:
    return {
        "evolution": _("Évolution"),
        "items": _("En détail"),
        "activities": _("Par activité"),
        "sizes": _("Par taille"),
        "epci": _("Par intercommunalité"),
        "communes": _("Par commune"),
    }


def _part(found: Slice, shown: Indicator, drawings: dict[tuple[str, str], str]) -> Part:
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
