"""The chest of reversibility: only the people of a company see it; for others it is 404."""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from directory.enums import AssetKind, AssetState
from directory.models import Asset, Company, Project
from directory.reversibility_forms import HELPS, ProjectForm, asset_rows
from directory.services import reversibility as services
from emn.accounts.requests import MemberRequest
from emn.lib.access import member
from emn.lib.errors import DomainError
from emn.lib.pdf import render_pdf
from emn.lib.tables import write_csv

_METHODS = ["GET", "HEAD", "POST"]


@member
@require_http_methods(_METHODS)
def chest(request: MemberRequest) -> HttpResponse:
    """List one's projects, with what is missing of each, and add one."""
    companies = Company.objects.filter(memberships__user=request.user).order_by("name", "pk")
    form = ProjectForm(request.POST if request.method == "POST" else None, companies=companies)
    if form.is_valid():
        given = form.cleaned_data
        try:
            project = services.add_project(
                company_id=given["company"].pk,
                user_id=request.user.pk,
                name=given["name"],
                supplier=given["supplier"],
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("reversibility:project", project.pk)
    rows = Project.objects.of(request.user).select_related("company").prefetch_related("assets")
    context = {
        "form": form,
        "has_company": bool(companies),
        "several": len(companies) > 1,
        "projects": [(project, _counts(project)) for project in rows.order_by("name", "pk")],
    }
    return render(request, "directory/reversibility/chest.html", context)


def _counts(project: Project) -> dict[str, int]:
    states = [asset.state for asset in project.assets.all()]
    return {
        "held": states.count(AssetState.HELD),
        "missing": states.count(AssetState.MISSING),
        "unknown": states.count(AssetState.UNKNOWN),
    }


@member
@require_http_methods(_METHODS)
def project(request: MemberRequest, project_id: int) -> HttpResponse:
    """Show and write the seven things to hold."""
    row = _own(request, project_id)
    assets = _assets(row)
    rows = asset_rows(request.POST if request.method == "POST" else None, assets)
    if request.method == "POST" and rows.is_valid():
        values = {
            str(kind): form.cleaned_data for kind, form in zip(AssetKind, rows.forms, strict=False)
        }
        reviewed = request.POST.get("do") == "reviewed"
        try:
            services.write_assets(
                project_id=row.pk,
                user_id=request.user.pk,
                values=values,
                reviewed=reviewed,
                now=timezone.now(),
            )
        except DomainError as refusal:
            messages.error(request, refusal.message)
        else:
            done = _("C’est relu. Nous vous le rappelons dans six mois.")
            messages.success(request, done if reviewed else _("C’est gardé."))
            return redirect("reversibility:project", row.pk)
    today = timezone.localdate()
    context = {
        "project": row,
        "rows": rows,
        "counts": _counts(row),
        "stale": [asset.get_kind_display() for asset in assets if _is_old(asset, today)],
    }
    return render(request, "directory/reversibility/project.html", context)


def _is_old(asset: Asset, today: Any) -> bool:
    return asset.state == AssetState.HELD and asset.is_stale(on=today)


@member
@require_POST
def delete(request: MemberRequest, project_id: int) -> HttpResponse:
    """Take a project out."""
    row = _own(request, project_id)
    services.delete_project(project_id=row.pk, user_id=request.user.pk)
    messages.success(request, _("Le projet est retiré du coffre."))
    return redirect("reversibility:chest")


@member
@require_safe
def export_csv(request: MemberRequest, project_id: int) -> HttpResponse:
    """Give the seven lines as a table."""
    row = _own(request, project_id)
    file = BytesIO()
    header = [_("Élément"), _("État"), _("Au nom de qui"), _("Où"), _("Vérifié le")]
    lines = [
        [
            str(asset.get_kind_display()),
            str(asset.get_state_display()),
            asset.holder,
            asset.place,
            asset.checked_on.isoformat() if asset.checked_on else "",
        ]
        for asset in _assets(row)
    ]
    write_csv(file, [header, *lines])
    response = HttpResponse(file.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="coffre-{row.pk}.csv"'
    return response


@member
@require_safe
def export_pdf(request: MemberRequest, project_id: int) -> HttpResponse:
    """Give the project as a document to keep."""
    row = _own(request, project_id)
    now = timezone.now()
    data = {
        "language": get_language() or "fr",
        "centre": settings.CENTRE_NAME,
        "title": _("Coffre de réversibilité : %(project)s") % {"project": row.name},
        "company": row.company.name,
        "supplier": row.supplier,
        "made": date_format(timezone.localtime(now), "DATE_FORMAT"),
        "reviewed": date_format(row.reviewed_on, "DATE_FORMAT"),
        "assets": [
            {
                "kind": str(asset.get_kind_display()),
                "help": str(HELPS[AssetKind(asset.kind)]),
                "state": str(asset.get_state_display()),
                "is_held": asset.state == AssetState.HELD,
                "holder": asset.holder,
                "place": asset.place,
                "checked": date_format(asset.checked_on, "DATE_FORMAT") if asset.checked_on else "",
            }
            for asset in _assets(row)
        ],
        "words": {
            "company": _("Entreprise"),
            "supplier": _("Prestataire actuel"),
            "reviewed": _("Relu le"),
            "asset": _("Élément"),
            "state": _("État"),
            "holder": _("Au nom de qui"),
            "place": _("Où"),
            "checked": _("Vérifié le"),
            "no_secret": _("Ce document ne contient aucun mot de passe : il dit où ils sont."),
            "page": _("page"),
            "of": _("sur"),
        },
    }
    content = render_pdf("directory/reversibility/project.typ", data, at=now)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="coffre-{row.pk}.pdf"'
    return response


def _own(request: MemberRequest, project_id: int) -> Project:
    rows = Project.objects.of(request.user).select_related("company").prefetch_related("assets")
    return get_object_or_404(rows, pk=project_id)


def _assets(row: Project) -> list[Asset]:
    """Return the seven in the order of `AssetKind`."""
    order = list(AssetKind.values)
    found = sorted(row.assets.all(), key=lambda asset: order.index(asset.kind))
    if len(found) != len(order):
        raise Http404
    return found
