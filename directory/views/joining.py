"""Joining the directory: find one's company and start its card."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from directory.card_forms import EssentialsForm
from directory.company_search import companies_of, facts_of
from directory.forms import SiretForm
from directory.sections import SECTIONS
from directory.services import providers as services
from directory.services.claims import must_claim
from emn.accounts.requests import MemberRequest
from emn.lib.access import member, open_form
from emn.lib.errors import DomainError
from emn.lib.rate_limit import limited
from emn.lib.text import digits
from emn.territory.lookup import CompanyFacts


@open_form
@require_safe
def join(request: HttpRequest) -> HttpResponseBase:
    """Explain how to join and find the visitor's company in the register."""
    return find_company(request, "directory/join_start.html")


def find_company(request: HttpRequest, template: str) -> HttpResponseBase:
    """Show the form that finds a company, and what it found."""
    if request.method == "GET" and "entreprise" in request.GET:
        return _search(request, template)
    return render(request, template, {"form": SiretForm(), "companies": None})


@limited(scope="directory.join", limit=60, period_s=3600, method="GET")
def _search(request: HttpRequest, template: str) -> HttpResponse:
    """Answer one question; limited, for it may be passed on to the State's own service."""
    form = SiretForm(request.GET)
    companies: list[CompanyFacts] | None = None
    if form.is_valid():
        try:
            companies = companies_of(form.cleaned_data["entreprise"])
        except DomainError as refusal:
            form.add_error("entreprise", refusal.message)
    return render(request, template, {"form": form, "companies": companies})


@member
@require_http_methods(["GET", "HEAD", "POST"])
def card_start(request: MemberRequest, siret: str) -> HttpResponse:
    """Start a card with its essentials, pre-filled from the register; the rest follows."""
    try:
        facts = facts_of(digits(siret))
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("directory:join")
    if facts is None:
        messages.error(request, _("Le registre ne connaît pas ce SIRET."))
        return redirect("directory:join")
    if request.method != "POST" and must_claim(user=request.user, siret=facts.siret):
        return redirect("directory:claim", facts.siret)
    form = EssentialsForm(request.POST or None, initial={"name": (facts.name or "").title()})
    if request.method == "POST" and form.is_valid():
        try:
            provider = services.start_card(
                user_id=request.user.pk, facts=facts, values=form.values(), now=timezone.now()
            )
        except services.CompanyTaken as refusal:  # taken since the form was opened
            claim = reverse("directory:claim", args=[facts.siret])
            form.add_error(None, format_html('<a href="{}">{}</a>', claim, refusal.message))
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("directory:card_section", provider.pk, SECTIONS[1].slug)
    return render(request, "directory/card_start.html", {"form": form, "facts": facts})
