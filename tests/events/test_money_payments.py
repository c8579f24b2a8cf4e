"""Money that comes: transfers, statements of the bank, cards by a provider that is spoken to."""

import hashlib
import hmac
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import permutations
from urllib.parse import parse_qs

import pytest
from django.db import DatabaseError, connection
from django.urls import reverse
from django.utils import timezone

from emn.accounts.models import User
from events import money_queries
from events.enums import BankLineStatus, OrderStatus, PaymentStatus, RegistrationStatus
from events.models import (
    BankLine,
    BankStatement,
    Invoice,
    Order,
    Payment,
    Refund,
    WebhookEvent,
)
from events.services import (
    bank,
    invoices,
    money_clocks,
    orders,
    payments,
    registrations,
    selling_links,
)
from events.services.payments import PaymentRefused
from tests.events.factories import mails, published, register, seated
from tests.events.money import NOW, PERSON, TODAY, accepted, invoiced, paid, quote, signed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
HOUR = timedelta(hours=1)
SIGNS = "whsec_1"


@pytest.fixture
def agent(db):
    return User.objects.create_user(email="compta@emn.example").pk


# --- Transfers ---


def test_a_part_then_the_rest_pays_an_order():
    order = invoiced().order
    paid(order, 30_000)
    assert payments.left_cents(order) == 40_000

    rest = paid(order, 40_000)

    assert (payments.left_cents(order), rest.needs_decision) == (0, False)


def test_too_much_waits_for_a_decision():
    order = invoiced().order
    payment = paid(order, 70_001)

    assert (payment.needs_decision, payment.note) == (True, "Trop-perçu de 0,01\xa0€.")
    give_back(payment, 1)
    payments.settle(payment_id=payment.pk, note="Rendu", now=NOW)
    assert payments.left_cents(order) == 0
    assert not Payment.objects.to_decide().exists()


@pytest.mark.parametrize("state", ["quote", "cancelled"])
def test_money_for_what_is_not_ordered_is_kept_and_waits(state):
    order = quote()
    if state == "cancelled":
        orders.cancel(order_id=order.pk, reason="Erreur", now=NOW)

    payment = paid(order, 70_000)

    assert payment.status == PaymentStatus.RECEIVED
    assert payment.needs_decision


def give_back(payment, cents, *, on=TODAY, now=NOW, **fields):
    return payments.record_refund(
        payment_id=payment.pk, amount_cents=cents, refunded_on=on, now=now, **fields
    )


def test_no_more_is_given_back_than_came_nor_before_it():
    payment = paid(invoiced().order, 70_000)

    with pytest.raises(PaymentRefused, match="plus que"):
        give_back(payment, 70_001)
    for day in (-1, 1):
        with pytest.raises(PaymentRefused, match="suit le paiement"):
            give_back(payment, 1, on=TODAY + timedelta(days=day))


@pytest.mark.django_db(transaction=True)
def test_the_books_date_a_refund_of_its_own_day_and_it_is_never_rewritten(agent):
    payment = paid(invoiced().order, 70_000)
    later = NOW + timedelta(days=9)
    refund = give_back(payment, 20_000, on=later.date(), now=later, reference="VIR 12", by_id=agent)

    days = [
        [row for row in money_queries.accounting_lines(start=day, end=day) if row[0] == "BQ"]
        for day in (TODAY, later.date())
    ]

    order = payment.order
    assert [[row[3], row[-2:], row[-3]] for row in days[1]] == [
        ["20261202", ["0,00", "200,00"], f"Remboursement Virement {order.reference} VIR 12"],
        ["20261202", ["200,00", "0,00"], f"Remboursement Virement {order.reference} VIR 12"],
    ]
    assert [row[-2:] for row in days[0]] == [["700,00", "0,00"], ["0,00", "700,00"]]
    for act in (Refund.objects.all().delete, lambda: Refund.objects.update(amount_cents=1)):
        with pytest.raises(DatabaseError, match="append-only"):
            act()
    Refund.objects.update(by=None, reference="")
    refund.refresh_from_db()
    assert (refund.amount_cents, refund.by, refund.reference) == (20_000, None, "")


def test_a_credit_note_on_what_is_paid_says_what_to_give_back():
    invoice = invoiced()
    paid(invoice.order, 70_000)

    invoices.credit(
        invoice_id=invoice.pk, reason="Un absent", on=TODAY, now=NOW, quantities={1: Decimal(1)}
    )

    payment = Payment.objects.get()
    assert (payment.needs_decision, payment.note) == (
        True,
        "À rendre\xa0: 350,00\xa0€.",
    )


# --- The bank ---


def csv(*rows):
    lines = ["date;libelle;montant;emetteur", *(";".join(row) for row in rows)]
    return "\n".join(lines).encode()


def read(content, agent, name="releve.csv", now=NOW):
    return bank.import_statement(name=name, content=content, by_id=agent, now=now)


def test_a_statement_pays_the_orders_it_names_and_keeps_the_rest(agent):
    first, second = invoiced(), invoiced()
    read(
        csv(
            ("23/11/2026", f"VIR {first.order.payment_reference}", "700,00", "MEYER"),
            ("2026-11-22", f"facture {second.reference}", "200", "MEYER"),
            ("22/11/2026", "SANS RIEN", "15", "INCONNU"),
            ("22/11/2026", f"{first.reference} ET {second.reference}", "10", "MEYER"),
            ("22/11/2026", "FRAIS", "-3,20", "BANQUE"),
        ),
        agent,
    )

    lines = BankLine.objects.order_by("line_number")
    assert list(lines.values_list("status", "remark")) == [
        ("matched", "Soldée."),
        ("matched", "Reste 500,00\xa0€ à payer."),
        ("waiting", "Aucune référence."),
        ("waiting", "Plusieurs commandes sont nommées."),
    ]
    assert payments.left_cents(first.order) == 0


def test_the_reference_of_an_order_is_read_with_its_year(agent):
    order = invoiced().order
    assert order.reference.startswith("C2026-")

    read(csv(("23/11/2026", order.reference.replace("C2026", "C2019"), "700", "X")), agent)
    assert BankLine.objects.get().status == BankLineStatus.WAITING
    read(csv(("23/11/2026", order.reference, "700", "X")), agent)

    assert payments.left_cents(order) == 0


def test_a_bad_line_refuses_the_whole_file_and_names_every_one(agent):
    order = invoiced().order

    with pytest.raises(bank.StatementRefused) as refused:
        read(
            csv(
                ("23/11/2026", order.payment_reference, "700"),
                ("32/11/2026", "X", "1"),
                ("23/11/2026", "X", "douze"),
            ),
            agent,
        )

    assert refused.value.lines == [
        "Ligne 3\xa0: la date ne se lit pas.",
        "Ligne 4\xa0: le montant ne se lit pas.",
    ]
    assert not BankStatement.objects.exists()
    assert not Payment.objects.exists()


def test_the_same_file_is_refused_and_the_same_line_in_another_is_left_out(agent):
    order = invoiced().order
    line = ("23/11/2026", order.payment_reference, "350", "MEYER")
    read(csv(line), agent)

    with pytest.raises(bank.StatementRefused, match="déjà été lu"):
        read(csv(line), agent)
    read(csv(line, line), agent)  # twice the same transfer that day: the second one is new

    assert payments.left_cents(order) == 0
    assert Payment.objects.count() == 2


def test_a_line_that_waits_is_brought_to_its_order_or_put_away(agent):
    order = invoiced().order
    read(csv(("23/11/2026", "MEYER", "700", "MEYER"), ("23/11/2026", "LOYER", "5", "X")), agent)
    waiting, other = BankLine.objects.order_by("line_number")

    bank.assign(line_id=waiting.pk, order_id=order.pk, by_id=agent, now=NOW)
    bank.ignore(line_id=other.pk, reason="Loyer")

    assert payments.left_cents(order) == 0
    assert BankLine.objects.get(pk=other.pk).status == BankLineStatus.IGNORED
    with pytest.raises(bank.StatementRefused, match="n’attend plus"):
        bank.assign(line_id=waiting.pk, order_id=order.pk, by_id=agent, now=NOW)


CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
{entries}</Stmt></BkToCstmrStmt></Document>"""
ENTRY = """<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd>
<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-23</Dt></BookgDt><NtryDtls>{parts}</NtryDtls></Ntry>"""
PART = """<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><Amt Ccy="EUR">{amount}</Amt>
<RltdPties><Dbtr><Pty><Nm>MEYER</Nm></Pty></Dbtr></RltdPties>
<RmtInf><Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>"""


def camt(*entries):
    return CAMT.format(entries="".join(entries)).encode()


def entry(amount, *parts, way="CRDT", currency="EUR"):
    return ENTRY.format(amount=amount, way=way, currency=currency, parts="".join(parts))


def part(amount, reference):
    return PART.format(amount=amount, reference=reference)


def test_a_camt_statement_is_read_and_a_batch_is_cut(agent):
    first, second = invoiced().order, invoiced().order
    content = camt(
        entry(
            "900.00",
            part("700.00", first.payment_reference),
            part("200.00", second.payment_reference),
        ),
        entry("12.00", way="DBIT"),
    )

    read(content, agent, name="releve.XML")

    assert [payments.left_cents(order) for order in (first, second)] == [0, 50_000]
    assert BankLine.objects.filter(payer="MEYER").count() == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<a/>", "camt.053"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "camt.053"),
        (b"nothing", "camt.053"),
        (camt(entry("1.00", currency="USD")), "corrigez ces lignes"),
        (camt(entry("12.00", way="DBIT")), "aucun encaissement"),
    ],
)
def test_what_is_not_a_statement_is_refused_with_a_sentence(content, said, agent):
    with pytest.raises(bank.StatementRefused, match=said):
        read(content, agent, name="releve.xml")


@pytest.mark.django_db(transaction=True)
def test_a_statement_read_by_two_at_once_pays_once(agent):
    order = invoiced().order
    line = ("23/11/2026", order.payment_reference, "700", "MEYER")
    contents = [csv(line, ("23/11/2026", "A", str(number))) for number in range(1, 5)]

    def work(content):
        try:
            return read(content, agent).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, contents))

    assert payments.left_cents(order) == 0
    assert Payment.objects.count() == 1


# --- Clocks ---


def test_a_late_invoice_is_recalled_once_a_step_and_never_when_paid():
    invoice = invoiced()
    late = NOW + timedelta(days=38)

    for moment in (NOW, late - timedelta(days=2), late, late + HOUR, late + timedelta(days=14)):
        money_clocks.tick(now=moment)
    assert [mail.dedup_key for mail in mails("invoice_late")] == [
        f"events.invoice_late:{invoice.pk}:1",
        f"events.invoice_late:{invoice.pk}:2",
    ]
    paid(invoice.order, 70_000, now=late, on=late.date())
    money_clocks.tick(now=late + timedelta(days=90))
    assert mails("invoice_late").count() == 2


def test_a_person_is_recalled_only_what_the_law_lets_ask():
    invoice = invoiced(buyer=PERSON, service_from=date(2026, 12, 8))
    assert invoice.due_on == date(2026, 12, 8)
    put_off = date(2027, 6, 1)
    Order.objects.update(service_from=put_off, service_until=put_off)

    money_clocks.tick(now=NOW + timedelta(days=15 + 6))
    assert not mails("invoice_late").exists()
    money_clocks.tick(now=NOW + timedelta(days=15 + 8))

    assert "210,00" in mails("invoice_late").get().text_body


@pytest.mark.django_db(transaction=True)
def test_two_workers_recall_once():
    invoice = invoiced()
    late = NOW + timedelta(days=38)

    def work(_):
        try:
            return money_clocks.remind(invoice.pk, late)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 1


def test_a_quote_ends_with_its_last_day():
    order = quote(valid_until=TODAY)

    money_clocks.tick(now=NOW)
    assert Order.objects.get(pk=order.pk).status == OrderStatus.QUOTE
    money_clocks.tick(now=NOW + timedelta(days=1))

    assert Order.objects.get(pk=order.pk).status == OrderStatus.EXPIRED
    with pytest.raises(orders.OrderRefused, match="plus valable"):
        orders.accept(order_id=order.pk, accepted_by="Anne", now=NOW + timedelta(days=1))


def test_a_document_that_a_dead_worker_left_is_made_by_the_clock():
    invoice = invoiced()

    money_clocks.tick(now=NOW + HOUR)

    assert Invoice.objects.get(pk=invoice.pk).sha256


# --- Cards ---


class FakeStripe:
    """A server that speaks what the adapter needs of Stripe: sessions, refunds, keys."""

    def __init__(self):
        self.asked, self.by_key, self.pages, self.fails = [], {}, {}, False
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.say(form)

            def do_GET(self):
                self.say({})

            def say(self, form):
                status, answer = fake.answer(self.path, self.headers, form)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path, headers, form):
        if headers["Authorization"] != "Bearer sk_test_1":
            return 401, {"error": {"message": "Invalid API Key"}}
        if self.fails:
            return 500, {"error": {}}
        page, _slash, act = path.removeprefix("/v1/checkout/sessions/").partition("/")
        if page in self.pages:
            is_open = self.pages[page] == "open"
            if act == "expire" and not is_open:
                return 400, {"error": {"message": "Only Checkout Sessions with a status of open"}}
            self.pages[page] = "expired" if is_open and act else self.pages[page]
            return 200, {"id": page, "status": self.pages[page]}
        key = headers["Idempotency-Key"]
        if key in self.by_key:
            return 200, self.by_key[key]
        self.asked.append((path, {name: values[0] for name, values in form.items()}))
        number = len(self.asked)
        made = {"id": f"cs_{number}", "url": f"https://checkout.example/{number}"}
        if path == "/v1/refunds":
            made = {"id": f"re_{number}", "status": "pending"}
        else:
            self.pages[made["id"]] = "open"
        self.by_key[key] = made
        return 200, made


@pytest.fixture
def stripe(settings):
    fake = FakeStripe()
    settings.CARD_PROVIDER = "stripe"
    settings.STRIPE_SECRET_KEY = "sk_test_1"
    settings.STRIPE_WEBHOOK_SECRET = "whsec_1"
    settings.STRIPE_API_URL = f"http://127.0.0.1:{fake.server.server_port}"
    yield fake
    fake.server.shutdown()
    fake.server.server_close()


def message(kind, payment, *, event_id="evt_1", refunded=0, amount=None, currency="eur", **changed):
    thing = {
        "id": payment.provider_ref,
        "metadata": {"payment_id": str(payment.pk)},
        "payment_intent": "pi_1",
        "payment_status": "paid",
        "currency": currency,
        "amount_total": payment.amount_cents if amount is None else amount,
        "amount": payment.amount_cents,
        "amount_refunded": refunded,
    } | changed
    event = {"id": event_id, "type": kind, "created": int(NOW.timestamp()),
             "data": {"object": thing}}  # fmt: skip
    return json.dumps(event)


def send(client, body, *, at=NOW, secret=SIGNS, signature=None):
    stamp = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return client.post(
        reverse("card_events", args=["stripe"]),
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature or f"t={stamp},v0=old,v1=bad,v1={digest}"},
    )


@pytest.fixture
def at_now(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


COMPLETED, EXPIRED = "checkout.session.completed", "checkout.session.expired"
REFUNDED = "charge.refunded"


def test_a_card_is_off_by_default():
    with pytest.raises(PaymentRefused, match="par virement"):
        payments.start_card(order_id=accepted().pk, now=NOW)


def test_a_page_of_payment_is_opened_once_for_what_is_due(stripe):
    order = accepted()
    first = payments.start_card(order_id=order.pk, now=NOW)
    again = payments.start_card(order_id=order.pk, now=NOW + timedelta(minutes=5))

    assert (first.pk, first.pay_url) == (again.pk, "https://checkout.example/1")
    ((path, form),) = stripe.asked
    assert path == "/v1/checkout/sessions"
    assert form["line_items[0][price_data][unit_amount]"] == "70000"
    assert form["metadata[payment_id]"] == str(first.pk)
    assert form["payment_intent_data[metadata][payment_id]"] == str(first.pk)


def test_a_page_that_asks_another_amount_is_closed_before_another_opens(stripe, client):
    order = accepted()
    first = payments.start_card(order_id=order.pk, now=NOW)
    paid(order, 20_000)
    shown = client.get(selling_links.order_url(order)).content.decode()
    assert first.pay_url not in shown

    second = payments.start_card(order_id=order.pk, now=NOW + timedelta(minutes=5))

    assert stripe.pages == {"cs_1": "expired", "cs_2": "open"}
    assert second.amount_cents == 50_000
    assert [row.status for row in order.payments.order_by("pk")] == [
        PaymentStatus.FAILED, PaymentStatus.RECEIVED, PaymentStatus.STARTED,
    ]  # fmt: skip
    assert int(stripe.asked[-1][1]["expires_at"]) == (NOW + HOUR).timestamp() + 300


def test_no_page_opens_while_another_opens_or_was_just_paid(stripe):
    order = accepted()
    payments.start_card(order_id=order.pk, now=NOW)
    paid(order, 20_000)
    stripe.pages["cs_1"] = "complete"

    with pytest.raises(PaymentRefused, match="vient d’être fait"):
        payments.start_card(order_id=order.pk, now=NOW)
    Payment.objects.filter(provider_ref="cs_1").update(provider_ref="", pay_url="")
    with pytest.raises(PaymentRefused, match="s’ouvre"):
        payments.start_card(order_id=order.pk, now=NOW)

    assert list(stripe.pages) == ["cs_1"]


def test_a_second_payment_that_comes_anyway_waits_for_staff(stripe, client, at_now):
    order = accepted(buyer=PERSON)
    signed(order, on=TODAY - timedelta(days=11))
    first = payments.start_card(order_id=order.pk, now=NOW)
    Payment.objects.update(created_at=NOW - HOUR)
    second = payments.start_card(order_id=order.pk, now=NOW)
    for number, payment in enumerate([first, second]):
        send(client, message(COMPLETED, payment, event_id=f"evt_{number}"))

    second.refresh_from_db()
    assert (second.status, second.needs_decision) == (PaymentStatus.RECEIVED, True)
    assert second.note.startswith("210,00\xa0€ de plus")


def test_a_provider_that_fails_is_said_and_leaves_nothing_to_pay_twice(stripe):
    order = accepted()
    stripe.fails = True

    with pytest.raises(PaymentRefused, match="ne répond pas"):
        payments.start_card(order_id=order.pk, now=NOW)

    assert [row.status for row in order.payments.all()] == [PaymentStatus.FAILED]


def test_the_message_pays_and_the_return_page_does_not(stripe, client, at_now):
    order = accepted()
    payment = payments.start_card(order_id=order.pk, now=NOW)

    client.get(f"{stripe.asked[0][1]['success_url']}")
    assert Payment.objects.get().status == PaymentStatus.STARTED
    assert send(client, message(COMPLETED, payment)).status_code == 200

    assert Payment.objects.get().status == PaymentStatus.RECEIVED
    assert payments.left_cents(order) == 0


@pytest.mark.django_db(transaction=True)
def test_a_message_told_ten_times_at_once_pays_once(stripe, client, at_now):
    order = accepted()
    payment = payments.start_card(order_id=order.pk, now=NOW)
    body = message(COMPLETED, payment)

    def work(_):
        try:
            return send(client.__class__(), body).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(work, range(10))) == {200}

    assert payments.left_cents(order) == 0
    assert WebhookEvent.objects.count() == 1


def test_messages_in_any_order_end_the_same(stripe, client, at_now):
    kinds = [(COMPLETED, 0), (EXPIRED, 0), (REFUNDED, 20_000), (REFUNDED, 50_000)]
    ends = set()
    for round_, sequence in enumerate(permutations(kinds)):
        payment = payments.start_card(order_id=accepted().pk, now=NOW)
        for step, (kind, refunded) in enumerate(sequence):
            body = message(kind, payment, event_id=f"evt_{round_}_{step}", refunded=refunded)
            assert send(client, body).status_code == 200
        payment.refresh_from_db()
        ends.add((payment.status, payment.refunded_cents, payment.intent_ref))

    assert ends == {(PaymentStatus.RECEIVED, 50_000, "pi_1")}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"secret": "whsec_2"}, 404),
        ({"at": NOW - timedelta(minutes=6)}, 404),
        ({"at": NOW + timedelta(minutes=6)}, 404),
        ({"signature": "v1=abc"}, 404),
        ({"signature": "t=1,t=2,v1=abc"}, 404),
        ({"signature": "t=é,v1=é"}, 404),
    ],
)
def test_a_message_that_proves_nothing_changes_nothing(stripe, client, at_now, fields, status):
    payment = payments.start_card(order_id=accepted().pk, now=NOW)

    assert send(client, message(COMPLETED, payment), **fields).status_code == status

    assert Payment.objects.get().status == PaymentStatus.STARTED
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("body", ["{}", "[]", "nothing", '{"data": 3}'])
def test_a_signed_message_that_cannot_be_read_is_a_bad_request(stripe, client, at_now, body):
    assert send(client, body).status_code == 400


def test_no_message_is_taken_while_cards_are_off(client):
    url = reverse("card_events", args=["stripe"])

    assert client.post(url, b"{}", content_type="application/json").status_code == 404


def test_another_amount_or_currency_waits_for_a_decision(stripe, client, at_now):
    payment = payments.start_card(order_id=accepted().pk, now=NOW)

    send(client, message(COMPLETED, payment, amount=100, currency="usd"))

    payment.refresh_from_db()
    assert (payment.status, payment.amount_cents, payment.needs_decision) == (
        PaymentStatus.RECEIVED,
        100,
        True,
    )


def test_a_completed_page_not_yet_paid_pays_nothing(stripe, client, at_now):
    payment = payments.start_card(order_id=accepted().pk, now=NOW)

    send(client, message(COMPLETED, payment, payment_status="unpaid"))

    assert Payment.objects.get().status == PaymentStatus.STARTED


def test_a_card_is_refunded_by_the_provider_then_noted(stripe, client, at_now):
    payment = payments.start_card(order_id=accepted().pk, now=NOW)
    send(client, message(COMPLETED, payment))

    payments.refund_card(payment_id=payment.pk, amount_cents=20_000)
    payments.refund_card(payment_id=payment.pk, amount_cents=20_000)  # a second press is the same

    assert [form["amount"] for path, form in stripe.asked if path == "/v1/refunds"] == ["20000"]
    assert Payment.objects.get().refunded_cents == 0
    send(client, message(REFUNDED, payment, event_id="evt_2", refunded=20_000))
    assert Payment.objects.get().refunded_cents == 20_000
    assert list(Refund.objects.values_list("amount_cents", "refunded_on", "method")) == [
        (20_000, TODAY, "card")
    ]


def test_a_person_pays_by_card_only_after_the_withdrawal_period(stripe):
    order = accepted(buyer=PERSON)
    with pytest.raises(PaymentRefused, match="Rien n’est à payer"):
        payments.start_card(order_id=order.pk, now=NOW)
    orders.note_contract(order_id=order.pk, signed_on=TODAY, at_a_distance=False, now=NOW)

    with pytest.raises(PaymentRefused, match="Rien n’est à payer"):
        payments.start_card(order_id=order.pk, now=NOW + timedelta(days=10))
    payment = payments.start_card(order_id=order.pk, now=NOW + timedelta(days=11))

    assert payment.amount_cents == 21_000


# --- Paid too late ---


def held_order(session, *, number=1):
    entry = seated(session, number)
    return accepted(held_until=NOW + HOUR, registration_ids=[entry.pk]), entry


def test_an_order_nobody_paid_gives_its_seats_to_who_waits():
    session = published(seats=1)
    order, entry = held_order(session)
    waiting = register(session, 2)
    registrations.enter_line(registration_id=waiting.pk, now=NOW)

    money_clocks.tick(now=NOW + HOUR)

    entry.refresh_from_db()
    waiting.refresh_from_db()
    assert Order.objects.get(pk=order.pk).status == OrderStatus.EXPIRED
    assert (entry.end_reason, waiting.status) == ("unpaid", RegistrationStatus.OFFERED)


def test_money_that_comes_late_brings_the_order_back_while_the_seat_is_free():
    session = published(seats=1)
    order, entry = held_order(session)
    money_clocks.tick(now=NOW + HOUR)

    payment = paid(order, 70_000, now=NOW + 2 * HOUR)

    entry.refresh_from_db()
    assert Order.objects.get(pk=order.pk).status == OrderStatus.ACCEPTED
    assert (entry.status, payment.needs_decision) == (RegistrationStatus.REGISTERED, False)


def test_money_that_comes_when_the_seat_is_gone_waits_for_staff():
    session = published(seats=1)
    order, entry = held_order(session)
    money_clocks.tick(now=NOW + HOUR)
    seated(session, 2, now=NOW + HOUR)

    payment = paid(order, 70_000, now=NOW + 2 * HOUR)

    entry.refresh_from_db()
    assert Order.objects.get(pk=order.pk).status == OrderStatus.EXPIRED
    assert (entry.status, payment.needs_decision) == (RegistrationStatus.CANCELLED, True)
    assert Payment.objects.get().status == PaymentStatus.RECEIVED


def test_a_part_paid_in_time_keeps_the_order():
    order, _entry = held_order(published(seats=1))
    paid(order, 100)

    money_clocks.tick(now=NOW + HOUR)

    assert Order.objects.get(pk=order.pk).status == OrderStatus.ACCEPTED
