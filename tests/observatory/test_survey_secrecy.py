"""Secrecy of a survey's figures: the thresholds, and an attacker who never gets a hidden cell."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from observatory.statistics.estimation import WHOLE, Figure, Item, Respondent, estimate
from observatory.statistics.intervals import Interval, Mark
from observatory.statistics.secrecy import SURVEY, exposed, is_sensitive
from observatory.survey_secrecy import ALL, NOT, REST, linked, protect


def a_figure(n, *, chose=1, domain="a", axis="size", question="site", option="yes"):
    between = Interval(0.1, 0.2)
    return Figure(question, option, axis, domain, n, chose, 0.15, 1.0, float(n), n, between,
                  between, Mark.SHOWN)  # fmt: skip


def five(figures):
    """Every domain takes five respondents."""
    return {(each.axis, each.domain): SURVEY for each in figures}


def whole(n, **more):
    return a_figure(n, axis=WHOLE, domain=WHOLE, **more)


def marks(*figures):
    return [each.mark for each in protect(figures, five(figures))]


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


@pytest.mark.parametrize(
    ("n", "chose", "mark"),
    [(10, 3, Mark.SECRET), (11, 3, Mark.SHOWN), (21, 0, Mark.SECRET), (22, 0, Mark.SHOWN)],
)
def test_eleven_are_needed_where_nothing_else_is_known(n, chose, mark):
    assert [each.mark for each in protect([whole(n, chose=chose)], {})] == [mark]


def test_one_secret_domain_takes_the_smallest_other_with_it():
    found = marks(
        whole(94, chose=30), a_figure(4), a_figure(50, chose=16, domain="b"),
        a_figure(40, chose=13, domain="c"),
    )  # fmt: skip

    assert found == [Mark.SHOWN, Mark.SECRET, Mark.SHOWN, Mark.SECRET]


def test_two_secret_domains_guard_each_other():
    found = marks(
        whole(47, chose=12), a_figure(4), a_figure(3, domain="b"),
        a_figure(40, chose=10, domain="c"),
    )  # fmt: skip

    assert found == [Mark.SHOWN, Mark.SECRET, Mark.SECRET, Mark.SHOWN]


def test_a_secret_cell_hides_every_option_of_its_own_question_only():
    other = a_figure(40, question="tools")
    both = [a_figure(8, chose=8), a_figure(8, chose=0, option="no")]
    others = [a_figure(40, chose=20, domain="b"), a_figure(40, chose=20, domain="b", option="no")]
    totals = [whole(48, chose=28), whole(48, chose=20, option="no")]
    found = marks(*totals, *both, *others, whole(40, question="tools"), other)

    assert found == [
        Mark.SHOWN, Mark.SHOWN, Mark.SECRET, Mark.SECRET, Mark.SECRET, Mark.SECRET, Mark.SHOWN,
        Mark.SHOWN,
    ]  # fmt: skip


def test_an_option_that_only_a_secret_domain_chose_is_not_found_from_the_whole():
    choices = {"a": (2, 2), "b": (0, 50), "c": (0, 40)}  # domain → yes, no
    figures = [whole(94, chose=2), whole(94, chose=92, option="no")]
    for domain, (yes, no) in choices.items():
        figures.append(a_figure(yes + no, chose=yes, domain=domain))
        figures.append(a_figure(yes + no, chose=no, domain=domain, option="no"))

    found = {
        (each.domain, each.option) for each in protect(figures, five(figures))
        if each.mark == Mark.SECRET
    }  # fmt: skip

    assert {("a", "yes"), ("a", "no"), (WHOLE, "yes")} <= found
    assert ("b", "yes") not in found or ("c", "yes") not in found


def test_respondents_that_an_axis_does_not_place_are_counted_apart():
    found = marks(
        whole(100, chose=30), a_figure(4), a_figure(40, chose=10, domain="b"),
        a_figure(50, chose=15, domain="c"),
    )  # fmt: skip

    assert found[1] == Mark.SECRET
    assert found[0] == Mark.SHOWN


def published(figures, cells):
    """Return the cells that no page shows; a domain without any figure says not how many it is."""
    marked = {(each.axis, each.domain, each.option): each.mark for each in figures}
    silent = set()
    for axis, domain, option in cells:
        if option == ALL:
            said = [mark for key, mark in marked.items() if key[:2] == (axis, domain)]
            hidden = all(mark == Mark.SECRET for mark in said)
        else:
            key = (axis, domain, option.removeprefix(NOT))
            hidden = domain == REST or marked[key] == Mark.SECRET
        if hidden:
            silent.add((axis, domain, option))
    return silent


@st.composite
def surveys(draw):
    """One question, of one choice or several, crossed with two axes that share out the people."""
    several = draw(st.booleans())
    options = ("x", "y", "z")
    chosen = st.sets(st.sampled_from(options)) if several else st.sampled_from(options).map(set)
    people = draw(
        st.lists(
            st.tuples(st.integers(0, 3), st.integers(0, 4) | st.none(), chosen),
            min_size=5, max_size=90,
        )
    )  # fmt: skip
    respondents = [
        Respondent(
            1.0,
            {"size": str(size)} | ({} if naf is None else {"naf": str(naf)}),
            {"q": frozenset(said)},
        )
        for size, naf, said in people
    ]
    return estimate(respondents, [Item("q", options)], populations={}, strata=1, is_sample=False)


@settings(max_examples=30, deadline=None)
@given(surveys())
def test_whoever_knows_all_that_is_shown_places_no_secret_cell(figures):
    least = five(figures)

    found = protect(figures, least)

    cells, sums = linked(figures, least)
    hidden = published(found, cells)
    primary = {key for key, cell in cells.items() if is_sensitive(cell)}
    assert primary <= hidden
    assert {(axis, domain) for axis, domain, _option in primary} == {
        (each.axis, each.domain)
        for each in figures
        if each.n < SURVEY
        or (each.chose == each.n and each.n < 30)
        or (each.chose == 0 and each.n < 2 * SURVEY)
    }
    values = {key: cell.value for key, cell in cells.items()}
    assert exposed(values, sums, hidden, primary) == set()
