"""Ranking of measures and plans under a budget, against every possible set."""

from fractions import Fraction
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.planning import Measure, plans, rank

NEEDED = Fraction(5, 2)
BUDGETS, HOURS = (0, 500, 1000, 5000), (6, 12, 24)


def measure(code, *, rank=1, cost=0, hours=1, triggers=None, reds=()):
    needs = {code: NEEDED} if triggers is None else dict.fromkeys(triggers, NEEDED)
    return Measure(code, rank, cost, hours, needs, frozenset(reds))


def codes(called):
    return [entry.measure.code for entry in called]


def test_red_cards_come_first_then_the_first_rank_by_worst_value_then_the_others():
    measures = [
        measure("later", rank=3),
        measure("second", rank=2),
        measure("worst"),
        measure("bad"),
        measure("red", rank=3, triggers=(), reds=("backup",)),
        measure("fine"),
    ]
    values = {
        "later": Fraction(0), "second": Fraction(0), "worst": Fraction(0), "bad": Fraction(1),
        "fine": Fraction(3),
    }  # fmt: skip

    assert codes(rank(measures, values, reds=["backup"])) == [
        "red", "worst", "bad", "second", "later",
    ]  # fmt: skip


def test_at_equality_what_costs_less_then_takes_less_comes_first():
    measures = [measure("d", cost=10), measure("c", hours=2), measure("b"), measure("a")]

    assert codes(rank(measures, dict.fromkeys("abcd", Fraction(0)))) == ["a", "b", "c", "d"]


def test_a_measure_called_twice_stands_once_with_its_worst_value_and_what_called_it():
    both = measure("both", triggers=("a", "b", "c"))

    (entry,) = rank([both], {"a": Fraction(2), "b": Fraction(1, 2), "c": Fraction(3)})

    assert (entry.value, entry.by, entry.level) == (Fraction(1, 2), ("a", "b"), 1)


@pytest.mark.parametrize(("value", "level"), [(0, 1), (1, 1), (Fraction(3, 2), 2), (2, 2)])
def test_the_level_follows_the_worst_value(value, level):
    (entry,) = rank([measure("a")], {"a": Fraction(value)})

    assert entry.level == level


def test_what_is_not_known_or_is_good_enough_calls_nothing():
    assert rank([measure("a"), measure("b")], {"b": Fraction(5, 2)}) == ()


@pytest.mark.parametrize(("value", "is_called"), [(0, False), (1, True), (2, True), (3, False)])
def test_what_comes_too_early_is_not_called(value, is_called):
    restore = Measure("a", 1, 0, 1, {"a": NEEDED}, floors={"a": Fraction(1)})

    assert bool(rank([restore], {"a": Fraction(value)})) is is_called


def test_a_plan_by_hand():
    # Worth: 6 × 6 = 36 for a first rank at 0, 3 × 6 = 18 for a second rank.
    measures = [
        measure("a", cost=300, hours=4),
        measure("b", cost=250, hours=3),
        measure("c", cost=250, hours=3, rank=2),
        measure("free", cost=0, hours=2, rank=3),  # 1 × 6
    ]
    called = rank(measures, dict.fromkeys(("a", "b", "c", "free"), Fraction(0)))

    found = {
        (plan.budget, plan.hours): (plan.codes, plan.cost, plan.time, plan.worth)
        for plan in plans(called, budgets=(0, 500, 1000), hours=(6, 12))
    }

    assert found == {
        (0, 6): (("free",), 0, 2, 6),
        (0, 12): (("free",), 0, 2, 6),
        (500, 6): (("b", "c"), 500, 6, 54),
        (500, 12): (("b", "c", "free"), 500, 8, 60),
        (1000, 6): (("b", "c"), 500, 6, 54),  # a and c make as much, for more
        (1000, 12): (("b", "a", "c", "free"), 800, 12, 96),
    }


def test_nothing_called_makes_empty_plans():
    assert [plan.codes for plan in plans((), budgets=(0, 500), hours=(6,))] == [(), ()]


MEASURES = st.lists(
    st.builds(
        lambda rank, cost, hours, value, red: (rank, cost * 50, hours, Fraction(value, 2), red),
        st.integers(1, 3),
        st.integers(0, 30),
        st.integers(1, 10),
        st.integers(0, 4),
        st.booleans(),
    ),
    max_size=8,
)


@settings(deadline=None)
@given(MEASURES)
def test_a_plan_is_the_best_of_every_set_that_fits(rows):
    measures = [
        measure(f"m{n}", rank=rank_, cost=cost, hours=hours, reds=["red"] if red else [])
        for n, (rank_, cost, hours, _value, red) in enumerate(rows)
    ]
    values = {f"m{n}": row[3] for n, row in enumerate(rows)}
    called = rank(measures, values, reds=["red"])
    every = list(
        chain.from_iterable(combinations(called, count) for count in range(len(called) + 1))
    )

    for plan in plans(called, budgets=(0, 500, 1000), hours=(6, 12)):
        totals = [
            (
                sum(e.worth for e in chosen),
                -sum(e.measure.cost for e in chosen),
                -sum(e.measure.hours for e in chosen),
            )
            for chosen in every
        ]
        best = max(t for t in totals if -t[1] <= plan.budget and -t[2] <= plan.hours)
        assert (plan.worth, -plan.cost, -plan.time) == best
        chosen = [entry for entry in called if entry.measure.code in plan.codes]
        assert codes(chosen) == list(plan.codes)
        assert plan.cost == sum(entry.measure.cost for entry in chosen) <= plan.budget


@settings(deadline=None)
@given(MEASURES)
def test_more_money_or_time_never_brings_less(rows):
    measures = [
        measure(f"m{n}", rank=row[0], cost=row[1], hours=row[2]) for n, row in enumerate(rows)
    ]
    called = rank(measures, {f"m{n}": row[3] for n, row in enumerate(rows)})

    worth = {
        (plan.budget, plan.hours): plan.worth
        for plan in plans(called, budgets=BUDGETS, hours=HOURS)
    }

    for (budget, hours), value in worth.items():
        assert all(other >= value for (b, h), other in worth.items() if b >= budget and h >= hours)
