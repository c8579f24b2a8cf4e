"""Money that comes: transfers that staff or the bank's file records, cards that a provider reports.

Money is never refused: what no order expects waits for staff to decide. The facts of a payment only
grow, so that messages doubled, late or out of order end the same.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from emn.lib.errors import DomainError
from emn.lib.templatetags.french import euros
from events import cards
from events.cards import CardEvent, CardTrouble, EventKind
from events.enums import EndReason, OrderStatus, PaymentMethod, PaymentStatus, RegistrationStatus
from events.models import Order, OrderLine, Payment, Refund, Registration, WebhookEvent
from events.models.orders import CAN_BE_PAID
from events.models.registrations import ACTIVE
from events.money import withdrawal
from events.services import orders, seats, selling_links

PAGE_LASTS = timedelta(hours=1)  # then the provider ends the page; until then it is shown again
PAGE_OPENS_WITHIN = timedelta(minutes=1)  # longer than the provider is waited for


class PaymentRefused(DomainError):
    """The payment cannot be started, recorded or given back so."""


@transaction.atomic(durable=True)
def record_transfer(
    *,
    order_id: int,
    amount_cents: int,
    received_on: date,
    now: datetime,
    reference: str = "",
    method: PaymentMethod = PaymentMethod.TRANSFER,
    by_id: int | None = None,
) -> Payment:
    """Record money that came by transfer or cheque. Raises Order.DoesNotExist, PaymentRefused."""
    if amount_cents <= 0:
        raise PaymentRefused(_("Un paiement est plus grand que zéro."))
    if received_on > timezone.localdate(now):
        raise PaymentRefused(_("Un paiement ne se reçoit pas dans l’avenir."))
    order = orders.locked(order_id)
    return receive(
        order,
        Payment(
            order=order,
            method=method,
            amount_cents=amount_cents,
            reference=reference[:140],
            created_at=now,
            by_id=by_id,
        ),
        on=received_on,
        now=now,
    )


def receive(order: Order, payment: Payment, *, on: date, now: datetime) -> Payment:
    """Note that the money of a payment came, and what that means for its order; under its lock."""
    payment.status, payment.received_on = PaymentStatus.RECEIVED, on
    payment.save()
    doubt = ""
    if order.status == OrderStatus.EXPIRED and not _revived(order, now=now):
        doubt = _("Payée après son expiration, et les places ne sont plus libres.")
    elif order.status == OrderStatus.CANCELLED:
        doubt = _("Payée alors que la commande est annulée.")
    elif order.status == OrderStatus.QUOTE:
        doubt = _("Payée avant que le devis soit accepté.")
    elif (too_much := -left_cents(order)) > 0:
        doubt = _("Trop-perçu de %(euros)s.") % {"euros": euros(too_much)}
    elif (early := orders.paid_cents(order) - orders.may_ask_cents(order, today=on)) > 0:
        doubt = _("%(euros)s de plus que ce que la loi permet de demander à ce jour.") % {
            "euros": euros(early)
        }
    if doubt:
        payment.needs_decision, payment.note = True, doubt
        payment.save(update_fields=["needs_decision", "note"])
    return payment


def left_cents(order: Order, lines: Iterable[OrderLine] | None = None) -> int:
    """Return what is left to pay of an order: of its invoices less credits, else of its lines.

    `lines`: those of the order with their VAT rules, when they are loaded.
    """
    invoiced = 0
    has_papers = False
    for paper in order.invoices.all():
        has_papers = True
        invoiced += -paper.total_cents if paper.credits_id else paper.total_cents
    is_called_off = order.status == OrderStatus.CANCELLED
    if order.status == OrderStatus.ACCEPTED or not (has_papers or is_called_off):
        invoiced = orders.amounts_of(order, lines).total_cents
    return invoiced - orders.paid_cents(order)


def unpaid(registration_ids: Iterable[int], *, today: date) -> set[int]:
    """Return those whose order should have been paid by now, and is not: five questions.

    What is not due yet is not said at a door: a company pays its invoice in its own time.
    """
    links = Order.registrations.through.objects.filter(
        registration__in=list(registration_ids), order__status__in=CAN_BE_PAID
    ).values_list("order", "registration")
    of_order = defaultdict(set)
    for order_id, registration_id in links:
        of_order[order_id].add(registration_id)
    lines = OrderLine.objects.select_related("vat_rule").order_by("position")
    rows = Order.objects.filter(pk__in=of_order).prefetch_related(
        Prefetch("lines", queryset=lines), "invoices", "payments"
    )
    owing = [order.pk for order in rows if _is_late(order, order.lines.all(), today=today)]
    return set().union(*(of_order[key] for key in owing))


def _is_late(order: Order, lines: Iterable[OrderLine], *, today: date) -> bool:
    """Tell whether something is left of what was to be paid by now; all that it reads is loaded."""
    left, paid = left_cents(order, lines), orders.paid_cents(order)
    if left <= 0 or order.held_until is not None:
        return left > 0
    if orders.is_spread(order, lines):
        steps = orders.steps_of(order, left + paid)
        return withdrawal.payable_cents(steps, today=today) > paid
    owed: dict[int, int] = defaultdict(int)
    for paper in order.invoices.all():
        is_due = paper.credits_id is not None or paper.due_on < today
        cents = -paper.total_cents if paper.credits_id else paper.total_cents
        owed[paper.credits_id or paper.pk] += cents if is_due else 0
    return any(cents > 0 for cents in owed.values())


def note_too_much(order: Order) -> None:
    """Have staff decide when more came than is still owed: credited, called off; under lock."""
    too_much = -left_cents(order)
    last = order.payments.received().order_by("-pk").first()
    if too_much > 0 and last is not None:
        last.needs_decision = True
        last.note = _("À rendre : %(euros)s.") % {"euros": euros(too_much)}
        last.save(update_fields=["needs_decision", "note"])


@transaction.atomic(durable=True)
def record_refund(
    *,
    payment_id: int,
    amount_cents: int,
    refunded_on: date,
    now: datetime,
    method: PaymentMethod = PaymentMethod.TRANSFER,
    reference: str = "",
    by_id: int | None = None,
) -> Refund:
    """Note that the centre sent money back itself. Raises Payment.DoesNotExist, PaymentRefused."""
    payment = _locked(payment_id)
    by_card = PaymentMethod.CARD in {method, payment.method}
    if payment.status != PaymentStatus.RECEIVED or payment.received_on is None or by_card:
        raise PaymentRefused(_("Ce paiement ne se rembourse pas ainsi."))
    if not 0 < amount_cents <= payment.amount_cents - payment.refunded_cents:
        raise PaymentRefused(_("On ne rembourse pas plus que ce qui est reçu."))
    if not payment.received_on <= refunded_on <= timezone.localdate(now):
        raise PaymentRefused(_("Un remboursement suit le paiement, et n’est pas à venir."))
    return _give_back(
        payment,
        Refund(
            amount_cents=amount_cents,
            refunded_on=refunded_on,
            method=method,
            reference=reference,
            noted_at=now,
            by_id=by_id,
        ),
    )


def _give_back(payment: Payment, refund: Refund) -> Refund:
    """Keep a refund with its payment's sum; under lock."""
    refund.payment = payment
    refund.save()
    payment.refunded_cents += refund.amount_cents
    payment.save(update_fields=["refunded_cents"])
    return refund


def refund_card(*, payment_id: int, amount_cents: int) -> None:
    """Ask the provider to give money back; its message will note it. Raises PaymentRefused."""
    payment = Payment.objects.get(pk=payment_id)
    provider = cards.provider()
    if provider is None or provider.name != payment.provider or not payment.intent_ref:
        raise PaymentRefused(_("Ce paiement ne se rembourse pas par carte."))
    if not 0 < amount_cents <= payment.amount_cents - payment.refunded_cents:
        raise PaymentRefused(_("On ne rembourse pas plus que ce qui est reçu."))
    try:
        provider.refund(
            payment_id=payment.pk,
            intent_ref=payment.intent_ref,
            amount_cents=amount_cents,
            key=f"emn-refund-{payment.pk}-{payment.refunded_cents}-{amount_cents}",
        )
    except CardTrouble as trouble:
        raise PaymentRefused(
            _("Le prestataire de paiement ne répond pas : rien n’est remboursé. Réessayez.")
        ) from trouble


@transaction.atomic(durable=True)
def settle(*, payment_id: int, note: str, now: datetime) -> Payment:
    """Note what staff decided of a payment that waited. Raises PaymentRefused."""
    payment = _locked(payment_id)
    if not payment.needs_decision:
        raise PaymentRefused(_("Ce paiement n’attend aucune décision."))
    payment.needs_decision, payment.note = False, f"{payment.note} → {note}"[:300]
    payment.save(update_fields=["needs_decision", "note"])
    return payment


# --- Cards ---


def start_card(*, order_id: int, now: datetime) -> Payment:
    """Open the provider's page for what may be asked today; `pay_url` is where to send the buyer.

    One page at a time may be paid: an open one that asks the same is shown again, another is closed
    first. The provider is never called inside a transaction. Raises Order.DoesNotExist,
    PaymentRefused (cards off, nothing to pay yet, just paid, provider silent).
    """
    provider = cards.provider()
    if provider is None:
        raise PaymentRefused(_("Le paiement par carte n’est pas ouvert : payez par virement."))
    payment, others = _started(order_id, provider.name, now=now)
    if payment.pay_url:
        return payment
    order = payment.order
    try:
        for other in others:
            if not provider.close(ref=other.provider_ref):
                _fail(payment)
                raise PaymentRefused(
                    _("Un paiement par carte vient d’être fait : attendez quelques minutes qu’il "
                      "soit confirmé.")
                )  # fmt: skip
            _fail(other)
        page = provider.start(
            payment_id=payment.pk,
            amount_cents=payment.amount_cents,
            label=f"{settings.CENTRE_NAME} · {order.reference}",
            email=order.email,
            language=order.language,
            return_url=selling_links.order_url(order),
            until=payment.created_at + PAGE_LASTS,
        )
    except CardTrouble as trouble:
        _fail(payment)
        raise PaymentRefused(
            _("La page de paiement ne répond pas. Réessayez plus tard, ou payez par virement.")
        ) from trouble
    Payment.objects.filter(pk=payment.pk).update(provider_ref=page.ref, pay_url=page.url)
    payment.provider_ref, payment.pay_url = page.ref, page.url
    return payment


def open_page(order: Order, *, amount_cents: int, now: datetime) -> Payment | None:
    """Return the page where just that may be paid; None when there is none to show again."""
    rows = _open_pages(order, now=now).filter(amount_cents=amount_cents)
    return rows.exclude(pay_url="").order_by("-pk").first()


def _open_pages(order: Order, *, now: datetime) -> QuerySet[Payment]:
    return order.payments.filter(
        method=PaymentMethod.CARD,
        status=PaymentStatus.STARTED,
        created_at__gt=now - PAGE_LASTS,
    )


@transaction.atomic(durable=True)
def _started(order_id: int, provider: str, *, now: datetime) -> tuple[Payment, list[Payment]]:
    """Return the page to show again, or a new payment and the open pages to close before it."""
    order = orders.locked(order_id)
    amount = orders.payable_cents(order, today=timezone.localdate(now))
    if amount <= 0:
        raise PaymentRefused(_("Rien n’est à payer pour cette commande aujourd’hui."))
    rows = _open_pages(order, now=now).filter(provider=provider)
    if rows.filter(pay_url="", created_at__gt=now - PAGE_OPENS_WITHIN).exists():
        raise PaymentRefused(_("La page de paiement s’ouvre : réessayez dans une minute."))
    again = open_page(order, amount_cents=amount, now=now)
    if again is not None and again.provider == provider:
        return again, []
    others = list(rows.exclude(provider_ref="").order_by("pk"))
    payment = Payment.objects.create(
        order=order,
        method=PaymentMethod.CARD,
        status=PaymentStatus.STARTED,
        amount_cents=amount,
        provider=provider,
        created_at=now,
    )
    return payment, others


def _fail(payment: Payment) -> None:
    """Note that a page cannot be paid, unless its message came meanwhile."""
    started = Payment.objects.filter(pk=payment.pk, status=PaymentStatus.STARTED)
    started.update(status=PaymentStatus.FAILED)


@transaction.atomic(durable=True)
def take_event(*, provider: str, event: CardEvent, now: datetime) -> bool:
    """Do what a believed message says, once; return False when it was done already.

    It is noted in the same transaction: what fails will be sent again and done then.
    """
    note, is_new = WebhookEvent.objects.get_or_create(
        provider=provider,
        event_id=event.event_id,
        defaults={"kind": event.name[:80], "created_at": event.created_at, "received_at": now},
    )
    if not is_new:
        return False
    payment = _payment_of(provider, event)
    if event.kind is EventKind.OTHER or payment is None:
        note.outcome = _("sans suite") if payment else _("paiement inconnu")
        note.save(update_fields=["outcome"])
        return True
    order = orders.locked(payment.order_id)
    payment = _locked(payment.pk)
    note.payment, note.outcome = payment, _do(event, order, payment, now=now)
    note.save(update_fields=["payment", "outcome"])
    return True


def _payment_of(provider: str, event: CardEvent) -> Payment | None:
    rows = Payment.objects.filter(provider=provider)
    if event.payment_id is not None:
        return rows.filter(pk=event.payment_id).first()
    return rows.filter(intent_ref=event.intent_ref).first() if event.intent_ref else None


def _do(event: CardEvent, order: Order, payment: Payment, *, now: datetime) -> str:
    if event.intent_ref and not payment.intent_ref:
        payment.intent_ref = event.intent_ref
        payment.save(update_fields=["intent_ref"])
    if event.kind is EventKind.REFUNDED:
        more = min(event.refunded_cents, payment.amount_cents) - payment.refunded_cents
        if more <= 0:
            return _("déjà remboursé")
        _give_back(
            payment,
            Refund(
                amount_cents=more,
                refunded_on=timezone.localdate(event.created_at),
                method=PaymentMethod.CARD,
                reference=event.intent_ref,
                noted_at=now,
            ),
        )
        return _("remboursement noté")
    if payment.status == PaymentStatus.RECEIVED:
        return _("déjà payé")
    if event.kind is EventKind.FAILED:
        payment.status = PaymentStatus.FAILED
        payment.save(update_fields=["status"])
        return _("échec noté")
    differs = (event.amount_cents, event.currency.lower()) != (payment.amount_cents, "eur")
    if differs and event.amount_cents > 0:
        payment.amount_cents = event.amount_cents
    receive(order, payment, on=timezone.localdate(event.created_at), now=now)
    if differs:
        payment.needs_decision = True
        payment.note = _("Le prestataire annonce un autre montant ou une autre monnaie.")
        payment.save(update_fields=["needs_decision", "note"])
    return _("paiement noté")


# --- Money that came after the order had ended ---


class _NoSeat(Exception):
    pass


def _revived(order: Order, *, now: datetime) -> bool:
    """Give an expired order its life, and its seats when they are still free, back."""
    try:
        with transaction.atomic():
            for entry in order.registrations.exclude(status__in=ACTIVE).order_by("session", "pk"):
                _seat_again(entry, now=now)
    except (_NoSeat, seats.TryAgain):
        return False
    order.status = OrderStatus.ACCEPTED if order.accepted_at else OrderStatus.QUOTE
    order.ended_at, order.end_reason = None, ""
    order.save(update_fields=["status", "ended_at", "end_reason"])
    return order.status == OrderStatus.ACCEPTED


def _seat_again(entry: Registration, *, now: datetime) -> None:
    session, pools = seats.lock(entry.session_id)
    pool = next(pool for pool in pools.values() if pool.pk == entry.pool_id)
    taken = seats.count(pool)
    doubled = Registration.objects.active().filter(session=session, email=entry.email)
    if (
        entry.end_reason != EndReason.UNPAID
        or session.starts_at <= now
        or not session.takes_place
        or taken.in_line
        or pool.seats - taken.seated < entry.seats
        or doubled.exists()
    ):
        raise _NoSeat
    entry.status, entry.taken_at = RegistrationStatus.REGISTERED, entry.taken_at or now
    entry.ended_at, entry.end_reason = None, ""
    entry.save(update_fields=["status", "taken_at", "ended_at", "end_reason"])
    seats.promote(session, [pool], now=now)


def _locked(payment_id: int) -> Payment:
    return Payment.objects.select_for_update(of=("self",)).select_related("order").get(
        pk=payment_id
    )  # fmt: skip
