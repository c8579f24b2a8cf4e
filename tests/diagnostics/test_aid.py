"""The ceiling of aids de minimis: three rolling years, linked companies as one (R7.09)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.aid import (
    CEILING_CENTS,
    DE_MINIMIS,
    RGEC,
    Grant,
    counted_cents,
    counted_from,
    is_allowed,
)

DAY = date(2024, 1, 30)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
amounts = st.integers(1, CEILING_CENTS)
grants = st.lists(
    st.builds(
        Grant, on=days, aid_cents=st.integers(0, CEILING_CENTS // 3),
        regime=st.sampled_from([DE_MINIMIS, RGEC]),
    ),
    max_size=8,
)  # fmt: skip


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2024, 1, 30), date(2021, 1, 30)),
        (date(2024, 2, 29), date(2021, 2, 28)),
        (date(2027, 3, 1), date(2024, 3, 1)),
    ],
)
def test_the_same_day_three_years_before_is_the_first_that_counts(day, first):
    assert counted_from(day) == first


@pytest.mark.parametrize(("on", "counts"), [(date(2021, 1, 30), 1), (date(2021, 1, 29), 0)])
def test_the_boundary_is_included(on, counts):
    assert counted_cents([Grant(on, 1)], day=DAY) == counts


@pytest.mark.parametrize(("euros", "allowed"), [(1, True), (1.01, False)])
def test_the_ceiling_itself_is_allowed_and_a_cent_more_is_not(euros, allowed):
    known = [Grant(DAY - timedelta(days=1), 299_999_00)]

    assert is_allowed(Grant(DAY, round(euros * 100)), known) is allowed


def test_what_others_gave_counts_as_declared():
    assert is_allowed(Grant(DAY, 1_00, declared_cents=299_999_00), [])
    assert not is_allowed(Grant(DAY, 1_01, declared_cents=299_999_00), [])


def test_a_late_entry_is_tested_on_the_days_that_came_since():
    known = [Grant(DAY, 200_000_00)]
    late = Grant(DAY - timedelta(days=300), 100_000_01)

    assert not is_allowed(late, known)
    assert is_allowed(Grant(late.on, 100_000_00), known)
    long_ago = Grant(date(2020, 1, 1), 300_000_00)
    assert is_allowed(long_ago, known)


def test_another_regime_takes_no_room():
    assert is_allowed(Grant(DAY, 1_000_000_00, RGEC), [Grant(DAY, CEILING_CENTS)])
    assert is_allowed(Grant(DAY, CEILING_CENTS), [Grant(DAY, 1_000_000_00, RGEC)])


@given(grants, days, amounts)
def test_what_is_allowed_never_passes_the_ceiling_on_any_day(known, on, amount):
    """Whenever it held before, it holds after: counted anew for every day of a grant."""

    def holds(entries):
        return all(
            sum(
                entry.aid_cents
                for entry in entries
                if entry.regime == DE_MINIMIS and counted_from(grant.on) <= entry.on <= grant.on
            )
            <= CEILING_CENTS
            for grant in entries
            if grant.regime == DE_MINIMIS
        )

    new = Grant(on, amount)
    if holds(known):
        assert is_allowed(new, known) == holds([*known, new])


@given(grants, days)
def test_more_time_never_counts_more_of_the_same(known, day):
    later = [grant for grant in known if grant.on <= day]

    assert counted_cents(later, day=day) >= counted_cents(later, day=day + timedelta(days=30))
