"""The grappes of one's companies: their answers, their promises, and what animators decide."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from directory.cluster_forms import (
    AgreementForm,
    AnswerForm,
    ContributionForm,
    DropForm,
    EmailInvitationForm,
    KeptForm,
    PromiseForm,
    RemovalForm,
)
from directory.cluster_queries import Summary, needed_by, sheet, summaries
from directory.clusters.rules import KINDS_TO_BE_PUBLIC, MEMBERS_TO_BE_PUBLIC, Standing
from directory.enums import ClusterMemberStatus
from directory.models import ClusterMember
from directory.services import cluster_commitments as commitments
from directory.services import cluster_invitations as invitations
from directory.services import clusters as services
from emn.accounts.requests import MemberRequest
from emn.lib.access import member
from emn.lib.db import posted_key
from emn.lib.errors import DomainError

_METHODS = ["GET", "HEAD", "POST"]


@member
@require_safe
def mine(request: MemberRequest) -> HttpResponse:
    """List the stays of one's companies, those that go on first."""
    rows = ClusterMember.objects.of(request.user.pk).select_related("cluster__theme", "company")
    stays = list(rows.order_by("-opened_at", "-pk"))
    alive = [stay for stay in stays if stay.ended_at is None and stay.cluster.ended_at is None]
    context = {"alive": alive, "over": [stay for stay in stays if stay not in alive]}
    return render(request, "directory/clusters/mine.html", context)


@member
@require_http_methods(_METHODS)
def own(request: MemberRequest, member_id: int) -> HttpResponse:
    """Show one stay and do what its buttons ask."""
    rows = ClusterMember.objects.of(request.user.pk)
    stay = get_object_or_404(rows.select_related("cluster__theme", "company"), pk=member_id)
    asked = request.POST.get("do", "") if request.method == "POST" else ""
    data = request.POST if asked else None
    needed = needed_by(stay.cluster)
    said = {"contribution": stay.contribution, "skills": [row.pk for row in stay.skills.all()]}
    page_forms: dict[str, forms.Form] = {
        "accept": AgreementForm(data if asked == "accept" else None, needed=needed),
        "contribution": ContributionForm(
            data if asked == "contribution" else None, needed=needed, initial=said
        ),
        "promise": PromiseForm(data if asked == "promise" else None),
        "invite": EmailInvitationForm(
            data if asked == "invite" else None, initial={"language": request.user.language}
        ),
    }
    if asked:
        form = page_forms.get(asked) or _ROW_FORMS.get(asked, forms.Form)(data)
        if _done(request, stay, asked, form, is_shown=asked in page_forms):
            return redirect("clusters:own", stay.pk)
    return render(request, "directory/clusters/own.html", _shown(request, stay, page_forms))


_ROW_FORMS: dict[str, type[forms.Form]] = {
    "drop": DropForm,
    "decide": AnswerForm,
    "remove": RemovalForm,
    "keep": KeptForm,
}  # of one row of a list; what is wrong with them is said above the page


def _done(
    request: MemberRequest, stay: ClusterMember, asked: str, form: forms.Form, *, is_shown: bool
) -> bool:
    """Do what is asked and say how it went; False when the form, shown again, is to be mended."""
    act, done = _act(request, stay, asked, form)
    if not form.is_valid():
        if is_shown:
            return False
        for errors in form.errors.values():
            messages.error(request, str(errors[0]))
        return True
    try:
        act()
    except DomainError as refusal:
        if is_shown:
            form.add_error(None, refusal.message)
            return False
        messages.error(request, refusal.message)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    else:
        messages.success(request, done)
    return True


def _act(
    request: MemberRequest, stay: ClusterMember, asked: str, form: Any
) -> tuple[Callable[[], object], str]:
    """Return the service that a button calls, and what is said after it."""
    user, now, row = request.user.pk, timezone.now(), posted_key(request.POST.get("key"))
    own_stay: dict[str, Any] = {"member_id": stay.pk, "user_id": user}
    grappe: dict[str, Any] = {"cluster_id": stay.cluster_id, "by_id": user}
    acts: dict[str, tuple[Callable[[], object], str]] = {
        "accept": (
            lambda: services.accept_invitation(**own_stay, **form.values, now=now),
            _("Votre entreprise est membre de la grappe."),
        ),
        "withdraw": (lambda: services.withdraw(**own_stay, now=now), _("C’est retiré.")),
        "leave": (
            lambda: services.leave(**own_stay, now=now),
            _("Votre entreprise ne fait plus partie de la grappe."),
        ),
        "contribution": (
            lambda: services.write_contribution(**own_stay, **form.values),
            _("C’est gardé."),
        ),
        "promise": (
            lambda: commitments.promise(**own_stay, **form.cleaned_data, now=now),
            _("L’engagement est pris."),
        ),
        "drop": (
            lambda: commitments.drop(
                commitment_id=row, user_id=user, reason=form.cleaned_data["reason"], now=now
            ),
            _("L’engagement est abandonné : il reste sur la page, avec la raison."),
        ),
        "decide": (
            lambda: services.decide(member_id=row, by_id=user, **form.cleaned_data, now=now),
            _("C’est répondu ; l’entreprise est prévenue."),
        ),
        "remove": (
            lambda: services.remove(
                member_id=row, by_id=user, reason=form.cleaned_data["reason"], now=now
            ),
            _("Ce membre est retiré ; il est prévenu."),
        ),
        "invite": (
            lambda: invitations.invite(
                **grappe, **form.cleaned_data, sender=stay.company.name, now=now
            ),
            _("L’invitation part par courriel. Elle vaut trente jours."),
        ),
        "recall": (
            lambda: invitations.take_back(**grappe, invitation_id=row, now=now),
            _("L’invitation ne vaut plus rien."),
        ),
        "keep": (
            lambda: commitments.keep(
                commitment_id=row, by_id=user, kept_on=form.cleaned_data["kept_on"], now=now
            ),
            _("L’engagement est noté comme tenu."),
        ),
    }
    if asked not in acts:
        raise Http404
    return acts[asked]


def _shown(
    request: MemberRequest, stay: ClusterMember, page_forms: dict[str, forms.Form]
) -> dict[str, Any]:
    """Return what the page says: to a member all of the grappe, to others what is public."""
    now = timezone.now()
    is_member = stay.status == ClusterMemberStatus.MEMBER
    goes_on = stay.cluster.ended_at is None
    binds = ClusterMember.objects.bound_by(request.user.pk).filter(pk=stay.pk).exists()
    animates = is_member and goes_on and services.animates(stay.cluster_id, request.user.pk)
    whole = sheet(stay.cluster, now=now) if is_member and goes_on else None
    summary: Summary = whole.summary if whole else summaries([stay.cluster])[0]
    own = ClusterMember.objects.of(request.user.pk).filter(cluster=stay.cluster_id)
    asking = stay.cluster.members.waiting().select_related("company__commune")
    return {
        "stay": stay,
        "cluster": stay.cluster,
        "forms": page_forms,
        "is_member": is_member,
        "goes_on": goes_on,
        "binds": binds,
        "animates": animates,
        "own_stays": set(own.values_list("pk", flat=True)) if animates else set(),
        "sheet": whole,
        "is_public": goes_on and summary.standing != Standing.FORMING,
        "members_needed": MEMBERS_TO_BE_PUBLIC,
        "kinds_needed": KINDS_TO_BE_PUBLIC,
        "invited": list(invitations.pending_of(stay.cluster_id)) if animates else [],
        "now": now,
        "asking": list(asking.order_by("opened_at", "pk")) if animates else [],
        "answer_form": AnswerForm(),
        "drop_form": DropForm(),
        "removal_form": RemovalForm(),
        "kept_form": KeptForm(initial={"kept_on": timezone.localdate(now)}),
        "today": timezone.localdate(now),
    }
