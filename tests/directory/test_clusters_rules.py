"""What makes a grappe, where a commitment stands, the figures of a year."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.clusters.figures import Promise, Stay, Year, years
from directory.clusters.rules import Progress, Standing, holes, progress, standing

TODAY = date(2026, 11, 29)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("members", "kinds", "expected"),
    [
        (4, 2, Standing.FORMING),
        (5, 1, Standing.FORMING),
        (5, 2, Standing.GRAPPE),
        (14, 4, Standing.GRAPPE),
        (15, 2, Standing.CLUSTER),
        (15, 1, Standing.FORMING),
    ],
)
def test_five_members_of_two_kinds_are_shown_and_fifteen_make_a_cluster(members, kinds, expected):
    assert standing(members=members, kinds=kinds) == expected


@pytest.mark.parametrize(
    ("due", "kept", "dropped", "expected"),
    [
        (TODAY, None, None, Progress.UNDER_WAY),
        (TODAY - timedelta(1), None, None, Progress.LATE),
        (TODAY, TODAY, None, Progress.KEPT),
        (TODAY - timedelta(1), TODAY, None, Progress.KEPT_LATE),
        (TODAY - timedelta(1), None, TODAY, Progress.DROPPED),
    ],
)
def test_where_a_commitment_stands(due, kept, dropped, expected):
    assert progress(due_on=due, kept_on=kept, dropped_on=dropped, today=TODAY) == expected


@given(st.lists(st.integers(1, 9), unique=True), st.lists(st.sets(st.integers(1, 9))))
def test_a_hole_is_what_is_needed_and_nobody_brings(needed, brought):
    found = holes(needed, brought)

    for skill in needed:
        assert (skill in found) == all(skill not in skills for skills in brought)
    assert found == [skill for skill in needed if skill in set(found)]


def test_a_worked_life_of_two_years():
    """Two establishments of a firm count once; who left by New Year counted until then."""
    stays = [
        Stay("111111111", "firm", date(2025, 3, 1)),
        Stay("111111111", "firm", date(2025, 4, 1)),
        Stay("222222222", "school", date(2025, 3, 1), date(2026, 2, 1)),
        Stay("333333333", "public", date(2026, 5, 1)),
    ]
    promises = [
        Promise(date(2025, 12, 1), date(2026, 1, 5)),
        Promise(date(2026, 11, 29)),
        Promise(date(2026, 12, 24)),
        Promise(date(2026, 12, 25), date(2026, 11, 1)),
    ]

    assert years(stays, promises, {2026: 3}, today=TODAY) == [
        Year(2026, members=2, kinds=2, due=2, kept=1, sessions=3),
        Year(2025, members=2, kinds=2, due=1, kept=1, sessions=0),
    ]


def test_a_grappe_that_nobody_entered_has_no_year():
    assert years([], [], {2026: 1}, today=TODAY) == []


@given(
    st.lists(
        st.builds(
            lambda siren, kind, day, length: Stay(
                siren, kind, day, None if length is None else day + timedelta(days=length)
            ),
            st.sampled_from("abc"),
            st.sampled_from(("firm", "school")),
            days,
            st.none() | st.integers(0, 900),
        ),
        max_size=6,
    ),
    st.lists(st.builds(Promise, days, st.none() | days), max_size=6),
    days,
)
def test_a_year_never_counts_more_than_there_is(stays, promises, today):
    stays = [stay for stay in stays if stay.joined_on <= today]
    lines = years(stays, promises, {}, today=today)

    assert [line.year for line in lines] == sorted((line.year for line in lines), reverse=True)
    for line in lines:
        assert line.kinds <= 2
        assert line.members <= len({stay.siren for stay in stays})
        assert line.kept <= line.due
