"""Quotes: the model for everyone, the provider's own pages, the company's answer from its mail.

The company needs neither account nor cookie: the secret of the address is the proof. Links open
pages; buttons act.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from directory.enums import EvidenceStatus, QuoteStatus
from directory.models import Evidence, Proposal, Provider, Quote
from directory.quote_documents import blank_pdf, euros, parts, sums
from directory.quote_forms import DeclineForm, HeadForm, PartForm, line_rows
from directory.quotes.completeness import COSTS, DURATIONS, ENDS, LINES
from directory.quotes.parts import Part, rules
from directory.services import quotes as services
from emn.accounts.requests import MemberRequest
from emn.lib.access import member, public, token
from emn.lib.errors import DomainError
from emn.lib.storage import kept_file

_METHODS = ["GET", "HEAD", "POST"]
QUOTES_SHOWN = 200
HEAD = "client"  # the slug of the first step


# --- For everyone ---


@public
@require_safe
def explained(request: HttpRequest) -> HttpResponse:
    """Say what such a quote is, part by part, and give the empty model."""
    return render(request, "directory/quotes/explained.html", {"parts": rules().parts})


@public
@require_safe
def blank(request: HttpRequest) -> HttpResponse:
    """Give the empty model, to fill in by hand."""
    response = HttpResponse(blank_pdf(get_language() or "fr"), content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="modele-devis-e-tic.pdf"'
    return response


# --- The provider's own ---


@member
@require_safe
def mine(request: MemberRequest) -> HttpResponse:
    """List one's quotes, the last written first, and the cards that may begin one."""
    today = timezone.localdate()
    rows = Quote.objects.of(request.user).select_related("provider")
    cards = Provider.objects.of(request.user).order_by("name", "pk")
    context = {
        "quotes": [
            (quote, quote.status_on(today))
            for quote in rows.order_by("-edited_at", "-pk")[:QUOTES_SHOWN]
        ],
        "cards": cards,
    }
    return render(request, "directory/quotes/mine.html", context)


@member
@require_POST
def start(request: MemberRequest) -> HttpResponse:
    """Begin a quote, free-standing or for a request that was accepted."""
    card = _number(request.POST.get("fiche", ""))
    proposal = request.POST.get("demande", "")
    try:
        quote = services.start_quote(
            user_id=request.user.pk,
            provider_id=card,
            proposal_id=_number(proposal) if proposal else None,
            now=timezone.now(),
        )
    except (Provider.DoesNotExist, Proposal.DoesNotExist) as gone:
        raise Http404 from gone
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("quotes:mine")
    return redirect("quotes:step", quote.pk, HEAD)


@member
@require_safe
def for_request(request: MemberRequest, proposal_id: int) -> HttpResponse:
    """Offer to begin the quote of a request, reached from the page of its mail."""
    rows = Proposal.objects.select_related("need__service", "need__company", "provider")
    cards = Provider.objects.of(request.user)
    proposal = get_object_or_404(rows, pk=proposal_id, provider__in=cards, need__forgotten_at=None)
    if not proposal.is_in_touch:
        raise Http404
    known = proposal.quotes.order_by("-pk")
    return render(
        request, "directory/quotes/for_request.html", {"proposal": proposal, "quotes": known}
    )


@member
@require_http_methods(_METHODS)
def step(request: MemberRequest, quote_id: int, slug: str) -> HttpResponse:
    """Write one step; what is sound is kept, whatever else is wrong."""
    quote = _own(request, quote_id)
    if not quote.is_draft:
        return redirect("quotes:quote", quote.pk)
    if slug == HEAD:
        return _head(request, quote)
    part = rules().part(slug)
    if part is None:
        raise Http404
    return _part(request, quote, part)


def _head(request: MemberRequest, quote: Quote) -> HttpResponse:
    names = ("title", "client_company", "client_name", "client_email", "language", "valid_until")
    form = HeadForm(
        request.POST if request.method == "POST" else None,
        is_answer=quote.proposal_id is not None,
        initial={name: getattr(quote, name) for name in names},
    )
    if request.method == "POST":
        is_sound = form.is_valid()
        services.write_head(
            quote_id=quote.pk,
            user_id=request.user.pk,
            values=form.cleaned_data,
            now=timezone.now(),
        )
        if is_sound:
            return _onward(request, quote, HEAD)
    return _step_page(request, quote, HEAD, {"form": form})


def _part(request: MemberRequest, quote: Quote, part: Part) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = PartForm(data, part=part, initial=quote.content)
    rows = line_rows(data, lines=quote.lines) if part.key == COSTS else None
    if data is not None:
        sound = [form.is_valid(), rows is None or rows.is_valid()]
        values = form.values()
        if rows is not None and sound[1]:
            values["lines"] = [line for row in rows.forms if (line := row.line())]
        services.write_part(
            quote_id=quote.pk, user_id=request.user.pk, values=values, now=timezone.now()
        )
        if all(sound):
            return _onward(request, quote, part.slug)
    return _step_page(request, quote, part.slug, {"form": form, "rows": rows, "part": part})


def _onward(request: MemberRequest, quote: Quote, slug: str) -> HttpResponse:
    """Go to the step after, back to this one for more rows, or to the whole."""
    wish = request.POST.get("do", "")
    if wish == "more":
        return redirect("quotes:step", quote.pk, slug)
    slugs = [HEAD, *(part.slug for part in rules().parts)]
    following = slugs.index(slug) + 1
    if wish == "whole" or following == len(slugs):
        return redirect("quotes:quote", quote.pk)
    return redirect("quotes:step", quote.pk, slugs[following])


def _step_page(
    request: MemberRequest, quote: Quote, slug: str, context: dict[str, Any]
) -> HttpResponse:
    blank: dict[str, Any] = {"rows": None, "part": None}
    covered = {entry.part: entry.is_covered for entry in quote.coverage}
    steps = [(part, covered[part.key]) for part in rules().parts]
    page = {"quote": quote, "slug": slug, "steps": steps, "head_slug": HEAD}
    return render(request, "directory/quotes/step.html", blank | page | context)


@member
@require_safe
def quote(request: MemberRequest, quote_id: int) -> HttpResponse:
    """Show one's quote whole: what it covers, what it lacks, and what may be done."""
    row = _own(request, quote_id)
    adhesion = services.adhesion_for(row, user_id=request.user.pk) if row.is_complete else None
    pieces = Evidence.objects.filter(adhesion=adhesion, kind=services.EVIDENCE_KIND)
    named = _("Devis %(reference)s.pdf") % {"reference": row.reference}
    context = _document(row) | {
        "quote": row,
        "status": row.status_on(timezone.localdate()),
        "lacks": [
            _lacks(entry, part) for entry, part in zip(row.coverage, rules().parts, strict=True)
        ],
        "adhesion": adhesion,
        "piece": pieces.filter(name=named).exclude(status=EvidenceStatus.REFUSED).first()
        if adhesion and not row.is_draft
        else None,
        "head_slug": HEAD,
    }
    return render(request, "directory/quotes/quote.html", context)


def _lacks(entry: Any, part: Part) -> dict[str, Any]:
    """Return a part, whether it is covered, and in words what it lacks."""
    words = {
        LINES: _("au moins un prix"),
        DURATIONS: _("la durée de chaque coût récurrent"),
        ENDS: _("comment mettre fin à chaque coût récurrent"),
        **{field.key: field.label for field in part.fields},
    }
    return {
        "part": part,
        "is_covered": entry.is_covered,
        "missing": [words[key] for key in entry.missing],
    }


@member
@require_POST
def send(request: MemberRequest, quote_id: int) -> HttpResponse:
    """Freeze the quote and write to the company."""
    return _act(
        request,
        quote_id,
        lambda: services.send_quote(quote_id=quote_id, user_id=request.user.pk, now=timezone.now()),
        done=_("Le devis part. L’entreprise reçoit un lien pour le lire et y répondre."),
    )


@member
@require_POST
def copy(request: MemberRequest, quote_id: int) -> HttpResponse:
    """Begin another quote that says the same."""
    _own(request, quote_id)
    try:
        made = services.copy_quote(quote_id=quote_id, user_id=request.user.pk, now=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("quotes:quote", quote_id)
    return redirect("quotes:step", made.pk, HEAD)


@member
@require_POST
def delete(request: MemberRequest, quote_id: int) -> HttpResponse:
    """Forget a draft."""
    _own(request, quote_id)
    try:
        services.delete_draft(quote_id=quote_id, user_id=request.user.pk)
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("quotes:quote", quote_id)
    messages.success(request, _("Le brouillon est supprimé."))
    return redirect("quotes:mine")


@member
@require_POST
def offer(request: MemberRequest, quote_id: int) -> HttpResponse:
    """Put a whole quote among the documents that the centre reads."""
    return _act(
        request,
        quote_id,
        lambda: services.offer_as_evidence(
            quote_id=quote_id, user_id=request.user.pk, now=timezone.now()
        ),
        done=_("Le devis, client masqué, est parmi vos pièces. Le centre le lit et vous écrit."),
    )


@member
@require_safe
def document(request: MemberRequest, quote_id: int) -> HttpResponseBase:
    """Give the PDF of one's own quote."""
    row = _own(request, quote_id)
    return kept_file(row.document, f"devis-{row.reference}.pdf")


def _act(
    request: MemberRequest, quote_id: int, action: Callable[[], object], *, done: str
) -> HttpResponse:
    """Call a service, say what came of it, and go back to the quote."""
    _own(request, quote_id)
    try:
        action()
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect("quotes:quote", quote_id)


def _own(request: MemberRequest, quote_id: int) -> Quote:
    """Return a quote of one of the person's companies; another's is 404."""
    rows = Quote.objects.of(request.user).select_related("provider__company", "proposal__need")
    return get_object_or_404(rows, pk=quote_id)


def _number(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 15):  # noqa: PLR2004 -- a key
        raise Http404
    return int(value)


# --- The company reads and answers ---


@csrf_exempt
@token
@require_http_methods(_METHODS)
def read(request: HttpRequest, token: str) -> HttpResponse:
    """Show the quote, and take the answer."""
    row = _readable(token)
    form = DeclineForm(request.POST if request.POST.get("do") == "decline" else None)
    refusal = ""
    if request.method == "POST":
        act = request.POST.get("do", "")
        if act not in {"accept", "decline"}:
            raise Http404
        if act == "accept" or form.is_valid():
            try:
                if act == "accept":
                    services.accept_quote(quote_id=row.pk, now=timezone.now())
                else:
                    reason = form.cleaned_data["reason"]
                    services.decline_quote(quote_id=row.pk, reason=reason, now=timezone.now())
            except DomainError as refused:
                refusal = refused.message
            else:
                return redirect("quotes:read", token)
    context = _document(row) | {
        "quote": row,
        "status": row.status_on(timezone.localdate()),
        "form": form,
        "refusal": refusal,
        "token": token,
        "may_answer": row.status_on(timezone.localdate()) == QuoteStatus.SENT,
    }
    return render(request, "directory/quotes/read.html", context, status=409 if refusal else 200)


@token
@require_safe
def read_document(request: HttpRequest, token: str) -> HttpResponseBase:
    """Give the PDF to whoever holds the secret."""
    row = _readable(token)
    return kept_file(row.document, f"devis-{row.reference}.pdf")


def _readable(token: str) -> Quote:
    row = services.quote_of(token)
    if row is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    return row


def _document(row: Quote) -> dict[str, Any]:
    """Return what both sides see of a quote."""
    found = row.totals
    return {
        "written": parts(row.content),
        "sums": sums(found),
        "total": euros(found.with_tax),
        "has_lines": bool(row.content.get("lines")),
    }
