"""The charter: its text and its register for everyone, the adhesion for a company's people."""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from directory.charter import register as reading
from directory.charter.rules import rules
from directory.charter.states import leads_to
from directory.charter_forms import EvidenceForm, RecognitionForm, RegisterFilter, SignatureForm
from directory.enums import AdhesionEventKind, AdhesionStatus, CharterClause, MembershipRole
from directory.models import Adhesion, Charter, Company, Evidence, Recognition
from directory.services import charter as services
from directory.services import charter_recognition
from emn.accounts.requests import MemberRequest
from emn.lib.access import member, public
from emn.lib.api.reading import LICENCE, LICENCE_URL
from emn.lib.errors import DomainError
from emn.lib.storage import kept_file
from emn.lib.tables import write_csv


@public
@require_safe
def current(request: HttpRequest) -> HttpResponse:
    """Show the charter that is in effect."""
    return _text(request, Charter.objects.in_effect(on=timezone.localdate()).first())


@public
@require_safe
def version(request: HttpRequest, version: str) -> HttpResponse:
    """Show one version, old or new."""
    return _text(request, get_object_or_404(Charter, version=version))


def _text(request: HttpRequest, charter: Charter | None) -> HttpResponse:
    today = timezone.localdate()
    newest = Charter.objects.in_effect(on=today).first()
    context = {
        "charter": charter,
        "is_current": charter is not None and charter == newest,
        "newest": newest,
        "versions": Charter.objects.order_by("-valid_from", "-pk"),
        "signatories": Adhesion.objects.in_force(on=today).count(),
        "today": today,
        "months": rules().term_months,
    }
    return render(request, "directory/charter/text.html", context)


@public
@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """List the signatories, with their state today."""
    form = RegisterFilter(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    today = timezone.localdate()
    page = reading.register_page(
        on=today,
        state=asked.get("etat", ""),
        words=asked.get("q", "").strip(),
        number=request.GET.get("page"),
    )
    context = {
        "form": form,
        "page": page,
        "today": today,
        "filtered": bool(asked.get("q") or asked.get("etat")),
        "recognised": reading.recognised(on=today),
        "history_months": rules().history_months,
    }
    return render(request, "directory/charter/register.html", context)


@public
@require_safe
def signatory(request: HttpRequest, siren: str) -> HttpResponse:
    """Show one signatory and all that happened to its adhesion."""
    found = reading.signatory(siren, on=timezone.localdate())
    if found is None:
        raise Http404
    return render(request, "directory/charter/signatory.html", {"signatory": found})


@public
@require_safe
def register_csv(request: HttpRequest) -> HttpResponse:
    """Give the register as a table: one line an adhesion."""
    today = timezone.localdate()
    file = BytesIO()
    rows = reading.records(on=today)
    cells = ([_cell(row[name]) for name in reading.COLUMNS] for row in rows)
    write_csv(file, _with_header(cells))
    response = HttpResponse(file.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="charte-signataires-{today}.csv"'
    return response


@public
@require_safe
def register_json(request: HttpRequest) -> HttpResponse:
    """Give the register whole: the texts, the adhesions and their history."""
    content = {"licence": LICENCE, "licence_url": LICENCE_URL}
    content |= reading.whole(on=timezone.localdate())
    text = json.dumps(content, ensure_ascii=False, default=str)
    return HttpResponse(text, content_type="application/json")


def _with_header(cells: Any) -> Any:
    yield list(reading.COLUMNS)
    yield from cells


def _cell(value: object) -> str:
    return "" if value is None else str(value)


@member
@require_safe
def adhesions(request: MemberRequest) -> HttpResponse:
    """List the person's companies: where each stands with the charter, and what comes next."""
    today = timezone.localdate()
    companies = (
        Company.objects.filter(memberships__user=request.user, providers__isnull=False)
        .select_related("commune")
        .distinct()
        .order_by("name", "pk")
    )
    held: dict[int, list[Adhesion]] = {}
    for row in Adhesion.objects.of(request.user).select_related("company").order_by("-pk"):
        held.setdefault(row.company_id, []).append(row)
    asked: dict[int, list[Recognition]] = {}
    for request_row in Recognition.objects.filter(company__in=companies).order_by("-pk"):
        asked.setdefault(request_row.company_id, []).append(request_row)
    context = {
        "companies": [
            {
                "company": company,
                "adhesions": [(row, row.how_on(today)) for row in held.get(company.pk, [])],
                "may_start": _may_start(held.get(company.pk, []), today),
                "renews": any(row.is_standing for row in held.get(company.pk, [])),
                "recognitions": asked.get(company.pk, []),
            }
            for company in companies
        ],
    }
    return render(request, "directory/charter/adhesions.html", context)


def _may_start(held: list[Adhesion], today: Any) -> bool:
    """Tell whether to offer to sign; the service has the last word."""
    if any(row.is_in_preparation for row in held):
        return False
    standing = [row for row in held if row.is_standing]
    return all(services.may_renew(row, on=today) for row in standing)


@member
@require_POST
def start(request: MemberRequest, siret: str) -> HttpResponse:
    """Begin, or renew, the adhesion of one's own company."""
    company = get_object_or_404(Company, siret=siret, memberships__user=request.user)
    try:
        begun = services.start_adhesion(
            company_id=company.pk, user_id=request.user.pk, now=timezone.now()
        )
    except Company.DoesNotExist as gone:
        raise Http404 from gone
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("charter:adhesions")
    return redirect("charter:adhesion", begun.pk)


@member
@require_safe
def adhesion(request: MemberRequest, adhesion_id: int) -> HttpResponse:
    """Show one's adhesion: where it stands, its documents, and what to do next."""
    return _adhesion_page(request, _own(request, adhesion_id), EvidenceForm())


def _adhesion_page(request: MemberRequest, row: Adhesion, form: EvidenceForm) -> HttpResponse:
    if row.status == AdhesionStatus.DRAFT:
        return redirect("charter:sign", row.pk)
    today = timezone.localdate()
    pieces = list(row.evidence.order_by("added_at", "pk"))
    attested = {clause for piece in pieces for clause in piece.clauses}
    status = row.status_on(today)
    context = {
        "adhesion": row,
        "company": row.company,
        "status": status,
        "how": row.how_on(today),
        "pieces": pieces,
        "kinds": rules().evidence_kinds.values(),
        "commitments": [
            (CharterClause(code).label, code in attested) for code in CharterClause.values
        ],
        "form": form,
        "takes_pieces": status in services.TAKES_EVIDENCE,
        "may_submit": row.status == AdhesionStatus.SIGNED,
        "may_resign": leads_to(AdhesionEventKind.RESIGNED, status) is not None
        and row.company.memberships.filter(user=request.user, role=MembershipRole.OWNER).exists(),
        "check_days": rules().check_days,
        "today": today,
    }
    return render(request, "directory/charter/adhesion.html", context)


@member
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: MemberRequest, adhesion_id: int) -> HttpResponse:
    """Read the charter and sign it."""
    row = _own(request, adhesion_id)
    if row.status != AdhesionStatus.DRAFT:
        return redirect("charter:adhesion", row.pk)
    charter = Charter.objects.in_effect(on=timezone.localdate()).first()
    if charter is None:
        raise Http404
    form = SignatureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.sign(
                adhesion_id=row.pk,
                user_id=request.user.pk,
                signature=form.signature(version_read=request.POST.get("version", "")),
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("C’est signé. Déposez maintenant vos pièces."))
            return redirect("charter:adhesion", row.pk)
    context = {"adhesion": row, "company": row.company, "charter": charter, "form": form}
    return render(request, "directory/charter/sign.html", context)


@member
@require_http_methods(["GET", "HEAD", "POST"])
def evidence_add(request: MemberRequest, adhesion_id: int) -> HttpResponse:
    """Bring one document."""
    row = _own(request, adhesion_id)
    if request.method != "POST":
        return redirect("charter:adhesion", row.pk)
    form = EvidenceForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            services.add_evidence(
                adhesion_id=row.pk,
                user_id=request.user.pk,
                kind=form.cleaned_data["kind"],
                document=form.cleaned_data["file"],
                valid_until=form.cleaned_data["valid_until"],
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("La pièce est déposée."))
            return redirect("charter:adhesion", row.pk)
    return _adhesion_page(request, row, form)


@member
@require_POST
def evidence_remove(request: MemberRequest, evidence_id: int) -> HttpResponse:
    """Take back a document that the centre has not read."""
    piece = _own_piece(request, evidence_id)
    return _act(
        request,
        piece.adhesion_id,
        lambda: services.remove_evidence(evidence_id=piece.pk, user_id=request.user.pk),
        done=_("La pièce est retirée."),
    )


@member
@require_safe
def evidence_file(request: MemberRequest, evidence_id: int) -> HttpResponseBase:
    """Give one's own document back, as a file to keep."""
    piece = _own_piece(request, evidence_id)
    return kept_file(piece.file, piece.name)


@member
@require_safe
def document(request: MemberRequest, adhesion_id: int) -> HttpResponseBase:
    """Give the signed document."""
    row = _own(request, adhesion_id)
    return kept_file(row.document, f"charte-{row.reference}.pdf")


@member
@require_POST
def submit(request: MemberRequest, adhesion_id: int) -> HttpResponse:
    """Hand the documents over to the centre."""
    row = _own(request, adhesion_id)
    return _act(
        request,
        row.pk,
        lambda: services.submit(adhesion_id=row.pk, user_id=request.user.pk, now=timezone.now()),
        done=_("Merci. Le centre lit vos pièces et vous écrit."),
    )


@member
@require_POST
def abandon(request: MemberRequest, adhesion_id: int) -> HttpResponse:
    """Forget a draft."""
    row = _own(request, adhesion_id)
    try:
        services.abandon(adhesion_id=row.pk, user_id=request.user.pk)
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("charter:adhesion", row.pk)
    messages.success(request, _("Rien n’a été signé."))
    return redirect("charter:adhesions")


@member
@require_http_methods(["GET", "HEAD", "POST"])
def resign(request: MemberRequest, adhesion_id: int) -> HttpResponse:
    """Leave the charter, once one has read what that means."""
    row = _own(request, adhesion_id)
    if request.method != "POST":
        context = {"adhesion": row, "company": row.company}
        return render(request, "directory/charter/resign.html", context)
    return _act(
        request,
        row.pk,
        lambda: services.resign(adhesion_id=row.pk, user_id=request.user.pk, now=timezone.now()),
        done=_("L’adhésion est résiliée."),
    )


@member
@require_http_methods(["GET", "HEAD", "POST"])
def recognition(request: MemberRequest, siret: str) -> HttpResponse:
    """Ask that a commitment made elsewhere be recognised."""
    companies = Company.objects.filter(memberships__user=request.user, providers__isnull=False)
    company = get_object_or_404(companies.distinct(), siret=siret)
    form = RecognitionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            asked = charter_recognition.ask_recognition(
                company_id=company.pk,
                user_id=request.user.pk,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            text = _("Votre demande est partie. Le centre vous répond avant le %(day)s.")
            messages.success(request, text % {"day": asked.due_on.strftime("%d/%m/%Y")})
            return redirect("charter:adhesions")
    return render(request, "directory/charter/recognition.html", {"company": company, "form": form})


def _act(
    request: MemberRequest, adhesion_id: int, action: Callable[[], object], *, done: str
) -> HttpResponse:
    """Call a service, say what came of it, and go back to the adhesion."""
    try:
        action()
    except (Adhesion.DoesNotExist, Evidence.DoesNotExist) as gone:
        raise Http404 from gone
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect("charter:adhesion", adhesion_id)


def _own(request: MemberRequest, adhesion_id: int) -> Adhesion:
    """Return an adhesion of one of the person's companies; another's is 404."""
    rows = Adhesion.objects.of(request.user).select_related("company__commune", "charter")
    return get_object_or_404(rows, pk=adhesion_id)


def _own_piece(request: MemberRequest, evidence_id: int) -> Evidence:
    rows = Evidence.objects.filter(adhesion__in=Adhesion.objects.of(request.user))
    return get_object_or_404(rows, pk=evidence_id)
