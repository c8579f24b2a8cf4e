"""Demonstration rights as everyone reads them, and what a provider does and learns of its own."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from directory.models import Provider
from emn.accounts.requests import MemberRequest
from emn.lib.access import member, public
from emn.lib.calendar import add_months
from emn.lib.errors import DomainError
from events import showroom_reading as reading
from events.models import RightsApplication, RightsCall
from events.services import rights as services
from events.showroom_forms import ApplicationForm

CALLS_SHOWN = 20


@public
@require_safe
def calls(request: HttpRequest) -> HttpResponse:
    """List the calls, open, to decide or decided."""
    rows = RightsCall.objects.published().select_related("showroom").order_by("-opens_at", "-pk")
    now = timezone.now()
    context = {"calls": [(row, row.takes_applications(now=now)) for row in rows[:CALLS_SHOWN]]}
    return render(request, "events/showrooms/calls.html", context)


@public
@require_safe
def call(request: HttpRequest, call_id: int) -> HttpResponse:
    """Show a call: its criteria and its committed seed; then the ranks and the seed itself."""
    rows = RightsCall.objects.published().select_related("showroom")
    found = get_object_or_404(rows, pk=call_id)
    ranked = found.applications.filter(rank__isnull=False).select_related("provider")
    now = timezone.now()
    context = {
        "call": found,
        "criteria": list(found.criteria.order_by("position", "pk")),
        "ranked": list(ranked.order_by("rank")) if found.decided_at else [],
        "is_open": found.takes_applications(now=now),
        "is_coming": found.opens_at > now,
    }
    return render(request, "events/showrooms/call.html", context)


@member
@require_http_methods(["GET", "HEAD", "POST"])
def apply(request: MemberRequest, call_id: int) -> HttpResponse:
    """Apply for a card of one's own."""
    found = get_object_or_404(RightsCall.objects.published(), pk=call_id)
    own = Provider.objects.published().of(request.user).order_by("name", "pk")
    form = ApplicationForm(request.POST if request.method == "POST" else None, providers=own)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            services.apply(
                call_id=found.pk, provider_id=given["provider"].pk, user_id=request.user.pk,
                title=given["title"], usage=given["usage"], needs=given["needs"],
                now=timezone.now(),
            )  # fmt: skip
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Votre candidature est déposée."))
            return redirect("showrooms:mine")
    context = {
        "call": found, "form": form, "has_cards": own.exists(),
        "is_open": found.takes_applications(now=timezone.now()),
        "criteria": list(found.criteria.order_by("position", "pk")),
    }  # fmt: skip
    return render(request, "events/showrooms/apply.html", context)


@member
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: MemberRequest) -> HttpResponse:
    """Show a provider its demonstrations with their figures, and its applications."""
    own = list(Provider.objects.of(request.user).order_by("pk").values_list("pk", flat=True))
    applications = RightsApplication.objects.filter(provider__in=own)
    if request.method == "POST":
        return _withdraw(request, applications)
    today = timezone.localdate()
    until = reading.month_now(today)
    since = add_months(until, -12)
    rows = applications.select_related("call", "provider").prefetch_related("scores__criterion")
    now = timezone.now()
    context = {
        "lines": reading.figures(reading.shown_by(own), provider_ids=own, since=since, until=until),
        "since": since,
        "until": until,
        "applications": [
            (row, _reasons(row), row.call.takes_applications(now=now) and not row.withdrawn_at)
            for row in rows.order_by("-applied_at", "-pk")
        ],
        "calls": list(RightsCall.objects.open(now=now).order_by("closes_at", "pk")),
        "has_cards": bool(own),
    }
    return render(request, "events/showrooms/mine.html", context)


def _withdraw(request: HttpRequest, applications: Any) -> HttpResponse:
    asked = request.POST.get("application", "")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else 0  # noqa: PLR2004 -- digits of a bigint
    entry = get_object_or_404(applications, pk=number)
    try:
        services.withdraw(application_id=entry.pk, now=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Votre candidature est retirée."))
    return redirect("showrooms:mine")


def _reasons(row: RightsApplication) -> list[Any]:
    """Return the scores, once decided, in the order of the criteria."""
    if row.rank is None:
        return []
    return sorted(row.scores.all(), key=lambda said: (said.criterion.position, said.criterion_id))
