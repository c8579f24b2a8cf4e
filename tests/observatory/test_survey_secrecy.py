"""Secrecy of a survey's figures: the thresholds, and an attacker who never gets a hidden cell."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from observatory.statistics.estimation import WHOLE, Figure
from observatory.statistics.intervals import Interval, Mark
from observatory.statistics.secrecy import exposed, is_sensitive
from observatory.survey_secrecy import linked, protect


def a_figure(n, *, chose=1, domain="a", axis="size", question="site"):
    between = Interval(0.1, 0.2)
    return Figure(question, "yes", axis, domain, n, chose, 0.15, 1.0, float(n), n, between, between,
                  Mark.SHOWN)  # fmt: skip


def whole(n, **more):
    return a_figure(n, axis=WHOLE, domain=WHOLE, **more)


def marks(*figures):
    return [each.mark for each in protect(figures)]


@pytest.mark.parametrize(
    ("n", "chose", "mark"),
    [
        (4, 1, Mark.SECRET),
        (5, 1, Mark.SHOWN),
        (29, 29, Mark.SECRET),
        (30, 30, Mark.SHOWN),
        (9, 0, Mark.SECRET),
        (10, 0, Mark.SHOWN),
    ],
)
def test_few_respondents_or_the_same_answer_of_a_small_group_are_secret(n, chose, mark):
    assert marks(whole(n, chose=chose)) == [mark]


def test_one_secret_domain_takes_the_smallest_other_with_it():
    found = marks(whole(94), a_figure(4), a_figure(50, domain="b"), a_figure(40, domain="c"))

    assert found == [Mark.SHOWN, Mark.SECRET, Mark.SHOWN, Mark.SECRET]


def test_two_secret_domains_guard_each_other():
    found = marks(whole(47), a_figure(4), a_figure(3, domain="b"), a_figure(40, domain="c"))

    assert found == [Mark.SHOWN, Mark.SECRET, Mark.SECRET, Mark.SHOWN]


def test_a_secret_cell_hides_every_option_of_its_own_question_only():
    other = a_figure(40, question="tools")
    both = [a_figure(8, chose=8), a_figure(8, chose=1)]
    found = marks(whole(48), *both, a_figure(40, domain="b"), whole(40, question="tools"), other)

    assert found == [
        Mark.SHOWN, Mark.SECRET, Mark.SECRET, Mark.SECRET, Mark.SHOWN, Mark.SHOWN,
    ]  # fmt: skip


def test_respondents_that_an_axis_does_not_place_are_counted_apart():
    found = marks(whole(100), a_figure(4), a_figure(40, domain="b"), a_figure(50, domain="c"))

    assert found[1] == Mark.SECRET
    assert found[0] == Mark.SHOWN


@st.composite
def surveys(draw):
    """One question crossed with two axes that each share out the same respondents."""
    people = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=5,
                           max_size=120))  # fmt: skip
    figures = [whole(len(people))]
    for place, axis in enumerate(("size", "naf")):
        for value in sorted({each[place] for each in people}):
            n = sum(each[place] == value for each in people)
            chose = draw(st.integers(0, n))
            figures.append(a_figure(n, chose=chose, axis=axis, domain=str(value)))
    return figures


@settings(max_examples=60, deadline=None)
@given(surveys())
def test_whoever_knows_all_that_is_shown_places_no_secret_cell(figures):
    protected = protect(figures)

    hidden = {(each.axis, each.domain) for each in protected if each.mark == Mark.SECRET}
    cells, sums = linked(figures)
    primary = {key for key, cell in cells.items() if is_sensitive(cell)}
    assert primary <= hidden
    values = {key: cell.value for key, cell in cells.items()}
    assert exposed(values, sums, hidden, primary) == set()
