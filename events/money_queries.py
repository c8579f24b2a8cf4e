"""What the books of money say: entries for the accountant, and where each invoice must go."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext as _

from events.enums import InvoiceRoute, PaymentStatus
from events.models import Invoice, Order, Payment, Refund
from events.money import entries
from events.money.routing import route


def route_of(invoice: Invoice) -> InvoiceRoute:
    """Return where an invoice must be sent or reported (R4.12)."""
    paper = invoice.snapshot
    return InvoiceRoute(
        route(
            exempt=all(group["vat"]["category"] != "S" for group in paper["groups"]),
            buyer=paper["buyer"]["kind"],
            is_domestic=paper["buyer"]["country"] == "FR",
            on=invoice.issued_on,
        )
    )


def accounting_lines(*, start: date, end: date) -> Iterator[list[str]]:
    """Yield the header, then the entries of these days: papers, money that came, that went back.

    Each is dated of its own day.
    """
    yield list(entries.COLUMNS)
    papers = Invoice.objects.filter(issued_on__range=(start, end)).order_by("issued_on", "pk")
    for invoice in papers.iterator():
        for entry in entries.of_paper(invoice.snapshot, client=_client(invoice.order_id)):
            yield entry.cells()
    money = Payment.objects.received().filter(received_on__range=(start, end))
    rows: Any = money.select_related("order").order_by("received_on", "pk")
    for payment in rows.annotate(client_name=_named("order")).iterator():
        assert payment.received_on is not None
        yield from _moved(
            f"P{payment.pk:06d}",
            payment.received_on,
            payment.amount_cents,
            order=payment.order,
            name=payment.client_name,
            label=f"{payment.get_method_display()} {payment.order.reference}",
        )
    back = Refund.objects.filter(
        refunded_on__range=(start, end), payment__status=PaymentStatus.RECEIVED
    )
    refunds = back.select_related("payment__order").order_by("refunded_on", "pk")
    for refund in refunds.annotate(client_name=_named("payment__order")).iterator():
        order = refund.payment.order
        words = (str(_("Remboursement")), refund.get_method_display(), order.reference)
        yield from _moved(
            str(refund),
            refund.refunded_on,
            -refund.amount_cents,
            order=order,
            name=refund.client_name,
            label=" ".join(filter(None, (*words, refund.reference))),
        )


def _moved(
    number: str, day: date, cents: int, *, order: Order, name: str, label: str
) -> Iterator[list[str]]:
    for entry in entries.of_payment(
        number=number, day=day, cents=cents, client=_client(order.pk), name=name, label=label
    ):
        yield entry.cells()


def _named(order: str) -> Coalesce:
    """Return the buyer's name: as its papers keep it, once the order has forgotten it."""
    papers = Invoice.objects.filter(order=OuterRef(order)).order_by("pk")
    kept = Subquery(papers.values("buyer_name")[:1])
    return Coalesce(NullIf(f"{order}__buyer_name", Value("")), kept, Value(""))


def _client(order_id: int) -> str:
    return f"C{order_id:06d}"
