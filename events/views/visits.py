"""Booking a visit by scenario, and receiving it."""

from typing import Any
from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from emn.lib.access import open_form, public, staff
from emn.lib.admin import agent_id
from emn.lib.errors import DomainError
from events import showroom_reading as reading
from events.enums import Availability, Scenario
from events.models import Demonstration, Session, Visit, VisitNotebook
from events.services import doors, notebooks
from events.services import visits as services
from events.services.seats import TryAgain
from events.showroom_forms import VisitForm

RECEIVE = "events.receive_visit"
BUSY_WAIT_S = 5
_METHODS = ["GET", "HEAD", "POST"]


@public
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Ask what the visit is for, then show the slots."""
    asked = reading.narrowed(request.GET)
    context = {
        "scenarios": list(Scenario),
        "scenario": Scenario(asked["scenario"]) if "scenario" in asked else None,
        "slots": reading.slots(asked, now=timezone.now()) if "scenario" in asked else [],
    }
    return render(request, "events/showrooms/choose.html", context)


@csrf_exempt
@open_form
@require_http_methods(_METHODS)
def book(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask who comes and what for, and hold a seat or a place in line."""
    rows = Visit.objects.filter(session__in=Session.objects.shown())
    rows = rows.select_related("session__room", "showroom")
    visit = get_object_or_404(
        rows.prefetch_related("session__pools", "session__questions", "hosts"), session__slug=slug
    )
    now = timezone.now()
    context: dict[str, Any] = {
        "session": visit.session, "visit": visit, "slot": reading.slot(visit, now=now),
        "line": reading.slot(visit, now=now).line, "back_url": visit.session.get_absolute_url(),
    }  # fmt: skip
    if not visit.session.takes_registrations(now=now):
        return render(request, "events/register_closed.html", context)
    asked = request.GET.get("scenario", "")
    form = VisitForm(
        request.POST if request.method == "POST" else None, request=request, visit=visit,
        initial={"scenario": asked if asked in visit.scenarios else visit.scenarios[0]},
    )  # fmt: skip
    if not form.is_valid():
        return render(request, "events/showrooms/book.html", context | {"form": form})
    given = form.cleaned_data
    try:
        got = services.book(
            visit=visit, scenario=Scenario(given["scenario"]), full_name=given["full_name"],
            email=given["email"], company_name=given["company_name"], siret=given["siret"],
            people=given.get("people", 1), pool_id=given.get("pool"),
            companions=given.get("companions", ()), answers=form.answers,
            language=get_language() or "fr", now=timezone.now(),
        )  # fmt: skip
    except TryAgain as busy:
        form.add_error(None, busy.message)
        response = render(
            request, "events/showrooms/book.html", context | {"form": form}, status=503
        )
        response["Retry-After"] = str(BUSY_WAIT_S)
        return response
    except DomainError as refusal:
        form.add_error(None, refusal.message)
        return render(request, "events/showrooms/book.html", context | {"form": form})
    return redirect("events:held" if got is Availability.OPEN else "events:in_line")


# --- The host ---


@staff(RECEIVE)
@require_http_methods(_METHODS)
def today(request: HttpRequest) -> HttpResponse:
    """Show the visits of the day to their host: who is expected, who is in, what they keep."""
    refusal = ""
    if request.method == "POST":
        try:
            return _arrive(request)
        except DomainError as refused:
            refusal = refused.message
    day = timezone.localdate()
    context = {"visits": reading.visits_on(day), "day": day, "refusal": refusal}
    status = 409 if refusal else 200
    return render(request, "events/showrooms/today.html", context, status=status)


def _arrive(request: HttpRequest) -> HttpResponse:
    notebook = get_object_or_404(
        VisitNotebook.objects.select_related("visit"), pk=_number(request.POST.get("notebook"))
    )
    now = timezone.now()
    session_id, entry_id = notebook.visit.session_id, notebook.registration_id
    note = doors.undo if request.POST.get("do") == "undo" else doors.check_in
    note(
        session_id=session_id, registration_id=entry_id, client_id=uuid4(),
        by_id=agent_id(request), scanned_at=now, now=now,
    )  # fmt: skip
    return redirect("showrooms:today")


@staff(RECEIVE)
@require_http_methods(_METHODS)
def host_notebook(request: HttpRequest, notebook_id: int) -> HttpResponse:
    """Keep favourites for a visitor, or let them go; the visitor’s words are not shown."""
    rows = VisitNotebook.objects.filter(registration__forgotten_at=None).select_related(
        "registration", "visit__showroom", "visit__session"
    )
    found = get_object_or_404(rows, pk=notebook_id)
    refusal = ""
    if request.method == "POST":
        wanted = _number(request.POST.get("demonstration"))
        try:
            if request.POST.get("do") == "add":
                notebooks.add_favourite(
                    notebook_id=found.pk, demonstration_id=wanted, by_host=True, now=timezone.now()
                )
            elif request.POST.get("do") == "remove":
                notebooks.remove_favourite(notebook_id=found.pk, demonstration_id=wanted)
            else:
                raise Http404
        except DomainError as refused:
            refusal = refused.message
        else:
            return redirect("showrooms:host_notebook", found.pk)
    kept = set(found.favourites.values_list("demonstration_id", flat=True))
    shown = Demonstration.objects.in_place(on=timezone.localdate()).with_place().on_the_plan()
    context = {
        "notebook": found,
        "lines": [(row, row.pk in kept) for row in shown],
        "takes": notebooks.takes_favourites(found),
        "refusal": refusal,
        "title": _("Carnet de %(name)s") % {"name": found.registration.full_name},
    }
    status = 409 if refusal else 200
    return render(request, "events/showrooms/host_notebook.html", context, status=status)


def _number(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdecimal() and len(value) < 19 else 0  # noqa: PLR2004 -- digits of a bigint
