"""Seats beyond the chairs: never more than who came lately would have left standing."""

from hypothesis import given
from hypothesis import strategies as st

from events.overbooking import COMPARED, FEWEST, MOST, extra_seats

sessions = st.lists(
    st.integers(1, 200).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), max_size=15
)


@given(st.integers(1, 500), sessions)
def test_the_advice_leaves_nobody_standing_but_once_in_ten(chairs, came):
    extra = extra_seats(chairs, came)
    compared = came[:COMPARED]

    assert (extra is None) == (len(compared) < FEWEST)
    if extra is None:
        return
    assert 0 <= extra <= chairs * MOST
    standing = sum(
        (chairs + extra) * present / asked > chairs + 1e-6 for asked, present in compared
    )
    assert standing <= (len(compared) == COMPARED)


def test_nobody_ever_came_is_no_reason_to_give_it_all_away():
    assert extra_seats(40, [(20, 0)] * 10) == 8
