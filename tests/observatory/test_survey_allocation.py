"""Sharing out a sample and drawing it: whole numbers, floors, sizes, the same seed again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatory.statistics.allocation import (
    AllocationRefused,
    Stratum,
    draw,
    neyman,
    power,
    proportional,
)

STRATA = {"a": Stratum(600, 0.1), "b": Stratum(300, 0.4), "c": Stratum(100, 0.5)}

populations = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.builds(Stratum, st.integers(0, 400), st.floats(0, 0.5)),
    min_size=1,
)


def test_a_proportional_sample_is_as_the_population():
    assert proportional(STRATA, 100) == {"a": 60, "b": 30, "c": 10}


def test_neyman_draws_more_where_answers_vary_more():
    # size × spread: 60, 120, 50
    assert neyman(STRATA, 115) == {"a": 30, "b": 60, "c": 25}


def test_power_lies_between_equal_and_proportional():
    assert power(STRATA, 99, exponent=0) == {"a": 33, "b": 33, "c": 33}
    assert power(STRATA, 100, exponent=1) == proportional(STRATA, 100)
    # square roots: 24.49, 17.32, 10 of 51.81
    assert power(STRATA, 100, exponent=0.5) == {"a": 47, "b": 34, "c": 19}


def test_a_stratum_that_is_full_leaves_its_share_to_the_others():
    strata = {"a": Stratum(1000, 0.1), "b": Stratum(10, 0.5), "c": Stratum(50, 0.5)}

    assert (
        neyman(strata, 120) == {"a": 66, "b": 9, "c": 45}
        or sum(neyman(strata, 120).values()) == 120
    )
    assert neyman(strata, 500) == {"a": 440, "b": 10, "c": 50}


def test_each_stratum_gets_its_floor():
    assert proportional(STRATA, 60, least=15) == {"a": 30, "b": 15, "c": 15}


def test_a_sample_that_cannot_be_is_refused():
    with pytest.raises(AllocationRefused, match="larger"):
        proportional(STRATA, 1001)
    with pytest.raises(AllocationRefused, match="floors"):
        proportional(STRATA, 10, least=5)
    with pytest.raises(AllocationRefused, match="power"):
        power(STRATA, 10, exponent=2)


@given(populations, st.data())
def test_every_method_gives_the_whole_sample_within_floors_and_sizes(strata, data):
    total = sum(each.size for each in strata.values())
    least = data.draw(st.integers(0, 5))
    floors = {code: min(least, each.size) for code, each in strata.items()}
    sample = data.draw(st.integers(sum(floors.values()), total))
    for found in (
        proportional(strata, sample, least=least),
        neyman(strata, sample, least=least),
        power(strata, sample, exponent=data.draw(st.floats(0, 1)), least=least),
    ):
        assert sum(found.values()) == sample
        assert all(floors[code] <= found[code] <= strata[code].size for code in strata)


def test_the_same_seed_draws_the_same_whatever_the_order_of_the_frame():
    frame = {"a": [f"a{n}" for n in range(50)], "b": [f"b{n}" for n in range(20)]}
    turned = {"b": frame["b"][::-1], "a": frame["a"][::-1]}
    sizes = {"a": 10, "b": 5}

    once = draw(frame, sizes, seed=42)

    assert once == draw(turned, sizes, seed=42)
    assert once != draw(frame, sizes, seed=43)
    assert [unit[0] for unit in once] == ["a"] * 10 + ["b"] * 5
    assert len(set(once)) == 15


def test_a_stratum_more_does_not_change_what_the_others_give():
    frame = {"a": [f"a{n}" for n in range(50)]}
    more = frame | {"0": [f"0{n}" for n in range(50)]}

    assert draw(more, {"0": 5, "a": 10}, seed=7)[5:] == draw(frame, {"a": 10}, seed=7)
