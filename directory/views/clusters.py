"""Grappes as everyone reads them, and the request of a firm to enter one."""

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from directory.cluster_forms import JoinForm
from directory.cluster_queries import needed_by, sheet, summaries
from directory.clusters.rules import (
    KINDS_TO_BE_PUBLIC,
    MEMBERS_OF_A_CLUSTER,
    MEMBERS_TO_BE_PUBLIC,
)
from directory.models import Cluster, Company
from directory.services import clusters as services
from emn.accounts.requests import MemberRequest
from emn.lib.access import member, public
from emn.lib.errors import DomainError

_METHODS = ["GET", "HEAD", "POST"]
PER_PAGE = 20


@public
@require_safe
def cluster_list(request: HttpRequest) -> HttpResponse:
    """List the grappes that have members enough."""
    rows = Cluster.objects.public().select_related("theme").order_by("name", "pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "summaries": summaries(list(page.object_list)),
        "members_needed": MEMBERS_TO_BE_PUBLIC,
        "kinds_needed": KINDS_TO_BE_PUBLIC,
        "members_of_a_cluster": MEMBERS_OF_A_CLUSTER,
    }
    return render(request, "directory/clusters/list.html", context)


@public
@require_safe
def cluster(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a grappe: objective, charter, members, skills, commitments, figures."""
    found = get_object_or_404(Cluster.objects.public().select_related("theme"), slug=slug)
    now = timezone.now()
    context = {"cluster": found, "sheet": sheet(found, now=now), "today": timezone.localdate(now)}
    return render(request, "directory/clusters/cluster.html", context)


@member
@require_http_methods(_METHODS)
def join(request: MemberRequest, slug: str) -> HttpResponse:
    """Ask to enter a grappe, for a company that one commits."""
    found = get_object_or_404(Cluster.objects.public().select_related("theme"), slug=slug)
    own = Company.objects.bound_by(request.user.pk)
    companies = own.filter(closed_on=None).order_by("name", "pk")
    form = JoinForm(
        request.POST if request.method == "POST" else None,
        companies=companies,
        needed=needed_by(found),
    )
    if form.is_valid():
        given = form.cleaned_data
        try:
            stay = services.ask_to_join(
                cluster_id=found.pk, company_id=given["company"].pk, user_id=request.user.pk,
                kind=given["kind"], motive=given["motive"], now=timezone.now(), **form.values,
            )  # fmt: skip
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        except ObjectDoesNotExist as error:
            raise Http404 from error
        else:
            messages.success(request, _("La demande est partie. La réponse vient par courriel."))
            return redirect("clusters:own", stay.pk)
    context = {"cluster": found, "form": form, "has_company": bool(companies)}
    return render(request, "directory/clusters/join.html", context)
