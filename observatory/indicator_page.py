"""What the page of an indicator says of a release, subject by subject (R6.17).

In four queries whatever the size: nothing is asked by line or by cell.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from emn.lib.api.reading import LICENCE, LICENCE_URL
from emn.territory.ground import map_ground
from observatory.indicator_enums import ChartWidth
from observatory.indicator_parts import Drawings, part_of
from observatory.indicator_reading import Summary, language, points_of, slices_of, summary_of
from observatory.indicators.registry import Indicator, registry, said
from observatory.indicators.slices import Slice
from observatory.models import Release
from observatory.share import indicator_words

RELEASES_SHOWN = 12
MAIN = ("evolution", "items", "sizes", "activities")


def page_of(
    shown: Indicator, release: Release | None, *, views: tuple[str, ...] = (*MAIN, "epci")
) -> dict[str, Any]:
    """Return the whole: figure, views, method card, history, how to cite and to embed."""
    points = points_of(release, views=views) if release else []
    summary = summary_of(shown, release, points)
    return {
        "indicator": shown,
        "summary": summary,
        "share": indicator_words(summary),
        **_views(shown, release, slices_of(release, points, views=views) if release else [], views),
        **_history(shown, release),
        **_method_card(shown, release),
        **_reuse(shown, release, summary),
    }


def _views(
    shown: Indicator, release: Release | None, found: Sequence[Slice], views: tuple[str, ...]
) -> dict[str, Any]:
    """Return the tables and drawings, and what maps need."""
    drawings = _drawings(release, views) if release else {}
    return {
        "parts": [part_of(entry, shown, drawings) for entry in found],
        "has_communes": "communes" in shown.views and release is not None,
        "has_chart": any(
            (entry.key, ChartWidth.WIDE) in drawings for entry in found if entry.key in MAIN
        ),
        "ground": map_ground(),
    }


def _drawings(release: Release, views: tuple[str, ...]) -> Drawings:
    charts = release.charts.filter(language=language(), view__in=views).order_by("pk")
    return {(view, width): svg for view, width, svg in charts.values_list("view", "width", "svg")}


def _history(shown: Indicator, release: Release | None) -> dict[str, Any]:
    """Return the last releases, and where the one that is shown stands among them."""
    log = Release.objects.filter(indicator=shown.code).order_by("-number", "-pk")
    releases = list(log[:RELEASES_SHOWN])
    return {
        "release": release,
        "releases": releases,
        "latest": releases[0] if releases else None,
        "is_latest": not releases or release == releases[0],
    }


def _method_card(shown: Indicator, release: Release | None) -> dict[str, Any]:
    """Return who is counted, how, since when, and from which sources."""
    spoken = language()
    return {
        "population": said(shown.population, spoken),
        "method": said(shown.method, spoken),
        "breaks": [(entry.on, said(entry.text, spoken)) for entry in shown.breaks],
        "sources": _sources(release, spoken) if release else [],
    }


def _sources(release: Release, spoken: str) -> list[dict[str, str]]:
    proofs = registry().proofs
    return [entry | {"proof": said(proofs[entry["proof"]], spoken)} for entry in release.sources]


def _reuse(shown: Indicator, release: Release | None, summary: Summary) -> Mapping[str, Any]:
    """Return under what licence, and how to cite and embed."""
    return {
        "licence": LICENCE,
        "licence_url": LICENCE_URL,
        "cite": _citation(summary, release) if release else "",
        "embed_url": settings.PUBLIC_URL + reverse("observatory:embedded", args=[shown.code]),
    }


def _citation(summary: Summary, release: Release) -> str:
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
        "%(title)s, %(period)s : %(value)s %(unit)s. %(centre)s, version %(number)s, %(url)s"
    ) % values  # fmt: skip
