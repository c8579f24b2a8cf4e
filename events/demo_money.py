"""Orders of the demonstration: invented buyers, written by the services."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from events.enums import BuyerKind, Unit
from events.models import Order, Product
from events.services import invoices, orders, payments
from events.services.orders import Buyer, NewLine
from events.services.reference import sync_money

_BAKERY = Buyer(
    kind=BuyerKind.COMPANY, name="Boulangerie Hoffmann", street="3 rue du Four", postcode="57100",
    city="Thionville", siret="73282932000074", contact_name="Claire Hoffmann",
    email="compta@hoffmann.example",
)  # fmt: skip
_TOWN = Buyer(
    kind=BuyerKind.PUBLIC, name="Commune de Valbrune", street="1 place de la Mairie",
    postcode="57700", city="Valbrune", siren="110022332", email="mairie@valbrune.example",
    purchase_order="BC-2026-88", service_code="FORMATION",
)  # fmt: skip
_PERSON = Buyer(
    kind=BuyerKind.INDIVIDUAL, name="Léa Klein", street="8 quai Vautrin", postcode="57000",
    city="Metz", email="lea@klein.example",
)  # fmt: skip


def write_demo_orders(*, now: datetime) -> int:
    """Write one order of each state, where there is none; return how many there are."""
    if Order.objects.exists():
        return 0
    sync_money(write=True)
    day, room = (
        Product.objects.get(slug=slug)
        for slug in ("formation-journee", "salle-reunion-demi-journee")
    )
    training = NewLine(product_id=day.pk, quantity=Decimal(2), unit=Unit.DAY)
    hall = NewLine(product_id=room.pk, quantity=Decimal(1))
    long_ago = now - timedelta(days=70)
    late = _accepted(_BAKERY, [training, hall], now=long_ago)
    invoices.issue(order_id=late.pk, on=timezone.localdate(long_ago), now=long_ago)
    paid = _accepted(_TOWN, [training], now=now - timedelta(days=20))
    on = timezone.localdate(now - timedelta(days=20))
    invoices.issue(order_id=paid.pk, on=on, now=now - timedelta(days=20))
    payments.record_transfer(
        order_id=paid.pk, amount_cents=70_000, received_on=timezone.localdate(now), now=now
    )
    _accepted(_BAKERY, [hall], now=now)
    _quote(_PERSON, [training], now=now)
    return Order.objects.count()


def _quote(buyer: Buyer, lines: list[NewLine], *, now: datetime) -> Order:
    start = timezone.localdate(now) + timedelta(days=25)
    return orders.open_order(
        buyer=buyer, lines=lines, language="fr", now=now, service_from=start,
        service_until=start + timedelta(days=1),
    )  # fmt: skip


def _accepted(buyer: Buyer, lines: list[NewLine], *, now: datetime) -> Order:
    order = _quote(buyer, lines, now=now)
    name = buyer.contact_name or buyer.name
    return orders.accept(order_id=order.pk, accepted_by=name, now=now)
