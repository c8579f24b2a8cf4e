"""Joining the directory: find one's company, write the card, hand it over."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from directory.forms import CardForm, SiretForm
from directory.models import Provider
from directory.services import providers as services
from directory.services.claims import must_claim
from emn.accounts.requests import MemberRequest
from emn.lib.access import member, open_form
from emn.lib.errors import DomainError
from emn.lib.rate_limit import limited
from emn.lib.text import digits
from emn.territory.lookup import lookup, search_by_name

SIRET_DIGITS = 14


@open_form
@require_safe
def join(request: HttpRequest) -> HttpResponseBase:
    """Explain how to join and find the visitor's company in the register."""
    if request.method == "GET" and "entreprise" in request.GET:
        return _search(request)
    return render(request, "directory/join_start.html", {"form": SiretForm(), "companies": None})


@limited(scope="directory.join", limit=60, period_s=3600, method="GET")
def _search(request: HttpRequest) -> HttpResponse:
    """Answer one question; limited, for it may be passed on to the State's own service."""
    form = SiretForm(request.GET)
    found = _companies(form) if form.is_valid() else None
    return render(request, "directory/join_start.html", {"form": form, "companies": found})


def _companies(form: SiretForm) -> list[Any]:
    typed = form.cleaned_data["entreprise"]
    number = digits(typed)
    try:
        if len(number) == SIRET_DIGITS:
            facts = lookup(number)
            return [facts] if facts else []
        return search_by_name(typed, limit=10)
    except DomainError as refusal:
        form.add_error("entreprise", refusal.message)
        return []


@member
@require_http_methods(["GET", "HEAD", "POST"])
def card_start(request: MemberRequest, siret: str) -> HttpResponse:
    """Write a new card, pre-filled from the register."""
    try:
        facts = lookup(digits(siret))
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("directory:join")
    if facts is None:
        messages.error(request, _("Le registre ne connaît pas ce SIRET."))
        return redirect("directory:join")
    if request.method != "POST" and must_claim(user=request.user, siret=facts.siret):
        return redirect("directory:claim", facts.siret)
    form = CardForm(
        request.POST or None, request.FILES or None, initial={"name": (facts.name or "").title()}
    )
    if request.method == "POST" and form.is_valid():
        try:
            provider = services.start_card(
                user_id=request.user.pk,
                facts=facts,
                values=form.values(),
                logo=form.cleaned_data["logo"],
                now=timezone.now(),
            )
        except services.CompanyTaken as refusal:  # taken since the form was opened
            claim = reverse("directory:claim", args=[facts.siret])
            form.add_error(None, format_html('<a href="{}">{}</a>', claim, refusal.message))
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return _after_saving(request, provider)
    return render(request, "directory/card_form.html", {"form": form, "facts": facts})


@member
@require_safe
def my_cards(request: MemberRequest) -> HttpResponse:
    """List the cards of the person's companies, with what to do next."""
    cards = Provider.objects.of(request.user).with_place().order_by("name", "pk")
    return render(request, "directory/my_cards.html", {"providers": cards})


@member
@require_http_methods(["GET", "HEAD", "POST"])
def card_edit(request: MemberRequest, provider_id: int) -> HttpResponse:
    """Change one's own card."""
    provider = _own(request, provider_id)
    form = CardForm(request.POST or None, request.FILES or None, instance=provider)
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_card(
                provider_id=provider.pk,
                user_id=request.user.pk,
                values=form.values(),
                logo=form.cleaned_data["logo"],
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return _after_saving(request, provider)
    return render(request, "directory/card_form.html", {"form": form, "provider": provider})


def _after_saving(request: MemberRequest, provider: Provider) -> HttpResponse:
    """Hand the card over when the person pressed that button; say what comes next."""
    if "submit" not in request.POST:
        messages.success(request, _("Votre fiche est enregistrée."))
        return redirect("directory:my_cards")
    return _submit(request, provider.pk)


@member
@require_POST
def card_submit(request: MemberRequest, provider_id: int) -> HttpResponse:
    """Hand a draft or a corrected card over to the centre."""
    return _submit(request, _own(request, provider_id).pk)


def _submit(request: MemberRequest, provider_id: int) -> HttpResponse:
    try:
        services.submit_card(provider_id=provider_id, user_id=request.user.pk, now=timezone.now())
    except services.CardIncomplete as refusal:
        messages.warning(request, _("Votre fiche est enregistrée. ") + refusal.message)
        return redirect("directory:card_edit", provider_id)
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(
            request,
            _("Merci. Le centre relit votre fiche sous deux jours ouvrés et vous écrit."),
        )
    return redirect("directory:my_cards")


@member
@require_POST
def card_confirm(request: MemberRequest, provider_id: int) -> HttpResponse:
    """Say that the card is still right."""
    try:
        services.confirm_card(
            provider_id=_own(request, provider_id).pk,
            user_id=request.user.pk,
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Merci : votre fiche est confirmée à ce jour."))
    return redirect("directory:my_cards")


def _own(request: MemberRequest, provider_id: int) -> Provider:
    """Return one of the person's own cards; another company's is 404."""
    return get_object_or_404(Provider.objects.of(request.user).with_place(), pk=provider_id)
