"""The buyer's page, and the back office of money."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from emn.accounts.enums import Role
from events.enums import OrderStatus
from events.models import BankLine, BankStatement, Invoice, Order, Payment
from events.services import bank, invoices, orders, selling_links
from events.services.reference import sync_money
from tests.directory.test_admin import sign_in
from tests.events.factories import mails
from tests.events.money import COMPANY, NOW, PERSON, ROOM, TRAINING, accepted, invoiced, paid, quote

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture(autouse=True)
def at_now(monkeypatch, settings):
    settings.STAFF_MFA_REQUIRED = False
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def page(order):
    return reverse("events:order", args=[selling_links.token(order.pk)])


def button(name, row, model="order"):
    return reverse(f"admin:events_{model}_{name}", args=[row.pk])


# --- The buyer ---


def test_a_quote_is_read_then_accepted_with_a_purchase_order(client):
    order = quote(lines=[TRAINING, ROOM])
    address = page(order)  # it holds the second it is made

    shown = client.get(address)
    answer = client.post(
        address, {"do": "accept", "accepted_by": "Anne Meyer, gérante", "purchase_order": "BC7"}
    )

    assert "Exonérée de TVA — article 261-4-4°-a du CGI" in shown.text
    assert (answer.status_code, answer["Location"]) == (302, f"{address}?dit=accepte")
    order.refresh_from_db()
    assert (order.status, order.accepted_by, order.purchase_order) == (
        OrderStatus.ACCEPTED,
        "Anne Meyer, gérante",
        "BC7",
    )
    assert not client.cookies


def test_looking_at_the_page_accepts_nothing(client):
    order = quote()

    for method in (client.get, client.head):
        method(page(order), {"do": "accept", "accepted_by": "Robot"})

    order.refresh_from_db()
    assert order.status == OrderStatus.QUOTE


def test_a_name_is_needed_and_what_was_typed_comes_back(client):
    order = quote()

    answer = client.post(page(order), {"do": "accept", "accepted_by": "", "purchase_order": "BC7"})

    assert "BC7" in answer.text
    assert Order.objects.get().status == OrderStatus.QUOTE


def test_a_forged_link_and_the_paper_of_another_are_not_found(client):
    mine, other = invoiced(), invoiced()
    invoices.make_document(invoice_id=other.pk, now=NOW)
    token = selling_links.token(mine.order_id)

    assert client.get(reverse("events:order", args=["1:abc"])).status_code == 404
    url = reverse("events:order_invoice", args=[token, other.reference])
    assert client.get(url).status_code == 404


def test_the_papers_are_found_again(client):
    invoice = invoiced()
    url = reverse(
        "events:order_invoice", args=[selling_links.token(invoice.order_id), invoice.reference]
    )
    assert client.get(url).status_code == 404
    invoices.make_document(invoice_id=invoice.pk, now=NOW)

    answer = client.get(url)

    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    assert answer["Cache-Control"] == "private, no-store"
    assert client.get(page(invoice.order)).text.count(invoice.reference) == 2


def test_a_person_under_withdrawal_is_asked_nothing(client):
    text = client.get(page(accepted(buyer=PERSON))).text

    assert "délai de rétractation" in text
    assert "IBAN" not in text


@pytest.mark.parametrize("prefix", ["", "/de", "/en"])
def test_the_page_stands_in_each_language(client, prefix):
    assert client.get(prefix + page(invoiced().order)).status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_as_much_for_one_line_as_for_three(client, count):
    order = quote(lines=[TRAINING] * count)

    with CaptureQueriesContext(connection) as asked:
        client.get(page(order))

    assert len(asked) == 11


# --- Staff ---


@pytest.fixture
def accountant(client):
    return sign_in(client, Role.ACCOUNTANT)


def test_a_quote_becomes_a_paid_invoice_by_buttons(client, accountant):
    sync_money(write=True)
    answer = client.post(
        reverse("admin:events_order_new"),
        {
            "kind": "company", "name": "Boulangerie Meyer", "siret": "732 829 320 00074",
            "street": "3 rue du Four", "postcode": "57100", "city": "Thionville",
            "country": "fr", "email": "compta@meyer.example", "language": "fr",
            "service_from": "2026-12-08", "service_until": "2026-12-09",
            "lignes-TOTAL_FORMS": 2, "lignes-INITIAL_FORMS": 0,
            "lignes-0-kind": "training", "lignes-0-label": "Une journée",
            "lignes-0-quantity": "2,5", "lignes-0-price": "1 350,10",
        },
    )  # fmt: skip
    assert answer.status_code == 302, (
        answer.context["form"].errors,
        answer.context["lines"].errors,
    )
    order = Order.objects.get()
    client.post(button("send", order))
    client.post(button("accept", order), {"accepted_by": "Anne", "purchase_order": "BC1"})
    client.post(button("issue", order), {"on": "2026-11-23"})
    client.post(
        button("pay", order),
        {"amount": "3375,25", "received_on": "2026-11-23", "method": "transfer"},
    )

    invoice = Invoice.objects.with_balance().get()
    assert (invoice.total_cents, invoice.left_cents) == (337_525, 0)
    assert Payment.objects.get().by == accountant
    assert mails("quote").count() == 1


def test_an_order_is_found_by_what_papers_and_transfers_call_it(client, accountant):
    wanted, _other = quote(), quote()
    listed = reverse("admin:events_order_changelist")

    for typed in (wanted.reference, wanted.reference.lower(), wanted.payment_reference):
        found = client.get(listed, {"q": f" {typed} "}).context["cl"].result_list
        assert list(found) == [wanted]


def test_a_quote_is_corrected_once_confirmed_and_its_history_says_what_it_was(client, accountant):
    order = orders.send_quote(order_id=quote().pk, now=NOW)
    page = client.get(button("correct", order)).context
    fields = [("", page["form"]), *((f"{form.prefix}-", form) for form in page["lines"])]
    shown = {
        f"{prefix}{bound.name}": bound.value() if bound.value() is not None else ""
        for prefix, form in fields for bound in form
    }  # fmt: skip
    given = shown | {
        "confirmed": "", "city": "Metz", "lignes-0-price": "400", "lignes-INITIAL_FORMS": 1,
        "lignes-TOTAL_FORMS": len(page["lines"].forms),
    }  # fmt: skip

    unconfirmed = client.post(button("correct", order), given)
    order.refresh_from_db()
    assert (unconfirmed.status_code, order.buyer_city) == (200, "Thionville")
    client.post(button("correct", order), given | {"confirmed": "on"})
    order.refresh_from_db()

    line = order.lines.get()
    assert (line.quantity, line.unit_price_cents, line.kind) == (2, 40_000, "training")
    assert (order.buyer_city, order.sent_at, order.buyer_siret) == ("Metz", None, COMPANY.siret)
    said = LogEntry.objects.filter(object_id=str(order.pk)).latest("pk").get_change_message()
    assert "700,00" in said
    assert "800,00" in said
    orders.accept(order_id=order.pk, accepted_by="Anne", now=NOW)
    late = client.post(button("correct", order), given | {"confirmed": "on"})
    assert "Le devis est accepté" in late.text


def test_a_quote_that_is_refused_comes_back_filled(client, accountant):
    sync_money(write=True)
    answer = client.post(
        reverse("admin:events_order_new"),
        {"kind": "company", "name": "Meyer", "siret": "12345678901234", "street": "x",
         "postcode": "57000", "city": "Metz", "country": "FR", "language": "fr",
         "lignes-TOTAL_FORMS": 1, "lignes-INITIAL_FORMS": 0,
         "lignes-0-kind": "room", "lignes-0-label": "Salle", "lignes-0-price": "10"},
    )  # fmt: skip

    assert "Ce SIRET n’existe pas" in answer.text
    assert 'value="Meyer"' in answer.text
    assert not Order.objects.exists()


def test_a_credit_note_is_a_button_with_its_reason(client, accountant):
    invoice = invoiced()

    client.post(
        button("credit", invoice, "invoice"),
        {"on": "2026-11-23", "reason": "Un absent", "line_1": "1"},
    )

    note = Invoice.objects.get(kind="credit")
    assert (note.total_cents, note.snapshot["reason"]) == (35_000, "Un absent")


def test_a_statement_is_read_and_its_waiting_lines_are_brought_home(client, accountant):
    invoice = invoiced()
    file = SimpleUploadedFile("r.csv", b"date;libelle;montant\n23/11/2026;MEYER;700")

    client.post(reverse("admin:events_bankstatement_read"), {"file": file})
    line = BankLine.objects.get()
    client.post(button("assign", line, "bankline"), {"order": invoice.reference})

    assert Invoice.objects.with_balance().get().left_cents == 0


def test_a_statement_with_a_bad_line_says_which(client, accountant):
    file = SimpleUploadedFile("r.csv", b"date;libelle;montant\n23/11/2026;MEYER;x")

    answer = client.post(reverse("admin:events_bankstatement_read"), {"file": file})

    assert "Ligne 2" in answer.text
    assert not BankStatement.objects.exists()


def test_the_accountant_takes_the_entries(client, accountant):
    invoice = invoiced(lines=[TRAINING, ROOM])
    paid(invoice.order, 87_999)

    answer = client.get(
        reverse("admin:events_invoice_export"), {"start": "2026-11-01", "end": "2026-11-30"}
    )

    rows = [line.split(";") for line in answer.content.decode("utf-8-sig").splitlines()]
    debit, credit = (
        sum(float(row[index].replace(",", ".")) for row in rows[1:]) for index in (-2, -1)
    )
    assert (len(rows), round(debit, 2), round(credit, 2)) == (7, 1759.98, 1759.98)


def test_reception_sells_but_does_not_touch_money(client):
    sign_in(client, Role.RECEPTION)
    order = accepted()

    assert client.get(button("change", order)).status_code == 200
    assert client.post(button("issue", order), {"on": "2026-11-23"}).status_code == 403
    assert client.get(reverse("admin:events_payment_changelist")).status_code == 403
    assert not Invoice.objects.exists()


@pytest.mark.parametrize(
    "model", ["order", "invoice", "payment", "bankstatement", "bankline", "product", "vatrule",
              "webhookevent"],
)  # fmt: skip
def test_each_list_asks_as_much_for_one_row_as_for_three(client, accountant, model):
    def fill():
        invoice = invoiced()
        paid(invoice.order, 100)
        file = f"date;libelle;montant\n23/11/2026;{invoice.reference};{invoice.pk}".encode()
        bank.import_statement(name="r.csv", content=file, by_id=accountant.pk, now=NOW)

    url = reverse(f"admin:events_{model}_changelist")
    fill()
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    fill()
    fill()
    with CaptureQueriesContext(connection) as three:
        assert client.get(url).status_code == 200

    assert len(three) == len(one)


def test_late_invoices_wait_on_the_first_page_of_staff(client, accountant):
    earlier = NOW - timedelta(days=60)
    invoice = invoiced(now=earlier, on=timezone.localdate(earlier))

    late = client.get(reverse("admin:events_invoice_changelist") + "?suivi=retard")

    assert invoice.reference in late.text
    assert "factures en retard" in client.get(reverse("admin:index")).text
