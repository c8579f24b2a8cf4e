"""Drawing a release: charts by Vega-Lite in each language for two widths, and its maps.

In the worker only: the renderer takes 90 MB of memory, which no web process pays for.
"""

from django.conf import settings
from django.db import transaction
from django.utils.formats import get_format
from django.utils.translation import override

from emn.lib.page_cache import touch
from observatory import maps
from observatory.indicator_enums import ChartWidth
from observatory.indicator_reading import points_of, slices_of, writer
from observatory.indicators.charts import for_page, localised, spec
from observatory.indicators.registry import Indicator, indicators
from observatory.indicators.slices import Slice
from observatory.models import Chart, Release

MAPS = frozenset({"epci", "communes"})
VEGA_LITE = "5.20"


@transaction.atomic(durable=True)
def draw(*, release_id: int) -> int:
    """Draw a release anew; return how many drawings it has. Safe to run twice."""
    release = Release.objects.select_for_update().get(pk=release_id)
    indicator = indicators()[release.indicator]
    points = points_of(release, views=indicator.views)
    charts = []
    for code, _name in settings.LANGUAGES:
        with override(code):
            for found in slices_of(release, points, views=indicator.views):
                charts += _drawings(release, indicator, found, code)
    release.charts.all().delete()
    Chart.objects.bulk_create(charts)
    touch()
    return len(charts)


def draw_missing() -> int:
    """Draw the last releases that a lost call left without charts; return how many."""
    undrawn = [
        release.pk
        for release in Release.objects.latest_of_each()
        if release.indicator in indicators() and not release.charts.exists()
    ]
    return sum(draw(release_id=pk) > 0 for pk in undrawn)


def _drawings(release: Release, indicator: Indicator, found: Slice, language: str) -> list[Chart]:
    write = writer(indicator)
    if found.key in MAPS:
        labels = {
            line.code: f"{line.label} : {write(line.values[0].number)} "
            f"{indicator.unit_of(line.values[0].number, language)}"
            for line in found.lines
            if line.values[0].number is not None
        }
        drawn = {ChartWidth.WIDE: maps.draw(found, labels)}
    else:
        drawn = {width: _rendered(indicator, found, width) for width in ChartWidth}
    return [
        Chart(release=release, view=found.key, language=language, width=width, svg=svg)
        for width, svg in drawn.items()
        if svg
    ]


def _rendered(indicator: Indicator, found: Slice, width: ChartWidth) -> str:
    import vl_convert  # noqa: PLC0415 -- heavy: only a worker that draws loads it

    specification = spec(
        found, width=width, scale=indicator.scale, write=writer(indicator),
        breaks=[entry.on for entry in indicator.breaks],
    )  # fmt: skip
    if specification is None:
        return ""
    separators = {
        "decimal": str(get_format("DECIMAL_SEPARATOR")),
        "thousands": str(get_format("THOUSAND_SEPARATOR")),
    }
    return for_page(
        vl_convert.vegalite_to_svg(
            specification, vl_version=VEGA_LITE, format_locale=localised(separators)
        )
    )
