"""The showrooms as everyone reads them, and what staff prints and counts of them."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from emn.lib.access import open_form, public, staff
from emn.lib.calendar import add_months
from events import showroom_reading as reading
from events.enums import Scenario, ShowroomTheme
from events.models import Demonstration, RightsCall, Showroom
from events.services import showrooms as services
from events.showroom_measures import note_view

RUN = "events.run_showroom"
VISITS_SHOWN = 4


@public
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show the two showrooms, the scenarios, the next visits."""
    now = timezone.now()
    context = {
        "showrooms": list(Showroom.objects.order_by("position", "pk")),
        "scenarios": list(Scenario),
        "slots": reading.slots({}, now=now)[:VISITS_SHOWN],
        "calls": list(RightsCall.objects.open(now=now).order_by("closes_at", "pk")),
    }
    return render(request, "events/showrooms/overview.html", context)


@public
@require_safe
def showroom(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one showroom as a visit in itself: plan, stations, what can be touched, next visits."""
    rows = Showroom.objects.select_related("room")
    found: Showroom = get_object_or_404(rows, slug=slug)
    now = timezone.now()
    today = timezone.localdate(now)
    pictures = [row for row in found.pictures.order_by("pk") if row.demonstration_id is None]
    spots = reading.spots(found, today=today)
    context = {
        "showroom": found,
        "spots": spots,
        "shown": sum(spot.demonstration is not None for spot in spots),
        "pictures": pictures,
        "scenarios": [Scenario(code) for code in found.scenarios],
        "slots": reading.slots({"showroom": slug}, now=now)[:VISITS_SHOWN],
    }
    return render(request, "events/showrooms/showroom.html", context)


@public
@require_safe
def demonstrations(request: HttpRequest) -> HttpResponse:
    """List what can be tried today, narrowed by showroom, scenario or theme."""
    asked = reading.narrowed(request.GET)
    labels: dict[str, list[tuple[str, Any]]] = {
        "showroom": [(slug, name) for slug, name in reading.showroom_choices()],
        "scenario": list(Scenario.choices),
        "theme": list(ShowroomTheme.choices),
    }
    here = reverse("showrooms:demonstrations")

    def without(name: str) -> str:
        others = urlencode({key: value for key, value in asked.items() if key != name})
        return f"{here}?{others}" if others else here

    context = {
        "found": reading.found(asked, today=timezone.localdate()),
        "filters": [
            (name, label, choices, asked.get(name, ""))
            for (name, choices), label in zip(
                labels.items(), [_("Showroom"), _("Scénario"), _("Thème")], strict=True
            )
        ],
        "chips": [(dict(labels[name])[value], without(name)) for name, value in asked.items()],
    }
    return render(request, "events/showrooms/demonstrations.html", context)


@public
@require_safe
def demonstration(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a demonstration; one that has left says so, and keeps its page."""
    rows = Demonstration.objects.published().with_place().select_related(
        "showroom", "station", "service", "exhibitor"
    )  # fmt: skip
    found = get_object_or_404(rows, slug=slug)
    today = timezone.localdate()
    context = {
        "demonstration": found,
        "in_place": found.is_in_place(on=today),
        "is_coming": found.entered_on > today,
        "suppliers": reading.suppliers(found),
        "pictures": list(found.pictures.all()),
        "qr": mark_safe(services.qr_svg(found)),  # noqa: S308 -- drawn by us
    }
    return render(request, "events/showrooms/demonstration.html", context)


@csrf_exempt  # public pages carry no token; what is counted is nobody's (ADR 10)
@open_form
@require_POST
def measure(request: HttpRequest) -> HttpResponse:
    """Count a demonstration's page that measure.js says was opened; the answer tells nothing."""
    if request.POST.get("quoi") == "opened":
        note_view(request, slug=request.POST.get("fiche", ""))
    return HttpResponse(status=204)


# --- Staff ---


@staff(RUN)
@require_safe
def labels(request: HttpRequest) -> HttpResponse:
    """Show the QR codes of what is in place, to print and put on the stations."""
    rows = Demonstration.objects.in_place(on=timezone.localdate()).with_place().on_the_plan()
    cards = [(row, mark_safe(services.qr_svg(row))) for row in rows]  # noqa: S308 -- drawn by us
    return render(request, "events/showrooms/labels.html", {"cards": cards})


@staff(RUN)
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Show what the centre counts: visits by scenario, favourites, what became of them."""
    today = timezone.localdate()
    since = _asked_day(request.GET.get("du", "")) or add_months(today.replace(day=1), -6)
    until = _asked_day(request.GET.get("au", "")) or today
    counted = reading.staff_figures(since=since, until=until)
    context = {"figures": counted, "since": since, "until": until}
    return render(request, "events/showrooms/figures.html", context)


def _asked_day(value: str) -> date | None:
    try:
        return parse_date(value)
    except ValueError:
        return None
