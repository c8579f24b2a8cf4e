"""The published order of proposals: pure, exact, and blind to everything else."""

import dataclasses
import inspect
from datetime import date, timedelta
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.matching import ranking
from directory.matching.ranking import CRITERIA, POINT, Facts, budget_fit, facts_of, ranked

DAY = date(2026, 11, 28)
ROW = st.fixed_dictionaries(
    {
        "siblings": st.integers(0, 8),
        "distance_m": st.integers(0, 200_000),
        "knows_trade": st.integers(0, 1),
        "reference_year": st.sampled_from([0, 2015, 2022, 2023, 2026]),
        "budget": st.integers(0, 2),
        "open_requests": st.integers(0, 4),
        "trust_class": st.integers(0, 3),
    }
)
ROWS = st.lists(ROW, min_size=1, max_size=40).map(
    lambda rows: [{"card": 1000 + place, **row} for place, row in enumerate(rows)]
)


def row(card=1, **changed):
    values = {
        "card": card,
        "siblings": 2,
        "distance_m": 15_250,
        "knows_trade": 1,
        "reference_year": 2023,
        "budget": ranking.FITS,
        "open_requests": 1,
        "trust_class": 2,
    }
    return values | changed


def order(rows, *, need=412, day=DAY, wanted=3):
    return [entry.card for entry in ranked(facts_of(rows), need=need, day=day, wanted=wanted)]


def test_the_points_of_one_provider_worked_by_hand():
    """25 + 2×5; 20 − 0.4 × 10.25 km; a reference of 2023; a price that fits; 10 − 2."""
    (entry,) = ranked(facts_of([row()]), need=412, day=DAY, wanted=3)

    assert entry.points == {
        "skill": 35_000,
        "proximity": 15_900,
        "sector": 15_000,
        "budget": 15_000,
        "load": 8_000,
    }
    assert entry.total == 88_900
    assert entry.main_reasons == ["skill", "proximity", "sector"]


@pytest.mark.parametrize(
    ("changed", "key", "points"),
    [
        ({"siblings": 0}, "skill", 25),
        ({"siblings": 7}, "skill", 40),
        ({"distance_m": 5_000}, "proximity", 20),
        ({"distance_m": 30_000}, "proximity", 10),
        ({"distance_m": 55_000}, "proximity", 0),
        ({"distance_m": 90_000}, "proximity", 0),
        ({"reference_year": 2022}, "sector", 10),
        ({"reference_year": 0}, "sector", 6),
        ({"reference_year": 0, "knows_trade": 0}, "sector", 0),
        ({"budget": ranking.UNKNOWN}, "budget", 7),
        ({"budget": ranking.ABOVE}, "budget", 0),
        ({"open_requests": 0}, "load", 10),
        ({"open_requests": 4}, "load", 2),
    ],
)
def test_each_step_of_each_criterion(changed, key, points):
    (entry,) = ranked(facts_of([row(**changed)]), need=412, day=DAY, wanted=1)

    assert entry.points[key] == points * POINT


def test_the_published_points_make_a_hundred():
    best = row(siblings=3, distance_m=0, open_requests=0)

    assert sum(criterion.most for criterion in CRITERIA) == 100
    assert ranked(facts_of([best]), need=1, day=DAY, wanted=1)[0].total == 100 * POINT


@given(ROWS)
@settings(deadline=None)
def test_no_criterion_gives_more_than_it_says(rows):
    by_key = ranking.points(facts_of(rows), year=DAY.year)

    for criterion in CRITERIA:
        assert by_key[criterion.key].min() >= 0
        assert by_key[criterion.key].max() <= criterion.most * POINT


@given(ROWS, st.integers(1, 10_000), st.dates(date(2026, 1, 1), date(2030, 1, 1)), st.randoms())
@settings(deadline=None)
def test_the_order_depends_on_need_day_and_facts_alone(rows, need, day, draw):
    shuffled = list(rows)
    draw.shuffle(shuffled)

    assert order(rows, need=need, day=day) == order(shuffled, need=need, day=day)


@given(ROWS)
@settings(deadline=None)
def test_the_first_are_the_beginning_of_the_whole_order(rows):
    assert order(rows, wanted=3) == order(rows, wanted=len(rows))[:3]


@given(ROWS)
@settings(max_examples=50, deadline=None)
def test_the_order_is_the_one_that_is_told(rows):
    """Said again in plain words, one by one."""
    scores = dict(
        zip(
            [entry["card"] for entry in rows],
            ranking.totals(facts_of(rows), year=DAY.year).tolist(),
            strict=True,
        )
    )
    left = {entry["card"]: entry["trust_class"] for entry in rows}
    expected = []
    while left:
        top = max(scores[card] for card in left)
        equal = [card for card in left if scores[card] >= top - 5_000]
        expected += sorted(equal, key=lambda card: (left[card], by_hand(card)))
        left = {card: rank for card, rank in left.items() if card not in equal}

    assert order(rows, wanted=len(rows)) == expected


def by_hand(card, need=412, day="2026-11-28"):
    return int.from_bytes(sha256(f"{day}/{need}/{card}".encode()).digest()[:8])


def test_the_draw_can_be_done_again_by_hand():
    assert ranking.seed(412, DAY) == "2026-11-28/412"
    assert ranking.draw(57, need=412, day=DAY) == by_hand(57)


def test_of_two_equal_providers_each_goes_first_about_every_other_day():
    days = [DAY + timedelta(days=number) for number in range(400)]

    wins = sum(order([row(1), row(2)], day=day)[0] == 1 for day in days)

    assert 150 < wins < 250


def test_within_five_points_the_class_decides_and_beyond_it_does_not():
    better = row(1, siblings=2, trust_class=3)

    assert order([better, row(2, siblings=1, trust_class=0)]) == [2, 1]  # 5 points less
    assert order([better, row(2, siblings=1, distance_m=15_253, trust_class=0)]) == [1, 2]


def test_an_unpublished_class_stands_with_c():
    assert ranking.CLASSES.index(ranking.UNPUBLISHED) == 2


@given(ROWS, st.integers(1, 5))
@settings(deadline=None)
def test_nobody_below_the_floor_is_among_the_first(rows, wanted):
    scores = ranking.totals(facts_of(rows), year=DAY.year)

    floor = ranking.lowest_that_counts(scores, wanted)

    if floor is None:
        assert len(rows) < wanted
    else:
        first = ranked(facts_of(rows), need=412, day=DAY, wanted=wanted)
        assert all(entry.total >= floor for entry in first)


def test_the_order_has_no_input_but_the_published_ones():
    """R1.24: nothing of payment, membership or advertising can enter."""
    assert [field.name for field in dataclasses.fields(Facts)] == [
        "card",
        "siblings",
        "distance_m",
        "knows_trade",
        "reference_year",
        "budget",
        "open_requests",
        "trust_class",
    ]
    assert list(inspect.signature(ranked).parameters) == ["facts", "need", "day", "wanted"]


@pytest.mark.parametrize(
    ("prices", "band", "fit"),
    [
        ([], (0, 100_000), ranking.UNKNOWN),
        ([(50_000, 90_000)], None, ranking.UNKNOWN),
        ([(50_000, 90_000)], (0, 100_000), ranking.FITS),
        ([(100_000, None)], (0, 100_000), ranking.FITS),
        ([(100_001, None)], (0, 100_000), ranking.ABOVE),
        ([(500_000, None), (90_000, None)], (0, 100_000), ranking.FITS),
        ([(50_000, 90_000)], (500_000, 1_500_000), ranking.FITS),
        ([(9_000_000, None)], (1_500_000, None), ranking.FITS),
    ],
)
def test_what_prices_say_of_a_budget(prices, band, fit):
    assert budget_fit(prices, band) == fit


def test_the_page_prints_every_criterion_and_every_filter(client, db):
    from django.utils.html import escape

    html = client.get("/classement/").content.decode()

    for criterion in CRITERIA:
        assert escape(criterion.label) in html
        assert escape(criterion.explanation) in html
    for entry in ranking.HARD_FILTERS:
        assert escape(entry.label) in html
