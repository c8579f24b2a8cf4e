"""The file of a company: all of it for its people; for advisers, what the company shares."""

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from directory import dossier
from directory.models import Company, Recommendation, SharedItem
from directory.services import dossier as services
from directory.views.joining import find_company
from emn.accounts.requests import MemberRequest
from emn.lib.access import member, staff

_METHODS = ["GET", "HEAD", "POST"]
FILES_PER_PAGE = 50


@member
@require_safe
def files(request: MemberRequest) -> HttpResponse:
    """Lead to the file of one’s company, or list those of all."""
    companies = list(Company.objects.filter(memberships__user=request.user).order_by("name", "pk"))
    if len(companies) == 1:
        return redirect("dossier:file", companies[0].pk)
    return render(request, "directory/dossier/files.html", {"companies": companies})


@member
@require_safe
def join(request: MemberRequest) -> HttpResponseBase:
    """Find one's company, to ask for its file: it may buy digital services and sell none."""
    return find_company(request, "directory/dossier/join.html")


@member
@require_http_methods(_METHODS)
def file(request: MemberRequest, company_id: int) -> HttpResponse:
    """Show what happened and what comes next; share a line, or take it back."""
    mine = Company.objects.filter(memberships__user=request.user).select_related("commune")
    company = get_object_or_404(mine, pk=company_id)
    if request.method == "POST":
        sharing = request.POST.get("do") == "share"
        act = services.share if sharing else services.take_back
        try:
            act(
                company_id=company.pk,
                user_id=request.user.pk,
                key=request.POST.get("key", "").replace("\x00", ""),
                now=timezone.now(),
            )
        except ObjectDoesNotExist as error:
            raise Http404 from error
        done = _("C’est partagé avec les conseillers du centre.")
        messages.success(request, done if sharing else _("Ce n’est plus partagé."))
        return redirect(request.get_full_path())
    context = {
        "company": company,
        "file": dossier.file_of(company, reader=request.user, before=_before(request)),
        "people": company.memberships.count(),
    }
    return render(request, "directory/dossier/file.html", context)


@staff("directory.read_dossier")
@require_safe
def shared_files(request: HttpRequest) -> HttpResponse:
    """List the companies that share something with the advisers."""
    words = request.GET.get("q", "").strip()
    shares = SharedItem.objects.standing().filter(company=OuterRef("pk"))
    rows = Company.objects.filter(Exists(shares)).select_related("commune")
    if words:
        digits = words.replace(" ", "")
        rows = rows.filter(Q(name__icontains=words) | Q(siret__startswith=digits))
    page = Paginator(rows.order_by("name", "pk"), FILES_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "directory/dossier/shared_files.html", {"page": page, "words": words})


@staff("directory.read_dossier")
@require_safe
def shared_file(request: HttpRequest, company_id: int) -> HttpResponse:
    """Show an adviser what a company shares, and what agents recommended to it, with why."""
    rows = Company.objects.filter(pk__in=SharedItem.objects.standing().values("company"))
    company = get_object_or_404(rows.select_related("commune"), pk=company_id)
    recommendations = (
        Recommendation.objects.filter(need__company=company)
        .select_related("need__service", "made_by")
        .order_by("-made_at", "-pk")
    )
    context = {
        "company": company,
        "file": dossier.shared_file_of(company, before=_before(request)),
        "recommendations": recommendations,
    }
    return render(request, "directory/dossier/shared_file.html", context)


def _before(request: HttpRequest) -> datetime | None:
    """Return the instant of `?avant=`, where an older page starts."""
    given = request.GET.get("avant", "")
    if not given:
        return None
    try:
        at = parse_datetime(given)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Http404
    return at
