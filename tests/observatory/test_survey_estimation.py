"""From weighted answers to figures: shares, domains, what volunteers and small groups give."""

import pytest

from observatory.statistics.estimation import WHOLE, Item, Respondent, estimate
from observatory.statistics.intervals import Mark

SITE = Item("site", ("yes", "no"))


def _people(count, *, weight=1.0, size="small", option="yes"):
    one = Respondent(weight, {"size": size}, {"site": frozenset({option})})
    return [one] * count


def _figures(people, *, population=10_000, is_sample=True, items=(SITE,)):
    found = estimate(
        people,
        items,
        populations={(WHOLE, WHOLE): population, ("size", "small"): population},
        strata=2,
        is_sample=is_sample,
    )
    return {(each.axis, each.domain, each.question, each.option): each for each in found}


def test_a_share_is_weighted():
    people = _people(40, weight=3.0) + _people(60, option="no")

    figure = _figures(people)[WHOLE, WHOLE, "site", "yes"]

    assert figure.share == pytest.approx(120 / 180)
    assert (figure.n, figure.chose, figure.df) == (100, 40, 98)
    assert figure.deff == pytest.approx(100 * (40 * 9 + 60) / 180**2)
    assert figure.mark == Mark.SHOWN


def test_each_domain_has_its_own_figures():
    people = _people(40) + _people(50, size="large", option="no")

    figures = _figures(people)

    assert figures["size", "small", "site", "yes"].share == 1
    assert figures["size", "large", "site", "yes"].share == 0
    assert figures["size", "small", "site", "yes"].n == 40


def test_who_was_not_asked_is_not_counted():
    left = [Respondent(1.0, {}, {})] * 30

    assert _figures(_people(40) + left)[WHOLE, WHOLE, "site", "yes"].n == 40


def test_a_domain_where_nobody_was_asked_has_no_figure():
    assert _figures([Respondent(1.0, {}, {})]) == {}


def test_a_population_nearly_all_drawn_is_known_better():
    people = _people(40) + _people(40, option="no")

    large = _figures(people)[WHOLE, WHOLE, "site", "yes"]
    small = _figures(people, population=100)[WHOLE, WHOLE, "site", "yes"]
    whole = _figures(people, population=80)[WHOLE, WHOLE, "site", "yes"]

    assert small.published.width < large.published.width / 1.5
    assert small.dashboard.width < large.dashboard.width / 1.5
    assert whole.published.width == 0


def test_volunteers_have_no_margin_of_error():
    figure = _figures(_people(40) + _people(40, option="no"), is_sample=False)[
        WHOLE, WHOLE, "site", "yes"
    ]

    assert (figure.dashboard, figure.published) == (None, None)
    assert figure.mark == Mark.SHOWN
    few = _figures(_people(20), is_sample=False)[WHOLE, WHOLE, "site", "yes"]
    assert few.mark == Mark.UNRELIABLE


def test_a_small_sample_is_not_reliable():
    assert _figures(_people(29))[WHOLE, WHOLE, "site", "yes"].mark == Mark.UNRELIABLE
