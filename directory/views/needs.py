"""A company's need without an account, and the answer of a provider from its mail.

No page needs a cookie: whoever begins a draft acts in nobody's name, and on the others the secret
of the address is the proof. Links open pages; buttons act.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core import signing
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from directory.cards import composed
from directory.company_search import SIRET_DIGITS, facts_of, named
from directory.enums import MessageSide, ProposalStatus
from directory.matching import profile
from directory.matching.wording import main_reasons
from directory.models import Need, Proposal, Provider, Quote
from directory.need_forms import (
    QUESTION,
    ClosingForm,
    ContactFields,
    LaterForm,
    LossForm,
    MessageForm,
    NeedCompanyForm,
    NeedContactForm,
    NeedDetailsForm,
    RefusalForm,
    SatisfactionForm,
)
from directory.need_questions import answered
from directory.reference import taxonomy
from directory.services import needs as services
from directory.services import proposals
from directory.services.quotes import path as quote_path
from emn.lib.access import open_form, public, token
from emn.lib.db import posted_key
from emn.lib.errors import DomainError
from emn.lib.rate_limit import client_ip, limited, too_many_requests, wait_s
from emn.lib.text import digits
from emn.territory.lookup import CompanyFacts

_METHODS = ["GET", "HEAD", "POST"]
LOOKUPS_PER_HOUR = 60


# --- The company's three steps ---


@csrf_exempt
@open_form
@require_http_methods(_METHODS)
def start(request: HttpRequest) -> HttpResponse:
    """Begin a need: whom to write to."""
    sent_form = request.method == "POST"
    origin = {name: request.GET.get(name, "")[:80] for name in ("service", "fiche")}
    form = NeedContactForm(request.POST if sent_form else None, request=request, initial=origin)
    if form.is_valid():
        given = form.cleaned_data
        need = services.start_need(
            name=given["name"],
            email=given["email"],
            phone=given["phone"],
            language=get_language() or "fr",
            service_id=given["service"],
            wished_slug=given["fiche"],
            now=timezone.now(),
        )
        return redirect("needs:company", services.token(need.pk, services.DRAFT))
    wished = Provider.objects.published().filter(slug=origin["fiche"] or None).first()
    full = wished is not None and not proposals.takes_requests(wished.pk, now=timezone.now())
    context = {"form": form, "step": 1, "full_provider": wished if full else None}
    return render(request, "directory/needs/contact.html", context)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def contact(request: HttpRequest, token: str) -> HttpResponse:
    """Come back to the first step of a draft."""
    need = _draft(token)
    if not services.is_writable(need):
        return redirect("needs:sent")
    initial = {"name": need.contact_name, "email": need.contact_email, "phone": need.contact_phone}
    form = ContactFields(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        services.write_contact(need_id=need.pk, **form.cleaned_data)
        return redirect("needs:company", token)
    context = {"form": form, "step": 1, "token": token, "full_provider": None}
    return render(request, "directory/needs/contact.html", context)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def company(request: HttpRequest, token: str) -> HttpResponseBase:
    """The second step: find the company in the register, then say its size and its trade."""
    need = _draft(token)
    if not services.is_writable(need):
        return redirect("needs:sent")
    nothing = {"typed": "", "companies": None, "facts": None, "form": None, "refusal": ""}
    context: dict[str, Any] = {"step": 2, "token": token, "need": need, **nothing}
    if request.method == "POST":
        return _write_company(request, need, context)
    typed = request.GET.get("entreprise", "").strip()[:120]
    known = need.register_facts or {}
    siret = digits(typed) if typed else ("" if "autre" in request.GET else known.get("siret", ""))
    if typed or siret:
        wait = wait_s(
            scope="directory.need.lookup",
            key=client_ip(request),
            limit=LOOKUPS_PER_HOUR,
            period_s=3600,
            now=timezone.now(),
        )
        if wait:
            return too_many_requests(request, wait=wait)
        context |= _search(typed, siret)
    if facts := context["facts"]:
        same = known.get("siret") == facts.siret
        context["form"] = NeedCompanyForm(
            initial={
                "siret": facts.siret,
                "client_size": need.client_size if same else _size(facts),
                "sector": need.sector if same else profile.client_sector(facts.naf_code),
            }
        )
    return render(request, "directory/needs/company.html", context | {"typed": typed})


def _search(typed: str, siret: str) -> dict[str, Any]:
    """Return the company of the SIRET, or those of the name."""
    try:
        if len(siret) == SIRET_DIGITS:
            facts = facts_of(siret)
            return {"facts": facts, "companies": None if facts else []}
        return {"companies": named(typed)}
    except DomainError as refusal:
        return {"refusal": refusal.message}


def _size(facts: CompanyFacts) -> str:
    return profile.client_size(facts.headcount_band)


@limited(scope="directory.need.lookup", limit=LOOKUPS_PER_HOUR, period_s=3600)
def _write_company(request: HttpRequest, need: Need, context: dict[str, Any]) -> HttpResponse:
    form = NeedCompanyForm(request.POST)
    facts = None
    try:
        facts = facts_of(digits(request.POST.get("siret", "")))
        if facts is None:
            context["refusal"] = _("Le registre ne connaît pas ce SIRET.")
        elif form.is_valid():
            services.write_company(
                need_id=need.pk,
                facts=facts,
                client_size=form.cleaned_data["client_size"],
                sector=form.cleaned_data["sector"],
            )
            return redirect("needs:draft", context["token"])
    except DomainError as refusal:
        context["refusal"] = refusal.message
    return render(request, "directory/needs/company.html", context | {"form": form, "facts": facts})


@csrf_exempt
@token
@require_http_methods(_METHODS)
def details(request: HttpRequest, token: str) -> HttpResponse:
    """The last step. A service whose questions were not shown brings the page back with them."""
    need = _draft(token)
    if not services.is_writable(need):
        return redirect("needs:sent")
    if need.register_facts is None:
        return redirect("needs:company", token)
    is_sent = request.method == "POST"
    shown = request.POST.get("family", "") if is_sent else _family(need.service_id)
    form = NeedDetailsForm(request.POST if is_sent else None, family=shown, initial=_initial(need))
    asks = False
    if is_sent:
        complete = form.is_valid()
        values = form.values()
        service = values.get("service")
        family = _family(service.pk) if service else shown
        asks = complete and family != shown
        if complete and not asks:
            services.deposit_need(need_id=need.pk, values=values, now=timezone.now())
            return redirect("needs:sent")
        services.save_draft(need_id=need.pk, values=values)
        if asks:
            need = _draft(token)
            form = NeedDetailsForm(family=family, initial=_initial(need))
    context = {"form": form, "step": 3, "token": token, "need": need, "asks": asks}
    return render(request, "directory/needs/details.html", context)


def _family(service_id: int | None) -> str:
    entry = taxonomy().get(service_id) if service_id else None
    return entry.category_code if entry else ""


def _initial(need: Need) -> dict[str, Any]:
    facts = need.register_facts or {}
    return {
        "service": need.service_id,
        "text": need.text,
        "commune": need.commune_id or facts.get("commune_code", ""),
        "budget": need.budget,
        "deadline": need.deadline,
        "working_language": need.working_language,
        **{QUESTION + key: value for key, value in need.answers.items()},
    }


@public
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Say what comes next, the same for every address."""
    return render(request, "directory/needs/sent.html")


@csrf_exempt
@token
@require_http_methods(_METHODS)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show the need that is about to start; only the button starts it."""
    need = services.need_of(token, services.CONFIRM)
    if need is None or need.deposited_at is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    refusal = ""
    if request.method == "POST":
        try:
            services.confirm_need(need_id=need.pk, now=timezone.now())
        except DomainError as refused:
            refusal = refused.message
    need = services.need_of(token, services.CONFIRM)
    assert need is not None
    context = {
        "need": need,
        "refusal": refusal,
        "answers": answered(_family(need.service_id), need.answers),
        "follow_url": services.path(need.pk, services.FOLLOW, get_language() or "fr"),
    }
    return render(request, "directory/needs/confirm.html", context)


# --- The company follows ---


@csrf_exempt
@token
@require_http_methods(_METHODS)
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Say where the need stands and what comes next; every decision is a button."""
    need = _followed(token)
    if request.method == "POST":
        return _act(request, lambda: _decide(request, need), back=("needs:follow", token))
    today = timezone.localdate()
    cards = Provider.objects.with_place().with_content()
    quotes = Quote.objects.readable().order_by("-number", "-pk")
    found = need.proposals.prefetch_related(
        "messages", Prefetch("provider", cards), Prefetch("quotes", quotes, to_attr="sent_quotes")
    )
    rows = list(found.order_by("pk"))
    lines = [
        {
            "proposal": proposal,
            "card": composed(proposal.provider, on=today) if proposal.is_in_touch else None,
            "reasons": main_reasons(proposal.points, proposal.facts),
            "quotes": [
                (quote, quote.status_on(today), quote_path(quote.pk, get_language() or "fr"))
                for quote in proposal.sent_quotes  # type: ignore[attr-defined]  # the prefetch
            ],
            "messages": sorted(proposal.messages.all(), key=lambda message: message.pk),
        }
        for proposal in rows
        if proposal.status != ProposalStatus.WITHDRAWN
    ]
    context = {
        "need": need,
        "token": token,
        "lines": lines,
        "answers": answered(_family(need.service_id), need.answers),
        "message_form": MessageForm(),
        "loss_form": LossForm(),
        "closing_form": ClosingForm(),
        "nobody_left": len(rows) >= proposals.MOST_PROVIDERS,
        "said": request.GET.get("dit", ""),
    }
    return render(request, "directory/needs/follow.html", context)


def _decide(request: HttpRequest, need: Need) -> str:
    """Do what the button says; return the word for what was done."""
    now, given = timezone.now(), request.POST
    act = given.get("do", "")
    if act == "more":
        services.ask_for_more(need_id=need.pk, now=now)
    elif act == "close":
        reason = _valid(ClosingForm(given))["reason"]
        services.close_need(need_id=need.pk, reason=reason, now=now)
    elif act == "done":
        services.note_done(need_id=need.pk, now=now)
    else:
        proposal = _own_proposal(need, given.get("proposal", ""))
        if act == "quote":
            services.note_quote(need_id=need.pk, proposal_id=proposal.pk, now=now)
        elif act == "choose":
            services.choose(need_id=need.pk, proposal_id=proposal.pk, now=now)
        elif act == "decline":
            reason = _valid(LossForm(given))["reason"]
            services.decline(need_id=need.pk, proposal_id=proposal.pk, reason=reason, now=now)
        elif act == "message":
            text = _valid(MessageForm(given))["text"]
            proposals.write_message(
                proposal_id=proposal.pk, side=MessageSide.COMPANY, text=text, now=now
            )
        else:
            raise Http404
    return act


@csrf_exempt
@token
@require_http_methods(_METHODS)
def satisfaction(request: HttpRequest, token: str) -> HttpResponse:
    """Ask three questions after ten days."""
    need = _followed(token)
    form = SatisfactionForm(
        request.POST if request.method == "POST" else None,
        initial={
            "was_called": {True: "yes", False: "no"}.get(need.was_called),  # type: ignore[arg-type]
            "was_useful": need.was_useful,
            "outcome": need.outcome,
        },
    )
    return _questions(
        request,
        need,
        form,
        token=token,
        template="directory/needs/satisfaction.html",
        act=lambda given: services.note_satisfaction(need_id=need.pk, now=timezone.now(), **given),
    )


@csrf_exempt
@token
@require_http_methods(_METHODS)
def later(request: HttpRequest, token: str) -> HttpResponse:
    """Ask « et maintenant ? » after five months."""
    need = _followed(token)
    form = LaterForm(
        request.POST if request.method == "POST" else None, initial={"outcome": need.later_outcome}
    )
    return _questions(
        request,
        need,
        form,
        token=token,
        template="directory/needs/later.html",
        act=lambda given: services.note_later(need_id=need.pk, now=timezone.now(), **given),
    )


def _questions(
    request: HttpRequest,
    need: Need,
    form: forms.Form,
    *,
    token: str,
    template: str,
    act: Callable[[dict[str, Any]], object],
) -> HttpResponse:
    answered_now = False
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            answered_now = True
    context = {"need": need, "token": token, "form": form, "answered": answered_now}
    return render(request, template, context)


# --- The provider answers ---


@csrf_exempt
@token
@require_http_methods(_METHODS)
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show the request, and its answer: accept, or refuse with a reason; then the thread.

    Who asks is shown only once the request is accepted.
    """
    proposal = _proposal_of(token)
    now = timezone.now()
    refusal_form = RefusalForm()
    if request.method == "POST":
        act = request.POST.get("do", "")
        if act == "refuse":
            refusal_form = RefusalForm(request.POST)
        if act != "refuse" or refusal_form.is_valid():
            return _act(
                request,
                lambda: _answer(request, proposal, act, refusal_form),
                back=("needs:answer", token),
            )
    need = proposal.need
    context = {
        "proposal": proposal,
        "need": need,
        "is_late": proposal.status == ProposalStatus.SENT and proposal.expires_at <= now,
        "answers": answered(_family(need.service_id), need.answers),
        "messages_of_thread": list(proposal.messages.order_by("pk")),
        "refusal_form": refusal_form,
        "message_form": MessageForm(),
        "said": request.GET.get("dit", ""),
        "is_paused": hasattr(proposal.provider, "pause"),
    }
    return render(request, "directory/needs/answer.html", context)


def _answer(request: HttpRequest, proposal: Proposal, act: str, form: RefusalForm) -> str:
    now = timezone.now()
    if act == "accept":
        proposals.accept(proposal_id=proposal.pk, now=now)
    elif act == "refuse":
        given = form.cleaned_data
        proposals.refuse(
            proposal_id=proposal.pk,
            reason=given["reason"],
            words=given["words"],
            pauses=given["pauses"],
            now=now,
        )
    elif act == "message":
        text = _valid(MessageForm(request.POST))["text"]
        proposals.write_message(
            proposal_id=proposal.pk, side=MessageSide.PROVIDER, text=text, now=now
        )
    elif act in {"pause", "resume"}:
        proposals.set_pause_by_link(proposal_id=proposal.pk, paused=act == "pause", now=now)
    else:
        raise Http404
    return act


# --- Steps ---


class _Invalid(DomainError):
    """A small form of a button was not valid."""


def _valid(form: forms.Form) -> dict[str, Any]:
    if not form.is_valid():
        raise _Invalid(" ".join(str(error) for errors in form.errors.values() for error in errors))
    return form.cleaned_data


def _act(request: HttpRequest, act: Callable[[], str], *, back: tuple[str, str]) -> HttpResponse:
    """Act and come back to the page, which says what was done; a refusal is a page of its own.

    What was typed comes back with the refusal.
    """
    try:
        done = act()
    except DomainError as refusal:
        name, token = back
        context = {
            "refusal": refusal.message,
            "typed": request.POST.get("text", ""),
            "back": name,
            "token": token,
        }
        return render(request, "directory/needs/refused.html", context, status=409)
    response = redirect(*back)
    response["Location"] += f"?dit={done}"
    return response


def _draft(token: str) -> Need:
    return _found(services.need_of(token, services.DRAFT))


def _followed(token: str) -> Need:
    need = _found(services.need_of(token, services.FOLLOW))
    if need.confirmed_at is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    return need


def _found(need: Need | None) -> Need:
    if need is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    return need


def _own_proposal(need: Need, value: str) -> Proposal:
    proposal = need.proposals.filter(pk=posted_key(value)).first()
    if proposal is None:
        raise Http404
    return proposal


def _proposal_of(token: str) -> Proposal:
    try:
        proposal_id = signing.loads(token, salt=f"directory.needs.{services.ANSWER}")
    except signing.BadSignature as error:
        raise Http404(_("Ce lien ne mène plus nulle part.")) from error
    rows = Proposal.objects.select_related(
        "need__service", "need__commune__epci", "need__company__commune", "provider__pause"
    )
    proposal = rows.filter(pk=proposal_id, need__forgotten_at=None).first()
    if proposal is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    return proposal
