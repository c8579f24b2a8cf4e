"""What money keeps of people, and for how long."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from emn.accounts import personal_data, retention, services
from emn.accounts.models import User
from events import money_queries, own_data
from events.models import BankLine, BankStatement, Invoice, Order, Payment
from events.services import bank, invoices
from tests.events.money import COMPANY, NOW, PERSON, TODAY, accepted, invoiced, paid, quote

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def forget(email):
    user = User.objects.create_user(email=email)
    with transaction.atomic():
        personal_data.erase_everything_about(user)


def test_the_periods_are_those_of_the_data_file():
    assert retention.periods()["invoice"].length == own_data.INVOICES_KEPT
    assert retention.periods()["bank_file"].length == own_data.BANK_FILES_KEPT


def test_who_asks_to_be_forgotten_leaves_the_invoice_and_not_the_contact():
    invoice = invoiced()

    forget(COMPANY.email)

    order = Order.objects.get()
    assert (order.email, order.contact_name, order.accepted_by) == ("", "", "")
    assert order.buyer_name == COMPANY.name
    assert Invoice.objects.get() == invoice


def test_a_person_who_only_had_a_quote_goes_whole():
    quote(buyer=PERSON)

    forget(PERSON.email)

    order = Order.objects.get()
    assert (order.buyer_name, order.buyer_street, order.buyer_city) == ("", "", "")


def test_a_person_with_an_invoice_keeps_a_name_on_it_and_nowhere_else():
    invoice = invoiced(buyer=PERSON)
    paid(invoice.order, 70_000)

    forget(PERSON.email)
    note = invoices.credit(invoice_id=invoice.pk, reason="Rendu", on=TODAY, now=NOW)

    order = Order.objects.get()
    assert (order.buyer_name, order.buyer_street, order.buyer_city) == ("", "", "")
    assert {invoice.buyer_name, note.buyer_name} == {PERSON.name}
    books = list(money_queries.accounting_lines(start=TODAY, end=TODAY))[1:]
    assert {row[7] for row in books if row[7]} == {PERSON.name}


def test_what_the_bank_said_goes_once_the_law_keeps_it_no_more():
    order = invoiced(buyer=PERSON).order
    content = f"date;libelle;montant;emetteur\n23/11/2026;{order.reference} KLEIN;700;L KLEIN"
    content += "\n23/11/2026;LOYER DUPONT;5;DUPONT"
    statement = bank.import_statement(
        name="r.csv", content=content.encode(), by_id=User.objects.create().pk, now=NOW
    )
    ignored = BankLine.objects.get(payer="DUPONT")
    bank.ignore(line_id=ignored.pk, reason="Loyer")
    payment, name = Payment.objects.get(), statement.file.name

    def kept(days):
        services.purge_personal_data(now=NOW + timedelta(days=days), write=True)
        return [
            statement.file.storage.exists(name),
            *BankLine.objects.order_by("line_number").values_list("payer", flat=True),
        ]

    assert kept(89) == [True, "L KLEIN", "DUPONT"]
    BankStatement.objects.update(imported_at=timezone.now() - timedelta(days=91))
    assert kept(364) == [False, "L KLEIN", "DUPONT"]
    assert kept(367) == [False, "L KLEIN", ""]
    forget(PERSON.email)
    payment.refresh_from_db()
    assert payment.reference == f"{order.reference} KLEIN"
    long_ago = timezone.localdate() - timedelta(days=4019)
    Payment.objects.update(received_on=long_ago)
    BankLine.objects.update(booked_on=long_ago)
    assert kept(10) == [False, "", ""]
    payment.refresh_from_db()
    assert (payment.reference, payment.amount_cents) == ("", 70_000)


def test_an_order_under_way_stands_against_it():
    accepted(buyer=PERSON)

    with pytest.raises(personal_data.ErasureRefused, match="attend sa facture"):
        forget(PERSON.email)


def test_a_quote_never_accepted_is_forgotten_after_three_years():
    quote()
    Order.objects.update(status="expired", ended_at=NOW)

    for days, left in ((1095, 0), (1096, 1)):
        due = [
            row for found in personal_data.due(now=NOW + timedelta(days=days, seconds=-1))
            if found.entry.model is Order and found.period.key == "order_without_invoice"
            for row in found.rows
        ]  # fmt: skip
        assert len(due) == left
