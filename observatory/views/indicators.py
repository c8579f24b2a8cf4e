"""The figures of the observatory: list, indicator, communes, files, and the part others embed."""

import gzip

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from emn.lib.access import public
from emn.lib.api.reading import LICENCE, open_to_all_sites
from emn.lib.content_policy import in_any_frame
from emn.lib.palette import palette
from emn.lib.replica import from_replica
from observatory.indicator_enums import ChartWidth
from observatory.indicator_page import MAIN, page_of
from observatory.indicator_reading import (
    Summary,
    language,
    latest_releases,
    summaries,
)
from observatory.indicators.charts import for_file
from observatory.indicators.registry import Indicator, indicators, registry, said
from observatory.models import Chart, Publication, Release, ReleaseFile
from observatory.publication_texts import readings

LAST_PUBLICATIONS = 3
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@public
@require_safe
@from_replica
def index(request: HttpRequest) -> HttpResponse:
    """List the last publications, and the indicators by theme, each with its last figure."""
    spoken = language()
    found: dict[str, list[Summary]] = {}
    for summary in summaries():
        found.setdefault(summary.indicator.theme, []).append(summary)
    themes = [(said(theme.title, spoken), found.get(theme.code, [])) for theme in registry().themes]
    last = readings(Publication.objects.published()[:LAST_PUBLICATIONS])
    context = {"themes": themes, "readings": last}
    return render(request, "observatory/indicators/index.html", context)


@public
@require_safe
@from_replica
def indicator(request: HttpRequest, code: str) -> HttpResponse:
    """Show the last release of an indicator."""
    return render(
        request, "observatory/indicators/indicator.html", page_of(_indicator(code), _latest(code))
    )


@public
@require_safe
@from_replica
def release(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show one release, as it was published: the address that one cites."""
    shown = get_object_or_404(Release, indicator=_indicator(code).code, number=number)
    return render(
        request, "observatory/indicators/indicator.html", page_of(_indicator(code), shown)
    )


@public
@require_safe
@from_replica
def communes(request: HttpRequest, code: str) -> HttpResponse:
    """Show the last release by commune: map and table."""
    shown, latest = _indicator(code), _latest(code)
    if latest is None or "communes" not in shown.views:
        raise Http404
    context = page_of(shown, latest, views=("communes",))
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
    context = page_of(shown, _latest(code), views=MAIN)
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
