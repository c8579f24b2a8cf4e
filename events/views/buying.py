"""The buyer's page, by the secret of the mail: quote, acceptance, payment, papers.

Links open pages; buttons act. What the provider of cards says comes to `card_events`, which
believes its signature only: coming back from the page of payment confirms nothing.
"""

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from stdnum import iban

from emn.lib.access import token
from emn.lib.errors import DomainError
from emn.lib.pdf import pdf_response
from events import cards
from events.cards.port import BadSignature
from events.enums import OrderStatus
from events.models import Order
from events.money_forms import AcceptForm
from events.services import orders, papers, payments, selling_links
from events.services.seats import TryAgain

MOST_EVENT_BYTES = 256 * 1024


@csrf_exempt
@token
@require_http_methods(["GET", "HEAD", "POST"])
def order(request: HttpRequest, token: str) -> HttpResponse:
    """Follow an order: read the quote, accept it, pay, find the papers again."""
    found, now = _followed(token), timezone.now()
    form, refusal, status = AcceptForm(), "", 200
    if request.method == "POST":
        do = request.POST.get("do", "")
        form = AcceptForm(request.POST if do == "accept" else None)
        if do != "accept" or form.is_valid():
            try:
                said = _act(do, found, form)
            except DomainError as refused:
                refusal, status = refused.message, 409
            else:
                response = redirect("events:order", token)
                response["Location"] += f"?dit={said}"
                return response
    found = _followed(token)
    today = timezone.localdate(now)
    counted = orders.amounts_of(found)
    to_pay = orders.payable_cents(found, today=today)
    page = payments.open_page(found, amount_cents=to_pay, now=now)
    context = {
        "order": found,
        "token": token,
        "lines": list(zip(found.lines.order_by("position"), counted.lines, strict=True)),
        "groups": counted.groups,
        "amounts": counted,
        "papers": list(found.invoices.order_by("pk")),
        "paid_cents": orders.paid_cents(found),
        "left_cents": payments.left_cents(found),
        "payable_cents": to_pay,
        "waits_for_contract": found.is_individual and not to_pay and found.status
        in {OrderStatus.ACCEPTED, OrderStatus.INVOICED},
        "may_accept": found.status == OrderStatus.QUOTE and found.valid_until >= today,
        "takes_cards": cards.provider() is not None,
        "pay_url": page.pay_url if page else "",
        "seller": settings.SELLER,
        "iban": iban.format(settings.SELLER["iban"]),
        "form": form,
        "refusal": refusal,
        "said": request.GET.get("dit", "") if request.method != "POST" else "",
    }  # fmt: skip
    return render(request, "events/money/order.html", context, status=status)


def _act(do: str, found: Order, form: AcceptForm) -> str:
    now = timezone.now()
    if do == "accept":
        orders.accept(
            order_id=found.pk,
            accepted_by=form.cleaned_data["accepted_by"],
            purchase_order=form.cleaned_data["purchase_order"],
            now=now,
        )
        return "accepte"
    if do == "pay":
        payments.start_card(order_id=found.pk, now=now)
        return "carte"
    raise Http404


@token
@require_safe
def quote(request: HttpRequest, token: str) -> HttpResponse:
    """Send the quote as a document."""
    found = _followed(token)
    return pdf_response(papers.quote_pdf(found), f"devis-{found.reference}.pdf")


@token
@require_safe
def invoice(request: HttpRequest, token: str, reference: str) -> HttpResponseBase:
    """Send an invoice or a credit note of the order, as it was issued."""
    paper = _followed(token).invoices.filter(reference=reference).exclude(pdf="").first()
    if paper is None:
        raise Http404
    return FileResponse(paper.pdf.open(), content_type="application/pdf", filename=f"{paper}.pdf")


@csrf_exempt
@token
def card_events(request: HttpRequest, provider: str) -> HttpResponse:
    """Take one message of the provider of cards; it is sent again until the answer is 200."""
    chosen = cards.provider()
    if chosen is None or chosen.name != provider or request.method != "POST":
        raise Http404
    if len(request.body) > MOST_EVENT_BYTES:
        return HttpResponse(status=413)
    now = timezone.now()
    try:
        event = chosen.read_event(
            body=request.body, signature=request.headers.get("Stripe-Signature", ""), now=now
        )
    except BadSignature:
        raise Http404 from None
    except ValueError:
        return HttpResponse("Événement illisible.", status=400, content_type="text/plain")
    try:
        payments.take_event(provider=chosen.name, event=event, now=now)
    except TryAgain:
        return HttpResponse(status=503)
    return HttpResponse()


def _followed(value: str) -> Order:
    found = selling_links.order_of(value)
    if found is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    return found
