"""Raking: the vector of R6.13, its invariants, its bounds, collapsing, response groups."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from observatory.statistics.raking import (
    Margin,
    RakingFailed,
    collapse,
    rake,
    response_groups,
)

COUNTS = [40.0, 30.0, 35.0, 50.0]
ROWS = Margin(["a", "a", "b", "b"], {"a": 100, "b": 100})
COLUMNS = Margin(["x", "y", "x", "y"], {"x": 90, "y": 110})


def test_the_vector_of_the_rule():
    weights = rake(COUNTS, [ROWS, COLUMNS]).weights

    assert weights == pytest.approx([52.9036, 47.0964, 37.0964, 62.9036], abs=5e-5)
    odds = weights[0] * weights[3] / (weights[1] * weights[2])
    assert odds == pytest.approx(40 * 50 / (30 * 35), abs=1e-9)


def test_margins_are_met_and_their_order_changes_nothing():
    one, other = rake(COUNTS, [ROWS, COLUMNS]), rake(COUNTS, [COLUMNS, ROWS])

    assert one.error < 1e-6
    assert one.weights == pytest.approx(other.weights, abs=1e-6)


def test_bounds_hold_and_margins_with_them():
    base = [10.0] * 20
    sides = Margin(["l"] * 5 + ["r"] * 15, {"l": 145.0, "r": 55.0})  # 2.9 and 0.37
    tops = Margin(["u", "d"] * 10, {"u": 120.0, "d": 80.0})
    plain = rake(base, [sides, tops], bounds=None)
    assert (plain.weights / base).max() > 3

    found = rake(base, [sides, tops])

    assert found.is_bounded
    assert found.error < 1e-6
    assert (found.weights / base).max() <= 3 + 1e-9
    assert (found.weights / base).min() >= 0.3 - 1e-9


def test_what_no_bounded_weights_meet_is_refused():
    base = [10.0] * 10
    with pytest.raises(RakingFailed, match="no weights within"):
        rake(base, [Margin(["l"] * 2 + ["r"] * 8, {"l": 80.0, "r": 20.0})])


def test_margins_of_two_populations_are_refused():
    with pytest.raises(RakingFailed, match="same population"):
        rake(COUNTS, [ROWS, Margin(["x"] * 4, {"x": 150})])


def test_a_category_without_respondents_is_refused():
    with pytest.raises(RakingFailed, match="nobody"):
        rake(COUNTS, [Margin(["a", "a", "b", "b"], {"a": 90, "b": 90, "c": 20})])


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_what_some_bounded_weights_meet_is_met(seed):
    """Targets made of weights that exist: calibration finds weights as good."""
    chance = np.random.default_rng(seed)
    base = chance.uniform(1, 5, 200)
    wished = base * chance.uniform(0.5, 2.0, 200)
    margins = []
    for categories in (2, 3, 4):
        values = [str(value) for value in chance.integers(0, categories, 200)]
        targets: dict[str, float] = {}
        for value, weight in zip(values, wished, strict=True):
            targets[value] = targets.get(value, 0.0) + weight
        margins.append(Margin(values, targets))

    found = rake(base, margins)

    assert found.error < 1e-6
    assert (found.weights / base).min() >= 0.3 - 1e-9
    assert (found.weights / base).max() <= 3 + 1e-9


def test_small_categories_join_their_smaller_neighbour():
    margin = Margin(["a"] * 10 + ["b"] * 2 + ["c"] * 6, {"a": 50, "b": 20, "c": 30})

    found = collapse(margin, least=5)

    assert found.targets == {"a": 50, "b+c": 50}
    assert found.values == ["a"] * 10 + ["b+c"] * 8


def test_a_category_that_nobody_answered_for_is_collapsed():
    found = collapse(Margin(["a"] * 9, {"a": 50, "b": 20}), least=1)

    assert found.targets == {"a+b": 70}


# --- Response groups ---


def test_groups_large_enough_keep_their_own_rate():
    assert response_groups({"a": (100, 50), "b": (100, 25)}) == {"a": 2, "b": 4}


def test_a_stratum_with_few_respondents_joins_a_neighbouring_rate():
    # b: 10 of 40 (0.25); c: 30 of 100 (0.3); a: 60 of 100
    found = response_groups({"a": (100, 60), "b": (40, 10), "c": (100, 30)})

    assert found == {"a": pytest.approx(100 / 60), "b": 3.5, "c": 3.5}


def test_no_group_is_adjusted_three_times_more_than_the_whole():
    found = response_groups({"a": (1000, 20), "b": (100, 90), "c": (100, 90)})

    overall = 1200 / 200
    assert max(found.values()) <= 3 * overall


def test_nobody_answered_is_refused():
    with pytest.raises(RakingFailed):
        response_groups({"a": (10, 0)})


@given(
    st.dictionaries(
        st.sampled_from("abcdef"),
        st.tuples(st.integers(1, 200), st.integers(0, 200)).map(lambda p: (p[0], min(p))),
        min_size=1,
    )
)
def test_groups_give_back_those_who_were_drawn(counts):
    assume(any(came for _asked, came in counts.values()))
    factors = response_groups(counts)

    assert set(factors) == set(counts)
    back = sum(factors[code] * came for code, (_asked, came) in counts.items())
    assert back == pytest.approx(sum(asked for asked, _came in counts.values()))
