"""Orders, invoices and payments for the tests of money."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from events.enums import BuyerKind, ProductKind, Unit
from events.models import Invoice
from events.services import invoices, orders, payments
from events.services.orders import Buyer, NewLine
from events.services.reference import sync_money

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
COMPANY = Buyer(
    kind=BuyerKind.COMPANY,
    name="Boulangerie Meyer",
    street="3 rue du Four",
    postcode="57100",
    city="Thionville",
    siret="73282932000074",
    contact_name="Anne Meyer",
    email="compta@meyer.example",
)
PERSON = Buyer(
    kind=BuyerKind.INDIVIDUAL,
    name="Léa Klein",
    street="8 quai Vautrin",
    postcode="57000",
    city="Metz",
    email="lea@klein.example",
)
PUBLIC = Buyer(
    kind=BuyerKind.PUBLIC,
    name="Commune de Hayange",
    street="1 place de la Résistance",
    postcode="57700",
    city="Hayange",
    siret="21570306700011",
    purchase_order="BC-2026-88",
    service_code="FORMATION",
)
TRAINING = NewLine(
    kind=ProductKind.TRAINING,
    label="L’IA au bureau, une journée",
    quantity=Decimal(2),
    unit=Unit.DAY,
    unit_price_cents=35_000,
)
ROOM = NewLine(
    kind=ProductKind.ROOM, label="Salle de réunion 1", quantity=Decimal("1.5"),
    unit=Unit.DAY, unit_price_cents=9_999,
)  # fmt: skip


def quote(*, buyer=COMPANY, lines=(TRAINING,), now=NOW, **fields):
    sync_money(write=True)
    values = {"language": "fr", "service_from": date(2026, 12, 8)} | fields
    return orders.open_order(buyer=buyer, lines=list(lines), now=now, **values)


def accepted(*, now=NOW, held_until=None, **fields):
    order = quote(now=now, **fields)
    return orders.accept(
        order_id=order.pk, accepted_by="Anne Meyer", held_until=held_until, now=now
    )


def invoiced(*, now=NOW, on=TODAY, **fields) -> Invoice:
    order = accepted(now=now, **fields)
    if order.is_individual:  # the law lets no training be invoiced before
        signed(order, on=on - timedelta(days=11), now=now)
    return invoices.issue(order_id=order.pk, on=on, now=now)


def signed(order, *, on=TODAY, now=NOW):
    return orders.note_contract(order_id=order.pk, signed_on=on, at_a_distance=False, now=now)


def paid(order, cents, *, on=TODAY, now=NOW):
    return payments.record_transfer(order_id=order.pk, amount_cents=cents, received_on=on, now=now)
