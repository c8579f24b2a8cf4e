"""Figures, deltas, draws, sizes: the pure part of the cockpit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatory.funding.figures import (
    How,
    Line,
    Proof,
    breakdown,
    cost_per_effect,
    delta,
    digest,
    draw,
    merged,
    value_of,
)
from observatory.funding.sizes import size_class

keys = st.text("abc123", min_size=1, max_size=4)
lists = st.dictionaries(keys, st.decimals(0, 100, places=2), max_size=12)


def line(key, quantity=1, *proofs):
    return Line(key, quantity=Decimal(quantity), proofs=list(proofs))


def test_three_services_to_one_company_count_once_with_all_their_proofs():
    one, two = Proof("2026-03-01", "Émargement", "DJ-1"), Proof("2026-02-01", "Synthèse", "AB")

    (found,) = merged([line("111222333", 2, one), line("111222333", 3, two, one)])

    assert value_of([found], How.COUNT) == 1
    assert (found.quantity, found.proofs) == (5, [two, one])


@pytest.mark.parametrize(
    ("how", "value"),
    [(How.COUNT, "3"), (How.SUM, "2"), (How.MEAN, "0.7"), (How.SHARE, "66.7")],
)
def test_the_value_is_made_as_the_indicator_says(how, value):
    assert value_of([line("a", 1), line("b", 1), line("c", 0)], how) == Decimal(value)


def test_a_mean_of_nothing_is_no_figure():
    assert (value_of([], How.MEAN), value_of([], How.COUNT)) == (None, 0)


def test_what_is_not_known_is_counted_apart():
    rows = [Line("a", facts={"size": "micro"}), Line("b", facts={"size": "micro"}), Line("c")]

    assert breakdown(rows, ["size"]) == {"size": {"": 1, "micro": 2}}


@given(lists, lists)
def test_a_delta_leads_from_one_list_to_the_other(before, after):
    found = delta(before, after)

    rebuilt = {key: value for key, value in before.items() if key not in found.removed}
    rebuilt |= {key: after[key] for key in (*found.added, *found.changed)}
    assert rebuilt == after
    assert found.is_empty == (before == after)


@given(st.sets(keys, max_size=30), st.integers(0, 40))
def test_a_draw_is_the_same_for_everybody(known, size):
    drawn = draw(sorted(known), seed="s:1", size=size)

    assert drawn == draw(sorted(known, reverse=True), seed="s:1", size=size)
    assert len(drawn) == len(set(drawn)) == min(size, len(known))
    assert set(drawn) <= known


def test_another_draw_chooses_others():
    known = [str(number) for number in range(200)]

    assert draw(known, seed="s:1", size=10) != draw(known, seed="s:2", size=10)


def test_the_imprint_does_not_depend_on_the_order_of_writing():
    assert digest({"a": 1, "b": "é"}) == digest({"b": "é", "a": 1}) != digest({"a": 2, "b": "é"})


@pytest.mark.parametrize(
    ("spent", "value", "cost"),
    [(100, "3", 33), (200, "3", 67), (0, "3", None), (100, "0", None), (100, None, None)],
)
def test_the_cost_of_one_effect(spent, value, cost):
    assert cost_per_effect(spent, value and Decimal(value)) == cost


MILLION = 1_000_000_00


@pytest.mark.parametrize(
    ("staff", "turnover", "balance", "expected"),
    [
        (9, 2 * MILLION, 9 * MILLION, "micro"),
        (9, 2 * MILLION + 1, 2 * MILLION + 1, "small"),
        (10, 0, 0, "small"),
        (49, 11 * MILLION, 10 * MILLION, "small"),
        (249, 51 * MILLION, 43 * MILLION, "medium"),
        (249, 51 * MILLION, 43 * MILLION + 1, "large"),
        (250, 0, 0, "large"),
    ],
)
def test_the_size_is_that_of_the_recommendation(staff, turnover, balance, expected):
    assert size_class(staff=staff, turnover_cents=turnover, balance_cents=balance) == expected
