"""Orders: opened as a quote, accepted by the buyer, ended by the clock or by the centre."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from stdnum.fr import siren as siren_number
from stdnum.fr import siret as siret_number

from emn.lib.errors import DomainError
from emn.mailings.services import queue_email
from events.enums import BuyerKind, OrderStatus, PaymentStatus, ProductKind, Unit, VatRegime
from events.models import Order, OrderLine, Product, VatRule
from events.models.orders import ENDED, SIREN_LENGTH
from events.money import withdrawal
from events.money.amounts import Amounts, Vat, amounts
from events.services import selling_links

QUOTE_LASTS_DAYS = 30
# Taxed where the buyer is established (CGI, 259, 1°): the portal does not decide those abroad.
TAXED_AT_THE_BUYER = (ProductKind.CONSULTING, ProductKind.RECRUITMENT)
MOST_LINES = 100


class OrderRefused(DomainError):
    """The order cannot be opened, changed, accepted or ended so."""


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """Who buys, as it will stand on the papers for good.

    `siret` (14 digits) gives the SIREN; a foreign or individual buyer has neither.
    """

    kind: BuyerKind
    name: str
    street: str
    postcode: str
    city: str
    country: str = "FR"
    siret: str = ""
    siren: str = ""
    vat_id: str = ""
    contact_name: str = ""
    email: str = ""
    purchase_order: str = ""
    service_code: str = ""


@dataclass(frozen=True, kw_only=True)
class NewLine:
    """A line asked for: of a product, which gives what is left out, or in words of its own.

    `unit_price_cents` excludes tax. A « dédit » is a line of kind INDEMNITY, alone on its order.
    """

    kind: ProductKind | None = None
    product_id: int | None = None
    label: str = ""
    quantity: Decimal = Decimal(1)
    unit: Unit | None = None
    unit_price_cents: int | None = None


def open_step(
    *,
    buyer: Buyer,
    lines: Sequence[NewLine],
    language: str,
    now: datetime,
    valid_until: date | None = None,
    service_from: date | None = None,
    service_until: date | None = None,
    payment_days: int = 30,
    delivery_address: str = "",
    company_id: int | None = None,
    registration_ids: Iterable[int] = (),
) -> Order:
    """Open an order as a quote, valid thirty days unless said; its VAT rules are those of today.

    Call it in a transaction; `open_order` is the same in its own. Raises OrderRefused with a
    sentence fit to be shown.
    """
    today = timezone.localdate(now)
    order = Order(
        **_snapshot(buyer),
        language=language,
        created_at=now,
        valid_until=valid_until or today + timedelta(days=QUOTE_LASTS_DAYS),
        service_from=service_from,
        service_until=service_until or service_from,
        payment_days=payment_days,
        delivery_address=delivery_address,
        company_id=company_id,
    )
    _check(order, today=today)
    order.save()
    order.registrations.set(registration_ids)
    _write_lines(order, lines, on=today)
    return order


open_order = transaction.atomic(durable=True)(open_step)


@transaction.atomic(durable=True)
def change_order(
    *,
    order_id: int,
    now: datetime,
    buyer: Buyer | None = None,
    lines: Sequence[NewLine] | None = None,
    service_from: date | None = None,
    service_until: date | None = None,
) -> Order:
    """Rewrite what is given of a quote or an order not yet invoiced. Raises OrderRefused.

    A quote that was sent is to be sent again. The lines of an accepted order stay: another price
    is another quote.
    """
    order = locked(order_id)
    if order.status not in {OrderStatus.QUOTE, OrderStatus.ACCEPTED}:
        raise OrderRefused(_("Cette commande est facturée ou terminée : elle ne se change plus."))
    if lines is not None and order.status != OrderStatus.QUOTE:
        raise OrderRefused(_("Le devis est accepté : pour d’autres lignes, faites-en un nouveau."))
    if buyer is not None:
        for name, value in _snapshot(buyer).items():
            setattr(order, name, value)
    if order.status == OrderStatus.QUOTE:
        order.sent_at = None  # what was sent is not this any more
    if service_from is not None:
        order.service_from, order.service_until = service_from, service_until or service_from
    _check(order, today=timezone.localdate(now))
    order.save()
    if lines is not None:
        rewrite_lines(order, lines, now=now)
    return order


@transaction.atomic(durable=True)
def send_quote(*, order_id: int, now: datetime) -> Order:
    """Send the quote to the buyer, with the link that accepts it. Raises OrderRefused."""
    order = locked(order_id)
    if order.status != OrderStatus.QUOTE:
        raise OrderRefused(_("Ce devis est déjà accepté, ou terminé."))
    if not order.email:
        raise OrderRefused(_("Écrivez d’abord le courriel de l’acheteur."))
    order.sent_at = now
    order.save(update_fields=["sent_at"])
    queue_email(
        to=order.email,
        template="events/emails/quote",
        context={
            "order": order,
            "total_cents": amounts_of(order).total_cents,
            "order_url": selling_links.order_url(order),
        },
        language=order.language,
        secret=True,
        now=now,
    )
    return order


def accept_step(
    *,
    order_id: int,
    accepted_by: str,
    now: datetime,
    purchase_order: str = "",
    held_until: datetime | None = None,
) -> Order:
    """Make an order of a quote: the buyer said yes. Twice is once.

    Call it in a transaction; `accept` is the same in its own. `held_until`: when it ends unless it
    is paid. Raises OrderRefused (too late, ended, no name).
    """
    order = locked(order_id)
    if order.status in {OrderStatus.ACCEPTED, OrderStatus.INVOICED}:
        return order
    if order.status in ENDED or order.valid_until < timezone.localdate(now):
        raise OrderRefused(_("Ce devis n’est plus valable : demandez-en un nouveau au centre."))
    if not accepted_by.strip():
        raise OrderRefused(_("Écrivez le nom de la personne qui accepte."))
    order.status, order.accepted_at, order.held_until = OrderStatus.ACCEPTED, now, held_until
    order.accepted_by = accepted_by.strip()
    order.purchase_order = purchase_order.strip() or order.purchase_order
    order.save(
        update_fields=["status", "accepted_at", "accepted_by", "purchase_order", "held_until"]
    )
    return order


accept = transaction.atomic(durable=True)(accept_step)


@transaction.atomic(durable=True)
def cancel(*, order_id: int, reason: str, now: datetime) -> Order:
    """End a quote or an order not invoiced. Twice is once. Raises OrderRefused."""
    order = locked(order_id)
    if order.status == OrderStatus.CANCELLED:
        return order
    if order.status == OrderStatus.INVOICED:
        raise OrderRefused(_("Cette commande est facturée : annulez la facture par un avoir."))
    if order.status == OrderStatus.EXPIRED:
        raise OrderRefused(_("Cette commande est déjà terminée."))
    if paid_cents(order) > 0:
        raise OrderRefused(_("Cette commande est payée : remboursez d’abord."))
    end(order, OrderStatus.CANCELLED, reason=reason, now=now)
    return order


def note_contract_step(
    *, order_id: int, signed_on: date, at_a_distance: bool, now: datetime
) -> Order:
    """Note that an individual signed the contract: the withdrawal clock runs (R4.04).

    Call it in a transaction; `note_contract` is the same in its own.
    Raises OrderRefused (a day to come; invoiced, for the invoice prints what follows from it).
    """
    order = locked(order_id)
    if order.status == OrderStatus.INVOICED:
        raise OrderRefused(_("La facture est émise : le contrat noté ne se change plus."))
    if signed_on > timezone.localdate(now):
        raise OrderRefused(_("Un contrat ne peut pas être signé dans l’avenir."))
    order.contract_signed_on, order.is_distance_contract = signed_on, at_a_distance
    order.save(update_fields=["contract_signed_on", "is_distance_contract"])
    return order


note_contract = transaction.atomic(durable=True)(note_contract_step)


def amounts_of(order: Order, lines: Iterable[OrderLine] | None = None) -> Amounts:
    """Count the lines of an order; give them, in their order, when they are loaded."""
    if lines is None:
        lines = order.lines.select_related("vat_rule").order_by("position")
    return amounts(
        [(line.quantity, line.unit_price_cents, vat_of(line.vat_rule)) for line in lines]
    )


def vat_of(rule: VatRule) -> Vat:
    """Return the VAT of a line as papers keep it."""
    return Vat(category=rule.category, rate=rule.rate, mention=rule.mention, code=rule.code)


def paid_cents(order: Order) -> int:
    """Return what came for the order, less what was given back."""
    return sum(
        row.amount_cents - row.refunded_cents
        for row in order.payments.all()
        if row.status == PaymentStatus.RECEIVED
    )


def is_spread(order: Order, lines: Iterable[OrderLine] | None = None) -> bool:
    """Whether the law spreads what may be asked: an individual's training (R4.04).

    Give the lines when they are loaded.
    """
    if lines is not None:
        return order.is_individual and any(line.kind == ProductKind.TRAINING for line in lines)
    return order.is_individual and order.lines.filter(kind=ProductKind.TRAINING).exists()


def steps_of(order: Order, total_cents: int) -> list[withdrawal.Step]:
    """Return the steps of an order that the law spreads; none until its contract is signed."""
    if order.contract_signed_on is None:
        return []
    return withdrawal.steps(
        total_cents,
        signed_on=order.contract_signed_on,
        at_a_distance=order.is_distance_contract,
        starts_on=order.service_from,
        ends_on=order.service_until,
    )


def may_ask_cents(order: Order, *, today: date) -> int:
    """Return how much the buyer may have been asked for, in all, by today; 0 for nothing.

    An individual's training waits for the end of the withdrawal period, then goes by steps
    (R4.04); anything else may be asked for once accepted.
    """
    if order.status not in {OrderStatus.ACCEPTED, OrderStatus.INVOICED}:
        return 0
    total = amounts_of(order).total_cents
    if order.status == OrderStatus.INVOICED:
        papers = order.invoices.all()
        total = sum(-row.total_cents if row.credits_id else row.total_cents for row in papers)
    if is_spread(order):
        return withdrawal.payable_cents(steps_of(order, total), today=today)
    return total


def payable_cents(order: Order, *, today: date) -> int:
    """Return how much may be asked of the buyer today, beyond what is paid; 0 for nothing.

    The page of payment is shown when this is more than zero, and `payments.start_card` asks for no
    more.
    """
    may_ask = may_ask_cents(order, today=today)
    return may_ask and max(may_ask - paid_cents(order), 0)


# --- Steps that the services of money share, inside a transaction ---


def locked(order_id: int) -> Order:
    """Return the order, held until the end of the transaction. Raises Order.DoesNotExist."""
    return Order.objects.select_for_update(of=("self",)).get(pk=order_id)


def rewrite_lines(order: Order, lines: Sequence[NewLine], *, now: datetime) -> None:
    """Put these lines in the place of an order's own; call it under its lock."""
    order.lines.all().delete()
    _write_lines(order, lines, on=timezone.localdate(now))


def end(order: Order, status: OrderStatus, *, reason: str, now: datetime) -> None:
    """End an order; call it under its lock."""
    order.status, order.ended_at, order.end_reason = status, now, reason[:200]
    order.held_until = None
    order.save(update_fields=["status", "ended_at", "end_reason", "held_until"])


def _snapshot(buyer: Buyer) -> dict[str, object]:
    siret = "".join(buyer.siret.split())
    siren = "".join(buyer.siren.split()) or siret[:SIREN_LENGTH]
    if siret and not siret_number.is_valid(siret):
        raise OrderRefused(_("Ce SIRET n’existe pas : vérifiez ses 14 chiffres."))
    if siren and not siren_number.is_valid(siren):
        raise OrderRefused(_("Ce SIREN n’existe pas : vérifiez ses 9 chiffres."))
    if siret and siret[:SIREN_LENGTH] != siren:
        raise OrderRefused(_("Ce SIRET et ce SIREN ne sont pas de la même entreprise."))
    values = {f"buyer_{name}": value for name, value in asdict(buyer).items()}
    own = ("contact_name", "email", "purchase_order", "service_code")
    values |= {name: values.pop(f"buyer_{name}") for name in own}
    values |= {"buyer_siret": siret, "buyer_siren": siren, "email": buyer.email.strip().lower()}
    values["buyer_country"] = buyer.country.upper()
    return values


def _check(order: Order, *, today: date) -> None:
    if order.is_individual and order.buyer_siren:
        raise OrderRefused(_("Un particulier n’a pas de SIREN."))
    if order.valid_until < today:
        raise OrderRefused(_("Un devis ne peut pas expirer avant d’être fait."))
    if (
        order.service_from is not None
        and order.service_until is not None
        and order.service_until < order.service_from
    ):
        raise OrderRefused(_("La prestation se termine après avoir commencé."))


def _write_lines(order: Order, lines: Sequence[NewLine], *, on: date) -> None:
    if not 1 <= len(lines) <= MOST_LINES:
        raise OrderRefused(_("Une commande compte de 1 à 100 lignes."))
    rows = [_line(order, rank, given, on=on) for rank, given in enumerate(lines, start=1)]
    regimes = {row.vat_rule.regime for row in rows}
    if VatRegime.OUTSIDE in regimes and len(regimes) > 1:  # EN 16931, BR-O-11
        raise OrderRefused(
            _("Un dédit se facture à part : faites-en une commande distincte des autres lignes.")
        )
    is_foreign_firm = order.buyer_country != "FR" and not order.is_individual
    if is_foreign_firm and any(row.kind in TAXED_AT_THE_BUYER for row in rows):
        raise OrderRefused(
            _("La TVA du conseil vendu hors de France se règle au cas par cas : voir le comptable.")
        )
    OrderLine.objects.bulk_create(rows)


def _line(order: Order, rank: int, given: NewLine, *, on: date) -> OrderLine:
    product = None
    if given.product_id is not None:
        product = Product.objects.get(pk=given.product_id)
    kind = given.kind or (product and product.kind)
    price = given.unit_price_cents
    if price is None and product is not None:
        price = product.unit_price_cents
    label = given.label.strip() or (getattr(product, f"name_{order.language}", "") or "")
    if not label and product is not None:
        label = product.name
    if not kind or price is None or not label:
        raise OrderRefused(_("Une ligne a une désignation, une sorte et un prix."))
    if given.quantity <= 0 or price < 0:
        raise OrderRefused(_("Une quantité est plus grande que zéro, un prix n’est pas négatif."))
    rule = VatRule.objects.in_force(kind=kind, on=on).first()
    if rule is None:
        raise OrderRefused(
            _("Aucune règle de TVA n’est en vigueur pour « %(kind)s ».")
            % {"kind": ProductKind(kind).label}
        )
    return OrderLine(
        order=order,
        position=rank,
        kind=kind,
        product=product,
        label=label[:300],
        quantity=given.quantity,
        unit=given.unit or (product.unit if product else Unit.PIECE),
        unit_price_cents=price,
        vat_rule=rule,
    )
