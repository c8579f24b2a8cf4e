"""Statistical secrecy: the rules, and an attacker who never gets a hidden cell (rules 6.1)."""

from itertools import product
from math import inf
from random import Random
from types import SimpleNamespace

import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st

from observatory.statistics.secrecy import (
    SOLE_TRADERS,
    SURVEY,
    Count,
    Sum,
    attack,
    crossed,
    differences,
    exposed,
    is_revealing_share,
    is_sensitive,
    optimum,
    protect,
)


@pytest.mark.parametrize(
    ("contributions", "hidden"),
    [
        ([50, 50], True),
        ([86, 7, 7], True),
        ([85, 10, 5], False),
        ([40, 30, 30], False),
        ([], False),
    ],
)
def test_two_units_or_one_that_weighs_too_much_are_hidden(contributions, hidden):
    cell = Count(sum(contributions), len(contributions), max(contributions, default=0))

    assert is_sensitive(cell) is hidden


@pytest.mark.parametrize(
    ("units", "least", "hidden"),
    [(4, SURVEY, True), (5, SURVEY, False), (10, SOLE_TRADERS, True), (11, SOLE_TRADERS, False)],
)
def test_surveys_are_held_to_stricter_numbers(units, least, hidden):
    assert is_sensitive(Count(units, units, least=least)) is hidden


def test_a_weighted_cell_compares_its_largest_answer_with_the_weighted_whole():
    assert not is_sensitive(Count(value=200, units=12, largest=100))
    assert is_sensitive(Count(value=110, units=12, largest=100))


def test_all_or_nobody_in_a_small_group_is_hidden():
    assert is_revealing_share(100.0, 8, SURVEY)
    assert is_revealing_share(0.0, 9, SURVEY)
    assert not is_revealing_share(0.0, 10, SURVEY)
    assert not is_revealing_share(50.0, 8, SURVEY)


def test_the_sums_of_a_crossed_table_are_those_of_both_trees():
    sums = crossed({"all": ["a", "b"]}, {"57": ["metz", "forbach"]})

    assert set(sums) == {
        Sum(("all", place), (("a", place), ("b", place))) for place in ("57", "metz", "forbach")
    } | {Sum((kind, "57"), ((kind, "metz"), (kind, "forbach"))) for kind in ("all", "a", "b")}


ROW = {"all": Count(100, 20), "a": Count(60, 12), "b": Count(35, 6), "c": Count(5, 2)}
ROW_SUMS = [Sum("all", ("a", "b", "c"))]


def test_a_hidden_cell_alone_in_its_sum_is_found_by_subtraction():
    values = {key: cell.value for key, cell in ROW.items()}

    assert attack(values, ROW_SUMS, {"c"}) == {"c": (5.0, 5.0)}
    assert exposed(values, ROW_SUMS, {"c"}, {"c"}) == {"c"}


def test_a_cell_that_no_published_sum_holds_is_without_end():
    values = {"all": 100.0, "a": 60.0, "b": 40.0, "alone": 5.0}

    found = attack(values, [Sum("all", ("a", "b"))], {"a", "b", "alone"}, {"alone"})

    assert found == {"alone": (0.0, inf)}


@pytest.mark.parametrize("status", [1, 2, 4])
def test_an_attack_that_was_not_carried_through_protects_nothing(monkeypatch, status):
    stopped = SimpleNamespace(status=status, message="time limit reached", fun=None, x=None)
    monkeypatch.setattr(scipy.optimize, "linprog", lambda *_args, **_options: stopped)
    values = {key: cell.value for key, cell in ROW.items()}

    with pytest.raises(ArithmeticError, match="time limit"):
        exposed(values, ROW_SUMS, {"b", "c"}, {"c"})
    with pytest.raises(ArithmeticError, match="time limit"):
        protect(ROW, ROW_SUMS)


def test_a_second_cell_of_the_sum_is_hidden_with_it():
    protection = protect(ROW, ROW_SUMS)
    values = {key: cell.value for key, cell in ROW.items()}

    assert protection.primary == {"c"}
    assert len(protection.secondary) == 1
    assert protection.loss == 0.5
    low, high = attack(values, ROW_SUMS, protection.hidden)["c"]
    assert low <= 5 * 0.85
    assert high >= 5 * 1.15


def test_an_empty_cell_hides_nobody():
    cells = {"all": Count(5, 2), "a": Count(5, 2), "b": Count(0, 0)}
    cells |= {"all": Count(40, 9), "c": Count(35, 7)}
    protection = protect(cells, [Sum("all", ("a", "b", "c"))])

    assert "b" not in protection.hidden
    assert protection.primary == {"a"}


def test_what_needs_no_protection_is_left_alone():
    cells = {"all": Count(20, 10), "a": Count(10, 5), "b": Count(10, 5)}

    assert protect(cells, [Sum("all", ("a", "b"))]).hidden == frozenset()


def test_what_another_measure_hides_stays_hidden():
    cells = {"all": Count(20, 10), "a": Count(10, 5), "b": Count(10, 5)}

    assert protect(cells, [Sum("all", ("a", "b"))], also_hidden={"a", "b"}).hidden == {"a", "b"}


NAF = {"TIC": ["61", "62"], "62": ["62.01Z", "62.02A"]}
PLACES = {"57": ["north", "south"], "north": ["metz", "rombas"]}


def linked_table(seed, naf=NAF, places=PLACES):
    """Draw contributions on the leaves of both trees and add them up everywhere."""
    draw, parents = Random(seed), {}  # noqa: S311 -- a table by chance
    for tree in (naf, places):
        parents |= {child: parent for parent, children in tree.items() for child in children}

    def lineage(node):
        return [node, *(lineage(parents[node]) if node in parents else [])]

    cells = {}
    leaves = [
        [node for children in tree.values() for node in children if node not in tree]
        for tree in (naf, places)
    ]
    for kind, place in product(*leaves):
        firms = [draw.lognormvariate(3, 1) for _ in range(draw.choice([0, 1, 2, 4, 8, 15]))]
        for key in product(lineage(kind), lineage(place)):
            cells.setdefault(key, []).extend(firms)
    counts = {
        key: Count(sum(firms), len(firms), max(firms, default=0)) for key, firms in cells.items()
    }
    return counts, crossed(naf, places)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_attacker_never_gets_a_hidden_cell_of_linked_tables(seed):
    cells, sums = linked_table(seed)

    protection = protect(cells, sums)

    values = {key: cell.value for key, cell in cells.items()}
    assert exposed(values, sums, protection.hidden, protection.primary) == set()
    assert all(cells[key].value > 0 for key in protection.hidden)
    assert protection.primary == {key for key, cell in cells.items() if is_sensitive(cell)}


@pytest.mark.parametrize("seed", range(4))
def test_little_more_is_hidden_than_the_optimum(seed):
    cells, sums = linked_table(seed, {"TIC": ["61", "62", "63"]}, {"57": ["a", "b", "c"]})

    best = optimum(cells, sums)

    values = {key: cell.value for key, cell in cells.items()}
    primary = protect(cells, sums).primary
    assert primary <= best
    assert exposed(values, sums, best, primary) == set()
    assert len(best) <= len(protect(cells, sums).hidden) <= 1.5 * len(best)


def test_a_change_of_too_few_units_is_seen_between_two_releases():
    before = {"a": Count(20, 20), "b": Count(30, 30), "c": Count(9, 9)}
    after = {
        "a": Count(24, 24, least=SURVEY),
        "b": Count(35, 35, least=SURVEY),
        "c": Count(9, 9, least=SURVEY),
        "d": Count(12, 12, least=SURVEY),
    }

    assert differences(before, after) == {"a"}
