"""Complaints: the public register, the author’s pages, the provider’s.

The author needs no account: the secret of its address is the proof. Links open pages; buttons act.
"""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from directory.charter import register as charter_register
from directory.complaint_forms import (
    ComplaintForm,
    FileForm,
    GroundForm,
    OwnComplaintForm,
    ReplyForm,
)
from directory.complaints import register as reading
from directory.complaints.rules import rules
from directory.enums import ComplaintSide, ComplaintStatus
from directory.models import Adhesion, CommitteeCase, Complaint, TrustContest
from directory.services import committee
from directory.services import complaints as services
from emn.accounts.requests import MemberRequest
from emn.lib.access import member, open_form, public, token
from emn.lib.api.reading import LICENCE, LICENCE_URL
from emn.lib.errors import DomainError
from emn.lib.storage import kept_file
from emn.lib.tables import write_csv

_METHODS = ["GET", "HEAD", "POST"]
_ANSWERABLE = (ComplaintStatus.REPLY, ComplaintStatus.NO_REPLY)


# --- The register ---


@public
@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """Say how complaints are handled, how many there were, and what was decided."""
    context = {
        "figures": reading.public_figures(),
        "decisions": reading.decisions(),
        "rules": rules(),
    }
    return render(request, "directory/complaints/register.html", context)


@public
@require_safe
def decisions_csv(request: HttpRequest) -> HttpResponse:
    """Give the anonymised decisions as a table."""
    file = BytesIO()
    write_csv(file, _table())
    response = HttpResponse(file.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="charte-decisions.csv"'
    return response


def _table() -> Any:
    yield list(reading.COLUMNS)
    for row in reading.decisions():
        cells = row | {"clauses": ", ".join(row["clauses"]), "month": f"{row['month']:%Y-%m}"}
        yield [str(cells[name]) for name in reading.COLUMNS]


@public
@require_safe
def decisions_json(request: HttpRequest) -> HttpResponse:
    """Give the figures and the anonymised decisions as data; a hidden figure is null."""
    figures = reading.public_figures()
    content = {
        "licence": LICENCE,
        "licence_url": LICENCE_URL,
        "figures": dict(figures.lines)
        | {"median_days": figures.median_days, "hidden_under": figures.fewest},
        "decisions": [row | {"month": f"{row['month']:%Y-%m}"} for row in reading.decisions()],
    }
    return HttpResponse(json.dumps(content, ensure_ascii=False), content_type="application/json")


# --- The author ---


@public
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Find whom the complaint is about, among who signed the charter."""
    words = request.GET.get("q", "").strip()[:100]
    page = None
    if words:
        today = timezone.localdate()
        page = charter_register.register_page(on=today, state="", words=words, number=None)
    return render(request, "directory/complaints/start.html", {"words": words, "page": page})


@csrf_exempt
@open_form
@require_http_methods(_METHODS)
def new(request: HttpRequest, siren: str) -> HttpResponse:
    """Write a complaint; the answer is the same for every address."""
    adhesion = _signed_by(siren)
    form = ComplaintForm(request.POST if request.method == "POST" else None, request=request)
    if form.is_valid():
        services.file_complaint(
            siren=siren,
            values=form.values(),
            language=get_language() or "fr",
            user_id=None,
            now=timezone.now(),
        )
        return redirect("complaints:sent")
    context = {"form": form, "company": adhesion.company, "siren": siren}
    return render(request, "directory/complaints/new.html", context)


@member
@require_http_methods(_METHODS)
def own_new(request: MemberRequest, siren: str) -> HttpResponse:
    """Write a complaint from one’s account: it is confirmed at once."""
    adhesion = _signed_by(siren)
    form = OwnComplaintForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            filed = services.file_complaint(
                siren=siren,
                values=form.values(),
                language=get_language() or "fr",
                user_id=request.user.pk,
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("complaints:follow", services.token(filed.pk, services.FOLLOW))
    context = {"form": form, "company": adhesion.company, "siren": siren, "is_own": True}
    return render(request, "directory/complaints/new.html", context)


def _signed_by(siren: str) -> Adhesion:
    try:
        return services.signed_by(siren)
    except Adhesion.DoesNotExist as gone:
        raise Http404 from gone


@public
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Say what comes next, the same for every address."""
    return render(request, "directory/complaints/sent.html")


@csrf_exempt
@token
@require_http_methods(_METHODS)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show the complaint that is about to leave; the button sends it, opening the page does not."""
    complaint = _held(token, services.CONFIRM)
    refusal = ""
    if request.method == "POST":
        try:
            services.confirm_complaint(complaint_id=complaint.pk, now=timezone.now())
        except DomainError as refused:
            refusal = refused.message
        complaint = _held(token, services.CONFIRM)
    follow_url = services.path(complaint.pk, services.FOLLOW, get_language() or "fr")
    context = {"complaint": complaint, "refusal": refusal, "follow_url": follow_url}
    return render(request, "directory/complaints/confirm.html", context)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Say where the complaint stands; bring a document, appeal, take it back."""
    complaint = _followed(token)
    side = ComplaintSide.COMPLAINANT
    said, form_file, form_ground = request.GET.get("dit", ""), FileForm(), GroundForm()
    refusal: str | None = ""
    if request.method == "POST":
        act = request.POST.get("do", "")
        form_file = FileForm(request.POST, request.FILES) if act == "file" else form_file
        form_ground = GroundForm(request.POST) if act == "appeal" else form_ground
        acts: dict[str, tuple[forms.Form | None, Callable[[], object]]] = {
            "file": (form_file, lambda: _add_file(complaint, side, form_file)),
            "appeal": (form_ground, lambda: _appeal(complaint, side, form_ground, None)),
            "withdraw": (None, lambda: _withdraw(complaint)),
        }
        refusal = _do(acts, act)
        if refusal is None:
            response = redirect("complaints:follow", token)
            response["Location"] += f"?dit={act}"
            return response
    context = _dossier(complaint, side) | {
        "token": token,
        "said": said,
        "refusal": refusal,
        "file_form": form_file,
        "ground_form": form_ground,
        "may_withdraw": services.may_withdraw(complaint),
    }
    return render(request, "directory/complaints/follow.html", context)


@token
@require_safe
def follow_file(request: HttpRequest, token: str, file_id: int) -> HttpResponseBase:
    """Give a document of the file, as one to keep."""
    return _file(_followed(token), file_id)


# --- The provider ---


@member
@require_safe
def mine(request: MemberRequest) -> HttpResponse:
    """List what was said against one’s companies, and what one filed."""
    today = timezone.localdate()
    against = Complaint.objects.against_companies_of(request.user).select_related("company")
    filed = Complaint.objects.made_by(request.user).select_related("company")
    language = get_language() or "fr"
    context = {
        "against": [(row, row.is_late(on=today)) for row in against.order_by("-pk")],
        "filed": [
            (row, services.path(row.pk, services.FOLLOW, language)) for row in filed.order_by("-pk")
        ],
    }
    return render(request, "directory/complaints/mine.html", context)


@member
@require_http_methods(_METHODS)
def own(request: MemberRequest, complaint_id: int) -> HttpResponse:
    """Show the provider what is said against it; answer, bring a document, appeal."""
    complaint = _against(request, complaint_id)
    side, user_id = ComplaintSide.PROVIDER, request.user.pk
    refusal: str | None = ""
    form_file, form_ground, form_reply = FileForm(), GroundForm(), ReplyForm()
    if request.method == "POST":
        act = request.POST.get("do", "")
        form_file = FileForm(request.POST, request.FILES) if act == "file" else form_file
        form_ground = GroundForm(request.POST) if act == "appeal" else form_ground
        form_reply = ReplyForm(request.POST) if act == "reply" else form_reply
        acts: dict[str, tuple[forms.Form | None, Callable[[], object]]] = {
            "file": (form_file, lambda: _add_file(complaint, side, form_file)),
            "appeal": (form_ground, lambda: _appeal(complaint, side, form_ground, user_id)),
            "reply": (
                form_reply,
                lambda: services.reply(
                    complaint_id=complaint.pk,
                    user_id=user_id,
                    text=form_reply.cleaned_data["text"],
                    now=timezone.now(),
                ),
            ),
        }
        refusal = _do(acts, act)
        if refusal is None:
            messages.success(request, _("C’est noté."))
            return redirect("complaints:own", complaint.pk)
    context = _dossier(complaint, side) | {
        "refusal": refusal,
        "file_form": form_file,
        "ground_form": form_ground,
        "reply_form": form_reply,
        "may_reply": complaint.status in _ANSWERABLE,
    }
    return render(request, "directory/complaints/own.html", context)


@member
@require_safe
def own_file(request: MemberRequest, complaint_id: int, file_id: int) -> HttpResponseBase:
    """Give a document of the file to the provider, as one to keep."""
    return _file(_against(request, complaint_id), file_id)


@member
@require_http_methods(_METHODS)
def contest_appeal(request: MemberRequest, contest_id: int) -> HttpResponse:
    """Bring the rejection of one’s contest of the index before the committee."""
    rows = TrustContest.objects.filter(file__provider__company__memberships__user=request.user)
    contest = get_object_or_404(rows.select_related("file__provider"), pk=contest_id)
    form = GroundForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            committee.appeal_contest(
                contest_id=contest.pk,
                user_id=request.user.pk,
                ground=form.cleaned_data["ground"],
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Votre appel est déposé. Le comité décide sous 60 jours."))
            return redirect("directory:trust_own", contest.file.provider_id)
    context = {"contest": contest, "provider": contest.file.provider, "form": form}
    return render(request, "directory/complaints/contest_appeal.html", context)


# --- Steps ---


def _do(acts: dict[str, tuple[forms.Form | None, Callable[[], object]]], act: str) -> str | None:
    """Act; return None when it was done, else why it was not (empty: the form says)."""
    if act not in acts:
        raise Http404
    form, action = acts[act]
    if form is not None and not form.is_valid():
        return ""
    try:
        action()
    except Complaint.DoesNotExist as gone:
        raise Http404 from gone
    except DomainError as refused:
        return refused.message
    return None


def _add_file(complaint: Complaint, side: ComplaintSide, form: FileForm) -> None:
    services.add_file(
        complaint_id=complaint.pk,
        side=side,
        document=form.cleaned_data["file"],
        now=timezone.now(),
    )


def _appeal(
    complaint: Complaint, side: ComplaintSide, form: GroundForm, user_id: int | None
) -> None:
    services.appeal(
        complaint_id=complaint.pk,
        side=side,
        user_id=user_id,
        ground=form.cleaned_data["ground"],
        now=timezone.now(),
    )


def _withdraw(complaint: Complaint) -> None:
    services.withdraw(complaint_id=complaint.pk, by_id=None, now=timezone.now())


def _dossier(complaint: Complaint, side: ComplaintSide) -> dict[str, Any]:
    """Return what both parties read of the file."""
    decided = CommitteeCase.objects.filter(complaint=complaint, decided_at__isnull=False)
    return {
        "complaint": complaint,
        "side": side.value,
        "events": complaint.events.order_by("at", "pk"),
        "files": complaint.files.order_by("pk"),
        "decided": list(decided.order_by("pk")),
        "may_appeal": complaint.status == ComplaintStatus.DECIDED
        and not complaint.is_late(on=timezone.localdate()),
        "is_late": complaint.is_late(on=timezone.localdate()),
    }


def _file(complaint: Complaint, file_id: int) -> HttpResponseBase:
    row = get_object_or_404(complaint.files, pk=file_id)
    return kept_file(row.file, row.name)


def _held(value: str, purpose: str) -> Complaint:
    complaint = services.complaint_of(value, purpose)
    if complaint is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    return complaint


def _followed(value: str) -> Complaint:
    complaint = _held(value, services.FOLLOW)
    if complaint.confirmed_at is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    return complaint


def _against(request: MemberRequest, complaint_id: int) -> Complaint:
    rows = Complaint.objects.against_companies_of(request.user).select_related("company__commune")
    return get_object_or_404(rows, pk=complaint_id)
