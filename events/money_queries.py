"""What the books of money say: entries for the accountant, and where each invoice must go."""

from collections.abc import Iterator
from datetime import date

from events.enums import InvoiceRoute
from events.models import Invoice, Payment
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
    """Yield the header, then the entries of papers and payments of these days, in order.

    A refund is dated of its payment: the portal keeps how much went back, the bank keeps the day.
    """
    yield list(entries.COLUMNS)
    papers = Invoice.objects.filter(issued_on__range=(start, end)).order_by("issued_on", "pk")
    for invoice in papers.iterator():
        for entry in entries.of_paper(invoice.snapshot, client=_client(invoice.order_id)):
            yield entry.cells()
    money = Payment.objects.received().filter(received_on__range=(start, end))
    for payment in money.select_related("order").order_by("received_on", "pk").iterator():
        assert payment.received_on is not None
        for sign, cents in (("", payment.amount_cents), ("-R", -payment.refunded_cents)):
            if cents:
                for entry in entries.of_payment(
                    number=f"P{payment.pk:06d}{sign}",
                    day=payment.received_on,
                    cents=cents,
                    client=_client(payment.order_id),
                    name=payment.order.buyer_name,
                    label=f"{payment.get_method_display()} {payment.order.reference}",
                ):
                    yield entry.cells()


def _client(order_id: int) -> str:
    return f"C{order_id:06d}"
