"""Invoices: numbers without a gap, what the law asks for, and nothing changed afterwards."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from events.enums import InvoiceKind, OrderStatus, ProductKind
from events.models import Invoice, InvoiceSeries, Order
from events.services import invoices, orders
from events.services.invoices import InvoiceRefused
from events.services.orders import NewLine
from tests.events.money import (
    COMPANY,
    NOW,
    PERSON,
    ROOM,
    TODAY,
    TRAINING,
    accepted,
    invoiced,
    quote,
    signed,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def test_invoice_takes_the_next_number_of_its_year():
    first, second = invoiced(), invoiced()

    assert [first.reference, second.reference] == ["F2026-00001", "F2026-00002"]
    assert first.order.status == OrderStatus.INVOICED


def test_a_quote_has_no_number_and_is_not_invoiced():
    order = quote()

    with pytest.raises(InvoiceRefused, match="pas accepté"):
        invoices.issue(order_id=order.pk, on=TODAY, now=NOW)

    assert not InvoiceSeries.objects.filter(last_number__gt=0).exists()


def test_each_kind_has_its_vat_and_the_exemption_says_why():
    invoice = invoiced(lines=[TRAINING, ROOM])

    assert [
        (group["vat"]["category"], group["base_cents"], group["vat_cents"], group["vat"]["mention"])
        for group in invoice.snapshot["groups"]
    ] == [
        ("E", 70_000, 0, "Exonérée de TVA — article 261-4-4°-a du CGI"),
        ("S", 14_999, 3_000, ""),
    ]
    assert (invoice.net_cents, invoice.vat_cents, invoice.total_cents) == (84_999, 3_000, 87_999)


@pytest.mark.django_db(transaction=True)
def test_an_issued_invoice_is_frozen_by_the_database():
    invoice = invoiced()

    with pytest.raises(DatabaseError, match="frozen"):
        Invoice.objects.filter(pk=invoice.pk).update(buyer_name="Autre")
    with pytest.raises(DatabaseError, match="ten years"):
        Invoice.objects.filter(pk=invoice.pk).delete()
    with pytest.raises(DatabaseError, match="up by one"):
        InvoiceSeries.objects.update(last_number=0)


@pytest.mark.django_db(transaction=True)
def test_the_document_of_an_invoice_comes_once():
    invoice = invoiced()
    Invoice.objects.filter(pk=invoice.pk, sha256="").update(pdf="factures/a.pdf", sha256="a" * 64)

    with pytest.raises(DatabaseError, match="frozen"):
        Invoice.objects.filter(pk=invoice.pk).update(pdf="factures/b.pdf", sha256="b" * 64)
    assert Invoice.objects.get(pk=invoice.pk).sha256 == "a" * 64


def test_an_invoice_older_than_ten_years_may_go():
    long_ago = datetime(2015, 3, 2, 9, tzinfo=UTC)
    quote()  # its VAT rules begin later
    from events.models import VatRule

    VatRule.objects.update(valid_from=date(2010, 1, 1))
    order = orders.accept(
        order_id=orders.open_order(
            buyer=COMPANY, lines=[TRAINING], language="fr", now=long_ago,
            service_from=long_ago.date(),
        ).pk,
        accepted_by="Anne",
        now=long_ago,
    )  # fmt: skip
    invoice = invoices.issue(order_id=order.pk, on=long_ago.date(), now=long_ago)

    Invoice.objects.filter(pk=invoice.pk).delete()

    assert not Invoice.objects.exists()


def test_an_invoice_is_not_dated_before_the_last_nor_tomorrow():
    invoiced(on=TODAY)
    order = accepted()

    with pytest.raises(InvoiceRefused, match="23/11/2026"):
        invoices.issue(order_id=order.pk, on=TODAY - timedelta(days=1), now=NOW)
    for to_come in (TODAY + timedelta(days=1), date.max):
        with pytest.raises(InvoiceRefused, match="à venir"):
            invoices.issue(order_id=order.pk, on=to_come, now=NOW)
    assert InvoiceSeries.objects.get(code="F").last_number == 1


def test_a_year_that_is_over_takes_no_more_invoices():
    order = accepted()
    january = NOW + timedelta(days=50)
    invoiced(now=january, on=date(2027, 1, 12))

    with pytest.raises(InvoiceRefused, match="année suivante"):
        invoices.issue(order_id=order.pk, on=TODAY, now=january)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"buyer": replace(COMPANY, siret="")}, "le SIREN de l’acheteur"),
        ({"buyer": replace(COMPANY, street="")}, "l’adresse de l’acheteur"),
        ({"service_from": None}, "les dates de la prestation"),
    ],
)
def test_an_invoice_that_lacks_what_the_law_asks_is_refused(fields, said):
    order = accepted(**fields)

    with pytest.raises(InvoiceRefused) as refused:
        invoices.issue(order_id=order.pk, on=TODAY, now=NOW)

    assert refused.value.message == f"Il manque sur cette facture : {said}."
    assert Order.objects.get(pk=order.pk).status == OrderStatus.ACCEPTED


@pytest.mark.parametrize("name", ["name", "siret", "vat_id", "street", "iban"])
def test_an_invoice_without_its_seller_is_refused(settings, name):
    order = accepted()
    settings.SELLER = settings.SELLER | {name: ""}

    with pytest.raises(InvoiceRefused, match="du centre"):
        invoices.issue(order_id=order.pk, on=TODAY, now=NOW)


def test_a_person_is_invoiced_without_siren_nor_the_terms_of_firms():
    invoice = invoiced(buyer=PERSON)

    assert invoice.snapshot["buyer"]["siren"] == ""
    assert not any("40 €" in note["text"] for note in invoice.snapshot["notes"])
    assert any("40 €" in note["text"] for note in invoiced().snapshot["notes"])


def test_a_person_is_invoiced_once_the_withdrawal_is_over_and_by_steps():
    order = accepted(
        buyer=PERSON, service_from=date(2026, 12, 14), service_until=date(2026, 12, 15)
    )
    with pytest.raises(InvoiceRefused, match="contrat signé"):
        invoices.issue(order_id=order.pk, on=TODAY, now=NOW)
    signed(order)
    with pytest.raises(InvoiceRefused, match="avant le 04/12/2026"):
        invoices.issue(order_id=order.pk, on=TODAY, now=NOW)

    later = NOW + timedelta(days=11)
    invoice = invoices.issue(order_id=order.pk, on=later.date(), now=later)

    assert invoice.snapshot["steps"] == [
        {"on": "2026-12-04", "cents": 21_000},
        {"on": "2026-12-14", "cents": 24_500},
        {"on": "2026-12-15", "cents": 24_500},
    ]
    assert invoice.due_on == date(2026, 12, 15)
    with pytest.raises(orders.OrderRefused, match="facture est émise"):
        signed(order, on=TODAY - timedelta(days=30))


def test_a_penalty_for_leaving_is_invoiced_alone():
    penalty = NewLine(kind=ProductKind.INDEMNITY, label="Dédit", unit_price_cents=10_000)

    with pytest.raises(orders.OrderRefused, match="à part"):
        quote(lines=[TRAINING, penalty])

    line = invoiced(lines=[penalty]).snapshot["lines"][0]
    assert (line["kind"], line["vat"]["category"]) == ("indemnity", "O")


def test_credit_of_all_brings_the_invoice_to_zero_with_its_own_number():
    invoice = invoiced(lines=[TRAINING, ROOM])

    note = invoices.credit(invoice_id=invoice.pk, reason="Session annulée", on=TODAY, now=NOW)

    assert (note.kind, note.reference, note.credits) == (
        InvoiceKind.CREDIT,
        "A2026-00001",
        invoice,
    )
    assert note.snapshot["credits"] == {"number": "F2026-00001", "issued_on": "2026-11-23"}
    assert note.total_cents == invoice.total_cents
    assert Order.objects.get(pk=invoice.order_id).status == OrderStatus.CANCELLED


def test_a_part_may_be_credited_then_the_rest_and_no_more():
    invoice = invoiced(lines=[TRAINING, ROOM])
    part = invoices.credit(
        invoice_id=invoice.pk, reason="Un absent", on=TODAY, now=NOW, quantities={1: Decimal(1)}
    )

    assert (part.total_cents, Order.objects.get(pk=invoice.order_id).status) == (
        35_000,
        OrderStatus.INVOICED,
    )
    with pytest.raises(InvoiceRefused, match="ligne 1"):
        invoices.credit(
            invoice_id=invoice.pk, reason="Deux", on=TODAY, now=NOW, quantities={1: Decimal(2)}
        )
    rest = invoices.credit(invoice_id=invoice.pk, reason="Tout", on=TODAY, now=NOW, reopen=True)
    assert part.total_cents + rest.total_cents == invoice.total_cents
    assert Order.objects.get(pk=invoice.order_id).status == OrderStatus.ACCEPTED
    with pytest.raises(InvoiceRefused, match="rien à créditer"):
        invoices.credit(invoice_id=invoice.pk, reason="Encore", on=TODAY, now=NOW)
    again = invoices.issue(order_id=invoice.order_id, on=TODAY, now=NOW)
    assert again.reference == "F2026-00002"


def test_a_credit_note_says_why():
    invoice = invoiced()

    with pytest.raises(InvoiceRefused, match="le motif"):
        invoices.credit(invoice_id=invoice.pk, reason=" ", on=TODAY, now=NOW)


class _Breakdown(Exception):
    pass


@pytest.mark.django_db(transaction=True)
def test_200_invoices_by_16_threads_with_failures_leave_no_gap(monkeypatch):
    """Half of the attempts fail once the number is taken: an exception, a killed connection."""
    orders_left = [accepted().pk for _ in range(200)]
    chance, guard = random.Random(57), threading.Lock()  # noqa: S311 -- fates of a test
    create = Invoice.objects.create

    def fragile(**values):
        invoice = create(**values)
        with guard:
            fate = chance.random()
        if fate < 0.3:
            raise _Breakdown
        if fate < 0.5:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return invoice

    monkeypatch.setattr(Invoice.objects, "create", fragile)
    failures = []

    def work(order_id):
        try:
            while True:
                try:
                    return invoices.issue(order_id=order_id, on=TODAY, now=NOW).number
                except (_Breakdown, DatabaseError) as error:
                    failures.append(type(error).__name__)
                    connection.close()
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        numbers = sorted(pool.map(work, orders_left))

    assert numbers == list(range(1, 201))
    assert sorted(Invoice.objects.values_list("number", flat=True)) == numbers
    assert {"_Breakdown", "OperationalError"} <= set(failures)
    assert not transaction.get_connection().in_atomic_block
