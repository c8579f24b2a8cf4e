"""The published order: pure functions of the cards, the day and the distances."""

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from directory.search.ranking import LEVELS, TIE_BREAKS, Situation, draw, first, seed

DAY = date(2026, 11, 28)
CARDS = st.sets(st.integers(0, 2**32 - 1), min_size=1, max_size=3_000).map(sorted)


def numbers(cards):
    return np.array(cards, dtype=np.uint32)


def far_by_remainder(modulo):
    return lambda cards: (cards % np.uint32(modulo)).astype(np.float32)


@given(CARDS)
def test_no_two_cards_draw_the_same_number(cards):
    assert len(set(draw(numbers(cards), DAY).tolist())) == len(cards)


def test_the_draw_can_be_done_again_by_hand():
    """As /classement/ tells it, in whole numbers."""
    x = 1_234 ^ seed(DAY)
    for odd, shift in ((2_654_435_761, 15), (2_246_822_519, 13)):
        x = x * odd % 2**32
        x ^= x >> shift

    assert seed(DAY) == 937_762_703
    assert draw(numbers([1_234]), DAY).tolist() == [x]


@given(CARDS, st.integers(1, 50), st.sampled_from([None, 1, 3, 40]))
def test_the_first_cards_are_those_of_the_whole_order(cards, wanted, modulo):
    distances = far_by_remainder(modulo) if modulo else None
    situation = Situation(DAY, distances)
    drawn = dict(zip(cards, draw(numbers(cards), DAY).tolist(), strict=True))

    found = first(numbers(cards), wanted, situation).tolist()

    far = (lambda card: card % modulo) if modulo else (lambda _card: 0)
    assert found == sorted(cards, key=lambda card: (far(card), drawn[card]))[:wanted]


def test_each_of_two_equal_cards_goes_first_about_every_other_day():
    days = [date.fromordinal(DAY.toordinal() + n) for n in range(400)]

    wins = sum(first(numbers([10, 11]), 1, Situation(day, None)).tolist() == [10] for day in days)

    assert 150 < wins < 250


def test_the_page_prints_every_criterion_that_orders(client, db):
    html = client.get("/classement/").content.decode()

    for criterion in (*LEVELS, *TIE_BREAKS):
        assert str(criterion.label) in html
        assert str(criterion.explanation) in html


def test_the_class_separates_equal_cards_and_none_stands_as_c():
    places = np.zeros(50, np.uint8) + 2  # unpublished: with C
    places[[10, 11]], places[12], places[13] = (0, 1), 3, 2
    situation = Situation(DAY, None, lambda cards: places[cards])

    found = first(numbers([9, 10, 11, 12, 13, 14]), 6, situation).tolist()

    assert found[:2] == [10, 11]
    assert set(found[2:5]) == {9, 13, 14}
    assert found[5] == 12


@given(CARDS, st.integers(1, 50), st.sampled_from([1, 3, 40]))
def test_the_class_comes_after_the_distance_and_before_the_draw(cards, wanted, modulo):
    cards = [card % 5_000 for card in cards]
    cards = sorted(set(cards))
    places = (np.arange(5_000) % 4).astype(np.uint8)
    situation = Situation(DAY, far_by_remainder(modulo), lambda some: places[some])
    drawn = dict(zip(cards, draw(numbers(cards), DAY).tolist(), strict=True))

    found = first(numbers(cards), wanted, situation).tolist()

    def place(card):
        return card % modulo, card % 4, drawn[card]

    assert found == sorted(cards, key=place)[:wanted]
