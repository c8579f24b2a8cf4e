"""Intervals and quality: the vectors of R6.14 to R6.16, and what must always hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatory.statistics.intervals import (
    Interval,
    Mark,
    clopper_pearson,
    compare,
    design_effect,
    effective,
    finite,
    korn_graubard,
    quality,
    wilson,
)


def _is(interval, low, high):
    return (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


def test_kish():
    assert design_effect([1, 1, 2, 4]) == 1.375
    assert effective(4, 1.375) == pytest.approx(2.909, abs=5e-4)
    assert effective(10, 0.8) == 10  # capped


@pytest.mark.parametrize(
    ("share", "n", "low", "high"),
    [(0.3, 10, 0.1078, 0.6032), (0, 10, 0, 0.2775), (0.9, 30, 0.7438, 0.9654)],
)
def test_wilson(share, n, low, high):
    assert _is(wilson(share, n), low, high)


def test_clopper_pearson():
    assert _is(clopper_pearson(0.3, 10), 0.0667, 0.6525)
    assert clopper_pearson(0, 10).low == 0
    assert clopper_pearson(1, 10).high == 1


def test_korn_graubard_without_and_with_degrees_of_freedom():
    assert _is(korn_graubard(0.2, 60, 60 / 1.5), 0.0905, 0.3565)
    assert korn_graubard(0.2, 60, 40, 10).width > korn_graubard(0.2, 60, 40).width


def test_a_finite_population_counts_above_five_percent_only():
    assert finite(5, 100) == 1
    assert finite(20, 100) == pytest.approx(80 / 99)
    assert finite(100, 100) == 0
    assert finite(20, None) == 1


shares = st.floats(0, 1)
sizes = st.floats(1, 5000)


@given(shares, sizes)
def test_an_interval_holds_its_share_and_stays_within_bounds(share, n):
    for found in (wilson(share, n), clopper_pearson(share, n)):
        assert -1e-12 <= found.low <= share + 1e-9
        assert share - 1e-9 <= found.high <= 1 + 1e-12


@given(shares, sizes)
def test_the_other_answer_has_the_mirrored_interval(share, n):
    one, other = wilson(share, n), wilson(1 - share, n)
    assert one.low == pytest.approx(1 - other.high, abs=1e-6)


@given(st.floats(0.01, 0.99), st.floats(10, 1000))
def test_more_answers_narrow_it(share, n):
    assert wilson(share, 2 * n).width < wilson(share, n).width


@pytest.mark.parametrize(
    ("share", "width", "n", "n_eff", "df", "mark"),
    [
        (0.5, 0.2, 29, 29, 20, Mark.UNRELIABLE),  # too few
        (0.5, 0.2, 60, 29, 20, Mark.UNRELIABLE),  # too few once weighted
        (0.5, 0.30, 60, 60, 20, Mark.UNRELIABLE),  # too wide
        (0.1, 0.14, 90, 90, 20, Mark.UNRELIABLE),  # too wide for so small a share
        (0.1, 0.12, 90, 90, 20, Mark.SHOWN),
        (0.01, 0.05, 900, 900, 20, Mark.SHOWN),  # narrow enough, whatever the share
        (0.5, 0.2, 60, 60, 7, Mark.REVIEW),
        (1.0, 0.06, 60, 60, 20, Mark.REVIEW),
        (0.0, 0.06, 60, 60, 20, Mark.REVIEW),
        (0.5, 0.2, 60, 60, 20, Mark.SHOWN),
    ],
)
def test_quality(share, width, n, n_eff, df, mark):  # noqa: PLR0917 -- a row of the table
    assert quality(share, Interval(0, width), n, n_eff, df) == mark


def test_a_difference_is_tested_on_effective_numbers():
    # Newcombe 1998, table II: 56/70 and 48/80, method 10: 0.0524 to 0.3339
    found = compare(48 / 80, 80, 56 / 70, 70)

    assert found.value == pytest.approx(0.2)
    assert found.interval == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert found.is_significant
    assert not compare(0.5, 30, 0.6, 30).is_significant


def test_nothing_differs_where_nobody_does():
    assert compare(0, 30, 0, 30).p_value == 1
