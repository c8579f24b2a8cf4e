"""Visits for members: take an appointment for one's company, see it, call it off."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from diagnostics.enums import Depth
from diagnostics.forms import AppointmentForm
from diagnostics.models import Appointment, Diagnostic, DiagnosticDocument
from diagnostics.services import appointments as services
from directory.models import Company
from emn.accounts.requests import MemberRequest
from emn.lib.access import member
from emn.lib.errors import DomainError
from emn.lib.pdf import pdf_response
from emn.lib.rate_limit import limited

_METHODS = ["GET", "HEAD", "POST"]
BOOKED_PER_HOUR = 20  # of one address: each writes to an adviser


@member
@require_http_methods(_METHODS)
@limited(scope="diagnostics.visit", limit=BOOKED_PER_HOUR, period_s=3600)
def book(request: MemberRequest) -> HttpResponseBase:
    """Choose a company, then a slot among those proposed; `flash`: the link of a result to show."""
    key = request.GET.get("flash", "")
    companies = Company.objects.filter(memberships__user=request.user).select_related("commune")
    chosen = request.GET.get("entreprise", "")
    own = list(companies.order_by("name", "pk")[:50])
    company = next((row for row in own if str(row.pk) == chosen), own[0] if len(own) == 1 else None)
    if company is None:
        choice = {"companies": own, "key": key}
        return render(request, "diagnostics/book_company.html", choice)
    now = timezone.now()
    slots = services.slots_for(company, now=now)
    form = AppointmentForm(request.POST if request.method == "POST" else None, slots=slots)
    flash = _flash(key, company)
    if form.is_valid():
        slot = form.slots[form.cleaned_data["slot"]]
        try:
            appointment = services.book(
                company_id=company.pk,
                adviser_id=slot.adviser_id,
                starts_at=slot.starts_at,
                user_id=request.user.pk,
                wish=form.cleaned_data["wish"],
                phone=form.cleaned_data["phone"],
                flash_id=flash.pk if flash else None,
                now=now,
            )
        except DomainError as refusal:
            form = AppointmentForm(
                request.POST, slots=services.slots_for(company, now=timezone.now())
            )
            form.add_error(None, refusal.message)
        else:
            return redirect("diagnostics:appointment", appointment.pk)
    planned = company.appointments.to_come(now=now).order_by("starts_at", "pk").first()
    context = {
        "form": form, "company": company, "slots": slots, "flash": flash, "planned": planned,
        "several": len(own) > 1, "key": key,
    }  # fmt: skip
    status = 422 if form.is_bound else 200
    return render(request, "diagnostics/book.html", context, status=status)


def _flash(key: str, company: Company) -> Diagnostic | None:
    """Return the finished flash diagnostic of a link, nobody's or this company's."""
    if not key or not key.isascii():
        return None
    rows = Diagnostic.objects.finished().filter(run__key=key, depth=Depth.FLASH)
    found = rows.first()
    return found if found and found.company_id in {None, company.pk} else None


@member
@require_http_methods(_METHODS)
def appointment(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Show a visit of one's company; its button calls it off."""
    row = _own(request, pk)
    refusal = ""
    if request.method == "POST":
        try:
            services.cancel(appointment_id=row.pk, now=timezone.now())
        except DomainError as refused:
            refusal = refused.message
        else:
            return redirect("diagnostics:appointment", row.pk)
    context = {
        "appointment": row,
        "place": services.place_of(row.company),
        "is_to_come": row.cancelled_at is None and row.starts_at > timezone.now(),
        "refusal": refusal,
    }
    return render(request, "diagnostics/appointment.html", context, status=409 if refusal else 200)


@member
@require_safe
def entry(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Give the calendar entry of a visit."""
    return calendar_response([_own(request, pk)])


def calendar_response(rows: list[Appointment]) -> HttpResponse:
    """Return visits as a calendar."""
    content = services.calendar_of(rows)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="visites.ics"'
    return response


def _own(request: MemberRequest, pk: UUID) -> Appointment:
    rows = Appointment.objects.of(request.user)
    return get_object_or_404(rows.select_related("adviser__user", "company__commune"), pk=pk)


@member
@require_safe
def document(request: MemberRequest, diagnostic_id: int, kind: str) -> HttpResponse:
    """Give the report or the attestation of a signed visit of one's company."""
    own = Diagnostic.objects.of(request.user).filter(pk=diagnostic_id)
    return document_response(own, kind)


def document_response(diagnostics: QuerySet[Diagnostic], kind: str) -> HttpResponse:
    """Return a paper of the first of these diagnostics; 404 when there is none (yet)."""
    paper = DiagnosticDocument.objects.filter(diagnostic__in=diagnostics, kind=kind).first()
    if paper is None:
        raise Http404
    return pdf_response(bytes(paper.content), f"{kind}-{paper.diagnostic_id}.pdf")
