"""The quality score: worked vectors, properties, what is stored and what the coach says."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.coach import advise
from directory.models import Provider
from directory.quality import MATCHING_MINIMUM, CardFacts, freshness, score
from directory.services import providers as services
from directory.services.quality import refresh_quality, score_of
from tests.directory.factories import DESCRIPTION, NOW, UserFactory, published_card

FLAGS = [field.name for field in fields(CardFacts) if field.type in {bool, "bool"}]
FULL = CardFacts(description_signs=200, months_since_confirmed=0, **dict.fromkeys(FLAGS, True))
some_facts = st.builds(
    CardFacts,
    description_signs=st.integers(0, 3_000),
    months_since_confirmed=st.none() | st.floats(0, 200),
    **dict.fromkeys(FLAGS, st.booleans()),
)


@pytest.mark.parametrize(
    ("months", "value"),
    [(0, 1), (5.9, 1), (6, 1), (10.5, 0.75), (15, 0.5), (24, 0), (30, 0)],
)
def test_freshness_is_whole_for_six_months_and_gone_at_twenty_four(months, value):
    assert freshness(months) == pytest.approx(value)


@pytest.mark.parametrize(
    ("facts", "value"),
    [
        (CardFacts(), 0),
        (FULL, 1),
        (replace(FULL, months_since_confirmed=15), 0.95),
        (replace(FULL, months_since_confirmed=None), 1),
        (replace(FULL, description_signs=199), 0.9),
        (replace(FULL, description_signs=2_001), 0.9),
        (replace(FULL, description_signs=2_000), 1),
        (replace(FULL, has_service=False), 0.9),
        (replace(FULL, has_public=False), 0.9),
        (replace(FULL, has_service=False, has_public=False), 0.9),
        (CardFacts(description_signs=300, has_contact=True, has_language=True), 3 / 9),
    ],
)
def test_the_score_is_the_mean_of_what_applies(facts, value):
    assert score(facts).value == pytest.approx(value)


@given(some_facts)
def test_the_score_stays_between_nothing_and_one(facts):
    assert 0 <= score(facts).value <= 1


@given(some_facts, st.sampled_from(FLAGS))
def test_telling_more_never_lowers_the_score(facts, flag):
    assert score(replace(facts, **{flag: True})).value >= score(facts).value


@given(some_facts, st.floats(0, 100), st.floats(0, 100))
def test_the_score_never_rises_with_age(facts, one, other):
    young, old = sorted((one, other))
    scores = [score(replace(facts, months_since_confirmed=age)).value for age in (young, old)]
    assert scores[0] >= scores[1]


@given(some_facts)
def test_the_next_step_is_a_weakest_criterion_and_none_for_a_perfect_card(facts):
    result = score(facts)
    step = result.next_step
    if step is None:
        assert result.value == 1
    else:
        assert step.value == min(line.value for line in result.criteria) < 1


def test_matching_begins_at_one_half():
    half = CardFacts(
        description_signs=300,
        has_contact=True,
        has_language=True,
        has_price=True,
        months_since_confirmed=0,
    )
    assert (score(half).value, score(half).may_be_matched) == (MATCHING_MINIMUM, True)
    assert not score(replace(half, months_since_confirmed=7)).may_be_matched


@pytest.mark.django_db
def test_the_score_is_stored_with_each_write():
    owner = UserFactory()
    card = published_card(owner=owner)
    before = Provider.objects.get().quality

    services.edit_card(
        provider_id=card.pk,
        user_id=owner.pk,
        values={"answer_days": 2, "service_area": "region"},
        now=NOW,
    )

    # description, service and public, languages, freshness; then two more of ten
    assert (before, Provider.objects.get().quality) == (pytest.approx(0.4), pytest.approx(0.6))


@pytest.mark.django_db
def test_the_stored_score_ages_at_night():
    published_card()
    at = NOW + timedelta(days=round(15 * 365.25 / 12))

    changed = [refresh_quality(now=at), refresh_quality(now=at)]

    assert changed == [1, 0]
    assert Provider.objects.get().quality == pytest.approx(0.35, abs=0.001)


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_the_nightly_refresh_costs_the_same_queries(count, django_assert_num_queries):
    for _ in range(count):
        published_card()

    with django_assert_num_queries(4):  # savepoint, cards, one update, release
        refresh_quality(now=NOW + timedelta(days=400))


@pytest.mark.django_db
def test_the_coach_leads_to_the_field_of_the_next_best_step():
    card = published_card(description=DESCRIPTION)

    coach = advise(card.pk, score_of(card.pk, now=NOW), has_service=True)

    assert (coach.percent, coach.may_be_matched) == (40, False)
    assert coach.next_step.url == f"/annuaire/mes-fiches/{card.pk}/contact/#id_contact_mode"
    assert sum(line.is_met for line in coach.lines) == 4
