"""What money keeps of people, and for how long."""

from datetime import timedelta

import pytest
from django.db import transaction

from emn.accounts import personal_data, retention
from emn.accounts.models import User
from events import own_data
from events.models import Invoice, Order
from tests.events.money import COMPANY, NOW, PERSON, accepted, invoiced, quote

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def forget(email):
    user = User.objects.create_user(email=email)
    with transaction.atomic():
        personal_data.erase_everything_about(user)


def test_the_periods_are_those_of_the_data_file():
    assert retention.periods()["invoice"].length == own_data.INVOICES_KEPT


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
