"""Orders, invoices, payments and the bank: read here, moved by buttons."""

import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import formset_factory
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from modeltranslation.admin import TranslationAdmin

from emn.lib.admin import BaseAdmin, QueueFilter, ReadOnlyAdmin, agent_id
from emn.lib.decisions import Buttons, RowsToDecide, decision_page
from emn.lib.errors import DomainError
from emn.lib.pdf import pdf_response
from emn.lib.tables import write_csv
from emn.lib.templatetags.french import euros
from events import money_queries
from events.enums import (
    BankLineStatus,
    BuyerKind,
    InvoiceKind,
    OrderStatus,
    PaymentMethod,
    PaymentStatus,
    ProductKind,
    Unit,
)
from events.models import (
    BankLine,
    BankStatement,
    Invoice,
    InvoiceReminder,
    Order,
    OrderLine,
    Payment,
    Product,
    Refund,
    VatRule,
    WebhookEvent,
)
from events.models.orders import ENDED
from events.money.references import orders_named, transfers_named
from events.money_forms import (
    AssignForm,
    CardRefundForm,
    ContractForm,
    CorrectionForm,
    CreditForm,
    ExportForm,
    IssueForm,
    PaymentForm,
    QuoteForm,
    QuoteLineForm,
    ReasonForm,
    RefundForm,
    StaffAcceptForm,
    StatementForm,
)
from events.services import bank, invoices, orders, papers, payments, selling_links
from events.services.orders import Buyer, NewLine

SELL = "events.handle_order"
CASH = "events.handle_money"
QUOTE_LINES = 6


def _typed(request: HttpRequest, form: Callable[..., Any], **values: Any) -> Any:
    return form(request.POST if request.method == "POST" else None, **values)


class LineInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    """What is ordered."""

    model = OrderLine
    extra = 0
    can_delete = False
    fields = ["position", "kind", "label", "quantity", "unit", "price", "vat_rule"]
    readonly_fields = ["position", "kind", "label", "quantity", "unit", "price", "vat_rule"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        """Read the rules with the lines."""
        return super().get_queryset(request).select_related("vat_rule").order_by("position")

    @admin.display(description=gettext_lazy("prix unitaire"))
    def price(self, line: OrderLine) -> str:
        """Return the price in euros."""
        return euros(line.unit_price_cents)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds a line here."""
        return False


@admin.register(Order)
class OrderAdmin(RowsToDecide):
    """Orders, from the quote to the invoice."""

    change_list_template = "admin/events/order_list.html"
    list_display = ["reference", "buyer_name", "status", "service_from", "created_at"]
    list_filter = ["status", "buyer_kind", "lines__kind"]
    search_fields = ["=id", "buyer_name", "buyer_siren", "buyer_siret", "email", "purchase_order"]
    ordering = ["-created_at", "-pk"]
    inlines = [LineInline]
    fields = [
        "reference", "status", "total", "paid", "left", "buyer_page", "buyer_kind", "buyer_name",
        "buyer_siren", "buyer_siret", "buyer_street", "buyer_postcode", "buyer_city",
        "buyer_country", "buyer_vat_id", "contact_name", "email", "purchase_order", "service_code",
        "delivery_address", "service_from", "service_until", "payment_days", "payment_reference",
        "language", "company", "contract_signed_on", "is_distance_contract", "created_at",
        "valid_until", "sent_at", "accepted_at", "accepted_by", "held_until", "ended_at",
        "end_reason",
    ]  # fmt: skip
    readonly_fields = ["reference", "total", "paid", "left", "buyer_page", "payment_reference"]

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Find an order by what papers and transfers call it too."""
        keys = {*orders_named(search_term).values(), *transfers_named(search_term)}
        if keys:
            return queryset.filter(pk__in=keys), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=gettext_lazy("commande"))
    def reference(self, order: Order) -> str:
        """Return what papers call it."""
        return order.reference

    @admin.display(description=gettext_lazy("référence de virement"))
    def payment_reference(self, order: Order) -> str:
        """Return what a transfer says."""
        return order.payment_reference

    @admin.display(description=gettext_lazy("total"))
    def total(self, order: Order) -> str:
        """Return the total with tax."""
        return euros(orders.amounts_of(order).total_cents)

    @admin.display(description=gettext_lazy("payé"))
    def paid(self, order: Order) -> str:
        """Return what came."""
        return euros(orders.paid_cents(order))

    @admin.display(description=gettext_lazy("reste à payer"))
    def left(self, order: Order) -> str:
        """Return what is left."""
        return euros(payments.left_cents(order))

    @admin.display(description=gettext_lazy("page de l’acheteur"))
    def buyer_page(self, order: Order) -> str:
        """Return the link to give."""
        url = selling_links.order_url(order)
        return format_html('<a href="{}">{}</a>', url, _("ouvrir"))

    def buttons(self, request: HttpRequest, row: Order) -> Buttons:
        """Offer what may be done now."""
        names: list[tuple[str, Any]] = []
        if row.status == OrderStatus.QUOTE:
            names.append(("quote", _("Devis en PDF")))
        if request.user.has_perm(SELL):
            if row.status == OrderStatus.QUOTE:
                names += [
                    ("send", _("Envoyer le devis")),
                    ("correct", _("Corriger le devis")),
                    ("accept", _("Noter l’acceptation")),
                ]
            if row.is_individual and row.status not in ENDED:
                names.append(("contract", _("Noter le contrat signé")))
            if row.status in {OrderStatus.QUOTE, OrderStatus.ACCEPTED}:
                names.append(("cancel", _("Annuler la commande")))
        if request.user.has_perm(CASH):
            if row.status == OrderStatus.ACCEPTED:
                names.append(("issue", _("Émettre la facture")))
            names.append(("pay", _("Enregistrer un paiement")))
        return [(self.address(name, row.pk), label) for name, label in names]

    def get_urls(self) -> list[Any]:
        """Add the decisions."""
        return [
            path(
                "nouveau/", self.admin_site.admin_view(self.new), name="events_order_new"
            ),
            self.page("devis", self.quote, "quote"),
            self.page("envoyer", self.send, "send"),
            self.page("corriger", self.correct, "correct"),
            self.page("accepter", self.accept, "accept"),
            self.page("contrat", self.contract, "contract"),
            self.page("annuler", self.cancel, "cancel"),
            self.page("facturer", self.issue, "issue"),
            self.page("encaisser", self.pay, "pay"),
            *super().get_urls(),
        ]  # fmt: skip

    def new(self, request: HttpRequest) -> HttpResponse:
        """Write a quote."""
        if not request.user.has_perm(SELL):
            raise PermissionDenied
        form = _typed(request, QuoteForm)
        lines = _typed(request, formset_factory(QuoteLineForm, extra=QUOTE_LINES), prefix="lignes")
        if request.method == "POST" and form.is_valid() and lines.is_valid():
            try:
                order = orders.open_order(**_quote(form.cleaned_data, lines), now=timezone.now())
            except DomainError as refusal:
                form.add_error(None, refusal.message)
            else:
                self.log_addition(request, order, _("Devis écrit"))
                messages.success(request, _("Le devis est écrit."))
                return redirect("admin:events_order_change", order.pk)
        return self._quote_page(request, form, lines, title=_("Nouveau devis"))

    def correct(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Correct a quote; the history keeps what it was."""
        if not request.user.has_perm(SELL):
            raise PermissionDenied
        order = self._row(request, pk)
        before = _said(order)
        form = _typed(request, CorrectionForm, initial=_quote_of(order))
        lines = _typed(
            request, formset_factory(QuoteLineForm, extra=QUOTE_LINES), prefix="lignes",
            initial=_lines_of(order),
        )  # fmt: skip
        if request.method == "POST" and form.is_valid() and lines.is_valid():
            given = _quote(form.cleaned_data, lines)
            del given["language"]  # the papers that were sent keep theirs
            try:
                changed = orders.change_order(order_id=pk, **given, now=timezone.now())
            except DomainError as refusal:
                form.add_error(None, refusal.message)
            else:
                words = _("Devis corrigé. Avant : %(before)s. Après : %(after)s.") % {
                    "before": before,
                    "after": _said(changed),
                }
                self.log_change(request, changed, words)
                messages.success(request, _("Le devis est corrigé : il reste à l’envoyer."))
                return redirect("admin:events_order_change", pk)
        return self._quote_page(
            request, form, lines, title=_("Corriger le devis %(reference)s")
            % {"reference": order.reference},
        )  # fmt: skip

    def _quote_page(
        self, request: HttpRequest, form: Any, lines: Any, *, title: str
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": title,
            "form": form,
            "lines": lines,
            "opts": self.model._meta,
        }
        return render(request, "admin/events/order_new.html", context)

    def quote(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the document of a quote."""
        order = self._row(request, pk)
        return pdf_response(papers.quote_pdf(order), f"devis-{order.reference}.pdf")

    def send(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a quote by mail."""
        words = _("Envoyer le devis"), _("Le devis part par courriel.")
        return self._decide(
            request, pk, words, forms.Form,
            lambda _given: orders.send_quote(order_id=pk, now=timezone.now()),
        )  # fmt: skip

    def accept(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that the buyer said yes."""
        words = _("Noter l’acceptation"), _("Le devis est accepté.")
        return self._decide(
            request, pk, words, StaffAcceptForm,
            lambda given: orders.accept(order_id=pk, now=timezone.now(), **given),
        )  # fmt: skip

    def contract(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note a signed contract."""
        words = _("Noter le contrat signé"), _("C’est noté.")
        return self._decide(
            request, pk, words, ContractForm,
            lambda given: orders.note_contract(order_id=pk, now=timezone.now(), **given),
        )  # fmt: skip

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End an order not invoiced."""
        words = _("Annuler la commande"), _("La commande est annulée.")
        return self._decide(
            request, pk, words, ReasonForm,
            lambda given: orders.cancel(order_id=pk, reason=given["reason"], now=timezone.now()),
        )  # fmt: skip

    def issue(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Issue the invoice."""
        words = (
            _("Émettre la facture"),
            _("La facture est émise ; son document part par courriel dans une minute."),
        )
        return self._decide(
            request, pk, words, IssueForm,
            lambda given: invoices.issue(order_id=pk, on=given["on"], now=timezone.now()),
            permission=CASH,
            warning=_("Une facture émise ne se change plus : elle se corrige par un avoir."),
        )  # fmt: skip

    def pay(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Record money that came."""

        def act(given: dict[str, Any]) -> object:
            return payments.record_transfer(
                order_id=pk, amount_cents=given["amount"], received_on=given["received_on"],
                method=PaymentMethod(given["method"]), reference=given["reference"],
                by_id=agent_id(request), now=timezone.now(),
            )  # fmt: skip

        words = _("Enregistrer un paiement"), _("Le paiement est noté.")
        return self._decide(request, pk, words, PaymentForm, act, permission=CASH)

    def _row(self, request: HttpRequest, pk: int) -> Order:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row: Order = get_object_or_404(self.get_queryset(request), pk=pk)
        return row

    def _decide(
        self, request: HttpRequest, pk: int, words: tuple[str, str], form: Any,
        act: Callable[[dict[str, Any]], object], *, permission: str = SELL, warning: str = "",
    ) -> HttpResponse:  # fmt: skip
        order = self._row(request, pk)
        return decision_page(
            self,
            request,
            title=words[0],
            subject=order,
            facts=[
                (_("Acheteur"), order.buyer_name),
                (_("Total"), self.total(order)),
                (_("Reste à payer"), self.left(order)),
            ],
            form=_typed(request, form),
            act=act,
            permission=permission,
            warning=warning,
            done=words[1],
            stays=True,
        )


def _said(order: Order) -> str:
    """Return a quote in one line: who buys, what, for how much."""
    lines = ", ".join(
        f"{line.quantity.normalize():f} × {line.label} ({euros(line.unit_price_cents)})"
        for line in order.lines.order_by("position")
    )
    total = euros(orders.amounts_of(order).total_cents)
    return f"{order.buyer_name} ; {lines} ; {total}"


_BUYER = ("name", "street", "postcode", "city", "country", "siret", "vat_id")
_OWN = ("contact_name", "email", "purchase_order", "service_code", "service_from", "service_until",
        "language")  # fmt: skip


def _quote_of(order: Order) -> dict[str, Any]:
    """Return what the form of a quote shows of one."""
    buyer = {name: getattr(order, f"buyer_{name}") for name in ("kind", *_BUYER)}
    return buyer | {name: getattr(order, name) for name in _OWN}


def _lines_of(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "product": line.product_id, "kind": line.kind, "label": line.label,
            "quantity": line.quantity, "unit": line.unit,
            "price": Decimal(line.unit_price_cents) / 100,
        }
        for line in order.lines.order_by("position")
    ]  # fmt: skip


def _quote(given: dict[str, Any], lines: Any) -> dict[str, Any]:
    own = ("name", "street", "postcode", "city", "country", "siret", "vat_id", "contact_name",
           "email", "purchase_order", "service_code")  # fmt: skip
    return {
        "buyer": Buyer(kind=BuyerKind(given["kind"]), **{name: given[name] for name in own}),
        "language": given["language"],
        "service_from": given["service_from"],
        "service_until": given["service_until"],
        "lines": [
            NewLine(
                kind=ProductKind(line["kind"]) if line["kind"] else None,
                product_id=line["product"].pk if line["product"] else None,
                label=line["label"],
                quantity=line["quantity"] or Decimal(1),
                unit=Unit(line["unit"]) if line["unit"] else None,
                unit_price_cents=line["price"],
            )
            for line in (form.cleaned_data for form in lines)
            if line and (line["product"] or line["label"] or line["price"] is not None)
        ],
    }


class LateFilter(QueueFilter):
    """Late, or whose document is missing."""

    title = gettext_lazy("suivi")
    parameter_name = "suivi"
    queues = (
        ("retard", gettext_lazy("En retard"), lambda rows: rows.late(today=timezone.localdate())),
        ("sans", gettext_lazy("Document en préparation"), lambda rows: rows.filter(sha256="")),
    )


class ReminderInline(admin.TabularInline):  # type: ignore[type-arg]
    """When it was recalled."""

    model = InvoiceReminder
    extra = 0
    can_delete = False
    fields = ["step", "sent_at"]
    readonly_fields = ["step", "sent_at"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The clock adds them."""
        return False


@admin.register(Invoice)
class InvoiceAdmin(RowsToDecide):
    """Invoices and credit notes, as they were issued."""

    change_list_template = "admin/events/invoice_list.html"
    list_display = ["reference", "kind", "buyer_name", "issued_on", "due_on", "total", "left"]
    list_filter = [LateFilter, "kind", "series"]
    search_fields = ["reference", "buyer_name"]
    ordering = ["-issued_on", "-pk"]
    inlines = [ReminderInline]
    fields = [
        "reference", "kind", "order", "credits", "buyer_name", "issued_on", "due_on", "net", "vat",
        "total", "left", "route", "issued_at", "sha256",
    ]  # fmt: skip
    readonly_fields = ["net", "vat", "total", "left", "route"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Count what is left with the rows."""
        return super().get_queryset(request).with_balance()  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("hors taxes"))
    def net(self, invoice: Invoice) -> str:
        """Return the amount without tax."""
        return euros(invoice.net_cents)

    @admin.display(description=gettext_lazy("TVA"))
    def vat(self, invoice: Invoice) -> str:
        """Return the tax."""
        return euros(invoice.vat_cents)

    @admin.display(description=gettext_lazy("total"))
    def total(self, invoice: Invoice) -> str:
        """Return the total."""
        return euros(invoice.total_cents)

    @admin.display(description=gettext_lazy("reste à payer"))
    def left(self, invoice: Invoice) -> str:
        """Return what is left of an invoice proper."""
        return "–" if invoice.kind == InvoiceKind.CREDIT else euros(invoice.left_cents)  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("où l’envoyer"))
    def route(self, invoice: Invoice) -> str:
        """Return what the reform asks for."""
        return str(money_queries.route_of(invoice).label)

    def buttons(self, request: HttpRequest, row: Invoice) -> Buttons:
        """Offer what may be done now."""
        names = [("pdf", _("Document"))] if row.sha256 else []
        if request.user.has_perm(CASH) and row.kind == InvoiceKind.INVOICE:
            names.append(("credit", _("Faire un avoir")))
        return [(self.address(name, row.pk), label) for name, label in names]

    def get_urls(self) -> list[Any]:
        """Add the document, the credit note and the export."""
        return [
            path("export/", self.admin_site.admin_view(self.export), name="events_invoice_export"),
            self.page("document", self.pdf, "pdf"),
            self.page("avoir", self.credit, "credit"),
            *super().get_urls(),
        ]

    def pdf(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Send the document as it was issued."""
        invoice = self._row(request, pk)
        if not invoice.sha256:
            raise Http404
        name = f"{invoice.reference}.pdf"
        return FileResponse(invoice.pdf.open(), content_type="application/pdf", filename=name)

    def credit(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Issue a credit note."""
        invoice = self._row(request, pk)
        form = _typed(request, CreditForm, lines=invoice.snapshot["lines"])
        return decision_page(
            self,
            request,
            title=_("Faire un avoir"),
            subject=invoice,
            facts=[(_("Acheteur"), invoice.buyer_name), (_("Total"), self.total(invoice))],
            warning=_("Un avoir ne se change plus une fois émis."),
            form=form,
            act=lambda given: invoices.credit(
                invoice_id=pk,
                reason=given["reason"],
                on=given["on"],
                quantities=form.quantities,
                reopen=given["reopen"],
                now=timezone.now(),
            ),
            permission=CASH,
            done=_("L’avoir est émis ; son document part par courriel dans une minute."),
            stays=True,
        )

    def export(self, request: HttpRequest) -> HttpResponse:
        """Write the entries of some days for the accountant."""
        if not request.user.has_perm(CASH):
            raise PermissionDenied
        form = ExportForm(request.GET or None)
        if form.is_valid():
            start, end = form.cleaned_data["start"], form.cleaned_data["end"]
            file = io.BytesIO()
            write_csv(file, money_queries.accounting_lines(start=start, end=end))
            response = HttpResponse(file.getvalue(), content_type="text/csv; charset=utf-8")
            name = f"ecritures-{start:%Y%m%d}-{end:%Y%m%d}.csv"
            response["Content-Disposition"] = f'attachment; filename="{name}"'
            return response
        context = self.admin_site.each_context(request) | {
            "title": _("Écritures pour le comptable"),
            "form": form,
            "method": "get",
            "action": _("Télécharger"),
            "opts": self.model._meta,
        }
        return render(request, "admin/events/money_form.html", context)

    def _row(self, request: HttpRequest, pk: int) -> Invoice:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row: Invoice = get_object_or_404(self.get_queryset(request), pk=pk)
        return row


class RefundInline(admin.TabularInline):  # type: ignore[type-arg]
    """What went back, and when."""

    model = Refund
    extra = 0
    can_delete = False
    fields = ["refunded_on", "amount", "method", "reference", "by"]
    readonly_fields = ["refunded_on", "amount", "method", "reference", "by"]
    ordering = ["refunded_on", "pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        """Read the agents with the rows."""
        return super().get_queryset(request).select_related("by")

    @admin.display(description=gettext_lazy("montant"))
    def amount(self, refund: Refund) -> str:
        """Return the amount."""
        return euros(refund.amount_cents)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A button adds them, or the provider of cards."""
        return False


@admin.register(Payment)
class PaymentAdmin(RowsToDecide):
    """Money that came, and what staff must decide of it."""

    list_display = ["order", "buyer", "method", "status", "amount", "refunded", "received_on",
                    "needs_decision"]  # fmt: skip
    list_filter = ["needs_decision", "status", "method"]
    list_select_related = ["order"]
    search_fields = ["order__buyer_name", "reference", "provider_ref"]
    ordering = ["-created_at", "-pk"]
    fields = [
        "order", "method", "status", "amount", "refunded", "received_on", "reference", "provider",
        "provider_ref", "needs_decision", "note", "created_at", "by",
    ]  # fmt: skip
    readonly_fields = ["amount", "refunded"]
    inlines = [RefundInline]

    @admin.display(description=gettext_lazy("acheteur"))
    def buyer(self, payment: Payment) -> str:
        """Return who ordered."""
        return payment.order.buyer_name

    @admin.display(description=gettext_lazy("montant"))
    def amount(self, payment: Payment) -> str:
        """Return the amount."""
        return euros(payment.amount_cents)

    @admin.display(description=gettext_lazy("remboursé"))
    def refunded(self, payment: Payment) -> str:
        """Return what went back."""
        return euros(payment.refunded_cents)

    def buttons(self, request: HttpRequest, row: Payment) -> Buttons:
        """Offer what may be done now."""
        if not request.user.has_perm(CASH):
            return []
        names = []
        if row.needs_decision:
            names.append(("settle", _("Noter la décision")))
        if row.status == PaymentStatus.RECEIVED and row.refunded_cents < row.amount_cents:
            names.append(("refund", _("Rembourser")))
        return [(self.address(name, row.pk), label) for name, label in names]

    def get_urls(self) -> list[Any]:
        """Add the decisions."""
        return [
            self.page("decider", self.settle, "settle"),
            self.page("rembourser", self.refund, "refund"),
            *super().get_urls(),
        ]

    def settle(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note what was decided."""
        return self._decide(
            request, pk, (_("Noter la décision"), _("La décision est notée.")), ReasonForm,
            lambda given: payments.settle(
                payment_id=pk, note=given["reason"], now=timezone.now()
            ),
        )  # fmt: skip

    def refund(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give money back: a card by its provider; else note what the centre gave back."""
        by_card = self.get_queryset(request).filter(pk=pk, method=PaymentMethod.CARD).exists()
        words = _("Rembourser"), _("Le remboursement est noté.")
        if by_card:
            return self._decide(
                request, pk, (words[0], _("Le remboursement est demandé.")), CardRefundForm,
                lambda given: payments.refund_card(payment_id=pk, amount_cents=given["amount"]),
                warning=_("Le prestataire rend l’argent sur la carte, puis cela se note seul."),
            )  # fmt: skip
        return self._decide(
            request, pk, words, RefundForm,
            lambda given: payments.record_refund(
                payment_id=pk, amount_cents=given["amount"], refunded_on=given["refunded_on"],
                method=PaymentMethod(given["method"]), reference=given["reference"],
                by_id=agent_id(request), now=timezone.now(),
            ),
            warning=_("Le centre rend l’argent lui-même : ceci ne fait que le noter."),
        )  # fmt: skip

    def _decide(
        self, request: HttpRequest, pk: int, words: tuple[str, str], form: Any,
        act: Callable[[dict[str, Any]], object], *, warning: str = "",
    ) -> HttpResponse:  # fmt: skip
        payment = get_object_or_404(self.get_queryset(request).select_related("order"), pk=pk)
        return decision_page(
            self,
            request,
            title=words[0],
            subject=payment,
            facts=[
                (_("Commande"), payment.order),
                (_("Acheteur"), payment.order.buyer_name),
                (_("Montant"), euros(payment.amount_cents)),
                (_("À décider"), payment.note),
            ],
            form=_typed(request, form),
            act=act,
            permission=CASH,
            warning=warning,
            done=words[1],
            stays=True,
        )


class BankLineInline(admin.TabularInline):  # type: ignore[type-arg]
    """What became of each line."""

    model = BankLine
    extra = 0
    can_delete = False
    fields = [
        "line_number", "booked_on", "amount", "label", "payer", "status", "remark",
    ]  # fmt: skip
    readonly_fields = [
        "line_number", "booked_on", "amount", "label", "payer", "status", "remark",
    ]  # fmt: skip
    ordering = ["line_number", "pk"]

    @admin.display(description=gettext_lazy("montant"))
    def amount(self, line: BankLine) -> str:
        """Return the amount."""
        return euros(line.amount_cents)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A file adds them."""
        return False


@admin.register(BankStatement)
class BankStatementAdmin(ReadOnlyAdmin):
    """Files of the bank, each line with its order."""

    public_content = False
    change_list_template = "admin/events/bankstatement_list.html"
    list_display = ["name", "imported_at", "by"]
    ordering = ["-imported_at", "-pk"]
    fields = ["name", "imported_at", "by", "sha256"]
    inlines = [BankLineInline]

    def get_urls(self) -> list[Any]:
        """Add the import."""
        view = self.admin_site.admin_view(self.read)
        return [path("lire/", view, name="events_bankstatement_read"), *super().get_urls()]

    def read(self, request: HttpRequest) -> HttpResponse:
        """Read a file: all of it, or nothing and why."""
        if not request.user.has_perm(CASH):
            raise PermissionDenied
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        form = StatementForm(*sent)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                statement = bank.import_statement(
                    name=file.name, content=file.read(), by_id=agent_id(request),
                    now=timezone.now(),
                )  # fmt: skip
            except bank.StatementRefused as refusal:
                for sentence in [refusal.message, *refusal.lines]:
                    form.add_error(None, sentence)
            else:
                self.log_addition(request, statement, _("Relevé lu"))
                messages.success(request, _("Le relevé est lu. Voici ce que chaque ligne paie."))
                return redirect("admin:events_bankstatement_change", statement.pk)
        context = self.admin_site.each_context(request) | {
            "title": _("Lire un relevé bancaire"),
            "form": form,
            "method": "post",
            "action": _("Lire le relevé"),
            "opts": self.model._meta,
        }
        return render(request, "admin/events/money_form.html", context)


@admin.register(BankLine)
class BankLineAdmin(RowsToDecide):
    """Money that names no order: staff brings it to one."""

    list_display = ["booked_on", "amount", "payer", "label", "status", "remark"]
    list_filter = ["status"]
    search_fields = ["label", "payer"]
    ordering = ["-booked_on", "-pk"]
    fields = [
        "statement", "line_number", "booked_on", "amount", "label", "payer", "status", "remark",
        "payment",
    ]  # fmt: skip
    readonly_fields = ["amount"]

    @admin.display(description=gettext_lazy("montant"))
    def amount(self, line: BankLine) -> str:
        """Return the amount."""
        return euros(line.amount_cents)

    def buttons(self, request: HttpRequest, row: BankLine) -> Buttons:
        """Offer what may be done now."""
        if row.status != BankLineStatus.WAITING or not request.user.has_perm(CASH):
            return []
        return [
            (self.address("assign", row.pk), _("Rapprocher")),
            (self.address("ignore", row.pk), _("Classer sans rapport")),
        ]

    def get_urls(self) -> list[Any]:
        """Add the decisions."""
        return [
            self.page("rapprocher", self.assign, "assign"),
            self.page("classer", self.ignore, "ignore"),
            *super().get_urls(),
        ]

    def assign(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Bring a line to the order it pays."""

        def act(given: dict[str, Any]) -> object:
            return bank.assign(
                line_id=pk, order_id=_order_named(given["order"]), by_id=agent_id(request),
                now=timezone.now(),
            )  # fmt: skip

        words = _("Rapprocher"), _("La ligne est rapprochée.")
        return self._decide(request, pk, words, AssignForm, act)

    def ignore(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that a line pays no order."""
        return self._decide(
            request, pk, (_("Classer sans rapport"), _("La ligne est classée.")), ReasonForm,
            lambda given: bank.ignore(line_id=pk, reason=given["reason"]),
        )  # fmt: skip

    def _decide(
        self, request: HttpRequest, pk: int, words: tuple[str, str], form: Any,
        act: Callable[[dict[str, Any]], object],
    ) -> HttpResponse:  # fmt: skip
        line = get_object_or_404(BankLine, pk=pk)
        alike = Invoice.objects.with_left(line.amount_cents)
        return decision_page(
            self,
            request,
            title=words[0],
            subject=line,
            facts=[
                (_("Montant"), euros(line.amount_cents)),
                (_("Libellé"), line.label),
                (_("Émetteur"), line.payer),
                (
                    _("Factures à ce montant"),
                    "\n".join(f"{row.reference} · {row.buyer_name}" for row in alike[:10]),
                ),
            ],
            form=_typed(request, form),
            act=act,
            permission=CASH,
            done=words[1],
        )


def _order_named(text: str) -> int:
    named = bank.named_in(text)
    if len(named) != 1:
        raise bank.StatementRefused(_("Aucune commande ni facture ne porte ce numéro."))
    return named.pop()


@admin.register(Product)
class ProductAdmin(BaseAdmin, TranslationAdmin):  # type: ignore[type-arg]
    """What is sold, in three languages."""

    public_content = False
    list_display = ["name", "kind", "price", "unit", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = ["name_fr", "name_de", "name_en"]
    ordering = ["kind", "pk"]

    @admin.display(description=gettext_lazy("prix hors taxes"))
    def price(self, product: Product) -> str:
        """Return the price."""
        return euros(product.unit_price_cents)


@admin.register(VatRule)
class VatRuleAdmin(ReadOnlyAdmin):
    """How each kind is taxed, since when, by what text."""

    public_content = False
    list_display = ["kind", "valid_from", "regime", "rate", "mention", "basis"]
    ordering = ["kind", "-valid_from", "pk"]


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """What providers of cards said."""

    public_content = False
    list_display = ["received_at", "provider", "kind", "payment", "outcome"]
    list_filter = ["provider", "kind"]
    search_fields = ["event_id"]
    ordering = ["-received_at", "-pk"]
