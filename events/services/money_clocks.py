"""The clocks of money: quotes and unpaid orders end, documents are made, late invoices recalled.

As those of sessions: each act stamps its rows in its own transaction, and may be done again.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from emn.lib.clocks import each
from emn.mailings.services import queue_email
from events.enums import EndReason, OrderStatus
from events.models import Invoice, InvoiceReminder, Order
from events.models.registrations import ACTIVE
from events.money import reminders
from events.services import invoices, orders, payments, registrations, seats, selling_links
from events.services.clocks import AT_ONCE


def tick(*, now: datetime) -> int:
    """Do all that is due; return how many acts. One that fails is logged and stays due."""
    return sum(
        each(due(now), act, now=now)
        for due, act in (
            (_quotes_over, end_quote),
            (_holds_over, end_unpaid),
            (_without_document, _make_document),
            (_late, remind),
        )
    )


def _quotes_over(now: datetime) -> list[int]:
    rows = Order.objects.quotes_over(today=timezone.localdate(now))
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic(durable=True)
def end_quote(order_id: int, now: datetime) -> int:
    """End a quote that nobody accepted in time."""
    order = orders.locked(order_id)
    if order.status != OrderStatus.QUOTE or order.valid_until >= timezone.localdate(now):
        return 0
    orders.end(order, OrderStatus.EXPIRED, reason=_("Devis non accepté à temps"), now=now)
    return 1


def _holds_over(now: datetime) -> list[int]:
    rows = Order.objects.holds_over(now=now).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic(durable=True)
def end_unpaid(order_id: int, now: datetime) -> int:
    """End an order that nobody paid in time, and give its seats to those who wait."""
    order = orders.locked(order_id)
    is_over = order.held_until is not None and order.held_until <= now
    if order.status != OrderStatus.ACCEPTED or not is_over:
        return 0
    if orders.paid_cents(order) > 0:  # a part came: the centre decides
        order.held_until = None
        order.save(update_fields=["held_until"])
        return 0
    orders.end(order, OrderStatus.EXPIRED, reason=_("Commande non payée à temps"), now=now)
    mine = order.registrations.filter(status__in=ACTIVE, session__starts_at__gt=now)
    for session_id in sorted(set(mine.values_list("session", flat=True))):
        session, pools = seats.lock(session_id)
        for entry in mine.filter(session=session).order_by("pk"):
            registrations.end(entry, EndReason.UNPAID, now=now)
        seats.promote(session, pools.values(), now=now)
    return 1


def _without_document(now: datetime) -> list[int]:
    rows = Invoice.objects.filter(sha256="", issued_at__lte=now).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:AT_ONCE])


def _make_document(invoice_id: int, now: datetime) -> int:
    return int(invoices.make_document(invoice_id=invoice_id, now=now))


def _late(now: datetime) -> list[int]:
    """Return the late invoices whose last step was not recalled."""
    today = timezone.localdate(now)
    rows = Invoice.objects.late(today=today).filter(order__forgotten_at=None)
    # What ended and owes nothing is to be credited, not recalled.
    rows = rows.exclude(order__enrolment__ended_at__isnull=False, order__enrolment__owed_cents=0)
    done = {
        (row.invoice_id, row.step)
        for row in InvoiceReminder.objects.filter(invoice__in=rows.values("pk"))
    }
    steps = {
        row.pk: reminders.step_of(row.due_on, today=today) for row in rows.exclude(order__email="")
    }
    return [pk for pk, step in sorted(steps.items()) if step and (pk, step) not in done][:AT_ONCE]


@transaction.atomic(durable=True)
def remind(invoice_id: int, now: datetime) -> int:
    """Recall a late invoice, each step once, whatever the workers."""
    today = timezone.localdate(now)
    order = orders.locked(Invoice.objects.values_list("order", flat=True).get(pk=invoice_id))
    invoice = Invoice.objects.late(today=today).filter(pk=invoice_id).first()
    step = reminders.step_of(invoice.due_on, today=today) if invoice else 0
    left = payments.left_cents(order)
    if order.is_individual:  # the law spreads what a person may be asked for (R4.04)
        left = min(left, orders.payable_cents(order, today=today))
    if invoice is None or not step or not order.email or left <= 0:
        return 0
    _row, is_new = InvoiceReminder.objects.get_or_create(
        invoice=invoice, step=step, defaults={"sent_at": now}
    )
    if not is_new:
        return 0
    queue_email(
        to=order.email,
        template="events/emails/invoice_late",
        context={
            "invoice": invoice,
            "order": order,
            "left_cents": left,
            "days": (today - invoice.due_on).days,
            "seller": settings.SELLER,
            "order_url": selling_links.order_url(order),
            "is_last": step == len(reminders.AFTER_DAYS),
        },
        language=order.language,
        dedup_key=f"events.invoice_late:{invoice.pk}:{step}",
        secret=True,
        now=now,
    )
    return 1
