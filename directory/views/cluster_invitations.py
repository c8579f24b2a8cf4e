"""What an animator's invitation leads to: reading it changes nothing, a button enters."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from directory.cluster_forms import EntryForm
from directory.cluster_queries import needed_by
from directory.models import Company
from directory.services import cluster_invitations as services
from emn.accounts.requests import MemberRequest
from emn.lib.access import member
from emn.lib.errors import DomainError


@member
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: MemberRequest, token: str) -> HttpResponse:
    """Show the grappe to whoever was invited, and let one of its companies in."""
    row = services.invitation_of(token, now=timezone.now())
    if row is None:
        return render(request, "directory/clusters/invitation_over.html", status=404)
    if not row.is_for(user_id=request.user.pk):
        elsewhere = {"invitation": row, "cluster": row.cluster}
        return render(request, "directory/clusters/invitation_elsewhere.html", elsewhere)
    companies = Company.objects.bound_by(request.user.pk).filter(closed_on=None)
    form = EntryForm(
        request.POST if request.method == "POST" else None,
        companies=companies.order_by("name", "pk"),
        needed=needed_by(row.cluster),
    )
    if form.is_valid():
        try:
            stay = services.accept(
                invitation_id=row.pk, company_id=form.cleaned_data["company"].pk,
                user_id=request.user.pk, kind=form.cleaned_data["kind"], now=timezone.now(),
                **form.values,
            )  # fmt: skip
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        except ObjectDoesNotExist as error:
            raise Http404 from error
        else:
            messages.success(request, _("Votre entreprise est membre de la grappe."))
            return redirect("clusters:own", stay.pk)
    context: dict[str, Any] = {
        "invitation": row,
        "cluster": row.cluster,
        "form": form,
        "has_company": companies.exists(),
    }
    return render(request, "directory/clusters/invitation.html", context)
