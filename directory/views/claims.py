"""Asking to act for a company, and deciding on those who ask."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from directory.claim_forms import (
    ClaimDecisionForm,
    ClaimEmailForm,
    ClaimMessageForm,
    CodeForm,
)
from directory.company_search import facts_of
from directory.enums import ClaimStatus
from directory.models import Claim, Company, Provider
from directory.services import claims as services
from directory.services import companies
from emn.accounts.requests import MemberRequest
from emn.lib.access import member
from emn.lib.errors import DomainError
from emn.territory.lookup import CompanyFacts


@member
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: MemberRequest, siret: str) -> HttpResponse:
    """Ask to act for a company: by an address of the firm, or by a message.

    Any company of the register: the page tells nobody which ones the portal knows.
    """
    facts = _facts(siret)
    company = _company(facts)
    if company.pk and company.memberships.filter(user=request.user).exists():
        messages.info(request, _("Vous êtes déjà rattaché à cette entreprise."))
        return redirect("directory:my_cards")
    domains = services.firm_domains(company) if company.pk else []
    way = request.POST.get("way", "") if request.method == "POST" else ""
    by_email = ClaimEmailForm(request.POST if way == "email" else None, domains=domains)
    by_message = ClaimMessageForm(request.POST if way == "message" else None)
    form = by_email if way == "email" else by_message
    if form.is_valid():
        try:
            made = _claim(request, facts, form)
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            if made.status == ClaimStatus.CODE_SENT:
                return redirect("directory:claim_code", made.pk)
            messages.success(request, _thanks())
            return redirect("directory:claims")
    context = {"company": company, "card": _card_of(company), "domains": domains}
    return render(
        request,
        "directory/claim_start.html",
        context | {"by_email": by_email, "by_message": by_message},
    )


def _claim(
    request: MemberRequest, facts: CompanyFacts, form: ClaimEmailForm | ClaimMessageForm
) -> Claim:
    now = timezone.now()
    company = companies.keep_company(facts=facts, now=now)
    asked: dict[str, Any] = {"company_id": company.pk, "user_id": request.user.pk}
    if isinstance(form, ClaimEmailForm):
        return services.claim_by_email(**asked, email=form.cleaned_data["email"], now=now)
    return services.claim_by_message(**asked, message=form.cleaned_data["message"], now=now)


@member
@require_http_methods(["GET", "HEAD", "POST"])
def claim_code(request: MemberRequest, claim_id: int) -> HttpResponse:
    """Take the code sent to the firm's address."""
    mine = Claim.objects.select_related("company").filter(user=request.user)
    asked = get_object_or_404(mine, pk=claim_id)
    if asked.status != ClaimStatus.CODE_SENT:
        return redirect("directory:claims")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            proven = services.prove_claim(
                claim_id=claim_id,
                user_id=request.user.pk,
                code=form.cleaned_data["code"],
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error("code", refusal.message)
        else:
            if proven.status == ClaimStatus.ACCEPTED:
                messages.success(request, _("C’est fait : la fiche est à vous. Relisez-la."))
                return redirect("directory:my_cards")
            messages.success(request, _thanks())
            return redirect("directory:claims")
    return render(request, "directory/claim_code.html", {"form": form, "claim": asked})


@member
@require_safe
def claims(request: MemberRequest) -> HttpResponse:
    """List what one asked, and what others ask of one's companies."""
    rows = Claim.objects.select_related("company", "user")
    return render(
        request,
        "directory/claim_list.html",
        {
            "received": rows.decidable_by(request.user).order_by("waiting_since", "pk"),
            "sent": rows.filter(user=request.user).order_by("-created_at", "-pk")[:20],
            "form": ClaimDecisionForm(),
        },
    )


@member
@require_POST
def claim_decide(request: MemberRequest, claim_id: int) -> HttpResponse:
    """Accept or refuse a person in one's own company."""
    form = ClaimDecisionForm(request.POST)
    decided: dict[str, Any] = {
        "claim_id": claim_id,
        "by_id": request.user.pk,
        "now": timezone.now(),
        "as_owner_of": request.user,
    }
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        if "accept" in request.POST:
            services.accept_claim(**decided)
            messages.success(request, _("C’est fait : cette personne peut modifier vos fiches."))
        else:
            services.refuse_claim(**decided, reason=reason)
            messages.success(request, _("La demande est refusée ; la personne en est avertie."))
    except Claim.DoesNotExist as gone:
        raise Http404 from gone
    except DomainError as refusal:
        messages.error(request, refusal.message)
    return redirect("directory:claims")


@member
@require_POST
def claim_cancel(request: MemberRequest, claim_id: int) -> HttpResponse:
    """Withdraw one's own claim."""
    try:
        services.cancel_claim(claim_id=claim_id, user_id=request.user.pk, now=timezone.now())
    except Claim.DoesNotExist as gone:
        raise Http404 from gone
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Votre demande est retirée."))
    return redirect("directory:claims")


def _facts(siret: str) -> CompanyFacts:
    """Return what is known of the establishment; a register that does not answer is a 404."""
    try:
        facts = facts_of(siret)
    except DomainError as refusal:
        raise Http404(refusal.message) from refusal
    if facts is None:
        raise Http404
    return facts


def _company(facts: CompanyFacts) -> Company:
    """Return the company, not yet written when nobody has named it."""
    known = Company.objects.select_related("commune").filter(siret=facts.siret).first()
    return known or Company(
        siret=facts.siret, **companies.register_layer(facts, now=timezone.now())
    )


def _card_of(company: Company) -> Provider | None:
    if not company.pk:
        return None
    return company.providers.published().order_by("pk").first()


def _thanks() -> str:
    """The same words whoever decides: nobody learns whether the company is held."""
    return _("Votre demande est partie. Vous recevrez la réponse par courriel, sous dix jours.")
