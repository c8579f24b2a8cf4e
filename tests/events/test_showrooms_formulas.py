"""The formulas of the showrooms: worked vectors, and what holds whatever the input."""

from datetime import date
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from events.showrooms.rights import Applied, commitment, placed, total
from events.showrooms.rotation import Candidate, named
from events.showrooms.secrecy import LEAST, told, told_by

DAY = date(2026, 12, 8)
SIRENS = st.integers(min_value=0, max_value=999_999_999).map("{:09d}".format)
CANDIDATES = st.lists(
    st.builds(
        Candidate, st.integers(1, 10_000), st.booleans(), st.sampled_from("ABCD")
    ),
    unique_by=lambda entry: entry.card,
    max_size=30,
)  # fmt: skip


# --- Rotation (R1.25) ---


def test_supplying_goes_first_then_the_class_then_the_draw():
    offers_a = Candidate(1, supplies=False, trust_class="A")
    supplies_c = Candidate(2, supplies=True, trust_class="C")
    supplies_a = Candidate(3, supplies=True, trust_class="A")
    supplies_b = Candidate(4, supplies=True, trust_class="B")

    found = named([offers_a, supplies_c, supplies_a, supplies_b], favourite=7, day=DAY, most=4)

    assert [entry.card for entry in found] == [3, 4, 2, 1]


def test_equals_follow_the_published_seed():
    """SHA-256 of «2026-12-08/57/card», first 8 bytes, the smaller first: computed by hand here."""
    cards = [11, 12, 13]

    def number(card):
        return int.from_bytes(sha256(f"2026-12-08/57/{card}".encode()).digest()[:8])

    found = named([Candidate(card, True, "C") for card in cards], favourite=57, day=DAY)

    assert [entry.card for entry in found] == sorted(cards, key=number)


def test_two_equal_providers_swap_places_over_favourites():
    pair = [Candidate(1, True, "C"), Candidate(2, True, "C")]

    firsts = [named(pair, favourite=key, day=DAY)[0].card for key in range(1, 201)]

    assert 60 < firsts.count(1) < 140


@given(CANDIDATES, st.integers(1, 10**6))
def test_rotation_does_not_depend_on_the_order_it_is_given(candidates, favourite):
    found = named(candidates, favourite=favourite, day=DAY)

    assert found == named(reversed(candidates), favourite=favourite, day=DAY)
    assert len(found) == min(3, len(candidates))
    left = set(candidates) - set(found)
    assert all(
        (not entry.supplies, entry.trust_class) <= (not other.supplies, other.trust_class)
        for entry in found
        for other in left
    )


# --- Demonstration rights ---


def test_the_total_is_weighted_out_of_a_thousand():
    assert total({1: 8, 2: 5}, {1: 60, 2: 40}) == 680
    assert total({1: 10, 2: 10}, {1: 60, 2: 40}) == 1_000
    assert total({1: 8}, {1: 60, 2: 40}) == 480


def test_ties_are_drawn_by_the_seed_and_the_siren():
    equal = [Applied(1, "111111111", {1: 5}), Applied(2, "222222222", {1: 5})]
    better = Applied(3, "333333333", {1: 6})

    found = placed([*equal, better], weights={1: 100}, seed="graine")

    order = sorted(equal, key=lambda row: sha256(f"graine/{row.siren}".encode()).hexdigest())
    assert [row.application for row in found] == [3, *(row.application for row in order)]
    assert [(row.rank, row.was_drawn) for row in found] == [(1, False), (2, True), (3, True)]


def test_the_commitment_is_the_plain_digest():
    assert commitment("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@given(
    st.lists(st.tuples(SIRENS, st.integers(0, 10), st.integers(0, 10)), unique_by=lambda r: r[0]),
    st.text(min_size=1, max_size=64),
)
def test_ranks_follow_totals_whatever_the_order_of_arrival(rows, seed):
    applied = [Applied(key, siren, {1: a, 2: b}) for key, (siren, a, b) in enumerate(rows)]
    weights = {1: 70, 2: 30}

    found = placed(applied, weights=weights, seed=seed)

    assert found == placed(reversed(applied), weights=weights, seed=seed)
    assert [row.rank for row in found] == list(range(1, len(rows) + 1))
    assert [row.total for row in found] == sorted((row.total for row in found), reverse=True)
    totals = [row.total for row in found]
    assert all(row.was_drawn == (totals.count(row.total) > 1) for row in found)


# --- Few people ---


def test_below_five_nothing_is_told():
    assert [told(count) for count in (0, 4, 5, 6)] == [None, None, 5, 6]


def test_one_hidden_count_hides_the_smallest_told():
    assert told_by({"bought": 12, "planned": 7, "dropped": 2}) == {
        "bought": 12, "planned": None, "dropped": None,
    }  # fmt: skip
    assert told_by({"bought": 6, "planned": 5, "dropped": 9}) == {
        "bought": 6, "planned": 5, "dropped": 9,
    }  # fmt: skip


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 20), min_size=2))
def test_nothing_hidden_can_be_had_by_subtraction(counts):
    said = told_by(counts)

    hidden = [key for key, count in said.items() if count is None]
    assert len(hidden) != 1
    assert all(count is None or count >= LEAST for count in said.values())
    assert all(said[key] in {None, counts[key]} for key in counts)
