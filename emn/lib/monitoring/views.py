"""The portal's state: for a probe, for a collector, for the direction."""

from datetime import UTC, datetime
from secrets import compare_digest
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from emn.lib.access import declare, staff, token
from emn.lib.monitoring import checks
from emn.lib.monitoring.exposition import CONTENT_TYPE, written
from emn.lib.monitoring.facts import families, read_all
from emn.lib.monitoring.runs import Run, last_runs

_PERMISSION = "accounts.manage_staff"  # the direction's


@declare("public")
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when all that the portal needs is there, else 503 and the names of the rest."""
    away = [
        result.check.key for result in checks.rounds.results(now=timezone.now()) if result.problem
    ]
    response = JsonResponse(
        {"status": "error" if away else "ok", "away": away},
        status=503 if away else 200,
        headers={"Cache-Control": "no-store"},
    )
    # A probe asks every few seconds: Django would log each answer as an error.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


@token
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Give the collector that holds the token the figures of all hosts."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    said = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not compare_digest(said.encode(), expected.encode()):
        raise Http404
    return HttpResponse(written(families(now=timezone.now())), content_type=CONTENT_TYPE)


@staff(_PERMISSION)
@require_safe
def state(request: HttpRequest) -> HttpResponse:
    """Show the direction what answers, what waits, and when each clock last ran."""
    now = timezone.now()
    results = checks.rounds.results(now=now)
    context: dict[str, Any] = admin.site.each_context(request) | {
        "title": _("État du système"),
        "results": results,
        "is_well": not any(result.problem for result in results),
        "figures": _figures(now),
        "clocks": _clocks(),
        "now": now,
    }
    return render(request, "admin/lib/state.html", context)


def _figures(now: datetime) -> list[dict[str, Any]]:
    return [
        {"label": fact.label, "part": ", ".join(labels.values()), "value": value, "unit": fact.unit}
        for fact, values in read_all(now=now)
        for labels, value in values
    ]


def _clocks() -> list[tuple[str, Run | None]]:
    """Return each task of the clock with its last run, those that never ran first."""
    runs = last_runs()
    names = {str(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    never = datetime.min.replace(tzinfo=UTC)
    clocks = [(name, runs.get(name)) for name in names]
    return sorted(clocks, key=lambda clock: (clock[1].ended_at if clock[1] else never, clock[0]))
