"""Invoices and credit notes: numbered, frozen, and never anything else afterwards."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from emn.lib.commit import after_commit
from emn.lib.errors import DomainError
from emn.lib.storage import private_storage
from emn.mailings.services import Attachment, queue_email
from events import invoice_documents
from events.enums import InvoiceKind, OrderStatus
from events.models import Invoice, InvoiceSeries, Order
from events.money import amounts
from events.money.amounts import Amounts, CreditsTooMuch
from events.money.references import invoice_reference
from events.money.withdrawal import Step
from events.services import orders, papers, payments, selling_links
from events.tasks import make_invoice

SERIES = {InvoiceKind.INVOICE: "F", InvoiceKind.CREDIT: "A"}


class InvoiceRefused(DomainError):
    """The invoice or the credit note cannot be issued so."""


@transaction.atomic(durable=True)
def issue(*, order_id: int, on: date, now: datetime) -> Invoice:
    """Issue the invoice of an accepted order, dated `on`; its document follows from the worker.

    The number is taken last, under the lock of its series: whatever fails gives it back.
    That of an individual's training asks by steps, which it prints: its due day is the last one.
    Raises Order.DoesNotExist, InvoiceRefused (not accepted, before the end of the withdrawal,
    something missing, day out of order).
    """
    order = orders.locked(order_id)
    if order.status != OrderStatus.ACCEPTED:
        raise InvoiceRefused(_not_to_be_invoiced(order))
    _refuse_to_come(on, now=now)
    lines = list(order.lines.select_related("vat_rule").order_by("position"))
    counted = orders.amounts_of(order)
    steps, due_on = [], on + timedelta(days=order.payment_days)
    if orders.is_spread(order):
        steps = _steps(order, counted, on=on)
        due_on = max(on, steps[-1].on)
    paper = papers.snapshot(order, lines, counted, issued_on=on, due_on=due_on, steps=steps)
    order.status, order.held_until = OrderStatus.INVOICED, None
    order.save(update_fields=["status", "held_until"])
    return _issue(order, paper, counted, on=on, due_on=due_on, now=now)


def _refuse_to_come(on: date, *, now: datetime) -> None:
    if on > timezone.localdate(now):
        raise InvoiceRefused(_("Une facture ne se date pas d’un jour à venir."))


def _steps(order: Order, counted: Amounts, *, on: date) -> list[Step]:
    """Return what an individual is asked for, step by step. Raises InvoiceRefused (too early)."""
    steps = orders.steps_of(order, counted.total_cents)
    if not steps:
        raise InvoiceRefused(
            _(
                "Notez d’abord le contrat signé : la loi laisse passer le délai de rétractation "
                "avant de demander de l’argent à un particulier."
            )
        )
    if on < steps[0].on:
        raise InvoiceRefused(
            _("Le délai de rétractation court encore : rien ne se demande à un particulier avant "
              "le %(day)s.") % {"day": steps[0].on.strftime("%d/%m/%Y")}
        )  # fmt: skip
    return steps


def credit_step(
    *,
    invoice_id: int,
    reason: str,
    on: date,
    now: datetime,
    quantities: Mapping[int, Decimal] | None = None,
    reopen: bool = False,
) -> Invoice:
    """Issue a credit note on an invoice: all that is left of it, or quantities by line position.

    `reopen`: once nothing is left of the invoice, its order may be corrected and invoiced again;
    else it is cancelled. Call it in a transaction; `credit` is the same in its own.
    Raises Invoice.DoesNotExist, InvoiceRefused.
    """
    order_id = Invoice.objects.values_list("order", flat=True).get(pk=invoice_id)
    order = orders.locked(order_id)
    invoice = Invoice.objects.get(pk=invoice_id)
    if invoice.kind != InvoiceKind.INVOICE:
        raise InvoiceRefused(_("Un avoir corrige une facture, pas un autre avoir."))
    if on < invoice.issued_on:
        raise InvoiceRefused(_("Un avoir ne peut pas dater d’avant sa facture."))
    _refuse_to_come(on, now=now)
    whole, before = _whole_and_credited(invoice)
    try:
        counted = amounts.credit(whole, before, quantities)
    except CreditsTooMuch as refused:
        raise InvoiceRefused(
            _("La ligne %(position)s ne peut pas être créditée d’autant.")
            % {"position": refused.position}
        ) from refused
    if not counted.lines:
        raise InvoiceRefused(_("Il ne reste rien à créditer sur cette facture."))
    paper = _credit_note(invoice.snapshot, counted, invoice, reason=reason.strip(), on=on)
    left = whole.total_cents - sum(paper.total_cents for paper in [*before, counted])
    is_whole = left == 0 and _all_lines_credited(whole, [*before, counted])
    if is_whole and order.status == OrderStatus.INVOICED:
        if reopen:
            order.status = OrderStatus.ACCEPTED
            order.save(update_fields=["status"])
        else:
            orders.end(order, OrderStatus.CANCELLED, reason=reason, now=now)
    note = _issue(order, paper, counted, on=on, due_on=on, now=now, corrected=invoice)
    payments.note_too_much(order)
    return note


credit = transaction.atomic(durable=True)(credit_step)


def credit_left(order: Order, *, reason: str, now: datetime, reopen: bool = False) -> None:
    """Credit all that is left of an order's invoices, dated today; call it under its lock."""
    for invoice in order.invoices.filter(kind=InvoiceKind.INVOICE).order_by("pk"):
        if not _all_lines_credited(*_whole_and_credited(invoice)):
            credit_step(
                invoice_id=invoice.pk, reason=reason, on=timezone.localdate(now), now=now,
                reopen=reopen,
            )  # fmt: skip
    order.refresh_from_db()


def _whole_and_credited(invoice: Invoice) -> tuple[Amounts, list[Amounts]]:
    notes = invoice.credit_notes.order_by("pk")
    return (
        papers.amounts_of(invoice.snapshot),
        [papers.amounts_of(row.snapshot) for row in notes],
    )


def _all_lines_credited(whole: Amounts, credited: list[Amounts]) -> bool:
    taken = sum(line.quantity for paper in credited for line in paper.lines)
    return taken == sum(line.quantity for line in whole.lines)


def _credit_note(
    paper: dict[str, Any], counted: Amounts, invoice: Invoice, *, reason: str, on: date
) -> dict[str, Any]:
    """Return the snapshot of a credit note: its invoice's own words, and the amounts credited."""
    words = {line["position"]: line for line in paper["lines"]}
    groups = {papers.vat_of(group["vat"]): group["vat"] for group in paper["groups"]}
    return paper | {
        "kind": str(InvoiceKind.CREDIT),
        "issued_on": on.isoformat(),
        "due_on": on.isoformat(),
        "reason": reason,
        "steps": [],
        "credits": {"number": invoice.reference, "issued_on": invoice.issued_on.isoformat()},
        "lines": [
            words[line.position] | {"quantity": str(line.quantity), "net_cents": line.net_cents}
            for line in counted.lines
        ],
        "groups": [
            {
                "vat": groups[group.vat],
                "base_cents": group.base_cents,
                "vat_cents": group.vat_cents,
            }
            for group in counted.groups
        ],
        "net_cents": counted.net_cents,
        "vat_cents": counted.vat_cents,
        "total_cents": counted.total_cents,
    }


def _issue(
    order: Order,
    paper: dict[str, Any],
    counted: Amounts,
    *,
    on: date,
    due_on: date,
    now: datetime,
    corrected: Invoice | None = None,
) -> Invoice:
    if lacks := papers.missing(paper):
        raise InvoiceRefused(
            _("Il manque sur cette facture : %(items)s.") % {"items": ", ".join(lacks)}
        )
    kind = InvoiceKind(paper["kind"])
    series = _next_number(SERIES[kind], on)
    reference = invoice_reference(series.code, series.year, series.last_number)
    invoice = Invoice.objects.create(
        kind=kind,
        order=order,
        series=series,
        number=series.last_number,
        reference=reference,
        credits=corrected,
        issued_on=on,
        due_on=due_on,
        issued_at=now,
        buyer_name=paper["buyer"]["name"],
        net_cents=counted.net_cents,
        vat_cents=counted.vat_cents,
        total_cents=counted.total_cents,
        snapshot=paper | {"number": reference},
    )
    after_commit(partial(make_invoice.delay, invoice_id=invoice.pk))
    return invoice


def make_document(*, invoice_id: int, now: datetime) -> bool:
    """Make the document of an invoice, keep it with its digest, send it; False when it is there.

    The same invoice gives the same bytes, so that a worker killed half way is made up for.
    """
    invoice = Invoice.objects.get(pk=invoice_id)
    if invoice.sha256:
        return False
    content = invoice_documents.invoice_pdf(invoice.snapshot, at=invoice.issued_at)
    return _keep(invoice_id, content, now=now)


@transaction.atomic(durable=True)
def _keep(invoice_id: int, content: bytes, *, now: datetime) -> bool:
    rows = Invoice.objects.select_for_update(of=("self",)).select_related("order")
    invoice = rows.get(pk=invoice_id)
    if invoice.sha256:
        return False
    name = f"factures/{invoice.issued_on.year}/{invoice.reference}.pdf"
    private_storage().delete(name)  # what a worker killed before its commit left
    name = private_storage().save(name, ContentFile(content))
    digest = hashlib.sha256(content).hexdigest()
    Invoice.objects.filter(pk=invoice.pk).update(pdf=name, sha256=digest)
    order = invoice.order
    if order.email:
        queue_email(
            to=order.email,
            template="events/emails/invoice",
            context={
                "invoice": invoice,
                "order": order,
                "is_credit": invoice.kind == InvoiceKind.CREDIT,
                "order_url": selling_links.order_url(order),
            },
            language=order.language,
            dedup_key=f"events.invoice:{invoice.pk}",
            secret=True,
            attachments=[Attachment(f"{invoice.reference}.pdf", "application/pdf", content)],
            now=now,
        )
    return True


def _next_number(code: str, on: date) -> InvoiceSeries:
    """Take the next number of the year's series; its row is held until the transaction ends."""
    InvoiceSeries.objects.get_or_create(year=on.year, code=code)
    series = InvoiceSeries.objects.select_for_update().get(year=on.year, code=code)
    if series.last_issued_on and on < series.last_issued_on:
        raise InvoiceRefused(
            _("La dernière facture de la série est datée du %(day)s : celle-ci ne peut pas l’être "
              "d’avant.") % {"day": series.last_issued_on.strftime("%d/%m/%Y")}
        )  # fmt: skip
    if InvoiceSeries.objects.filter(code=code, year__gt=on.year, last_number__gt=0).exists():
        raise InvoiceRefused(
            _("Les factures de l’année suivante ont commencé : datez celle-ci de cette année.")
        )
    series.last_number += 1
    series.last_issued_on = on
    series.save(update_fields=["last_number", "last_issued_on"])
    return series


def _not_to_be_invoiced(order: Order) -> str:
    if order.status == OrderStatus.QUOTE:
        return _("Ce devis n’est pas accepté : il ne se facture pas encore.")
    if order.status == OrderStatus.INVOICED:
        return _("Cette commande est déjà facturée.")
    return _("Cette commande est terminée : elle ne se facture pas.")
