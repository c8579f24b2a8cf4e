"""The formulas of money: amounts, references, withdrawal, routing, recalls, entries."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from events.money import amounts as money
from events.money import entries, reminders, withdrawal
from events.money.amounts import Vat
from events.money.references import (
    invoice_reference,
    invoices_named,
    order_reference,
    orders_named,
    payment_reference,
    transfers_named,
)
from events.money.routing import CHORUS, NONE, PLATFORM, REPORTING, route
from events.money.statements import cents_of

VATS = [
    Vat(category="S", rate=Decimal("20.00")),
    Vat(category="S", rate=Decimal("5.50")),
    Vat(category="E", rate=Decimal(0), mention="Exonérée"),
]
quantities = st.decimals(min_value="0.01", max_value="999", places=2)
lines = st.lists(
    st.tuples(quantities, st.integers(0, 5_000_00), st.sampled_from(VATS)), min_size=1, max_size=8
)


def test_tax_is_rounded_once_for_a_group():
    """Three times 0,33 € at 20 %: 0,20 € together, and not three times 0,07 €."""
    counted = money.amounts([(Decimal(1), 33, VATS[0])] * 3)

    assert (counted.net_cents, counted.vat_cents, counted.total_cents) == (99, 20, 119)


@pytest.mark.parametrize(
    ("quantity", "price", "net"), [("0.50", 1, 1), ("1.50", 9_999, 14_999), ("0.33", 100, 33)]
)
def test_halves_of_a_cent_go_up(quantity, price, net):
    assert money.line_net(Decimal(quantity), price) == net


@given(lines)
def test_totals_add_up(asked):
    counted = money.amounts(asked)

    assert counted.net_cents == sum(line.net_cents for line in counted.lines)
    assert counted.net_cents == sum(group.base_cents for group in counted.groups)
    assert counted.total_cents == counted.net_cents + counted.vat_cents
    for group in counted.groups:
        assert abs(group.vat_cents - group.base_cents * group.vat.rate / 100) <= Decimal("0.5")
    assert len({group.vat for group in counted.groups}) == len(counted.groups)


@given(lines, st.data())
def test_whatever_is_credited_in_parts_the_rest_brings_to_zero(asked, data):
    invoice = money.amounts(asked)
    notes = []
    for _ in range(data.draw(st.integers(0, 3))):
        part = {}
        for line in invoice.lines:
            gone = sum(
                row.quantity for note in notes for row in note.lines
                if row.position == line.position
            )  # fmt: skip
            part[line.position] = data.draw(
                st.decimals(min_value=0, max_value=line.quantity - gone, places=2)
            )
        notes.append(money.credit(invoice, notes, part))
    notes.append(money.credit(invoice, notes))

    assert sum(note.total_cents for note in notes) == invoice.total_cents
    for group in invoice.groups:
        mine = [row for note in notes for row in note.groups if row.vat == group.vat]
        assert sum(row.base_cents for row in mine) == group.base_cents
        assert sum(row.vat_cents for row in mine) == group.vat_cents
        assert all(row.vat_cents >= 0 and row.base_cents >= 0 for row in mine)


def test_more_than_what_is_left_is_not_credited():
    invoice = money.amounts([(Decimal(2), 100, VATS[0])])
    before = [money.credit(invoice, [], {1: Decimal(1)})]

    with pytest.raises(money.CreditsTooMuch):
        money.credit(invoice, before, {1: Decimal(2)})


@given(st.integers(1, 99_999_999))
def test_a_transfer_reference_is_one_of_iso_11649_and_is_read_again(order_id):
    reference = payment_reference(order_id)
    spaced = " ".join(reference[start : start + 4] for start in range(0, len(reference), 4))

    assert iso11649.is_valid(reference)
    assert transfers_named(f"VIR SEPA MEYER {spaced} MERCI") == {order_id}


def test_a_reference_with_a_wrong_sign_names_nothing():
    assert transfers_named("RF78C00000042") == set()
    assert transfers_named("X" + payment_reference(42)) == set()
    assert transfers_named("RF77C000000420") == set()


def test_orders_and_invoices_are_read_as_people_write_them():
    assert orders_named("cde c 2026 000007") == {order_reference(7, 2026): 7}
    assert invoices_named("Facture f 2026 00012 / F2026-00013") == {
        invoice_reference("F", 2026, 12),
        invoice_reference("F", 2026, 13),
    }
    assert invoices_named("REF2026000123") == set()


@pytest.mark.parametrize(
    ("text", "cents"),
    [("1 234,50", 123_450), ("1234.50", 123_450), ("1.234,50 €", 123_450), ("-3", -300),
     ("12,345", None), ("1e12", None), ("NaN", None), ("", None), ("douze", None)],
)  # fmt: skip
def test_amounts_are_read_as_they_are_typed(text, cents):
    assert cents_of(text) == cents


SIGNED = date(2026, 12, 1)
START, END = date(2027, 1, 11), date(2027, 1, 20)


def payable(today, **changed):
    values = {
        "signed_on": SIGNED, "at_a_distance": False, "starts_on": START, "ends_on": END
    } | changed  # fmt: skip
    return withdrawal.payable_cents(withdrawal.steps(100_000, **values), today=today)


def test_a_person_pays_nothing_before_the_eleventh_day_or_the_fifteenth_at_a_distance():
    assert payable(SIGNED + timedelta(days=10)) == 0
    assert payable(SIGNED + timedelta(days=11)) == 30_000
    assert payable(SIGNED + timedelta(days=14), at_a_distance=True) == 0
    saturday = date(2026, 12, 5)  # its fourteenth day is a Saturday: L.221-19
    last = withdrawal.last_day_to_withdraw(saturday, at_a_distance=True)
    assert last == date(2026, 12, 21)
    assert payable(SIGNED + timedelta(days=15), at_a_distance=True) == 30_000


def test_a_person_pays_thirty_per_cent_before_the_start_then_day_by_day():
    assert payable(START - timedelta(days=1)) == 30_000
    assert payable(START) == 37_000
    assert payable(END - timedelta(days=1)) == 93_000
    assert payable(END) == 100_000


@given(st.integers(0, 10**7), st.integers(-20, 300), st.integers(1, 400), st.integers(0, 800))
def test_the_steps_of_a_person_never_run_ahead_of_the_training(total, start, days, day):
    starts, today = SIGNED + timedelta(days=start), SIGNED + timedelta(days=day)
    ends = starts + timedelta(days=days - 1)
    steps = withdrawal.steps(
        total, signed_on=SIGNED, at_a_distance=False, starts_on=starts, ends_on=ends
    )
    asked, deposit = withdrawal.payable_cents(steps, today=today), total * 30 // 100
    begun = min(max((today - starts).days + 1, 0), days)

    assert sum(step.cents for step in steps) == total
    assert len(steps) <= withdrawal.MOST_PARTS + 1
    assert asked == 0 if today <= SIGNED + timedelta(days=10) else asked >= deposit
    assert asked <= deposit + (total - deposit) * begun // days


BEFORE, AFTER = date(2027, 8, 31), date(2027, 9, 1)


@pytest.mark.parametrize(
    ("exempt", "buyer", "is_domestic", "on", "expected"),
    [
        (True, "public", True, BEFORE, CHORUS),
        (False, "public", True, BEFORE, CHORUS),
        (True, "public", True, AFTER, CHORUS),
        (False, "company", True, BEFORE, NONE),
        (False, "company", True, AFTER, PLATFORM),
        (True, "company", True, AFTER, NONE),
        (False, "company", False, AFTER, REPORTING),
        (False, "public", False, AFTER, REPORTING),
        (False, "individual", True, BEFORE, NONE),
        (False, "individual", True, AFTER, REPORTING),
        (False, "individual", False, AFTER, REPORTING),
        (True, "individual", True, AFTER, NONE),
    ],
)
def test_each_invoice_has_its_route(exempt, buyer, is_domestic, on, expected):
    assert route(exempt=exempt, buyer=buyer, is_domestic=is_domestic, on=on) == expected


@pytest.mark.parametrize(
    ("days", "step"), [(-3, 0), (6, 0), (7, 1), (20, 1), (21, 2), (44, 2), (45, 3), (400, 3)]
)
def test_a_late_invoice_is_recalled_in_three_steps(days, step):
    due = date(2026, 12, 23)

    assert reminders.step_of(due, today=due + timedelta(days=days)) == step


@given(lines, st.booleans())
def test_both_sides_of_an_entry_are_equal(asked, is_credit):
    counted = money.amounts(asked)
    paper = {
        "credits": {"number": "F1"} if is_credit else None,
        "number": "A1",
        "issued_on": "2026-11-23",
        "buyer": {"name": "Meyer"},
        "lines": [
            {
                "kind": "room" if line.vat.category == "S" else "training",
                "net_cents": line.net_cents,
            }
            for line in counted.lines
        ],
        "vat_cents": counted.vat_cents,
        "total_cents": counted.total_cents,
    }

    rows = entries.of_paper(paper, client="C000001")

    assert sum(row.debit_cents for row in rows) == counted.total_cents
    assert sum(row.credit_cents for row in rows) == counted.total_cents
