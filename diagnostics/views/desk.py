"""The adviser's visits: to come, under way, signed, in a calendar; what to take along."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_safe

from diagnostics.enums import Depth, Stage
from diagnostics.models import Adviser, Appointment, Diagnostic, ReferentialVersion
from diagnostics.services import appointments, interviews, progress
from diagnostics.views.appointments import calendar_response
from diagnostics.views.interviews import RUN
from emn.lib.access import staff, token
from emn.lib.admin import agent_id
from emn.lib.db import posted_key
from emn.lib.errors import DomainError
from emn.lib.pdf import pdf_response
from emn.questionnaires import services as questionnaires
from emn.questionnaires.paper import paper_pdf

_METHODS = ["GET", "HEAD", "POST"]
LISTED = 50
FEED_KEPT = timedelta(days=90)  # how long the feed remembers what is over


@staff(RUN)
@require_http_methods(_METHODS)
def desk(request: HttpRequest) -> HttpResponse:
    """List one's visits to come and one's interviews.

    Its buttons renew the calendar's address, and begin T1 or T2 after a signed visit (`follow`).
    """
    adviser = interviews.adviser_of(agent_id(request))
    if adviser is None:
        return render(request, "diagnostics/desk_closed.html", status=403)
    now, refusal = timezone.now(), ""
    if "follow" in request.POST:
        asked = posted_key(request.POST["follow"])
        try:
            begun = interviews.start_next(diagnostic_id=asked, user_id=agent_id(request), now=now)
        except Diagnostic.DoesNotExist:
            raise Http404 from None
        except DomainError as refused:
            refusal = refused.message
        else:
            return redirect("diagnostics:interview", begun.pk)
    elif request.method == "POST":
        appointments.renew_calendar(adviser_id=adviser.pk)
        return redirect("diagnostics:desk")
    coming = adviser.appointments.to_come(now=now).filter(diagnostic=None)
    made = Diagnostic.objects.visits_of(request.user).select_related("company", "run")  # type: ignore[arg-type]
    context = {
        "adviser": adviser,
        "coming": coming.select_related("company__commune").order_by("starts_at", "pk")[:LISTED],
        "open": made.filter(signed_at=None, dropped_at=None).order_by("-pk")[:LISTED],
        "signed": _signed(made.exclude(signed_at=None), now=now),
        "calendar": request.build_absolute_uri(_calendar_url(adviser)),
        "refusal": refusal,
    }
    return render(request, "diagnostics/desk.html", context, status=409 if refusal else 200)


def _signed(rows: QuerySet[Diagnostic], *, now: datetime) -> list[tuple[Diagnostic, str]]:
    """Return what was signed, the latest first, each with the stage that is due after it."""
    found = list(rows.prefetch_related("followed_by").order_by("-signed_at", "-pk")[:LISTED])
    return [
        (
            row,
            progress.due(row, made=[later.stage for later in row.followed_by.all()], now=now) or ""
            if row.stage == Stage.T0
            else "",
        )
        for row in found
    ]


def _calendar_url(adviser: Adviser) -> str:
    return reverse("diagnostics:adviser_calendar", args=[adviser.calendar_key])


@token
@require_safe
def calendar(_request: HttpRequest, key: UUID) -> HttpResponse:
    """Give the visits of an adviser to a calendar that subscribed, those called off included."""
    adviser = get_object_or_404(Adviser, calendar_key=key)
    since = timezone.now() - FEED_KEPT
    rows = adviser.appointments.filter(starts_at__gt=since).select_related("company__commune")
    return calendar_response(list(rows.order_by("starts_at", "pk")[:1000]))


@staff(RUN)
@require_http_methods(_METHODS)
def appointment(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a visit; its buttons begin the interview, or call the visit off."""
    rows = Appointment.objects.filter(adviser__user=agent_id(request))
    rows = rows.select_related("adviser__user", "company__commune", "booked_by")
    row = get_object_or_404(rows, pk=pk)
    refusal = ""
    if request.method == "POST":
        now = timezone.now()
        try:
            if request.POST.get("do") == "cancel":
                appointments.cancel(appointment_id=row.pk, now=now)
                return redirect("diagnostics:desk")
            made = interviews.start(
                appointment_id=row.pk,
                user_id=agent_id(request),
                language=_language(request.POST),
                now=now,
            )
            return redirect("diagnostics:interview", made.pk)
        except DomainError as refused:
            refusal = refused.message
    context = {
        "appointment": row,
        "place": appointments.place_of(row.company),
        "diagnostic": Diagnostic.objects.filter(appointment=row).first(),
        "begun": interviews.begun_before(row),
        "stage": progress.stage_for(row.company_id, Depth.ON_SITE, now=timezone.now()),
        "languages": settings.LANGUAGES,
        "spoken": row.booked_by.language if row.booked_by else "fr",
        "refusal": refusal,
    }
    return render(
        request, "diagnostics/adviser_appointment.html", context, status=409 if refusal else 200
    )


def _language(chosen_by: QueryDict) -> str:
    """Return the language of the questions, as it was chosen."""
    chosen = chosen_by.get("language", "")
    return chosen if chosen in dict(settings.LANGUAGES) else "fr"


@staff(RUN)
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """Give the questions of an interview on paper, to note by hand where nothing else works.

    `entretien`: in the version of that interview; `visite`: in that it would have. Else the newest.
    """
    version = _asked_version(request)
    if version is None or version.published_at is None:
        raise Http404
    with override(_language(request.GET)):
        content = paper_pdf(
            questionnaires.definition_of(version.on_site_id),
            reference=_("Référentiel %(version)s") % {"version": version.number},
            at=version.published_at,
        )
    return pdf_response(content, "guide-d-entretien.pdf")


def _asked_version(request: HttpRequest) -> ReferentialVersion | None:
    """Return the version of the interview or visit that is named, if it is one's own."""
    if number := posted_key(request.GET.get("entretien")):
        own = Diagnostic.objects.filter(adviser__user=agent_id(request), depth=Depth.ON_SITE)
        return get_object_or_404(own.select_related("referential"), pk=number).referential
    company = None
    if visit := request.GET.get("visite", ""):
        visits = Appointment.objects.filter(adviser__user=agent_id(request))
        company = get_object_or_404(visits, pk=_uuid_or_404(visit)).company_id
    first = progress.first_of(company, Depth.ON_SITE) if company else None
    return progress.version_for(first)


def _uuid_or_404(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise Http404 from None
