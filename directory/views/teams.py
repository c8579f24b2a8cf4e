"""The team of a company: who acts for it, whom it invites, leaving it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from directory.dossier_forms import InvitationForm
from directory.enums import MembershipRole
from directory.models import Company
from directory.services import teams as services
from emn.accounts.requests import MemberRequest
from emn.lib.access import member
from emn.lib.db import posted_key
from emn.lib.errors import DomainError

_METHODS = ["GET", "HEAD", "POST"]


@member
@require_http_methods(_METHODS)
def team(request: MemberRequest, company_id: int) -> HttpResponse:
    """List the team; whoever is responsible invites, gives roles and removes; anyone leaves."""
    company = get_object_or_404(Company, pk=company_id, memberships__user=request.user)
    asked = request.POST.get("do", "") if request.method == "POST" else ""
    if asked not in {"", "invite"}:
        return _act(request, company, asked)
    form = InvitationForm(request.POST if asked else None)
    if form.is_valid():
        try:
            services.invite(
                company_id=company.pk, by_id=request.user.pk, now=timezone.now(),
                **form.cleaned_data,
            )  # fmt: skip
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        except ObjectDoesNotExist as error:
            raise Http404 from error
        else:
            messages.success(request, _("L’invitation part par courriel."))
            return redirect("dossier:team", company.pk)
    people = company.memberships.select_related("user").order_by("joined_at", "pk")
    own = next(link for link in people if link.user_id == request.user.pk)
    context = {
        "company": company,
        "people": people,
        "own": own,
        "is_responsible": own.role == MembershipRole.OWNER,
        "invitations": company.team_invitations.pending().order_by("-invited_at", "-pk"),
        "now": timezone.now(),
        "form": form,
    }
    return render(request, "directory/dossier/team.html", context)


def _act(request: MemberRequest, company: Company, asked: str) -> HttpResponse:
    """Do what a button asks, say how it went, and come back."""
    row = posted_key(request.POST.get("key"))
    who: dict[str, Any] = {
        "company_id": company.pk, "by_id": request.user.pk, "now": timezone.now(),
    }  # fmt: skip
    acts: dict[str, tuple[Callable[[], object], str]] = {
        "cancel": (
            lambda: services.take_back_invitation(invitation_id=row, **who),
            _("L’invitation ne vaut plus rien."),
        ),
        "owner": (
            lambda: services.change_role(membership_id=row, role=MembershipRole.OWNER, **who),
            _("Cette personne est maintenant responsable."),
        ),
        "editor": (
            lambda: services.change_role(membership_id=row, role=MembershipRole.EDITOR, **who),
            _("Cette personne est maintenant rédactrice."),
        ),
        "remove": (
            lambda: services.remove(membership_id=row, **who),
            _("Cette personne ne fait plus partie de l’équipe."),
        ),
        "leave": (
            lambda: services.leave(
                company_id=company.pk, user_id=request.user.pk, now=timezone.now()
            ),
            _("Vous ne faites plus partie de l’équipe."),
        ),
    }
    if asked not in acts:
        raise Http404
    act, done = acts[asked]
    try:
        act()
    except DomainError as refusal:
        messages.error(request, refusal.message)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    else:
        messages.success(request, done)
        if asked == "leave":
            return redirect("dossier:files")
    return redirect("dossier:team", company.pk)


@member
@require_http_methods(_METHODS)
def invitation(request: MemberRequest, token: str) -> HttpResponse:
    """Show an invitation to whoever holds its link; accept it by a button."""
    row = services.invitation_of(token, now=timezone.now())
    if row is None:
        return render(request, "directory/dossier/invitation_over.html", status=404)
    if request.method == "POST":
        try:
            company = services.accept(
                invitation_id=row.pk, user_id=request.user.pk, now=timezone.now()
            )
        except DomainError as refusal:
            messages.error(request, refusal.message)
        except ObjectDoesNotExist as error:
            raise Http404 from error
        else:
            messages.success(request, _("Vous faites partie de l’équipe."))
            return redirect("dossier:file", company.pk)
    context = {
        "invitation": row,
        "may_accept": row.is_for(user_id=request.user.pk),
    }
    return render(request, "directory/dossier/invitation.html", context)
