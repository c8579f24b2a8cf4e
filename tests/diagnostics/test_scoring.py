"""Scores, by hand and by property (mechanics 5.3, rules R6.19 and R6.21)."""

import json
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.referential import read as read_referential
from diagnostics.scoring import (
    Dmat,
    DmatPart,
    Thresholds,
    Weighed,
    band_of,
    dii,
    dmat,
    score,
)
from tests.diagnostics.paths import FILE

VALUES = {"no": Fraction(0), "bit": Fraction(1, 2), "some": Fraction(2), "full": Fraction(3)}
STANDARD = Thresholds()


def asked(*rows):
    """Questions from (code, axis, weight)."""
    return [Weighed(code, axis, weight, VALUES) for code, axis, weight in rows]


TWO = asked(("a", "x", 3), ("b", "x", 1))


def axis_of(questions, answers, *, concerned=None, thresholds=STANDARD):
    codes = [q.code for q in questions] if concerned is None else concerned
    return score(questions, answers, concerned=codes, thresholds=thresholds).axes["x"]


def test_an_axis_is_the_weighted_mean_of_what_is_known():
    # 100 × (3×2 + 1×0.5) / (3 × (3+1)) = 54.1666…
    found = axis_of(TWO, {"a": "some", "b": "bit"})

    assert found.raw == Fraction(650, 12)
    assert (found.shown, found.band, found.confidence) == (54, 2, 1)


def test_what_does_not_concern_the_company_leaves_both_sides():
    # Only a counts: 100 × 3×2 / (3×3) = 66.66…, whatever was answered to b.
    for answer in ("no", "full", None):
        found = axis_of(TWO, {"a": "some", "b": answer}, concerned=["a"])
        assert (found.raw, found.known, found.applicable) == (Fraction(200, 3), 3, 3)


def test_what_is_not_known_leaves_the_score_and_lowers_the_confidence():
    found = axis_of(TWO, {"a": "some", "b": "unknown"})

    assert (found.raw, found.confidence) == (Fraction(200, 3), Fraction(3, 4))


def test_an_axis_is_shown_from_sixty_percent_known_exactly():
    five = asked(*((code, "x", 1) for code in "abcde"))

    at_60 = axis_of(five, dict.fromkeys("abc", "full"))
    at_40 = axis_of(five, dict.fromkeys("ab", "full"))

    assert (at_60.raw, at_60.confidence) == (100, Fraction(3, 5))
    assert (at_40.raw, at_40.band, at_40.shown) == (None, None, None)


def test_an_axis_that_does_not_concern_the_company_has_no_score_and_no_confidence():
    found = axis_of(TWO, {}, concerned=[])

    assert (found.raw, found.confidence) == (None, None)


def test_the_whole_is_the_mean_of_the_shown_axes_from_five_on():
    axes = "stuvwxy"
    questions = asked(*((axis, axis, 1) for axis in axes))
    concerned = list(axes)
    answers = dict(zip(axes, ["full", "some", "bit", "no", "full"], strict=False))

    found = score(questions, answers, concerned=concerned, thresholds=STANDARD)
    fewer = score(questions, {**answers, "s": None}, concerned=concerned, thresholds=STANDARD)

    # (100 + 66.67 + 16.67 + 0 + 100) / 5 = 56.67: two axes are not known.
    assert found.whole.raw == (100 + Fraction(200, 3) + Fraction(50, 3) + 0 + 100) / 5
    assert found.whole.confidence == Fraction(5, 7)
    assert fewer.whole.raw is None


@pytest.mark.parametrize(
    ("raw", "band", "shown"),
    [
        (Fraction(0), 0, 0),
        (Fraction(2499, 100), 0, 24),
        (Fraction(25), 1, 25),
        (Fraction(4999, 100), 1, 49),
        (Fraction(50), 2, 50),
        (Fraction(7499, 100), 2, 74),
        (Fraction(75), 3, 75),
        (Fraction(100), 3, 100),
    ],
)
def test_bands_and_the_number_written_never_contradict(raw, band, shown):
    questions = [Weighed("a", "x", 1, {"v": raw * 3 / 100})]

    found = axis_of(questions, {"a": "v"})

    assert (band_of(raw, STANDARD), found.band, found.shown) == (band, band, shown)


def test_several_answers_add_up_to_three_at_most():
    values = {"web": Fraction(1), "mail": Fraction(3, 2), "shop": Fraction(1), "none": Fraction(0)}
    questions = [Weighed("a", "x", 1, values)]

    assert [
        axis_of(questions, {"a": answer}).raw
        for answer in (["none"], ["web"], ["web", "mail"], ["web", "mail", "shop"])
    ] == [0, Fraction(100, 3), Fraction(250, 3), 100]


QUESTIONS = asked(
    *((f"{axis}{number}", axis, 1 + number % 3) for axis in "stuvwxy" for number in range(4))
)
ANSWER = st.sampled_from([*VALUES, "unknown"])
RUNS = st.fixed_dictionaries({question.code: ANSWER for question in QUESTIONS})
CODES = [question.code for question in QUESTIONS]


@settings(deadline=None)
@given(RUNS, st.sets(st.sampled_from(CODES)))
def test_scores_stay_between_0_and_100(answers, concerned):
    found = score(QUESTIONS, answers, concerned=concerned, thresholds=STANDARD)

    for entry in (*found.axes.values(), found.whole):
        assert entry.raw is None or 0 <= entry.raw <= 100
        assert entry.confidence is None or 0 <= entry.confidence <= 1


@settings(deadline=None)
@given(RUNS, st.sampled_from(CODES))
def test_not_knowing_never_raises_confidence(answers, code):
    known = score(QUESTIONS, answers, concerned=CODES, thresholds=STANDARD)
    less = score(QUESTIONS, answers | {code: "unknown"}, concerned=CODES, thresholds=STANDARD)

    assert less.whole.confidence <= known.whole.confidence


@settings(deadline=None)
@given(RUNS, st.sampled_from(CODES), ANSWER)
def test_what_does_not_concern_never_changes_the_rest(answers, code, other):
    concerned = [entry for entry in CODES if entry != code]

    one = score(QUESTIONS, answers, concerned=concerned, thresholds=STANDARD)
    two = score(QUESTIONS, answers | {code: other}, concerned=concerned, thresholds=STANDARD)

    assert one == two
    whole = score(QUESTIONS, answers, concerned=CODES, thresholds=STANDARD)
    assert all(one.axes[axis] == whole.axes[axis] for axis in one.axes if axis != code[0])


@settings(deadline=None)
@given(RUNS, st.sampled_from(CODES))
def test_a_better_answer_never_lowers_the_axis(answers, code):
    worse = score(QUESTIONS, answers | {code: "no"}, concerned=CODES, thresholds=STANDARD)
    better = score(QUESTIONS, answers | {code: "full"}, concerned=CODES, thresholds=STANDARD)

    axis = code[0]
    if worse.axes[axis].raw is not None:
        assert better.axes[axis].raw > worse.axes[axis].raw


# --- The Digital Intensity Index ---

ITEMS = [f"item{number}" for number in range(1, 13)]


@pytest.mark.parametrize(
    ("true", "level", "is_basic"),
    [(0, 0, False), (3, 0, False), (4, 1, True), (6, 1, True), (7, 2, True), (10, 3, True),
     (12, 3, True)],
)  # fmt: skip
def test_dii_counts_the_true_items(true, level, is_basic):
    facts = {item: number < true for number, item in enumerate(ITEMS)}

    found = dii("v3-2023", ITEMS, facts)

    assert (found.points, found.level, found.is_basic) == (true, level, is_basic)


def test_dii_with_an_unknown_item_is_not_computed():
    facts = dict.fromkeys(ITEMS[:-1], True) | {"item12": None}

    found = dii("v3-2023", ITEMS, facts)

    assert (found.points, found.level, found.is_basic) == (None, None, None)
    assert found.unknown == ("item12",)


def test_dii_of_two_versions_are_not_compared():
    found = dii("v3-2023", ITEMS, dict.fromkeys(ITEMS, True))
    later = dii("v4-2024", ITEMS, dict.fromkeys(ITEMS, True))

    with pytest.raises(ValueError, match="not comparable"):
        later.minus(found)
    assert found.minus(dii("v3-2023", ITEMS, dict.fromkeys(ITEMS, False))) == 12


# --- The Digital Maturity Assessment ---

HALF = Fraction(50)
BOXES, SCALE = tuple(f"box{n}" for n in range(10)), tuple(f"step{n}" for n in range(7))
READINESS = (DmatPart(BOXES, HALF), DmatPart(SCALE, HALF, top=5))


def test_dmat_by_hand():
    # Readiness: 50 × 6/10 + 50 × (5+4+3+0+0+0+2)/(5×7) = 30 + 20 = 50.
    facts = {box: number < 6 for number, box in enumerate(BOXES)}
    facts |= dict(zip(SCALE, map(Fraction, [5, 4, 3, 0, 0, 0, 2]), strict=True))
    other = (DmatPart(("a", "b", "c"), Fraction(100)),)

    found = dmat({"readiness": READINESS, "other": other}, facts | {"a": True, "b": 0, "c": False})

    assert found.dimensions == {"readiness": 50, "other": Fraction(100, 3)}
    assert found.overall == (50 + Fraction(100, 3)) / 2


def test_dmat_with_an_unknown_item_computes_neither_the_dimension_nor_the_whole():
    facts = dict.fromkeys(BOXES, True) | dict.fromkeys(SCALE, Fraction(5)) | {"step0": None}

    found = dmat({"readiness": READINESS, "other": (DmatPart(("box0",), Fraction(100)),)}, facts)

    assert found.dimensions == {"readiness": None, "other": 100}
    assert found.overall is None


@pytest.mark.parametrize(
    ("overall", "band"),
    [(0, 0), (Fraction(259, 10), 0), (26, 1), (Fraction(509, 10), 1), (51, 2), (75, 2), (76, 3),
     (100, 3), (None, None)],
)  # fmt: skip
def test_dmat_bands_are_those_of_the_network(overall, band):
    assert Dmat({}, overall).band == band


def test_dmat_of_the_six_dimensions_by_hand(dmat_source):
    # The counts of the source: 10 x 3, 10 + 7 steps, 7 + 8, 8 + 6, 5 steps, 10 + 5 boxes or halves.
    # Strategy (3 + 2 + 4) x 10/3 = 30. Readiness 50x5/10 + 50x14/35 = 45. Human 50x7/7 + 50x2/8 =
    # 62.5. Data 50x4/8 + 50x3/6 = 50. Automation 100x10/25 = 40. Green 50x1/10 + 50x(1+0.5)/5 = 20.
    given = {
        "q15_invested": [1] * 3, "q15_planned": [1] * 2, "q16": [1] * 4, "q17": [1] * 5,
        "q18": [5, 5, 4], "q19": [1] * 7, "q20": [1] * 2, "q21": [1] * 4, "q22": [1] * 3,
        "q23": [5, 3, 2], "q24": [1], "q25": [1, Fraction(1, 2)],
    }  # fmt: skip
    facts = {
        item: Fraction(values[number]) if number < len(values) else Fraction(0)
        for parts in dmat_source.values()
        for part in parts
        for values in [given[part.items[0].rpartition("_")[0]]]
        for number, item in enumerate(part.items)
    }

    found = dmat(dmat_source, facts)

    assert list(found.dimensions.values()) == [30, 45, Fraction(125, 2), 50, 40, 20]
    assert found.overall == Fraction(30 + 45 + 50 + 40 + 20) / 6 + Fraction(125, 12)
    assert (floor(found.overall), found.band) == (41, 1)
    assert dmat(dmat_source, facts | {"q16_1": None}).overall is None


@pytest.fixture
def dmat_source():
    """The dimensions that the portal ships."""
    return read_referential(json.loads(FILE.read_text(encoding="utf-8"))).dmat_parts
