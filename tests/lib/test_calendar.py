"""Working days, holidays of Moselle included."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emn.lib.calendar import (
    LOCAL_LAW,
    add_working_days,
    easter,
    is_working_day,
    public_holidays,
    working_days_between,
)

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("year", "sunday"),
    [
        (1961, (4, 2)),
        (2000, (4, 23)),
        (2008, (3, 23)),
        (2024, (3, 31)),
        (2026, (4, 5)),
        (2027, (3, 28)),
        (2038, (4, 25)),
    ],
)
def test_easter(year, sunday):
    assert easter(year) == date(year, *sunday)


def test_moselle_has_thirteen_holidays_and_its_neighbour_eleven():
    moselle, meurthe = (public_holidays(2026, local_law=code in LOCAL_LAW) for code in ("57", "54"))

    assert (len(moselle), len(meurthe)) == (13, 11)
    assert moselle - meurthe == {date(2026, 4, 3), date(2026, 12, 26)}
    assert {date(2026, 4, 6), date(2026, 5, 14), date(2026, 5, 25)} < meurthe


def test_counting_over_a_week_end_and_over_christmas():
    friday, saturday, monday = date(2026, 11, 27), date(2026, 11, 28), date(2026, 11, 30)
    assert add_working_days(friday, 1, local_law=True) == monday
    assert add_working_days(saturday, 1, local_law=True) == monday
    assert add_working_days(date(2025, 12, 24), 1, local_law=True) == date(2025, 12, 29)
    assert add_working_days(date(2025, 12, 24), 1, local_law=False) == date(2025, 12, 26)
    assert add_working_days(date(2026, 11, 27), 0, local_law=True) == date(2026, 11, 27)
    with pytest.raises(ValueError, match="forwards"):
        add_working_days(date(2026, 11, 27), -1, local_law=True)


@given(DAYS, st.integers(1, 40), st.booleans())
def test_the_two_counts_agree_and_end_on_a_working_day(day, count, local_law):
    end = add_working_days(day, count, local_law=local_law)

    assert is_working_day(end, local_law=local_law)
    assert working_days_between(day, end, local_law=local_law) == count
    assert working_days_between(day, end - timedelta(days=1), local_law=local_law) == count - 1
