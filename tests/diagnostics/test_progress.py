"""What changed between two diagnostics: worked vectors, and what must hold of any two."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit

from diagnostics.progress import Outcome, compare, outcome, paired, stage_due, student
from diagnostics.scoring import Thresholds, Weighed, score

LIMITS = Thresholds(axes_shown=2)
HALVES = [Fraction(half, 2) for half in range(7)]
QUESTIONS = [
    Weighed(f"{axis}{number}", axis, 1 + number % 3, {str(value): value for value in HALVES})
    for axis in "abc"
    for number in range(3)
]


def result(values, concerned=None):
    """A result: question → value; a question that concerns and has none is not known."""
    return score(
        QUESTIONS, {code: str(Fraction(value)) for code, value in values.items()},
        concerned=set(concerned if concerned is not None else (q.code for q in QUESTIONS)),
        thresholds=LIMITS,
    )  # fmt: skip


def compared(before, after, **more):
    return compare(QUESTIONS, result(before), result(after, **more), thresholds=LIMITS)


def test_worked_vector():
    # Weights of a: 1, 2, 3. Before: (1·0 + 2·1 + 3·3) / 18; after: (1·3 + 2·1 + 3·3) / 18.
    before = {"a0": 0, "a1": 1, "a2": 3, "b0": 0, "b1": 0, "b2": 0}
    after = {"a0": 3, "a1": 1, "a2": 3, "b0": 0, "b1": 3, "b2": 0}

    found = compared(before, after)

    assert found.axes["a"].before == Fraction(1100, 18)
    assert found.axes["a"].points == Fraction(300, 18)
    assert found.axes["b"].points == Fraction(600, 18)
    assert found.axes["c"].points is None
    assert found.whole.points == Fraction(25)
    assert found.moved == ("a0", "b1")


def test_only_what_is_answered_both_times_counts():
    """a0 (weight 1) is known once: it changes neither side."""
    found = compared({"a0": 3, "a1": 1, "a2": 1}, {"a1": 1, "a2": 1})

    assert (found.axes["a"].before, found.axes["a"].points) == (Fraction(100, 3), 0)
    assert found.axes["a"].questions == ("a1", "a2")


def test_too_little_in_common_is_not_compared():
    """Both times the axis is shown (4 of 6, 5 of 6); what is common (3 of 6) is too little."""
    found = compared({"a0": 1, "a2": 1}, {"a1": 1, "a2": 1})

    assert found.axes["a"].points is None


def test_what_concerns_no_more_is_weighed_by_each_time():
    before, after = {"a0": 1, "a1": 1, "a2": 1}, {"a2": 3}

    found = compared(before, after, concerned={"a2"})

    assert found.axes["a"].points is None  # a half of what concerned the first time


def test_under_the_axes_asked_for_there_is_no_whole():
    found = compared({"a0": 1, "a1": 1, "a2": 1}, {"a0": 1, "a1": 1, "a2": 1})

    assert found.whole.points is None


ANSWERS = st.dictionaries(st.sampled_from([q.code for q in QUESTIONS]), st.sampled_from(HALVES))


@given(ANSWERS, ANSWERS)
def test_there_and_back_is_nothing(before, after):
    there, back = compared(before, after), compared(after, before)

    for axis, change in there.axes.items():
        other = back.axes[axis].points
        assert change.points is None if other is None else change.points == -other
    assert there.moved == back.moved


@given(ANSWERS, ANSWERS)
def test_what_is_compared_is_shown_both_times(before, after):
    found = compared(before, after)

    for axis, change in found.axes.items():
        if change.points is not None:
            assert result(before).axes[axis].raw is not None
            assert result(after).axes[axis].raw is not None
            assert set(change.questions) <= set(before) & set(after)
            assert -100 <= change.points <= 100


@given(ANSWERS)
def test_the_same_answers_change_nothing_and_say_the_report(answers):
    found, report = compared(answers, answers), result(answers)

    assert found.moved == ()
    assert {axis: change.before for axis, change in found.axes.items()} == {
        axis: entry.raw for axis, entry in report.axes.items()
    }


# --- Measures ---


@pytest.mark.parametrize(
    ("is_called", "after", "concerned", "expected"),
    [
        (True, {"x": 1}, {"x"}, Outcome.OPEN),
        (True, {"x": 2}, {"x"}, Outcome.BEGUN),
        (True, {}, {"x"}, Outcome.OPEN),
        (False, {"x": 3}, {"x"}, Outcome.DONE),
        (False, {}, {"x"}, Outcome.UNKNOWN),
        (False, {}, set(), Outcome.GONE),
    ],
)
def test_what_became_of_a_measure(is_called, after, concerned, expected):
    found = outcome(["x"], is_called=is_called, before={"x": 1}, after=after, concerned=concerned)

    assert found == expected


# --- When ---


@pytest.mark.parametrize(
    ("today", "made", "due"),
    [
        (date(2027, 10, 4), (), None),
        (date(2027, 10, 5), (), "T1"),
        (date(2027, 10, 5), ("T1",), None),
        (date(2028, 10, 4), (), "T1"),
        (date(2028, 10, 5), (), "T2"),
        (date(2028, 10, 5), ("T1",), "T2"),
        (date(2030, 1, 1), ("T2",), None),
    ],
)
def test_a_stage_opens_a_month_ahead(today, made, due):
    assert stage_due(date(2026, 11, 5), made=made, today=today) == due


# --- Many companies ---


def test_paired_vector():
    """Changes 2, 4, 6, 8, 10: mean 6, s = √10, t(4) = 2.776, half-width 2.776·√2 = 3.926."""
    found = paired([Fraction(value) for value in (2, 4, 6, 8, 10)])

    assert (found.count, found.mean, found.improved, found.share) == (5, 6.0, 3, 60)
    assert found.low == pytest.approx(2.074, abs=1e-3)
    assert found.high == pytest.approx(9.926, abs=1e-3)


def test_five_points_are_an_improvement_and_less_are_not():
    assert paired([Fraction(5)] * 4 + [Fraction(49, 10)]).improved == 4


def test_under_five_companies_nothing_is_said():
    assert paired([Fraction(1)] * 4) is None


@given(st.integers(1, 400))
def test_student_is_never_below_the_exact_one(freedom):
    exact = stdtrit(freedom, 0.975)

    assert exact - 5e-4 <= student(freedom) <= exact + 0.03
